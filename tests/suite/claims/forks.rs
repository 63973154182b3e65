//! Where claims leave the straight path: called off, refused, approved for less, more or nothing, taken back.

use dianfu_claims::Command;
use dianfu_claims::claim::{NewClaim, PolicyNo, ShareCollector, State};
use dianfu_claims::event::{Bearer, Event};
use dianfu_claims::patient::{self, Policy};
use dianfu_settlement::batch::Pays;
use jiff::civil::date;

use super::bank::paid;
use super::fixture::{
    ADVANCE, Desk, ON, WIDE, assigned, decided, decision, intake, line_decided, now, number, offered, policy_of,
    prescribed, sent, share_paid, told,
};

/// Tells events of a new claim in order, behind the pharmacy's word if there are any; answers the journals of the
/// review and of each.
async fn path(desk: &Desk, claim: NewClaim, events: &[Event]) -> Vec<Vec<String>> {
    let claim_no = claim.claim_no.clone();
    desk.ask(Command::take_in(claim, ON)).await.unwrap();
    desk.tell(claim_no.as_str(), Event::Submitted).await;
    desk.tell(claim_no.as_str(), Event::ReviewStarted).await;
    let mut journals = Vec::new();
    let reviewed = desk.ask(Command::review(claim_no.clone(), ON)).await.unwrap();
    journals.push(desk.journals(&reviewed.entry_ids).await);
    if !events.is_empty() {
        desk.ask(offered(claim_no.as_str(), 1, "red-cross")).await.unwrap();
        desk.tell(claim_no.as_str(), Event::OrderAccepted { offer_no: 1 }).await;
    }
    for event in events {
        let applied = desk.tell(claim_no.as_str(), event.clone()).await;
        journals.push(desk.journals(&applied.entry_ids).await);
    }
    journals
}

#[tokio::test]
async fn the_pharmacy_collects_the_share_itself() {
    let desk = Desk::new(WIDE).await;
    let claim = NewClaim { share_collector: ShareCollector::Pharmacy, ..intake("C-1", "p-1") };
    let journals = path(&desk, claim, &[Event::DrugReady, Event::Dispensed]).await;
    let expected = [
        "J1r: (9002.picc - 1520000), (1101.picc C-1 -1520000)",
        "J3b: 1101.picc C-1 1520000, 2101.red-cross C-1 -1520000",
        "J4: 2101.red-cross C-1 20000, 4102 - -18868, 2401 - -1132",
    ];
    assert_eq!(journals[2], expected);
    let payouts = desk.pay("B-1", Pays::Pharmacies).await;
    assert_eq!(payouts[0].net_minor(), ADVANCE - 20_000);
    assert!(desk.balances().await.starts_with("1001.own -1520000; 1002.settlement 1520000; 1010"));
}

#[tokio::test]
async fn a_claim_is_called_off_from_every_state_before_the_drug_is_dispensed() {
    let released = "J1r: (9002.picc - 1520000), (1101.picc C-1 -1520000)";
    let given_back = "J20-held: 2203.p-1 C-1 480000, 2202.p-1 C-1 -480000";
    let cases: [(State, &[&str]); 9] = [
        (State::Draft, &[]),
        (State::Submitted, &[]),
        (State::PreReview, &[]),
        (State::PreApproved, &[released]),
        (State::OrderOffered, &[released]),
        (State::OrderAccepted, &[released]),
        (State::ShareDue, &[released]),
        (State::SharePaid, &[released, given_back]),
        (State::Ready, &[released, given_back]),
    ];
    for (state, journals) in cases {
        let desk = Desk::new(WIDE).await;
        desk.bring("C-1", "p-1", state).await;
        let cancelled = desk.tell("C-1", Event::Cancelled).await;
        assert_eq!((cancelled.to, desk.journals(&cancelled.entry_ids).await), (State::Cancelled, strings(journals)));
        assert_eq!(desk.held().await, 0);
        if journals.contains(&given_back) {
            assert_eq!(desk.settled("C-1").await, State::Cancelled, "the share is owed to the patient");
            desk.pays("p-1", 1).await;
            let payouts = desk.pay("R-1", Pays::PatientRefunds).await;
            let posted = desk.journals(&desk.instruction(&payouts[0]).await).await;
            assert_eq!(posted, ["J20: 2202.p-1 C-1 480000, 1010.settlement R-1-0001 -480000"]);
            desk.report(&payouts[0].payout_id, paid(&payouts[0], 0)).await.unwrap();
            assert_eq!(desk.balances().await, "1002.settlement -480000; 1005.wechat 480000");
        } else {
            assert_eq!(desk.balances().await, "");
        }
        assert_eq!(desk.settled("C-1").await, State::Closed);
    }
}

#[tokio::test]
async fn an_approval_that_is_not_used_in_time_expires() {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::OrderAccepted).await;
    let on_last_day = Command { on: date(2026, 4, 1), ..told("C-1", Event::Expired) };
    assert_eq!(desk.refused(on_last_day).await, "approval_still_valid");
    let late = Command { on: date(2026, 4, 2), ..told("C-1", Event::DrugReady) };
    assert_eq!(desk.refused(late).await, "share_not_paid");
    let expired = desk.ask(Command { on: date(2026, 4, 2), ..told("C-1", Event::Expired) }).await.unwrap();
    let released = "J1r: (9002.picc - 1520000), (1101.picc C-1 -1520000)";
    assert_eq!((expired.to, desk.journals(&expired.entry_ids).await), (State::Expired, strings(&[released])));
    assert_eq!((desk.settled("C-1").await, desk.held().await), (State::Closed, 0));
    desk.verify().await;
}

#[tokio::test]
async fn what_a_rule_refuses_ends_there_and_says_why() {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::PreApproved).await;
    let old = prescribed(date(2026, 1, 1), intake("C-2", "p-1"));
    let journals = path(&desk, old, &[]).await;
    assert_eq!((journals, desk.claim("C-2").await.state), (vec![Vec::new()], State::PreRejected));
    let sql = "SELECT outcome, rules_fired, rules_version, english, chinese FROM decision WHERE claim_no = 'C-2'";
    let row = desk.ledger.client().await.unwrap().query_one(sql, &[]).await.unwrap();
    assert_eq!((row.get::<_, &str>(0), row.get::<_, i32>(2)), ("rejected", 1));
    assert_eq!(row.get::<_, Vec<String>>(1), ["prescription_valid", "quantity_per_cycle"]);
    let sentence = "the patient has 2 packs of drug osimertinib-80mg-30 in 28 days, more than the 1 allowed";
    assert!(row.get::<_, String>(3).contains(sentence));
    assert!(row.get::<_, String>(4).contains("超过限额 1 盒"));
    assert_eq!(desk.held().await, ADVANCE);
}

#[tokio::test]
async fn what_the_insurer_rejects_after_the_advance_is_shared_out() {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::InsurerSubmitted).await;
    let rejected = desk.tell("C-1", decided(0)).await;
    assert_eq!(desk.journals(&rejected.entry_ids).await, ["J11: 1109.picc C-1 1520000, 1101.picc C-1 -1520000"]);
    assert_eq!(rejected.to, State::Rejected);
    assert_eq!(desk.settled("C-1").await, State::ShortfallOpen);
    let mut journals = Vec::new();
    for (number, bearer, minor) in [
        (1, Bearer::Patient, 20_000),
        (2, Bearer::PharmacyByNetting, 30_000),
        (3, Bearer::PharmacyUnpaidOrder, 40_000),
        (4, Bearer::InsurerAfterDispute, 50_000),
        (5, Bearer::Platform, ADVANCE - 140_000),
    ] {
        let borne = desk.tell("C-1", assigned(number, bearer, minor)).await;
        journals.extend(desk.journals(&borne.entry_ids).await);
    }
    let expected = [
        "J10a: 1202.p-1 C-1 20000, 1109.picc C-1 -20000",
        "J10b: 1301.red-cross C-1 30000, 1109.picc C-1 -30000",
        "J10b-unpaid: 2101.red-cross C-1 40000, 1109.picc C-1 -40000",
        "J10d: 1102.picc C-1 50000, 1109.picc C-1 -50000",
        "J10c: 5201 - 1380000, 1109.picc C-1 -1380000",
    ];
    assert_eq!(journals, expected);
    assert_eq!(desk.settled("C-1").await, State::Approved, "what is due after the dispute is not paid");

    let payouts = desk.pay("B-1", Pays::Pharmacies).await;
    assert_eq!(payouts[0].net_minor(), 1_980_000 - 40_000 - 30_000, "the pharmacy's part is set off");
    desk.report(&payouts[0].payout_id, paid(&payouts[0], 0)).await.unwrap();
    desk.cash("T-1", 50_000).await;
    desk.remit("T-1", &[("C-1", 50_000)], None).await;
    assert_eq!(desk.settled("C-1").await, State::Recovered, "the patient has not paid");
    desk.move_money(&[("1002.settlement", None, 20_000), ("1202.p-1", Some("C-1"), -20_000)]).await;
    assert_eq!(desk.settled("C-1").await, State::Closed);
    let end = "1001.own -1520000; 1002.settlement -320000; 1005.wechat 480000; 2401 -1132; 4102 -18868; 5201 1380000";
    assert_eq!(desk.balances().await, end);
}

#[tokio::test]
async fn a_rejection_that_the_platform_bears_is_closed_without_being_recovered() {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::InsurerSubmitted).await;
    desk.tell("C-1", decided(0)).await;
    desk.tell("C-1", assigned(1, Bearer::Platform, ADVANCE)).await;
    assert_eq!(desk.settled("C-1").await, State::Rejected);
    let payouts = desk.pay("B-1", Pays::Pharmacies).await;
    desk.report(&payouts[0].payout_id, paid(&payouts[0], 0)).await.unwrap();
    assert_eq!(desk.settled("C-1").await, State::Closed);
    desk.verify().await;
}

#[tokio::test]
async fn what_the_insurer_approves_above_the_advance_is_the_patients() {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::InsurerSubmitted).await;
    let approved = desk.tell("C-1", decided(ADVANCE + 80_000)).await;
    let posted = desk.journals(&approved.entry_ids).await;
    assert_eq!(posted, ["J10e: 1102.picc C-1 1600000, 1101.picc C-1 -1520000, 2202.p-1 C-1 -80000"]);
    desk.pays("p-1", 1).await;
    let refunds = desk.pay("R-1", Pays::PatientRefunds).await;
    assert_eq!((refunds.len(), refunds[0].net_minor()), (1, 80_000));
    desk.cash("T-1", 1_600_000).await;
    desk.remit("T-1", &[("C-1", 1_600_000)], None).await;
    let orders = desk.pay("B-1", Pays::Pharmacies).await;
    for payout in refunds.iter().chain(&orders) {
        assert_eq!(desk.settled("C-1").await, State::Recovered);
        desk.report(&payout.payout_id, paid(payout, 0)).await.unwrap();
    }
    assert_eq!(desk.settled("C-1").await, State::Closed);
    desk.verify().await;
}

#[tokio::test]
async fn a_takeback_opens_a_closed_claim_again() {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::InsurerSubmitted).await;
    desk.tell("C-1", decided(ADVANCE)).await;
    let payouts = desk.pay("B-1", Pays::Pharmacies).await;
    desk.report(&payouts[0].payout_id, paid(&payouts[0], 0)).await.unwrap();
    desk.cash("T-1", ADVANCE).await;
    desk.remit("T-1", &[("C-1", ADVANCE)], None).await;
    assert_eq!(desk.settled("C-1").await, State::Closed);

    // In one remittance: this claim is taken back, and another one is paid that much more.
    desk.bring("C-2", "p-2", State::InsurerSubmitted).await;
    desk.tell("C-2", decided(ADVANCE)).await;
    desk.remit("T-2", &[("C-1", -ADVANCE), ("C-2", ADVANCE)], None).await;
    assert_eq!(desk.settled("C-2").await, State::Recovered);
    assert_eq!(desk.claim("C-1").await.state, State::Closed, "closed claims are looked at when somebody asks");
    let mut client = desk.ledger.client().await.unwrap();
    let numbers = [number("C-1"), number("C-404")];
    let answers = dianfu_claims::settle(&desk.ledger, &mut client, &numbers, (ON, "system"), now()).await.unwrap();
    assert_eq!(answers[0].as_ref().unwrap().to, State::TakenBack);
    assert_eq!(answers[1].as_ref().unwrap_err().code(), "claim_unknown");
    desk.cash("T-3", ADVANCE).await;
    desk.remit("T-3", &[("C-1", ADVANCE)], None).await;
    assert_eq!(desk.settled("C-1").await, State::Closed);
    desk.verify().await;
}

#[tokio::test]
async fn a_claim_that_is_paid_too_much_for_is_not_closed() {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::InsurerSubmitted).await;
    desk.tell("C-1", decided(ADVANCE)).await;
    let payouts = desk.pay("B-1", Pays::Pharmacies).await;
    desk.report(&payouts[0].payout_id, paid(&payouts[0], 0)).await.unwrap();
    desk.cash("T-1", ADVANCE + 5_000).await;
    desk.remit("T-1", &[("C-1", ADVANCE + 5_000)], None).await;
    assert_eq!(desk.settled("C-1").await, State::Recovered);
    // The insurer takes it back from another payment.
    desk.bring("C-2", "p-2", State::InsurerSubmitted).await;
    desk.tell("C-2", decided(ADVANCE)).await;
    desk.cash("T-2", ADVANCE - 5_000).await;
    desk.remit("T-2", &[("C-2", ADVANCE)], Some(("C-1", 5_000))).await;
    assert_eq!(desk.settled("C-1").await, State::Closed);
    desk.verify().await;
}

/// A policy under which `p-4` pays a part of the price in ten-thousandths, behind a deductible.
async fn cover(desk: &Desk, deductible_minor: i64, coinsurance_per_10000: i32) -> PolicyNo {
    let policy_no = PolicyNo::parse("POL-OTHER").unwrap();
    let policy = Policy { policy_no: policy_no.clone(), deductible_minor, coinsurance_per_10000, ..policy_of("p-4") };
    let mut client = desk.ledger.client().await.unwrap();
    patient::register_policy(&mut client, &policy, "tester", now()).await.unwrap().unwrap();
    policy_no
}

#[tokio::test]
async fn a_patient_without_a_share_needs_not_be_asked() {
    let desk = Desk::new(WIDE).await;
    let claim = NewClaim { policy_no: cover(&desk, 0, 0).await, ..intake("C-1", "p-4") };
    let journals = path(&desk, claim, &[]).await;
    assert_eq!(journals, [strings(&["J1: (1101.picc C-1 2000000), (9002.picc - -2000000)"])]);
    desk.ask(offered("C-1", 1, "red-cross")).await.unwrap();
    desk.tell("C-1", Event::OrderAccepted { offer_no: 1 }).await;
    assert_eq!(desk.refused(told("C-1", Event::ShareRequested)).await, "no_share_to_collect");
    desk.tell("C-1", Event::DrugReady).await;
    let dispensed = desk.tell("C-1", Event::Dispensed).await;
    let posted = desk.journals(&dispensed.entry_ids).await;
    assert_eq!(posted[1], "J3: 1101.picc C-1 2000000, 2101.red-cross C-1 -2000000");
    desk.verify().await;
}

#[tokio::test]
async fn an_insurer_that_covers_nothing_is_advanced_nothing() {
    let desk = Desk::new(0).await;
    let claim = NewClaim { policy_no: cover(&desk, 2_000_000, 0).await, ..intake("C-1", "p-4") };
    let events = [
        Event::ShareRequested,
        share_paid(2_000_000),
        Event::DrugReady,
        Event::Dispensed,
        sent("C-1"),
        decided_nothing(),
    ];
    let journals = path(&desk, claim, &events).await;
    let paid_all = ["J2: 1005.wechat 2026-03-02 2000000, 2203.p-4 C-1 -2000000"];
    let dispensed = [
        "J3: 2203.p-4 C-1 2000000, 2101.red-cross C-1 -2000000",
        "J4: 2101.red-cross C-1 20000, 4102 - -18868, 2401 - -1132",
    ];
    let expected: [&[&str]; 7] = [&[], &[], &paid_all, &[], &dispensed, &[], &[]];
    assert_eq!(journals, expected);
    let payouts = desk.pay("B-1", Pays::Pharmacies).await;
    desk.report(&payouts[0].payout_id, paid(&payouts[0], 0)).await.unwrap();
    assert_eq!(desk.settled("C-1").await, State::Closed);
    assert_ne!(desk.balances().await, "");
}

fn decided_nothing() -> Event {
    decision(1, vec![line_decided(1, 0, None)])
}

fn strings(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}
