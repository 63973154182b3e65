//! Open items: what is outstanding per account and item.

use jiff::civil::Date;
use tokio_postgres::{GenericClient, Row};

use crate::account::AccountCode;
use crate::money::Currency;

use super::{Moment, QueryError, horizon, row, sql};

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
    let with_zero = items == Items::All;
    let rows = client.query(sql::OPEN_ITEMS, &[&code.as_str(), &horizon.sequence, &horizon.as_of, &with_zero]).await?;
    rows.iter().map(view).collect()
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
