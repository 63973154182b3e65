//! `dianfu export`: the book for other programs.

mod lake;
pub mod target;
mod workbook;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use deadpool_postgres::Client;
use dianfu_ledger::export::{self, Unsaid};
use dianfu_ledger::verify::archive;

use super::arguments::MomentArgs;
use super::desk::Desk;
use super::ending::{Answer, note};
use target::{Target, whole_file};

/// Write the book for other programs
///
/// A file gets its name when it is whole, so that there is never half a file. What is exported at a past moment
/// (`--as-of`, `--known-at`) is the same every time.
#[derive(Subcommand)]
#[command(after_help = "\
Examples:
  dianfu export hledger -o book.journal
  dianfu export beancount -o book.beancount
  dianfu export csv -o postings.csv --accounts accounts.csv
  dianfu export xlsx -o book.xlsx
  dianfu export ndjson -o book.ndjson
  dianfu export parquet -o lake")]
pub enum Export {
    Hledger(Hledger),
    Beancount(Beancount),
    Csv(Csv),
    Xlsx(workbook::Workbook),
    Ndjson(Ndjson),
    Parquet(lake::Lake),
    Archive(Archive),
}

/// Write a plain-text journal that hledger reads
///
/// Every settled entry is one transaction; money that is held is left out, so that `hledger balance` gives the trial
/// balance.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu export hledger -o book.journal && hledger -f book.journal balance
  dianfu export hledger --as-of 2026-05-31 | hledger -f - register 1101")]
pub struct Hledger {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    moment: MomentArgs,
}

/// Write the settled entries for beancount; `bean-check` accepts what is written
///
/// Money that is held is left out. Accounts get names that beancount takes (`1101.picc` is `Assets:1101:Picc`) and keep
/// their codes as metadata; the balances behind the last day are asserted, so that beancount compares them with ours.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu export beancount -o book.beancount && bean-check book.beancount
  dianfu export beancount --as-of 2026-05-31 -o may.beancount && dianfu import beancount may.beancount --book copy")]
pub struct Beancount {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    moment: MomentArgs,
}

/// Write all entries as CSV, one row a posting, which `dianfu import csv` reads again
///
/// Words that a spreadsheet would take for a formula get an apostrophe in front. With `--accounts` the accounts go into
/// a file of their own, as `dianfu account load` reads it.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu export csv -o postings.csv
  dianfu export csv -o postings.csv --accounts accounts.csv
  dianfu import csv postings.csv --accounts accounts.csv --book copy")]
pub struct Csv {
    #[command(flatten)]
    target: Target,
    /// A file for the accounts
    #[arg(long, value_name = "FILE")]
    accounts: Option<PathBuf>,
    #[command(flatten)]
    moment: MomentArgs,
}

/// Write accounts, templates, entries, settings and limit groups, which `dianfu import ndjson` reads again
///
/// One line an account, a version of a template, an entry with all its legs, an account's settings, a limit group; the
/// last line says how many there are. What is not history of money stays with the book: closings, rates, the set-up of
/// currencies. `dianfu export archive` has every row.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu export ndjson -o book.ndjson
  dianfu export ndjson | jq -c 'select(.entry.kind == \"hold\")'")]
pub struct Ndjson {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    moment: MomentArgs,
}

/// Write the whole journal as it is, for `dianfu verify --archive` to check without a database
///
/// Every row of every table of the journal in the bytes that its hashes cover, as one snapshot has it. Keep it with a
/// tip of the book: together they show what the books were.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu export archive -o main-2026-06-30.dianfu
  dianfu verify --archive main-2026-06-30.dianfu")]
pub struct Archive {
    #[command(flatten)]
    target: Target,
}

impl Export {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let clients = [desk.client().await?, desk.client().await?];
        match self {
            Export::Hledger(Hledger { target, moment }) => {
                let moment = moment.moment();
                target.write(async |out, bar| Ok(export::hledger(clients, moment, out, bar).await?)).await?;
            }
            Export::Beancount(Beancount { target, moment }) => {
                let (book, moment) = (desk.book(), moment.moment());
                target.write(async |out, bar| Ok(export::beancount(clients, book, moment, out, bar).await?)).await?;
            }
            Export::Csv(csv) => csv.run(clients).await?,
            Export::Xlsx(workbook) => workbook.run(desk, clients).await?,
            Export::Parquet(lake) => lake.run(desk).await?,
            Export::Ndjson(Ndjson { target, moment }) => {
                let (book, moment) = (desk.book(), moment.moment());
                target.write(async |out, bar| Ok(export::ndjson(clients, book, moment, out, bar).await?)).await?;
            }
            Export::Archive(Archive { target }) => {
                let mut client = desk.client().await?;
                let (client, book) = (&mut **client, desk.book().as_str());
                target.write(async |out, bar| Ok(archive::write(client, book, out, bar).await?)).await?;
            }
        }
        Ok(Answer::Yes)
    }
}

impl Csv {
    async fn run(&self, clients: [Client; 2]) -> anyhow::Result<()> {
        let moment = self.moment.moment();
        if let Some(path) = &self.accounts {
            let unsaid = whole_file(path, async |out| {
                let unsaid = export::accounts_csv(&**clients[0], moment, out).await?;
                Ok(unsaid)
            })
            .await?;
            note(&format!("the accounts are in {}", path.display()));
            if unsaid != Unsaid::default() {
                let Unsaid { closed, metadata } = unsaid;
                note(&format!("not in it: that {closed} accounts are closed or frozen, the metadata of {metadata}"));
            }
        }
        self.target.write(async |out, bar| Ok(export::csv(clients, moment, out, bar).await?)).await?;
        Ok(())
    }
}
