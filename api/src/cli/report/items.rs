//! What is outstanding: open items, the history of one, aging, suspense.

use clap::Args;
use deadpool_postgres::Client;
use dianfu_api::report::{Question, items};
use dianfu_ledger::account::AccountCode;
use dianfu_ledger::query::{Items, LIST_ROWS_MAX, Moment};
use dianfu_ledger::report::aging::Bucket;

use crate::cli::arguments::{MomentArgs, account_code};
use crate::cli::desk::Desk;
use crate::cli::ending::Answer;
use crate::cli::pages::Pages;
use crate::cli::paper::PaperOutput;
use crate::cli::print::Output;

/// Show what is outstanding on accounts that keep items: claims, payouts, remittances
///
/// Outstanding is debits less credits: what others owe us is positive, what we owe is negative. The items of an account
/// add up to its balance.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu report open-items
  dianfu report open-items 1102                        what insurers owe us for approved claims
  dianfu report open-items 1102.picc --all --format csv")]
pub struct OpenItems {
    /// The account, and all accounts below it; every account that keeps items if left out
    #[arg(value_parser = account_code)]
    code: Option<AccountCode>,
    /// Also items that have come to zero
    #[arg(long)]
    all: bool,
    #[command(flatten)]
    moment: MomentArgs,
    #[command(flatten)]
    pages: Pages,
    #[command(flatten)]
    output: PaperOutput,
}

impl OpenItems {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let which = if self.all { Items::All } else { Items::Outstanding };
        let question = items::OpenItems { account: self.code.clone(), which, moment: self.moment.moment() };
        self.output.print_pages(desk, question, &self.pages).await
    }
}

/// Prints what is outstanding now on every account: so many items, and how many more there are.
pub async fn show_some(client: &Client, rows_max: usize, output: &Output) -> anyhow::Result<usize> {
    let question = items::OpenItems { account: None, which: Items::Outstanding, moment: Moment::default() };
    let mut page = question.page(client, None, LIST_ROWS_MAX).await?;
    let more = page.items.len().saturating_sub(rows_max);
    page.items.truncate(rows_max);
    output.print(&page, &items::OpenItems::PAPER.sheet)?;
    Ok(more)
}

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
    pages: Pages,
    #[command(flatten)]
    output: PaperOutput,
}

impl Item {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let (account, item) = (self.account.clone(), self.name.clone());
        let question = items::ItemHistory { account, item, moment: self.moment.moment() };
        self.output.print_pages(desk, question, &self.pages).await
    }
}

/// Show what is outstanding by how long it has been due
///
/// An item is due on the latest date that its postings give, and without one on its first day. Ages are counted to the
/// day of --as-of.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu report aging 1102
  dianfu report aging --as-of 2026-05-31 --format html -o aging.html")]
pub struct Aging {
    /// The account, and all accounts below it; every account that keeps items if left out
    #[arg(value_parser = account_code)]
    code: Option<AccountCode>,
    #[command(flatten)]
    moment: MomentArgs,
    #[command(flatten)]
    output: PaperOutput,
}

impl Aging {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let question = items::Aging { account: self.code.clone(), moment: self.moment.moment() };
        self.output.print(desk, question).await
    }
}

/// Show the items behind the aging
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu report aging-items 1102 --bucket over-180
  dianfu report aging-items --format csv -o items.csv")]
pub struct AgingItems {
    /// The account, and all accounts below it; every account that keeps items if left out
    #[arg(value_parser = account_code)]
    code: Option<AccountCode>,
    /// Only items of this age in days: current, 1-30, 31-60, 61-90, 91-180, over-180
    #[arg(long, value_parser = bucket)]
    bucket: Option<Bucket>,
    #[command(flatten)]
    moment: MomentArgs,
    #[command(flatten)]
    pages: Pages,
    #[command(flatten)]
    output: PaperOutput,
}

impl AgingItems {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let (account, bucket) = (self.code.clone(), self.bucket);
        let question = items::AgingItems { account, bucket, moment: self.moment.moment() };
        self.output.print_pages(desk, question, &self.pages).await
    }
}

fn bucket(word: &str) -> Result<Bucket, String> {
    Bucket::from_word(word).ok_or_else(|| format!("is none of {}", Bucket::ALL.map(Bucket::word).join(", ")))
}

/// Show what stands on suspense accounts, and for how long
///
/// Suspense accounts are those under 2190 and those whose metadata says {"suspense": true}.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu report suspense
  dianfu report suspense --as-of 2026-05-31 --format csv")]
pub struct Suspense {
    #[command(flatten)]
    moment: MomentArgs,
    #[command(flatten)]
    output: PaperOutput,
}

impl Suspense {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        self.output.print(desk, items::Suspense { moment: self.moment.moment() }).await
    }
}
