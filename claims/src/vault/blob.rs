//! One sealed record, as bytes.
//!
//! ```text
//! 1   version of this layout, 1
//! 1   n, the length of the key's id
//! n   the id of the key that wraps the data key
//! 12  nonce of the wrapping
//! 48  the data key, wrapped, with its tag
//! 12  nonce of the content
//! ..  the content, sealed, with its tag of 16 bytes
//! ```
//!
//! What is authenticated beside the data key: the key's id, table and row; beside the content: table and row. So a
//! rotation changes the first four parts and never the others.

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use super::fault::VaultFault;
use super::keyring::Keyring;

const VERSION: u8 = 1;
const NONCE: usize = 12;
const TAG: usize = 16;
const WRAPPED: usize = 32 + TAG;

/// A record as it is stored.
pub type Sealed = Vec<u8>;

/// Where a record stands: a sealed record opens nowhere else.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Place<'a> {
    /// The table.
    pub table: &'a str,
    /// The row in it.
    pub row: &'a str,
}

/// What must be drawn at random to seal one record; never use it twice.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct SealDraw {
    data_key: [u8; 32],
    key_nonce: [u8; NONCE],
    nonce: [u8; NONCE],
}

impl SealDraw {
    /// Takes bytes drawn at random (`dianfu_ledger::id::random_bytes`).
    pub fn new(mut drawn: [u8; 56]) -> SealDraw {
        let mut draw = SealDraw { data_key: [0; 32], key_nonce: [0; NONCE], nonce: [0; NONCE] };
        draw.data_key.copy_from_slice(&drawn[..32]);
        draw.key_nonce.copy_from_slice(&drawn[32..44]);
        draw.nonce.copy_from_slice(&drawn[44..]);
        drawn.zeroize();
        draw
    }
}

/// Seals a record for its place, under the ring's current key.
pub fn seal(keyring: &Keyring, place: Place<'_>, plaintext: &[u8], draw: &SealDraw) -> Sealed {
    let content = encrypt(&draw.data_key, &draw.nonce, plaintext, &content_data(place));
    let mut sealed = head(keyring, place, &draw.data_key, &draw.key_nonce);
    sealed.extend_from_slice(&draw.nonce);
    sealed.extend_from_slice(&content);
    sealed
}

/// Opens the record that stands at a place. What it answers is wiped when dropped.
pub fn open(keyring: &Keyring, place: Place<'_>, sealed: &[u8]) -> Result<Zeroizing<Vec<u8>>, VaultFault> {
    let parts = Parts::of(sealed)?;
    let data_key = parts.unwrap(keyring, place)?;
    let plaintext = decrypt(&data_key, parts.nonce, parts.content, &content_data(place), place)?;
    Ok(Zeroizing::new(plaintext))
}

/// The same record under the ring's current key: only its data key is wrapped again. Opens the content, so that what is
/// damaged is found and left as it is.
pub fn rewrap(keyring: &Keyring, place: Place<'_>, sealed: &[u8], nonce: &[u8; 12]) -> Result<Sealed, VaultFault> {
    let parts = Parts::of(sealed)?;
    let data_key = parts.unwrap(keyring, place)?;
    decrypt(&data_key, parts.nonce, parts.content, &content_data(place), place)?.zeroize();
    let mut rewrapped = head(keyring, place, &data_key, nonce);
    rewrapped.extend_from_slice(parts.nonce);
    rewrapped.extend_from_slice(parts.content);
    Ok(rewrapped)
}

/// A blob in its parts.
struct Parts<'a> {
    key_id: &'a str,
    key_nonce: &'a [u8],
    wrapped: &'a [u8],
    nonce: &'a [u8],
    content: &'a [u8],
}

impl<'a> Parts<'a> {
    fn of(sealed: &'a [u8]) -> Result<Parts<'a>, VaultFault> {
        let malformed = |expected| VaultFault::Malformed { expected, found: sealed.len() };
        let [VERSION, key_id_bytes, rest @ ..] = sealed else {
            return Err(malformed("a record of version 1"));
        };
        let cut = || malformed("a key's id, a wrapped key, a nonce and a content with its tag");
        let (key_id, rest) = rest.split_at_checked(usize::from(*key_id_bytes)).ok_or_else(cut)?;
        let (key_nonce, rest) = rest.split_at_checked(NONCE).ok_or_else(cut)?;
        let (wrapped, rest) = rest.split_at_checked(WRAPPED).ok_or_else(cut)?;
        let (nonce, content) = rest.split_at_checked(NONCE).ok_or_else(cut)?;
        if content.len() < TAG {
            return Err(cut());
        }
        let key_id = std::str::from_utf8(key_id).map_err(|_| malformed("a key's id in ASCII"))?;
        Ok(Parts { key_id, key_nonce, wrapped, nonce, content })
    }

    fn unwrap(&self, keyring: &Keyring, place: Place<'_>) -> Result<Zeroizing<[u8; 32]>, VaultFault> {
        let key = keyring.key(self.key_id);
        let key = key.ok_or_else(|| VaultFault::KeyUnknown { key_id: self.key_id.to_owned() })?;
        let data = key_data(self.key_id, place);
        let unwrapped = Zeroizing::new(decrypt(key, self.key_nonce, self.wrapped, &data, place)?);
        let mut data_key = Zeroizing::new([0; 32]);
        data_key.copy_from_slice(&unwrapped);
        Ok(data_key)
    }
}

/// The parts before the content's nonce.
fn head(keyring: &Keyring, place: Place<'_>, data_key: &[u8; 32], nonce: &[u8; NONCE]) -> Sealed {
    let key_id = keyring.current_id();
    let wrapped = encrypt(keyring.current(), nonce, data_key, &key_data(key_id, place));
    let mut head = vec![VERSION, u8::try_from(key_id.len()).expect("a ring's ids have at most 32 bytes")];
    head.extend_from_slice(key_id.as_bytes());
    head.extend_from_slice(nonce);
    head.extend_from_slice(&wrapped);
    head
}

fn key_data(key_id: &str, place: Place<'_>) -> Vec<u8> {
    associated(&["dianfu sealed key", key_id, place.table, place.row])
}

fn content_data(place: Place<'_>) -> Vec<u8> {
    associated(&["dianfu sealed content", place.table, place.row])
}

/// Texts one after another, each behind its length, so that no two lists come to the same bytes.
fn associated(parts: &[&str]) -> Vec<u8> {
    let behind_length = |part: &&str| [&(part.len() as u64).to_be_bytes(), part.as_bytes()].concat();
    parts.iter().flat_map(behind_length).collect()
}

fn encrypt(key: &[u8; 32], nonce: &[u8; NONCE], msg: &[u8], aad: &[u8]) -> Vec<u8> {
    let cipher = Aes256Gcm::new(key.into());
    cipher.encrypt(nonce.into(), Payload { msg, aad }).expect("what is sealed is shorter than 64 GiB")
}

fn decrypt(key: &[u8; 32], nonce: &[u8], msg: &[u8], aad: &[u8], place: Place<'_>) -> Result<Vec<u8>, VaultFault> {
    let nonce = nonce.try_into().expect("a blob's nonces have 12 bytes");
    let opened = Aes256Gcm::new(key.into()).decrypt(nonce, Payload { msg, aad });
    opened.map_err(|_| VaultFault::NotAuthentic { place: format!("{}/{}", place.table, place.row) })
}

#[cfg(test)]
mod tests;
