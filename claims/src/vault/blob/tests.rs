//! What opens, and what does not; a vector, so that what was sealed once opens for ever.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use proptest::prelude::*;

use super::*;

const HERE: Place<'static> = Place { table: "patient_record", row: "p-1/1" };

fn ring(keys: &[(&str, u8)]) -> Keyring {
    let encoded = keys.iter().map(|(key_id, byte)| format!("{key_id}:{}", BASE64_STANDARD.encode([*byte; 32])));
    Keyring::parse(&encoded.chain([format!("index:{}", BASE64_STANDARD.encode([9; 32]))]).collect::<Vec<_>>().join(","))
        .unwrap()
}

fn draw(byte: u8) -> SealDraw {
    SealDraw::new([byte; 56])
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}

#[test]
fn a_record_opens_where_it_was_sealed_and_nowhere_else() {
    let ring = ring(&[("k1", 1)]);
    let sealed = seal(&ring, HERE, "张三".as_bytes(), &draw(7));
    assert_eq!(open(&ring, HERE, &sealed).unwrap().as_slice(), "张三".as_bytes());
    for place in [
        Place { table: "document", ..HERE },
        Place { row: "p-2/1", ..HERE },
        Place { table: "patient_recordp", row: "-1/1" },
    ] {
        let fault = open(&ring, place, &sealed).unwrap_err();
        assert_eq!(fault.code(), "sealed_not_authentic", "{place:?}");
    }
}

#[test]
fn another_key_an_unknown_key_and_a_cut_blob_are_told_apart() {
    let sealed = seal(&ring(&[("k1", 1)]), HERE, b"content", &draw(7));
    let fault = open(&ring(&[("k1", 2)]), HERE, &sealed).unwrap_err();
    assert_eq!(fault, VaultFault::NotAuthentic { place: "patient_record/p-1/1".to_owned() });
    let fault = open(&ring(&[("k2", 1)]), HERE, &sealed).unwrap_err();
    assert_eq!(fault, VaultFault::KeyUnknown { key_id: "k1".to_owned() });
    let ring = ring(&[("k1", 1)]);
    for length in 0..sealed.len() {
        assert!(open(&ring, HERE, &sealed[..length]).is_err(), "{length}");
    }
    assert_eq!(open(&ring, HERE, &sealed[..40]).unwrap_err().code(), "sealed_malformed");
    assert_eq!(open(&ring, HERE, b"\x02").unwrap_err().code(), "sealed_malformed");
}

#[test]
fn every_bit_of_a_blob_counts() {
    let ring = ring(&[("k1", 1)]);
    let sealed = seal(&ring, HERE, b"content", &draw(7));
    for bit in 0..sealed.len() * 8 {
        let mut changed = sealed.clone();
        changed[bit / 8] ^= 1 << (bit % 8);
        assert!(open(&ring, HERE, &changed).is_err(), "bit {bit}");
    }
}

#[test]
fn rewrapping_changes_the_key_and_nothing_else() {
    let old = ring(&[("k1", 1)]);
    let both = ring(&[("key-2", 2), ("k1", 1)]);
    let new = ring(&[("key-2", 2)]);
    let sealed = seal(&old, HERE, b"content", &draw(7));
    let rewrapped = rewrap(&both, HERE, &sealed, &[8; 12]).unwrap();
    assert_eq!(open(&new, HERE, &rewrapped).unwrap().as_slice(), b"content");
    assert_eq!(open(&old, HERE, &rewrapped).unwrap_err(), VaultFault::KeyUnknown { key_id: "key-2".to_owned() });
    let content = 12 + 16 + b"content".len();
    assert_eq!(rewrapped[rewrapped.len() - content..], sealed[sealed.len() - content..]);
    let elsewhere = Place { row: "p-2/1", ..HERE };
    assert_eq!(rewrap(&both, elsewhere, &sealed, &[8; 12]).unwrap_err().code(), "sealed_not_authentic");
}

/// The vector was made by another implementation (OpenSSL's, by Python) from the layout that [`super`] describes.
#[test]
fn what_was_sealed_once_opens_for_ever() {
    let ring = ring(&[("k1", 1)]);
    let sealed = seal(&ring, HERE, b"vector", &draw(7));
    assert_eq!(hex(&sealed), include_str!("vector.hex").trim());
    assert_eq!(open(&ring, HERE, &sealed).unwrap().as_slice(), b"vector");
}

/// Test case 14 of the AES-256-GCM vectors in the specification of GCM: this is the cipher that it should be.
#[test]
fn the_cipher_is_aes_256_gcm() {
    let sealed = encrypt(&[0; 32], &[0; 12], &[0; 16], b"");
    assert_eq!(hex(&sealed), "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919");
}

proptest! {
    #[test]
    fn whatever_is_sealed_opens(plaintext: Vec<u8>, row in "[a-z0-9/]{0,40}", byte: u8) {
        let ring = ring(&[("k1", 1)]);
        let place = Place { table: "t", row: &row };
        let sealed = seal(&ring, place, &plaintext, &draw(byte));
        prop_assert_eq!(open(&ring, place, &sealed).unwrap().to_vec(), plaintext);
    }

    #[test]
    fn whatever_is_no_blob_is_refused(bytes: Vec<u8>) {
        prop_assert!(open(&ring(&[("k1", 1)]), HERE, &bytes).is_err());
    }
}
