//! What cannot happen to a claim: each refusal with its code, and nothing of it done.

use dianfu_claims::claim::{NewClaim, State};
use dianfu_claims::command::REASON_BYTES_MAX;
use dianfu_claims::event::{Bearer, Event};
use dianfu_claims::pharmacy::{self, Pharmacy};
use dianfu_claims::{Command, Refusal, patient, rule_book};
use dianfu_ledger::money::Currency;
use dianfu_settlement::batch::Pays;
use jiff::civil::date;

use super::bank::{paid, rejected};
use super::fixture::{
    ADVANCE, Desk, GROSS, ON, SHARE, WIDE, assigned, decided, decision, intake, line_decided, now, number, offered,
    party, policy_of, sent, share_paid, the_pharmacy, the_rules, told,
};

#[tokio::test]
async fn a_claim_that_cannot_be_taken_in() {
    let desk = Desk::new(WIDE).await;
    let overseas = Pharmacy { currency: Currency::USD, ..the_pharmacy("overseas") };
    let mut client = desk.ledger.client().await.unwrap();
    pharmacy::register(&mut client, &overseas, "tester", now()).await.unwrap().unwrap();
    let claim = intake("C-1", "p-1");
    let with = |change: fn(&mut NewClaim)| {
        let mut claim = claim.clone();
        change(&mut claim);
        Command::take_in(claim, ON)
    };
    let good = Command::take_in(claim.clone(), ON);
    for (command, code) in [
        (with(|claim| claim.gross_minor = 0), "out_of_range"),
        (with(|claim| claim.lines[0].quantity = 0), "out_of_range"),
        (with(|claim| claim.lines[0].gross_minor -= 1), "lines_differ"),
        (with(|claim| claim.lines.clear()), "out_of_range"),
        (with(|claim| claim.patient = party("p-2")), "party_unknown"),
        (with(|claim| claim.pharmacy = party("nobody")), "party_unknown"),
        (with(|claim| claim.insurer = party("nobody")), "party_unknown"),
        (with(|claim| claim.currency = Currency::USD), "currency_differs"),
        (with(|claim| claim.pharmacy = party("overseas")), "currency_differs"),
        (good.clone().because(&"x".repeat(REASON_BYTES_MAX + 1)), "text_length"),
        (good.clone().because("\0"), "text_length"),
        (told("C-1", Event::ReviewStarted), "claim_unknown"),
        (Command::review(number("C-1"), ON), "claim_unknown"),
    ] {
        assert_eq!(desk.refused(command).await, code);
    }
    assert_eq!((desk.count("claim").await, desk.count("claim_event").await), (0, 0));
    desk.ask(good.because(&"x".repeat(REASON_BYTES_MAX))).await.unwrap();
}

#[tokio::test]
async fn a_review_needs_rules_that_are_in_force() {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::PreReview).await;
    let early = Command::review(number("C-1"), date(2025, 12, 31));
    assert_eq!(desk.refused(early).await, "rules_missing");
    let mut client = desk.ledger.client().await.unwrap();
    let mut later = the_rules(2);
    later.effective_from = date(2026, 3, 3);
    later.rules.approval_days = 1;
    rule_book::record(&mut client, &party("picc"), &later, ("wang", "li"), now()).await.unwrap().unwrap();
    desk.ask(Command::review(number("C-1"), date(2026, 3, 3))).await.unwrap();
    assert_eq!(desk.claim("C-1").await.progress.quote.unwrap().valid_until, date(2026, 3, 4));
}

#[tokio::test]
async fn amounts_days_and_people_that_are_not_right() {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::OrderAccepted).await;
    let told = |event| told("C-1", event);
    assert_eq!(desk.refused(told(Event::DrugReady)).await, "share_not_paid");
    desk.tell("C-1", Event::ShareRequested).await;
    assert_eq!(desk.refused(told(share_paid(SHARE - 1))).await, "share_differs");
    let unknown = Event::SharePaid { amount_minor: SHARE, channel: party("nobody") };
    assert_eq!(desk.refused(told(unknown)).await, "account_unknown");
    desk.tell("C-1", share_paid(SHARE)).await;
    let late = date(2026, 4, 2);
    assert_eq!(desk.refused(Command { on: late, ..told(Event::DrugReady) }).await, "approval_over");
    desk.tell("C-1", Event::DrugReady).await;
    assert_eq!(desk.refused(Command { evidence_sha256: None, ..told(Event::Dispensed) }).await, "evidence_missing");
    assert_eq!(desk.refused(Command { on: late, ..told(Event::Dispensed) }).await, "approval_over");
    let yesterday = ON.yesterday().unwrap();
    assert_eq!(desk.refused(Command { on: yesterday, ..told(Event::Dispensed) }).await, "too_early");
    desk.tell("C-1", Event::Dispensed).await;
    for submitted_no in ["", "\0", &"x".repeat(51)] {
        assert_eq!(desk.refused(told(sent(submitted_no))).await, "text_length");
    }
    desk.tell("C-1", sent("C-1")).await;
    let decided_for = |approved_minor, reason: Option<&str>, position| {
        let lines = vec![line_decided(1, approved_minor, reason.map(str::to_owned))];
        told(Event::InsurerDecided { decision_no: 1, insurer_claim_no: "9406".to_owned(), position, lines })
    };
    for (command, code) in [
        (decided_for(GROSS + 1, None, 1), "approved_above_gross"),
        (decided_for(-1, Some("CO-45"), 1), "out_of_range"),
        (decided_for(ADVANCE, None, 0), "out_of_range"),
        (decided_for(ADVANCE - 1, None, 1), "reasons_mismatch"),
        (decided_for(ADVANCE, Some("CO-45"), 1), "reasons_mismatch"),
        (decided_for(ADVANCE - 1, Some(""), 1), "text_length"),
        (told(decision(2, vec![line_decided(1, ADVANCE, None)])), "out_of_range"),
        (told(decision(1, vec![line_decided(2, ADVANCE, None)])), "out_of_range"),
        (told(decision(1, Vec::new())), "out_of_range"),
    ] {
        assert_eq!(desk.refused(command).await, code);
    }
    desk.tell("C-1", decided(1_400_000)).await;
    for (event, code) in [
        (assigned(1, Bearer::Platform, 120_001), "shortfall_exceeded"),
        (assigned(1, Bearer::Platform, 0), "shortfall_exceeded"),
        (assigned(1, Bearer::Platform, -1), "shortfall_exceeded"),
        (assigned(0, Bearer::Platform, 1), "out_of_range"),
    ] {
        assert_eq!(desk.refused(told(event)).await, code);
    }
    let borne = told(assigned(1, Bearer::Platform, 1));
    let alone = Command { checked_by: None, ..borne.clone() };
    assert_eq!(desk.refused(alone).await, "second_person_needed");
    assert_eq!(desk.refused(borne.clone().checked_by("tester")).await, "same_person");
    assert_eq!(desk.refused(borne.checked_by("")).await, "text_length");
    desk.verify().await;
}

#[tokio::test]
async fn an_order_that_is_paid_or_on_its_way_cannot_be_paid_less() {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::InsurerSubmitted).await;
    desk.tell("C-1", decided(0)).await;
    let less = |number, minor| told("C-1", assigned(number, Bearer::PharmacyUnpaidOrder, minor));
    desk.ask(less(1, 1_000)).await.unwrap();
    let payouts = desk.pay("B-1", Pays::Pharmacies).await;
    assert_eq!(payouts[0].net_minor(), 1_979_000);
    let refusal = desk.ask(less(2, 1_000)).await.unwrap_err();
    assert!(refusal.to_string().contains("0.00 CNY is open, and a payout carries it"), "{refusal}");
    desk.report(&payouts[0].payout_id, rejected()).await.unwrap();
    desk.ask(less(2, 1_000)).await.unwrap();
    let payouts = desk.pay("B-2", Pays::Pharmacies).await;
    assert_eq!(payouts[0].net_minor(), 1_978_000);
    desk.report(&payouts[0].payout_id, paid(&payouts[0], 0)).await.unwrap();
    assert_eq!(desk.refused(less(3, 1)).await, "order_not_open");
    desk.verify().await;
}

#[tokio::test]
async fn an_order_cannot_be_paid_less_than_nothing_within_one_batch() {
    let desk = Desk::new(WIDE).await;
    let mut policy = policy_of("p-1");
    policy.policy_no = dianfu_claims::claim::PolicyNo::parse("POL-FULL").unwrap();
    (policy.deductible_minor, policy.coinsurance_per_10000) = (0, 0);
    let mut client = desk.ledger.client().await.unwrap();
    patient::register_policy(&mut client, &policy, "tester", now()).await.unwrap().unwrap();
    let claim = NewClaim { policy_no: policy.policy_no, ..intake("C-1", "p-1") };
    let rejected = decision(1, vec![line_decided(1, 0, ["CO-45".to_owned()])]);
    let less = |number, minor| told("C-1", assigned(number, Bearer::PharmacyUnpaidOrder, minor));
    let mut commands = vec![Command::take_in(claim, ON), told("C-1", Event::Submitted)];
    commands.push(told("C-1", Event::ReviewStarted));
    commands.push(Command::review(number("C-1"), ON));
    commands.extend([offered("C-1", 1, "red-cross"), told("C-1", Event::OrderAccepted { offer_no: 1 })]);
    commands.extend([Event::DrugReady, Event::Dispensed, sent("C-1"), rejected].map(|event| told("C-1", event)));
    for command in commands {
        desk.ask(command).await.unwrap();
    }
    // 20 000.00 are borne, but after the fee the pharmacy is owed 19 800.00.
    let both = [less(1, 1_900_000), less(2, 80_000), less(3, 20_000)];
    let answers = dianfu_claims::apply(&desk.ledger, &mut client, &both, "tester", now()).await.unwrap();
    let codes: Vec<_> = answers.iter().map(|answer| answer.as_ref().map_or_else(Refusal::code, |_| "ok")).collect();
    assert_eq!(codes, ["ok", "ok", "order_not_open"]);
    desk.verify().await;
}

#[tokio::test]
async fn the_credit_line_refuses_one_minor_unit_more() {
    for (line_minor, passes) in [(2 * ADVANCE, true), (2 * ADVANCE - 1, false)] {
        let desk = Desk::new(line_minor).await;
        desk.bring("C-1", "p-1", State::Dispensed).await;
        desk.bring("C-2", "p-2", State::PreReview).await;
        desk.bring("C-3", "p-3", State::PreReview).await;
        let review = |claim_no| Command::review(number(claim_no), ON);
        if passes {
            desk.ask(review("C-2")).await.unwrap();
        } else {
            let refusal = desk.ask(review("C-2")).await.unwrap_err();
            assert_eq!(refusal.code(), "group_above_maximum");
            let sentence =
                "limit group credit.picc: the balance would be 30400.00 CNY, above its limit of 30399.99 CNY";
            assert!(refusal.to_string().contains(sentence), "{refusal}");
            assert_eq!(desk.claim("C-2").await.state, State::PreReview);
            assert_eq!(desk.count("decision").await, 1);
        }
        assert_eq!(desk.refused(review("C-3")).await, "group_above_maximum");
        // What the insurer does not cover is in the line until somebody else bears it.
        desk.tell("C-1", sent("C-1")).await;
        desk.tell("C-1", decided(0)).await;
        assert_eq!(desk.refused(review("C-3")).await, "group_above_maximum");
        desk.tell("C-1", assigned(1, Bearer::Platform, ADVANCE)).await;
        desk.ask(review("C-3")).await.unwrap();
        desk.verify().await;
    }
}

#[tokio::test]
async fn a_claim_that_the_ledger_refuses_leaves_its_neighbours_applied() {
    let desk = Desk::new(2 * ADVANCE).await;
    let claims = [("C-1", "p-1"), ("C-2", "p-2"), ("C-3", "p-3")];
    for (claim_no, patient_no) in claims {
        desk.bring(claim_no, patient_no, State::PreReview).await;
    }
    let mut commands: Vec<Command> = Vec::new();
    for (claim_no, _) in claims {
        commands.push(Command::review(number(claim_no), ON));
        commands.push(offered(claim_no, 1, "red-cross"));
    }
    let mut client = desk.ledger.client().await.unwrap();
    let answers = dianfu_claims::apply(&desk.ledger, &mut client, &commands, "tester", now()).await;
    let answers = answers.unwrap();
    let codes: Vec<_> = answers.iter().map(|answer| answer.as_ref().map_or_else(Refusal::code, |_| "ok")).collect();
    assert_eq!(codes, ["ok", "ok", "ok", "ok", "group_above_maximum", "not_in_this_state"]);
    assert_eq!((desk.held().await, desk.claim("C-3").await.state), (2 * ADVANCE, State::PreReview));
    desk.verify().await;
}
