//! The drug comes back (J19), at every point: whoever has borne a part of its price is relieved, and the pharmacy gives
//! it back once, from its open order or out of what it was paid.

use dianfu_claims::claim::{NewClaim, ShareCollector, State};
use dianfu_claims::event::{Bearer, Event};
use dianfu_claims::{Command, apply};
use dianfu_ledger::Ledger;
use dianfu_settlement::batch::Pays;
use dianfu_settlement::instruct;

use super::bank::{DUE_ON, approval, batch, paid, rejected};
use super::fixture::{ADVANCE, Desk, ON, WIDE, assigned, decided, intake, now, offered, sent, told};
use super::races::at_once;

const FEE_BACK: &str = "J19d: 4102 - 18868, 2401 - 1132, 2101.red-cross C-1 -20000";
const FEE_BACK_PAID_OUT: &str = "J19d-paid-out: 4102 - 18868, 2401 - 1132, 1301.red-cross C-1 -20000";

/// Tells that the drug came back, and answers the journals.
async fn comes_back(desk: &Desk) -> Vec<String> {
    let returned = desk.ask(told("C-1", Event::Returned)).await.unwrap();
    assert_eq!(returned.to, State::Returned);
    desk.journals(&returned.entry_ids).await
}

/// The order is paid to the last word of the bank.
async fn pay_out(desk: &Desk) {
    let payouts = desk.pay("B-1", Pays::Pharmacies).await;
    desk.report(&payouts[0].payout_id, paid(&payouts[0], 0)).await.unwrap();
}

/// What the patient gets back is paid.
async fn refund(desk: &Desk) {
    desk.pays("p-1", 1).await;
    let refunds = desk.pay("R-1", Pays::PatientRefunds).await;
    desk.report(&refunds[0].payout_id, paid(&refunds[0], 0)).await.unwrap();
}

#[tokio::test]
async fn before_the_payout_and_before_the_decision_nobody_owes_anything_but_the_share() {
    for state in [State::Dispensed, State::InsurerSubmitted] {
        let desk = Desk::new(WIDE).await;
        desk.bring("C-1", "p-1", state).await;
        let expected = "J19a: 2101.red-cross C-1 2000000, 1101.picc C-1 -1520000, 2202.p-1 C-1 -480000";
        assert_eq!(comes_back(&desk).await, [FEE_BACK, expected]);
        assert_eq!(desk.balances().await, "1005.wechat 480000; 2202.p-1 -480000");
        assert_eq!(desk.settled("C-1").await, State::Returned);
        refund(&desk).await;
        assert_eq!(desk.settled("C-1").await, State::Closed);
    }
}

#[tokio::test]
async fn before_the_payout_and_behind_a_decision_the_shortfall_goes_with_it() {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::Partial).await;
    desk.tell("C-1", assigned(1, Bearer::Platform, 50_000)).await;
    let expected = "J19a: 2101.red-cross C-1 2000000, 1102.picc C-1 -1400000, 1109.picc C-1 -70000, 5201 - -50000, \
                    2202.p-1 C-1 -480000";
    assert_eq!(comes_back(&desk).await, [FEE_BACK, expected]);
    refund(&desk).await;
    assert_eq!(desk.settled("C-1").await, State::Closed);
    assert_eq!(desk.balances().await, "1002.settlement -480000; 1005.wechat 480000");
}

#[tokio::test]
async fn behind_the_payout_the_pharmacy_owes_what_it_got() {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::Dispensed).await;
    pay_out(&desk).await;
    let expected = "J19b: 1301.red-cross C-1 2000000, 1101.picc C-1 -1520000, 2202.p-1 C-1 -480000";
    assert_eq!(comes_back(&desk).await, [FEE_BACK_PAID_OUT, expected]);
    refund(&desk).await;
    assert_eq!(desk.settled("C-1").await, State::Returned, "the pharmacy has not paid");
    desk.move_money(&[("1002.settlement", None, 1_980_000), ("1301.red-cross", Some("C-1"), -1_980_000)]).await;
    assert_eq!(desk.settled("C-1").await, State::Closed);
    let end = "1001.own -1520000; 1002.settlement 1040000; 1005.wechat 480000";
    assert_eq!(desk.balances().await, end);
}

#[tokio::test]
async fn behind_the_insurers_payment_we_owe_it_back() {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::InsurerSubmitted).await;
    desk.tell("C-1", decided(ADVANCE)).await;
    pay_out(&desk).await;
    desk.cash("T-1", ADVANCE).await;
    desk.remit("T-1", &[("C-1", ADVANCE)], None).await;
    assert_eq!(desk.settled("C-1").await, State::Closed);
    let expected = "J19c: 1301.red-cross C-1 2000000, 2301.picc C-1 -1520000, 2202.p-1 C-1 -480000";
    assert_eq!(comes_back(&desk).await, [FEE_BACK_PAID_OUT, expected]);
    refund(&desk).await;
    desk.move_money(&[("1002.settlement", None, 1_980_000), ("1301.red-cross", Some("C-1"), -1_980_000)]).await;
    assert_eq!(desk.settled("C-1").await, State::Returned, "the insurer has not got it back");
    desk.move_money(&[("2301.picc", Some("C-1"), ADVANCE), ("1002.settlement", None, -ADVANCE)]).await;
    assert_eq!(desk.settled("C-1").await, State::Closed);
    desk.verify().await;
}

#[tokio::test]
async fn paid_in_part_what_is_due_falls_and_what_was_paid_is_owed_back() {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::Partial).await;
    desk.cash("T-1", 1_000_000).await;
    desk.remit("T-1", &[("C-1", 1_000_000)], None).await;
    let expected = "J19a: 2101.red-cross C-1 2000000, 1102.picc C-1 -400000, 2301.picc C-1 -1000000, \
                    1109.picc C-1 -120000, 2202.p-1 C-1 -480000";
    assert_eq!(comes_back(&desk).await, [FEE_BACK, expected]);
    desk.verify().await;
}

#[tokio::test]
async fn whoever_collected_the_share_the_patient_gets_it_back() {
    let cases = [
        (
            ShareCollector::Pharmacy,
            "J19a: 2101.red-cross C-1 1520000, 1301.red-cross C-1 480000, 1101.picc C-1 -1520000, 2202.p-1 C-1 -480000",
        ),
        (
            ShareCollector::PlatformLater,
            "J19a: 2101.red-cross C-1 2000000, 1101.picc C-1 -1520000, 1201.p-1 C-1 -480000",
        ),
    ];
    for (share_collector, expected) in cases {
        let desk = Desk::new(WIDE).await;
        desk.reviewed(NewClaim { share_collector, ..intake("C-1", "p-1") }).await;
        desk.ask(offered("C-1", 1, "red-cross")).await.unwrap();
        let events = [Event::OrderAccepted { offer_no: 1 }, Event::DrugReady, Event::Dispensed, sent("C-1")];
        for event in events {
            desk.tell("C-1", event).await;
        }
        assert_eq!(comes_back(&desk).await, [FEE_BACK, expected]);
        desk.verify().await;
    }
}

#[tokio::test]
async fn it_takes_a_proof_and_comes_after_dispensing_and_once() {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::Dispensed).await;
    let returned = told("C-1", Event::Returned);
    assert_eq!(desk.refused(Command { evidence_sha256: None, ..returned.clone() }).await, "evidence_missing");
    let early = Command { on: ON.yesterday().unwrap(), ..returned.clone() };
    assert_eq!(desk.refused(early).await, "too_early");
    assert!(!desk.ask(returned.clone()).await.unwrap().replayed);
    assert!(desk.ask(returned.clone()).await.unwrap().replayed);
    assert_eq!(desk.refused(returned.proven_by([8; 32])).await, "conflict");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_return_and_a_payout_that_race_never_leave_the_order_both_open_and_owed_back() {
    for round in 0..4 {
        let desk = Desk::new(WIDE).await;
        desk.bring("C-1", "p-1", State::Dispensed).await;
        desk.propose(&batch("B-1", Pays::Pharmacies)).await.unwrap();
        let work = |ledger: Ledger, pays: bool| async move {
            let mut client = ledger.client().await.unwrap();
            if pays {
                let answer = instruct(&ledger, &mut client, &approval("B-1", 1, 1_980_000), now()).await.unwrap();
                return answer.map_or_else(|refusal| refusal.code(), |_| "paid");
            }
            let answer = apply(&ledger, &mut client, &[told("C-1", Event::Returned)], "tester", now()).await;
            answer.unwrap().remove(0).map_or_else(|refusal| refusal.code(), |_| "returned")
        };
        let mut answers = at_once(&desk, [true, false], work).await;
        answers.sort_unstable();
        let balances = desk.balances().await;
        assert!(!balances.contains("2101.red-cross"), "round {round}: {balances}");
        match answers.as_slice() {
            ["paid", "returned"] => assert!(balances.contains("1301.red-cross 1980000"), "round {round}: {balances}"),
            [refused, "returned"] => {
                assert!(["nothing_due", "control_total_differs"].contains(refused), "round {round}: {refused}");
                assert!(!balances.contains("1301.red-cross"), "round {round}: {balances}");
            }
            other => panic!("round {round}: {other:?}"),
        }
    }
}

#[tokio::test]
async fn a_payout_that_fails_behind_a_return_stands_against_what_the_pharmacy_owes() {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::Dispensed).await;
    let payouts = desk.pay("B-1", Pays::Pharmacies).await;
    comes_back(&desk).await;
    desk.report(&payouts[0].payout_id, rejected()).await.unwrap();
    let balances = desk.balances().await;
    assert!(balances.contains("1301.red-cross 1980000; 2101.red-cross -1980000"), "{balances}");
    // Netting it is for the next batch (J19e).
    desk.move_money(&[("2101.red-cross", Some("C-1"), 1_980_000), ("1301.red-cross", Some("C-1"), -1_980_000)]).await;
    refund(&desk).await;
    assert_eq!(desk.settled("C-1").await, State::Closed);
    let late = Command { on: DUE_ON, ..told("C-1", Event::Returned) };
    assert_eq!(desk.refused(late).await, "conflict");
}
