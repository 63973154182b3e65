//! Proofs that an entry is in the books, and that the books of today are those of yesterday and something more.
//!
//! # Two trees of RFC 6962 (section 2.1, SHA-256)
//! - One a commit, over its entries: a leaf is an entry's row and those of its postings, as the hash chain has them
//!   ([`crate::journal::codec::leaf_hash`]). Its root stands in the commit and is covered by the commit's hash.
//! - One over all commits: a leaf is a commit's hash, in order of `commit_no`. Its size and root are a [`Tip`]. No row
//!   keeps it; anybody can build it from the commits.
//!
//! # What is proved
//! - [`receipt()`]: the audit path of an entry in its commit, and of that commit under a tip. Signed
//!   ([`Receipt::signed`]) it can be kept by somebody else and checked without the books ([`SignedReceipt::check`]).
//! - [`consistency()`]: that a tip is an earlier tip with commits added behind it. Whoever keeps a tip elsewhere can so
//!   find out that books were rewritten whole, which no check of the books alone can see.
//!
//! Nothing of this changes: for one entry and one tip, or for two tips, there is one proof for ever.
//!
//! # Cost
//! Nothing while posting. A proof under a tip reads the hashes of all commits up to it, about 40 bytes each, as a
//! stream, with memory of the tree's height: a second or so a million commits. A receipt also reads all entries of its
//! commit. Proofs are made and checked by the tree arithmetic of `ct-merkle`.
//!
//! Reading order: [`mod@tree`], [`mod@receipt`], [`mod@key`], [`sql`].

pub mod key;
pub mod receipt;
pub mod sql;
pub mod tree;

use futures_util::TryStreamExt;
use tokio_postgres::{GenericClient, Row};
use uuid::Uuid;

use crate::error::Error;
use crate::journal::codec::{CommitHeader, Hash};
use crate::journal::tuples::{Batches, Tuple};
use crate::verify;
use crate::verify::row::{Commit, number};
use crate::verify::sql::Table;

pub use key::{PublicKey, SecretKey};
pub use receipt::{Fault, Receipt, SignedReceipt};
pub use tree::{Consistency, Tip};

use self::tree::Picker;

/// The receipt of an entry and its rows, as the leaf of its commit's tree has them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proved {
    /// The receipt.
    pub receipt: Receipt,
    /// The entry's row and those of its postings.
    pub rows: Vec<u8>,
}

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// There is no such tip.
    #[error("there is no commit {asked}: the book's commits are 1 to {last}")]
    NoSuchTip {
        /// What was asked for.
        asked: i64,
        /// The last commit.
        last: i64,
    },
    /// The earlier tip is not the earlier one.
    #[error("commit {from} is behind commit {to}: ask from the earlier to the later one")]
    Backwards {
        /// The tip to start from.
        from: i64,
        /// The tip to come to.
        to: i64,
    },
    /// The entry is in a later commit than the tip.
    #[error("the entry is in commit {commit_no}, which the tip {tip} does not cover")]
    NotCovered {
        /// Its commit.
        commit_no: i64,
        /// The tip asked for.
        tip: i64,
    },
    /// The database is gone, or the books are not what was written: nothing is proved of those.
    #[error(transparent)]
    World(#[from] Error),
}

impl From<tokio_postgres::Error> for ProofError {
    fn from(error: tokio_postgres::Error) -> ProofError {
        ProofError::World(Error::Database(error))
    }
}

/// The tip of the first `commit_no` commits; of all that there are, if none is named.
pub async fn tip(client: &impl GenericClient, commit_no: Option<i64>) -> Result<Tip, ProofError> {
    let size = known_size(client, commit_no).await?;
    let (root, _) = pick(client, size, Vec::new()).await?;
    Ok(Tip { commit_no: size, root })
}

/// The proof that the tip of `to` commits is that of `from` commits with others added.
pub async fn consistency(client: &impl GenericClient, from: i64, to: i64) -> Result<Consistency, ProofError> {
    if from > to {
        return Err(ProofError::Backwards { from, to });
    }
    known_size(client, Some(from)).await?;
    let size = known_size(client, Some(to)).await?;
    let (root, path) = pick(client, size, tree::consistency_nodes(from, to)).await?;
    let from = tip(client, Some(from)).await?;
    Ok(Consistency { from, to: Tip { commit_no: size, root }, path })
}

/// The receipt of an entry of book `book` under the tip of `tip` commits (of all, if left out); `None` if there is no
/// such entry.
pub async fn receipt(
    client: &impl GenericClient,
    book: &str,
    entry_id: Uuid,
    tip: Option<i64>,
) -> Result<Option<Proved>, ProofError> {
    let Some(row) = client.query_opt(sql::COMMIT_OF_ENTRY, &[&entry_id]).await? else { return Ok(None) };
    let sequence: i64 = row.try_get("entry_sequence")?;
    let Commit { header, entries_root, hash } = commit(&row)?;
    let Leaves { rows, leaf_hash, root, audit_path } = leaves(client, &header, sequence).await?;
    if root != entries_root || header.hash(&root) != hash {
        return Err(Error::Corrupt(format!("the rows of commit {} are not those it was made of", header.commit_no)))?;
    }
    let size = known_size(client, tip).await?;
    if size < header.commit_no {
        return Err(ProofError::NotCovered { commit_no: header.commit_no, tip: size });
    }
    let wanted = tree::inclusion_nodes(header.commit_no - 1, size);
    let (root, chain_path) = pick(client, size, wanted).await?;
    let tip = Tip { commit_no: size, root };
    let book = book.to_owned();
    let receipt =
        Receipt { book, entry_id, sequence, leaf_hash, audit_path, header, entries_root, hash, chain_path, tip };
    Ok(Some(Proved { receipt, rows }))
}

/// What one pass over the entries of a commit gives.
struct Leaves {
    rows: Vec<u8>,
    leaf_hash: Hash,
    root: Hash,
    audit_path: Vec<Hash>,
}

async fn leaves(client: &impl GenericClient, header: &CommitHeader, sequence: i64) -> Result<Leaves, ProofError> {
    let CommitHeader { first_sequence, last_sequence, .. } = *header;
    let piece = async |table: &Table| client.client().copy_out(&table.piece(first_sequence, last_sequence)).await;
    let mut postings = Vec::new();
    let mut batches = Batches::new(piece(&verify::sql::POSTING).await?);
    while let Some(batch) = batches.next().await? {
        postings.extend_from_slice(batch.bytes());
    }
    let mut postings = postings.as_slice();
    let mut picker = Picker::new(tree::inclusion_nodes(sequence - first_sequence, header.entries()));
    let (mut own, mut leaf_hash) = (Vec::new(), [0; 32]);
    let mut batches = Batches::new(piece(&verify::sql::ENTRY).await?);
    while let Some(batch) = batches.next().await? {
        for entry in batch.tuples() {
            let entry = entry.map_err(Error::from)?;
            let of = number(entry);
            let mut rows = entry.bytes().to_vec();
            while let Ok((posting, rest)) = Tuple::split(postings)
                && number(posting) == of
            {
                rows.extend_from_slice(posting.bytes());
                postings = rest;
            }
            let hash = tree::leaf_hash(&rows);
            picker.push(hash);
            if of == sequence {
                (own, leaf_hash) = (rows, hash);
            }
        }
    }
    let (root, audit_path) = picker.finish(header.entries())?;
    Ok(Leaves { rows: own, leaf_hash, root, audit_path })
}

fn commit(row: &Row) -> Result<Commit, ProofError> {
    let hash = |column: &str| -> Result<Hash, ProofError> {
        let bytes: &[u8] = row.try_get(column)?;
        bytes.try_into().map_err(|_| Error::Corrupt(format!("commit.{column} is not 32 bytes")).into())
    };
    let header = CommitHeader {
        previous_hash: hash("previous_hash")?,
        commit_no: row.try_get("commit_no")?,
        first_sequence: row.try_get("first_sequence")?,
        last_sequence: row.try_get("last_sequence")?,
        booked_at: row.try_get("booked_at")?,
    };
    Ok(Commit { header, entries_root: hash("entries_root")?, hash: hash("hash")? })
}

/// The size of a tree that the commits can give.
async fn known_size(client: &impl GenericClient, commit_no: Option<i64>) -> Result<i64, ProofError> {
    let last: i64 = client.query_one(sql::LAST_COMMIT, &[]).await?.try_get(0)?;
    let asked = commit_no.unwrap_or(last);
    if last > 0 && (1..=last).contains(&asked) { Ok(asked) } else { Err(ProofError::NoSuchTip { asked, last }) }
}

/// The root of the tree over the first `size` commits, and some of its nodes.
async fn pick(client: &impl GenericClient, size: i64, wanted: Vec<u64>) -> Result<(Hash, Vec<Hash>), ProofError> {
    let hashes = client.query_raw(sql::COMMIT_HASHES, [size]).await?;
    let mut hashes = std::pin::pin!(hashes);
    let mut picker = Picker::new(wanted);
    while let Some(row) = hashes.try_next().await? {
        let hash: &[u8] = row.try_get("hash")?;
        picker.push(tree::leaf_hash(hash));
    }
    Ok(picker.finish(size)?)
}
