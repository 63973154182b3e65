//! The legs of what crosses currencies: balanced in each through the clearing accounts, the rest being the result.
//! Pure.

use super::{FxFault, Holding, Setup};
use crate::account::AccountCode;
use crate::entry::NewPosting;
use crate::money::{Currency, Money};

/// One side of what is to be moved.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Leg {
    /// The account.
    pub account: AccountCode,
    /// Its open item.
    pub item: Option<String>,
    /// Debit positive.
    pub amount: Money,
    /// What stands there before; no matter in the functional currency.
    pub before: Holding,
}

/// What an account, or an item of it, is called in the clearing accounts.
pub fn holding_item(account: &AccountCode, item: Option<&str>) -> String {
    item.map_or_else(|| account.to_string(), |item| format!("{account}/{item}"))
}

/// The entry's legs, and the realised gain in the functional currency, below zero for a loss.
///
/// `value_minor` is what both sides are worth in the functional currency: above zero.
pub fn legs(setup: &Setup, sides: &[Leg; 2], value_minor: i64) -> Result<(Vec<NewPosting>, i64), FxFault> {
    let functional = setup.functional;
    let mut legs: Vec<NewPosting> = Vec::with_capacity(8);
    for side in sides {
        legs.push(NewPosting::new(side.account.clone(), side.amount, side.item.clone()));
    }
    let mut result: i128 = 0;
    for Leg { account, item, amount, before } in sides {
        let value = i128::from(value_minor) * i128::from(amount.minor.signum());
        if amount.currency == functional {
            result -= value;
            continue;
        }
        let cost = before.cost_of(amount.minor.into(), value).ok_or_else(FxFault::overflow)?;
        result = result.checked_sub(cost).ok_or_else(FxFault::overflow)?;
        let holding = holding_item(account, item.as_deref());
        let minor = amount.minor.checked_neg().ok_or_else(FxFault::overflow)?;
        let position = setup.position(amount.currency);
        legs.push(NewPosting::new(position, Money { minor, ..*amount }, Some(holding.clone())));
        push(&mut legs, setup.cost(amount.currency), cost, functional, Some(holding))?;
    }
    let account = if result < 0 { &setup.realised_gain } else { &setup.realised_loss };
    push(&mut legs, account.clone(), result, functional, None)?;
    let gain = i64::try_from(-result).map_err(|_| FxFault::overflow())?;
    Ok((legs, gain))
}

/// Adds a leg, unless it moves nothing.
pub(super) fn push(
    legs: &mut Vec<NewPosting>,
    account: AccountCode,
    minor: i128,
    currency: Currency,
    item: Option<String>,
) -> Result<(), FxFault> {
    let minor = i64::try_from(minor).map_err(|_| FxFault::overflow())?;
    if minor != 0 {
        legs.push(NewPosting::new(account, Money { minor, currency }, item));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use proptest::prelude::*;

    use super::*;

    const CURRENCIES: [&str; 4] = ["CNY", "USD", "EUR", "JPY"];
    const TRILLION: i128 = 1_000_000_000_000;

    fn code(text: &str) -> AccountCode {
        AccountCode::parse(text).unwrap()
    }

    fn side(account: &str, minor: i64, currency: &str, before: (i128, i128)) -> Leg {
        let before = Holding { quantity_minor: before.0, cost_minor: before.1 };
        Leg { account: code(account), item: None, amount: Money::new(minor, currency.parse().unwrap()), before }
    }

    fn shown((legs, gain): (Vec<NewPosting>, i64)) -> (Vec<String>, i64) {
        let shown = |leg: &NewPosting| format!("{} {}", leg.account, leg.amount);
        (legs.iter().map(shown).collect(), gain)
    }

    /// Of 100 USD that cost 720 CNY, 40 are sold for 300: they cost 288, and 12 are gained.
    #[test]
    fn a_sale_shows_its_gain() {
        let setup = Setup::starter(Currency::CNY);
        let sides = [side("1002.usd", -4_000, "USD", (10_000, 72_000)), side("1002", 30_000, "CNY", (0, 0))];
        let (legs, gain) = shown(legs(&setup, &sides, 30_000).unwrap());
        assert_eq!(
            legs,
            ["1002.usd -40.00 USD", "1002 300.00 CNY", "1901.usd 40.00 USD", "1902.usd -288.00 CNY", "4911 -12.00 CNY",]
        );
        assert_eq!(gain, 1_200);
    }

    /// A claim on 100 USD, raised when they were 700 CNY, is paid in USD when they are 690: 10 are lost.
    #[test]
    fn a_settlement_at_a_lower_rate_shows_its_loss() {
        let setup = Setup::starter(Currency::CNY);
        let sides = [side("1102.usd", -10_000, "USD", (10_000, 70_000)), side("1002.usd", 10_000, "USD", (0, 0))];
        let (legs, gain) = shown(legs(&setup, &sides, 69_000).unwrap());
        assert_eq!(
            legs,
            [
                "1102.usd -100.00 USD",
                "1002.usd 100.00 USD",
                "1901.usd 100.00 USD",
                "1902.usd -700.00 CNY",
                "1901.usd -100.00 USD",
                "1902.usd 690.00 CNY",
                "5911 10.00 CNY",
            ]
        );
        assert_eq!(gain, -1_000);
    }

    proptest! {
        /// Whatever is exchanged, in whatever is there: every currency sums to zero, and the result is on one account.
        #[test]
        fn every_currency_balances(
            from in 0..4_usize, to in 0..4_usize,
            given in 1..1_000_000_000_000_i64, got in 1..1_000_000_000_000_i64, value in 1..1_000_000_000_000_i64,
            there in prop::array::uniform2((-TRILLION..TRILLION, -TRILLION..TRILLION)),
        ) {
            let setup = Setup::starter(Currency::CNY);
            let (from, to) = (CURRENCIES[from], CURRENCIES[to]);
            let given = if from == "CNY" { value } else { given };
            let got = if to == "CNY" { value } else if to == from { given } else { got };
            let sides = [side("a", -given, from, there[0]), side("b", got, to, there[1])];
            let (legs, _) = legs(&setup, &sides, value).unwrap();
            let mut sums: BTreeMap<Currency, i128> = BTreeMap::new();
            for leg in &legs {
                prop_assert_ne!(leg.amount.minor, 0);
                *sums.entry(leg.amount.currency).or_default() += i128::from(leg.amount.minor);
            }
            prop_assert!(sums.values().all(|sum| *sum == 0), "{:?}", legs);
            prop_assert!(legs.iter().filter(|leg| leg.account.as_str().ends_with("911")).count() <= 1);
        }
    }
}
