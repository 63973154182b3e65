//! Exact money: integer minor units with an ISO 4217 currency.
//!
//! Outside, an amount is a decimal string (`"15200.00"`); inside, it is an `i64` count of minor units (fen, cents).
//! Parsing refuses what it cannot hold exactly: excess decimals, exponents, signs where none belong, numbers beyond
//! `i64`. Arithmetic is checked. The one place that rounds stands behind [`share_of`]
//! and [`share_of_sum`]; [`split`] divides to the last unit.

use std::fmt::{self, Write as _};
use std::str::FromStr;

use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// An active ISO 4217 currency that has minor units.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Currency(iso_currency::Currency);

impl Currency {
    /// Chinese yuan, the currency of the stories and the starter chart.
    pub const CNY: Currency = Currency(iso_currency::Currency::CNY);
    /// United States dollar, the currency of an X12 835 without a `CUR` segment.
    pub const USD: Currency = Currency(iso_currency::Currency::USD);

    /// Number of decimals of the minor unit: 2 for CNY, 0 for JPY, 3 for KWD.
    pub fn decimals(self) -> u32 {
        self.0.exponent().map_or(0, u32::from)
    }

    /// The three letters of ISO 4217.
    pub fn code(self) -> &'static str {
        self.0.code()
    }
}

impl FromStr for Currency {
    type Err = MoneyError;

    fn from_str(code: &str) -> Result<Self, MoneyError> {
        let known = iso_currency::Currency::from_code(code).filter(|found| found.exponent().is_some());
        known.map(Currency).ok_or_else(|| MoneyError::UnknownCurrency(code.chars().take(16).collect()))
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Currency {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

impl<'de> Deserialize<'de> for Currency {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let code = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        code.parse().map_err(serde::de::Error::custom)
    }
}

/// A signed amount in minor units of one currency. In postings a debit is positive, a credit negative.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Money {
    /// Minor units; debit positive where a side matters.
    pub minor: i64,
    /// The currency the minor units belong to.
    pub currency: Currency,
}

/// Why a text is not an amount. The message says what was given and what was expected.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum MoneyError {
    /// Not an active ISO 4217 code with minor units.
    #[error("'{0}' is not an active ISO 4217 currency code, such as CNY")]
    UnknownCurrency(String),
    /// Not digits with at most one point.
    #[error("'{0}' is not a decimal amount such as 1234.50")]
    NotANumber(String),
    /// More decimals than the currency has.
    #[error("'{given}' has {actual} decimals; {currency} has {expected}")]
    TooManyDecimals {
        /// The text that was given.
        given: String,
        /// The currency it was given in.
        currency: Currency,
        /// Decimals that the currency has.
        expected: u32,
        /// Decimals that the text has.
        actual: u32,
    },
    /// Does not fit in 64 bits of minor units.
    #[error("'{0}' is larger than this ledger can hold (9223372036854775807 minor units)")]
    TooLarge(String),
}

impl MoneyError {
    /// Stable code of the error at every edge.
    pub fn code(&self) -> &'static str {
        match self {
            MoneyError::UnknownCurrency(_) => "currency_unknown",
            MoneyError::NotANumber(_) => "amount_malformed",
            MoneyError::TooManyDecimals { .. } => "amount_too_many_decimals",
            MoneyError::TooLarge(_) => "amount_overflow",
        }
    }
}

impl Money {
    /// An amount of `minor` minor units.
    pub const fn new(minor: i64, currency: Currency) -> Money {
        Money { minor, currency }
    }

    /// Parses a decimal string such as `15200`, `15200.00` or `-3.5`; refuses whatever it cannot hold exactly.
    /// Zeros past the currency's decimals count as excess decimals too: nothing is dropped silently.
    pub fn parse(text: &str, currency: Currency) -> Result<Money, MoneyError> {
        Ok(Money { minor: minor_units(text, currency)?, currency })
    }

    /// The amount as a positive number; 2^63-1 for -2^63, which has no opposite and stands in no journal.
    #[must_use]
    pub fn without_sign(self) -> Money {
        Money { minor: self.minor.saturating_abs(), ..self }
    }

    /// The amount as a decimal string with all the currency's decimals and no grouping: `-1234.50`.
    pub fn to_decimal_string(self) -> String {
        decimal_text(self.minor.into(), self.currency)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.to_decimal_string(), self.currency)
    }
}

/// Room for the text of one amount: 19 digits, sign and point.
const AMOUNT_BYTES: usize = 21;

/// A sum of minor units as a decimal string, like [`Money::to_decimal_string`]; sums of many amounts may be wider than
/// one amount.
pub fn decimal_text(minor: i128, currency: Currency) -> String {
    let decimals = currency.decimals() as usize;
    // At least one digit before the point.
    let width = usize::from(minor < 0) + 1 + decimals;
    let mut text = String::with_capacity(AMOUNT_BYTES);
    write!(text, "{minor:0width$}").expect("a string takes all that is written");
    if decimals > 0 {
        text.insert(text.len() - decimals, '.');
    }
    text
}

fn minor_units(text: &str, currency: Currency) -> Result<i64, MoneyError> {
    let clipped = || text.chars().take(40).collect::<String>();
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    let dangling_point = digits.ends_with('.');
    if whole.is_empty() || dangling_point || !all_digits(whole) || !all_digits(fraction) {
        return Err(MoneyError::NotANumber(clipped()));
    }
    let expected = currency.decimals();
    let actual = u32::try_from(fraction.len()).unwrap_or(u32::MAX);
    if actual > expected {
        return Err(MoneyError::TooManyDecimals { given: clipped(), currency, expected, actual });
    }
    let too_large = || MoneyError::TooLarge(clipped());
    let mut decimal = Decimal::from_str_exact(text).map_err(|_| too_large())?;
    decimal.rescale(expected);
    if decimal.scale() != expected {
        return Err(too_large());
    }
    i64::try_from(decimal.mantissa()).map_err(|_| too_large())
}

/// `part / whole` of `amount`, rounded half away from zero to a whole minor unit. `None` when `whole` is zero or the
/// result does not fit.
///
/// VAT inside a gross fee `f` at rate 6 % is `share_of(f, 6, 106)`; a coinsurance of 20 % is `share_of(x, 20, 100)`.
pub fn share_of(amount_minor: i64, part: i64, whole: i64) -> Option<i64> {
    i64::try_from(rounded(i128::from(amount_minor) * i128::from(part), whole.into())?).ok()
}

/// `amount * numerator / denominator` of sums, rounded as [`share_of`] does; `None` also when the product does not fit.
pub fn share_of_sum(minor: i128, numerator: i128, denominator: i128) -> Option<i128> {
    rounded(minor.checked_mul(numerator)?, denominator)
}

/// `product / whole`, rounded half away from zero: the one place that rounds.
fn rounded(product: i128, whole: i128) -> Option<i128> {
    let (product, whole) = if whole < 0 { (product.checked_neg()?, whole.checked_neg()?) } else { (product, whole) };
    let truncated = product.checked_div(whole)?;
    let cut = (product % whole).abs();
    if cut >= whole - cut { truncated.checked_add(product.signum()) } else { Some(truncated) }
}

/// The amount in one part for each weight, in proportion to the weights, by the largest remainder: every part is its
/// exact share cut to whole minor units, and the units left over go, one each, to the parts that were cut most; among
/// equals the earlier comes first. The parts add up to the amount, and none is a whole unit off its exact share.
///
/// `None` when the amount or a weight is negative, and when no weight is above zero but the amount is.
pub fn split(amount_minor: i64, weights: &[i64]) -> Option<Vec<i64>> {
    if amount_minor < 0 || weights.iter().any(|weight| *weight < 0) {
        return None;
    }
    let total: i128 = weights.iter().copied().map(i128::from).sum();
    if total == 0 {
        return (amount_minor == 0).then(|| vec![0; weights.len()]);
    }
    let products = weights.iter().map(|weight| i128::from(amount_minor) * i128::from(*weight));
    let (mut parts, cut): (Vec<i64>, Vec<i128>) =
        products.map(|product| Some((i64::try_from(product / total).ok()?, product % total))).collect::<Option<_>>()?;
    let handed_out: i128 = parts.iter().copied().map(i128::from).sum();
    let left_over = usize::try_from(i128::from(amount_minor) - handed_out).ok()?;
    let mut most_cut_first: Vec<usize> = (0..parts.len()).collect();
    most_cut_first.sort_by_key(|index| std::cmp::Reverse(cut[*index])); // stable: among equals the earlier
    for index in most_cut_first.into_iter().take(left_over) {
        parts[index] += 1;
    }
    Some(parts)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cny(text: &str) -> Result<i64, MoneyError> {
        Money::parse(text, Currency::CNY).map(|money| money.minor)
    }

    #[test]
    fn parses_exactly_what_it_can_hold() {
        assert_eq!(cny("15200"), Ok(1_520_000));
        assert_eq!(cny("15200.5"), Ok(1_520_050));
        assert_eq!(cny("-0.01"), Ok(-1));
        assert_eq!(cny("92233720368547758.07"), Ok(i64::MAX));
        assert_eq!(cny("-92233720368547758.08"), Ok(i64::MIN));
        assert_eq!(Money::parse("150", "JPY".parse().unwrap()).unwrap().minor, 150);
        assert_eq!(Money::parse("1.234", "KWD".parse().unwrap()).unwrap().minor, 1_234);
    }

    #[test]
    fn refuses_with_a_stable_code() {
        for (text, code) in [
            ("", "amount_malformed"),
            ("-", "amount_malformed"),
            (".5", "amount_malformed"),
            ("5.", "amount_malformed"),
            ("+5", "amount_malformed"),
            ("1e3", "amount_malformed"),
            ("1,000", "amount_malformed"),
            ("１２", "amount_malformed"),
            ("1.234", "amount_too_many_decimals"),
            ("1.200", "amount_too_many_decimals"),
            ("92233720368547758.08", "amount_overflow"),
            ("99999999999999999999999999999999999999", "amount_overflow"),
        ] {
            assert_eq!(cny(text).map_err(|error| error.code()), Err(code), "{text}");
        }
        assert!("XXX".parse::<Currency>().is_err());
        assert!("cny".parse::<Currency>().is_err());
    }

    #[test]
    fn prints_all_decimals_and_reads_them_back() {
        for minor in [0, 1, -1, 99, 100, 1_520_000, i64::MAX, i64::MIN] {
            let money = Money::new(minor, Currency::CNY);
            assert_eq!(Money::parse(&money.to_decimal_string(), Currency::CNY), Ok(money));
        }
        assert_eq!(Money::new(-123_450, Currency::CNY).to_string(), "-1234.50 CNY");
        assert_eq!(Money::new(7, Currency::CNY).to_decimal_string(), "0.07");
    }

    #[test]
    fn sums_print_beyond_one_amount() {
        assert_eq!(decimal_text(i128::MAX, Currency::CNY), "1701411834604692317316873037158841057.27");
        assert_eq!(decimal_text(i128::MIN, Currency::CNY), "-1701411834604692317316873037158841057.28");
        for (minor, code, text) in [(-5, "JPY", "-5"), (0, "JPY", "0"), (5, "KWD", "0.005"), (-7, "CNY", "-0.07")] {
            assert_eq!(decimal_text(minor, code.parse().unwrap()), text);
        }
    }

    #[test]
    fn rounds_in_one_place_half_away_from_zero() {
        assert_eq!(share_of(20_000, 6, 106), Some(1_132));
        assert_eq!(share_of(5, 1, 2), Some(3));
        assert_eq!(share_of(-5, 1, 2), Some(-3));
        assert_eq!(share_of(1, 1, 0), None);
        assert_eq!((share_of(5, 1, -2), share_of(-5, 1, -2), share_of(4, 1, 3)), (Some(-3), Some(3), Some(1)));
        assert_eq!((share_of_sum(i128::MAX, 1, 1), share_of_sum(i128::MAX, 2, 1)), (Some(i128::MAX), None));
        assert_eq!((share_of_sum(1, 1, i128::MIN), share_of_sum(i128::MAX, 1, i128::MAX - 1)), (None, Some(1)));
    }

    #[test]
    fn splits_to_the_last_unit() {
        assert_eq!(split(10_000, &[1, 1, 1]), Some(vec![3_334, 3_333, 3_333]));
        assert_eq!(split(10, &[6, 1, 3]), Some(vec![6, 1, 3]));
        assert_eq!(split(1, &[1, 2, 0]), Some(vec![0, 1, 0]));
        assert_eq!(split(i64::MAX, &[i64::MAX, i64::MAX]), Some(vec![i64::MAX / 2 + 1, i64::MAX / 2]));
        assert_eq!(split(0, &[0, 0]), Some(vec![0, 0]));
        assert_eq!((split(0, &[]), split(1, &[])), (Some(Vec::new()), None));
        assert_eq!((split(1, &[0, 0]), split(-1, &[1]), split(1, &[2, -1])), (None, None, None));
    }

    proptest! {
        #[test]
        fn an_amount_is_printed_as_its_digits_with_a_point_in_between(
            minor in prop_oneof![any::<i128>(), any::<i64>().prop_map(i128::from), -2_000..2_000_i128],
            code in prop::sample::select(vec!["CNY", "JPY", "KWD", "CLF"]),
        ) {
            let currency: Currency = code.parse().unwrap();
            let decimals = currency.decimals() as usize;
            let digits = format!("{:0>width$}", minor.unsigned_abs(), width = decimals + 1);
            let (whole, fraction) = digits.split_at(digits.len() - decimals);
            let (sign, point) = (if minor < 0 { "-" } else { "" }, if decimals == 0 { "" } else { "." });
            prop_assert_eq!(decimal_text(minor, currency), format!("{sign}{whole}{point}{fraction}"));
        }

        #[test]
        fn parts_add_up_and_are_less_than_a_unit_off(
            amount in 0..=i64::MAX,
            weights in prop::collection::vec(prop_oneof![0..=9_i64, 0..=i64::MAX], 1..12),
        ) {
            let total: i128 = weights.iter().copied().map(i128::from).sum();
            prop_assume!(total > 0);
            let parts = split(amount, &weights).unwrap();
            prop_assert_eq!(parts.iter().copied().map(i128::from).sum::<i128>(), i128::from(amount));
            for (part, weight) in parts.iter().zip(&weights) {
                // part - amount * weight / total, in units of 1 / total; the products may need more than 127 bits
                let exact = i128::from(amount) * i128::from(*weight);
                let (whole, rest) = (exact / total, exact % total);
                let off_by_one = i128::from(*part) == whole + 1 && rest > 0;
                prop_assert!(i128::from(*part) == whole || off_by_one, "{} of {}", part, exact);
            }
        }
    }
}
