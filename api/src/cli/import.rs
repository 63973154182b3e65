//! `dianfu import`: accounts and entries from a file, all or nothing.
//!
//! Two passes before anything is posted: the first reads the file and names everything in it that cannot be read; the
//! second rehearses it against the book ([`dianfu_ledger::journal::rehearsal`]) and names everything that the ledger
//! would refuse. If there is any fault, nothing is posted. The third pass posts through
//! [`dianfu_ledger::Ledger::post`], a batch at a time while the next is read.
//!
//! Every entry has an id: its own, or one from what it says ([`dianfu_ledger::import::source`]). So a run that was
//! killed is resumed by running it again, and posts nothing twice. Memory: the ids, the accounts, a few batches; not
//! the file.

mod accounts;
mod format;
mod passes;
mod reading;
mod report;
mod templates;

use std::path::PathBuf;

use clap::{Args, Subcommand};
use dianfu_ledger::import::Format;
use dianfu_ledger::import::names::TypeMap;

use super::desk::Desk;
use super::ending::Answer;
use super::print::Output;

/// Take accounts and entries from a file, all or nothing
///
/// The whole file is checked first, and every fault is named with its line; if there is any, nothing is posted. Running
/// it again after it was interrupted goes on where it was: what is in the book is found by its id, not posted twice. An
/// entry without an id gets one from its source and all that it says, so that of a file that has grown what is new is
/// posted; one that was changed is another entry.
#[derive(Subcommand)]
#[command(after_help = "\
Examples:
  dianfu import ndjson book.ndjson --dry-run
  dianfu import csv postings.csv --accounts accounts.csv
  dianfu import opening-balances balances.csv --date 2025-12-31 --against 3900
  dianfu import hledger book.journal
  dianfu import beancount book.beancount --book copy")]
pub enum Import {
    Ndjson(Ndjson),
    Csv(format::Csv),
    OpeningBalances(format::OpeningBalances),
    Hledger(format::Hledger),
    Beancount(format::Beancount),
}

/// Read what `dianfu export ndjson` writes, or lines written by hand
///
/// One JSON object a line, in it an account, a template, an entry, a setting or a limit group with the fields that the
/// export shows. Settings and limit groups are applied after the last entry; a version of a template that the book
/// lacks is recorded where it stands, and entries keep naming it. Entries are history: their legs are what was moved;
/// an expiry becomes a release, and a hold whose time is over is taken in without it and released at the end, if
/// anything is still held. A late entry stays on the day on which it counted; its value date is not taken in.
///
/// Not in such a file, and to be set up in the new book: closings, rates, the set-up of currencies.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu import ndjson book.ndjson --dry-run
  dianfu export ndjson -o book.ndjson && dianfu book create copy && dianfu import ndjson book.ndjson --book copy")]
pub struct Ndjson {
    #[command(flatten)]
    what: What,
    #[command(flatten)]
    source: SourceArg,
}

/// Which books a file comes from.
#[derive(Args)]
pub struct SourceArg {
    /// The books that the file comes from: the same entry of the same source is one, of another source another one
    #[arg(long, value_name = "NAME", default_value = "file")]
    source: String,
}

/// What is imported, and how.
#[derive(Args)]
pub struct What {
    /// The file; it is read more than once, so it cannot be standard input
    file: PathBuf,
    /// Only check: name every fault, post nothing
    #[arg(long)]
    dry_run: bool,
    /// Open accounts that the file does not describe, of these types by the beginnings of their codes, such as
    /// `1=asset,2=liability`
    #[arg(long, value_name = "PREFIX=TYPE,...", value_parser = type_map)]
    open_accounts: Option<TypeMap>,
    /// Open the accounts of this chart, too: a file as `dianfu account load` reads it. Its limits and parents count
    /// after the last entry
    #[arg(long, value_name = "FILE")]
    accounts: Option<PathBuf>,
    #[command(flatten)]
    output: Output,
}

fn type_map(text: &str) -> Result<TypeMap, String> {
    let wanted = "PREFIX=TYPE; types are asset, liability, equity, income, expense and memo";
    TypeMap::parse(text).map_err(|part| format!("'{part}' is not {wanted}"))
}

impl Import {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let (format, source, what) = match self {
            Import::Ndjson(Ndjson { what, source }) => (Format::Ndjson, source.source.as_str(), what),
            Import::Csv(csv) => csv.format(),
            Import::OpeningBalances(balances) => balances.format(),
            Import::Hledger(hledger) => hledger.format(),
            Import::Beancount(beancount) => beancount.format(),
        };
        passes::import(desk, format, source, what).await
    }
}
