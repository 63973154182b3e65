//! `dianfu rate`: exchange rates.

use std::fs;
use std::path::PathBuf;

use anyhow::Context;
use clap::{Args, Subcommand};
use dianfu_api::problem::Violation;
use dianfu_api::wire::rate::{QuotationBody, RateBody, RatePageBody, RecordedRatesBody, of_sheet_fault};
use dianfu_ledger::money::Currency;
use dianfu_ledger::query::PAGE_ROWS_MAX;
use dianfu_ledger::rate::sheet::{self, Defaults};
use dianfu_ledger::rate::table::{self, Filter};
use dianfu_ledger::rate::{NewRate, Pair, RateKind, RateOutcome, RateValue, RateView, Rule};
use dianfu_ledger::register::Signature;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use super::arguments::{currency, day, instant};
use super::desk::Desk;
use super::ending::{Answer, No};
use super::print::{Column, Output, Sheet};

/// Keep exchange rates: set one, load a file, list them, look one up
#[derive(Subcommand)]
#[command(after_help = "\
Examples:
  dianfu rate set USD/CNY 7.1234 --date 2026-04-30 --source PBOC --reason \"Fixing of the day\"
  dianfu rate load april.csv --source PBOC --reason \"Rates of April\"
  dianfu rate list --base USD --from 2026-04-01 --to 2026-04-30
  dianfu rate show EUR/CNY --date 2026-05-03 --max-age 3 --via USD")]
pub enum Rate {
    Set(Set),
    Load(Load),
    List(List),
    Show(Show),
}

/// Set the rate of a pair and day; one that is there already is corrected, and both stay on record
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu rate set USD/CNY 7.1234 --date 2026-04-30 --source PBOC --reason \"Fixing of the day\"
  dianfu rate set USD/CNY 7.15 --date 2026-04-30 --kind average --source PBOC --reason \"Average of April\"")]
pub struct Set {
    /// What is priced and in what: USD/CNY
    #[arg(value_parser = |text: &str| text.parse::<Pair>())]
    pair: Pair,
    /// Units of the second currency for one of the first
    #[arg(value_parser = RateValue::parse, allow_hyphen_values = true)]
    rate: RateValue,
    /// The day
    #[arg(long, value_name = "DAY", value_parser = day)]
    date: Date,
    /// What it is for: spot, closing, average, or another word
    #[arg(long, value_name = "WORD", default_value = "spot", value_parser = kind)]
    kind: RateKind,
    /// Who publishes it
    #[arg(long, value_name = "TEXT")]
    source: String,
    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    reason: String,
    #[command(flatten)]
    output: Output,
}

/// Put the rates of a CSV file on record, all or none
///
/// The first line names the columns: base, quote, date, rate, and if wanted kind and source. What is there already
/// stays as it is; another rate for the same pair, kind and day is a correction. Every fault is named with its line and
/// column; if there is any, nothing is recorded.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu rate load april.csv --source PBOC --reason \"Rates of April\"
  dianfu rate load april.csv --source PBOC --reason \"Rates of April\" --dry-run
  dianfu rate load month-end.csv --kind closing --source ECB --reason \"Month end\"

A file:
  base,quote,date,rate
  USD,CNY,2026-04-29,7.1201
  USD,CNY,2026-04-30,7.1234")]
pub struct Load {
    /// The file
    file: PathBuf,
    /// The kind of lines that name none
    #[arg(long, value_name = "WORD", default_value = "spot", value_parser = kind)]
    kind: RateKind,
    /// The source of lines that name none
    #[arg(long, value_name = "TEXT", default_value = "")]
    source: String,
    /// Why, for the record
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Only check: name every fault, record nothing
    #[arg(long)]
    dry_run: bool,
    #[command(flatten)]
    output: Output,
}

/// List the rates in force
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu rate list --base USD --quote CNY
  dianfu rate list --kind closing --from 2026-01-01 --format csv
  dianfu rate list --known-at 2026-05-01T08:00:00Z")]
pub struct List {
    /// Of this currency only
    #[arg(long, value_parser = currency)]
    base: Option<Currency>,
    /// In this currency only
    #[arg(long, value_parser = currency)]
    quote: Option<Currency>,
    /// Of this kind only
    #[arg(long, value_name = "WORD", value_parser = kind)]
    kind: Option<RateKind>,
    /// From this day on
    #[arg(long, value_name = "DAY", value_parser = day)]
    from: Option<Date>,
    /// Up to this day
    #[arg(long, value_name = "DAY", value_parser = day)]
    to: Option<Date>,
    /// As they were known at this time
    #[arg(long, value_name = "TIME", value_parser = instant)]
    known_at: Option<Timestamp>,
    #[command(flatten)]
    output: Output,
}

/// Look a rate up: of the very pair and day, or what you let stand in for it
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu rate show USD/CNY --date 2026-04-30
  dianfu rate show USD/CNY --date 2026-05-03 --max-age 3
  dianfu rate show EUR/CNY --date 2026-04-30 --inverse --via USD
  dianfu rate show USD/CNY --date 2026-04-30 --history        every correction of it")]
pub struct Show {
    /// What is priced and in what: USD/CNY
    #[arg(value_parser = |text: &str| text.parse::<Pair>())]
    pair: Pair,
    /// The day
    #[arg(long, value_name = "DAY", value_parser = day)]
    date: Date,
    #[command(flatten)]
    rule: RuleArgs,
    /// As it was known at this time
    #[arg(long, value_name = "TIME", value_parser = instant)]
    known_at: Option<Timestamp>,
    /// All that was ever on record for this pair, kind and day; the last is in force
    #[arg(long, conflicts_with_all = ["known_at", "max_age", "inverse", "via"])]
    history: bool,
    #[command(flatten)]
    output: Output,
}

/// What may stand in for a rate of the very pair and day.
#[derive(Args)]
pub struct RuleArgs {
    /// The kind of rate; spot for what happens on a day, closing for what stands at its end
    #[arg(long, value_name = "WORD", value_parser = kind)]
    rate_kind: Option<RateKind>,
    /// If there is none of the day: the last of at most so many days before
    #[arg(long, value_name = "DAYS", default_value = "0")]
    max_age: u16,
    /// If there is none: one of the pair the other way round
    #[arg(long)]
    inverse: bool,
    /// If there is none: two over this currency
    #[arg(long, value_name = "CURRENCY", value_parser = currency)]
    via: Option<Currency>,
}

impl RuleArgs {
    /// The rule.
    pub fn rule(&self, or: RateKind) -> Rule {
        let kind = self.rate_kind.clone().unwrap_or(or);
        Rule { kind, max_age_days: self.max_age, inverse: self.inverse, via: self.via }
    }
}

/// Reads a kind of rate.
pub fn kind(text: &str) -> Result<RateKind, String> {
    text.parse().map_err(|fault: dianfu_ledger::rate::RateFault| fault.to_string())
}

const COLUMNS: &[Column] = &[
    Column::Text("pair"),
    Column::Text("kind"),
    Column::Text("date"),
    Column::Number("rate"),
    Column::Text("source"),
    Column::Number("record"),
    Column::Text("recorded_at"),
    Column::Text("actor"),
    Column::Text("reason"),
];

const RATES: Sheet = Sheet {
    above: &[],
    rows: "rates",
    columns: COLUMNS,
    totals: None,
    below: &["next"],
    empty: "There is no such rate.",
};

const STEPS: Sheet = Sheet {
    above: &["base", "quote", "rate", "numerator", "denominator"],
    rows: "steps",
    columns: &[
        Column::Text("pair"),
        Column::Text("inverted"),
        Column::Text("kind"),
        Column::Text("date"),
        Column::Number("rate"),
        Column::Text("source"),
        Column::Text("recorded_at"),
    ],
    totals: None,
    below: &[],
    empty: "",
};

const FAULTS: Sheet = Sheet {
    above: &[],
    rows: "errors",
    columns: &[Column::Text("pointer"), Column::Text("code"), Column::Text("expected"), Column::Text("actual")],
    totals: None,
    below: &[],
    empty: "",
};

impl Rate {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        match self {
            Rate::Set(set) => set.run(desk).await,
            Rate::Load(load) => load.run(desk).await,
            Rate::List(list) => list.run(desk).await,
            Rate::Show(show) => show.run(desk).await,
        }
    }
}

impl Set {
    async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let Set { pair, date, kind, rate, source, .. } = self;
        let new = NewRate { pair: *pair, date: *date, kind: kind.clone(), value: *rate, source: source.clone() };
        record(desk, &[new], &self.reason, false, &self.output).await
    }
}

#[derive(Serialize)]
struct FaultsBody {
    errors: Vec<Violation>,
}

impl Load {
    async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let bytes = fs::read(&self.file).with_context(|| format!("cannot read {}", self.file.display()))?;
        let defaults = Defaults { kind: self.kind.clone(), source: self.source.clone() };
        match sheet::read(&bytes, &defaults) {
            Ok(rates) => record(desk, &rates, &self.reason, self.dry_run, &self.output).await,
            Err(faults) => {
                let refusal = No::new(format!("the file has {} faults; nothing is recorded", faults.len()));
                self.output.print(&FaultsBody { errors: faults.iter().map(of_sheet_fault).collect() }, &FAULTS)?;
                Err(refusal.into())
            }
        }
    }
}

async fn record(
    desk: &Desk,
    rates: &[NewRate],
    reason: &str,
    dry_run: bool,
    output: &Output,
) -> anyhow::Result<Answer> {
    let actor = Desk::actor();
    match desk.ledger().await?.record_rates(rates, Signature::of(&actor, reason), !dry_run).await? {
        RateOutcome::Recorded(recorded) => {
            let fields = &["new", "corrected", "unchanged", "dry_run"];
            output.print_one(&RecordedRatesBody::new(recorded, dry_run), fields)?;
            Ok(Answer::Yes)
        }
        RateOutcome::Refused(_, fault) => Err(No::new(fault.to_string()).into()),
    }
}

impl List {
    async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let client = desk.client().await?;
        let mut filter = Filter {
            base: self.base,
            quote: self.quote,
            kind: self.kind.clone(),
            from: self.from,
            to: self.to,
            known_at: self.known_at,
            after: String::new(),
        };
        let mut rates: Vec<RateView> = Vec::new();
        loop {
            let page = table::list(&**client, &filter, PAGE_ROWS_MAX).await?;
            let is_full = page.len() == usize::from(PAGE_ROWS_MAX);
            filter.after = page.last().map(|last| last.rate.name()).unwrap_or_default();
            rates.extend(page);
            if !is_full {
                break;
            }
        }
        print_rates(rates, &self.output)
    }
}

fn print_rates(rates: Vec<RateView>, output: &Output) -> anyhow::Result<Answer> {
    let page = RatePageBody { rates: rates.into_iter().map(RateBody::from).collect(), next: None };
    output.print(&page, &RATES)?;
    Ok(Answer::Yes)
}

impl Show {
    async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let client = desk.client().await?;
        let rule = self.rule.rule(RateKind::spot());
        if self.history {
            return print_rates(table::history(&**client, self.pair, &rule.kind, self.date).await?, &self.output);
        }
        match table::look_up(&**client, self.pair, self.date, &rule, self.known_at).await? {
            Ok(quotation) => {
                self.output.print(&QuotationBody::from(quotation), &STEPS)?;
                Ok(Answer::Yes)
            }
            Err(missing) => Err(No::new(missing.to_string())
                .next("`dianfu rate list` shows what there is; --max-age, --inverse and --via let others stand in")
                .into()),
        }
    }
}
