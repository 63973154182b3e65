//! `dianfu export`: the book for other programs.

pub mod target;

use clap::{Args, Subcommand};
use dianfu_ledger::export;
use dianfu_ledger::verify::archive;

use super::arguments::MomentArgs;
use super::desk::Desk;
use super::ending::Answer;
use target::Target;

/// Write the book for other programs
///
/// A file gets its name when it is whole, so that there is never half a file. What is exported at a past moment
/// (`--as-of`, `--known-at`) is the same every time.
#[derive(Subcommand)]
#[command(after_help = "\
Examples:
  dianfu export hledger -o book.journal
  dianfu export ndjson -o book.ndjson")]
pub enum Export {
    Hledger(Hledger),
    Ndjson(Ndjson),
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

/// Write the complete book, which `dianfu import ndjson` reads again
///
/// One line an account, an entry with all its legs, an account's settings, a limit group; the last line says how many
/// there are.
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
        let mut client = desk.client().await?;
        match self {
            Export::Hledger(Hledger { target, moment }) => {
                let moment = moment.moment();
                target.write(async |out, bar| Ok(export::hledger(&**client, moment, out, bar).await?)).await?;
            }
            Export::Ndjson(Ndjson { target, moment }) => {
                let (book, moment) = (desk.book(), moment.moment());
                target.write(async |out, bar| Ok(export::ndjson(&**client, book, moment, out, bar).await?)).await?;
            }
            Export::Archive(Archive { target }) => {
                let (client, book) = (&mut **client, desk.book().as_str());
                target.write(async |out, bar| Ok(archive::write(client, book, out, bar).await?)).await?;
            }
        }
        Ok(Answer::Yes)
    }
}
