//! `dianfu report`: the whole book at a glance.

pub mod items;
mod parallel_run;
mod registers;
mod statements;

use clap::Subcommand;
use dianfu_api::report::Question;
use dianfu_api::report::statements::TrialBalance;
use dianfu_api::wire::report::TrialBalanceBody;
use dianfu_ledger::query;

use super::desk::Desk;
use super::ending::{Answer, No};
use super::print::Output;

/// Reports over the whole book
///
/// Every report says when it was known; asked again with that time (--known-at) it is the same for ever. Each can be
/// printed as a table, CSV, JSON, NDJSON, a workbook (xlsx) or a page to print (html); a parallel run as a table, CSV
/// or JSON.
#[derive(Subcommand)]
#[command(after_help = "\
Examples:
  dianfu report trial-balance
  dianfu report balance-sheet --as-of 2026-05-31 --format html -o balance-sheet.html
  dianfu report general-ledger 1101 --from 2026-05-01 --format xlsx -o ledger.xlsx
  dianfu report open-items 1102
  dianfu report parallel-run balances.csv    their balances beside ours")]
pub enum Report {
    TrialBalance(statements::TrialBalance),
    BalanceSheet(statements::BalanceSheet),
    IncomeStatement(statements::IncomeStatement),
    GeneralLedger(statements::GeneralLedger),
    RollForward(statements::RollForward),
    OpenItems(items::OpenItems),
    Item(items::Item),
    Aging(items::Aging),
    AgingItems(items::AgingItems),
    Suspense(items::Suspense),
    ManualJournals(registers::ManualJournals),
    CutOff(registers::CutOff),
    Integrity(registers::Integrity),
    Diff(registers::Diff),
    ParallelRun(parallel_run::ParallelRun),
}

impl Report {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        match self {
            Report::TrialBalance(report) => report.run(desk).await,
            Report::BalanceSheet(report) => report.run(desk).await,
            Report::IncomeStatement(report) => report.run(desk).await,
            Report::GeneralLedger(report) => report.run(desk).await,
            Report::RollForward(report) => report.run(desk).await,
            Report::OpenItems(report) => report.run(desk).await,
            Report::Item(report) => report.run(desk).await,
            Report::Aging(report) => report.run(desk).await,
            Report::AgingItems(report) => report.run(desk).await,
            Report::Suspense(report) => report.run(desk).await,
            Report::ManualJournals(report) => report.run(desk).await,
            Report::CutOff(report) => report.run(desk).await,
            Report::Integrity(report) => report.run(desk).await,
            Report::Diff(report) => report.run(desk).await,
            Report::ParallelRun(report) => report.run(desk).await,
        }
    }
}

/// Prints a trial balance; a no if it does not balance.
pub fn show(report: query::TrialBalance, output: &Output) -> anyhow::Result<Answer> {
    let is_balanced = report.is_balanced();
    output.print(&TrialBalanceBody::from(report), &TrialBalance::PAPER.sheet)?;
    if is_balanced {
        return Ok(Answer::Yes);
    }
    Err(No::new("the book does not balance").next("`dianfu verify` names the first row that is wrong").into())
}
