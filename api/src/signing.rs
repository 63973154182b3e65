//! How partners sign requests: HMAC-SHA256 over the raw bytes, never over anything parsed and written again.
//!
//! Pure: the clock is an argument. The string to sign has nine lines, each with its line feed:
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
//!
//! `X-Signature` is its HMAC in lower-case hexadecimal. The key is the secret's text as it was shown, byte by byte, so
//! that `openssl dgst -sha256 -hmac "$SECRET"` gives the signature.

use std::fmt::Write as _;

use hmac::{Hmac, KeyInit, Mac};
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// First line of the string to sign; another layout gets another version.
pub const VERSION: &str = "v1";
/// How far a timestamp may be from our clock, either way, in seconds.
pub const WINDOW_S: i64 = 300;
/// The shortest nonce, in bytes.
pub const NONCE_BYTES_MIN: usize = 16;
/// The longest nonce, in bytes.
pub const NONCE_BYTES_MAX: usize = 128;

/// What is signed. Texts are as they were sent.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Signed<'a> {
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

/// Why a signature is refused.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refusal {
    /// It is not the signature of this request by this key.
    Wrong,
    /// It is genuine, but was made too long ago, or will be made too far ahead.
    OutsideWindow {
        /// Our clock less the timestamp, in seconds.
        late_by_s: i64,
    },
}

/// The nine lines.
pub fn string_to_sign(signed: &Signed<'_>) -> String {
    let Signed { method, path, query, timestamp, nonce, app_id, key_id, body_sha256 } = *signed;
    let mut pairs: Vec<&str> = query.split('&').collect();
    pairs.sort_unstable();
    let query = pairs.join("&");
    let lines = [VERSION, method, path, &query, timestamp, nonce, app_id, key_id, body_sha256];
    lines.map(|line| format!("{line}\n")).concat()
}

/// The signature that belongs into `X-Signature`.
pub fn sign(secret: &str, signed: &Signed<'_>) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).expect("HMAC takes a key of any length");
    mac.update(string_to_sign(signed).as_bytes());
    hexadecimal(&mac.finalize().into_bytes())
}

/// Checks a signature, in constant time, and only then its age: who cannot sign learns nothing but that.
pub fn verify(secret: &str, signed: &Signed<'_>, signature: &str, now: Timestamp) -> Result<(), Refusal> {
    let expected = sign(secret, signed);
    if !bool::from(expected.as_bytes().ct_eq(signature.as_bytes())) {
        return Err(Refusal::Wrong);
    }
    let sent: i64 = signed.timestamp.parse().map_err(|_| Refusal::Wrong)?;
    let late_by_s = now.as_second().saturating_sub(sent);
    if late_by_s.unsigned_abs() > WINDOW_S.unsigned_abs() { Err(Refusal::OutsideWindow { late_by_s }) } else { Ok(()) }
}

/// What `X-Content-SHA256` says of a body.
pub fn body_sha256(body: &[u8]) -> String {
    hexadecimal(&Sha256::digest(body))
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a String takes all that is written");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECRET: &str = "Zm9yIHRlc3RzIG9ubHksIG5vdCBhIHNlY3JldCBrZXk";
    const SIGNED: Signed<'static> = Signed {
        method: "POST",
        path: "/v1/remittances",
        query: "",
        timestamp: "1700000000",
        nonce: "0123456789abcdef",
        app_id: "main.picc",
        key_id: "pk_test",
        body_sha256: "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    };

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn the_string_has_nine_lines_over_raw_text() {
        let signed = Signed { query: "b=2&a=%41&a=1", ..SIGNED };
        let expected = "v1\nPOST\n/v1/remittances\na=%41&a=1&b=2\n1700000000\n0123456789abcdef\nmain.picc\npk_test\n\
                        e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855\n";
        assert_eq!(string_to_sign(&signed), expected);
        assert_eq!(string_to_sign(&SIGNED).lines().nth(3), Some(""));
        assert_eq!(body_sha256(b""), SIGNED.body_sha256);
    }

    /// Vectors computed with OpenSSL, for those who write the other side:
    /// `printf 'v1\nPOST\n…\n' | openssl dgst -sha256 -hmac "$SECRET"`.
    #[test]
    fn signatures_are_those_of_openssl() {
        let body = body_sha256(b"ISA*00~");
        for (signed, signature) in [
            (SIGNED, "0671b2f194997534224b526918a2d75b05f74a5ad5a172c26b2b977441f8dcbd"),
            (Signed { query: "b=2&a=1", ..SIGNED }, "886cf6b273135708a526035d1bfd6a5e993f8731ecec52bce0902fe3d2b1e81b"),
            (
                Signed { body_sha256: &body, ..SIGNED },
                "3997819484544261d5ecf1e0f8ce11965281794bccb85208bb3cdcee074a877b",
            ),
        ] {
            assert_eq!(sign(SECRET, &signed), signature);
            assert_eq!(verify(SECRET, &signed, signature, at(1_700_000_000)), Ok(()));
        }
    }

    #[test]
    fn any_other_byte_is_another_signature() {
        let signature = sign(SECRET, &SIGNED);
        let others = [
            Signed { method: "PUT", ..SIGNED },
            Signed { path: "/v1/remittance", ..SIGNED },
            Signed { query: "a=1", ..SIGNED },
            Signed { timestamp: "1700000001", ..SIGNED },
            Signed { nonce: "0123456789abcdeg", ..SIGNED },
            Signed { app_id: "main.cpic", ..SIGNED },
            Signed { key_id: "pk_other", ..SIGNED },
            Signed { body_sha256: "00", ..SIGNED },
        ];
        for other in others {
            assert_eq!(verify(SECRET, &other, &signature, at(1_700_000_000)), Err(Refusal::Wrong), "{other:?}");
        }
        for wrong in ["", "00", &signature.to_uppercase(), &format!("{signature}0"), &signature[1..]] {
            assert_eq!(verify(SECRET, &SIGNED, wrong, at(1_700_000_000)), Err(Refusal::Wrong), "{wrong}");
        }
        assert_eq!(verify("another", &SIGNED, &signature, at(1_700_000_000)), Err(Refusal::Wrong));
    }

    #[test]
    fn the_window_is_closed_on_both_sides() {
        let signature = sign(SECRET, &SIGNED);
        let verdict = |second| verify(SECRET, &SIGNED, &signature, at(second));
        assert_eq!(verdict(1_700_000_300), Ok(()));
        assert_eq!(verdict(1_699_999_700), Ok(()));
        assert_eq!(verdict(1_700_000_301), Err(Refusal::OutsideWindow { late_by_s: 301 }));
        assert_eq!(verdict(1_699_999_699), Err(Refusal::OutsideWindow { late_by_s: -301 }));
    }

    #[test]
    fn a_timestamp_that_is_no_number_is_no_signature() {
        for timestamp in ["", "now", "1e9", "99999999999999999999"] {
            let signed = Signed { timestamp, ..SIGNED };
            let signature = sign(SECRET, &signed);
            assert_eq!(verify(SECRET, &signed, &signature, at(1_700_000_000)), Err(Refusal::Wrong));
        }
    }
}
