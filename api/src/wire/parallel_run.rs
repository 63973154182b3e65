//! Their balances beside ours.

use dianfu_ledger::money::{Currency, decimal_text};
use dianfu_ledger::report::parallel_run::{ParallelRow, ParallelRun};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

/// Both books beside each other, debit positive.
#[derive(Serialize, ToSchema)]
#[schema(as = ParallelRun)]
pub struct ParallelRunBody {
    /// The last effective date that counts; null for all.
    #[schema(value_type = Option<String>, format = Date)]
    as_of: Option<Date>,
    /// When ours was known: ask with it for the same answer again.
    #[schema(value_type = String, format = DateTime)]
    known_at: Timestamp,
    /// Whether the two agree on every account.
    agrees: bool,
    /// By account and currency.
    rows: Vec<ParallelRowBody>,
    /// One a currency.
    totals: Vec<ParallelRowBody>,
}

/// One account, or all of a currency together.
#[derive(Serialize, ToSchema)]
#[schema(as = ParallelRow)]
struct ParallelRowBody {
    /// Our code; null for a total.
    account: Option<String>,
    #[schema(value_type = String, example = "CNY")]
    currency: Currency,
    /// What they have; null if they do not have the account.
    theirs: Option<String>,
    /// What we have; null if we do not have the account.
    ours: Option<String>,
    /// Ours less theirs.
    difference: String,
    /// `equal`, `tolerated`, `differs`, `only_theirs` or `only_ours`.
    verdict: &'static str,
}

impl ParallelRunBody {
    /// Of a comparison with our books at a moment.
    pub fn new(run: ParallelRun, as_of: Option<Date>, known_at: Timestamp) -> ParallelRunBody {
        let bodies = |rows: Vec<ParallelRow>| rows.into_iter().map(ParallelRowBody::from).collect();
        let agrees = run.agrees();
        ParallelRunBody { as_of, known_at, agrees, rows: bodies(run.rows), totals: bodies(run.totals) }
    }
}

impl From<ParallelRow> for ParallelRowBody {
    fn from(row: ParallelRow) -> ParallelRowBody {
        let text = |minor: i128| decimal_text(minor, row.currency);
        ParallelRowBody {
            account: row.account.as_ref().map(ToString::to_string),
            currency: row.currency,
            theirs: row.theirs_minor.map(text),
            ours: row.ours_minor.map(text),
            difference: text(row.difference_minor()),
            verdict: row.verdict.word(),
        }
    }
}
