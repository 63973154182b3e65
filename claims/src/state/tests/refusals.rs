//! What is refused, with its code and in words.

use jiff::civil::date;

use super::story::Story;
use super::told::*;
use crate::claim::State;
use crate::event::{Bearer, Debt, Event, LineDecision};
use crate::refusal::Refusal;

fn refused(story: &mut Story, event: &Event) -> Refusal {
    let before = story.claim.clone();
    let refusal = story.tell(event).unwrap_err();
    assert_eq!(story.claim, before);
    refusal
}

#[test]
fn what_is_refused_and_how_it_is_said() {
    let check = |mut story: Story, event: &Event, code: &str, sentence: &str| {
        let refusal = refused(&mut story, event);
        assert_eq!((refusal.code(), refusal.to_string().as_str()), (code, sentence));
    };
    check(
        Story::begin(DIRECT),
        &Event::Dispensed,
        "not_in_this_state",
        "claim C-1 (DRAFT): dispensed is refused: it does not happen in this state",
    );
    check(
        Story::until(DIRECT, State::OrderAccepted),
        &Event::DrugReady,
        "share_not_paid",
        "claim C-1 (ORDER_ACCEPTED): drug_ready is refused: the share of 4800.00 CNY is not paid",
    );
    check(
        Story::until(DIRECT, State::ShareDue),
        &share_paid(479_999),
        "share_differs",
        "claim C-1 (SHARE_DUE): share_paid is refused: the share is 4800.00 CNY, not 4799.99 CNY",
    );
    check(
        Story::until(DIRECT, State::InsurerSubmitted),
        &decided_lines(1, &[(GROSS + 1, ADVANCE)]),
        "approved_above_gross",
        "claim C-1 (INSURER_SUBMITTED): insurer_decided is refused: the insurer approves 20000.01 CNY of line 1, \
         but its price is 20000.00 CNY",
    );
    check(
        Story::until(DIRECT, State::InsurerSubmitted),
        &decided_lines(1, &[(1_400_000, 0)]),
        "reasons_mismatch",
        "claim C-1 (INSURER_SUBMITTED): insurer_decided is refused: line 1 has reasons exactly when less than \
         15200.00 CNY is approved; approved are 14000.00 CNY",
    );
    check(
        Story::decided(DIRECT, 1_400_000),
        &assigned(1, Bearer::Platform, 120_001),
        "shortfall_exceeded",
        "claim C-1 (PARTIAL): shortfall_assigned is refused: 1200.01 CNY is not between one minor unit and the open \
         shortfall of 1200.00 CNY",
    );
}

#[test]
fn a_decision_names_every_line_once_and_in_order() {
    let lines = Shape { prices: &[500_000, 1_500_000], ..DIRECT };
    let story = Story::until(lines, State::InsurerSubmitted);
    let line = |line_no, approved_minor, reasons: &[&str]| {
        let reasons = reasons.iter().map(|reason| (*reason).to_owned()).collect();
        LineDecision { line_no, approved_minor, reasons }
    };
    let table = [
        (vec![line(1, 380_000, &[])], "out_of_range"),
        (vec![line(2, 380_000, &[]), line(1, 1_140_000, &[])], "out_of_range"),
        (vec![line(1, 380_000, &[]), line(2, 1_140_000, &[]), line(3, 1, &[])], "out_of_range"),
        (vec![line(1, -1, &["CO-45"]), line(2, 1_140_000, &[])], "out_of_range"),
        (vec![line(1, 500_001, &[]), line(2, 0, &["CO-45"])], "approved_above_gross"),
        (vec![line(1, 379_999, &[]), line(2, 1_140_000, &[])], "reasons_mismatch"),
        (vec![line(1, 380_000, &["CO-45"]), line(2, 1_140_000, &[])], "reasons_mismatch"),
        (vec![line(1, 379_999, &[""]), line(2, 1_140_000, &[])], "text_length"),
        (vec![line(1, 379_999, &["CO-45"; 21]), line(2, 1_140_000, &[])], "out_of_range"),
    ];
    let decision = |decision_no, insurer_claim_no: &str, position, lines: &[LineDecision]| {
        let insurer_claim_no = insurer_claim_no.to_owned();
        Event::InsurerDecided { decision_no, insurer_claim_no, position, lines: lines.to_vec() }
    };
    for (lines, code) in table {
        assert_eq!(refused(&mut story.clone(), &decision(1, "9406", 1, &lines)).code(), code, "{lines:?}");
    }
    let sound = [line(1, 379_999, &["CO-45"]), line(2, 1_140_001, &[])];
    for wrong in [decision(0, "9406", 1, &sound), decision(2, "9406", 1, &sound), decision(1, "9406", 0, &sound)] {
        assert_eq!(refused(&mut story.clone(), &wrong).code(), "out_of_range");
    }
    assert_eq!(refused(&mut story.clone(), &decision(1, "", 1, &sound)).code(), "text_length");
    let posted = story.clone().tell(&decision(1, "9406", 1, &sound)).unwrap();
    assert_eq!(posted, ["J9: Dr 1102.picc 15200.00, Cr 1101.picc 15200.00"], "the sum decides");
}

#[test]
fn an_approval_lasts_to_its_day_and_not_longer() {
    let (last, after) = (on(VALID_UNTIL, moment(0)), on(date(2026, 4, 2), moment(0)));
    let at = |state, now, event: &Event| {
        let mut story = Story::until(DIRECT, state).at(now);
        story.tell(event).map(|_| story.claim.state).map_err(|refusal| refusal.code())
    };
    for (state, event, to) in [
        (State::PreApproved, offered(1), State::OrderOffered),
        (State::OrderOffered, Event::OrderAccepted { offer_no: 1 }, State::OrderAccepted),
        (State::SharePaid, Event::DrugReady, State::Ready),
        (State::Ready, Event::Dispensed, State::Dispensed),
    ] {
        assert_eq!(at(state, last, &event), Ok(to));
        assert_eq!(at(state, after, &event), Err("approval_over"));
        assert_eq!(at(state, last, &Event::Expired), Err("approval_still_valid"));
        assert_eq!(at(state, after, &Event::Expired), Ok(State::Expired));
    }
    let before = on(date(2026, 3, 1), moment(0));
    assert_eq!(at(State::Ready, before, &Event::Dispensed), Err("too_early"));
    assert_eq!(at(State::Dispensed, before, &Event::Returned), Err("too_early"));
}

#[test]
fn material_is_asked_for_and_answered_in_order() {
    let mut story = Story::until(DIRECT, State::Submitted);
    for number in [0, 2] {
        assert_eq!(refused(&mut story, &material_requested(number)).code(), "out_of_range");
    }
    let of = |materials: Vec<String>| Event::MaterialRequested { number: 1, materials, due_on: date(2026, 3, 9) };
    assert_eq!(refused(&mut story, &of(Vec::new())).code(), "out_of_range");
    assert_eq!(refused(&mut story, &of(vec![String::new()])).code(), "text_length");
    assert_eq!(refused(&mut story, &of(vec!["invoice".to_owned(); 31])).code(), "out_of_range");
    story.tell(&material_requested(1)).unwrap();
    assert_eq!(refused(&mut story, &Event::MaterialSupplied { number: 2 }).code(), "out_of_range");
    story.now = on(date(2026, 3, 9), moment(7));
    assert_eq!(refused(&mut story, &Event::Expired).code(), "approval_still_valid");
    story.now = on(date(2026, 3, 10), moment(8));
    story.tell(&Event::Expired).unwrap();
    assert_eq!(story.settle(), State::Closed);
}

#[test]
fn an_offer_is_answered_by_its_number_and_in_time() {
    let mut story = Story::until(DIRECT, State::PreApproved);
    assert_eq!(refused(&mut story, &offered(2)).code(), "out_of_range");
    let mut late = story.clone().at(on(ON, moment(1)));
    assert_eq!(refused(&mut late, &offered(1)).code(), "moment_passed");
    story.tell(&offered(1)).unwrap();
    for event in [
        Event::OrderAccepted { offer_no: 2 },
        Event::OrderDeclined { offer_no: 0 },
        Event::OfferTimedOut { offer_no: 2 },
    ] {
        assert_eq!(refused(&mut story, &event).code(), "out_of_range");
    }
    story.now.at = moment(1);
    assert_eq!(refused(&mut story, &Event::OfferTimedOut { offer_no: 1 }).code(), "moment_not_reached");
    let mut late = story.clone().at(on(ON, moment(2)));
    assert_eq!(refused(&mut late, &Event::OrderAccepted { offer_no: 1 }).code(), "moment_passed");
    late.tell(&Event::OfferTimedOut { offer_no: 1 }).unwrap();
    story.tell(&Event::OrderAccepted { offer_no: 1 }).unwrap();
}

#[test]
fn a_fee_larger_than_the_payable_is_refused() {
    let mut story = Story::until(AT_PHARMACY, State::PreReview);
    story.tell(&quoted(AT_PHARMACY, 19_999)).unwrap();
    assert_eq!(refused(&mut story, &offered(1)).code(), "fee_above_payable");
}

#[test]
fn amounts_are_within_what_is_open_and_counts_from_one() {
    let mut story = Story::until(LATER, State::Dispensed);
    let share = |number, share_minor| Event::ShareRecalculated { number, share_minor };
    for event in [
        owed_share_paid(1, 0),
        owed_share_paid(1, SHARE + 1),
        owed_share_paid(0, 1),
        share(1, -1),
        share(1, GROSS + 1),
        share(0, SHARE),
    ] {
        assert_eq!(refused(&mut story, &event).code(), "out_of_range", "{event:?}");
    }
    let mut story = Story::decided(DIRECT, 1_400_000);
    story.tell(&assigned(1, Bearer::Patient, 50_000)).unwrap();
    for event in [
        clawback_paid(1, 0),
        clawback_paid(1, 50_001),
        clawback_paid(0, 1),
        provisioned(1, 120_001),
        provisioned(1, -1),
        provisioned(0, 1),
        written_off(1, Debt::Clawback, 50_001),
        written_off(1, Debt::Shortfall, 70_001),
        written_off(1, Debt::Shortfall, 0),
        written_off(0, Debt::Shortfall, 1),
        written_off_recovered(1, 1),
        assigned(0, Bearer::Platform, 1),
    ] {
        assert_eq!(refused(&mut story, &event).code(), "out_of_range", "{event:?}");
    }
    for amount_minor in [0, -1, 70_001] {
        let event = assigned(2, Bearer::Platform, amount_minor);
        assert_eq!(refused(&mut story, &event).code(), "shortfall_exceeded");
    }
    story.pharmacy_is_paid();
    let event = assigned(2, Bearer::PharmacyUnpaidOrder, 1);
    assert_eq!(refused(&mut story, &event).code(), "order_not_open");
}
