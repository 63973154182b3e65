//! What is signed of an answer. It names the request by its nonce, so that no answer can stand for another.
//!
//! ```text
//! v1
//! 200                the status
//! 0123456789abcdef   X-Nonce of the request
//! 1700000000         X-Timestamp of the answer: seconds since 1970
//! ik_…               X-Key-Id of the answer
//! e3b0c44298fc1c14…  X-Content-SHA256 of the answer: of its body, lower-case hexadecimal
//! ```

use jiff::Timestamp;

use crate::key::{CheckingKey, SigningKey};
use crate::{Refusal, VERSION, verify};

/// What is signed. Texts are as they were sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SignedAnswer<'a> {
    /// The HTTP status.
    pub status: u16,
    /// The nonce of the request that is answered.
    pub request_nonce: &'a str,
    /// Seconds since 1970.
    pub timestamp: &'a str,
    /// With which key.
    pub key_id: &'a str,
    /// SHA-256 of the body, lower-case hexadecimal.
    pub body_sha256: &'a str,
}

impl SignedAnswer<'_> {
    /// The six lines, each with its line feed.
    pub fn string_to_sign(&self) -> String {
        let SignedAnswer { status, request_nonce, timestamp, key_id, body_sha256 } = *self;
        let status = status.to_string();
        [VERSION, &status, request_nonce, timestamp, key_id, body_sha256].map(|line| format!("{line}\n")).concat()
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
