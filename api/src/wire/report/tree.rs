//! The trial balance as a tree: accounts under what they are rolled up to, with a subtotal on every level.

use dianfu_ledger::money::{Currency, decimal_text};
use dianfu_ledger::report::tree::{TreeLine, TrialTree};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use super::TrialBalanceTotalBody;
use crate::sheet::{Listed, listed};

/// Every account that has postings under its headings, by currency and in the order of the chart. Signed amounts are
/// positive for a debit.
#[derive(Serialize, ToSchema)]
#[schema(as = TrialBalanceTree)]
pub struct TrialTreeBody {
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
    /// Each line followed by what is below it. The lines of level 0 add up to the totals.
    lines: Vec<TreeLineBody>,
    /// One a currency.
    totals: Vec<TrialBalanceTotalBody>,
}

listed!(TrialTreeBody, lines: TreeLineBody; wrong |body| {
    (!body.balanced).then_some("the book does not balance")
});

/// An account, or what accounts are rolled up to: itself and all below it.
#[derive(Serialize, ToSchema)]
#[schema(as = TrialBalanceTreeLine)]
pub struct TreeLineBody {
    #[schema(example = "1101")]
    account: String,
    /// Empty for a heading without an account of its own.
    name: String,
    #[schema(value_type = String, example = "CNY")]
    currency: Currency,
    /// How many lines stand above it.
    level: u16,
    /// Whether it sums up lines below it.
    subtotal: bool,
    opening: String,
    debits: String,
    credits: String,
    closing: String,
    /// What stands on the account itself at the end.
    own_closing: String,
}

impl From<TrialTree> for TrialTreeBody {
    fn from(tree: TrialTree) -> TrialTreeBody {
        TrialTreeBody {
            from: tree.balance.from,
            as_of: tree.balance.as_of,
            known_at: tree.balance.known_at,
            balanced: tree.balance.is_balanced(),
            lines: tree.lines.into_iter().map(TreeLineBody::from).collect(),
            totals: tree.balance.totals().into_iter().map(TrialBalanceTotalBody::from).collect(),
        }
    }
}

impl From<TreeLine> for TreeLineBody {
    fn from(line: TreeLine) -> TreeLineBody {
        let text = |minor| decimal_text(minor, line.currency);
        TreeLineBody {
            account: line.code,
            name: line.name,
            currency: line.currency,
            level: line.level,
            subtotal: line.is_subtotal,
            opening: text(line.total.opening_minor),
            debits: text(line.total.debits_minor),
            credits: text(line.total.credits_minor),
            closing: text(line.total.closing_minor),
            own_closing: text(line.own.closing_minor),
        }
    }
}
