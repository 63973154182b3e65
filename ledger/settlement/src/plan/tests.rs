//! How a plan is cut.

use super::*;
use crate::chart;

pub fn due(payee: &str, item: &str, open_minor: i64) -> Due {
    Due {
        account: chart::PHARMACY_PAYABLE.of(&PartyNo::parse(payee).unwrap()),
        item: item.to_owned(),
        payee: PartyNo::parse(payee).unwrap(),
        withheld_per_10000: 0,
        payee_account_version: Some(1),
        due_on: jiff::civil::date(2026, 3, 2),
        open_minor,
        advance_left_minor: 0,
    }
}

fn batch_no() -> BatchNo {
    BatchNo::parse("B-20260302").unwrap()
}

#[test]
fn one_payment_a_payee_whatever_the_order() {
    let items = [due("b", "C-3", 300), due("a", "C-2", 200), due("a", "C-1", 100)];
    let forth = plan(&batch_no(), items.to_vec(), Vec::new());
    let back = plan(&batch_no(), items.into_iter().rev().collect(), Vec::new());
    assert_eq!(forth, back);
    assert_eq!(forth.control_total(), ControlTotal { payouts: 2, netted_minor: 0, net_minor: 600 });
    assert_eq!(forth.payouts[0].payout_id.as_str(), "B-20260302-0001");
    let items: Vec<_> = forth.payouts[0].items.iter().map(|item| item.item.as_str()).collect();
    assert_eq!((forth.payouts[0].payee.as_str(), items), ("a", vec!["C-1", "C-2"]));
}

#[test]
fn a_payout_never_has_more_items_than_an_entry_takes() {
    let items = (0..=ITEMS_PER_PAYOUT_MAX).map(|n| due("a", &format!("C-{n:05}"), 1)).collect();
    let plan = plan(&batch_no(), items, Vec::new());
    let counts: Vec<_> = plan.payouts.iter().map(|planned| planned.items.len()).collect();
    assert_eq!(counts, [ITEMS_PER_PAYOUT_MAX, 1]);
    assert_eq!(plan.control_total().net_minor, 999);
}

#[test]
fn tax_is_withheld_once_a_payment() {
    let items = ["C-1", "C-2", "C-3"].map(|item| Due { withheld_per_10000: 333, ..due("a", item, 33) });
    let planned = &plan(&batch_no(), items.to_vec(), Vec::new()).payouts[0];
    assert_eq!((planned.gross_minor, planned.withheld_minor), (99, 3));
}

#[test]
fn rounding_never_withholds_a_whole_payment() {
    let items = vec![Due { withheld_per_10000: 9_999, ..due("a", "C-1", 1) }];
    assert_eq!(plan(&batch_no(), items, Vec::new()).control_total().net_minor, 1);
}

#[test]
fn a_payee_without_bank_details_waits_and_the_others_do_not() {
    let items = vec![Due { payee_account_version: None, ..due("a", "C-1", 100) }, due("b", "C-2", 200)];
    let plan = plan(&batch_no(), items, Vec::new());
    assert_eq!(plan.control_total(), ControlTotal { payouts: 1, netted_minor: 0, net_minor: 200 });
    assert_eq!(plan.held_back.len(), 1);
}

#[test]
fn what_is_set_off_is_neither_paid_nor_taxed_and_its_advance_is_covered() {
    let order = |item: &str, open_minor| Due {
        withheld_per_10000: 1_000,
        advance_left_minor: 70,
        ..due("a", item, open_minor)
    };
    let debt = Receivable {
        pharmacy: PartyNo::parse("a").unwrap(),
        item: "C-0".to_owned(),
        since: jiff::civil::date(2026, 3, 1),
        open_minor: 150,
    };
    let plan = plan(&batch_no(), vec![order("C-1", 100), order("C-2", 100)], vec![debt]);
    let expected = Figures { gross_minor: 200, netted_minor: 150, withheld_minor: 5, net_minor: 45 };
    assert_eq!((plan.figures(), plan.advances_minor()), (expected, 140));
    assert_eq!(plan.control_total(), ControlTotal { payouts: 1, netted_minor: 150, net_minor: 45 });
    let only = &plan.payouts[0].items[0];
    assert_eq!((only.item.as_str(), only.amount_minor, only.advance_minor), ("C-2", 50, 70));
}
