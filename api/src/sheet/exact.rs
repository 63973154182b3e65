//! The one place where an amount becomes a floating-point number: a cell of a spreadsheet is one.
//!
//! A spreadsheet keeps 15 significant digits and shows zeros for the rest. A decimal of at most 15 significant digits
//! comes back unchanged from the nearest 64-bit number, which is what the standard library's parser answers; longer
//! ones may not. So an amount is a number in a cell only if it has at most 15 digits, and its own text otherwise.
//! Nothing is computed with the number here.

/// Significant digits that a spreadsheet keeps.
const DIGITS_MAX: usize = 15;

/// A number as a cell holds it.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct CellNumber(f64);

impl From<CellNumber> for f64 {
    fn from(CellNumber(number): CellNumber) -> f64 {
        number
    }
}

/// The number for a cell; `None` if the text is no plain decimal number or has more digits than the cell keeps.
pub fn number(text: &str) -> Option<CellNumber> {
    let digits = text.strip_prefix('-').unwrap_or(text);
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, "0"));
    let are_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    if !are_digits(whole) || !are_digits(fraction) {
        return None;
    }
    let significant = digits.bytes().filter(u8::is_ascii_digit).skip_while(|digit| *digit == b'0').count();
    if significant > DIGITS_MAX { None } else { text.parse().ok().map(CellNumber) }
}

/// How many decimals a decimal number is written with.
pub fn decimals(text: &str) -> usize {
    text.split_once('.').map_or(0, |(_, fraction)| fraction.len())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn fifteen_digits_are_a_number_and_sixteen_are_not() {
        for (text, is_number) in [
            ("0.00", true),
            ("-0.01", true),
            ("15200.00", true),
            ("9999999999999.99", true),
            ("-9999999999999.99", true),
            ("10000000000000.00", false),
            ("99999999999999.99", false),
            ("999999999999999", true),
            ("1000000000000000", false),
            ("0.000000000000001", true),
            ("0.0000000000000001", true),
            ("000000000000000000001.5", true),
            ("", false),
            ("-", false),
            (".5", false),
            ("5.", false),
            ("1e5", false),
            ("+1", false),
            ("inf", false),
            ("NaN", false),
            ("1.2.3", false),
            ("--1", false),
        ] {
            assert_eq!(number(text).is_some(), is_number, "{text}");
        }
    }

    proptest! {
        /// Whatever is written as a number is read back as the very same decimal.
        #[test]
        fn a_number_comes_back_to_the_last_digit(
            minor in -999_999_999_999_999_i64..=999_999_999_999_999,
            decimals in 0_usize..4,
        ) {
            let digits = format!("{:0width$}", minor.unsigned_abs(), width = decimals + 1);
            let (whole, fraction) = digits.split_at(digits.len() - decimals);
            let sign = if minor < 0 { "-" } else { "" };
            let text = if decimals == 0 { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") };
            let number = f64::from(number(&text).unwrap());
            prop_assert_eq!(format!("{number:.decimals$}"), text);
        }
    }
}
