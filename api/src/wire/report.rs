//! Reports over many accounts: the trial balance and the open items here, the others in a file each.

pub mod aging;
pub mod diff;
pub mod general_ledger;
pub mod integrity;
pub mod registers;
pub mod roll_forward;
pub mod statements;
pub mod suspense;
pub mod tree;

use dianfu_ledger::money::{Currency, decimal_text};
use dianfu_ledger::query::{OpenItem, TrialBalance, TrialBalanceRow, TrialBalanceTotal};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use super::account::Side;
use crate::sheet::{Listed, listed};

/// Every account that has postings, and totals that are zero. Signed amounts are positive for a debit.
#[derive(Serialize, ToSchema)]
#[schema(as = TrialBalance)]
pub struct TrialBalanceBody {
    /// The first day; everything dated before it is opening.
    #[schema(value_type = Option<String>, format = Date)]
    from: Option<Date>,
    /// The last effective date that counts; null for all.
    #[schema(value_type = Option<String>, format = Date)]
    as_of: Option<Date>,
    /// When this was known: ask with it for the same answer again.
    #[schema(value_type = String, format = DateTime)]
    known_at: Timestamp,
    /// Whether openings and closings sum to zero in every currency.
    balanced: bool,
    /// By code and currency.
    rows: Vec<TrialBalanceRowBody>,
    /// One a currency.
    totals: Vec<TrialBalanceTotalBody>,
}

listed!(TrialBalanceBody, rows: TrialBalanceRowBody; wrong |body| {
    (!body.balanced).then_some("the book does not balance")
});

/// One account.
#[derive(Serialize, ToSchema)]
#[schema(as = TrialBalanceRow)]
pub struct TrialBalanceRowBody {
    account: String,
    name: String,
    normal_side: Side,
    #[schema(value_type = String, example = "CNY")]
    currency: Currency,
    opening: String,
    debits: String,
    credits: String,
    closing: String,
}

/// All accounts of one currency.
#[derive(Serialize, ToSchema)]
#[schema(as = TrialBalanceTotal)]
pub struct TrialBalanceTotalBody {
    #[schema(value_type = String, example = "CNY")]
    currency: Currency,
    opening: String,
    debits: String,
    credits: String,
    closing: String,
}

impl From<TrialBalance> for TrialBalanceBody {
    fn from(report: TrialBalance) -> TrialBalanceBody {
        let totals = report.totals().into_iter().map(TrialBalanceTotalBody::from).collect();
        TrialBalanceBody {
            from: report.from,
            as_of: report.as_of,
            known_at: report.known_at,
            balanced: report.is_balanced(),
            totals,
            rows: report.rows.into_iter().map(TrialBalanceRowBody::from).collect(),
        }
    }
}

impl From<TrialBalanceRow> for TrialBalanceRowBody {
    fn from(row: TrialBalanceRow) -> TrialBalanceRowBody {
        let text = |minor| decimal_text(minor, row.currency);
        TrialBalanceRowBody {
            account: row.account.to_string(),
            normal_side: row.normal_side.into(),
            currency: row.currency,
            opening: text(row.opening_minor),
            debits: text(row.debits_minor),
            credits: text(row.credits_minor),
            closing: text(row.closing_minor()),
            name: row.name,
        }
    }
}

impl From<TrialBalanceTotal> for TrialBalanceTotalBody {
    fn from(total: TrialBalanceTotal) -> TrialBalanceTotalBody {
        let text = |minor| decimal_text(minor, total.currency);
        TrialBalanceTotalBody {
            currency: total.currency,
            opening: text(total.opening_minor),
            debits: text(total.debits_minor),
            credits: text(total.credits_minor),
            closing: text(total.closing_minor),
        }
    }
}

/// Items of an account and of all accounts below it, by account and item.
#[derive(Serialize, ToSchema)]
#[schema(as = OpenItemPage)]
pub struct OpenItemPageBody {
    /// The last effective date that counts; null for all.
    #[schema(value_type = Option<String>, format = Date)]
    pub as_of: Option<Date>,
    /// When this was known.
    #[schema(value_type = String, format = DateTime)]
    pub known_at: Timestamp,
    /// The items.
    pub items: Vec<OpenItemBody>,
    /// The cursor of the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

listed!(OpenItemPageBody, items: OpenItemBody, next);

/// One item.
#[derive(Serialize, ToSchema)]
#[schema(as = OpenItem)]
pub struct OpenItemBody {
    #[schema(example = "1102.picc")]
    account: String,
    #[schema(example = "CLM-2026-000017")]
    item: String,
    #[schema(value_type = String, example = "CNY")]
    currency: Currency,
    /// Debits less credits.
    outstanding: String,
    /// The earliest effective date among its postings.
    #[schema(value_type = String, format = Date)]
    first_date: Date,
    /// The latest.
    #[schema(value_type = String, format = Date)]
    last_date: Date,
}

impl From<OpenItem> for OpenItemBody {
    fn from(item: OpenItem) -> OpenItemBody {
        OpenItemBody {
            account: item.account.to_string(),
            outstanding: decimal_text(item.outstanding_minor, item.currency),
            currency: item.currency,
            first_date: item.first_date,
            last_date: item.last_date,
            item: item.item,
        }
    }
}
