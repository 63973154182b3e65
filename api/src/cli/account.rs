//! `dianfu account`: the chart of a book.

mod chart;
mod load;
mod open;
mod set;

pub use load::known;
pub use open::Side;

use clap::Subcommand;
use dianfu_api::wire::account::{AccountBody, AccountHistoryBody, AccountPageBody};
use dianfu_ledger::account::AccountCode;
use dianfu_ledger::query::{self, AccountFilter, AccountView};

use super::arguments::{account_code, json_object};
use super::desk::Desk;
use super::ending::{Answer, No};
use super::pages::Pages;
use super::print::{Column, Output, Sheet};

/// Open, list and show accounts, and set their limits
#[derive(Subcommand)]
#[command(after_help = "\
Examples:
  dianfu account chart --currency CNY --insurer picc
  dianfu account list 1101
  dianfu account show 1101.picc
  dianfu account set 1101.picc --max 8000000.00 --reason \"Credit committee\"
  dianfu account history 1101.picc")]
pub enum Account {
    Open(open::Open),
    Chart(chart::Chart),
    Load(load::Load),
    Set(set::Set),
    /// List accounts by code, with the limits in force
    #[command(after_help = "\
Examples:
  dianfu account list
  dianfu account list 1101 --format csv
  dianfu account list --metadata '{\"region\": \"east\"}'")]
    List {
        /// Only accounts whose code begins so
        #[arg(default_value = "")]
        prefix: String,
        /// Only accounts whose metadata has at least this JSON object
        #[arg(long, value_name = "JSON", value_parser = json_object)]
        metadata: Option<String>,
        #[command(flatten)]
        pages: Pages,
        #[command(flatten)]
        output: Output,
    },
    /// Show one account
    #[command(after_help = "\
Example:
  dianfu account show 1101.picc --format json")]
    Show {
        /// Its code
        #[arg(value_parser = account_code)]
        code: AccountCode,
        #[command(flatten)]
        output: Output,
    },
    /// Show everything that was ever set about an account: by whom, and why
    #[command(after_help = "\
Example:
  dianfu account history 1101.picc")]
    History {
        /// Its code
        #[arg(value_parser = account_code)]
        code: AccountCode,
        #[command(flatten)]
        output: Output,
    },
}

const HISTORY: Sheet = Sheet {
    above: &["account"],
    rows: "settings",
    columns: &[
        Column::Text("recorded_at"),
        Column::Number("after_sequence"),
        Column::Number("min"),
        Column::Number("max"),
        Column::Text("frozen"),
        Column::Text("closed"),
        Column::Text("parent"),
        Column::Text("metadata"),
        Column::Text("actor"),
        Column::Text("reason"),
    ],
    totals: None,
    below: &[],
    empty: "Nothing was ever set about it.",
};

const COLUMNS: &[Column] = &[
    Column::Text("code"),
    Column::Text("name"),
    Column::Text("type"),
    Column::Text("currency"),
    Column::Text("normal_side"),
    Column::Text("open_item"),
    Column::Number("min"),
    Column::Number("max"),
    Column::Text("frozen"),
    Column::Text("closed"),
    Column::Text("parent"),
    Column::Text("metadata"),
];

impl Account {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        match self {
            Account::Open(open) => open.run(desk).await,
            Account::Chart(chart) => chart.run(desk).await,
            Account::Load(load) => load.run(desk).await,
            Account::Set(set) => set.run(desk).await,
            Account::List { prefix, metadata, pages, output } => {
                list(desk, prefix, metadata.as_deref(), pages, output).await
            }
            Account::Show { code, output } => show(desk, code, output).await,
            Account::History { code, output } => history(desk, code, output).await,
        }
    }
}

async fn list(
    desk: &Desk,
    prefix: &str,
    metadata: Option<&str>,
    pages: &Pages,
    output: &Output,
) -> anyhow::Result<Answer> {
    let client = desk.client().await?;
    let filter = AccountFilter { prefix, metadata };
    let mut cursor = pages.cursor().map(|text| account_code(text).map_err(No::new)).transpose()?;
    let mut accounts = Vec::new();
    loop {
        let page = query::accounts(&**client, filter, cursor.as_ref(), pages.rows()).await?;
        accounts.extend(page.accounts.into_iter().map(AccountBody::from));
        cursor = page.next;
        if cursor.is_none() || pages.is_one() {
            break;
        }
    }
    let next = cursor.map(|code| code.to_string());
    pages.note_next(output, next.as_deref());
    let (rows, empty) = ("accounts", "There is no such account.");
    output.print(&AccountPageBody { accounts, next }, &Sheet { rows, columns: COLUMNS, empty, ..Sheet::default() })?;
    Ok(Answer::Yes)
}

async fn show(desk: &Desk, code: &AccountCode, output: &Output) -> anyhow::Result<Answer> {
    print(find(desk, code).await?, output)
}

async fn history(desk: &Desk, code: &AccountCode, output: &Output) -> anyhow::Result<Answer> {
    let account = find(desk, code).await?.account;
    let client = desk.client().await?;
    let settings = query::account_history(&**client, code).await?.unwrap_or_default();
    output.print(&AccountHistoryBody::new(&account, settings), &HISTORY)?;
    Ok(Answer::Yes)
}

fn print(account: AccountView, output: &Output) -> anyhow::Result<Answer> {
    output.print(&AccountBody::from(account), &Sheet { columns: COLUMNS, ..Sheet::default() })?;
    Ok(Answer::Yes)
}

/// The account of exactly this code: the first of those that begin with it.
async fn find(desk: &Desk, code: &AccountCode) -> anyhow::Result<AccountView> {
    let client = desk.client().await?;
    let filter = AccountFilter { prefix: code.as_str(), ..AccountFilter::default() };
    let page = query::accounts(&**client, filter, None, 1).await?;
    let found = page.accounts.into_iter().next().filter(|view| view.account.code == *code);
    Ok(found.ok_or_else(|| unknown(desk, code))?)
}

/// The answer where there is no account of this code.
pub fn unknown(desk: &Desk, code: &AccountCode) -> No {
    No::new(format!("there is no account {code} in book '{}'", desk.book()))
        .next("`dianfu account list` shows the accounts, `dianfu account open` opens one")
}
