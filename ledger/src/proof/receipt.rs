//! The receipt of an entry: what somebody else keeps to show later that the entry was in the books, and how it stood.
//!
//! Pure. Checking needs the receipt, the entry's rows and the public key, and no books. The string that is signed has
//! fourteen lines, each with its line feed; hashes are lower-case hexadecimal:
//!
//! ```text
//! dianfu-receipt-v1
//! main                        the book
//! 0199aa00-0000-7000-8000-…   the entry's id
//! 8                           its sequence
//! 9f86d081…                   the hash of its leaf
//! 3                           its commit
//! 7                           the commit's first sequence
//! 9                           the commit's last sequence
//! 831600000000000             when it was booked, in microseconds from 2000-01-01T00:00:00Z
//! 2c26b46b…                   the hash of the commit before
//! fcde2b2e…                   the root of the commit's entries
//! 4e074085…                   the commit's hash
//! 12                          commits that the tip covers
//! 6b86b273…                   the tip's root
//! ```
//!
//! The two paths are not signed: whatever leads from leaf to root is a path.

use std::fmt;

use uuid::Uuid;

use crate::journal::codec::{CommitHeader, Hash, postgres_micros};
use crate::verify::row::hex;

use super::key::{PublicKey, SecretKey};
use super::tree::{Tip, leaf_hash};

/// First line of what is signed; another layout gets another version.
pub const VERSION: &str = "dianfu-receipt-v1";

/// What is said of an entry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Receipt {
    /// The book.
    pub book: String,
    /// The entry.
    pub entry_id: Uuid,
    /// Its sequence.
    pub sequence: i64,
    /// The hash of its rows as a leaf.
    pub leaf_hash: Hash,
    /// From the leaf to the commit's root (RFC 6962, section 2.1.1), nearest first.
    pub audit_path: Vec<Hash>,
    /// The commit.
    pub header: CommitHeader,
    /// The root of its entries.
    pub entries_root: Hash,
    /// Its hash.
    pub hash: Hash,
    /// From the commit's hash to the tip's root, nearest first.
    pub chain_path: Vec<Hash>,
    /// The tip.
    pub tip: Tip,
}

/// A receipt with the signature of whoever keeps the books.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SignedReceipt {
    /// What is said.
    pub receipt: Receipt,
    /// [`PublicKey::id`] of the key.
    pub key_id: [u8; 16],
    /// Over [`Receipt::statement`].
    pub signature: [u8; 64],
}

/// What is wrong with a receipt, in the order in which it is looked at.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fault {
    /// The key has not signed this.
    Signature,
    /// The rows are of another entry.
    OtherEntry,
    /// The rows are not those of the leaf.
    LeafHash,
    /// The entry is not in the commit, or not under its root.
    AuditPath,
    /// The commit's hash is not that of its header and root.
    CommitHash,
    /// The commit is not under the tip.
    ChainPath,
}

impl Fault {
    /// Stable code.
    pub fn code(self) -> &'static str {
        match self {
            Fault::Signature => "signature",
            Fault::OtherEntry => "other_entry",
            Fault::LeafHash => "leaf_hash",
            Fault::AuditPath => "audit_path",
            Fault::CommitHash => "commit_hash",
            Fault::ChainPath => "chain_path",
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Fault::Signature => "the signature is not this key's",
            Fault::OtherEntry => "the rows are those of another entry",
            Fault::LeafHash => "the rows are not those that were booked",
            Fault::AuditPath => "the audit path does not lead from the entry to the root of its commit",
            Fault::CommitHash => "the commit's hash is not that of its header and root",
            Fault::ChainPath => "the path does not lead from the commit to the tip",
        })
    }
}

impl Receipt {
    /// The fourteen lines that are signed.
    pub fn statement(&self) -> String {
        let CommitHeader { previous_hash, commit_no, first_sequence, last_sequence, booked_at } = &self.header;
        let lines = [
            VERSION.to_owned(),
            self.book.clone(),
            self.entry_id.to_string(),
            self.sequence.to_string(),
            hex(&self.leaf_hash),
            commit_no.to_string(),
            first_sequence.to_string(),
            last_sequence.to_string(),
            postgres_micros(*booked_at).to_string(),
            hex(previous_hash),
            hex(&self.entries_root),
            hex(&self.hash),
            self.tip.commit_no.to_string(),
            hex(&self.tip.root),
        ];
        lines.map(|line| line + "\n").concat()
    }

    /// The same with a signature.
    pub fn signed(self, key: &SecretKey) -> SignedReceipt {
        let signature = key.sign(self.statement().as_bytes());
        SignedReceipt { receipt: self, key_id: key.public().id(), signature }
    }

    /// Checks all but a signature. `rows` are the entry's row and those of its postings, as they were exported.
    pub fn check(&self, rows: &[u8]) -> Result<(), Fault> {
        let CommitHeader { commit_no, first_sequence, last_sequence, .. } = self.header;
        if named(rows) != Some((self.sequence, self.entry_id)) {
            return Err(Fault::OtherEntry);
        }
        if leaf_hash(rows) != self.leaf_hash {
            return Err(Fault::LeafHash);
        }
        if !(first_sequence..=last_sequence).contains(&self.sequence) || first_sequence < 1 {
            return Err(Fault::AuditPath);
        }
        let commit = Tip { commit_no: self.header.entries(), root: self.entries_root };
        if !commit.includes(rows, self.sequence - first_sequence, &self.audit_path) {
            return Err(Fault::AuditPath);
        }
        if self.header.hash(&self.entries_root) != self.hash {
            return Err(Fault::CommitHash);
        }
        if commit_no < 1 || !self.tip.includes(&self.hash, commit_no - 1, &self.chain_path) {
            return Err(Fault::ChainPath);
        }
        Ok(())
    }
}

impl SignedReceipt {
    /// Checks everything: what is said was signed with this key, and is so of these rows.
    pub fn check(&self, rows: &[u8], key: &PublicKey) -> Result<(), Fault> {
        if self.key_id != key.id() || !key.has_signed(self.receipt.statement().as_bytes(), &self.signature) {
            return Err(Fault::Signature);
        }
        self.receipt.check(rows)
    }
}

/// Sequence and id in an entry's row: the first two fields of sixteen.
fn named(rows: &[u8]) -> Option<(i64, Uuid)> {
    let rows = rows.strip_prefix(&16_i16.to_be_bytes())?.strip_prefix(&8_i32.to_be_bytes())?;
    let (sequence, rows) = rows.split_first_chunk::<8>()?;
    let (id, _) = rows.strip_prefix(&16_i32.to_be_bytes())?.split_first_chunk::<16>()?;
    Some((i64::from_be_bytes(*sequence), Uuid::from_bytes(*id)))
}
