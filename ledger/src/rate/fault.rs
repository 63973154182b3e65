//! What is wrong with a rate, and what is said where there is none: stable codes, the field, expected and actual.

use std::fmt;

use jiff::civil::Date;

use super::value::{DECIMALS_MAX, DIGITS_MAX};
use super::{Pair, RateKind};
use crate::account::AccountFault;
use crate::chart::fault::quoted;
use crate::money::Currency;

/// What is wrong with one field of a rate.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RateFault {
    /// Stable code, the same at every edge.
    pub code: &'static str,
    /// The field, or the column.
    pub field: &'static str,
    /// What should stand there.
    pub expected: String,
    /// What stands there.
    pub actual: String,
}

impl RateFault {
    pub(crate) fn new(code: &'static str, field: &'static str, expected: impl Into<String>, actual: &str) -> RateFault {
        RateFault { code, field, expected: expected.into(), actual: quoted(actual) }
    }

    pub(super) fn malformed(given: &str) -> RateFault {
        RateFault::new("rate_malformed", "rate", "a decimal such as 7.1234", given)
    }

    pub(super) fn not_positive(given: &str) -> RateFault {
        RateFault::new("rate_not_positive", "rate", "a rate above zero", given)
    }

    pub(super) fn too_precise(given: &str) -> RateFault {
        let expected = format!("at most {DIGITS_MAX} digits, {DECIMALS_MAX} of them decimals");
        RateFault::new("rate_too_many_digits", "rate", expected, given)
    }

    pub(super) fn kind(given: &str) -> RateFault {
        let expected = "1 to 32 small letters, digits and '_', such as spot";
        RateFault::new("rate_kind_malformed", "kind", expected, given)
    }

    pub(super) fn date(given: &str) -> RateFault {
        RateFault::new("date_malformed", "date", "a day such as 2026-04-30", given)
    }

    /// Not a currency.
    pub fn currency(field: &'static str, given: &str) -> RateFault {
        RateFault::new("currency_unknown", field, "an active ISO 4217 currency code, such as CNY", given)
    }

    /// Both sides are one currency.
    pub fn same_currency(field: &'static str, currency: Currency) -> RateFault {
        RateFault::new("same_currency", field, "another currency", currency.code())
    }

    pub(super) fn text(fault: &AccountFault) -> RateFault {
        let expected = "1 to 200 bytes without NUL characters";
        RateFault { actual: fault.to_string(), ..RateFault::new(fault.code(), fault.field(), expected, "") }
    }

    pub(super) fn twice(name: &str) -> RateFault {
        RateFault::new("rate_twice", "date", "one rate a pair, kind and day", name)
    }

    pub(super) fn count(actual: usize, max: usize) -> RateFault {
        RateFault::new("rate_count", "rates", format!("1 to {max} rates"), &actual.to_string())
    }
}

impl fmt::Display for RateFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: expected {}; found {}", self.field, self.expected, self.actual)
    }
}

impl std::error::Error for RateFault {}

/// There is no rate that the rule allows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RateMissing {
    /// The pair that was asked for, or that a cross rate needs.
    pub pair: Pair,
    /// The day.
    pub date: Date,
    /// The kind.
    pub kind: RateKind,
    /// The days before that were allowed.
    pub max_age_days: u16,
    /// The day next to it on which there is such a rate of this pair, either way round.
    pub nearest: Option<Date>,
}

impl RateMissing {
    /// Stable code, the same at every edge.
    pub const CODE: &'static str = "rate_missing";
}

impl fmt::Display for RateMissing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let RateMissing { pair, date, kind, max_age_days, nearest } = self;
        write!(f, "there is no {kind} rate {pair} for {date}")?;
        if *max_age_days > 0 {
            write!(f, " or the {max_age_days} days before")?;
        }
        match nearest {
            Some(nearest) if nearest == date => f.write_str(", only one the other way round"),
            Some(nearest) => write!(f, "; the nearest, either way round, is of {nearest}"),
            None => write!(f, ", nor for any other day"),
        }
    }
}

impl std::error::Error for RateMissing {}
