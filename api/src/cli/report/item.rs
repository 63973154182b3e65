//! `dianfu report item`: the history of one open item.

use clap::Args;
use dianfu_api::wire::item::ItemHistoryBody;
use dianfu_ledger::account::AccountCode;
use dianfu_ledger::query::{self, ItemPlace, PAGE_ROWS_MAX};

use crate::cli::account::unknown;
use crate::cli::arguments::{MomentArgs, account_code};
use crate::cli::desk::Desk;
use crate::cli::ending::{Answer, note};
use crate::cli::print::{Column, Output, Sheet};

/// Show every posting on an open item, and what was outstanding after each
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu report item 1102.picc CLM-17
  dianfu report item 1102.picc CLM-17 --as-of 2026-05-31 --format csv")]
pub struct Item {
    /// Its account
    #[arg(value_parser = account_code)]
    account: AccountCode,
    /// The item
    #[arg(value_name = "ITEM")]
    name: String,
    #[command(flatten)]
    moment: MomentArgs,
    #[command(flatten)]
    output: Output,
}

const SHEET: Sheet = Sheet {
    above: &["account", "item", "currency", "due_date"],
    rows: "postings",
    columns: &[
        Column::Number("sequence"),
        Column::Text("entry"),
        Column::Text("kind"),
        Column::Text("effective_date"),
        Column::Text("reference"),
        Column::Text("layer"),
        Column::Number("debit"),
        Column::Number("credit"),
        Column::Number("outstanding"),
    ],
    totals: None,
    below: &["outstanding", "as_of", "known_at"],
    empty: "Nothing was ever posted on this item.",
};

impl Item {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let client = desk.client().await?;
        let (moment, from_the_first) = (self.moment.moment(), ItemPlace::default());
        let found = query::item_history(&**client, &self.account, &self.name, moment, from_the_first, PAGE_ROWS_MAX);
        let history = found.await?.ok_or_else(|| unknown(desk, &self.account))?;
        if history.next.is_some() {
            note(&format!("these are the first {PAGE_ROWS_MAX} postings; GET /v1/open-items/history has them all"));
        }
        self.output.print(&ItemHistoryBody::from(history), &SHEET)?;
        Ok(Answer::Yes)
    }
}
