//! Sums as decimal strings. They are wider than the amount of one posting, which [`Money`] holds.
//!
//! [`Money`]: dianfu_ledger::money::Money

use dianfu_ledger::money::Currency;

/// A sum of minor units with all the currency's decimals and no grouping: `-1234.50`.
pub fn decimal(minor: i128, currency: Currency) -> String {
    let decimals = currency.decimals() as usize;
    let sign = if minor < 0 { "-" } else { "" };
    let digits = format!("{:0>width$}", minor.unsigned_abs(), width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}

#[cfg(test)]
mod tests {
    use dianfu_ledger::money::Money;

    use super::*;

    #[test]
    fn agrees_with_money_where_money_reaches() {
        for currency in ["CNY", "JPY", "KWD"].map(|code| code.parse::<Currency>().unwrap()) {
            for minor in [0, 1, -1, 9, 10, 99, -100, 1_234_567, i64::MAX, i64::MIN] {
                let expected = Money::new(minor, currency).to_decimal_string();
                assert_eq!(decimal(minor.into(), currency), expected);
            }
        }
    }

    #[test]
    fn reaches_further() {
        assert_eq!(decimal(i128::MAX, Currency::CNY), "1701411834604692317316873037158841057.27");
        assert_eq!(decimal(i128::MIN, Currency::CNY), "-1701411834604692317316873037158841057.28");
    }
}
