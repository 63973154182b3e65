//! The drug comes back: at any point, whoever has borne a part of its price, everything is undone.

use super::story::{Cash, Story, posts};
use super::told::*;
use crate::claim::State;
use crate::event::{Bearer, Debt, Event};

const FEE_BACK: &str = "J19d: Dr 4102 188.68, Dr 2401 11.32, Cr 2101.red-cross 200.00";
const FEE_BACK_PAID_OUT: &str = "J19d-paid-out: Dr 4102 188.68, Dr 2401 11.32, Cr 1301.red-cross 200.00";

/// Whoever has borne what: once the others have paid, nobody has gained or lost, and the claim closes.
fn is_undone(story: &mut Story) {
    assert_eq!(story.settle(), State::Returned);
    story.others_pay();
    assert_eq!((story.settle(), story.cash), (State::Closed, Cash::default()));
    for account in ["1101.picc", "1109.picc", "4101", "4102", "2401", "5201"] {
        assert_eq!(story.balance(account), 0, "{account}");
    }
    assert_eq!(story.drawn(), 0);
    let lost = ["1390", "5202", "4905"].map(|account| story.balance(account)).iter().sum::<i64>();
    assert_eq!(lost, 0, "what was written off is recovered");
}

/// Returns the drug: the price goes back like this, behind the fee.
fn comes_back(story: &mut Story, price: &str) {
    let posted = story.tell(&Event::Returned).unwrap();
    assert_eq!(posted[1], price);
    is_undone(story);
}

#[test]
fn before_the_payout_and_before_the_decision() {
    let mut story = Story::until(DIRECT, State::Dispensed);
    let price = "J19a: Dr 2101.red-cross 20000.00, Cr 1101.picc 15200.00, Cr 2202.p-17 4800.00";
    posts(&mut story, &Event::Returned, &[FEE_BACK, price]);
    is_undone(&mut story);
}

#[test]
fn behind_the_payout() {
    let mut story = Story::until(DIRECT, State::InsurerSubmitted);
    story.pharmacy_is_paid();
    let price = "J19b: Dr 1301.red-cross 20000.00, Cr 1101.picc 15200.00, Cr 2202.p-17 4800.00";
    posts(&mut story, &Event::Returned, &[FEE_BACK_PAID_OUT, price]);
    assert_eq!(story.open("1301.red-cross"), GROSS - 20_000, "what it was paid");
    is_undone(&mut story);
}

#[test]
fn behind_the_decision_and_behind_the_insurers_payment() {
    let mut story = Story::decided(DIRECT, ADVANCE);
    story.pharmacy_is_paid();
    let mut part_paid = story.clone();
    comes_back(&mut story, "J19b: Dr 1301.red-cross 20000.00, Cr 1102.picc 15200.00, Cr 2202.p-17 4800.00");
    part_paid.insurer_pays(500_000);
    let mut all_paid = part_paid.clone();
    let price = "J19c: Dr 1301.red-cross 20000.00, Cr 1102.picc 10200.00, Cr 2301.picc 5000.00, Cr 2202.p-17 4800.00";
    comes_back(&mut part_paid, price);
    all_paid.others_pay();
    assert_eq!(all_paid.settle(), State::Closed);
    comes_back(&mut all_paid, "J19c: Dr 1301.red-cross 20000.00, Cr 2301.picc 15200.00, Cr 2202.p-17 4800.00");
    let mut order_unpaid = Story::decided(DIRECT, ADVANCE);
    order_unpaid.insurer_pays(ADVANCE);
    comes_back(&mut order_unpaid, "J19a: Dr 2101.red-cross 20000.00, Cr 2301.picc 15200.00, Cr 2202.p-17 4800.00");
}

#[test]
fn with_a_shortfall_borne_by_each() {
    let by_patient = assigned(1, Bearer::Patient, 120_000);
    let gave_up = written_off(1, Debt::Clawback, 120_000);
    let table: [(&[Event], &str, &str); 9] = [
        (&[], "20000.00", "Cr 1102.picc 14000.00, Cr 1109.picc 1200.00, Cr 2202.p-17 4800.00"),
        (
            &[by_patient.clone(), clawback_paid(1, 50_000)],
            "20000.00",
            "Cr 1102.picc 14000.00, Cr 1202.p-17 700.00, Cr 2202.p-17 5300.00",
        ),
        (
            &[by_patient.clone(), gave_up.clone()],
            "20000.00",
            "Cr 1102.picc 14000.00, Cr 4905 1200.00, Cr 2202.p-17 4800.00",
        ),
        (
            &[by_patient, gave_up, written_off_recovered(1, 30_000)],
            "20000.00",
            "Cr 1102.picc 14000.00, Cr 4905 900.00, Cr 2202.p-17 5100.00",
        ),
        (&[assigned(1, Bearer::PharmacyByNetting, 120_000)], "18800.00", "Cr 1102.picc 14000.00, Cr 2202.p-17 4800.00"),
        (
            &[assigned(1, Bearer::PharmacyUnpaidOrder, 120_000)],
            "18800.00",
            "Cr 1102.picc 14000.00, Cr 2202.p-17 4800.00",
        ),
        (
            &[assigned(1, Bearer::Platform, 120_000)],
            "20000.00",
            "Cr 1102.picc 14000.00, Cr 5201 1200.00, Cr 2202.p-17 4800.00",
        ),
        (
            &[written_off(1, Debt::Shortfall, 120_000)],
            "20000.00",
            "Cr 1102.picc 14000.00, Cr 4905 1200.00, Cr 2202.p-17 4800.00",
        ),
        (
            &[assigned(1, Bearer::InsurerAfterDispute, 120_000)],
            "20000.00",
            "Cr 1102.picc 15200.00, Cr 2202.p-17 4800.00",
        ),
    ];
    for (events, price, back) in table {
        let mut story = Story::decided(DIRECT, 1_400_000);
        for event in events {
            story.tell(event).unwrap();
        }
        let mut paid_out = story.clone();
        comes_back(&mut story, &format!("J19a: Dr 2101.red-cross {price}, {back}"));
        paid_out.pharmacy_is_paid();
        comes_back(&mut paid_out, &format!("J19b: Dr 1301.red-cross {price}, {back}"));
    }
}

#[test]
fn whoever_took_the_share() {
    let mut story = Story::until(AT_PHARMACY, State::Dispensed);
    let price = "J19a: Dr 2101.red-cross 15200.00, Dr 1301.red-cross 4800.00, Cr 1101.picc 15200.00, \
        Cr 2202.p-17 4800.00";
    posts(&mut story, &Event::Returned, &[FEE_BACK, price]);
    story.others_pay();
    assert_eq!(story.settle(), State::Closed);
    assert_eq!(story.cash, Cash { insurer: 0, pharmacy: -SHARE, patient: SHARE }, "the share that the pharmacy had");
    let mut story = Story::until(LATER, State::Dispensed);
    story.tell(&owed_share_paid(1, 180_000)).unwrap();
    comes_back(
        &mut story,
        "J19a: Dr 2101.red-cross 20000.00, Cr 1101.picc 15200.00, Cr 1201.p-17 3000.00, Cr 2202.p-17 1800.00",
    );
}

#[test]
fn a_share_that_has_changed() {
    let mut story = Story::until(DIRECT, State::Dispensed);
    story.tell(&Event::ShareRecalculated { number: 1, share_minor: 580_000 }).unwrap();
    comes_back(
        &mut story,
        "J19a: Dr 2101.red-cross 20000.00, Cr 1101.picc 14200.00, Cr 1201.p-17 1000.00, Cr 2202.p-17 4800.00",
    );
    let mut story = Story::decided(DIRECT, 1_600_000);
    comes_back(&mut story, "J19a: Dr 2101.red-cross 20000.00, Cr 1102.picc 16000.00, Cr 2202.p-17 4000.00");
}

/// The patient owes the share and is owed a part of it: the two meet outside the return.
#[test]
fn a_share_that_is_owed_and_was_too_much_is_paid_behind_the_return() {
    let mut story = Story::until(LATER, State::Dispensed);
    story.tell(&Event::ShareRecalculated { number: 1, share_minor: 400_000 }).unwrap();
    let posted = story.tell(&Event::Returned).unwrap();
    assert_eq!(posted[1], "J19a: Dr 2101.red-cross 20000.00, Cr 1101.picc 16000.00, Cr 1201.p-17 4000.00");
    story.tell(&owed_share_paid(1, 80_000)).unwrap();
    is_undone(&mut story);
}

#[test]
fn with_our_service_fee() {
    let mut story = Story::decided(WITH_FEE, ADVANCE);
    let mut paid = story.clone();
    let price = "J19a: Dr 2101.red-cross 20000.00, Cr 1102.picc 15200.00, Cr 2202.p-17 4800.00";
    let fee = "J9b-back: Dr 4101 143.40, Dr 2401 8.60, Cr 1102.picc 152.00";
    posts(&mut story, &Event::Returned, &[FEE_BACK, price, fee]);
    is_undone(&mut story);
    paid.insurer_pays(ADVANCE + 15_200);
    let price = "J19a: Dr 2101.red-cross 20000.00, Cr 2301.picc 15200.00, Cr 2202.p-17 4800.00";
    let fee = "J9b-back: Dr 4101 143.40, Dr 2401 8.60, Cr 2301.picc 152.00";
    posts(&mut paid, &Event::Returned, &[FEE_BACK, price, fee]);
    is_undone(&mut paid);
}

#[test]
fn on_a_prefund() {
    let mut story = Story::until(PREFUND, State::Dispensed);
    comes_back(&mut story, "J19a: Dr 2101.red-cross 20000.00, Cr 2302.picc 15200.00, Cr 2202.p-17 4800.00");
    let mut story = Story::decided(PREFUND, 1_400_000);
    story.pharmacy_is_paid();
    comes_back(
        &mut story,
        "J19b: Dr 1301.red-cross 20000.00, Cr 2302.picc 14000.00, Cr 1109.picc 1200.00, Cr 2202.p-17 4800.00",
    );
}

#[test]
fn what_has_come_back_is_over() {
    let mut story = Story::decided(DIRECT, 1_400_000);
    story.tell(&assigned(1, Bearer::Patient, 120_000)).unwrap();
    story.tell(&written_off(1, Debt::Clawback, 120_000)).unwrap();
    story.tell(&Event::Returned).unwrap();
    story.others_pay();
    assert_eq!(story.settle(), State::Closed);
    // What was written off has come back with the price: nobody can pay it a second time.
    for event in [Event::Returned, story.decision(ADVANCE), written_off_recovered(1, 1)] {
        assert_eq!(story.tell(&event).unwrap_err().code(), "not_in_this_state");
    }
    story.insurer_takes_back(50_000);
    assert_eq!(story.settle(), State::Returned);
    story.others_pay();
    assert_eq!(story.settle(), State::Closed);
}
