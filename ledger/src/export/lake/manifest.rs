//! What a folder holds, as its file `manifest.json` says.

use serde::{Deserialize, Serialize};

use super::column::{Field, Kind};
use super::table::{ACCOUNTS, ENTRIES, POSTINGS, Table};

/// Raised when a column changes its meaning, or goes.
pub(super) const SCHEMA_VERSION: u32 = 1;

/// What a folder holds.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// The version of the columns.
    pub schema_version: u32,
    /// The book's name.
    pub book: String,
    /// `parquet` or `csv`.
    pub format: String,
    /// Entries a part has, but for those at the end of the book as it was.
    pub part_entries: i64,
    /// The last sequence in the folder.
    pub last_sequence: i64,
    /// The number of the last account in the folder.
    pub last_account: i64,
    /// The hash of the book's first commit, in hexadecimal; empty while there is none.
    pub first_commit_hash: String,
    /// The commit that brought the last sequence.
    pub commit_no: i64,
    /// Its hash.
    pub commit_hash: String,
    /// The tables and their columns.
    pub tables: Vec<TableColumns>,
    /// The parts, whole, in the order in which they were written.
    pub parts: Vec<Part>,
}

/// One file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// `entries`, `postings` or `accounts`.
    pub table: String,
    /// Its name.
    pub file: String,
    /// The first sequence, or number of an account.
    pub first: i64,
    /// The last.
    pub last: i64,
    /// Rows.
    pub rows: u64,
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256, in hexadecimal.
    pub sha256: String,
}

/// A table.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableColumns {
    /// Its name.
    pub name: String,
    /// Its columns, in order.
    pub columns: Vec<TableColumn>,
}

/// A column.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TableColumn {
    /// Its name.
    pub name: String,
    /// `int32`, `int64`, `bool`, `text`, `json`, `uuid`, `date` or `timestamp_us_utc`.
    pub r#type: String,
    /// Whether there may be no value.
    pub nullable: bool,
}

impl Manifest {
    /// That of an empty folder.
    pub(super) fn new(book: &str, format: &str, part_entries: i64) -> Manifest {
        Manifest {
            schema_version: SCHEMA_VERSION,
            book: book.to_owned(),
            format: format.to_owned(),
            part_entries,
            last_sequence: 0,
            last_account: 0,
            first_commit_hash: String::new(),
            commit_no: 0,
            commit_hash: String::new(),
            tables: [&ENTRIES, &POSTINGS, &ACCOUNTS].map(columns).to_vec(),
            parts: Vec::new(),
        }
    }
}

fn columns(table: &Table) -> TableColumns {
    let column = |field: &Field| TableColumn {
        name: field.name.to_owned(),
        r#type: word(field.kind).to_owned(),
        nullable: field.nullable,
    };
    TableColumns { name: table.name.to_owned(), columns: table.fields.iter().map(column).collect() }
}

fn word(kind: Kind) -> &'static str {
    match kind {
        Kind::Int32 => "int32",
        Kind::Int64 => "int64",
        Kind::Bool => "bool",
        Kind::Text => "text",
        Kind::Json => "json",
        Kind::Uuid => "uuid",
        Kind::Date => "date",
        Kind::Instant => "timestamp_us_utc",
    }
}
