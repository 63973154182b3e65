//! `dianfu hold`: what is held and not yet captured or released.

use clap::{Subcommand, value_parser};
use dianfu_api::wire::control::{HoldBody, HoldPageBody};
use dianfu_ledger::account::AccountCode;
use dianfu_ledger::query;

use super::arguments::account_code;
use super::desk::Desk;
use super::ending::Answer;
use super::print::{Column, Output, Sheet};

/// Show holds that are open
#[derive(Subcommand)]
#[command(after_help = "\
Examples:
  dianfu hold list
  dianfu hold list 1101.picc --format json")]
pub enum Hold {
    /// List open holds with what is left of them, newest first
    #[command(after_help = "\
Examples:
  dianfu hold list
  dianfu hold list 1101 --limit 20")]
    List {
        /// Only holds on this account, or on accounts below it
        #[arg(value_parser = account_code)]
        account: Option<AccountCode>,
        /// Only holds before this number
        #[arg(long, value_name = "SEQUENCE")]
        before: Option<i64>,
        /// At most this many, 1 to 1000
        #[arg(long, value_name = "ROWS", default_value_t = 100, value_parser = value_parser!(u16).range(1..=1000))]
        limit: u16,
        #[command(flatten)]
        output: Output,
    },
}

const SHEET: Sheet = Sheet {
    above: &[],
    rows: "holds",
    columns: &[
        Column::Number("sequence"),
        Column::Text("id"),
        Column::Text("effective_date"),
        Column::Text("expires_at"),
        Column::Text("hold_group"),
        Column::Text("reference"),
        Column::Text("left"),
    ],
    totals: None,
    below: &["next"],
    empty: "Nothing is held.",
};

impl Hold {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let Hold::List { account, before, limit, output } = self;
        let client = desk.client().await?;
        let page = query::holds(&**client, account.as_ref(), *before, *limit).await?;
        let holds = page.holds.into_iter().map(HoldBody::from).collect();
        output.print(&HoldPageBody { holds, next: page.next }, &SHEET)?;
        Ok(Answer::Yes)
    }
}
