//! Receipts, tips and proofs as they are shown and read back.
//!
//! Hashes and signatures are lower-case hexadecimal, keys and rows base64url.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use dianfu_ledger::journal::codec::{CommitHeader, Hash};
use dianfu_ledger::proof::receipt::VERSION;
use dianfu_ledger::proof::{Consistency, PublicKey, Receipt, SignedReceipt, Tip};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

/// The signed receipt of an entry: it was booked so, and stands under this tip. It can be checked without the books:
/// `dianfu proof check FILE --public-key KEY`.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Receipt)]
pub struct ReceiptBody {
    /// How it is made and signed.
    #[schema(example = "dianfu-receipt-v1")]
    version: String,
    book: String,
    entry_id: Uuid,
    /// The entry's number in the book.
    sequence: i64,
    /// The hash of the rows as a leaf of the commit's tree (RFC 6962, SHA-256).
    leaf_hash: String,
    /// From the leaf to the commit's `entries_root`, nearest first.
    audit_path: Vec<String>,
    commit: CommitBody,
    /// From the commit's hash, as a leaf, to the tip's root, nearest first.
    chain_path: Vec<String>,
    tip: TipBody,
    /// The entry's row and those of its postings, in the binary format of PostgreSQL's COPY: the bytes that are hashed.
    rows: String,
    /// Tells the signing key from others.
    key_id: String,
    /// Ed25519, over the fourteen lines that the version stands for.
    signature: String,
}

/// A commit: what was booked at one time.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Commit)]
struct CommitBody {
    /// Its number, dense from 1.
    commit_no: i64,
    first_sequence: i64,
    last_sequence: i64,
    #[schema(value_type = String, format = DateTime)]
    booked_at: Timestamp,
    /// The hash of the commit before.
    previous_hash: String,
    /// The root of the tree of its entries.
    entries_root: String,
    /// Its hash.
    hash: String,
}

/// All commits up to one, in one hash.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Tip)]
pub struct TipBody {
    /// The last commit: the size of the tree over the commits' hashes.
    commit_no: i64,
    /// The root of that tree (RFC 6962, SHA-256).
    root: String,
}

/// The proof that the later tip is the earlier one with commits added behind it, and nothing else changed.
#[derive(Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Consistency)]
pub struct ConsistencyBody {
    from: TipBody,
    to: TipBody,
    /// RFC 6962, section 2.1.2.
    path: Vec<String>,
}

/// The key with which receipts are checked.
#[derive(Serialize, ToSchema)]
#[schema(as = ReceiptKey)]
pub struct KeyBody {
    key_id: String,
    /// Always `Ed25519`.
    algorithm: &'static str,
    /// 32 bytes, base64url.
    public_key: String,
}

impl KeyBody {
    /// The key.
    pub fn of(key: &PublicKey) -> KeyBody {
        KeyBody { key_id: hexadecimal(&key.id()), algorithm: "Ed25519", public_key: base64(&key.0) }
    }
}

/// Reads a public key, as [`KeyBody`] has it.
pub fn public_key(text: &str) -> Option<PublicKey> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
    Some(PublicKey(bytes.try_into().ok()?))
}

/// Bytes as base64url without padding.
pub fn base64(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

impl ReceiptBody {
    /// A receipt and its rows.
    pub fn of(signed: SignedReceipt, rows: &[u8]) -> ReceiptBody {
        let SignedReceipt { receipt, key_id, signature } = signed;
        let CommitHeader { previous_hash, commit_no, first_sequence, last_sequence, booked_at } = receipt.header;
        ReceiptBody {
            version: VERSION.to_owned(),
            book: receipt.book,
            entry_id: receipt.entry_id,
            sequence: receipt.sequence,
            leaf_hash: hexadecimal(&receipt.leaf_hash),
            audit_path: receipt.audit_path.iter().map(|hash| hexadecimal(hash)).collect(),
            commit: CommitBody {
                commit_no,
                first_sequence,
                last_sequence,
                booked_at,
                previous_hash: hexadecimal(&previous_hash),
                entries_root: hexadecimal(&receipt.entries_root),
                hash: hexadecimal(&receipt.hash),
            },
            chain_path: receipt.chain_path.iter().map(|hash| hexadecimal(hash)).collect(),
            tip: receipt.tip.into(),
            rows: base64(rows),
            key_id: hexadecimal(&key_id),
            signature: hexadecimal(&signature),
        }
    }

    /// The receipt and its rows; the name of the field that cannot be read.
    pub fn read(&self) -> Result<(SignedReceipt, Vec<u8>), &'static str> {
        if self.version != VERSION {
            return Err("version");
        }
        let commit = &self.commit;
        let header = CommitHeader {
            previous_hash: bytes(&commit.previous_hash).ok_or("commit.previous_hash")?,
            commit_no: commit.commit_no,
            first_sequence: commit.first_sequence,
            last_sequence: commit.last_sequence,
            booked_at: commit.booked_at,
        };
        let receipt = Receipt {
            book: self.book.clone(),
            entry_id: self.entry_id,
            sequence: self.sequence,
            leaf_hash: bytes(&self.leaf_hash).ok_or("leaf_hash")?,
            audit_path: path(&self.audit_path).ok_or("audit_path")?,
            header,
            entries_root: bytes(&commit.entries_root).ok_or("commit.entries_root")?,
            hash: bytes(&commit.hash).ok_or("commit.hash")?,
            chain_path: path(&self.chain_path).ok_or("chain_path")?,
            tip: self.tip.read().ok_or("tip.root")?,
        };
        let key_id = bytes(&self.key_id).ok_or("key_id")?;
        let signature = bytes(&self.signature).ok_or("signature")?;
        let rows = BASE64_URL_SAFE_NO_PAD.decode(&self.rows).map_err(|_| "rows")?;
        Ok((SignedReceipt { receipt, key_id, signature }, rows))
    }
}

impl From<Tip> for TipBody {
    fn from(Tip { commit_no, root }: Tip) -> TipBody {
        TipBody { commit_no, root: hexadecimal(&root) }
    }
}

impl TipBody {
    fn read(&self) -> Option<Tip> {
        Some(Tip { commit_no: self.commit_no, root: bytes(&self.root)? })
    }
}

impl From<Consistency> for ConsistencyBody {
    fn from(Consistency { from, to, path }: Consistency) -> ConsistencyBody {
        let path = path.iter().map(|hash| hexadecimal(hash)).collect();
        ConsistencyBody { from: from.into(), to: to.into(), path }
    }
}

impl ConsistencyBody {
    /// The proof; `None` if a hash cannot be read.
    pub fn read(&self) -> Option<Consistency> {
        Some(Consistency { from: self.from.read()?, to: self.to.read()?, path: path(&self.path)? })
    }
}

/// Bytes as lower-case hexadecimal.
pub fn hexadecimal(bytes: &[u8]) -> String {
    let digits = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    digits.filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}

fn path(texts: &[String]) -> Option<Vec<Hash>> {
    texts.iter().map(|text| bytes(text)).collect()
}

fn bytes<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digits = text.as_bytes();
    let is_digit = |digit: &u8| matches!(digit, b'0'..=b'9' | b'a'..=b'f');
    if digits.len() != 2 * N || !digits.iter().all(is_digit) {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
        *byte = u8::from_str_radix(str::from_utf8(pair).ok()?, 16).ok()?;
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_written_one_way() {
        let hash: [u8; 32] = std::array::from_fn(|at| u8::try_from(at * 7).unwrap());
        assert_eq!(bytes(&hexadecimal(&hash)), Some(hash));
        let upper = hexadecimal(&hash).to_uppercase();
        for wrong in ["", "00", &upper, &format!("+{}", &upper[1..]), &"é".repeat(32)] {
            assert_eq!(bytes::<32>(wrong), None, "{wrong}");
        }
    }
}
