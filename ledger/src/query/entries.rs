//! Entries as they stand in the journal.

use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::{GenericClient, Row};
use uuid::Uuid;

use crate::account::AccountCode;
use crate::balance::Totals;
use crate::entry::{EntryKind, Layer};
use crate::error::Error;
use crate::money::Money;
use crate::template_register::TemplateNo;

use super::{Moment, QueryError, horizon, page_rows, row, sql};

/// One leg in the journal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PostingView {
    /// Position in the entry, from 0.
    pub leg: i16,
    /// The account it moves.
    pub account: AccountCode,
    /// The layer it counts in.
    pub layer: Layer,
    /// Debit positive.
    pub amount: Money,
    /// The open item.
    pub item: Option<String>,
    /// When the item is due.
    pub due_date: Option<Date>,
    /// The account's totals in this layer after this leg; in the pending layer what is outstanding on each side.
    pub after: Totals,
}

/// An entry that takes from another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Related {
    /// Its id.
    pub id: Uuid,
    /// What it does.
    pub kind: EntryKind,
}

/// The version of a template that made an entry's postings.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MadeBy {
    /// The template's name.
    pub name: String,
    /// The version's number.
    pub template_no: TemplateNo,
}

/// One entry in the journal, with its legs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EntryView {
    /// Its number.
    pub sequence: i64,
    /// The caller's id.
    pub id: Uuid,
    /// What it does.
    pub kind: EntryKind,
    /// When it counts.
    pub effective_date: Date,
    /// When the ledger knew it.
    pub booked_at: Timestamp,
    /// The day asked for, if that was closed.
    pub value_date: Option<Date>,
    /// The entry from which it takes.
    pub relates_to: Option<Uuid>,
    /// The entries that take from it, oldest first; the first thousand.
    pub related: Vec<Related>,
    /// The group of holds that it joins or ends.
    pub hold_group: Option<Uuid>,
    /// When the hold ends by itself.
    pub expires_at: Option<Timestamp>,
    /// How much was asked for, if as much as possible was to be moved.
    pub at_most: Option<Money>,
    /// Whether it adjusts a period that is closed to others.
    pub adjusting: bool,
    /// The template that made its postings.
    pub template: Option<MadeBy>,
    /// The business document.
    pub reference: String,
    /// A sentence.
    pub description: String,
    /// JSON text, as the caller sent it.
    pub metadata: Option<String>,
    /// Who asked for it.
    pub actor: String,
    /// Its legs, in order.
    pub postings: Vec<PostingView>,
}

/// The entry with this id, if it is in the books.
pub async fn entry(client: &impl GenericClient, id: Uuid) -> Result<Option<EntryView>, QueryError> {
    let found = client.query_opt(sql::ENTRY, &[&id]).await?;
    Ok(with_postings(client, found.as_slice()).await?.pop())
}

/// A page of entries in order of posting.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct EntryPage {
    /// The entries.
    pub entries: Vec<EntryView>,
    /// The sequence after which the next page starts; `None` if nothing follows yet.
    pub next: Option<i64>,
    /// When this was known. Pages asked for with it are one answer, in which nothing takes from an entry later.
    pub known_at: Timestamp,
}

/// The entries after a sequence that were known at a time, at most `limit` (and never more than
/// [`super::LIST_ROWS_MAX`]); 0 starts at the beginning. Without a time, all there are.
pub async fn entry_page(
    client: &impl GenericClient,
    after_sequence: i64,
    known_at: Option<Timestamp>,
    limit: u16,
) -> Result<EntryPage, QueryError> {
    let horizon = horizon(client, Moment { as_of: None, known_at }).await?;
    let rows_max = page_rows(limit);
    let mut entries = read(client, after_sequence, horizon.sequence, rows_max + 1).await?;
    let is_last = entries.len() <= rows_max;
    entries.truncate(rows_max);
    let next = entries.last().filter(|_| !is_last).map(|last| last.sequence);
    Ok(EntryPage { entries, next, known_at: horizon.known_at })
}

/// At most `limit` entries after a sequence, for who goes on after the last of them whether more is there or not.
pub async fn entries(
    client: &impl GenericClient,
    after_sequence: i64,
    limit: u16,
) -> Result<Vec<EntryView>, QueryError> {
    read(client, after_sequence, i64::MAX, page_rows(limit)).await
}

async fn read(
    client: &impl GenericClient,
    after_sequence: i64,
    until_sequence: i64,
    rows_max: usize,
) -> Result<Vec<EntryView>, QueryError> {
    let rows_max = i64::try_from(rows_max).unwrap_or(i64::MAX);
    let found = client.query(sql::ENTRIES, &[&after_sequence, &rows_max, &until_sequence]).await?;
    with_postings(client, &found).await
}

/// Reads the legs of entries that are in order of sequence, in one run of the index between both ends.
pub(crate) async fn with_postings(client: &impl GenericClient, entries: &[Row]) -> Result<Vec<EntryView>, QueryError> {
    let (Some(first), Some(last)) = (entries.first(), entries.last()) else { return Ok(Vec::new()) };
    let (first, last): (i64, i64) = (first.try_get("sequence")?, last.try_get("sequence")?);
    let postings = client.query(sql::POSTINGS_OF_ENTRIES, &[&first, &last]).await?;
    let mut postings = postings.iter().peekable();
    let mut views = Vec::with_capacity(entries.len());
    for entry in entries {
        let mut view = entry_view(entry)?;
        while let Some(posting) = postings.next_if(|posting| posting.get::<_, i64>("sequence") == view.sequence) {
            view.postings.push(posting_view(posting)?);
        }
        view.at_most = at_most(entry, &view)?;
        views.push(view);
    }
    Ok(views)
}

/// An amount that was asked for is in the currency of the legs.
fn at_most(row: &Row, view: &EntryView) -> Result<Option<Money>, QueryError> {
    let asked: Option<i64> = row.try_get("at_most_minor")?;
    let currency = view.postings.first().map(|posting| posting.amount.currency);
    Ok(asked.filter(|_| !view.kind.relates()).zip(currency).map(|(minor, currency)| Money::new(minor, currency)))
}

fn related(row: &Row) -> Result<Vec<Related>, QueryError> {
    let (ids, kinds): (Vec<Uuid>, Vec<i16>) = (row.try_get("related_ids")?, row.try_get("related_kinds")?);
    let pairs = ids.into_iter().zip(kinds);
    Ok(pairs.map(|(id, number)| Ok(Related { id, kind: row::known_kind(number)? })).collect::<Result<_, Error>>()?)
}

fn made_by(row: &Row) -> Result<Option<MadeBy>, QueryError> {
    let Some(template_no) = row.try_get("template_no")? else { return Ok(None) };
    let name: Option<String> = row.try_get("template_name")?;
    let unknown = || Error::Corrupt(format!("entry.template_no is {template_no}, which is not on record"));
    Ok(Some(MadeBy { name: name.ok_or_else(unknown)?, template_no }))
}

fn entry_view(row: &Row) -> Result<EntryView, QueryError> {
    Ok(EntryView {
        sequence: row.try_get("sequence")?,
        id: row.try_get("entry_id")?,
        kind: row::kind(row)?,
        effective_date: row.try_get("effective_date")?,
        booked_at: row.try_get("booked_at")?,
        value_date: row.try_get("value_date")?,
        relates_to: row.try_get("relates_to")?,
        related: related(row)?,
        hold_group: row.try_get("hold_group")?,
        expires_at: row.try_get("expires_at")?,
        at_most: None,
        adjusting: row.try_get("adjusting")?,
        template: made_by(row)?,
        reference: row.try_get("reference")?,
        description: row.try_get("description")?,
        metadata: row.try_get("metadata")?,
        actor: row.try_get("actor")?,
        postings: Vec::new(),
    })
}

fn posting_view(row: &Row) -> Result<PostingView, QueryError> {
    Ok(PostingView {
        leg: row.try_get("leg")?,
        account: row::account_code(row, "code")?,
        layer: row::layer(row)?,
        amount: Money::new(row.try_get("amount_minor")?, row::currency(row)?),
        item: row.try_get("item")?,
        due_date: row.try_get("due_date")?,
        after: Totals { debits: row.try_get("debits_after")?, credits: row.try_get("credits_after")? },
    })
}
