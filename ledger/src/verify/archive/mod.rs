//! The journal in one file, to be checked without a database.
//!
//! # Format
//! Sixteen bytes of [`MAGIC`], which end in the version, then blocks: one byte of kind, the length of what follows
//! (u32, big-endian), and that.
//!
//! | kind | holds |
//! |---|---|
//! | 1 | the header: JSON of [`Header`] |
//! | 2 | a table begins: its name, a blank, and its columns with commas between them |
//! | 3 | rows of that table in order of its key, each as a binary COPY has it ([`crate::journal::tuples`]) |
//! | 4 | the end: the SHA-256 of all bytes before this block |
//!
//! The tables are those of [`super::sql::TABLES`], in that order, and then the ids of the entries that reversals name.
//! What the server sends is what is written: the bytes are those that the hashes of the journal cover.
//!
//! # What a check of it shows
//! The same as that of the book ([`super::verify`]), by the same code; and that the file is whole, in order, and what
//! was written. Whoever alters the file can make up a digest that fits: keep a tip elsewhere
//! ([`super::Asked`]); the receipt of an entry has one, too.

mod read;
mod write;

pub use read::verify_archive;
pub use write::write;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::sql::{REVERSED, TABLES, Table};

/// What an archive begins with: fifteen bytes that no text has, and the version of the format.
pub const MAGIC: [u8; 16] = *b"\x89dianfu journal\x01";

const HEADER: u8 = 1;
const TABLE: u8 = 2;
const ROWS: u8 = 3;
const END: u8 = 4;
/// Kind and length of a block.
const BLOCK_BYTES: u64 = 5;
/// The longest block that is read: a batch and the longest row that the rules of content let through.
const BLOCK_BYTES_MAX: u32 = 1 << 24;

/// What an archive says of itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Header {
    /// The book.
    pub book: String,
    /// When its last entry was booked.
    pub known_at: Timestamp,
    /// Its last entry.
    pub last_sequence: i64,
}

/// The tables of an archive, in order.
fn tables() -> impl Iterator<Item = &'static Table> {
    const LAST: &Table = &REVERSED;
    TABLES.into_iter().chain([LAST])
}

/// How an archive names a table; one that is a question by the name that the question has.
fn title(table: &Table) -> String {
    let name = table.name.rsplit(' ').next().unwrap_or(table.name);
    format!("{name} {}", table.columns.join(","))
}
