//! Reimbursements: the patient has paid, and the insurer pays the patient through us (J23).

use super::story::{Cash, Story, posts};
use super::told::*;
use crate::claim::State;

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
