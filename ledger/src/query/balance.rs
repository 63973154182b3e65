//! Balances of one account, or of all accounts below a code.

use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{GenericClient, Row};

use crate::account::{AccountCode, NormalSide};
use crate::money::Currency;

use super::{Moment, QueryError, horizon, row, sql};

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
    let (rows, known_at) = read(client, code, false, moment).await?;
    let first = rows.first().map(|row| view(row, code, moment.as_of, known_at));
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
    let (rows, known_at) = read(client, code, true, moment).await?;
    if rows.is_empty() {
        return Ok(None);
    }
    let listed = rows.iter().filter(|row| row.get("listed"));
    listed.map(|row| view(row, code, moment.as_of, known_at)).collect::<Result<Vec<_>, _>>().map(Some)
}

/// One row a currency, and when it was known; of now each row says that itself.
async fn read(
    client: &impl GenericClient,
    code: &AccountCode,
    with_accounts_below: bool,
    moment: Moment,
) -> Result<(Vec<Row>, Option<Timestamp>), QueryError> {
    let known = match moment.known_at {
        Some(_) => Some(horizon(client, moment).await?),
        None => None,
    };
    let (code, sequence) = (code.as_str(), known.map(|known| known.sequence));
    // With its types a statement takes one way to the server and back, without them two.
    let parameters: [(&(dyn ToSql + Sync), Type); 4] =
        [(&code, Type::TEXT), (&with_accounts_below, Type::BOOL), (&moment.as_of, Type::DATE), (&sequence, Type::INT8)];
    Ok((client.query_typed(sql::BALANCES, &parameters).await?, known.map(|known| known.known_at)))
}

fn view(
    row: &Row,
    code: &AccountCode,
    as_of: Option<Date>,
    known_at: Option<Timestamp>,
) -> Result<BalanceView, QueryError> {
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
        as_of,
        known_at: known_at.map_or_else(|| row.try_get("booked_at"), Ok)?,
    })
}
