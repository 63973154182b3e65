//! The books in formats that other programs read.

mod beancount;
mod csv;
mod hledger;
pub mod journal;
pub mod lake;
mod ndjson;
pub mod sql;
pub mod text;

pub use beancount::{beancount, beancount_account};
pub use csv::{Unsaid, accounts_csv, csv};
pub use hledger::{hledger, hledger_account};
pub use journal::{Extent, Progress, Span};
pub use ndjson::ndjson;

use std::io;

use jiff::Timestamp;

use crate::account::NormalSide;
use crate::error::Error;
use crate::query::QueryError;

/// Whether a character is no letter and changes the direction in which those around it are shown (Unicode's
/// `Bidi_Control`): with it, one text can be made to look like another.
pub fn is_bidi_control(character: char) -> bool {
    matches!(character, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// What an export has written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Exported {
    /// Entries.
    pub entries: u64,
    /// When what was written was known.
    pub known_at: Timestamp,
    /// The last sequence that was looked at: a later export goes on after it.
    pub last_sequence: i64,
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

impl From<Error> for ExportError {
    fn from(error: Error) -> ExportError {
        ExportError::Question(QueryError::World(error))
    }
}

fn word(side: NormalSide) -> &'static str {
    match side {
        NormalSide::Debit => "debit",
        NormalSide::Credit => "credit",
    }
}
