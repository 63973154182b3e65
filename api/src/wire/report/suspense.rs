//! What waits for its place.

use dianfu_ledger::money::{Currency, decimal_text};
use dianfu_ledger::report::suspense::{Suspense, SuspenseRow};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use crate::sheet::{Listed, listed};

/// What stands on suspense accounts, and for how long. Amounts are debits less credits.
#[derive(Serialize, ToSchema)]
#[schema(as = Suspense)]
pub struct SuspenseBody {
    /// The day to which ages are counted: `as_of`, or the day of `known_at`.
    #[schema(value_type = String, format = Date)]
    aged_on: Date,
    /// The last effective date that counts; null for all.
    #[schema(value_type = Option<String>, format = Date)]
    as_of: Option<Date>,
    /// When this was known: ask with it for the same answer again.
    #[schema(value_type = String, format = DateTime)]
    known_at: Timestamp,
    /// By account and item.
    rows: Vec<SuspenseRowBody>,
    /// One a currency.
    totals: Vec<SuspenseTotalBody>,
}

listed!(SuspenseBody, rows: SuspenseRowBody);

/// One receipt, or the balance of an account that keeps no items.
#[derive(Serialize, ToSchema)]
#[schema(as = SuspenseRow)]
pub struct SuspenseRowBody {
    #[schema(example = "2190")]
    account: String,
    name: String,
    item: Option<String>,
    #[schema(value_type = String, example = "CNY")]
    currency: Currency,
    amount: String,
    /// When it was received: the first effective date.
    #[schema(value_type = String, format = Date)]
    received: Date,
    /// When something last moved on it.
    #[schema(value_type = String, format = Date)]
    last_date: Date,
    /// Days since it was received.
    days: i64,
}

/// All of one currency.
#[derive(Serialize, ToSchema)]
#[schema(as = SuspenseTotal)]
pub struct SuspenseTotalBody {
    #[schema(value_type = String, example = "CNY")]
    currency: Currency,
    amount: String,
}

impl From<Suspense> for SuspenseBody {
    fn from(report: Suspense) -> SuspenseBody {
        let row = |row: SuspenseRow| SuspenseRowBody {
            account: row.account.to_string(),
            name: row.name,
            item: row.item,
            currency: row.currency,
            amount: decimal_text(row.amount_minor, row.currency),
            received: row.first_date,
            last_date: row.last_date,
            days: row.days,
        };
        let total =
            |(currency, minor): (Currency, i128)| SuspenseTotalBody { currency, amount: decimal_text(minor, currency) };
        SuspenseBody {
            aged_on: report.aged_on,
            as_of: report.as_of,
            known_at: report.known_at,
            rows: report.rows.into_iter().map(row).collect(),
            totals: report.totals.into_iter().map(total).collect(),
        }
    }
}
