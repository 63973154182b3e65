//! A rate as it was found: the fraction, and every rate on record that went into it. Pure.

use jiff::civil::Date;

use super::{Pair, RateKind, RateView, Ratio};
use crate::money::Currency;

/// What may stand in for a rate of the very pair and day. What did is named in the [`Quotation`].
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rule {
    /// The kind of rate.
    pub kind: RateKind,
    /// A rate of at most so many days before.
    pub max_age_days: u16,
    /// The rate of the pair the other way round.
    pub inverse: bool,
    /// Two rates over this currency.
    pub via: Option<Currency>,
}

impl Rule {
    /// Nothing but the rate of the very pair and day.
    pub fn exact(kind: RateKind) -> Rule {
        Rule { kind, max_age_days: 0, inverse: false, via: None }
    }

    /// The first day that a rate for a day may have.
    pub(super) fn earliest(&self, date: Date) -> Date {
        date.saturating_sub(jiff::Span::new().days(self.max_age_days))
    }
}

/// A rate on record as it is used.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Step {
    /// The rate.
    pub rate: RateView,
    /// Whether it is used the other way round.
    pub inverted: bool,
}

impl Step {
    fn ratio(&self) -> Ratio {
        let ratio = self.rate.rate.value.ratio();
        if self.inverted { ratio.inverse() } else { ratio }
    }
}

/// What a unit of one currency is worth in another.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Quotation {
    /// What is priced.
    pub base: Currency,
    /// In what.
    pub quote: Currency,
    /// The day that was asked for.
    pub date: Date,
    /// Units of the quote for one of the base.
    pub ratio: Ratio,
    /// The rates on record that it is made of: none for a currency in itself, two for a cross rate.
    pub steps: Vec<Step>,
}

impl Quotation {
    /// A currency in itself.
    pub fn same(currency: Currency, date: Date) -> Quotation {
        Quotation { base: currency, quote: currency, date, ratio: Ratio::ONE, steps: Vec::new() }
    }

    /// Made of rates on record, each from where the one before ended; `None` if the fraction does not fit.
    pub fn of(pair: Pair, date: Date, steps: Vec<Step>) -> Option<Quotation> {
        let ratio = steps.iter().try_fold(Ratio::ONE, |ratio, step| ratio.then(step.ratio()))?;
        Some(Quotation { base: pair.base, quote: pair.quote, date, ratio, steps })
    }

    /// In words: `USD/CNY 7.1234 spot 2026-04-30`, with `inverse of` before a rate that is turned round.
    pub fn words(&self) -> String {
        let words = |step: &Step| {
            let rate = &step.rate.rate;
            let inverse = if step.inverted { "inverse of " } else { "" };
            format!("{inverse}{} {} {} {}", rate.pair, rate.value, rate.kind, rate.date)
        };
        self.steps.iter().map(words).collect::<Vec<_>>().join(", ")
    }
}
