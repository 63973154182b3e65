//! `dianfu fx report`: a report in one currency.

use clap::{Args, ValueEnum};
use dianfu_api::report::translated::Translated;
use dianfu_ledger::money::Currency;
use dianfu_ledger::rate::{RateKind, Rule};
use dianfu_ledger::report::Period;
use dianfu_ledger::report::translate::{Presentation, Translatable};
use jiff::civil::Date;

use crate::cli::arguments::{MomentArgs, currency, day};
use crate::cli::desk::Desk;
use crate::cli::ending::Answer;
use crate::cli::paper::PaperOutput;
use crate::cli::rate::{RuleArgs, kind};

/// Show a report in one currency
///
/// Balances are translated at closing rates, income and expenses at average rates, or at the kinds you name; the rates
/// are those of the last day. What the two kinds leave, and what rounding does, stand on lines of their own. Amounts
/// are positive for a debit.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu fx report balance-sheet --in CNY --as-of 2026-04-30
  dianfu fx report income-statement --in CNY --from 2026-04-01 --as-of 2026-04-30
  dianfu fx report trial-balance --in USD --as-of 2026-04-30 --result-kind closing --inverse --format csv")]
pub struct Report {
    /// Which report
    #[arg(value_enum)]
    name: Name,
    /// The one currency
    #[arg(long = "in", value_name = "CURRENCY", value_parser = currency)]
    into: Currency,
    #[command(flatten)]
    rule: RuleArgs,
    /// The kind of rate for income and expenses
    #[arg(long, value_name = "WORD", default_value = "average", value_parser = kind)]
    result_kind: RateKind,
    /// The first day of an income statement
    #[arg(long, value_name = "DAY", value_parser = day)]
    from: Option<Date>,
    #[command(flatten)]
    moment: MomentArgs,
    #[command(flatten)]
    output: PaperOutput,
}

#[derive(Clone, Copy, ValueEnum)]
enum Name {
    TrialBalance,
    BalanceSheet,
    IncomeStatement,
}

impl Report {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let report = match self.name {
            Name::TrialBalance => Translatable::TrialBalance,
            Name::BalanceSheet => Translatable::BalanceSheet,
            Name::IncomeStatement => Translatable::IncomeStatement,
        };
        let balances = self.rule.rule(RateKind::closing());
        let results = Rule { kind: self.result_kind.clone(), ..balances.clone() };
        let presentation = Presentation { currency: self.into, balances, results };
        let period = Period { from: self.from, moment: self.moment.moment() };
        self.output.print(desk, Translated { report, period, presentation }).await
    }
}
