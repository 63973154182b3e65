//! Open items: what is outstanding per account and item.

use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::types::ToSql;
use tokio_postgres::{GenericClient, Row};

use crate::account::AccountCode;
use crate::money::Currency;

use super::item_cursor::{ItemCursor, ItemQuestion};
use super::{Horizon, Moment, QueryError, horizon, page_rows, row, sql};

/// Which items a list has.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum Items {
    /// Those with something outstanding.
    #[default]
    Outstanding,
    /// Also those that have come to zero.
    All,
}

/// An item of an open-item account. The items of an account add up to its balance.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenItem {
    /// The account.
    pub account: AccountCode,
    /// The item: a claim, an order, a payout.
    pub item: String,
    /// The account's currency.
    pub currency: Currency,
    /// Debits less credits of the item, in minor units.
    pub outstanding_minor: i128,
    /// The earliest effective date among its postings.
    pub first_date: Date,
    /// The latest.
    pub last_date: Date,
}

/// A page of items.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenItemPage {
    /// The items.
    pub items: Vec<OpenItem>,
    /// The cursor of the next page; `None` at the end.
    pub next: Option<String>,
    /// When this was known.
    pub known_at: Timestamp,
}

/// The items of [`open_items`], or of all accounts, at most `limit` (never more than [`super::LIST_ROWS_MAX`]). Go on
/// with [`OpenItemPage::next`] and the same arguments: the pages of one list are one answer.
///
/// Costs one pass over the postings of the items that are not given out yet.
pub async fn open_item_page(
    client: &impl GenericClient,
    code: Option<&AccountCode>,
    moment: Moment,
    items: Items,
    cursor: Option<&str>,
    limit: u16,
) -> Result<OpenItemPage, QueryError> {
    let question = ItemQuestion { code: code.map_or("", AccountCode::as_str), as_of: moment.as_of, items };
    let cursor = cursor.map(|text| ItemCursor::parse(text, question)).transpose()?;
    let horizon = match &cursor {
        Some(cursor) => moment.pinned(cursor.until, cursor.known_at)?,
        None => horizon(client, moment).await?,
    };
    let rows_max = page_rows(limit);
    let with_one_more = i64::try_from(rows_max + 1).expect("a page has at most LIST_ROWS_MAX rows");
    let after = cursor.as_ref().map_or(("", ""), |cursor| (&cursor.code, &cursor.item));
    let mut found = read(client, code, &horizon, items, after, Some(with_one_more)).await?;
    let is_last = found.len() <= rows_max;
    found.truncate(rows_max);
    let next = found.last().filter(|_| !is_last).map(|last| {
        let (until, known_at) = (horizon.sequence, horizon.known_at);
        ItemCursor { until, known_at, code: last.account.to_string(), item: last.item.clone() }.to_text(question)
    });
    Ok(OpenItemPage { items: found, next, known_at: horizon.known_at })
}

/// The items of an account and of all accounts below it, by account and item; only settled money counts.
///
/// Costs one pass over the postings of these accounts.
pub async fn open_items(
    client: &impl GenericClient,
    code: &AccountCode,
    moment: Moment,
    items: Items,
) -> Result<Vec<OpenItem>, QueryError> {
    let horizon = horizon(client, moment).await?;
    read(client, Some(code), &horizon, items, ("", ""), None).await
}

/// The items behind an account and item, as many as `limit` says.
async fn read(
    client: &impl GenericClient,
    code: Option<&AccountCode>,
    horizon: &Horizon,
    items: Items,
    (after_code, after_item): (&str, &str),
    limit: Option<i64>,
) -> Result<Vec<OpenItem>, QueryError> {
    let (code, with_zero) = (code.map_or("", AccountCode::as_str), items == Items::All);
    let Horizon { sequence, as_of, .. } = horizon;
    let parameters: [&(dyn ToSql + Sync); 7] = [&code, sequence, as_of, &with_zero, &after_code, &after_item, &limit];
    client.query(sql::OPEN_ITEMS, &parameters).await?.iter().map(view).collect()
}

fn view(row: &Row) -> Result<OpenItem, QueryError> {
    Ok(OpenItem {
        account: row::account_code(row, "code")?,
        item: row.try_get("item")?,
        currency: row::currency(row)?,
        outstanding_minor: row::sum(row, "outstanding")?,
        first_date: row.try_get("first_date")?,
        last_date: row.try_get("last_date")?,
    })
}
