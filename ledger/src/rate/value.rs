//! Pairs, kinds, rates as exact decimals, and fractions of them. Pure.

use std::fmt;
use std::str::FromStr;

use jiff::civil::Date;

use super::RateFault;
use crate::money::{Currency, share_of_sum};

/// The most digits of a rate, leading zeros not counted.
pub const DIGITS_MAX: usize = 18;
/// The most decimals of a rate.
pub const DECIMALS_MAX: usize = 12;
/// The longest kind, in bytes.
const KIND_BYTES_MAX: usize = 32;

/// Two currencies: a unit of the base is worth some units of the quote.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct Pair {
    /// What is priced.
    pub base: Currency,
    /// In what it is priced.
    pub quote: Currency,
}

impl Pair {
    /// A pair of two currencies.
    pub fn new(base: Currency, quote: Currency) -> Result<Pair, RateFault> {
        if base == quote { Err(RateFault::same_currency("quote", base)) } else { Ok(Pair { base, quote }) }
    }

    /// The other way round.
    #[must_use]
    pub fn inverse(self) -> Pair {
        Pair { base: self.quote, quote: self.base }
    }
}

impl fmt::Display for Pair {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.base, self.quote)
    }
}

impl FromStr for Pair {
    type Err = RateFault;

    fn from_str(text: &str) -> Result<Pair, RateFault> {
        let (base, quote) = text.split_once('/').unwrap_or((text, ""));
        let currency = |text: &str| Currency::from_str(text).map_err(|_| RateFault::currency("pair", text));
        Pair::new(currency(base)?, currency(quote)?)
    }
}

/// What a rate is for: a word.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct RateKind(String);

impl RateKind {
    /// At which money changes hands on a day.
    pub fn spot() -> RateKind {
        RateKind("spot".to_owned())
    }

    /// At which balances are valued at the end of a day.
    pub fn closing() -> RateKind {
        RateKind("closing".to_owned())
    }

    /// At which what a period has brought is valued; its day is the last of the period.
    pub fn average() -> RateKind {
        RateKind("average".to_owned())
    }

    /// The word.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RateKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for RateKind {
    type Err = RateFault;

    fn from_str(text: &str) -> Result<RateKind, RateFault> {
        let is_word = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
        let is_kind = (1..=KIND_BYTES_MAX).contains(&text.len()) && text.bytes().all(is_word);
        if is_kind { Ok(RateKind(text.to_owned())) } else { Err(RateFault::kind(text)) }
    }
}

/// A day that a rate may have: names in the register have four digits of a year.
pub fn check_date(date: Date) -> Result<Date, RateFault> {
    if (1..=9999).contains(&date.year()) { Ok(date) } else { Err(RateFault::date(&date.to_string())) }
}

/// A rate: an exact decimal above zero, without zeros at its end.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct RateValue {
    digits: i64,
    decimals: u32,
}

impl RateValue {
    /// Reads a decimal such as `7.1234`; refuses what is not above zero and what has more digits than are kept.
    pub fn parse(text: &str) -> Result<RateValue, RateFault> {
        let unsigned = text.strip_prefix('-').unwrap_or(text);
        let (whole, fraction) = unsigned.split_once('.').unwrap_or((unsigned, "0"));
        let are_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
        if !are_digits(whole) || !are_digits(fraction) {
            return Err(RateFault::malformed(text));
        }
        let fraction = fraction.trim_end_matches('0');
        let digits = format!("{whole}{fraction}");
        let digits = digits.trim_start_matches('0');
        if digits.is_empty() || unsigned.len() < text.len() {
            return Err(RateFault::not_positive(text));
        }
        if digits.len() > DIGITS_MAX || fraction.len() > DECIMALS_MAX {
            return Err(RateFault::too_precise(text));
        }
        let digits = digits.parse().map_err(|_| RateFault::too_precise(text))?;
        let decimals = u32::try_from(fraction.len()).map_err(|_| RateFault::too_precise(text))?;
        Ok(RateValue { digits, decimals })
    }

    /// As a fraction.
    pub fn ratio(self) -> Ratio {
        Ratio { numerator: self.digits.into(), denominator: 10_i128.pow(self.decimals) }.reduced()
    }
}

impl fmt::Display for RateValue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let decimals = self.decimals as usize;
        let digits = format!("{:0>width$}", self.digits, width = decimals + 1);
        let (whole, fraction) = digits.split_at(digits.len() - decimals);
        let point = if decimals == 0 { "" } else { "." };
        write!(f, "{whole}{point}{fraction}")
    }
}

/// An exact fraction above zero: units of one currency for a unit of another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Ratio {
    numerator: i128,
    denominator: i128,
}

impl Ratio {
    /// One for one.
    pub const ONE: Ratio = Ratio { numerator: 1, denominator: 1 };

    /// What stands above the line; without a common divisor with what stands below.
    pub fn numerator(self) -> i128 {
        self.numerator
    }

    /// What stands below the line.
    pub fn denominator(self) -> i128 {
        self.denominator
    }

    /// The other way round.
    #[must_use]
    pub fn inverse(self) -> Ratio {
        Ratio { numerator: self.denominator, denominator: self.numerator }
    }

    /// One after the other; `None` if the fraction does not fit.
    pub fn then(self, next: Ratio) -> Option<Ratio> {
        let numerator = self.numerator.checked_mul(next.numerator)?;
        let denominator = self.denominator.checked_mul(next.denominator)?;
        Some(Ratio { numerator, denominator }.reduced())
    }

    fn reduced(self) -> Ratio {
        let (mut divisor, mut rest) = (self.numerator, self.denominator);
        while rest != 0 {
            (divisor, rest) = (rest, divisor % rest);
        }
        Ratio { numerator: self.numerator / divisor, denominator: self.denominator / divisor }
    }
}

/// An amount in another currency, rounded half away from zero to a whole minor unit; `None` if it does not fit.
pub fn convert(minor: i128, from: Currency, to: Currency, ratio: Ratio) -> Option<i128> {
    let minor_units = Ratio { numerator: 10_i128.pow(to.decimals()), denominator: 10_i128.pow(from.decimals()) };
    let exact = ratio.then(minor_units.reduced())?;
    share_of_sum(minor, exact.numerator, exact.denominator)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn value(text: &str) -> RateValue {
        RateValue::parse(text).unwrap()
    }

    #[test]
    fn a_rate_is_kept_to_the_last_digit() {
        for (text, shown) in
            [("7.1234", "7.1234"), ("007.10", "7.1"), ("150", "150"), ("0.000000000001", "0.000000000001")]
        {
            assert_eq!(value(text).to_string(), shown);
        }
        for (text, code) in [
            ("0", "rate_not_positive"),
            ("0.000", "rate_not_positive"),
            ("-7.1", "rate_not_positive"),
            ("", "rate_malformed"),
            ("7.", "rate_malformed"),
            (".5", "rate_malformed"),
            ("7,1", "rate_malformed"),
            ("1e3", "rate_malformed"),
            ("--7", "rate_malformed"),
            ("７", "rate_malformed"),
            ("1234567890123456789", "rate_too_many_digits"),
            ("1.0000000000001", "rate_too_many_digits"),
        ] {
            assert_eq!(RateValue::parse(text).unwrap_err().code, code, "{text}");
        }
    }

    #[test]
    fn amounts_are_converted_by_their_minor_units() {
        let currency = |code: &str| code.parse::<Currency>().unwrap();
        let at =
            |minor, from: &str, to: &str, rate: &str| convert(minor, currency(from), currency(to), value(rate).ratio());
        // 100.00 USD at 7.1234 are 712.34 CNY; 1.00 USD at 151.5 are 152 JPY; 1 JPY at 0.0471 is 0.05 CNY.
        assert_eq!(at(10_000, "USD", "CNY", "7.1234"), Some(71_234));
        assert_eq!(at(100, "USD", "JPY", "151.5"), Some(152));
        assert_eq!(at(1, "JPY", "CNY", "0.0471"), Some(5));
        // 1.234 KWD at 23.4567 are 28.9455678 CNY.
        assert_eq!(at(-1_234, "KWD", "CNY", "23.4567"), Some(-2_895));
        assert_eq!(at(i128::MAX, "USD", "CNY", "7.1"), None);
        let back = value("7.1").ratio().inverse();
        assert_eq!(convert(71_000, Currency::CNY, Currency::USD, back), Some(10_000));
    }

    #[test]
    fn pairs_and_kinds_are_words() {
        assert_eq!("USD/CNY".parse::<Pair>().unwrap().inverse().to_string(), "CNY/USD");
        for (pair, code) in [("USD", "currency_unknown"), ("USD/XXX", "currency_unknown"), ("USD/USD", "same_currency")]
        {
            assert_eq!(pair.parse::<Pair>().unwrap_err().code, code);
        }
        assert!("month_end".parse::<RateKind>().is_ok());
        for kind in ["", "Spot", "a b", "abcdefghijklmnopqrstuvwxyz0123456"] {
            assert_eq!(kind.parse::<RateKind>().unwrap_err().code, "rate_kind_malformed");
        }
    }

    proptest! {
        /// There and back again ends within half a unit of the other currency, whatever the rate.
        #[test]
        fn a_fraction_and_its_inverse_are_one(digits in 1..1_000_000_000_000_000_000_i64, decimals in 0..=12_u32) {
            let ratio = RateValue { digits, decimals }.ratio();
            prop_assert_eq!(ratio.then(ratio.inverse()), Some(Ratio::ONE));
        }

        #[test]
        fn what_is_shown_is_read_back(digits in 1..1_000_000_000_000_000_000_i64, decimals in 0..=12_u32) {
            let shown = RateValue { digits, decimals }.to_string();
            let read = value(&shown);
            prop_assert_eq!(read.ratio(), RateValue { digits, decimals }.ratio());
            prop_assert_eq!(value(&read.to_string()), read);
        }
    }
}
