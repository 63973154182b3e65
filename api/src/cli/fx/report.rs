//! `dianfu fx report`: a report in one currency.

use clap::{Args, ValueEnum};
use dianfu_api::wire::translated::TranslatedBody;
use dianfu_ledger::money::Currency;
use dianfu_ledger::rate::{RateKind, Rule};
use dianfu_ledger::report::Period;
use dianfu_ledger::report::translate::{Presentation, Translatable, translated};
use jiff::civil::Date;

use crate::cli::arguments::{MomentArgs, currency, day};
use crate::cli::desk::Desk;
use crate::cli::ending::{Answer, No};
use crate::cli::print::{Column, Output, Sheet};
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
    output: Output,
}

#[derive(Clone, Copy, ValueEnum)]
enum Name {
    TrialBalance,
    BalanceSheet,
    IncomeStatement,
}

const SHEET: Sheet = Sheet {
    above: &["currency", "from", "as_of", "rates_of"],
    rows: "lines",
    columns: &[
        Column::Text("type"),
        Column::Text("account"),
        Column::Text("name"),
        Column::Number("original"),
        Column::Text("original_currency"),
        Column::Text("rate"),
        Column::Number("amount"),
    ],
    totals: None,
    below: &["total", "known_at"],
    empty: "Nothing is posted yet.",
};

impl Report {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let which = match self.name {
            Name::TrialBalance => Translatable::TrialBalance,
            Name::BalanceSheet => Translatable::BalanceSheet,
            Name::IncomeStatement => Translatable::IncomeStatement,
        };
        let balances = self.rule.rule(RateKind::closing());
        let results = Rule { kind: self.result_kind.clone(), ..balances.clone() };
        let presentation = Presentation { currency: self.into, balances, results };
        let client = desk.client().await?;
        let period = Period { from: self.from, moment: self.moment.moment() };
        match translated(&**client, which, period, &presentation).await {
            Ok(Ok(report)) => {
                self.output.print(&TranslatedBody::from(report), &SHEET)?;
                Ok(Answer::Yes)
            }
            Ok(Err(missing)) => Err(No::new(missing.to_string())
                .next("`dianfu rate load` or `rate set` puts it on record; --max-age, --inverse and --via stand in")
                .into()),
            Err(error) if error.code().is_some() => Err(No::new(error.to_string()).into()),
            Err(error) => Err(error.into()),
        }
    }
}
