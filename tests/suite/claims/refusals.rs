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
    ADVANCE, Desk, GROSS, ON, SHARE, WIDE, assigned, decided, intake, now, number, party, policy_of, prescribed, sent,
    share_paid, straight_path, the_pharmacy, the_rules, told,
};

/// Brings a claim to a state, by whatever way leads there.
async fn bring(desk: &Desk, claim_no: &str, patient_no: &str, to: State) {
    let on_the_path = straight_path(intake(claim_no, patient_no)).iter().any(|(_, state)| *state == to);
    match to {
        _ if on_the_path => desk.bring(claim_no, patient_no, to).await,
        State::PreRejected => {
            let claim = prescribed(date(2026, 1, 1), intake(claim_no, patient_no));
            desk.ask(Command::take_in(claim, ON)).await.unwrap();
            desk.tell(claim_no, Event::ReviewStarted).await;
            desk.ask(Command::review(number(claim_no), ON)).await.unwrap();
        }
        State::Cancelled => {
            desk.bring(claim_no, patient_no, State::SharePaid).await;
            desk.tell(claim_no, Event::Cancelled).await;
        }
        State::Expired => {
            desk.bring(claim_no, patient_no, State::SharePaid).await;
            desk.ask(Command { on: date(2026, 4, 2), ..told(claim_no, Event::Expired) }).await.unwrap();
        }
        _ => bring_behind_the_decision(desk, claim_no, patient_no, to).await,
    }
    assert_eq!(desk.claim(claim_no).await.state, to);
}

async fn bring_behind_the_decision(desk: &Desk, claim_no: &str, patient_no: &str, to: State) {
    desk.bring(claim_no, patient_no, State::InsurerSubmitted).await;
    let approved_minor = if matches!(to, State::Rejected | State::ShortfallOpen) { 0 } else { ADVANCE };
    desk.tell(claim_no, decided(approved_minor)).await;
    let received_minor = match to {
        State::Approved | State::Rejected => return,
        State::ShortfallOpen => 0,
        State::PartRecovered => 1_000_000,
        _ => ADVANCE,
    };
    if received_minor > 0 {
        desk.move_money(&[("1002.settlement", None, received_minor), ("1102.picc", Some(claim_no), -received_minor)])
            .await;
    }
    if to == State::Closed {
        let payouts = desk.pay("B-1", Pays::Pharmacies).await;
        desk.report(&payouts[0].payout_id, paid(&payouts[0], 0)).await.unwrap();
    }
    desk.settled(claim_no).await;
    if to == State::TakenBack {
        desk.move_money(&[("1102.picc", Some(claim_no), 70), ("2301.picc", Some(claim_no), -70)]).await;
        desk.settled(claim_no).await;
    }
}

/// What each state takes of what can be told, in letters: **s**tart and **r**eview of the pre-review, **a**sk for and
/// **p**ay the share, the drug is read**y** and **d**ispensed, sent to the **i**nsurer, which decides (**v**),
/// shortfall **b**orne, **c**ancelled, e**x**pired.
const TAKES: [(State, &str); 19] = [
    (State::Submitted, "sc"),
    (State::PreReview, "rc"),
    (State::PreRejected, ""),
    (State::PreApproved, "aycx"),
    (State::ShareDue, "pcx"),
    (State::SharePaid, "ycx"),
    (State::Ready, "dcx"),
    (State::Dispensed, "i"),
    (State::InsurerSubmitted, "v"),
    (State::Approved, ""),
    (State::Partial, "b"),
    (State::Rejected, "b"),
    (State::PartRecovered, "b"),
    (State::Recovered, ""),
    (State::ShortfallOpen, "b"),
    (State::TakenBack, ""),
    (State::Cancelled, ""),
    (State::Expired, ""),
    (State::Closed, ""),
];

fn everything(claim_no: &str) -> Vec<(char, Command)> {
    let told = |event| told(claim_no, event);
    vec![
        ('s', told(Event::ReviewStarted)),
        ('r', Command::review(number(claim_no), ON)),
        ('a', told(Event::ShareRequested)),
        ('p', told(share_paid(SHARE))),
        ('y', told(Event::DrugReady)),
        ('d', told(Event::Dispensed)),
        ('i', told(sent(claim_no))),
        ('v', told(decided(1_400_000))),
        ('b', told(assigned(1, Bearer::Platform, 1))),
        ('c', told(Event::Cancelled)),
        ('x', told(Event::Expired)),
    ]
}

#[tokio::test]
async fn no_state_takes_what_does_not_belong_to_it() {
    let kinds = [
        ('s', "review_started"),
        ('r', "pre_reviewed"),
        ('a', "share_requested"),
        ('p', "share_paid"),
        ('y', "drug_ready"),
        ('d', "dispensed"),
        ('i', "sent_to_insurer"),
        ('v', "insurer_decided"),
        ('b', "shortfall_assigned"),
        ('c', "cancelled"),
        ('x', "expired"),
    ];
    let desk = Desk::new(WIDE).await;
    for (at, (state, takes)) in TAKES.into_iter().enumerate() {
        let (claim_no, patient_no) = (format!("C-{at}"), format!("patient-{at}"));
        desk.patient(&patient_no).await;
        bring(&desk, &claim_no, &patient_no, state).await;
        let before = (desk.story(&claim_no).await, desk.count("entry").await);
        let on_record: Vec<&str> = before.0.1.iter().map(|event| event.event.kind().word()).collect();
        for (letter, command) in everything(&claim_no) {
            let (_, word) = kinds.into_iter().find(|(of, _)| *of == letter).unwrap();
            assert_eq!(command.kind().word(), word);
            if takes.contains(letter) || on_record.contains(&word) {
                continue;
            }
            let refusal = desk.ask(command).await.unwrap_err();
            assert_eq!((refusal.code(), refusal.state), ("not_in_this_state", Some(state)), "{refusal}");
        }
        assert_eq!((desk.story(&claim_no).await, desk.count("entry").await), before);
    }
    desk.verify().await;
}

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
    desk.bring("C-1", "p-1", State::PreApproved).await;
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
    let decided_for = |approved_minor, cause: Option<&str>, position| {
        let (cause, insurer_claim_no) = (cause.map(str::to_owned), "9406".to_owned());
        told(Event::InsurerDecided { approved_minor, cause, insurer_claim_no, position })
    };
    for (command, code) in [
        (decided_for(GROSS + 1, None, 1), "approved_above_gross"),
        (decided_for(-1, Some("CO-45"), 1), "out_of_range"),
        (decided_for(ADVANCE, None, 0), "out_of_range"),
        (decided_for(ADVANCE - 1, None, 1), "cause_mismatch"),
        (decided_for(ADVANCE, Some("CO-45"), 1), "cause_mismatch"),
        (decided_for(ADVANCE - 1, Some(""), 1), "text_length"),
    ] {
        assert_eq!(desk.refused(command).await, code);
    }
    desk.tell("C-1", decided(1_400_000)).await;
    for (event, code) in [
        (assigned(1, Bearer::Platform, 120_001), "shortfall_exceeded"),
        (assigned(1, Bearer::Platform, 0), "shortfall_exceeded"),
        (assigned(1, Bearer::Platform, -1), "shortfall_exceeded"),
        (assigned(0, Bearer::Platform, 1), "out_of_range"),
        (checked_by("tester"), "same_person"),
        (checked_by(""), "text_length"),
    ] {
        assert_eq!(desk.refused(told(event)).await, code);
    }
    desk.verify().await;
}

fn checked_by(checked_by: &str) -> Event {
    let checked_by = checked_by.to_owned();
    Event::ShortfallAssigned { number: 1, bearer: Bearer::Platform, amount_minor: 1, checked_by }
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
    let rejected = Event::InsurerDecided {
        approved_minor: 0,
        cause: Some("CO-45".to_owned()),
        insurer_claim_no: "9406".to_owned(),
        position: 1,
    };
    let less = |number, minor| told("C-1", assigned(number, Bearer::PharmacyUnpaidOrder, minor));
    let mut commands = vec![Command::take_in(claim, ON), told("C-1", Event::ReviewStarted)];
    commands.push(Command::review(number("C-1"), ON));
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
            assert_eq!(refusal.code(), "above_maximum");
            let sentence = "the balance would be 30400.00 CNY, above its limit of 30399.99 CNY";
            assert!(refusal.to_string().contains(sentence), "{refusal}");
            assert_eq!(desk.claim("C-2").await.state, State::PreReview);
            assert_eq!(desk.count("decision").await, 1);
        }
        assert_eq!(desk.refused(review("C-3")).await, "above_maximum");
        // What the insurer has decided is not in the line any more.
        desk.tell("C-1", sent("C-1")).await;
        desk.tell("C-1", decided(0)).await;
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
        commands.push(told(claim_no, Event::ShareRequested));
    }
    let mut client = desk.ledger.client().await.unwrap();
    let answers = dianfu_claims::apply(&desk.ledger, &mut client, &commands, "tester", now()).await;
    let answers = answers.unwrap();
    let codes: Vec<_> = answers.iter().map(|answer| answer.as_ref().map_or_else(Refusal::code, |_| "ok")).collect();
    assert_eq!(codes, ["ok", "ok", "ok", "ok", "above_maximum", "not_in_this_state"]);
    assert_eq!((desk.held().await, desk.claim("C-3").await.state), (2 * ADVANCE, State::PreReview));
    desk.verify().await;
}
