//! Exchange rates: how many units of one currency a unit of another is worth on a day.
//!
//! A rate is a row of the [`register`](crate::register) under the name `USD/CNY spot 2026-04-30`: the register is
//! append-only and chained by hash, so that `verify` covers rates without knowing of them, and a look-up is one probe
//! of its index, also for "the last day at most N days before". A daily table of fifty pairs in three kinds takes about
//! fifteen megabytes a year. A later row of the same name is a correction: both stay on record, and who asks for what
//! was known at an earlier time gets the earlier one.
//!
//! A rate is an exact decimal ([`RateValue`]), what is worked out of rates an exact fraction ([`Ratio`]); only
//! [`convert`] rounds, once, through [`money`](crate::money). The kind of a rate (`spot`, `closing`, `average`, or
//! another word) is data.
//!
//! Reading order: [`value`], [`fault`], [`quotation`] (pure), [`sheet`] (CSV, pure), [`table`].

pub mod fault;
pub mod quotation;
pub mod sheet;
pub mod sql;
pub mod table;
pub mod value;

pub use fault::{RateFault, RateMissing};
pub use quotation::{Quotation, Rule, Step};
pub use table::{RateOutcome, RateView, Recorded};
pub use value::{Pair, RateKind, RateValue, Ratio, convert};

use jiff::civil::Date;

/// The kind under which the register keeps rates.
pub const KIND: &str = "rate";
/// The most rates that one loading takes.
pub const RATES_MAX: usize = 100_000;

/// A rate to be put on record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewRate {
    /// What is priced, and in what.
    pub pair: Pair,
    /// The day.
    pub date: Date,
    /// `spot`, `closing`, `average` or another word.
    pub kind: RateKind,
    /// Units of the quote currency for one unit of the base.
    pub value: RateValue,
    /// Who publishes it.
    pub source: String,
}

impl NewRate {
    /// Its name in the register; names of one pair and kind sort by day.
    pub fn name(&self) -> String {
        name(self.pair, &self.kind, self.date)
    }
}

fn name(pair: Pair, kind: &RateKind, date: Date) -> String {
    format!("{pair} {kind} {date}")
}
