//! `dianfu statement`: what has moved on an account.

use clap::Args;
use dianfu_api::report::books;
use dianfu_ledger::account::AccountCode;
use dianfu_ledger::query::DateRange;
use jiff::civil::Date;

use super::arguments::{MomentArgs, account_code, day};
use super::desk::Desk;
use super::ending::Answer;
use super::pages::Pages;
use super::paper::PaperOutput;

/// Show the postings of an account in the order of posting, with the balance after each
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu statement 1002.bank
  dianfu statement 1101.picc --from 2026-05-01 --to 2026-05-31 --format csv
  dianfu statement 1002.bank --format html -o statement.html      a page to print")]
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
    output: PaperOutput,
}

impl Statement {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let (account, range) = (self.code.clone(), DateRange { from: self.from, to: self.to });
        let question = books::Statement { account, range, moment: self.moment.moment() };
        self.output.print_pages(desk, question, &self.pages).await
    }
}
