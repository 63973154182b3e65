//! How partners and we sign to each other: requests and answers, over raw bytes, never over anything parsed and written
//! again.
//!
//! Pure: the clock is an argument. One scheme for both directions, whoever calls: [`request`] says what is signed of a
//! request, [`answer`] what of an answer. [`key`] has the algorithms: HMAC-SHA256 (the default), Ed25519, and SM2 with
//! SM3. A signature is good for [`WINDOW_S`] seconds either way. `vectors.json` beside this package has keys, strings
//! and signatures for those who write the other side.
//!
//! Keys have ids, and a partner may have two live ones at a time: the new one is handed out before the old one ends.

pub mod answer;
pub mod digest;
pub mod headers;
pub mod key;
pub mod request;

use jiff::Timestamp;

pub use answer::SignedAnswer;
pub use digest::body_sha256;
pub use key::{Algorithm, CheckingKey, KeyError, SigningKey};
pub use request::SignedRequest;

/// First line of every string to sign; another layout gets another version.
pub const VERSION: &str = "v1";
/// How far a timestamp may be from our clock, either way, in seconds.
pub const WINDOW_S: i64 = 300;
/// The shortest nonce, in bytes.
pub const NONCE_BYTES_MIN: usize = 16;
/// The longest nonce, in bytes.
pub const NONCE_BYTES_MAX: usize = 128;

/// Why a signature is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// It is not the signature of this text by this key.
    Wrong,
    /// It is genuine, but was made too long ago, or will be made too far ahead.
    OutsideWindow {
        /// Our clock less the timestamp, in seconds.
        late_by_s: i64,
    },
}

/// Checks a signature, and only then its age: who cannot sign learns nothing but that.
fn verify(key: &CheckingKey, text: &str, timestamp: &str, signature: &str, now: Timestamp) -> Result<(), Refusal> {
    if !key.checks(text, signature) {
        return Err(Refusal::Wrong);
    }
    let sent: i64 = timestamp.parse().map_err(|_| Refusal::Wrong)?;
    let late_by_s = now.as_second().saturating_sub(sent);
    if late_by_s.unsigned_abs() > WINDOW_S.unsigned_abs() { Err(Refusal::OutsideWindow { late_by_s }) } else { Ok(()) }
}

#[cfg(test)]
mod tests;
