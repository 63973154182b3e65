//! The history of one open item: every posting that named it, and what was outstanding after each.

use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::{GenericClient, Row};
use uuid::Uuid;

use crate::account::AccountCode;
use crate::entry::{EntryKind, Layer};
use crate::money::{Currency, Money};

use super::{Moment, QueryError, horizon, page_rows, row, sql};

/// One posting on an item.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ItemRow {
    /// The entry's number.
    pub sequence: i64,
    /// The leg in the entry.
    pub leg: i16,
    /// The entry's id.
    pub entry_id: Uuid,
    /// What the entry does.
    pub kind: EntryKind,
    /// The entry from which it takes.
    pub relates_to: Option<Uuid>,
    /// When it counts.
    pub effective_date: Date,
    /// When the ledger knew it.
    pub booked_at: Timestamp,
    /// The business document.
    pub reference: String,
    /// A sentence.
    pub description: String,
    /// Whether it has moved money or holds it.
    pub layer: Layer,
    /// Debit positive.
    pub amount: Money,
    /// When the item is due from here on.
    pub due_date: Option<Date>,
    /// What is outstanding after it, debit positive, in minor units.
    pub outstanding_minor: i128,
}

/// A page of an item's history, in order of booking.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ItemHistory {
    /// The account.
    pub account: AccountCode,
    /// The item.
    pub item: String,
    /// The account's currency.
    pub currency: Currency,
    /// What is outstanding after the last of all rows, debit positive, in minor units.
    pub outstanding_minor: i128,
    /// When it is due: the latest date that a posting gave.
    pub due_date: Option<Date>,
    /// The postings of this page.
    pub rows: Vec<ItemRow>,
    /// Behind which the next page begins; `None` at the end.
    pub next: Option<ItemPlace>,
    /// The effective date up to which postings count.
    pub as_of: Option<Date>,
    /// When this was known.
    pub known_at: Timestamp,
}

/// A posting's place in the journal.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct ItemPlace {
    /// The entry's number.
    pub sequence: i64,
    /// The leg in the entry.
    pub leg: i16,
}

/// The postings on an item behind a place, at most `limit`; `None` if there is no such account. An item that nobody has
/// named has no postings.
///
/// Costs the postings of the item, by its index behind the last sealed segment.
pub async fn item_history(
    client: &impl GenericClient,
    account: &AccountCode,
    item: &str,
    moment: Moment,
    after: ItemPlace,
    limit: u16,
) -> Result<Option<ItemHistory>, QueryError> {
    let horizon = horizon(client, moment).await?;
    let Some(known) = client.query_opt(sql::ACCOUNT, &[&account.as_str()]).await? else { return Ok(None) };
    let (account_no, currency): (i32, _) = (known.try_get("account_no")?, row::currency(&known)?);
    let rows = client.query(sql::ITEM, &[&account_no, &item, &horizon.sequence, &horizon.as_of]).await?;
    let rows = rows.iter().map(|row| view(row, currency)).collect::<Result<Vec<_>, _>>()?;
    let rows_max = page_rows(limit);
    let behind = |row: &&ItemRow| (row.sequence, row.leg) > (after.sequence, after.leg);
    let page: Vec<ItemRow> = rows.iter().filter(behind).take(rows_max).cloned().collect();
    let is_last = page.last().map(|row| (row.sequence, row.leg)) == rows.last().map(|row| (row.sequence, row.leg));
    let next = page.last().filter(|_| !is_last).map(|row| ItemPlace { sequence: row.sequence, leg: row.leg });
    Ok(Some(ItemHistory {
        account: account.clone(),
        item: item.to_owned(),
        currency,
        outstanding_minor: rows.last().map_or(0, |last| last.outstanding_minor),
        due_date: rows.iter().filter_map(|row| row.due_date).max(),
        rows: page,
        next,
        as_of: horizon.as_of,
        known_at: horizon.known_at,
    }))
}

fn view(row: &Row, currency: Currency) -> Result<ItemRow, QueryError> {
    Ok(ItemRow {
        sequence: row.try_get("sequence")?,
        leg: row.try_get("leg")?,
        entry_id: row.try_get("entry_id")?,
        kind: row::kind(row)?,
        relates_to: row.try_get("relates_to")?,
        effective_date: row.try_get("effective_date")?,
        booked_at: row.try_get("booked_at")?,
        reference: row.try_get("reference")?,
        description: row.try_get("description")?,
        layer: row::layer(row)?,
        amount: Money::new(row.try_get("amount_minor")?, currency),
        due_date: row.try_get("due_date")?,
        outstanding_minor: row::sum(row, "outstanding")?,
    })
}
