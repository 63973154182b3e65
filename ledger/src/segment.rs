//! Segments: the parts of the journal, and moving those that are done with into files of the database server's machine
//! and back.
//!
//! A segment that is detached has its entries and postings in two files beside the database, in PostgreSQL's own binary
//! format. Its partitions are foreign tables on them (extension `file_fdw`), so that every reader goes on seeing one
//! journal: statements, reports, `verify`, the auditors' SQL, and the writer, for whom an id means one thing for ever.
//! What is summed up stays in the database, as do links, commits and the record of ids; what needs the rows themselves
//! reads a file whole.
//!
//! Either way ([`detach`], [`attach`]) is one transaction: a successor is made beside the partition, compared by digest
//! with what was detached, and takes its place under a lock that is waited for by tenths of a second. A crash leaves
//! the one or the other. Files are written whole or not at all, named after the hash of the journal up to there, so
//! that a file of that name never says anything else, and never deleted.
//!
//! A file that is cut off between two rows is to the server a shorter file. So the segment's row keeps how large its
//! files are, and who reads a segment by name looks (`leaf_to_read`); so do [`list`] and `verify`. Reports that go over
//! the whole journal do not.
//!
//! Needed: the extension `file_fdw`, and of the book's owner that he may have the server read files and run programs
//! (`pg_read_server_files`, `pg_execute_server_program`), ask how large they are (`pg_stat_file`), and see who reads
//! (`pg_read_all_stats`): sessions that he may not see are taken for readers.

mod fault;
pub mod sql;

use std::time::Duration;

use jiff::Timestamp;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, GenericClient, Transaction};

use crate::book::{self, BookName};
use crate::db::{Database, DbError};
use crate::error::{Error, is_segment_unreadable};

pub use fault::Fault;

/// Between two tries to lock the journal's tables.
const PAUSE: Duration = Duration::from_millis(400);

/// A part of the journal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Segment {
    /// Its number, from 1.
    pub segment_no: i32,
    /// The sequence of its first entry.
    pub first_sequence: i64,
    /// The sequence of the last entry that it takes.
    pub last_sequence: i64,
    /// Whether readers find what is in it by indexes: when it is sealed, and before if little is posted.
    pub is_indexed: bool,
    /// When it was sealed: it is full, and has its indexes.
    pub sealed_at: Option<Timestamp>,
    /// Whether it is summed up, and its ids are on record.
    pub is_summed_up: bool,
    /// Where it is, if it is detached.
    pub files: Option<Files>,
    /// Whether one of its files is missing, or not as large as it was.
    pub is_damaged: bool,
    /// The size of its tables and indexes, or of its files; `None` if a file is missing or its size may not be asked.
    pub bytes: Option<i64>,
}

/// The files of a segment, on the database server's machine.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Files {
    /// That of its entries.
    pub entries: String,
    /// That of its postings.
    pub postings: String,
}

impl Files {
    fn each(&self) -> impl Iterator<Item = (&'static str, &str)> {
        sql::PARENTS.into_iter().zip([self.entries.as_str(), &self.postings])
    }
}

/// A folder on the database server's machine, as an absolute path without characters that a shell takes for others.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Folder(String);

impl Folder {
    /// Checks and takes a path.
    pub fn parse(path: &str) -> Option<Folder> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"/._-".contains(&byte);
        let is_absolute = path.starts_with('/') && path.bytes().all(is_plain);
        is_absolute.then(|| Folder(path.trim_end_matches('/').to_owned()))
    }

    fn files(&self, book: &BookName, segment_no: i32, hash: &str) -> Files {
        let [entries, postings] =
            sql::PARENTS.map(|parent| format!("{}/{book}-{parent}_{segment_no:06}-{hash}.pgcopy", self.0));
        Files { entries, postings }
    }
}

/// The segments of a book, in order.
pub async fn list(database: &Database, book: &BookName) -> Result<Vec<Segment>, Error> {
    read(&open(database, book).await?, None).await
}

/// Moves a segment that is sealed and summed up into files. Waits so long for those who read the journal.
pub async fn detach(
    database: &Database,
    book: &BookName,
    segment_no: i32,
    folder: &Folder,
    patience: Duration,
) -> Result<Result<Segment, Fault>, Error> {
    let mut client = open(database, book).await?;
    let made = match make_server(&client).await {
        Ok(Ok(())) => detach_by(&mut client, book, segment_no, folder, patience).await,
        Ok(Err(fault)) => return Ok(Err(fault)),
        Err(error) => Err(error),
    };
    or_right(&client, made).await
}

/// Moves a segment back into the database. Its files stay.
pub async fn attach(
    database: &Database,
    book: &BookName,
    segment_no: i32,
    patience: Duration,
) -> Result<Result<Segment, Fault>, Error> {
    let mut client = open(database, book).await?;
    let attached = attach_by(&mut client, segment_no, patience).await;
    or_right(&client, attached).await
}

async fn detach_by(
    client: &mut Client,
    book: &BookName,
    segment_no: i32,
    folder: &Folder,
    patience: Duration,
) -> Result<Result<Segment, Fault>, Error> {
    let tx = client.transaction().await?;
    let segment = match locked(&tx, segment_no).await? {
        None => return Ok(Err(Fault::Unknown { segment_no })),
        Some(Segment { files: Some(files), .. }) => return Ok(Err(Fault::Detached { segment_no, files })),
        Some(segment) if !segment.is_summed_up => return Ok(Err(Fault::NotSummedUp { segment_no })),
        Some(segment) => segment,
    };
    let hash = sql::hash_at(&tx, segment.last_sequence).await?;
    for (parent, file) in folder.files(book, segment_no, &hash).each() {
        match sql::write_file(&tx, parent, segment_no, file).await {
            Err(error) if error.code() == Some(&SqlState::EXTERNAL_ROUTINE_EXCEPTION) => {
                return Ok(Err(Fault::NotWritten { file: file.to_owned() }));
            }
            written => written?,
        }
        sql::make_file_leaf(&tx, parent, segment_no, file).await?;
        if !sql::keep_digest(&tx, parent, segment_no).await? {
            return Ok(Err(Fault::Different { file: file.to_owned() }));
        }
    }
    swap(tx, segment_no, patience).await
}

async fn attach_by(client: &mut Client, segment_no: i32, patience: Duration) -> Result<Result<Segment, Fault>, Error> {
    let tx = client.transaction().await?;
    let files = match locked(&tx, segment_no).await? {
        None => return Ok(Err(Fault::Unknown { segment_no })),
        Some(Segment { files: None, .. }) => return Ok(Err(Fault::NotDetached { segment_no })),
        Some(Segment { files: Some(files), is_damaged: true, .. }) => return Ok(Err(Fault::Damaged { files })),
        Some(Segment { files: Some(files), .. }) => files,
    };
    for (parent, file) in files.each() {
        let is_as_detached = match sql::make_leaf_of_file(&tx, parent, segment_no, file).await {
            Err(error) if is_segment_unreadable(&error) || violates_guard(&error) => false,
            made => {
                made?;
                sql::is_as_detached(&tx, parent, segment_no).await?
            }
        };
        if !is_as_detached {
            return Ok(Err(Fault::Damaged { files: files.clone() }));
        }
    }
    sql::finish_leaves(&tx, segment_no).await?;
    swap(tx, segment_no, patience).await
}

/// Whether the guards of the journal refuse rows, which then are none of those that were detached.
fn violates_guard(error: &tokio_postgres::Error) -> bool {
    const INTEGRITY_CONSTRAINT_VIOLATION: &str = "23"; // the class of such SQLSTATEs
    error.code().is_some_and(|state| state.code().starts_with(INTEGRITY_CONSTRAINT_VIOLATION))
}

/// Puts what was made in the place of the partitions, as soon as nobody reads them, and commits.
async fn swap(mut tx: Transaction<'_>, segment_no: i32, patience: Duration) -> Result<Result<Segment, Fault>, Error> {
    let mut waited = Duration::ZERO;
    loop {
        let attempt = tx.savepoint("attempt").await?;
        match try_swap(&attempt, segment_no).await {
            Ok(true) => {
                attempt.commit().await?;
                break;
            }
            Ok(false) => attempt.rollback().await?,
            Err(error) => return Err(error),
        }
        if waited >= patience {
            return Ok(Err(Fault::Read { segment_no }));
        }
        tokio::time::sleep(PAUSE).await;
        waited += PAUSE;
    }
    let segment = read(&tx, Some(segment_no)).await?.pop();
    tx.commit().await?;
    Ok(Ok(segment.expect("it is locked")))
}

/// Swaps, unless somebody reads the journal now, or sees the segment as it was before it was full.
async fn try_swap(attempt: &Transaction<'_>, segment_no: i32) -> Result<bool, Error> {
    let swapped = async {
        sql::lock_tables(attempt).await?;
        let is_free = !sql::is_seen_from_before(attempt, segment_no).await?;
        if is_free {
            sql::swap_leaves(attempt, segment_no).await?;
        }
        Ok(is_free)
    };
    match swapped.await.map_err(Error::Database) {
        Err(error) if error.is_lock_timeout() => Ok(false),
        swapped => swapped,
    }
}

/// A segment, locked, if there is one.
async fn locked(tx: &Transaction<'_>, segment_no: i32) -> Result<Option<Segment>, Error> {
    sql::lock(tx, segment_no).await?;
    Ok(read(tx, Some(segment_no)).await?.pop())
}

async fn read(client: &impl GenericClient, segment_no: Option<i32>) -> Result<Vec<Segment>, Error> {
    let rows = sql::segments(client, segment_no).await?;
    let of_row = |row: &tokio_postgres::Row| {
        let [entries, postings]: [Option<String>; 2] = [row.get("entry_file"), row.get("posting_file")];
        Segment {
            segment_no: row.get("segment_no"),
            first_sequence: row.get("first_sequence"),
            last_sequence: row.get("last_sequence"),
            is_indexed: row.get("is_indexed"),
            sealed_at: row.get("sealed_at"),
            is_summed_up: row.get("is_summed_up"),
            files: entries.zip(postings).map(|(entries, postings)| Files { entries, postings }),
            is_damaged: row.get("is_damaged"),
            bytes: row.get("bytes"),
        }
    };
    Ok(rows.iter().map(of_row).collect())
}

/// The owner's session on a book.
async fn open(database: &Database, book: &BookName) -> Result<Client, Error> {
    book::require(database, book).await?;
    let client = database.connect_owner().await?;
    sql::enter(&client, &book.schema()).await?;
    Ok(client)
}

/// Makes the server for files where it is missing.
async fn make_server(client: &Client) -> Result<Result<(), Fault>, Error> {
    match sql::has_server(client).await? {
        (true, _) => Ok(Ok(())),
        (false, true) => Ok(Ok(sql::make_server(client).await?)),
        (false, false) => Ok(Err(Fault::NoExtension)),
    }
}

/// Turns a refusal for lack of rights into the statements that an administrator can run.
async fn or_right<T>(client: &Client, result: Result<T, Error>) -> Result<T, Error> {
    match result {
        Err(Error::Database(source)) if source.code() == Some(&SqlState::INSUFFICIENT_PRIVILEGE) => {
            let statements = sql::statements_for_an_administrator(client).await?;
            Err(DbError::MissingRight { statements, source }.into())
        }
        result => result,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_needs_no_quotes() {
        for good in ["/", "/archive", "/var/lib/dianfu-files/2026_1/", "/a.b"] {
            assert!(Folder::parse(good).is_some(), "{good}");
        }
        for bad in ["", "archive", "./archive", "/a b", "/a'b", "/a;b", "/a$b", "/a\nb", "/档案", "/a\"b", "/~"] {
            assert_eq!(Folder::parse(bad), None, "{bad}");
        }
        let book = BookName::parse("main").unwrap();
        let files = Folder::parse("/archive/").unwrap().files(&book, 7, "0123456789abcdef");
        assert_eq!(files.entries, "/archive/main-entry_000007-0123456789abcdef.pgcopy");
        assert_eq!(Folder::parse("/").unwrap().files(&book, 1, "0").postings, "/main-posting_000001-0.pgcopy");
    }
}
