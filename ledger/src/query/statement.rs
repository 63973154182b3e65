//! The statement of one account: its settled postings in order of booking, with the balance after each.
//!
//! Rows come by (sequence, leg). The pages of one statement are one answer: the cursor pins the horizon of the first
//! page, so that entries booked meanwhile, also back-dated ones, change neither rows nor balances of later pages.

use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{GenericClient, Row};
use uuid::Uuid;

use crate::account::{AccountCode, AccountNo, NormalSide};
use crate::money::{Currency, Money};

use super::cursor::{Cursor, Question};
use super::{Horizon, Moment, QueryError, horizon, page_rows, row, sql};

/// Effective dates, both ends included. A range that ends before it begins is empty and opens with what stood at its
/// end.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct DateRange {
    /// The first day; what is dated before it is in the opening balance.
    pub from: Option<Date>,
    /// The last day.
    pub to: Option<Date>,
}

/// One posting in a statement.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StatementRow {
    /// The entry's number.
    pub sequence: i64,
    /// The leg in the entry.
    pub leg: i16,
    /// The entry's id.
    pub entry_id: Uuid,
    /// When it counts.
    pub effective_date: Date,
    /// When the ledger knew it.
    pub booked_at: Timestamp,
    /// The business document.
    pub reference: String,
    /// A sentence.
    pub description: String,
    /// Debit positive.
    pub amount: Money,
    /// The open item.
    pub item: Option<String>,
    /// Opening balance plus all rows up to this one, debit positive.
    pub balance_minor: i128,
}

impl StatementRow {
    /// The amount, if it is a debit.
    pub fn debit_minor(&self) -> Option<i128> {
        (self.amount.minor > 0).then(|| i128::from(self.amount.minor))
    }

    /// The amount as a positive number, if it is a credit.
    pub fn credit_minor(&self) -> Option<i128> {
        (self.amount.minor < 0).then(|| -i128::from(self.amount.minor))
    }
}

/// A page of an account's statement. Balances are in minor units, debit positive.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Statement {
    /// The account.
    pub account: AccountCode,
    /// Its name.
    pub name: String,
    /// Its normal side, from which to show the balances.
    pub normal_side: NormalSide,
    /// Its currency.
    pub currency: Currency,
    /// The balance before the first row of the statement.
    pub opening_minor: i128,
    /// The balance after the last row of the statement.
    pub closing_minor: i128,
    /// The rows of this page.
    pub rows: Vec<StatementRow>,
    /// The cursor of the next page; `None` at the end.
    pub next: Option<String>,
    /// The days asked for; the last one is the earlier of the range's and the moment's.
    pub range: DateRange,
    /// When this was known.
    pub known_at: Timestamp,
}

/// A page of at most `limit` rows (never more than [`super::LIST_ROWS_MAX`]); `None` if there is no account of this
/// code. Go on with [`Statement::next`] and the same arguments.
///
/// Costs two balances and the rows of the page, from the first segment that has such days.
pub async fn statement(
    client: &impl GenericClient,
    code: &AccountCode,
    moment: Moment,
    range: DateRange,
    cursor: Option<&str>,
    limit: u16,
) -> Result<Option<Statement>, QueryError> {
    let range = DateRange { to: [range.to, moment.as_of].into_iter().flatten().min(), ..range };
    let question = Question { code: code.as_str(), from: range.from, to: range.to };
    let cursor = cursor.map(|text| Cursor::parse(text, question)).transpose()?;
    let (horizon, after) = match cursor {
        None => (horizon(client, moment).await?, Position { sequence: 0, leg: 0 }),
        Some(cursor) => {
            (moment.pinned(cursor.until, cursor.known_at)?, Position { sequence: cursor.sequence, leg: cursor.leg })
        }
    };
    let found = client.query_typed(sql::ACCOUNT, &[(&code.as_str(), Type::TEXT)]).await?;
    let Some(account) = found.first() else { return Ok(None) };
    let reading = Reading { account_no: account.try_get("account_no")?, horizon, range, after };
    let balances = balances(client, &reading).await?;
    let (rows, more) = rows(client, &reading, balances.carried, page_rows(limit)).await?;
    let last = rows.last().filter(|_| more).map(|last| Position { sequence: last.sequence, leg: last.leg });
    Ok(Some(Statement {
        account: code.clone(),
        name: account.try_get("name")?,
        normal_side: row::normal_side(account)?,
        currency: row::currency(account)?,
        opening_minor: balances.opening,
        closing_minor: balances.closing,
        next: last.map(|last| last.cursor(&horizon).to_text(question)),
        rows,
        range,
        known_at: horizon.known_at,
    }))
}

/// A row's place in the account.
#[derive(Clone, Copy)]
struct Position {
    sequence: i64,
    leg: i16,
}

impl Position {
    fn cursor(self, horizon: &Horizon) -> Cursor {
        Cursor { until: horizon.sequence, known_at: horizon.known_at, sequence: self.sequence, leg: self.leg }
    }
}

/// What one page reads.
struct Reading {
    account_no: AccountNo,
    horizon: Horizon,
    range: DateRange,
    after: Position,
}

impl Reading {
    /// What both statements take. With their types they take one way to the server and back, without them two.
    fn parameters(&self) -> [(&(dyn ToSql + Sync), Type); 6] {
        let Reading { account_no, horizon, range, after } = self;
        [
            (account_no, Type::INT4),
            (&horizon.sequence, Type::INT8),
            (&range.from, Type::DATE),
            (&range.to, Type::DATE),
            (&after.sequence, Type::INT8),
            (&after.leg, Type::INT2),
        ]
    }
}

struct Balances {
    opening: i128,
    carried: i128,
    closing: i128,
}

/// The balances before the statement, before this page, and after the statement.
async fn balances(client: &impl GenericClient, reading: &Reading) -> Result<Balances, QueryError> {
    let sums = client.query_typed_one(sql::STATEMENT_BALANCES, &reading.parameters()).await?;
    let opening = row::sum(&sums, "opening")?;
    Ok(Balances {
        opening,
        carried: opening + row::sum(&sums, "before_page")?,
        closing: opening + row::sum(&sums, "in_range")?,
    })
}

/// The rows of the page, and whether more follow.
async fn rows(
    client: &impl GenericClient,
    reading: &Reading,
    carried: i128,
    rows_max: usize,
) -> Result<(Vec<StatementRow>, bool), QueryError> {
    let with_one_more = i64::try_from(rows_max + 1).expect("a page has at most LIST_ROWS_MAX rows");
    let [account, horizon, from, to, sequence, leg] = reading.parameters();
    let parameters = [account, horizon, from, to, sequence, leg, (&with_one_more as _, Type::INT8)];
    let found = client.query_typed(sql::STATEMENT_ROWS, &parameters).await?;
    let mut balance = carried;
    let mut rows = Vec::with_capacity(found.len().min(rows_max));
    for row in found.iter().take(rows_max) {
        let amount_minor: i64 = row.try_get("amount_minor")?;
        balance += i128::from(amount_minor);
        rows.push(view(row, amount_minor, balance)?);
    }
    Ok((rows, found.len() > rows_max))
}

fn view(row: &Row, amount_minor: i64, balance_minor: i128) -> Result<StatementRow, QueryError> {
    Ok(StatementRow {
        sequence: row.try_get("sequence")?,
        leg: row.try_get("leg")?,
        entry_id: row.try_get("entry_id")?,
        effective_date: row.try_get("effective_date")?,
        booked_at: row.try_get("booked_at")?,
        reference: row.try_get("reference")?,
        description: row.try_get("description")?,
        amount: Money::new(amount_minor, row::currency(row)?),
        item: row.try_get("item")?,
        balance_minor,
    })
}
