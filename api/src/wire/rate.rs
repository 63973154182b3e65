//! Exchange rates as they come and as they are shown.

use std::str::FromStr;

use dianfu_ledger::money::Currency;
use dianfu_ledger::rate::sheet::SheetFault;
use dianfu_ledger::rate::{
    NewRate, Pair, Quotation, RateFault, RateKind, RateMissing, RateValue, RateView, Recorded, Rule,
};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::time;
use crate::problem::Violation;

/// Rates to be put on record, all or none. One of a pair, kind and day that has one already is a correction: the
/// earlier one stays on record.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewRates)]
pub struct NewRatesBody {
    /// One or more.
    pub rates: Vec<NewRateBody>,
    /// Why, for the record.
    #[schema(example = "Daily fixing")]
    pub reason: String,
    /// Only say what would become of them.
    #[serde(default)]
    pub dry_run: bool,
}

/// A rate to be put on record.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewRate)]
pub struct NewRateBody {
    /// The currency that is priced, and the one in which it is.
    #[schema(example = "USD/CNY")]
    pair: String,
    /// The day.
    #[serde(deserialize_with = "time::that_day")]
    #[schema(value_type = String, format = Date, example = "2026-04-30")]
    date: Date,
    /// `spot`, `closing`, `average`, or another word; `spot` if left out.
    #[serde(default)]
    #[schema(example = "closing")]
    kind: Option<String>,
    /// Units of the second currency for one of the first: a decimal above zero, at most 18 digits, 12 of them decimals.
    #[schema(example = "7.1234")]
    rate: String,
    /// Who publishes it.
    #[schema(example = "PBOC")]
    source: String,
}

impl NewRateBody {
    /// Reads it; what is wrong, at its field below `place`.
    pub fn into_rate(self, place: &str) -> Result<NewRate, Violation> {
        let at = |fault: RateFault| of_fault(&fault, &format!("{place}/{}", fault.field));
        Ok(NewRate {
            pair: self.pair.parse().map_err(|fault: RateFault| of_fault(&fault, &format!("{place}/pair")))?,
            date: self.date,
            kind: self.kind.as_deref().map_or(Ok(RateKind::spot()), RateKind::from_str).map_err(at)?,
            value: RateValue::parse(&self.rate).map_err(at)?,
            source: self.source,
        })
    }
}

/// What is wrong with a rate, at a place.
pub fn of_fault(fault: &RateFault, pointer: &str) -> Violation {
    Violation::at(fault.code, pointer, fault.to_string()).expected(fault.expected.as_str(), fault.actual.as_str())
}

/// What is wrong with a file of rates, at its line and column.
pub fn of_sheet_fault(fault: &SheetFault) -> Violation {
    let column = fault.column.as_ref().map(|column| format!("/{column}")).unwrap_or_default();
    Violation::at(fault.code, format!("/lines/{}{column}", fault.line), fault.to_string())
        .expected(fault.expected.as_str(), fault.actual.as_str())
}

/// That there is no rate, at the field that asks for it.
pub fn of_missing(missing: &RateMissing, pointer: &str) -> Violation {
    let RateMissing { pair, date, kind, nearest, .. } = missing;
    let actual = nearest.map_or_else(|| "none".to_owned(), |nearest| format!("the nearest is of {nearest}"));
    Violation::at(RateMissing::CODE, pointer, missing.to_string()).expected(format!("{pair} {kind} {date}"), actual)
}

/// How many rates were put on record.
#[derive(Serialize, ToSchema)]
#[schema(as = RecordedRates)]
pub struct RecordedRatesBody {
    /// Days that had none of the pair and kind.
    new: usize,
    /// Days that had another.
    corrected: usize,
    /// Days that had the same from the same source: nothing was recorded for them.
    unchanged: usize,
    /// Nothing was recorded: this is what would have been.
    dry_run: bool,
}

impl RecordedRatesBody {
    /// Of a loading, or of its rehearsal.
    pub fn new(Recorded { new, corrected, unchanged }: Recorded, dry_run: bool) -> RecordedRatesBody {
        RecordedRatesBody { new, corrected, unchanged, dry_run }
    }
}

/// A rate on record.
#[derive(Serialize, ToSchema)]
#[schema(as = Rate)]
pub struct RateBody {
    #[schema(example = "USD/CNY")]
    pair: String,
    #[schema(value_type = String, format = Date)]
    date: Date,
    #[schema(example = "closing")]
    kind: String,
    #[schema(example = "7.1234")]
    rate: String,
    #[schema(example = "PBOC")]
    source: String,
    /// Its number in the register.
    record: i64,
    /// When it was recorded.
    #[schema(value_type = String, format = DateTime)]
    recorded_at: Timestamp,
    /// Who recorded it.
    actor: String,
    /// Why.
    reason: String,
}

impl From<RateView> for RateBody {
    fn from(RateView { rate, register_no, recorded_at, actor, reason }: RateView) -> RateBody {
        RateBody {
            pair: rate.pair.to_string(),
            date: rate.date,
            kind: rate.kind.to_string(),
            rate: rate.value.to_string(),
            source: rate.source,
            record: register_no,
            recorded_at,
            actor,
            reason,
        }
    }
}

/// Rates by pair, kind and day.
#[derive(Serialize, ToSchema)]
#[schema(as = RatePage)]
pub struct RatePageBody {
    /// The rates in force at the time asked for.
    pub rates: Vec<RateBody>,
    /// The cursor of the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next: Option<String>,
}

impl RatePageBody {
    /// A page that was asked to have `limit` rates.
    pub fn new(rates: Vec<RateView>, limit: u16) -> RatePageBody {
        let is_full = rates.len() == usize::from(limit);
        let next = rates.last().filter(|_| is_full).map(|last| last.rate.name());
        RatePageBody { rates: rates.into_iter().map(RateBody::from).collect(), next }
    }
}

/// A rate that is used, and how.
#[derive(Serialize, ToSchema)]
#[schema(as = RateStep)]
struct StepBody {
    /// Whether it is used the other way round.
    inverted: bool,
    #[serde(flatten)]
    rate: RateBody,
}

/// What a unit of one currency is worth in another.
#[derive(Serialize, ToSchema)]
#[schema(as = Quotation)]
pub struct QuotationBody {
    #[schema(value_type = String, example = "USD")]
    base: Currency,
    #[schema(value_type = String, example = "CNY")]
    quote: Currency,
    /// The day asked for.
    #[schema(value_type = String, format = Date)]
    date: Date,
    /// In words: every rate on record that it is made of.
    #[schema(example = "USD/CNY 7.1234 closing 2026-04-30")]
    rate: String,
    /// The exact fraction: units of the quote are numerator over denominator.
    #[schema(example = "35617")]
    numerator: String,
    #[schema(example = "5000")]
    denominator: String,
    /// The rates on record that it is made of: two for a cross rate.
    steps: Vec<StepBody>,
}

impl From<Quotation> for QuotationBody {
    fn from(quotation: Quotation) -> QuotationBody {
        let words = quotation.words();
        let steps = quotation.steps.into_iter();
        QuotationBody {
            base: quotation.base,
            quote: quotation.quote,
            date: quotation.date,
            rate: words,
            numerator: quotation.ratio.numerator().to_string(),
            denominator: quotation.ratio.denominator().to_string(),
            steps: steps.map(|step| StepBody { inverted: step.inverted, rate: step.rate.into() }).collect(),
        }
    }
}

/// What may stand in for a rate of the very pair and day, as it is asked for.
pub struct AskedRule {
    /// The kind; one that depends on the question if left out.
    pub kind: Option<String>,
    /// Days before.
    pub max_age: u16,
    /// The other way round.
    pub inverse: bool,
    /// Over another currency.
    pub via: Option<String>,
}

impl AskedRule {
    /// Reads it; what is wrong, at its field below `place`.
    pub fn read(self, or: RateKind, place: &str) -> Result<Rule, Violation> {
        let kind = self.kind.as_deref().map_or(Ok(or), RateKind::from_str);
        let kind = kind.map_err(|fault| of_fault(&fault, &format!("{place}/rate_kind")))?;
        let via = self.via.as_deref().map(|code| currency(code, &format!("{place}/via"))).transpose()?;
        Ok(Rule { kind, max_age_days: self.max_age, inverse: self.inverse, via })
    }
}

/// Reads a currency at a place.
pub fn currency(code: &str, pointer: &str) -> Result<Currency, Violation> {
    code.parse().map_err(|_| of_fault(&RateFault::currency("currency", code), pointer))
}

/// Reads a pair at a place.
pub fn pair(text: &str, pointer: &str) -> Result<Pair, Violation> {
    text.parse().map_err(|fault: RateFault| of_fault(&fault, pointer))
}
