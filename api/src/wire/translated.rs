//! Reports in one currency, as they are shown.

use dianfu_ledger::money::{Currency, decimal_text};
use dianfu_ledger::rate::{RateKind, Rule};
use dianfu_ledger::report::translate::{Presentation, Translatable, TranslatedLine, TranslatedReport};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::rate::AskedRule;
use crate::problem::Violation;
use crate::sheet::{Listed, listed};

/// Which report.
#[derive(Clone, Copy, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
#[schema(as = TranslatedReportName)]
pub enum Name {
    /// Every account.
    TrialBalance,
    /// Assets, liabilities and equity.
    BalanceSheet,
    /// Income and expenses.
    IncomeStatement,
}

impl From<Name> for Translatable {
    fn from(name: Name) -> Translatable {
        match name {
            Name::TrialBalance => Translatable::TrialBalance,
            Name::BalanceSheet => Translatable::BalanceSheet,
            Name::IncomeStatement => Translatable::IncomeStatement,
        }
    }
}

/// In what, and at which rates, as it is asked for.
pub fn presentation(currency: Currency, balances: AskedRule, results: Option<&str>) -> Result<Presentation, Violation> {
    let balances = balances.read(RateKind::closing(), "/query")?;
    let results = AskedRule { kind: results.map(str::to_owned), max_age: 0, inverse: false, via: None };
    let kind = results.read(RateKind::average(), "/query")?.kind;
    Ok(Presentation { currency, results: Rule { kind, ..balances.clone() }, balances })
}

/// A line of a translated report. Amounts are positive for a debit.
#[derive(Serialize, ToSchema)]
#[schema(as = TranslatedLine)]
pub struct LineBody {
    /// What it stands for.
    #[schema(example = "asset")]
    r#type: &'static str,
    /// The account; empty for a line that is none.
    account: String,
    name: String,
    /// What stands there in the books.
    original: Option<String>,
    #[schema(value_type = Option<String>, example = "USD")]
    original_currency: Option<Currency>,
    /// The rate, its kind and its day; empty for what is in the currency already.
    #[schema(example = "USD/CNY 7.1234 closing 2026-04-30")]
    rate: String,
    /// What that is in the one currency.
    amount: String,
}

/// A report in one currency.
#[derive(Serialize, ToSchema)]
#[schema(as = TranslatedReport)]
pub struct TranslatedBody {
    /// The one currency.
    #[schema(value_type = String, example = "CNY")]
    currency: Currency,
    #[schema(value_type = Option<String>, format = Date)]
    from: Option<Date>,
    /// The last effective date that counts; null for all.
    #[schema(value_type = Option<String>, format = Date)]
    as_of: Option<Date>,
    /// The day of the rates.
    #[schema(value_type = String, format = Date)]
    rates_of: Date,
    /// When all of it was known, the rates too: ask with it for the same answer again.
    #[schema(value_type = String, format = DateTime)]
    known_at: Timestamp,
    /// By type and account; at the end what the rates of results and balances leave, and what rounding does.
    lines: Vec<LineBody>,
    /// All lines: zero in a trial balance and a balance sheet, the result in an income statement.
    total: String,
}

listed!(TranslatedBody, lines: LineBody);

impl From<TranslatedReport> for TranslatedBody {
    fn from(TranslatedReport { report, from, as_of, rates_of, known_at }: TranslatedReport) -> TranslatedBody {
        let currency = report.currency;
        let mut lines: Vec<LineBody> = report.lines.into_iter().map(|line| translated(line, currency)).collect();
        for (r#type, name, minor) in [
            ("translation_difference", "Results at both rates", report.translation_minor),
            ("rounding_difference", "Lines in whole minor units", report.rounding_minor),
        ] {
            lines.push(LineBody {
                r#type,
                account: String::new(),
                name: name.to_owned(),
                original: None,
                original_currency: None,
                rate: String::new(),
                amount: decimal_text(minor, currency),
            });
        }
        let total = decimal_text(report.total_minor, currency);
        TranslatedBody { currency, from, as_of, rates_of, known_at, lines, total }
    }
}

fn translated(line: TranslatedLine, into: Currency) -> LineBody {
    let original = line.original;
    LineBody {
        r#type: original.account_type.word(),
        account: original.account,
        name: original.name,
        original: Some(decimal_text(original.minor, original.currency)),
        original_currency: Some(original.currency),
        rate: line.rate.words(),
        amount: decimal_text(line.translated_minor, into),
    }
}
