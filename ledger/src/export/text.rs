//! What all exports write: amounts and days, without an allocation each.

use jiff::civil::Date;

use crate::money::Currency;

/// Appends an amount with all the currency's decimals.
pub fn push_decimal(out: &mut String, minor: i64, currency: Currency) {
    let decimals = currency.decimals();
    if minor < 0 {
        out.push('-');
    }
    let scale = 10_u64.pow(decimals);
    let (whole, mut fraction) = (minor.unsigned_abs() / scale, minor.unsigned_abs() % scale);
    let mut digits = [b'0'; 24];
    let mut at = digits.len();
    if decimals > 0 {
        for _ in 0..decimals {
            at -= 1;
            digits[at] = digit(fraction);
            fraction /= 10;
        }
        at -= 1;
        digits[at] = b'.';
    }
    let mut rest = whole;
    loop {
        at -= 1;
        digits[at] = digit(rest);
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    out.push_str(str::from_utf8(&digits[at..]).expect("digits and a point are ASCII"));
}

fn digit(number: u64) -> u8 {
    b"0123456789"[usize::try_from(number % 10).expect("a digit is small")]
}

/// Days as texts; those of one day are mostly next to each other.
#[derive(Default)]
pub struct Days {
    last: Option<(Date, String)>,
}

impl Days {
    /// Appends a day.
    pub fn push(&mut self, out: &mut String, date: Date) {
        match &self.last {
            Some((last, text)) if *last == date => out.push_str(text),
            _ => {
                let text = date.to_string();
                out.push_str(&text);
                self.last = Some((date, text));
            }
        }
    }
}

/// Appends an id.
pub fn push_id(out: &mut String, id: uuid::Uuid) {
    out.push_str(id.hyphenated().encode_lower(&mut uuid::Uuid::encode_buffer()));
}

/// Appends a whole number.
pub fn push_number(out: &mut String, number: i64) {
    use std::fmt::Write as _;
    write!(out, "{number}").expect("a string takes all text");
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::money::decimal_text;

    proptest! {
        #[test]
        fn amounts_are_written_as_money_writes_them(
            minor in prop_oneof![any::<i64>(), -1_000_i64..1_000],
            code in prop::sample::select(vec!["CNY", "JPY", "KWD", "CLF"]),
        ) {
            let currency: Currency = code.parse().unwrap();
            for minor in [minor, i64::MIN, i64::MAX, 0] {
                let mut out = String::new();
                push_decimal(&mut out, minor, currency);
                prop_assert_eq!(&out, &decimal_text(minor.into(), currency));
            }
        }
    }
}
