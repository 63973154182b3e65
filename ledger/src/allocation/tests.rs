//! Who gets how much, and why not.

use std::collections::BTreeMap;

use proptest::prelude::*;
use uuid::Uuid;

use super::{AllocationFault, NewAllocation, Share, share_out};
use crate::account::AccountCode;
use crate::money::{Currency, Money};

fn cny() -> Currency {
    "CNY".parse().unwrap()
}

fn shares(list: &[(&str, Option<i64>)]) -> Vec<Share> {
    list.iter().map(|(item, minor)| Share { item: (*item).to_owned(), minor: *minor }).collect()
}

fn allocation(from: &[(&str, Option<i64>)], to: &[(&str, Option<i64>)]) -> NewAllocation {
    NewAllocation {
        id: Uuid::from_u128(1),
        account: AccountCode::parse("1102.picc").unwrap(),
        currency: cny(),
        effective_date: None,
        reference: String::new(),
        description: String::new(),
        actor: "clerk".to_owned(),
        from: shares(from),
        to: shares(to),
    }
}

/// Two payments, three invoices, and one that is paid.
fn standing(item: &str) -> i128 {
    match item {
        "PAY-1" => -100,
        "PAY-2" => -30,
        "CLM-1" => 60,
        "CLM-2" => 50,
        "CLM-3" => 7,
        _ => 0,
    }
}

fn shared(from: &[(&str, Option<i64>)], to: &[(&str, Option<i64>)]) -> Result<Vec<(String, i64)>, AllocationFault> {
    let shared = share_out(&allocation(from, to), &standing)?;
    Ok(shared.into_iter().map(|share| (share.item, share.amount.minor)).collect())
}

fn moves(list: &[(&str, i64)]) -> Vec<(String, i64)> {
    list.iter().map(|(item, minor)| ((*item).to_owned(), *minor)).collect()
}

#[test]
fn payments_are_shared_out_in_order_and_the_rest_stays() {
    // One to many, the last in part.
    let clms = [("CLM-1", None), ("CLM-2", None)];
    assert_eq!(shared(&[("PAY-1", None)], &clms), Ok(moves(&[("PAY-1", 100), ("CLM-1", -60), ("CLM-2", -40)])));
    // Many to one: the second payment keeps what is not taken.
    let pays = [("PAY-1", None), ("PAY-2", None)];
    assert_eq!(shared(&pays, &[("CLM-1", None)]), Ok(moves(&[("PAY-1", 60), ("CLM-1", -60)])));
    assert_eq!(
        shared(&pays, &[("CLM-1", None), ("CLM-2", None), ("CLM-3", None)]),
        Ok(moves(&[("PAY-1", 100), ("PAY-2", 17), ("CLM-1", -60), ("CLM-2", -50), ("CLM-3", -7)]))
    );
    // Stated amounts, on one side or on both.
    assert_eq!(shared(&[("PAY-1", Some(25))], &clms), Ok(moves(&[("PAY-1", 25), ("CLM-1", -25)])));
    assert_eq!(
        shared(&[("PAY-1", None)], &[("CLM-1", Some(10)), ("CLM-2", Some(20))]),
        Ok(moves(&[("PAY-1", 30), ("CLM-1", -10), ("CLM-2", -20)]))
    );
    // What is owed may give to what was paid just as well.
    assert_eq!(shared(&[("CLM-3", None)], &[("PAY-2", None)]), Ok(moves(&[("CLM-3", -7), ("PAY-2", 7)])));
}

#[test]
fn faults_come_in_order_of_precedence() {
    let item = |item: &str| item.to_owned();
    let money = |minor| Money::new(minor, cny());
    let pay = [("PAY-1", None)];
    let cases = [
        (shared(&[], &[("CLM-1", None)]), AllocationFault::NothingGives),
        (shared(&pay, &[("PAY-1", Some(0))]), AllocationFault::ItemTwice { item: item("PAY-1") }),
        (
            shared(&pay, &[("CLM-9", Some(0))]),
            AllocationFault::AmountNotPositive { item: item("CLM-9"), given: money(0) },
        ),
        (shared(&[("PAY-9", None)], &[]), AllocationFault::NothingOutstanding { item: item("PAY-9") }),
        (shared(&pay, &[("CLM-9", None)]), AllocationFault::NothingOutstanding { item: item("CLM-9") }),
        (shared(&pay, &[("PAY-2", None)]), AllocationFault::WrongSide { item: item("PAY-2"), outstanding: money(-30) }),
        (
            shared(&[("PAY-1", None), ("CLM-1", None)], &[("CLM-2", None)]),
            AllocationFault::WrongSide { item: item("CLM-1"), outstanding: money(60) },
        ),
        (
            shared(&[("PAY-1", Some(101))], &[("CLM-1", None)]),
            AllocationFault::MoreThanOutstanding { item: item("PAY-1"), outstanding: money(100), asked: money(101) },
        ),
        (shared(&pay, &[]), AllocationFault::NothingTakes),
        (
            shared(&[("PAY-1", Some(90))], &[("CLM-1", None)]),
            AllocationFault::NotWhole { item: item("PAY-1"), asked: money(90), moved: money(60) },
        ),
        (
            shared(&pay, &[("CLM-1", Some(60)), ("CLM-2", Some(50))]),
            AllocationFault::NotWhole { item: item("CLM-2"), asked: money(50), moved: money(40) },
        ),
    ];
    for (answered, fault) in cases {
        assert_eq!(answered, Err(fault));
    }
}

proptest! {
    #[test]
    fn nothing_is_made_nothing_is_lost_and_no_item_passes_zero(
        stands in prop::collection::btree_map(0..12_u8, prop_oneof![3 => -200..200_i64, 1 => any::<i64>()], 1..12),
        wanted in prop::collection::vec((0..14_u8, any::<bool>(), prop::option::of(-1..300_i64)), 1..12),
    ) {
        let stands: BTreeMap<String, i64> = stands.into_iter().map(|(item, minor)| (item.to_string(), minor)).collect();
        let standing = |item: &str| stands.get(item).copied().map_or(0, i128::from);
        let side = |gives: bool| -> Vec<Share> {
            let of_side = wanted.iter().filter(|(_, side, _)| *side == gives);
            of_side.map(|(item, _, minor)| Share { item: item.to_string(), minor: *minor }).collect()
        };
        let asked = NewAllocation { from: side(true), to: side(false), ..allocation(&[], &[]) };
        if let Ok(shared) = share_out(&asked, &standing) {
            prop_assert_eq!(shared.iter().map(|share| i128::from(share.amount.minor)).sum::<i128>(), 0);
            for share in &shared {
                let (before, moved) = (standing(&share.item), i128::from(share.amount.minor));
                prop_assert!(before.signum() == -moved.signum() && before.abs() >= moved.abs());
            }
            for share in asked.from.iter().chain(&asked.to) {
                let moved = shared.iter().find(|shared| shared.item == share.item);
                let moved = moved.map_or(0, |shared| shared.amount.minor.abs());
                prop_assert!(share.minor.is_none_or(|asked| asked == moved));
            }
        }
    }
}
