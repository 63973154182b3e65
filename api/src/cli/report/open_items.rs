//! `dianfu report open-items`: what is outstanding, item by item.

use std::collections::BTreeSet;

use clap::Args;
use deadpool_postgres::Client;
use dianfu_api::wire::report::{OpenItemBody, OpenItemPageBody};
use dianfu_ledger::account::AccountCode;
use dianfu_ledger::query::{self, AccountFilter, Items, Moment, PAGE_ROWS_MAX};

use crate::cli::account::unknown;
use crate::cli::arguments::{MomentArgs, account_code};
use crate::cli::desk::Desk;
use crate::cli::ending::Answer;
use crate::cli::print::{Column, Output, Sheet};

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
    output: Output,
}

const SHEET: Sheet = Sheet {
    above: &[],
    rows: "items",
    columns: &[
        Column::Text("account"),
        Column::Text("item"),
        Column::Text("currency"),
        Column::Number("outstanding"),
        Column::Text("first_date"),
        Column::Text("last_date"),
    ],
    totals: None,
    below: &["as_of", "known_at"],
    empty: "Nothing is outstanding.",
};

impl OpenItems {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let client = desk.client().await?;
        let codes = match &self.code {
            Some(code) => {
                let known = query::balances(&**client, code, Moment::default()).await?;
                known.ok_or_else(|| unknown(desk, code))?;
                BTreeSet::from([code.clone()])
            }
            None => with_items(&client).await?,
        };
        let which = if self.all { Items::All } else { Items::Outstanding };
        self.output.print(&read(&client, &codes, self.moment.moment(), which).await?, &SHEET)?;
        Ok(Answer::Yes)
    }
}

/// Prints what is outstanding now on every account that keeps items: so many items, and how many more there are.
pub async fn show_some(client: &Client, rows_max: usize, output: &Output) -> anyhow::Result<usize> {
    let codes = with_items(client).await?;
    let mut page = read(client, &codes, Moment::default(), Items::Outstanding).await?;
    let more = page.items.len().saturating_sub(rows_max);
    page.items.truncate(rows_max);
    output.print(&page, &SHEET)?;
    Ok(more)
}

/// The items of accounts, all as they were at one moment.
async fn read(
    client: &Client,
    codes: &BTreeSet<AccountCode>,
    asked: Moment,
    which: Items,
) -> anyhow::Result<OpenItemPageBody> {
    let known_at = query::horizon(&***client, asked).await?.known_at;
    let moment = Moment { known_at: Some(known_at), ..asked };
    let mut items = Vec::new();
    for code in codes {
        let found = query::open_items(&***client, code, moment, which).await?;
        items.extend(found.into_iter().map(OpenItemBody::from));
    }
    Ok(OpenItemPageBody { as_of: moment.as_of, known_at, items, next: None })
}

/// Every control account whose accounts keep items.
async fn with_items(client: &Client) -> anyhow::Result<BTreeSet<AccountCode>> {
    let (mut codes, mut cursor) = (BTreeSet::new(), None);
    loop {
        let page = query::accounts(&***client, AccountFilter::default(), cursor.as_ref(), PAGE_ROWS_MAX).await?;
        let with_items = page.accounts.iter().map(|view| &view.account).filter(|account| account.open_item);
        codes.extend(with_items.filter_map(|account| AccountCode::parse(account.code.control())));
        cursor = page.next;
        if cursor.is_none() {
            return Ok(codes);
        }
    }
}
