//! The headers that carry a signature.

/// Who signs a request: `BOOK.INSURER` to us, what the partner calls us to the partner.
pub const APP_ID: &str = "X-App-Id";
/// With which key.
pub const KEY_ID: &str = "X-Key-Id";
/// Seconds since 1970.
pub const TIMESTAMP: &str = "X-Timestamp";
/// Text that is never used twice with one key; an answer is signed over the nonce of its request.
pub const NONCE: &str = "X-Nonce";
/// SHA-256 of the body, lower-case hexadecimal.
pub const CONTENT_SHA256: &str = "X-Content-SHA256";
/// The signature, lower-case hexadecimal.
pub const SIGNATURE: &str = "X-Signature";
