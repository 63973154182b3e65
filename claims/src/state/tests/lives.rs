//! Whole lives with the journals of the worked figures, from the quote to the day when nothing is open.

use super::story::{Cash, Story, posts};
use super::told::*;
use crate::claim::State;
use crate::event::{Bearer, Debt, Event};

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
fn a_partial_approval_closes_when_the_rest_is_borne() {
    let mut story = Story::until(DIRECT, State::InsurerSubmitted);
    let decided = "J10: Dr 1102.picc 14000.00, Dr 1109.picc 1200.00, Cr 1101.picc 15200.00";
    let event = story.decision(1_400_000);
    posts(&mut story, &event, &[decided]);
    assert_eq!(story.settle(), State::Partial);
    story.others_pay();
    assert_eq!(story.settle(), State::ShortfallOpen);
    let by_patient = "J10a: Dr 1202.p-17 200.00, Cr 1109.picc 200.00";
    posts(&mut story, &assigned(1, Bearer::Patient, 20_000), &[by_patient]);
    assert_eq!(story.settle(), State::ShortfallOpen);
    let by_platform = "J10c: Dr 5201 1000.00, Cr 1109.picc 1000.00";
    posts(&mut story, &assigned(2, Bearer::Platform, 100_000), &[by_platform]);
    assert_eq!(story.settle(), State::Recovered, "the patient still owes");
    posts(&mut story, &clawback_paid(1, 5_000), &["J12: Dr 1002.settlement 50.00, Cr 1202.p-17 50.00"]);
    assert_eq!(story.settle(), State::Recovered);
    posts(&mut story, &clawback_paid(2, 15_000), &["J12: Dr 1002.settlement 150.00, Cr 1202.p-17 150.00"]);
    assert_eq!(story.settle(), State::Closed);
    assert_eq!((story.balance("5201"), story.cash.patient), (100_000, -SHARE - 20_000));
}

#[test]
fn each_may_bear_a_shortfall() {
    let table = [
        (Bearer::Patient, "J10a: Dr 1202.p-17 1200.00, Cr 1109.picc 1200.00"),
        (Bearer::PharmacyByNetting, "J10b: Dr 1301.red-cross 1200.00, Cr 1109.picc 1200.00"),
        (Bearer::PharmacyUnpaidOrder, "J10b-unpaid: Dr 2101.red-cross 1200.00, Cr 1109.picc 1200.00"),
        (Bearer::Platform, "J10c: Dr 5201 1200.00, Cr 1109.picc 1200.00"),
        (Bearer::InsurerAfterDispute, "J10d: Dr 1102.picc 1200.00, Cr 1109.picc 1200.00"),
    ];
    for (bearer, posted) in table {
        let mut story = Story::decided(DIRECT, 1_400_000);
        posts(&mut story, &assigned(1, bearer, 120_000), &[posted]);
        let is_won = bearer == Bearer::InsurerAfterDispute;
        assert_eq!(story.settle(), State::Approved);
        assert_eq!(story.open("1102.picc"), if is_won { ADVANCE } else { 1_400_000 });
    }
}

#[test]
fn a_rejection_after_the_advance_closes_without_ever_being_recovered() {
    let mut story = Story::until(DIRECT, State::InsurerSubmitted);
    let event = story.decision(0);
    posts(&mut story, &event, &["J11: Dr 1109.picc 15200.00, Cr 1101.picc 15200.00"]);
    assert_eq!(story.settle(), State::ShortfallOpen);
    story.tell(&assigned(1, Bearer::Platform, ADVANCE)).unwrap();
    assert_eq!(story.settle(), State::ShortfallOpen, "the pharmacy is not paid yet");
    story.pharmacy_is_paid();
    assert_eq!(story.settle(), State::Closed);
}

#[test]
fn a_dispute_that_is_won_is_due_again() {
    let mut story = Story::decided(DIRECT, 0);
    story.settle();
    story.tell(&assigned(1, Bearer::InsurerAfterDispute, ADVANCE)).unwrap();
    assert_eq!(story.settle(), State::Approved);
    story.insurer_pays(ADVANCE / 4);
    assert_eq!(story.settle(), State::PartRecovered);
}

#[test]
fn more_than_the_advance_makes_the_share_smaller() {
    let mut story = Story::until(DIRECT, State::InsurerSubmitted);
    let event = story.decision(1_600_000);
    let more = "J10e: Dr 1102.picc 16000.00, Cr 1101.picc 15200.00, Cr 2202.p-17 800.00";
    posts(&mut story, &event, &[more]);
    assert_eq!(story.settle(), State::Approved);
    story.others_pay();
    assert_eq!(story.settle(), State::Closed);
    assert_eq!(story.cash.patient, -400_000);
}

#[test]
fn what_may_be_lost_is_provided_for_written_off_and_sometimes_paid_after_all() {
    let mut story = Story::decided(DIRECT, 1_400_000);
    posts(&mut story, &provisioned(1, 120_000), &["J13: Dr 5202 1200.00, Cr 1390 1200.00"]);
    posts(&mut story, &provisioned(2, -20_000), &["J13-released: Dr 1390 200.00, Cr 5202 200.00"]);
    posts(&mut story, &provisioned(3, 0), &[]);
    story.tell(&assigned(1, Bearer::Patient, 50_000)).unwrap();
    let insurer = "J13-write-off-insurer: Dr 1390 700.00, Cr 1109.picc 700.00";
    posts(&mut story, &written_off(1, Debt::Shortfall, 70_000), &[insurer]);
    let patient = "J13-write-off-patient: Dr 1390 500.00, Cr 1202.p-17 500.00";
    let made_up = "J13: Dr 5202 200.00, Cr 1390 200.00";
    posts(&mut story, &written_off(2, Debt::Clawback, 50_000), &[made_up, patient]);
    story.others_pay();
    assert_eq!(story.settle(), State::Closed);
    posts(&mut story, &written_off_recovered(1, 30_000), &["J13-recovered: Dr 1002.settlement 300.00, Cr 4905 300.00"]);
    assert_eq!(story.settle(), State::Closed);
    let too_much = story.tell(&written_off_recovered(2, 90_001)).unwrap_err();
    assert_eq!(too_much.code(), "out_of_range");
    assert_eq!((story.balance("5202"), story.balance("1390"), story.balance("4905")), (120_000, 0, -30_000));
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
fn our_service_fee_is_due_with_what_is_approved() {
    let mut story = Story::until(WITH_FEE, State::InsurerSubmitted);
    let event = story.decision(1_400_000);
    let decided = "J10: Dr 1102.picc 14000.00, Dr 1109.picc 1200.00, Cr 1101.picc 15200.00";
    posts(&mut story, &event, &[decided, "J9b: Dr 1102.picc 140.00, Cr 4101 132.08, Cr 2401 7.92"]);
    let won = "J10d: Dr 1102.picc 1200.00, Cr 1109.picc 1200.00";
    let more = "J9b: Dr 1102.picc 12.00, Cr 4101 11.32, Cr 2401 0.68";
    posts(&mut story, &assigned(1, Bearer::InsurerAfterDispute, 120_000), &[won, more]);
    assert_eq!(story.settle(), State::Approved);
    story.insurer_pays(ADVANCE);
    assert_eq!(story.settle(), State::PartRecovered, "the fee is due");
    story.others_pay();
    assert_eq!((story.settle(), story.cash.insurer), (State::Closed, -ADVANCE - 15_200));
}

#[test]
fn a_prefund_is_held_drawn_on_cut_and_draws_more() {
    let mut story = Story::until(PREFUND, State::PreReview);
    let [hold, release] = [
        "J24-hold: Dr 2302.picc 15200.00, Cr 9002.picc 15200.00",
        "J24-release: Dr 9002.picc 15200.00, Cr 2302.picc 15200.00",
    ];
    posts(&mut story, &quoted(PREFUND, ADVANCE), &[hold]);
    let mut called_off = story.clone();
    posts(&mut called_off, &Event::Cancelled, &[release]);
    let mut story = Story::until(PREFUND, State::Ready);
    let drawn = "J24-drawn: Dr 2302.picc 15200.00, Dr 2203.p-17 4800.00, Cr 2101.red-cross 20000.00";
    posts(&mut story, &Event::Dispensed, &[release, drawn, FEE]);
    story.tell(&sent()).unwrap();
    let cut = "J24-cut: Dr 1109.picc 1200.00, Cr 2302.picc 1200.00";
    let more = "J24-more: Dr 2302.picc 800.00, Cr 2202.p-17 800.00";
    let table: [(i64, &[&str], State); 3] = [
        (ADVANCE, &[], State::Recovered),
        (1_400_000, &[cut], State::ShortfallOpen),
        (1_600_000, &[more], State::Recovered),
    ];
    for (approved_minor, posted, state) in table {
        let mut decided = story.clone();
        let event = decided.decision(approved_minor);
        posts(&mut decided, &event, posted);
        assert_eq!(decided.settle(), state);
        assert_eq!(decided.drawn(), approved_minor);
    }
}

#[test]
fn a_prefund_is_drawn_on_whoever_takes_the_share() {
    for (shape, drawn) in [
        (
            Shape { funding: PREFUND.funding, ..AT_PHARMACY },
            "J24-drawn: Dr 2302.picc 15200.00, Cr 2101.red-cross 15200.00",
        ),
        (
            Shape { funding: PREFUND.funding, ..LATER },
            "J24-drawn: Dr 2302.picc 15200.00, Dr 1201.p-17 4800.00, Cr 2101.red-cross 20000.00",
        ),
    ] {
        let mut story = Story::until(shape, State::Ready);
        let posted = story.tell(&Event::Dispensed).unwrap();
        assert_eq!(posted[1], drawn);
    }
}

#[test]
fn a_reimbursement_is_approved_cut_funded_and_paid() {
    let mut story = Story::until(REIMBURSED, State::InsurerSubmitted);
    let event = story.decision(1_400_000);
    posts(&mut story, &event, &["J23: Dr 1103.picc 14000.00, Cr 2201.p-17 14000.00"]);
    assert_eq!(story.settle(), State::Partial);
    let event = story.decision(1_300_000);
    posts(&mut story, &event, &["J23-cut: Dr 2201.p-17 1000.00, Cr 1103.picc 1000.00"]);
    let event = story.decision(ADVANCE);
    posts(&mut story, &event, &["J23: Dr 1103.picc 2200.00, Cr 2201.p-17 2200.00"]);
    assert_eq!(story.settle(), State::Approved);
    story.insurer_reimburses(100);
    assert_eq!(story.tell(&story.decision(1)).unwrap_err().code(), "decided_below_paid");
    story.insurer_reimburses(ADVANCE - 100);
    assert_eq!(story.settle(), State::Funded);
    story.others_pay();
    assert_eq!(story.settle(), State::Closed);
    assert_eq!(story.cash, Cash { insurer: -ADVANCE, pharmacy: 0, patient: ADVANCE });
}

#[test]
fn a_reimbursement_waits_in_paid_for_what_is_left_and_comes_back_if_it_is_taken_back() {
    let mut story = Story::decided(Shape { service_fee: 100, ..REIMBURSED }, ADVANCE);
    story.insurer_reimburses(ADVANCE);
    story.book("2201.p-17", ADVANCE);
    assert_eq!(story.settle(), State::Paid, "the service fee is due");
    story.others_pay();
    assert_eq!(story.settle(), State::Closed);
    story.book("1103.picc", 50_000);
    assert_eq!(story.settle(), State::TakenBack, "what is closed has nothing open");
    story.others_pay();
    assert_eq!(story.settle(), State::Closed);
}

#[test]
fn a_reimbursement_that_is_rejected_is_closed() {
    let mut story = Story::until(REIMBURSED, State::InsurerSubmitted);
    let event = story.decision(0);
    posts(&mut story, &event, &[]);
    assert_eq!((story.claim.state, story.settle()), (State::Rejected, State::Closed));
}

#[test]
fn material_that_is_missing_stops_the_clock_until_it_is_there() {
    let mut story = Story::until(DIRECT, State::PreReview);
    posts(&mut story, &material_requested(1), &[]);
    posts(&mut story, &Event::MaterialSupplied { number: 1 }, &[]);
    posts(&mut story, &material_requested(2), &[]);
    posts(&mut story, &Event::MaterialSupplied { number: 2 }, &[]);
    posts(&mut story, &Event::ReviewStarted, &[]);
    for event in &story.life()[2..] {
        story.tell(event).unwrap();
    }
    posts(&mut story, &asked_for_more(3), &[]);
    assert_eq!(story.claim.state, State::InsurerPended);
    posts(&mut story, &Event::MoreSentToInsurer { number: 3 }, &[]);
    assert_eq!(story.claim.state, State::InsurerSubmitted);
}
