//! Keys and algorithms.
//!
//! | algorithm | the signer's key | what checks it | signature |
//! |---|---|---|---|
//! | `hmac-sha256` | a text, byte by byte | the same text | 32 bytes |
//! | `ed25519` | 32 bytes | the public key, 32 bytes | 64 bytes |
//! | `sm2-sm3` | the scalar, 32 bytes | the point, uncompressed, 65 bytes | r and s, 64 bytes |
//!
//! Keys of bytes are written in base64url without padding, signatures in lower-case hexadecimal. The key of an HMAC is
//! the secret's text as it was shown, so that `openssl dgst -sha256 -hmac "$SECRET"` gives the signature. SM2 uses the
//! distinguishing id of GM/T 0009-2012, `1234567812345678`. Every algorithm is deterministic: the same text and key
//! give the same signature.

use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::Signer as _;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use sm2::dsa::signature::Verifier as _;
use subtle::ConstantTimeEq;

use crate::digest::{bytes_of, hexadecimal};

/// The shortest secret of an HMAC, in characters: 256 bits in base64url.
pub const SECRET_CHARACTERS_MIN: usize = 43;
/// The distinguishing id of every SM2 key.
const SM2_ID: &str = "1234567812345678";

/// How a text is signed.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, serde::Serialize, serde::Deserialize)]
pub enum Algorithm {
    /// HMAC-SHA256 with a shared secret; the default.
    #[serde(rename = "hmac-sha256")]
    HmacSha256,
    /// Ed25519 (RFC 8032).
    #[serde(rename = "ed25519")]
    Ed25519,
    /// SM2 with SM3 (GM/T 0003.2, GM/T 0004).
    #[serde(rename = "sm2-sm3")]
    Sm2Sm3,
}

impl Algorithm {
    /// All of them, the default first.
    pub const ALL: [Algorithm; 3] = [Algorithm::HmacSha256, Algorithm::Ed25519, Algorithm::Sm2Sm3];

    /// The word for it, in the database and at every edge.
    pub fn word(self) -> &'static str {
        match self {
            Algorithm::HmacSha256 => "hmac-sha256",
            Algorithm::Ed25519 => "ed25519",
            Algorithm::Sm2Sm3 => "sm2-sm3",
        }
    }

    /// The inverse of [`Algorithm::word`].
    pub fn from_word(word: &str) -> Option<Algorithm> {
        Algorithm::ALL.into_iter().find(|algorithm| algorithm.word() == word)
    }
}

/// A text that is no key of its algorithm. The text itself is never shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{} is no key of {}: {}", if *.for_signing { "the text" } else { "the text to check with" },
    .algorithm.word(), .expected)]
pub struct KeyError {
    /// What it was to be a key of.
    pub algorithm: Algorithm,
    /// Whether it was to sign with.
    pub for_signing: bool,
    /// What one looks like.
    pub expected: &'static str,
}

/// A key to sign with.
#[derive(Clone)]
pub struct SigningKey(Signing);

#[derive(Clone)]
enum Signing {
    Hmac(String),
    Ed25519(Box<ed25519_dalek::SigningKey>),
    Sm2(Box<sm2::dsa::SigningKey>),
}

/// A key to check signatures with.
#[derive(Clone)]
pub struct CheckingKey(Checking);

#[derive(Clone)]
enum Checking {
    Hmac(String),
    Ed25519(Box<ed25519_dalek::VerifyingKey>),
    Sm2(Box<sm2::dsa::VerifyingKey>),
}

impl SigningKey {
    /// Reads a key as it is written above.
    pub fn parse(algorithm: Algorithm, text: &str) -> Result<SigningKey, KeyError> {
        let key = match algorithm {
            Algorithm::HmacSha256 => secret(text).map(Signing::Hmac),
            Algorithm::Ed25519 => {
                bytes::<32>(text).map(|bytes| Signing::Ed25519(Box::new(ed25519_dalek::SigningKey::from_bytes(&bytes))))
            }
            Algorithm::Sm2Sm3 => bytes::<32>(text)
                .and_then(|bytes| sm2::dsa::SigningKey::from_slice(SM2_ID, &bytes).ok())
                .map(|key| Signing::Sm2(Box::new(key))),
        };
        let expected = match algorithm {
            Algorithm::HmacSha256 => "it has 43 characters or more",
            Algorithm::Ed25519 | Algorithm::Sm2Sm3 => "it is 32 bytes in base64url without padding",
        };
        key.map(SigningKey).ok_or(KeyError { algorithm, for_signing: true, expected })
    }

    /// The signature of a text, as it is written above.
    pub fn sign(&self, text: &str) -> String {
        match &self.0 {
            Signing::Hmac(secret) => hexadecimal(&hmac(secret, text)),
            Signing::Ed25519(key) => hexadecimal(&key.sign(text.as_bytes()).to_bytes()),
            Signing::Sm2(key) => hexadecimal(&key.sign(text.as_bytes()).to_bytes()),
        }
    }

    /// How it signs.
    pub fn algorithm(&self) -> Algorithm {
        match &self.0 {
            Signing::Hmac(_) => Algorithm::HmacSha256,
            Signing::Ed25519(_) => Algorithm::Ed25519,
            Signing::Sm2(_) => Algorithm::Sm2Sm3,
        }
    }

    /// What checks its signatures, as text: for HMAC the secret itself.
    pub fn checking_text(&self) -> String {
        match &self.0 {
            Signing::Hmac(secret) => secret.clone(),
            Signing::Ed25519(key) => URL_SAFE_NO_PAD.encode(key.verifying_key().as_bytes()),
            Signing::Sm2(key) => URL_SAFE_NO_PAD.encode(key.verifying_key().to_sec1_bytes()),
        }
    }
}

impl CheckingKey {
    /// Reads a key as it is written above.
    pub fn parse(algorithm: Algorithm, text: &str) -> Result<CheckingKey, KeyError> {
        let key = match algorithm {
            Algorithm::HmacSha256 => secret(text).map(Checking::Hmac),
            Algorithm::Ed25519 => bytes::<32>(text)
                .and_then(|bytes| ed25519_dalek::VerifyingKey::from_bytes(&bytes).ok())
                .map(|key| Checking::Ed25519(Box::new(key))),
            Algorithm::Sm2Sm3 => bytes::<65>(text)
                .and_then(|bytes| sm2::dsa::VerifyingKey::from_sec1_bytes(SM2_ID, &bytes).ok())
                .map(|key| Checking::Sm2(Box::new(key))),
        };
        let expected = match algorithm {
            Algorithm::HmacSha256 => "it has 43 characters or more",
            Algorithm::Ed25519 => "it is a point of 32 bytes in base64url without padding",
            Algorithm::Sm2Sm3 => "it is a point of 65 bytes, uncompressed, in base64url without padding",
        };
        key.map(CheckingKey).ok_or(KeyError { algorithm, for_signing: false, expected })
    }

    /// Whether this is the signature of this text; in constant time for a shared secret.
    pub fn checks(&self, text: &str, signature: &str) -> bool {
        let Some(signature) = bytes_of(signature) else { return false };
        match &self.0 {
            Checking::Hmac(secret) => bool::from(hmac(secret, text).ct_eq(&*signature)),
            Checking::Ed25519(key) => ed25519_dalek::Signature::from_slice(&signature)
                .is_ok_and(|signature| key.verify_strict(text.as_bytes(), &signature).is_ok()),
            Checking::Sm2(key) => sm2::dsa::Signature::from_slice(&signature)
                .is_ok_and(|signature| key.verify(text.as_bytes(), &signature).is_ok()),
        }
    }
}

/// Shows the algorithm and nothing of the key.
impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.algorithm().word())
    }
}

/// Shows nothing of the key, which may be a shared secret.
impl fmt::Debug for CheckingKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("CheckingKey")
    }
}

fn hmac(secret: &str, text: &str) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().into()
}

fn secret(text: &str) -> Option<String> {
    (text.chars().count() >= SECRET_CHARACTERS_MIN).then(|| text.to_owned())
}

fn bytes<const LENGTH: usize>(text: &str) -> Option<[u8; LENGTH]> {
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}
