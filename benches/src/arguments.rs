//! What can be asked for on the command line.

use std::path::PathBuf;

use clap::{Parser, Subcommand};

use crate::runs::two_processes;
use crate::workload::Workload;
use crate::workload::size::Wish;

/// Measures posting, beside the floor and two plain ways; or reading, beside its targets.
///
/// Every workload gets a book of its own, which is verified afterwards and dropped. Without a database URL all of it is
/// on a durable private server in a temporary folder, which is removed at the end.
#[derive(Parser)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of the command line")]
#[command(bin_name = "./run bench", after_help = HELP)]
pub struct Args {
    /// Which workloads, in order [default: all]
    #[arg(long, value_name = "NAMES", value_delimiter = ',', default_values_t = Workload::ALL,
        hide_default_value = true)]
    pub workload: Vec<Workload>,
    /// Measure reading instead: balances, statements, reports, verify, export and import, beside their targets
    #[arg(long, conflicts_with_all = ["workload", "callers"])]
    pub reports: bool,
    /// Measure what each part of posting costs: U again without one after the other
    #[arg(long, conflicts_with_all = ["workload", "callers", "reports", "page"])]
    pub parts: bool,
    /// Entries of a workload in batches, of which single entries take a part [default: 90,000 to 6,000,000, by
    /// workload; 10,000,000 for reports]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(100..))]
    pub entries: Option<u32>,
    /// Accounts that entries are spread over [default: 10,000; 100,000 for Z and for reports;
    /// 1,000 patients for CLAIMS]
    #[arg(long, value_name = "NUMBER", value_parser = clap::value_parser!(u32).range(2..))]
    pub accounts: Option<u32>,
    /// Concurrent callers of S, a line for each
    #[arg(long, value_name = "NUMBERS", value_delimiter = ',', default_values_t = [1, 64, 1_024],
        value_parser = clap::value_parser!(u32).range(1..=65_536))]
    pub callers: Vec<u32>,
    /// A short run that shows that everything works; its figures say little
    #[arg(long, global = true)]
    pub quick: bool,
    /// One JSON object a line on standard output, and nothing else there
    #[arg(long, global = true)]
    pub json: bool,
    /// Writes a page of charts and all figures, too: one HTML file that needs nothing else
    #[arg(long, value_name = "FILE", conflicts_with = "reports")]
    pub page: Option<PathBuf>,
    /// Makes the page of lines that --json has printed, instead of measuring
    #[arg(long, value_name = "LINES", requires = "page", conflicts_with_all = ["json", "workload", "quick"])]
    pub from: Option<PathBuf>,
    /// A server to measure instead of a private one; the user must be allowed to create schemas and roles
    #[arg(long, env = "DATABASE_URL", hide_env_values = true)]
    pub database_url: Option<String>,
    #[command(subcommand)]
    pub command: Option<Command>,
}

/// What is measured beside workloads, and what the program starts itself with.
#[derive(Subcommand)]
pub enum Command {
    /// Measures claims: one decision before money moves, transitions, whole lives; beside U and its floor.
    #[command(name = "claims")]
    Claims,
    /// Posts beside the process that started it.
    #[command(name = two_processes::COMMAND, hide = true)]
    PostBeside {
        /// What to post, as JSON.
        orders: String,
    },
}

impl Args {
    /// The server that was named; set to nothing is not set.
    pub fn url(&self) -> Option<&str> {
        self.database_url.as_deref().filter(|url| !url.is_empty())
    }

    /// The workloads that are run.
    pub fn workloads(&self) -> &[Workload] {
        match self.command {
            Some(Command::Claims) => &[Workload::Uniform, Workload::Claims, Workload::Lives],
            _ => &self.workload,
        }
    }

    /// What was said about sizes.
    pub fn wish(&self) -> Wish {
        Wish { entries: count(self.entries), accounts: count(self.accounts), quick: self.quick }
    }
}

/// A number of the command line as a count.
pub fn count(number: Option<u32>) -> Option<usize> {
    number.map(|number| usize::try_from(number).expect("32 bits fit"))
}

const HELP: &str = "\
Workloads:
  U       two of 10,000 accounts, batches of 8,000
  H       one account, with an exact limit, on every entry
  Z       Zipf's law over 100,000 accounts that may not be overdrawn: some
          entries are refused
  S       single entries, from 1, 64 and 1,024 callers in this process
  P       holds, then captures of them
  R       five of a hundred entries again, and one with other content
  B       five of a hundred entries on days long past; then a trial balance
          as of a past day
  G       growth: the rate of each million; start-up and memory after the
          first and the last
  2B      two books at once in one process, beside one book
  2P      two processes on one book, beside one process
  HTTP    single entries over 256 connections to the real server
  NDJSON  streams of entries to the real server, every outcome read
  CLAIMS  claims from submission to decision, 500 a request: transitions a
          second, of all twelve steps
  LIVES   whole lives of claims, 500 at a time: the twelve steps, the payout,
          the insurer's cash and remittance, closed: claims a second
  REMIT   files of 1,000 remittance lines, recorded, matched and posted behind
          their cash: lines a second

Examples:
  ./run bench                         all, in some minutes
  ./run bench --quick                 all, small: does everything work?
  ./run bench --workload U,H          two of them
  ./run bench --workload S --callers 256
  ./run bench --workload G --entries 50000000
                                      the whole growth: some 25 GB of disk
  ./run bench --json > lines.jsonl    every figure, one workload a line
  ./run bench --page bench.html       a page of charts and figures, too
  ./run bench --from lines.jsonl --page bench.html
                                      the page of lines printed earlier
  ./run bench --reports --quick       reading a small book
  ./run bench claims                  deciding on claims, transitions, lives
  ./run bench --parts                 what checks, indexes and sealing cost

How to read it:
  The floor is the same bytes by COPY into tables without indexes or checks,
  on one connection. The plain ways do what most ledgers in SQL do: row lock
  is a transaction an entry, function is one PL/pgSQL function a batch.
  us, server, load and idle are processor time an entry: of the process that
  posts, of the database, of the load program where that is another process,
  and what was left. made is what making up an entry takes, measured alone.
  A run fails if a book does not verify or an outcome is not what it must be,
  never because of a figure.";
