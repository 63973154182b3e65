//! What can go wrong with the world: the database is gone, refuses, or holds what nobody wrote.
//!
//! What a caller did wrong is never an [`Error`]: it is a [`crate::rejection::Rejection`] or another value.

use std::error::Error as StdError;
use std::time::Duration;

use tokio_postgres::error::{DbError, SqlState};

/// An error of the world.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// PostgreSQL refused a statement or the connection broke.
    #[error("the database did not carry out a statement")]
    Database(#[from] tokio_postgres::Error),
    /// No connection to PostgreSQL could be had.
    #[error("no connection to the database could be had")]
    Pool(#[from] deadpool_postgres::PoolError),
    /// The database could not be opened.
    #[error("the database could not be opened")]
    Open(#[from] crate::db::DbError),
    /// A migration failed or differs from what was applied.
    #[error("the book's tables could not be brought up to date")]
    Migration(#[from] refinery::Error),
    /// The database did not answer, also when asked again. Nothing is half done: ask again with the same ids.
    #[error("the database is not available; nothing is half done, ask again with the same ids")]
    Unavailable,
    /// More waits to be posted than is worked off in good time, and the caller would rather not wait. Nothing of the
    /// request was looked at: ask again with the same ids, after a while.
    #[error("too much is waiting to be posted; nothing of this request is done, ask again with the same ids")]
    Busy {
        /// How long the request would have waited.
        retry_after: Duration,
    },
    /// The database refused an entry that the rules let through: a mistake of ours, and nothing of it is posted.
    #[error("the database refused the entries; nothing of them is posted: {0}")]
    Posting(String),
    /// An entry cannot be decided on, because the file of a detached segment cannot be read; nothing of it is posted.
    #[error("a detached segment cannot be read; nothing is posted that needs it: {0}")]
    Segment(String),
    /// There is no such book.
    #[error("there is no book '{0}'")]
    BookUnknown(String),
    /// The book's tables are older or newer than the program, or were left half made.
    #[error("the tables of book '{book}' are of version {actual}, this program's are of version {expected}: {}",
        if actual < expected { format!("run `dianfu book create {book}`, which brings them up to date") }
        else { "use the newer program".to_owned() })]
    BookVersion {
        /// The book.
        book: String,
        /// The program's last migration.
        expected: i64,
        /// The book's last migration.
        actual: i64,
    },
    /// An archive could not be read.
    #[error("the archive could not be read")]
    Archive(#[source] std::io::Error),
    /// The database holds what this program never wrote.
    #[error("the book holds what this program never wrote: {0}")]
    Corrupt(String),
    /// A request has more than one turn takes.
    #[error("a request has at most {max} {unit}; this has {actual}")]
    RequestTooLarge {
        /// What is counted: `entries` or `bytes`.
        unit: &'static str,
        /// How many it has.
        actual: usize,
        /// The most it may have.
        max: usize,
    },
}

impl Error {
    /// Whether the same request may succeed later: the database is gone, restarting, full, or out of connections.
    pub fn is_retryable(&self) -> bool {
        match self {
            Error::Database(error) => may_pass(error),
            Error::Pool(_) | Error::Unavailable | Error::Busy { .. } => true,
            Error::Open(error) => error.is_retryable(),
            Error::Migration(_)
            | Error::BookUnknown(_)
            | Error::BookVersion { .. }
            | Error::Corrupt(_)
            | Error::Archive(_)
            | Error::Posting(_)
            | Error::Segment(_)
            | Error::RequestTooLarge { .. } => false,
        }
    }

    /// Whether the file of a detached segment is missing, cut off, or not what was written.
    pub fn is_segment_unreadable(&self) -> bool {
        is_segment_unreadable(self)
    }

    /// The error and what it comes of, in one line.
    pub(crate) fn in_full(&self) -> String {
        in_full(self)
    }

    /// Whether a lock was not to be had in the time given.
    pub(crate) fn is_lock_timeout(&self) -> bool {
        matches!(self, Error::Database(error) if error.code() == Some(&SqlState::LOCK_NOT_AVAILABLE))
    }

    /// Whether the database refused a statement because of a named constraint of ours.
    pub fn violates(&self, constraint: &str) -> bool {
        match self {
            Error::Database(error) => error.as_db_error().and_then(|db| db.constraint()) == Some(constraint),
            _ => false,
        }
    }
}

/// An error and what it comes of, in one line: a log of JSON would show the first of them alone.
pub fn in_full(error: &dyn StdError) -> String {
    let causes = std::iter::successors(error.source(), |&cause| cause.source());
    causes.fold(error.to_string(), |said, cause| format!("{said}: {}", in_one_line(cause)))
}

/// An error without what it comes of, in one line. What the server hints at is for those who write statements.
pub fn in_one_line(error: &(dyn StdError + 'static)) -> String {
    let Some(told) = error.downcast_ref::<DbError>() else { return error.to_string() };
    let detail = told.detail().map(|detail| format!(" ({detail})")).unwrap_or_default();
    format!("{}: {}{detail}", told.severity(), told.message())
}

/// Whether an error comes of a file of a detached segment ([`crate::segment`]) that is missing, may not be read, is cut
/// off, or not what was written.
pub fn is_segment_unreadable(error: &(dyn StdError + 'static)) -> bool {
    let mut chain = std::iter::successors(Some(error), |&error| error.source());
    chain.any(|error| {
        let is_told = matches!(error.downcast_ref(), Some(Error::Segment(_)));
        is_told || error.downcast_ref().is_some_and(is_of_file)
    })
}

/// Nothing else of ours has the server open files, or read a binary COPY that this program did not make.
fn is_of_file(error: &tokio_postgres::Error) -> bool {
    let Some(error) = error.as_db_error() else { return false };
    let routine = error.routine().unwrap_or_default();
    match error.code() {
        code if OF_FILES.contains(code) => true,
        &SqlState::INSUFFICIENT_PRIVILEGE | &SqlState::WRONG_OBJECT_TYPE => OPENING_A_FILE.contains(&routine),
        // A field is shorter than its type. A pooler between us and the server says this of its own troubles.
        &SqlState::PROTOCOL_VIOLATION => routine.starts_with("pq_"),
        _ => false,
    }
}

/// What the server says of a file: it is not there; it is no binary COPY, or ends in the middle of a row; a field has
/// no value of its type, or no text.
const OF_FILES: [SqlState; 4] = [
    SqlState::UNDEFINED_FILE,
    SqlState::BAD_COPY_FILE_FORMAT,
    SqlState::INVALID_BINARY_REPRESENTATION,
    SqlState::CHARACTER_NOT_IN_REPERTOIRE,
];
/// Where the server opens a file for a foreign table, or asks how large one is. What it says of a file that may not be
/// read it says of tables, too, but elsewhere.
const OPENING_A_FILE: [&str; 2] = ["BeginCopyFrom", "pg_stat_file"];
/// Classes of SQLSTATE that speak of the server's state and not of the statement: connection exception, insufficient
/// resources, operator intervention, system error. PostgreSQL manual, appendix A.
const PASSING_CLASSES: [&str; 4] = ["08", "53", "57", "58"];
/// The same, one by one.
const PASSING: [SqlState; 4] = [
    SqlState::READ_ONLY_SQL_TRANSACTION,
    SqlState::LOCK_NOT_AVAILABLE,
    SqlState::T_R_SERIALIZATION_FAILURE,
    SqlState::T_R_DEADLOCK_DETECTED,
];

/// Whether what is wrong may be right later.
fn may_pass(error: &tokio_postgres::Error) -> bool {
    match error.code() {
        Some(_) if is_of_file(error) => false, // somebody must bring the file back
        Some(state) => PASSING.contains(state) || PASSING_CLASSES.iter().any(|class| state.code().starts_with(class)),
        None => error.is_closed() || error.source().is_some_and(<dyn std::error::Error>::is::<std::io::Error>),
    }
}
