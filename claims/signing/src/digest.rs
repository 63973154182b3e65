//! Digests and signatures as text: lower-case hexadecimal.

use std::fmt::Write as _;

use sha2::{Digest, Sha256};

/// What `X-Content-SHA256` says of a body.
pub fn body_sha256(body: &[u8]) -> String {
    hexadecimal(&Sha256::digest(body))
}

/// Bytes as lower-case hexadecimal digits.
pub fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(2 * bytes.len()), |mut text, byte| {
        write!(text, "{byte:02x}").expect("a String takes all that is written");
        text
    })
}

/// The inverse of [`hexadecimal`]; `None` for everything that it does not write.
pub fn bytes_of(text: &str) -> Option<Vec<u8>> {
    let digit = |byte: u8| match byte {
        b'0'..=b'9' => Some(byte - b'0'),
        b'a'..=b'f' => Some(byte - b'a' + 10),
        _ => None,
    };
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    rest.is_empty().then(|| pairs.iter().map(|[high, low]| Some(digit(*high)? << 4 | digit(*low)?)).collect())?
}
