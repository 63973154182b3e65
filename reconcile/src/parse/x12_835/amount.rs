//! Amounts as X12 writes decimals (data type R): an optional minus, digits, at most one point.
//!
//! The standard drops leading zeros and needless points and does not forbid them: `.5`, `5.`, `-0220` are amounts. It
//! has no plus sign, no grouping, and we take no exponent.

use dianfu_ledger::money::{Currency, Money, MoneyError};

/// The minor units of an element.
pub fn minor_units(element: &str, currency: Currency) -> Result<i64, MoneyError> {
    let (sign, digits) = element.strip_prefix('-').map_or(("", element), |digits| ("-", digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_number = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !is_number(whole) || !is_number(fraction) {
        return Err(MoneyError::NotANumber(element.chars().take(40).collect()));
    }
    let whole = whole.trim_start_matches('0');
    let whole = if whole.is_empty() { "0" } else { whole };
    let point = if fraction.is_empty() { "" } else { "." };
    Money::parse(&format!("{sign}{whole}{point}{fraction}"), currency).map(|money| money.minor)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_what_the_data_type_allows() {
        for (element, minor) in [
            ("0", 0),
            ("-0", 0),
            ("4", 400),
            ("9.46", 946),
            ("-3.5", -350),
            (".5", 50),
            ("-.5", -50),
            ("5.", 500),
            ("0220", 22_000),
            ("00000000000000000000000000000000000000000.01", 1),
            ("92233720368547758.07", i64::MAX),
        ] {
            assert_eq!(minor_units(element, Currency::USD), Ok(minor), "{element}");
        }
        assert_eq!(minor_units("150", "JPY".parse().unwrap()), Ok(150));
    }

    #[test]
    fn refuses_everything_else() {
        for (element, code) in [
            ("", "amount_malformed"),
            ("-", "amount_malformed"),
            (".", "amount_malformed"),
            ("-.", "amount_malformed"),
            ("+5", "amount_malformed"),
            ("--5", "amount_malformed"),
            ("1E3", "amount_malformed"),
            ("1,000", "amount_malformed"),
            ("1.2.3", "amount_malformed"),
            (" 5", "amount_malformed"),
            ("５", "amount_malformed"),
            ("1.005", "amount_too_many_decimals"),
            ("1.000", "amount_too_many_decimals"),
            ("92233720368547758.08", "amount_overflow"),
        ] {
            assert_eq!(minor_units(element, Currency::USD).map_err(|error| error.code()), Err(code), "{element}");
        }
        assert!(minor_units("1.0", "JPY".parse().unwrap()).is_err());
    }
}
