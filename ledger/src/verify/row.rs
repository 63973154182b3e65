//! Rows as the check sees them.
//!
//! Days and times stay what the server sends, days and microseconds from 2000-01-01: comparing them costs nothing, and
//! only a finding shows them.

use uuid::Uuid;

use crate::journal::codec::{
    CommitHeader, POSTGRES_DAYS, chained, closes_year, from_postgres_days, from_postgres_micros,
};
use crate::journal::tuples::{Fields, Tuple, TupleError};

use super::sql::{self, Table};
use super::{Finding, Place, Rule};

/// The head.
pub struct Head {
    pub sequence: i64,
    pub commit_no: i64,
    pub hash: [u8; 32],
    pub booked_at: i64,
    pub account_no: i32,
    pub account_hash: [u8; 32],
    pub setting_no: i64,
    pub setting_hash: [u8; 32],
    pub register_no: i64,
    pub register_hash: [u8; 32],
    pub soft_closed_through: Option<i32>,
    pub hard_closed_through: Option<i32>,
    pub next_expiry: Option<i64>,
    pub segment_no: i32,
    pub segment_end: i64,
}

impl Head {
    pub fn read(row: Tuple<'_>) -> Result<Head, Finding> {
        read(row, &sql::HEAD, Place::Head, |fields| {
            Ok(Head {
                sequence: fields.get()?,
                commit_no: fields.get()?,
                hash: fields.get()?,
                booked_at: fields.get()?,
                account_no: fields.get()?,
                account_hash: fields.get()?,
                setting_no: fields.get()?,
                setting_hash: fields.get()?,
                register_no: fields.get()?,
                register_hash: fields.get()?,
                soft_closed_through: fields.get()?,
                hard_closed_through: fields.get()?,
                next_expiry: fields.get()?,
                segment_no: fields.get()?,
                segment_end: fields.get()?,
            })
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
    pub fn read(row: Tuple<'_>) -> Result<Commit, Finding> {
        let commit_no = number(row);
        read(row, &sql::COMMIT, Place::Commit { commit_no }, |fields| {
            let (commit_no, first_sequence, last_sequence) = (fields.get()?, fields.get()?, fields.get()?);
            let (booked_at, entries_root, previous_hash) = (fields.get()?, fields.get()?, fields.get()?);
            let header = CommitHeader { previous_hash, commit_no, first_sequence, last_sequence, booked_at };
            let hash = fields.get()?;
            fields.get::<&str>()?;
            Ok(Commit { header, entries_root, hash })
        })
    }
}

/// What later rows are compared with, of a row of table `entry`.
#[derive(Clone, Copy)]
pub struct Entry {
    pub sequence: i64,
    pub id: Uuid,
    pub kind: i16,
    pub effective_date: i32,
    pub booked_at: i64,
    pub relates_to: Option<Uuid>,
    pub hold_group: Option<Uuid>,
    pub expires_at: Option<i64>,
    pub at_most_minor: Option<i64>,
    pub adjusting: bool,
    pub template_no: Option<i32>,
    pub closes_year: bool,
}

impl Entry {
    pub fn read(row: Tuple<'_>) -> Result<Entry, Finding> {
        let place = Place::Entry { sequence: number(row) };
        read(row, &sql::ENTRY, place, |fields| {
            let (sequence, id, kind) = (fields.get()?, fields.get()?, fields.get()?);
            let effective_date = fields.get()?;
            if !POSTGRES_DAYS.contains(&effective_date) {
                return Err(TupleError::Value { field: 4 });
            }
            let booked_at = fields.get()?;
            fields.get::<Option<i32>>()?; // value_date
            let (relates_to, hold_group) = (fields.get()?, fields.get()?);
            let expires_at = fields.get::<Option<i64>>()?;
            if expires_at.is_some_and(|micros| from_postgres_micros(micros).is_none()) {
                return Err(TupleError::Value { field: 9 });
            }
            let (at_most_minor, adjusting) = (fields.get()?, fields.get()?);
            let template_no = fields.get()?;
            let closes_year = closes_year(adjusting, fields.get()?);
            fields.skip(3)?; // texts
            Ok(Entry {
                sequence,
                id,
                kind,
                effective_date,
                booked_at,
                relates_to,
                hold_group,
                expires_at,
                at_most_minor,
                adjusting,
                template_no,
                closes_year,
            })
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
    pub effective_date: i32,
    pub leg: i16,
    pub layer: i16,
    pub currency: &'r str,
    pub item: Option<&'r str>,
    pub due_date: Option<i32>,
}

impl<'r> Posting<'r> {
    pub fn read(row: Tuple<'r>) -> Result<Posting<'r>, Finding> {
        let place = Place::Posting { sequence: number(row), leg: -1 };
        read(row, &sql::POSTING, place, |fields| {
            Ok(Posting {
                sequence: fields.get()?,
                amount_minor: fields.get()?,
                debits_after: fields.get()?,
                credits_after: fields.get()?,
                account_no: fields.get()?,
                effective_date: fields.get()?,
                leg: fields.get()?,
                layer: fields.get()?,
                currency: fields.get()?,
                item: fields.get()?,
                due_date: fields.get()?,
            })
        })
    }

    pub fn place(&self) -> Place {
        Place::Posting { sequence: self.sequence, leg: self.leg }
    }
}

/// A row of table `account`, but for what is only hashed.
pub struct Account<'r> {
    pub code: &'r str,
    pub currency: &'r str,
    pub normal_side: &'r str,
    pub open_item: bool,
}

impl<'r> Account<'r> {
    pub fn read(row: Tuple<'r>, place: Place) -> Result<Account<'r>, Finding> {
        read(row, &sql::ACCOUNT, place, |fields| {
            fields.skip(1)?;
            let code = fields.get()?;
            fields.skip(2)?;
            let (currency, normal_side, open_item) = (fields.get()?, fields.get()?, fields.get()?);
            fields.skip(3)?;
            Ok(Account { code, currency, normal_side, open_item })
        })
    }
}

/// A row of table `account_setting`, but for what is only hashed.
pub struct Setting<'r> {
    pub account_no: i32,
    pub after_sequence: i64,
    pub min_minor: Option<i64>,
    pub max_minor: Option<i64>,
    pub closed: bool,
    pub frozen: &'r str,
}

impl<'r> Setting<'r> {
    pub fn read(row: Tuple<'r>, place: Place) -> Result<Setting<'r>, Finding> {
        read(row, &sql::SETTING, place, |fields| {
            fields.skip(1)?;
            let setting = Setting {
                account_no: fields.get()?,
                after_sequence: fields.get()?,
                min_minor: fields.get()?,
                max_minor: fields.get()?,
                closed: fields.get()?,
                frozen: fields.get()?,
            };
            fields.skip(6)?;
            Ok(setting)
        })
    }
}

/// A row of table `register`, but for what is only hashed.
pub struct Record<'r> {
    pub kind: &'r str,
    pub name: &'r str,
    pub content: &'r str,
    pub after_sequence: i64,
}

impl<'r> Record<'r> {
    pub fn read(row: Tuple<'r>, place: Place) -> Result<Record<'r>, Finding> {
        read(row, &sql::REGISTER, place, |fields| {
            fields.skip(1)?;
            let (kind, name, content, after_sequence) = (fields.get()?, fields.get()?, fields.get()?, fields.get()?);
            fields.skip(5)?;
            Ok(Record { kind, name, content, after_sequence })
        })
    }
}

/// A row of table `segment`.
pub struct Segment {
    pub number: i32,
    pub first_sequence: i64,
    pub last_sequence: i64,
    pub is_sealed: bool,
}

impl Segment {
    pub fn read(row: Tuple<'_>) -> Result<Segment, Finding> {
        let place = Place::Segment { segment_no: i32::try_from(number(row)).unwrap_or(0) };
        read(row, &sql::SEGMENT, place, |fields| {
            let (number, first_sequence, last_sequence) = (fields.get()?, fields.get()?, fields.get()?);
            let is_sealed = fields.get::<Option<i64>>()?.is_some();
            Ok(Segment { number, first_sequence, last_sequence, is_sealed })
        })
    }
}

/// The first field as a number, to say where something is.
pub fn number(row: Tuple<'_>) -> i64 {
    let narrow = |_| row.fields().get::<i32>().map(i64::from);
    row.fields().get::<i64>().or_else(narrow).unwrap_or(0)
}

/// Reads a row's fields; what the program can never have written, such as an infinite date, is a finding.
pub fn read<'r, T>(
    row: Tuple<'r>,
    table: &Table,
    place: Place,
    fields: impl FnOnce(&mut Fields<'r>) -> Result<T, TupleError>,
) -> Result<T, Finding> {
    let mut left = row.fields();
    fields(&mut left).and_then(|value| left.end().map(|()| value)).map_err(|fault| unreadable(place, table, fault))
}

fn unreadable(place: Place, table: &Table, fault: TupleError) -> Finding {
    let actual = match fault {
        TupleError::Length { field, .. } | TupleError::Value { field } => {
            let column = table.columns.get(usize::from(field) - 1);
            column.map_or_else(|| fault.to_string(), |column| format!("another in {column}"))
        }
        TupleError::Header | TupleError::CutOff | TupleError::Surplus => fault.to_string(),
    };
    Finding { place, rule: Rule::Readable, expected: "a value that this program can write".to_owned(), actual }
}

/// Checks a row whose last column chains it to the row before; answers its hash.
pub fn check_chained(row: Tuple<'_>, table: &Table, place: Place, previous: &[u8; 32]) -> Result<[u8; 32], Finding> {
    let covered = table.columns.len() - 1;
    let (rest, actual) = read(row, table, place, |fields| {
        fields.skip(covered)?;
        Ok((fields.rest().len(), fields.get::<[u8; 32]>()?))
    })?;
    let columns = &row.bytes()[2..row.bytes().len() - rest];
    let count = u16::try_from(covered).expect("a table has at most 1,600 columns").to_be_bytes();
    let expected = chained(previous, &[count.as_slice(), columns].concat());
    Finding::unless_equal(place, Rule::Hash, &hex(&expected), &hex(&actual))?;
    Ok(actual)
}

/// A day as people read it.
pub fn day(days: i32) -> String {
    from_postgres_days(days).map_or_else(|| format!("day {days}"), |date| date.to_string())
}

/// A time as people read it.
pub fn time(micros: i64) -> String {
    from_postgres_micros(micros).map_or_else(|| format!("microsecond {micros}"), |time| time.to_string())
}

/// A hash as hexadecimal digits.
pub fn hex(hash: &[u8; 32]) -> String {
    hash.iter().flat_map(|byte| [byte >> 4, byte & 15]).filter_map(|digit| char::from_digit(digit.into(), 16)).collect()
}
