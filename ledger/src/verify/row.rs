//! Rows as the check sees them, and their bytes as the hash covers them.

use std::error::Error as StdError;

use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::Row;
use tokio_postgres::types::{FromSql, FromSqlOwned, Type};
use uuid::Uuid;

use crate::journal::codec::{CommitHeader, chained};
use crate::journal::state::Closed;

use super::{Finding, Place, Rule};

/// The head.
pub struct Head {
    pub sequence: i64,
    pub commit_no: i64,
    pub hash: [u8; 32],
    pub booked_at: Timestamp,
    pub account_no: i32,
    pub account_hash: [u8; 32],
    pub setting_no: i64,
    pub setting_hash: [u8; 32],
    pub register_no: i64,
    pub register_hash: [u8; 32],
    pub next_expiry: Option<Timestamp>,
    pub segment_no: i32,
    pub segment_end: i64,
    /// The last segment: not of the head, but what it must say.
    pub segments: i32,
    /// Where the last segment ends: not of the head, but what it must say.
    pub segments_end: i64,
    pub closed: Closed,
}

impl Head {
    pub fn read(row: Option<&Row>) -> Result<Head, Finding> {
        let place = Place::Head;
        let missing = || Finding { place, rule: Rule::Readable, expected: "one row".into(), actual: "none".into() };
        let row = row.ok_or_else(missing)?;
        Ok(Head {
            sequence: value(row, place, "sequence")?,
            commit_no: value(row, place, "commit_no")?,
            hash: hash(row, place, "hash")?,
            booked_at: value(row, place, "booked_at")?,
            account_no: value(row, place, "account_no")?,
            account_hash: hash(row, place, "account_hash")?,
            setting_no: value(row, place, "setting_no")?,
            setting_hash: hash(row, place, "setting_hash")?,
            register_no: value(row, place, "register_no")?,
            register_hash: hash(row, place, "register_hash")?,
            next_expiry: value(row, place, "next_expiry")?,
            segment_no: value(row, place, "segment_no")?,
            segment_end: value(row, place, "segment_end")?,
            segments: value(row, place, "segments")?,
            segments_end: value(row, place, "segments_end")?,
            closed: Closed {
                soft_through: value(row, place, "soft_closed_through")?,
                hard_through: value(row, place, "hard_closed_through")?,
            },
        })
    }
}

/// A row of table `commit`.
pub struct Commit {
    pub header: CommitHeader,
    pub entries_root: [u8; 32],
    pub hash: [u8; 32],
}

impl Commit {
    pub fn read(row: &Row) -> Result<Commit, Finding> {
        let commit_no = row.get("commit_no");
        let place = Place::Commit { commit_no };
        Ok(Commit {
            header: CommitHeader {
                previous_hash: hash(row, place, "previous_hash")?,
                commit_no,
                first_sequence: value(row, place, "first_sequence")?,
                last_sequence: value(row, place, "last_sequence")?,
                booked_at: value(row, place, "booked_at")?,
            },
            entries_root: hash(row, place, "entries_root")?,
            hash: hash(row, place, "hash")?,
        })
    }
}

/// What later rows are compared with, of a row of table `entry`.
pub struct Entry {
    pub sequence: i64,
    pub id: Uuid,
    pub kind: i16,
    pub effective_date: Date,
    pub booked_at: Timestamp,
    pub relates_to: Option<Uuid>,
    pub hold_group: Option<Uuid>,
    pub expires_at: Option<Timestamp>,
    pub at_most_minor: Option<i64>,
    pub adjusting: bool,
    pub template_no: Option<i32>,
}

impl Entry {
    pub fn read(row: &Row) -> Result<Entry, Finding> {
        let sequence = row.get("sequence");
        let place = Place::Entry { sequence };
        Ok(Entry {
            sequence,
            id: value(row, place, "entry_id")?,
            kind: value(row, place, "kind")?,
            effective_date: value(row, place, "effective_date")?,
            booked_at: value(row, place, "booked_at")?,
            relates_to: value(row, place, "relates_to")?,
            hold_group: value(row, place, "hold_group")?,
            expires_at: value(row, place, "expires_at")?,
            at_most_minor: value(row, place, "at_most_minor")?,
            adjusting: value(row, place, "adjusting")?,
            template_no: value(row, place, "template_no")?,
        })
    }

    pub fn place(&self) -> Place {
        Place::Entry { sequence: self.sequence }
    }
}

/// A row of table `posting`.
pub struct Posting<'r> {
    pub sequence: i64,
    pub amount_minor: i64,
    pub debits_after: i64,
    pub credits_after: i64,
    pub account_no: i32,
    pub effective_date: Date,
    pub leg: i16,
    pub layer: i16,
    pub currency: &'r str,
    pub item: Option<&'r str>,
}

impl<'r> Posting<'r> {
    pub fn read(row: &'r Row) -> Result<Posting<'r>, Finding> {
        let (sequence, leg) = (row.get("sequence"), row.get("leg"));
        let place = Place::Posting { sequence, leg };
        Ok(Posting {
            sequence,
            amount_minor: value(row, place, "amount_minor")?,
            debits_after: value(row, place, "debits_after")?,
            credits_after: value(row, place, "credits_after")?,
            account_no: value(row, place, "account_no")?,
            effective_date: value(row, place, "effective_date")?,
            leg,
            layer: value(row, place, "layer")?,
            currency: row.get("currency"),
            item: row.get("item"),
        })
    }

    pub fn place(&self) -> Place {
        Place::Posting { sequence: self.sequence, leg: self.leg }
    }
}

/// Checks a row whose last column chains it to the row before; answers its hash.
pub fn check_chained(row: &Row, place: Place, previous: &[u8; 32]) -> Result<[u8; 32], Finding> {
    let mut tuple = Vec::new();
    append_columns(row, row.len() - 1, &mut tuple);
    let actual = hash(row, place, "hash")?;
    Finding::unless_equal(place, Rule::Hash, &hex(&chained(previous, &tuple)), &hex(&actual))?;
    Ok(actual)
}

/// Appends a row as a binary COPY has it: the number of fields, then each as its length and its bytes.
pub fn append_tuple(row: &Row, out: &mut Vec<u8>) {
    append_columns(row, row.len(), out);
}

fn append_columns(row: &Row, count: usize, out: &mut Vec<u8>) {
    let fields = i16::try_from(count).expect("a table has at most 1,600 columns");
    out.extend(fields.to_be_bytes());
    for column in 0..count {
        match row.get::<_, Option<Field<'_>>>(column) {
            Some(Field(bytes)) => {
                let length = i32::try_from(bytes.len()).expect("a field has less than 2 GB");
                out.extend(length.to_be_bytes());
                out.extend(bytes);
            }
            None => out.extend((-1_i32).to_be_bytes()),
        }
    }
}

/// A column's bytes as they came, whatever its type.
struct Field<'r>(&'r [u8]);

impl<'r> FromSql<'r> for Field<'r> {
    fn from_sql(_: &Type, bytes: &'r [u8]) -> Result<Field<'r>, Box<dyn StdError + Sync + Send>> {
        Ok(Field(bytes))
    }

    fn accepts(_: &Type) -> bool {
        true
    }
}

/// A value, or a finding if the column holds one that the program can never have written, such as an infinite date.
pub fn value<T: FromSqlOwned>(row: &Row, place: Place, column: &str) -> Result<T, Finding> {
    row.try_get(column).map_err(|_| unreadable(place, column))
}

fn hash(row: &Row, place: Place, column: &str) -> Result<[u8; 32], Finding> {
    let bytes: &[u8] = row.get(column);
    bytes.try_into().map_err(|_| unreadable(place, column))
}

fn unreadable(place: Place, column: &str) -> Finding {
    let actual = format!("another in {column}");
    Finding { place, rule: Rule::Readable, expected: "a value that this program can write".to_owned(), actual }
}

/// A hash as hexadecimal digits.
pub fn hex(hash: &[u8; 32]) -> String {
    hash.iter().flat_map(|byte| [byte >> 4, byte & 15]).filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}
