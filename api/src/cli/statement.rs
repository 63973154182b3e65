//! `dianfu statement`: what has moved on an account.

use clap::Args;
use dianfu_api::wire::statement::StatementBody;
use dianfu_ledger::account::AccountCode;
use dianfu_ledger::query::{self, DateRange, Statement as View};
use jiff::civil::Date;

use super::account::unknown;
use super::arguments::{MomentArgs, account_code, day};
use super::desk::Desk;
use super::ending::Answer;
use super::pages::Pages;
use super::print::{Column, Output, Sheet};

/// Show the postings of an account in the order of posting, with the balance after each
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu statement 1002.bank
  dianfu statement 1101.picc --from 2026-05-01 --to 2026-05-31 --format csv")]
pub struct Statement {
    /// The account's code
    #[arg(value_parser = account_code)]
    code: AccountCode,
    /// The first day; what is dated before it is in the opening balance
    #[arg(long, value_name = "DAY", value_parser = day)]
    from: Option<Date>,
    /// The last day
    #[arg(long, value_name = "DAY", value_parser = day)]
    to: Option<Date>,
    #[command(flatten)]
    moment: MomentArgs,
    #[command(flatten)]
    pages: Pages,
    #[command(flatten)]
    output: Output,
}

const SHEET: Sheet = Sheet {
    above: &["account", "name", "currency", "opening"],
    rows: "rows",
    columns: &[
        Column::Number("sequence"),
        Column::Text("effective_date"),
        Column::Text("reference"),
        Column::Text("description"),
        Column::Text("item"),
        Column::Number("debit"),
        Column::Number("credit"),
        Column::Number("balance"),
    ],
    totals: None,
    below: &["closing"],
    empty: "Nothing has moved.",
};

impl Statement {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let mut statement = self.page(desk, self.pages.cursor()).await?;
        while let Some(next) = statement.next.take_if(|_| !self.pages.is_one()) {
            let page = self.page(desk, Some(&next)).await?;
            statement.rows.extend(page.rows);
            statement.next = page.next;
        }
        self.pages.note_next(&self.output, statement.next.as_deref());
        self.output.print(&StatementBody::from(statement), &SHEET)?;
        Ok(Answer::Yes)
    }

    async fn page(&self, desk: &Desk, cursor: Option<&str>) -> anyhow::Result<View> {
        let client = desk.client().await?;
        let (moment, range) = (self.moment.moment(), DateRange { from: self.from, to: self.to });
        let page = query::statement(&**client, &self.code, moment, range, cursor, self.pages.rows()).await?;
        Ok(page.ok_or_else(|| unknown(desk, &self.code))?)
    }
}
