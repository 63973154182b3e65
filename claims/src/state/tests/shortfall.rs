//! What the insurer decides first, and what becomes of what it does not cover.

use super::story::{Story, posts};
use super::told::*;
use crate::claim::State;
use crate::event::{Bearer, Debt};

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
