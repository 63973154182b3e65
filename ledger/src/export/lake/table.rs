//! The three tables: their columns, where they come from, and how a row becomes cells.

use std::collections::HashMap;

use super::column::{Cell, Field, Kind, Rows};
use super::{decimals, sql};
use crate::entry::{EntryKind, Layer};
use crate::error::Error;
use crate::journal::tuples::Fields;

/// Days from 1970-01-01 to 2000-01-01, from which the server counts.
pub(super) const SERVER_EPOCH_DAYS: i32 = 10_957;
/// The same in microseconds.
const SERVER_EPOCH_MICROS: i64 = 946_684_800_000_000;

/// A table of the folder.
pub(super) struct Table {
    pub(super) name: &'static str,
    pub(super) fields: &'static [Field],
    pub(super) select: &'static str,
    /// Whether it shows the commits of its rows.
    pub(super) has_commits: bool,
    /// Makes a row's cells of what the server sends.
    pub(super) take: fn(Fields<'_>, &mut Rows, &mut Context<'_>) -> Result<(), Error>,
}

/// What a row needs besides itself.
pub(super) struct Context<'a> {
    /// Codes and decimals by number.
    pub(super) accounts: &'a HashMap<i32, (String, i32)>,
    /// What is left of the commits of the piece: last sequence and number, in order.
    pub(super) commits: &'a [(i64, i64)],
}

const fn always(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, nullable: false }
}

const fn maybe(name: &'static str, kind: Kind) -> Field {
    Field { name, kind, nullable: true }
}

pub(super) static ENTRIES: Table = Table {
    name: "entries",
    fields: &[
        always("sequence", Kind::Int64),
        always("commit_no", Kind::Int64),
        always("entry_id", Kind::Uuid),
        always("kind", Kind::Text),
        always("effective_date", Kind::Date),
        always("booked_at", Kind::Instant),
        maybe("value_date", Kind::Date),
        maybe("relates_to", Kind::Uuid),
        maybe("hold_group", Kind::Uuid),
        maybe("expires_at", Kind::Instant),
        maybe("at_most_minor", Kind::Int64),
        always("adjusting", Kind::Bool),
        maybe("template_no", Kind::Int32),
        always("reference", Kind::Text),
        always("description", Kind::Text),
        maybe("metadata", Kind::Json),
        always("actor", Kind::Text),
    ],
    select: sql::ENTRIES,
    has_commits: true,
    take: entry,
};

pub(super) static POSTINGS: Table = Table {
    name: "postings",
    fields: &[
        always("sequence", Kind::Int64),
        always("leg", Kind::Int32),
        always("account_no", Kind::Int32),
        always("account", Kind::Text),
        always("layer", Kind::Text),
        always("amount_minor", Kind::Int64),
        always("currency", Kind::Text),
        always("decimals", Kind::Int32),
        always("effective_date", Kind::Date),
        maybe("item", Kind::Text),
        maybe("due_date", Kind::Date),
        always("debits_after_minor", Kind::Int64),
        always("credits_after_minor", Kind::Int64),
    ],
    select: sql::POSTINGS,
    has_commits: false,
    take: posting,
};

pub(super) static ACCOUNTS: Table = Table {
    name: "accounts",
    fields: &[
        always("account_no", Kind::Int32),
        always("account", Kind::Text),
        always("name", Kind::Text),
        always("type", Kind::Text),
        always("currency", Kind::Text),
        always("decimals", Kind::Int32),
        always("normal_side", Kind::Text),
        always("open_item", Kind::Bool),
        always("opened_at", Kind::Instant),
        always("opened_by", Kind::Text),
    ],
    select: sql::ACCOUNTS,
    has_commits: false,
    take: account,
};

fn entry(mut fields: Fields<'_>, rows: &mut Rows, context: &mut Context<'_>) -> Result<(), Error> {
    let sequence: i64 = fields.get()?;
    while let [(last, _), rest @ ..] = context.commits
        && *last < sequence
    {
        context.commits = rest;
    }
    let [(_, commit_no), ..] = context.commits else {
        return Err(Error::Corrupt(format!("no commit brought entry {sequence}")));
    };
    rows.put(Cell::Int64(sequence));
    rows.put(Cell::Int64(*commit_no));
    rows.put(Cell::Bytes(fields.get()?));
    let number: i16 = fields.get()?;
    let kind = EntryKind::from_number(number).ok_or_else(|| Error::Corrupt(format!("kind is '{number}'")))?;
    rows.put(Cell::Bytes(kind.word().as_bytes()));
    rows.put(day(Some(fields.get()?)));
    rows.put(instant(Some(fields.get()?)));
    rows.put(day(fields.get()?));
    rows.put(bytes(fields.get()?));
    rows.put(bytes(fields.get()?));
    rows.put(instant(fields.get()?));
    rows.put(fields.get::<Option<i64>>()?.map_or(Cell::Null, Cell::Int64));
    rows.put(Cell::Bool(fields.get()?));
    rows.put(fields.get::<Option<i32>>()?.map_or(Cell::Null, Cell::Int32));
    for _reference_description in 0..2 {
        rows.put(Cell::Bytes(fields.get()?));
    }
    rows.put(bytes(fields.get()?));
    rows.put(Cell::Bytes(fields.get()?));
    Ok(fields.end()?)
}

fn posting(mut fields: Fields<'_>, rows: &mut Rows, context: &mut Context<'_>) -> Result<(), Error> {
    rows.put(Cell::Int64(fields.get()?));
    rows.put(Cell::Int32(fields.get::<i16>()?.into()));
    let account_no: i32 = fields.get()?;
    let known = context.accounts.get(&account_no);
    let (code, decimals) = known.ok_or_else(|| Error::Corrupt(format!("there is no account number {account_no}")))?;
    rows.put(Cell::Int32(account_no));
    rows.put(Cell::Bytes(code.as_bytes()));
    let number: i16 = fields.get()?;
    let layer = Layer::from_number(number).ok_or_else(|| Error::Corrupt(format!("layer is '{number}'")))?;
    rows.put(Cell::Bytes(layer.word().as_bytes()));
    rows.put(Cell::Int64(fields.get()?));
    rows.put(Cell::Bytes(fields.get()?));
    rows.put(Cell::Int32(*decimals));
    rows.put(day(Some(fields.get()?)));
    rows.put(bytes(fields.get()?));
    rows.put(day(fields.get()?));
    rows.put(Cell::Int64(fields.get()?));
    rows.put(Cell::Int64(fields.get()?));
    Ok(fields.end()?)
}

fn account(mut fields: Fields<'_>, rows: &mut Rows, _: &mut Context<'_>) -> Result<(), Error> {
    rows.put(Cell::Int32(fields.get()?));
    for _code_name_type in 0..3 {
        rows.put(Cell::Bytes(fields.get()?));
    }
    let currency: &str = fields.get()?;
    rows.put(Cell::Bytes(currency.as_bytes()));
    rows.put(Cell::Int32(decimals(currency)?));
    rows.put(Cell::Bytes(if fields.get::<&str>()? == "D" { b"debit" } else { b"credit" }));
    rows.put(Cell::Bool(fields.get()?));
    rows.put(instant(Some(fields.get()?)));
    rows.put(Cell::Bytes(fields.get()?));
    Ok(fields.end()?)
}

fn bytes(value: Option<&[u8]>) -> Cell<'_> {
    value.map_or(Cell::Null, Cell::Bytes)
}

fn day(days: Option<i32>) -> Cell<'static> {
    days.map_or(Cell::Null, |days| Cell::Int32(days + SERVER_EPOCH_DAYS))
}

fn instant(micros: Option<i64>) -> Cell<'static> {
    micros.map_or(Cell::Null, |micros| Cell::Int64(micros + SERVER_EPOCH_MICROS))
}
