//! Finding what is sealed without opening it: a keyed digest of the normalised value.
//!
//! Equal values of one field have equal indexes, and that is all that an index tells to who has no key. Each field has
//! a key of its own, so that indexes of two fields cannot be compared.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::keyring::Keyring;

/// The index of a value.
pub type BlindIndex = [u8; 32];

/// The index of a field's value. Normalise the value first: what is written in two ways has two indexes.
///
/// HMAC-SHA256 under the field's key, which is HMAC-SHA256 of the field's name under the ring's key `index`.
pub fn blind_index(keyring: &Keyring, field: &str, value: &str) -> BlindIndex {
    let field_key = Zeroizing::new(keyed(keyring.index(), &[b"dianfu blind index ", field.as_bytes()]));
    keyed(&field_key, &[value.as_bytes()])
}

fn keyed(key: &[u8; 32], parts: &[&[u8]]) -> [u8; 32] {
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("a key of any length will do");
    for part in parts {
        mac.update(part);
    }
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::prelude::BASE64_STANDARD;

    use super::*;

    fn ring(current: u8, index: u8) -> Keyring {
        let [current, index] = [current, index].map(|byte| BASE64_STANDARD.encode([byte; 32]));
        Keyring::parse(&format!("k:{current},index:{index}")).unwrap()
    }

    #[test]
    fn an_index_hangs_on_field_value_and_index_key_alone() {
        let index = blind_index(&ring(1, 9), "phone", "+8613800000001");
        assert_eq!(index, blind_index(&ring(2, 9), "phone", "+8613800000001"));
        assert_ne!(index, blind_index(&ring(1, 8), "phone", "+8613800000001"));
        assert_ne!(index, blind_index(&ring(1, 9), "identity", "+8613800000001"));
        assert_ne!(index, blind_index(&ring(1, 9), "phone", "+8613800000002"));
        // As Python's hmac and hashlib have it.
        let hex = index.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"));
        assert_eq!(hex, "557191ef7b260a6ea18fa27a1bf0ddaffde53e584a5a19b1a3cbbacb6142978e");
    }
}
