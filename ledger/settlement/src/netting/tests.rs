//! Nettings add up, pass neither side, and are the same in whatever order the sides come.

use std::collections::BTreeMap;

use jiff::civil::{Date, date};
use proptest::prelude::*;

use super::*;

fn day(day: i8) -> Date {
    date(2026, 3, day)
}

fn order(item: &str, due_on: Date, open_minor: i64) -> Due {
    let payee = PartyNo::parse("a").unwrap();
    Due {
        account: PHARMACY_PAYABLE.of(&payee),
        item: item.to_owned(),
        payee,
        withheld_per_10000: 0,
        payee_account_version: Some(1),
        due_on,
        open_minor,
        advance_left_minor: open_minor / 2,
    }
}

fn debt(item: &str, since: Date, open_minor: i64) -> Receivable {
    Receivable { pharmacy: PartyNo::parse("a").unwrap(), item: item.to_owned(), since, open_minor }
}

fn shown(nettings: &[Netting]) -> Vec<(&str, &str, i64)> {
    nettings.iter().map(|own| (own.order.as_str(), own.debt.as_str(), own.amount_minor)).collect()
}

#[test]
fn the_oldest_debts_are_set_off_against_the_oldest_orders() {
    let orders = vec![order("C-2", day(2), 70), order("C-1", day(3), 50), order("C-0", day(2), 10)];
    let debts = vec![debt("D-1", day(1), 30), debt("D-0", day(1), 20), debt("D-9", day(4), 45)];
    let (nettings, left) = net(orders, debts);
    let expected = [("C-0", "D-0", 10), ("C-2", "D-0", 10), ("C-2", "D-1", 30), ("C-2", "D-9", 30), ("C-1", "D-9", 15)];
    assert_eq!(shown(&nettings), expected);
    assert_eq!(left, [Due { advance_left_minor: 25, ..order("C-1", day(3), 35) }]);
    let advances: Vec<i64> = nettings.iter().map(|own| own.advance_minor).collect();
    assert_eq!(advances, [5, 0, 0, 35, 0], "the netting that ends an order covers its advance");
}

#[test]
fn what_others_are_owed_on_the_pharmacys_account_is_theirs() {
    let writer = Due { payee: PartyNo::parse("writer").unwrap(), ..order("FEE", day(1), 10) };
    let (nettings, left) = net(vec![writer.clone()], vec![debt("D", day(1), 10)]);
    assert_eq!((nettings, left), (Vec::new(), vec![writer]));
}

fn sides() -> impl Strategy<Value = (Vec<Due>, Vec<Receivable>)> {
    let amounts = || prop::collection::vec((1_i8..=28, 1_i64..1_000), 0..12);
    (amounts(), amounts()).prop_map(|(orders, debts)| {
        let orders = orders.into_iter().enumerate();
        let debts = debts.into_iter().enumerate();
        (
            orders.map(|(at, (on, minor))| order(&format!("C-{at}"), day(on), minor)).collect(),
            debts.map(|(at, (on, minor))| debt(&format!("D-{at}"), day(on), minor)).collect(),
        )
    })
}

proptest! {
    #[test]
    fn sums_add_up_and_no_side_is_passed((orders, debts) in sides()) {
        let (nettings, left) = net(orders.clone(), debts.clone());
        let owed: i64 = orders.iter().map(|order| order.open_minor).sum();
        let owing: i64 = debts.iter().map(|debt| debt.open_minor).sum();
        let netted: i64 = nettings.iter().map(|own| own.amount_minor).sum();
        prop_assert_eq!(netted, owed.min(owing), "as much as both sides have");
        prop_assert_eq!(left.iter().map(|left| left.open_minor).sum::<i64>(), owed - netted);
        let covered: i64 = nettings.iter().map(|own| own.advance_minor).sum();
        let uncovered: i64 = left.iter().map(|left| left.advance_left_minor).sum();
        prop_assert_eq!(covered + uncovered, orders.iter().map(|order| order.advance_left_minor).sum::<i64>());
        prop_assert!(nettings.len() < (orders.len() + debts.len()).max(1));

        let mut by_order: BTreeMap<&str, i64> = BTreeMap::new();
        let mut by_debt: BTreeMap<&str, i64> = BTreeMap::new();
        for own in &nettings {
            prop_assert!(own.amount_minor > 0);
            *by_order.entry(&own.order).or_default() += own.amount_minor;
            *by_debt.entry(&own.debt).or_default() += own.amount_minor;
        }
        for order in &orders {
            let rest = left.iter().find(|left| left.item == order.item).map_or(0, |left| left.open_minor);
            let netted = by_order.get(order.item.as_str()).copied().unwrap_or(0);
            prop_assert_eq!(netted + rest, order.open_minor);
        }
        for debt in &debts {
            prop_assert!(by_debt.get(debt.item.as_str()).copied().unwrap_or(0) <= debt.open_minor);
        }
    }

    #[test]
    fn the_order_of_the_sides_does_not_matter((orders, debts) in sides()) {
        let (nettings, _) = net(orders.clone(), debts.clone());
        let back = net(orders.into_iter().rev().collect(), debts.into_iter().rev().collect());
        prop_assert_eq!(nettings, back.0);
    }
}
