//! Whole lives with the journals of the worked figures, from the quote to the day when nothing is open.

use super::story::{Cash, Story, posts};
use super::told::*;
use crate::claim::State;
use crate::event::Event;

const HOLD: &str = "J1: Dr 1101.picc 15200.00, Cr 9002.picc 15200.00";
const RELEASE: &str = "J1r: Dr 9002.picc 15200.00, Cr 1101.picc 15200.00";
const FEE: &str = "J4: Dr 2101.red-cross 200.00, Cr 4102 188.68, Cr 2401 11.32";

#[test]
fn the_straight_path() {
    let mut story = Story::begin(DIRECT);
    let share = "J2: Dr 1005.wechat [2026-03-02] 4800.00, Cr 2203.p-17 4800.00";
    let dispensed = "J3: Dr 1101.picc 15200.00, Dr 2203.p-17 4800.00, Cr 2101.red-cross 20000.00";
    let steps: [(State, &[&str]); 10] = [
        (State::Submitted, &[]),
        (State::PreReview, &[]),
        (State::PreApproved, &[HOLD]),
        (State::OrderOffered, &[]),
        (State::OrderAccepted, &[]),
        (State::ShareDue, &[]),
        (State::SharePaid, &[share]),
        (State::Ready, &[]),
        (State::Dispensed, &[RELEASE, dispensed, FEE]),
        (State::InsurerSubmitted, &[]),
    ];
    for (event, (state, posted)) in story.life().iter().zip(steps) {
        posts(&mut story, event, posted);
        assert_eq!(story.claim.state, state);
    }
    let approved = story.decision(ADVANCE);
    posts(&mut story, &approved, &["J9: Dr 1102.picc 15200.00, Cr 1101.picc 15200.00"]);
    assert_eq!(story.settle(), State::Approved);
    story.insurer_pays(ADVANCE - 1);
    assert_eq!(story.settle(), State::PartRecovered);
    story.insurer_pays(1);
    assert_eq!(story.settle(), State::Recovered, "the pharmacy is not paid yet");
    story.pharmacy_is_paid();
    assert_eq!(story.settle(), State::Closed);
    assert_eq!(story.cash, Cash { insurer: -ADVANCE, pharmacy: GROSS - 20_000, patient: -SHARE });
}

#[test]
fn a_share_that_the_pharmacy_collects_is_no_share_of_ours() {
    let mut story = Story::until(AT_PHARMACY, State::Ready);
    let dispensed = "J3b: Dr 1101.picc 15200.00, Cr 2101.red-cross 15200.00";
    posts(&mut story, &Event::Dispensed, &[RELEASE, dispensed, FEE]);
    assert_eq!(story.open("1201.p-17"), 0);
}

#[test]
fn a_share_that_is_owed_is_paid_by_instalments() {
    let mut story = Story::until(LATER, State::Ready);
    let dispensed = "J3c: Dr 1101.picc 15200.00, Dr 1201.p-17 4800.00, Cr 2101.red-cross 20000.00";
    posts(&mut story, &Event::Dispensed, &[RELEASE, dispensed, FEE]);
    let first = "J2-owed: Dr 1005.wechat [2026-03-02] 1800.00, Cr 1201.p-17 1800.00";
    posts(&mut story, &owed_share_paid(1, 180_000), &[first]);
    story.tell(&sent()).unwrap();
    story.decide(ADVANCE);
    story.others_pay();
    assert_eq!(story.settle(), State::Recovered, "the patient still owes");
    let last = "J2-owed: Dr 1005.wechat [2026-03-02] 3000.00, Cr 1201.p-17 3000.00";
    posts(&mut story, &owed_share_paid(2, 300_000), &[last]);
    assert_eq!(story.settle(), State::Closed);
}

#[test]
fn orders_are_offered_until_a_pharmacy_takes_one() {
    let mut story = Story::until(DIRECT, State::OrderOffered);
    posts(&mut story, &Event::OrderDeclined { offer_no: 1 }, &[]);
    let Event::OrderOffered(mut order) = offered(2) else { unreachable!() };
    (order.pharmacy, order.fee_minor, order.vat_minor) = (party("green-leaf"), 10_000, 566);
    posts(&mut story, &Event::OrderOffered(order), &[]);
    posts(&mut story, &Event::OrderAccepted { offer_no: 2 }, &[]);
    for event in [Event::ShareRequested, share_paid(SHARE), Event::DrugReady] {
        story.tell(&event).unwrap();
    }
    let dispensed = "J3: Dr 1101.picc 15200.00, Dr 2203.p-17 4800.00, Cr 2101.green-leaf 20000.00";
    let fee = "J4: Dr 2101.green-leaf 100.00, Cr 4102 94.34, Cr 2401 5.66";
    posts(&mut story, &Event::Dispensed, &[RELEASE, dispensed, fee]);
}

#[test]
fn calling_off_gives_back_what_is_held() {
    let refund = "J20-held: Dr 2203.p-17 4800.00, Cr 2202.p-17 4800.00";
    let table: [(State, &[&str]); 9] = [
        (State::Draft, &[]),
        (State::Submitted, &[]),
        (State::PreReview, &[]),
        (State::PreApproved, &[RELEASE]),
        (State::OrderOffered, &[RELEASE]),
        (State::OrderAccepted, &[RELEASE]),
        (State::ShareDue, &[RELEASE]),
        (State::SharePaid, &[RELEASE, refund]),
        (State::Ready, &[RELEASE, refund]),
    ];
    for (state, posted) in table {
        let mut story = Story::until(DIRECT, state);
        posts(&mut story, &Event::Cancelled, posted);
        let refund_is_open = story.open("2202.p-17") != 0;
        assert_eq!(story.settle(), if refund_is_open { State::Cancelled } else { State::Closed });
        story.others_pay();
        assert_eq!((story.settle(), story.cash), (State::Closed, Cash::default()));
    }
}

#[test]
fn another_claim_came_first_and_the_share_is_another() {
    let mut story = Story::until(DIRECT, State::Dispensed);
    let share = |number, share_minor| Event::ShareRecalculated { number, share_minor };
    let more = "J22: Dr 1201.p-17 1000.00, Cr 1101.picc 1000.00";
    posts(&mut story, &share(1, 580_000), &[more]);
    let less = "J22-overcharged: Dr 1101.picc 800.00, Cr 2202.p-17 800.00";
    posts(&mut story, &share(2, 500_000), &[less]);
    posts(&mut story, &share(3, 500_000), &[]);
    assert_eq!((story.claim.share_minor(), story.claim.advance_minor()), (500_000, 1_500_000));
    story.tell(&sent()).unwrap();
    let event = story.decision(1_500_000);
    posts(&mut story, &event, &["J9: Dr 1102.picc 15000.00, Cr 1101.picc 15000.00"]);
    story.tell(&owed_share_paid(1, 100_000)).unwrap();
    story.others_pay();
    assert_eq!((story.settle(), story.cash.patient), (State::Closed, -500_000));
}

#[test]
fn material_that_is_missing_stops_the_clock_until_it_is_there() {
    let mut story = Story::until(DIRECT, State::PreReview);
    posts(&mut story, &material_requested(1), &[]);
    posts(&mut story, &Event::MaterialSupplied { number: 1 }, &[]);
    posts(&mut story, &material_requested(2), &[]);
    posts(&mut story, &Event::MaterialSupplied { number: 2 }, &[]);
    for event in &story.life()[2..] {
        story.tell(event).unwrap();
    }
    posts(&mut story, &asked_for_more(3), &[]);
    assert_eq!(story.claim.state, State::InsurerPended);
    posts(&mut story, &Event::MoreSentToInsurer { number: 3 }, &[]);
    assert_eq!(story.claim.state, State::InsurerSubmitted);
}
