//! Registers and proofs, and what differs between two reports.

use clap::Args;
use dianfu_api::report::registers;
use dianfu_ledger::query::Moment;
use dianfu_ledger::report::diff::{DiffAsked, DiffOf};
use jiff::Timestamp;
use jiff::civil::Date;

use super::statements::PeriodArgs;
use crate::cli::arguments::{MomentArgs, day, instant};
use crate::cli::desk::Desk;
use crate::cli::ending::{Answer, No};
use crate::cli::pages::Pages;
use crate::cli::paper::PaperOutput;

/// Show entries that a person posted by hand: under no journal and by no template
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu report manual-journals --from 2026-05-01 --as-of 2026-05-31
  dianfu report manual-journals --format csv")]
pub struct ManualJournals {
    #[command(flatten)]
    period: PeriodArgs,
    #[command(flatten)]
    pages: Pages,
    #[command(flatten)]
    output: PaperOutput,
}

impl ManualJournals {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let question = registers::ManualJournals { period: self.period.period() };
        self.output.print_pages(desk, question, &self.pages).await
    }
}

/// Show entries on the wrong side, or on both sides, of the end of a period
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu report cut-off 2026-05-31
  dianfu report cut-off 2026-05-31 --format html -o cut-off.html")]
pub struct CutOff {
    /// The last day of the period
    #[arg(value_name = "DAY", value_parser = day)]
    period_end: Date,
    #[command(flatten)]
    moment: MomentArgs,
    #[command(flatten)]
    output: PaperOutput,
}

impl CutOff {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let question = registers::CutOff { period_end: self.period_end, moment: self.moment.moment() };
        self.output.print(desk, question).await
    }
}

/// Show what the journal is at a time, in figures to keep: gaps, the chain of hashes, debits and credits
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu report integrity
  dianfu report integrity --known-at 2026-05-31T16:00:00Z --format json")]
pub struct Integrity {
    #[command(flatten)]
    moment: MomentArgs,
    #[command(flatten)]
    output: PaperOutput,
}

impl Integrity {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        self.output.print(desk, registers::Integrity { moment: self.moment.moment() }).await
    }
}

/// Show what differs between a report at one moment and at another, and the entries that explain it
///
/// As CSV, the entries are printed.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu report diff balance-sheet --before-as-of 2026-04-30 --after-as-of 2026-05-31
  dianfu report diff trial-balance --before-known-at 2026-05-31T16:00:00Z
  dianfu report diff income-statement --from 2026-01-01 --before-as-of 2026-04-30 --format json")]
pub struct Diff {
    /// Which report: trial-balance, balance-sheet, income-statement, open-items
    #[arg(value_name = "REPORT", value_parser = diff_of)]
    of: DiffOf,
    /// The first day of an income statement
    #[arg(long, value_name = "DAY", value_parser = day)]
    from: Option<Date>,
    /// The first report: only what is dated up to this day
    #[arg(long, value_name = "DAY", value_parser = day)]
    before_as_of: Option<Date>,
    /// The first report: only what the book knew at this time
    #[arg(long, value_name = "TIME", value_parser = instant)]
    before_known_at: Option<Timestamp>,
    /// The second report: only what is dated up to this day
    #[arg(long, value_name = "DAY", value_parser = day)]
    after_as_of: Option<Date>,
    /// The second report: only what the book knew at this time
    #[arg(long, value_name = "TIME", value_parser = instant)]
    after_known_at: Option<Timestamp>,
    #[command(flatten)]
    pages: Pages,
    #[command(flatten)]
    output: PaperOutput,
}

impl Diff {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        if let Some(from) = self.from.filter(|_| self.of != DiffOf::IncomeStatement) {
            let what = format!("a report of {} begins with the book, not on {from}", self.of.word());
            return Err(No::new(what).next("leave --from out").into());
        }
        let asked = DiffAsked {
            of: self.of,
            from: self.from,
            before: Moment { as_of: self.before_as_of, known_at: self.before_known_at },
            after: Moment { as_of: self.after_as_of, known_at: self.after_known_at },
        };
        self.output.print_pages(desk, registers::Diff { asked }, &self.pages).await
    }
}

fn diff_of(word: &str) -> Result<DiffOf, String> {
    DiffOf::from_word(word).ok_or_else(|| format!("is none of {}", DiffOf::ALL.map(DiffOf::word).join(", ")))
}
