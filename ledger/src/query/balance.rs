//! Balances of one account, or of all accounts below a code.

use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{GenericClient, Row};

use crate::account::{AccountCode, NormalSide};
use crate::money::Currency;

use super::{Horizon, Moment, QueryError, horizon, row, sql};

/// Debits and credits in minor units, summed over one or more accounts.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Sums {
    /// Sum of debits.
    pub debits_minor: i128,
    /// Sum of credits, as a positive number.
    pub credits_minor: i128,
}

impl Sums {
    /// Debits less credits.
    pub fn net_minor(self) -> i128 {
        self.debits_minor - self.credits_minor
    }
}

/// What stands on one account, or in one currency on all accounts below a code.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BalanceView {
    /// The code that was asked for.
    pub account: AccountCode,
    /// How many accounts are summed up: one, unless the code stands for others too.
    pub accounts: i64,
    /// Name of the account; of the oldest one, if several are summed up.
    pub name: String,
    /// Normal side of the account; of the oldest one, if several are summed up.
    pub normal_side: NormalSide,
    /// The currency.
    pub currency: Currency,
    /// Money that has moved.
    pub settled: Sums,
    /// What is held and still outstanding, on each side.
    pub pending: Sums,
    /// The effective date up to which postings count.
    pub as_of: Option<Date>,
    /// When this was known.
    pub known_at: Timestamp,
}

impl BalanceView {
    /// The settled balance seen from the normal side: positive when the account stands where it should.
    pub fn balance_minor(&self) -> i128 {
        self.normal_side.seen_from(self.settled.net_minor())
    }
}

/// The balance of one account; `None` if there is no account of this code.
pub async fn balance(
    client: &impl GenericClient,
    code: &AccountCode,
    moment: Moment,
) -> Result<Option<BalanceView>, QueryError> {
    let horizon = horizon(client, moment).await?;
    let rows = read(client, code, false, &horizon).await?;
    let first = rows.first().map(|row| view(row, code, &horizon));
    first.transpose()
}

/// The balances of an account and all accounts below it, one a currency: `1101` sums up `1101`, `1101.picc` and so on.
/// `None` if there is no such account. A currency in which nothing was posted yet is left out, unless it is that of
/// the very account asked for.
pub async fn balances(
    client: &impl GenericClient,
    code: &AccountCode,
    moment: Moment,
) -> Result<Option<Vec<BalanceView>>, QueryError> {
    let horizon = horizon(client, moment).await?;
    let rows = read(client, code, true, &horizon).await?;
    if rows.is_empty() {
        return Ok(None);
    }
    let listed = rows.iter().filter(|row| row.get("listed"));
    listed.map(|row| view(row, code, &horizon)).collect::<Result<Vec<_>, _>>().map(Some)
}

async fn read(
    client: &impl GenericClient,
    code: &AccountCode,
    with_accounts_below: bool,
    horizon: &Horizon,
) -> Result<Vec<Row>, QueryError> {
    let code = code.as_str();
    // With its types a statement takes one way to the server and back, without them two.
    let text: (&(dyn ToSql + Sync), Type) = (&code, Type::TEXT);
    let (below, sequence) = ((&with_accounts_below as _, Type::BOOL), (&horizon.sequence as _, Type::INT8));
    let rows = match &horizon.as_of {
        None => client.query_typed(sql::BALANCE, &[text, below, sequence]).await?,
        Some(as_of) => client.query_typed(sql::BALANCE_AS_OF, &[text, below, sequence, (as_of, Type::DATE)]).await?,
    };
    Ok(rows)
}

fn view(row: &Row, code: &AccountCode, horizon: &Horizon) -> Result<BalanceView, QueryError> {
    Ok(BalanceView {
        account: code.clone(),
        accounts: row.try_get("accounts")?,
        name: row.try_get("name")?,
        normal_side: row::normal_side(row)?,
        currency: row::currency(row)?,
        settled: Sums {
            debits_minor: row::sum(row, "settled_debits")?,
            credits_minor: row::sum(row, "settled_credits")?,
        },
        pending: Sums {
            debits_minor: row::sum(row, "pending_debits")?,
            credits_minor: row::sum(row, "pending_credits")?,
        },
        as_of: horizon.as_of,
        known_at: horizon.known_at,
    })
}
