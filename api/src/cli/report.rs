//! `dianfu report`: the whole book at a glance.

mod item;
pub mod open_items;

use clap::{Args, Subcommand};
use dianfu_api::wire::report::TrialBalanceBody;
use dianfu_ledger::query;
use jiff::civil::Date;

use super::arguments::{MomentArgs, day};
use super::desk::Desk;
use super::ending::{Answer, No};
use super::print::{Column, Output, Sheet};

/// Reports over the whole book
#[derive(Subcommand)]
#[command(after_help = "\
Examples:
  dianfu report trial-balance
  dianfu report open-items 1102")]
pub enum Report {
    TrialBalance(TrialBalance),
    OpenItems(open_items::OpenItems),
    Item(item::Item),
}

/// Show every account with its debits and credits; the totals show that the book balances
///
/// Openings and closings are positive for a debit, negative for a credit, and sum to zero in each currency.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu report trial-balance
  dianfu report trial-balance --by-control --as-of 2026-05-31
  dianfu report trial-balance --from 2026-05-01 --as-of 2026-05-31 --format csv")]
pub struct TrialBalance {
    /// The first day; what is dated before it is in the openings
    #[arg(long, value_name = "DAY", value_parser = day)]
    from: Option<Date>,
    /// One row for `1101.picc` and `1101.cpic` together, and so on
    #[arg(long)]
    by_control: bool,
    #[command(flatten)]
    moment: MomentArgs,
    #[command(flatten)]
    output: Output,
}

const SHEET: Sheet = Sheet {
    above: &[],
    rows: "rows",
    columns: &[
        Column::Text("account"),
        Column::Text("name"),
        Column::Text("currency"),
        Column::Number("opening"),
        Column::Number("debits"),
        Column::Number("credits"),
        Column::Number("closing"),
    ],
    totals: Some("totals"),
    below: &["balanced", "as_of", "known_at"],
    empty: "Nothing is posted yet.",
};

impl Report {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        match self {
            Report::TrialBalance(report) => report.run(desk).await,
            Report::OpenItems(report) => report.run(desk).await,
            Report::Item(report) => report.run(desk).await,
        }
    }
}

impl TrialBalance {
    async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let client = desk.client().await?;
        let report = query::trial_balance(&**client, self.moment.moment(), self.from).await?;
        show(if self.by_control { report.by_control() } else { report }, &self.output)
    }
}

/// Prints a trial balance; a no if it does not balance.
pub fn show(report: query::TrialBalance, output: &Output) -> anyhow::Result<Answer> {
    let is_balanced = report.is_balanced();
    output.print(&TrialBalanceBody::from(report), &SHEET)?;
    if is_balanced {
        return Ok(Answer::Yes);
    }
    Err(No::new("the book does not balance").next("`dianfu verify` names the first row that is wrong").into())
}
