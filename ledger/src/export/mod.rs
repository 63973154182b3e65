//! The books in formats that other programs read.

mod hledger;
pub mod sql;

pub use hledger::{hledger, hledger_account};

use std::io;

use jiff::Timestamp;

use crate::query::QueryError;

/// What an export has written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Exported {
    /// Entries.
    pub entries: u64,
    /// When what was written was known.
    pub known_at: Timestamp,
}

/// Why an export ends early.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The books could not be read.
    #[error(transparent)]
    Question(#[from] QueryError),
    /// The output could not be written.
    #[error("the export could not be written")]
    Write(#[from] io::Error),
}

impl From<tokio_postgres::Error> for ExportError {
    fn from(error: tokio_postgres::Error) -> ExportError {
        ExportError::Question(error.into())
    }
}
