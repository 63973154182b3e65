//! The keys: one that seals, older ones that still open, and one for blind indexes.

use std::fmt;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use secrecy::{ExposeSecret, SecretBox};
use zeroize::Zeroizing;

use super::fault::KeyringFault;

/// 32 secret bytes, wiped when dropped.
pub type SecretKey = SecretBox<[u8; 32]>;

/// The id in a ring of the key that blind indexes are derived from.
const INDEX: &str = "index";
/// The longest id of a key. One byte of a blob holds its length.
const KEY_ID_BYTES_MAX: usize = 32;

/// A ring of keys. Shows the ids of its keys and nothing else.
pub struct Keyring {
    /// By id; the first one seals. Never empty.
    keys: Vec<(String, SecretKey)>,
    index: SecretKey,
}

impl Keyring {
    /// Reads `k2:BASE64,k1:BASE64,index:BASE64`: keys of 32 bytes, the one that seals first. `index` is for blind
    /// indexes, and stays when the others are rotated.
    pub fn parse(text: &str) -> Result<Keyring, KeyringFault> {
        let mut keys: Vec<(String, SecretKey)> = Vec::new();
        for (part, entry) in text.trim().split(',').zip(1..) {
            let (key_id, encoded) = part.trim().split_once(':').ok_or(KeyringFault::EntryShape { entry })?;
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
            if !(1..=KEY_ID_BYTES_MAX).contains(&key_id.len()) || !key_id.bytes().all(allowed) {
                return Err(KeyringFault::KeyId { entry });
            }
            let key_id = key_id.to_owned();
            if keys.iter().any(|(known, _)| *known == key_id) {
                return Err(KeyringFault::Twice { key_id });
            }
            let Some(key) = decode(encoded) else { return Err(KeyringFault::KeyLength { key_id }) };
            keys.push((key_id, key));
        }
        let at = keys.iter().position(|(key_id, _)| key_id == INDEX).ok_or(KeyringFault::NoIndexKey)?;
        let (_, index) = keys.remove(at);
        if keys.is_empty() { Err(KeyringFault::NoKey) } else { Ok(Keyring { keys, index }) }
    }

    /// The text of a ring with one key, `k1`, and a key for blind indexes, of bytes drawn at random
    /// (`dianfu_ledger::id::random_bytes`).
    pub fn text_of(drawn: &Zeroizing<[u8; 64]>) -> Zeroizing<String> {
        let [key, index] = [&drawn[..32], &drawn[32..]].map(|half| Zeroizing::new(BASE64_STANDARD.encode(half)));
        Zeroizing::new(format!("k1:{},{INDEX}:{}", *key, *index))
    }

    /// The id of the key that seals.
    pub fn current_id(&self) -> &str {
        &self.keys[0].0
    }

    /// The ids of the keys that only open.
    pub fn older_ids(&self) -> impl Iterator<Item = &str> {
        self.keys.iter().skip(1).map(|(key_id, _)| key_id.as_str())
    }

    pub(super) fn current(&self) -> &[u8; 32] {
        self.keys[0].1.expose_secret()
    }

    pub(super) fn key(&self, key_id: &str) -> Option<&[u8; 32]> {
        self.keys.iter().find(|(known, _)| known == key_id).map(|(_, key)| key.expose_secret())
    }

    pub(super) fn index(&self) -> &[u8; 32] {
        self.index.expose_secret()
    }
}

impl fmt::Debug for Keyring {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ids: Vec<&str> = self.keys.iter().map(|(key_id, _)| key_id.as_str()).collect();
        f.debug_struct("Keyring").field("keys", &ids).finish_non_exhaustive()
    }
}

fn decode(encoded: &str) -> Option<SecretKey> {
    let bytes = Zeroizing::new(BASE64_STANDARD.decode(encoded).ok()?);
    let key: &[u8; 32] = bytes.as_slice().try_into().ok()?;
    Some(SecretBox::init_with_mut(|secret: &mut [u8; 32]| secret.copy_from_slice(key)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn encoded(byte: u8) -> String {
        BASE64_STANDARD.encode([byte; 32])
    }

    fn fault(text: &str) -> String {
        let fault = Keyring::parse(text).unwrap_err();
        format!("{}: {fault}", fault.code())
    }

    #[test]
    fn the_first_key_seals_and_the_others_open() {
        let text = format!(" k2:{}, index:{},k1:{} ", encoded(2), encoded(9), encoded(1));
        let ring = Keyring::parse(&text).unwrap();
        assert_eq!((ring.current_id(), ring.older_ids().collect::<Vec<_>>()), ("k2", vec!["k1"]));
        assert_eq!((ring.current(), ring.key("k1"), ring.index()), (&[2; 32], Some(&[1; 32]), &[9; 32]));
        assert_eq!((ring.key("k3"), ring.key("index")), (None, None));
        assert_eq!(format!("{ring:?}"), r#"Keyring { keys: ["k2", "k1"], .. }"#);
    }

    #[test]
    fn a_ring_that_is_made_is_read() {
        let ring = Keyring::parse(&Keyring::text_of(&Zeroizing::new([7; 64]))).unwrap();
        assert_eq!((ring.current_id(), ring.current(), ring.index()), ("k1", &[7; 32], &[7; 32]));
    }

    #[test]
    fn a_ring_that_is_none_says_which_entry_and_no_secret() {
        let (one, two) = (encoded(1), encoded(2));
        assert!(fault("").starts_with("keyring_entry_shape: entry 1 "));
        assert!(fault(&format!("k1:{one},{two}")).starts_with("keyring_entry_shape: entry 2 "));
        assert!(fault(&format!(":{one}")).starts_with("keyring_key_id: "));
        assert!(fault(&format!("a.b:{one}")).starts_with("keyring_key_id: "));
        assert!(fault("k1:AAAA").starts_with("keyring_key_length: key 'k1' "));
        assert!(fault("k1:!").starts_with("keyring_key_length: "));
        assert!(fault(&format!("k1:{one},k1:{two}")).starts_with("keyring_key_twice: "));
        assert!(fault(&format!("index:{one}")).starts_with("keyring_no_key: "));
        assert!(fault(&format!("k1:{one}")).starts_with("keyring_no_index_key: "));
    }
}
