//! The journal for a warehouse: a folder of parts, each a range of sequences, that grows by running again.
//!
//! # The folder
//! `entries-FIRST-LAST.parquet`, `postings-FIRST-LAST.parquet` by sequence, `accounts-FIRST-LAST.parquet` by number of
//! account, and `manifest.json`, which lists the whole parts with their rows, ranges and SHA-256, and the columns. What
//! the manifest does not list is not there: readers go by it. An amount is `amount_minor`, an integer, beside its
//! `currency` and the number of its decimals, which is exact; a debit is positive.
//!
//! # Promises
//! - **Whole or not at all.** A part is written under a temporary name, flushed to the disk, and renamed; then the
//!   manifest is, likewise. Killed at any moment, the folder is as the manifest says, and running again goes on after
//!   the last whole part.
//! - **The same bytes.** Parts end at multiples of `part_entries`, or at the end of the book; nothing in them depends
//!   on when or by whom they were written. Killed and resumed, the folder has what it would have had.
//! - **One book.** The manifest keeps the hashes of the first commit and of the one that it ends in; a folder of
//!   another book, or of this book before it was put back to an earlier time, is refused.
//!
//! # Cost
//! Rows come as a binary COPY and are kept by column, a piece of the journal at a time; entries and postings are
//! written beside each other. Memory is bounded by two pieces and the accounts.

mod column;
mod digest;
mod folder;
mod format;
mod manifest;
pub mod sql;
mod table;

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use futures_util::StreamExt;
use tokio::task::JoinSet;

use crate::Ledger;
use crate::error::Error;
use crate::journal::tuples::Batches;
use crate::money::Currency;

use self::column::Rows;
use self::folder::Folder;
use self::format::PartFile;
use self::table::Table;

use super::{ExportError, Progress};

pub use format::Format;
pub use manifest::{Manifest, Part};

/// Entries a part has, if nothing is said.
pub const PART_ENTRIES: i64 = 1 << 20;
/// Entries that are read by one statement and become one row group.
const PIECE_ENTRIES: i64 = 1 << 16;

/// What to write.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LakeOptions {
    /// How.
    pub format: Format,
    /// Entries a part; a folder keeps to what it was begun with.
    pub part_entries: Option<i64>,
    /// The last sequence; the end of the book if left out.
    pub until: Option<i64>,
}

/// Why a folder cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum LakeError {
    /// The book or the folder cannot be read or written.
    #[error(transparent)]
    Export(#[from] ExportError),
    /// Another program is writing it.
    #[error("another program is writing this folder")]
    Locked,
    /// The manifest is not one of ours.
    #[error("manifest.json cannot be read: {0}")]
    ManifestMalformed(String),
    /// The folder holds something else.
    #[error("the folder has {what} {found}, not {asked}: choose another folder")]
    Differs {
        /// What differs.
        what: &'static str,
        /// What the folder has.
        found: String,
        /// What was asked for.
        asked: String,
    },
    /// The book is not the one that was exported.
    #[error(
        "the book's commit {commit_no} is not the one that this folder was written from: the folder is of another \
             book, or the book was put back to an earlier time; choose another folder"
    )]
    OtherBook {
        /// The commit that differs, or is not there.
        commit_no: i64,
    },
}

impl From<Error> for LakeError {
    fn from(error: Error) -> LakeError {
        LakeError::Export(ExportError::Question(error.into()))
    }
}

impl From<tokio_postgres::Error> for LakeError {
    fn from(error: tokio_postgres::Error) -> LakeError {
        LakeError::from(Error::from(error))
    }
}

impl From<std::io::Error> for LakeError {
    fn from(error: std::io::Error) -> LakeError {
        LakeError::Export(ExportError::Write(error))
    }
}

/// What postings name by number.
#[derive(Default)]
struct Accounts(HashMap<i32, (String, i32)>);

/// What one file is made of.
#[derive(Clone, Copy)]
struct Range {
    table: &'static Table,
    first: i64,
    last: i64,
}

/// Brings a folder up to date with the book, part by part; answers its manifest.
pub async fn lake(
    ledger: &Ledger,
    folder: &Path,
    options: &LakeOptions,
    mut progress: impl FnMut(Progress),
) -> Result<Manifest, LakeError> {
    let folder = Folder::open(folder)?;
    let mut manifest = folder.manifest(ledger.book().as_str(), options)?;
    let (end, accounts_end) = extent(ledger, &manifest, options.until).await?;
    let accounts = Arc::new(accounts(ledger).await?);
    if manifest.last_account < accounts_end {
        let range = Range { table: &table::ACCOUNTS, first: manifest.last_account + 1, last: accounts_end };
        let part = write_part(ledger.clone(), folder.clone(), options.format, range, accounts.clone()).await?;
        manifest.parts.push(part);
        manifest.last_account = accounts_end;
        folder.keep(&manifest)?;
    }
    let begin = manifest.last_sequence;
    while manifest.last_sequence < end {
        let first = manifest.last_sequence + 1;
        let last = end.min((first - 1) / manifest.part_entries * manifest.part_entries + manifest.part_entries);
        let mut writing = JoinSet::new();
        for table in [&table::ENTRIES, &table::POSTINGS] {
            let (ledger, folder, accounts) = (ledger.clone(), folder.clone(), accounts.clone());
            writing.spawn(write_part(ledger, folder, options.format, Range { table, first, last }, accounts));
        }
        let mut parts = Vec::new();
        while let Some(written) = writing.join_next().await {
            parts.push(written.unwrap_or_else(|failure| std::panic::resume_unwind(failure.into_panic()))?);
        }
        parts.sort_by(|one: &Part, other: &Part| one.table.cmp(&other.table));
        manifest.parts.extend(parts);
        manifest.last_sequence = last;
        (manifest.commit_no, manifest.commit_hash) = commit_of(ledger, last).await?;
        if manifest.first_commit_hash.is_empty() {
            manifest.first_commit_hash = commit_of(ledger, 1).await?.1;
        }
        folder.keep(&manifest)?;
        progress(Progress { done: (last - begin).unsigned_abs(), total: (end - begin).unsigned_abs() });
    }
    folder.keep(&manifest)?;
    Ok(manifest)
}

/// Up to which sequence and which account, of a book that the folder is of.
async fn extent(ledger: &Ledger, manifest: &Manifest, until: Option<i64>) -> Result<(i64, i64), LakeError> {
    let client = ledger.client().await?;
    let head = client.query_one(sql::HEAD, &[]).await?;
    let (sequence, account_no): (i64, i32) = (head.try_get("sequence")?, head.try_get("account_no")?);
    drop(client);
    if manifest.last_sequence > sequence || manifest.last_account > account_no.into() {
        return Err(LakeError::OtherBook { commit_no: manifest.commit_no });
    }
    if manifest.last_sequence > 0 {
        for (commit_no, at, hash) in
            [(1, 1, &manifest.first_commit_hash), (manifest.commit_no, manifest.last_sequence, &manifest.commit_hash)]
        {
            if commit_of(ledger, at).await? != (commit_no, hash.clone()) {
                return Err(LakeError::OtherBook { commit_no });
            }
        }
    }
    Ok((until.unwrap_or(sequence).min(sequence), account_no.into()))
}

/// The commit that brought a sequence, and its hash in hexadecimal.
async fn commit_of(ledger: &Ledger, sequence: i64) -> Result<(i64, String), LakeError> {
    let row = ledger.client().await?.query_one(sql::COMMIT_OF, &[&sequence]).await?;
    Ok((row.try_get("commit_no")?, row.try_get("hash")?))
}

async fn accounts(ledger: &Ledger) -> Result<Accounts, LakeError> {
    let rows = ledger.client().await?.query(sql::ACCOUNT_CODES, &[]).await?;
    let mut accounts = Accounts::default();
    for row in rows {
        let currency: &str = row.try_get("currency")?;
        accounts.0.insert(row.try_get("account_no")?, (row.try_get("code")?, decimals(currency)?));
    }
    Ok(accounts)
}

fn decimals(currency: &str) -> Result<i32, Error> {
    let known: Currency = currency.parse().map_err(|_| Error::Corrupt(format!("currency is '{currency}'")))?;
    Ok(i32::try_from(known.decimals()).expect("a currency has few decimals"))
}

/// Writes one file, whole.
async fn write_part(
    ledger: Ledger,
    folder: Folder,
    format: Format,
    range: Range,
    accounts: Arc<Accounts>,
) -> Result<Part, LakeError> {
    let client = ledger.client().await?;
    let Range { table, first, last } = range;
    let name = format!("{}-{first:012}-{last:012}.{}", table.name, format.extension());
    let mut file = PartFile::create(format, table, &folder.unfinished(&name))?;
    let mut rows = Rows::new(table.fields);
    let mut count = 0;
    let mut from = first;
    while from <= last {
        let to = last.min((from - 1) / PIECE_ENTRIES * PIECE_ENTRIES + PIECE_ENTRIES);
        let commits = commits(&client, table, from, to).await?;
        let mut context = table::Context { accounts: &accounts.0, commits: &commits };
        let sent = client.copy_out(&sql::copy(table.select, from, to)).await?;
        let mut batches = Batches::new(sent.fuse());
        while let Some(batch) = batches.next().await? {
            for tuple in batch.tuples() {
                (table.take)(tuple.map_err(Error::from)?.fields(), &mut rows, &mut context)?;
                rows.end_row();
            }
        }
        count += rows.count();
        file.write(&rows)?;
        rows.clear();
        from = to + 1;
    }
    let (bytes, sha256) = file.finish()?;
    folder.finish(&name)?;
    let table = table.name.to_owned();
    Ok(Part { table, file: name, first, last, rows: count, bytes, sha256 })
}

/// The commits of a piece, where the table shows them: number and last sequence.
async fn commits(
    client: &deadpool_postgres::Client,
    table: &Table,
    first: i64,
    last: i64,
) -> Result<Vec<(i64, i64)>, LakeError> {
    if !table.has_commits {
        return Ok(Vec::new());
    }
    let rows = client.query(sql::COMMITS, &[&first, &last]).await?;
    let commit = |row: &tokio_postgres::Row| Ok((row.try_get("last_sequence")?, row.try_get("commit_no")?));
    rows.iter().map(commit).collect()
}
