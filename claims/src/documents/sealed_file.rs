//! A file sealed in chunks, so that one that is cut, or whose chunks change places, does not open.
//!
//! AES-256-GCM in the STREAM construction (32-bit counter, last chunk marked), under a key that is drawn for this file:
//! `DFD1`, 7 bytes of nonce, then chunks of 64 KiB, each with its tag of 16 bytes. Every chunk is bound to the
//! document's id.

use aead_stream::{DecryptorBE32, EncryptorBE32};
use aes_gcm::aead::Payload;
use aes_gcm::{Aes256Gcm, KeyInit};
use uuid::Uuid;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::vault::{SealDraw, VaultFault};

const MAGIC: &[u8] = b"DFD1";
const NONCE: usize = 7;
const CHUNK: usize = 64 << 10;
const TAG: usize = 16;

/// What must be drawn at random to hand in one document; never use it twice.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct DocumentDraw {
    pub(super) file_key: [u8; 32],
    nonce: [u8; NONCE],
    /// Makes the object's key one that nobody else has.
    pub(super) object: [u8; 8],
    pub(super) seal: SealDraw,
}

impl DocumentDraw {
    /// Takes bytes drawn at random (`dianfu_ledger::id::random_bytes`).
    pub fn new(mut drawn: [u8; 103]) -> DocumentDraw {
        let (file_key, rest) = drawn.split_first_chunk().expect("103 bytes are enough");
        let (nonce, rest) = rest.split_first_chunk().expect("103 bytes are enough");
        let (object, rest) = rest.split_first_chunk().expect("103 bytes are enough");
        let seal = SealDraw::new(rest.try_into().expect("56 bytes are left"));
        let draw = DocumentDraw { file_key: *file_key, nonce: *nonce, object: *object, seal };
        drawn.zeroize();
        draw
    }
}

/// Seals a file.
pub(super) fn seal_file(draw: &DocumentDraw, document_id: Uuid, plaintext: &[u8]) -> Vec<u8> {
    let aad = associated(document_id);
    let mut sealer = EncryptorBE32::from_aead(Aes256Gcm::new(&draw.file_key.into()), &draw.nonce.into());
    let mut sealed = [MAGIC, &draw.nonce].concat();
    let mut chunks = plaintext.chunks(CHUNK).peekable();
    while let Some(msg) = chunks.next() {
        let payload = Payload { msg, aad: &aad };
        if chunks.peek().is_some() {
            sealed.extend(sealer.encrypt_next(payload).expect("a file has fewer than 2^32 chunks"));
        } else {
            sealed.extend(sealer.encrypt_last(payload).expect("a chunk is short enough to seal"));
            break;
        }
    }
    sealed
}

/// Opens a file.
pub(super) fn open_file(
    file_key: &[u8; 32],
    document_id: Uuid,
    sealed: &[u8],
) -> Result<Zeroizing<Vec<u8>>, VaultFault> {
    let aad = associated(document_id);
    let malformed = || VaultFault::Malformed { expected: "a sealed file", found: sealed.len() };
    let damaged = || VaultFault::NotAuthentic { place: format!("document/{document_id}") };
    let rest = sealed.strip_prefix(MAGIC).ok_or_else(malformed)?;
    let (nonce, rest) = rest.split_first_chunk::<NONCE>().ok_or_else(malformed)?;
    let mut opener = DecryptorBE32::from_aead(Aes256Gcm::new(file_key.into()), nonce.into());
    let mut plaintext = Zeroizing::new(Vec::with_capacity(rest.len()));
    let mut chunks = rest.chunks(CHUNK + TAG).peekable();
    while let Some(msg) = chunks.next() {
        let payload = Payload { msg, aad: &aad };
        if chunks.peek().is_some() {
            plaintext.extend_from_slice(&Zeroizing::new(opener.decrypt_next(payload).map_err(|_| damaged())?));
        } else {
            plaintext.extend_from_slice(&Zeroizing::new(opener.decrypt_last(payload).map_err(|_| damaged())?));
            return Ok(plaintext);
        }
    }
    Err(malformed())
}

fn associated(document_id: Uuid) -> Vec<u8> {
    [b"dianfu document ", document_id.as_bytes().as_slice()].concat()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn draw() -> DocumentDraw {
        DocumentDraw::new([7; 103])
    }

    fn sealed(length: usize) -> (Vec<u8>, Vec<u8>) {
        let plaintext: Vec<u8> = (0..length).map(|at| u8::try_from(at % 251).unwrap()).collect();
        (seal_file(&draw(), Uuid::nil(), &plaintext), plaintext)
    }

    #[test]
    fn files_of_every_length_open() {
        for length in [1, 2, CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK, 3 * CHUNK + 5] {
            let (sealed, plaintext) = sealed(length);
            assert_eq!(*open_file(&[7; 32], Uuid::nil(), &sealed).unwrap(), plaintext, "{length}");
        }
    }

    #[test]
    fn a_file_that_is_cut_swapped_or_moved_does_not_open() {
        let (sealed, _) = sealed(3 * CHUNK);
        let first = MAGIC.len() + NONCE;
        let (size, other) = (CHUNK + TAG, Uuid::max());
        let code = |id, bytes: &[u8]| open_file(&[7; 32], id, bytes).unwrap_err().code();
        assert_eq!(code(other, &sealed), "sealed_not_authentic");
        for length in [first + size, first + 2 * size, sealed.len() - 1, first + 1] {
            assert_eq!(code(Uuid::nil(), &sealed[..length]), "sealed_not_authentic", "{length}");
        }
        for length in [0, 3, first] {
            assert_eq!(code(Uuid::nil(), &sealed[..length]), "sealed_malformed", "{length}");
        }
        let mut swapped = sealed.clone();
        swapped[first..first + size].copy_from_slice(&sealed[first + size..first + 2 * size]);
        swapped[first + size..first + 2 * size].copy_from_slice(&sealed[first..first + size]);
        assert_eq!(code(Uuid::nil(), &swapped), "sealed_not_authentic");
        let longer = [&sealed[..], &sealed[first..first + size]].concat();
        assert_eq!(code(Uuid::nil(), &longer), "sealed_not_authentic");
        assert_eq!(open_file(&[8; 32], Uuid::nil(), &sealed).unwrap_err().code(), "sealed_not_authentic");
    }
}
