//! The insurer decides again: for more, which relieves whoever had borne it, and for less.

use super::story::{Story, posts};
use super::told::*;
use crate::claim::State;
use crate::event::{Bearer, Debt, Event};

/// A claim of which 1,200.00 are short, after these events.
fn short(shape: Shape, events: &[Event]) -> Story {
    let mut story = Story::decided(shape, 1_400_000);
    for event in events {
        story.tell(event).unwrap();
    }
    story
}

#[test]
fn more_relieves_whoever_had_borne_it() {
    let by_patient = assigned(1, Bearer::Patient, 120_000);
    let table: [(&[Event], &str); 9] = [
        (&[], "Cr 1109.picc 1200.00"),
        (std::slice::from_ref(&by_patient), "Cr 1202.p-17 1200.00"),
        (&[by_patient.clone(), clawback_paid(1, 50_000)], "Cr 1202.p-17 700.00, Cr 2202.p-17 500.00"),
        (&[by_patient.clone(), written_off(1, Debt::Clawback, 120_000)], "Cr 4905 1200.00"),
        (
            &[by_patient.clone(), written_off(1, Debt::Clawback, 120_000), written_off_recovered(1, 30_000)],
            "Cr 2202.p-17 300.00, Cr 4905 900.00",
        ),
        (&[assigned(1, Bearer::PharmacyByNetting, 120_000)], "Cr 1301.red-cross 1200.00"),
        (&[assigned(1, Bearer::PharmacyUnpaidOrder, 120_000)], "Cr 2101.red-cross 1200.00"),
        (&[assigned(1, Bearer::Platform, 120_000)], "Cr 5201 1200.00"),
        (&[written_off(1, Debt::Shortfall, 120_000)], "Cr 4905 1200.00"),
    ];
    for (events, relieved) in table {
        for (shape, debit) in
            [(DIRECT, "J10d: Dr 1102.picc 1200.00"), (PREFUND, "J24-decided-again: Dr 2302.picc 1200.00")]
        {
            let mut story = short(shape, events);
            let event = story.decision(ADVANCE);
            posts(&mut story, &event, &[&format!("{debit}, {relieved}")]);
            story.others_pay();
            assert_eq!((story.settle(), story.cash.patient), (State::Closed, -SHARE), "{events:?}");
        }
    }
}

#[test]
fn a_pharmacy_whose_part_was_netted_is_owed_it_again() {
    let mut story = short(DIRECT, &[assigned(1, Bearer::PharmacyByNetting, 120_000)]);
    story.others_pay();
    let event = story.decision(ADVANCE);
    posts(&mut story, &event, &["J10d: Dr 1102.picc 1200.00, Cr 2101.red-cross 1200.00"]);
    story.others_pay();
    assert_eq!((story.settle(), story.cash.pharmacy), (State::Closed, GROSS - 20_000));
}

#[test]
fn more_relieves_in_order_and_what_is_left_makes_the_share_smaller() {
    let events = [
        assigned(1, Bearer::Patient, 20_000),
        assigned(2, Bearer::PharmacyByNetting, 30_000),
        assigned(3, Bearer::Platform, 10_000),
    ];
    let mut story = short(DIRECT, &events);
    let some = "J10d: Dr 1102.picc 700.00, Cr 1109.picc 600.00, Cr 1202.p-17 100.00";
    let event = story.decision(1_470_000);
    posts(&mut story, &event, &[some]);
    assert_eq!(story.settle(), State::Approved, "nothing is open but what the insurer and the others owe");
    let event = story.decision(1_600_000);
    let rest = "J10d: Dr 1102.picc 1300.00, Cr 1202.p-17 100.00, Cr 2202.p-17 800.00, Cr 1301.red-cross 300.00, \
        Cr 5201 100.00";
    posts(&mut story, &event, &[rest]);
    assert_eq!(story.claim.progress.excess_minor, 80_000);
    story.others_pay();
    assert_eq!((story.settle(), story.cash.patient), (State::Closed, -SHARE + 80_000));
}

#[test]
fn the_same_again_posts_nothing_and_a_closed_claim_closes_again() {
    let mut story = Story::decided(WITH_FEE, ADVANCE);
    story.others_pay();
    assert_eq!(story.settle(), State::Closed);
    let event = story.decision(ADVANCE);
    posts(&mut story, &event, &[]);
    assert_eq!((story.claim.state, story.settle()), (State::Approved, State::Closed));
}

#[test]
fn less_is_a_shortfall_as_far_as_it_is_not_paid() {
    let mut story = Story::decided(WITH_FEE, ADVANCE);
    let event = story.decision(1_400_000);
    let less = "J18b: Dr 1109.picc 1200.00, Cr 1102.picc 1200.00";
    let fee = "J9b-back: Dr 4101 11.32, Dr 2401 0.68, Cr 1102.picc 12.00";
    posts(&mut story, &event, &[less, fee]);
    assert_eq!((story.claim.state, story.settle()), (State::Partial, State::Partial));
    let event = story.decision(0);
    let less = "J18b: Dr 1109.picc 14000.00, Cr 1102.picc 14000.00";
    let fee = "J9b-back: Dr 4101 132.08, Dr 2401 7.92, Cr 1102.picc 140.00";
    posts(&mut story, &event, &[less, fee]);
    assert_eq!((story.claim.state, story.settle()), (State::Rejected, State::ShortfallOpen));
}

/// What is due may be the claim or the fee: an insurer that has paid exactly what it now owes has nothing to take back.
#[test]
fn what_is_due_of_the_fee_may_be_decided_away_with_the_claim() {
    for (paid_minor, fee) in [
        (1_400_000 + 14_000, "J9b-back: Dr 4101 11.32, Dr 2401 0.68, Cr 1102.picc 12.00"),
        (1_400_000 + 15_200, "J9b-back: Dr 4101 11.32, Dr 2401 0.68, Cr 2301.picc 12.00"),
    ] {
        let mut story = Story::decided(Shape { service_fee: 100, ..DIRECT }, ADVANCE);
        story.insurer_pays(paid_minor);
        assert_eq!(story.tell(&story.decision(1_379_999)).unwrap_err().code(), "decided_below_paid");
        let event = story.decision(1_400_000);
        posts(&mut story, &event, &["J18b: Dr 1109.picc 1200.00, Cr 1102.picc 1200.00", fee]);
        assert_eq!(story.open("1102.picc"), 0);
    }
}

#[test]
fn what_was_paid_is_taken_back_before_less_is_decided() {
    let mut story = Story::decided(DIRECT, ADVANCE);
    story.others_pay();
    assert_eq!(story.settle(), State::Closed);
    let refusal = story.tell(&story.decision(1_400_000)).unwrap_err();
    assert_eq!(
        refusal.to_string(),
        "claim C-1 (CLOSED): insurer_decided is refused: the insurer has paid 15200.00 CNY and now approves \
         14000.00 CNY: it has to take back what it has paid first"
    );
    story.insurer_takes_back(120_000);
    assert_eq!(story.settle(), State::TakenBack);
    assert_eq!(story.tell(&story.decision(1_399_999)).unwrap_err().code(), "decided_below_paid");
    let event = story.decision(1_400_000);
    posts(&mut story, &event, &["J18b: Dr 1109.picc 1200.00, Cr 1102.picc 1200.00"]);
    assert_eq!(story.settle(), State::ShortfallOpen);
    story.tell(&assigned(1, Bearer::Platform, 120_000)).unwrap();
    assert_eq!(story.settle(), State::Recovered, "the insurer has not got back what it has paid too much");
    story.others_pay();
    assert_eq!((story.settle(), story.cash.insurer), (State::Closed, -1_400_000));
}

#[test]
fn a_takeback_reopens_a_closed_claim() {
    let mut story = Story::decided(DIRECT, ADVANCE);
    story.others_pay();
    assert_eq!(story.settle(), State::Closed);
    story.insurer_takes_back(50_000);
    assert_eq!(story.settle(), State::TakenBack);
    story.others_pay();
    assert_eq!(story.settle(), State::Closed);
}

#[test]
fn less_on_a_prefund_goes_back_to_it_whatever_was_decided() {
    let mut story = Story::decided(PREFUND, 1_600_000);
    let event = story.decision(1_400_000);
    posts(&mut story, &event, &["J24-cut: Dr 1109.picc 2000.00, Cr 2302.picc 2000.00"]);
    assert_eq!((story.drawn(), story.settle()), (1_400_000, State::ShortfallOpen));
    story.tell(&assigned(1, Bearer::Patient, 80_000)).unwrap();
    story.tell(&assigned(2, Bearer::Platform, 120_000)).unwrap();
    story.tell(&clawback_paid(1, 80_000)).unwrap();
    story.others_pay();
    assert_eq!((story.settle(), story.cash.patient), (State::Closed, -SHARE));
}
