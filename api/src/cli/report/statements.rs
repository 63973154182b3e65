//! Trial balance, financial statements, general ledger, roll-forward.

use clap::Args;
use dianfu_api::report::{books, statements};
use dianfu_ledger::account::AccountCode;
use dianfu_ledger::report::Period;
use jiff::civil::Date;

use crate::cli::arguments::{MomentArgs, account_code, day};
use crate::cli::desk::Desk;
use crate::cli::ending::Answer;
use crate::cli::pages::Pages;
use crate::cli::paper::PaperOutput;

/// From when to when.
#[derive(Args)]
pub struct PeriodArgs {
    /// The first day; what is dated before it is in the openings
    #[arg(long, value_name = "DAY", value_parser = day)]
    from: Option<Date>,
    #[command(flatten)]
    moment: MomentArgs,
}

impl PeriodArgs {
    /// The period.
    pub fn period(&self) -> Period {
        Period { from: self.from, moment: self.moment.moment() }
    }
}

/// Show every account with its debits and credits; the totals show that the book balances
///
/// Openings and closings are positive for a debit, negative for a credit, and sum to zero in each currency.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu report trial-balance
  dianfu report trial-balance --tree --as-of 2026-05-31
  dianfu report trial-balance --from 2026-05-01 --as-of 2026-05-31 --format csv")]
pub struct TrialBalance {
    /// One row for `1101.picc` and `1101.cpic` together, and so on
    #[arg(long, conflicts_with = "tree")]
    by_control: bool,
    /// Accounts under what they are rolled up to, with subtotals on every level
    #[arg(long)]
    tree: bool,
    #[command(flatten)]
    period: PeriodArgs,
    #[command(flatten)]
    output: PaperOutput,
}

impl TrialBalance {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let (period, by_control) = (self.period.period(), self.by_control);
        if self.tree {
            return self.output.print(desk, statements::TrialTree { period }).await;
        }
        self.output.print(desk, statements::TrialBalance { period, by_control }).await
    }
}

/// Show assets, liabilities and equity, with the result that is not closed yet
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu report balance-sheet
  dianfu report balance-sheet --as-of 2026-05-31 --format html -o balance-sheet.html")]
pub struct BalanceSheet {
    #[command(flatten)]
    moment: MomentArgs,
    #[command(flatten)]
    output: PaperOutput,
}

impl BalanceSheet {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        self.output.print(desk, statements::BalanceSheet { moment: self.moment.moment() }).await
    }
}

/// Show income and expenses of a period
///
/// As they were earned and spent: the entries that close a year (`dianfu period year-end`) are left out.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu report income-statement --from 2026-01-01 --as-of 2026-05-31
  dianfu report income-statement --format json")]
pub struct IncomeStatement {
    #[command(flatten)]
    period: PeriodArgs,
    #[command(flatten)]
    output: PaperOutput,
}

impl IncomeStatement {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        self.output.print(desk, statements::IncomeStatement { period: self.period.period() }).await
    }
}

/// Show each account's opening, its postings with the balance after each, and its closing
///
/// Balances are seen from the account's normal side.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu report general-ledger 1101
  dianfu report general-ledger --from 2026-05-01 --as-of 2026-05-31 --format xlsx -o ledger.xlsx
  dianfu report general-ledger --format ndjson")]
pub struct GeneralLedger {
    /// The account, and all accounts below it; every account if left out
    #[arg(value_parser = account_code)]
    code: Option<AccountCode>,
    #[command(flatten)]
    period: PeriodArgs,
    #[command(flatten)]
    pages: Pages,
    #[command(flatten)]
    output: PaperOutput,
}

impl GeneralLedger {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let question = books::GeneralLedger { account: self.code.clone(), period: self.period.period() };
        self.output.print_pages(desk, question, &self.pages).await
    }
}

/// Show how each account came from its opening to its closing
///
/// New is what came on, applied what went off, adjusted what reversals moved back. The tie-out difference is zero, or
/// the book does not hang together.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu report roll-forward 1101 --from 2026-05-01 --as-of 2026-05-31
  dianfu report roll-forward --format csv")]
pub struct RollForward {
    /// The account, and all accounts below it; every account if left out
    #[arg(value_parser = account_code)]
    code: Option<AccountCode>,
    #[command(flatten)]
    period: PeriodArgs,
    #[command(flatten)]
    output: PaperOutput,
}

impl RollForward {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let question = books::RollForward { account: self.code.clone(), period: self.period.period() };
        self.output.print(desk, question).await
    }
}
