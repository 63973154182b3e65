//! What is signed of a request.
//!
//! ```text
//! v1
//! POST
//! /v1/remittances
//! a=1&b=2            the query's pairs as sent, sorted by byte; empty without a query
//! 1700000000         X-Timestamp: seconds since 1970
//! 0123456789abcdef   X-Nonce: 16 to 128 visible ASCII characters, never the same twice
//! main.picc          X-App-Id
//! pk_…               X-Key-Id
//! e3b0c44298fc1c14…  X-Content-SHA256: of the body, lower-case hexadecimal
//! ```

use jiff::Timestamp;

use crate::key::{CheckingKey, SigningKey};
use crate::{Refusal, VERSION, verify};

/// What is signed. Texts are as they were sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SignedRequest<'a> {
    /// The method, in capitals.
    pub method: &'a str,
    /// The path, still percent-encoded.
    pub path: &'a str,
    /// What stands behind the question mark; empty without one.
    pub query: &'a str,
    /// Seconds since 1970.
    pub timestamp: &'a str,
    /// Text that is never used twice with one key.
    pub nonce: &'a str,
    /// Who signs.
    pub app_id: &'a str,
    /// With which key.
    pub key_id: &'a str,
    /// SHA-256 of the body, lower-case hexadecimal.
    pub body_sha256: &'a str,
}

impl SignedRequest<'_> {
    /// The nine lines, each with its line feed.
    pub fn string_to_sign(&self) -> String {
        let SignedRequest { method, path, query, timestamp, nonce, app_id, key_id, body_sha256 } = *self;
        let mut pairs: Vec<&str> = query.split('&').collect();
        pairs.sort_unstable();
        let query = pairs.join("&");
        let lines = [VERSION, method, path, &query, timestamp, nonce, app_id, key_id, body_sha256];
        lines.map(|line| format!("{line}\n")).concat()
    }

    /// The signature that belongs into `X-Signature`.
    pub fn sign(&self, key: &SigningKey) -> String {
        key.sign(&self.string_to_sign())
    }

    /// Checks a signature, and only then its age.
    pub fn verify(&self, key: &CheckingKey, signature: &str, now: Timestamp) -> Result<(), Refusal> {
        verify(key, &self.string_to_sign(), self.timestamp, signature, now)
    }
}
