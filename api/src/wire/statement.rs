//! Statements of one account.

use dianfu_ledger::money::{Currency, decimal_text};
use dianfu_ledger::query::{Statement, StatementRow};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::account::Side;
use super::entry;
use crate::sheet::{Listed, listed};

/// A page of an account's statement. Balances are seen from the normal side.
#[derive(Serialize, ToSchema)]
#[schema(as = Statement)]
pub struct StatementBody {
    account: String,
    name: String,
    normal_side: Side,
    #[schema(value_type = String, example = "CNY")]
    currency: Currency,
    /// The first day; what is dated before it is in the opening balance.
    #[schema(value_type = Option<String>, format = Date)]
    from: Option<Date>,
    /// The last day.
    #[schema(value_type = Option<String>, format = Date)]
    to: Option<Date>,
    /// When this was known.
    #[schema(value_type = String, format = DateTime)]
    known_at: Timestamp,
    /// Before the first row of the whole statement.
    opening: String,
    /// After the last row of the whole statement.
    closing: String,
    /// This page's rows, in the order of posting.
    rows: Vec<StatementRowBody>,
    /// The cursor of the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

listed!(StatementBody, rows: StatementRowBody, next);

/// One posting.
#[derive(Serialize, ToSchema)]
#[schema(as = StatementRow)]
pub struct StatementRowBody {
    sequence: i64,
    entry_id: Uuid,
    #[schema(value_type = String, format = Date)]
    effective_date: Date,
    #[schema(value_type = String, format = DateTime)]
    booked_at: Timestamp,
    reference: String,
    description: String,
    item: Option<String>,
    #[serde(flatten)]
    amount: entry::Side,
    /// After this row.
    balance: String,
}

impl From<Statement> for StatementBody {
    fn from(statement: Statement) -> StatementBody {
        let (side, currency) = (statement.normal_side, statement.currency);
        let seen = |minor| decimal_text(side.seen_from(minor), currency);
        let row = |row: StatementRow| StatementRowBody {
            sequence: row.sequence,
            entry_id: row.entry_id,
            effective_date: row.effective_date,
            booked_at: row.booked_at,
            reference: row.reference,
            description: row.description,
            item: row.item,
            amount: entry::Side::of(row.amount),
            balance: seen(row.balance_minor),
        };
        StatementBody {
            account: statement.account.to_string(),
            name: statement.name,
            normal_side: side.into(),
            currency,
            from: statement.range.from,
            to: statement.range.to,
            known_at: statement.known_at,
            opening: seen(statement.opening_minor),
            closing: seen(statement.closing_minor),
            rows: statement.rows.into_iter().map(row).collect(),
            next: statement.next,
        }
    }
}
