//! The patient's share behind dispensing: owed and paid in parts (J3c), and recalculated (J22).

use dianfu_claims::claim::{NewClaim, ShareCollector, State};
use dianfu_claims::event::Event;
use dianfu_settlement::batch::Pays;

use super::bank::paid;
use super::fixture::{ADVANCE, Desk, WIDE, decision, intake, line_decided, offered, party, sent, told};
use super::races::{ask, at_once};

fn paid_later(number: i32, amount_minor: i64) -> Event {
    Event::OwedSharePaid { number, amount_minor, channel: party("wechat") }
}

fn recalculated(number: i32, share_minor: i64) -> Event {
    Event::ShareRecalculated { number, share_minor }
}

/// A claim that is dispensed while the patient owes the share.
async fn owing() -> Desk {
    let desk = Desk::new(WIDE).await;
    let share_collector = ShareCollector::PlatformLater;
    desk.reviewed(NewClaim { share_collector, ..intake("C-1", "p-1") }).await;
    desk.ask(offered("C-1", 1, "red-cross")).await.unwrap();
    desk.tell("C-1", Event::OrderAccepted { offer_no: 1 }).await;
    assert_eq!(desk.refused(told("C-1", Event::ShareRequested)).await, "no_share_to_collect");
    desk.tell("C-1", Event::DrugReady).await;
    let dispensed = desk.tell("C-1", Event::Dispensed).await;
    let posted = desk.journals(&dispensed.entry_ids).await;
    assert_eq!(posted[1], "J3c: 1101.picc C-1 1520000, 1201.p-1 C-1 480000, 2101.red-cross C-1 -2000000");
    desk
}

#[tokio::test]
async fn a_share_that_is_owed_is_paid_in_parts() {
    let desk = owing().await;
    let part = desk.tell("C-1", paid_later(1, 200_000)).await;
    let posted = desk.journals(&part.entry_ids).await;
    assert_eq!(posted, ["J2-owed: 1005.wechat 2026-03-02 200000, 1201.p-1 C-1 -200000"]);
    for wrong in [paid_later(2, 280_001), paid_later(2, 0), paid_later(0, 1)] {
        assert_eq!(desk.refused(told("C-1", wrong)).await, "out_of_range");
    }
    desk.tell("C-1", paid_later(2, 280_000)).await;
    assert_eq!(desk.refused(told("C-1", paid_later(3, 1))).await, "out_of_range");
    desk.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn payments_of_an_owed_share_that_race_are_never_more_than_it() {
    let desk = owing().await;
    let racers = (1..=5).map(|number| vec![told("C-1", paid_later(number, 200_000))]);
    let answers = at_once(&desk, racers, ask).await.concat();
    assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 2);
    assert!(desk.balances().await.contains("1201.p-1 80000"));
}

#[tokio::test]
async fn a_share_that_is_recalculated_moves_the_advance_with_it() {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::Dispensed).await;
    let mut journals = Vec::new();
    for (number, share_minor) in [(1, 500_000), (2, 500_000), (3, 450_000)] {
        let applied = desk.tell("C-1", recalculated(number, share_minor)).await;
        journals.push(desk.journals(&applied.entry_ids).await.join("; "));
    }
    let expected = [
        "J22: 1201.p-1 C-1 20000, 1101.picc C-1 -20000",
        "",
        "J22-overcharged: 1101.picc C-1 50000, 2202.p-1 C-1 -50000",
    ];
    assert_eq!(journals, expected);
    let claim = desk.claim("C-1").await;
    assert_eq!((claim.share_minor(), claim.advance_minor()), (450_000, 1_550_000));
    for wrong in [-1, 2_000_001] {
        assert_eq!(desk.refused(told("C-1", recalculated(4, wrong))).await, "out_of_range");
    }
    // The insurer decides on the advance as it is now.
    desk.tell("C-1", sent("C-1")).await;
    let as_quoted = decision(1, vec![line_decided(1, ADVANCE, None)]);
    assert_eq!(desk.refused(told("C-1", as_quoted)).await, "reasons_mismatch");
    let approved = desk.tell("C-1", decision(1, vec![line_decided(1, 1_550_000, None)])).await;
    let posted = desk.journals(&approved.entry_ids).await;
    assert_eq!(posted, ["J9: 1102.picc C-1 1550000, 1101.picc C-1 -1550000"]);
    desk.tell("C-1", paid_later(1, 20_000)).await;
    desk.cash("T-1", 1_550_000).await;
    desk.remit("T-1", &[("C-1", 1_550_000)], None).await;
    desk.pays("p-1", 1).await;
    for (batch_no, pays) in [("B-1", Pays::Pharmacies), ("R-1", Pays::PatientRefunds)] {
        let payouts = desk.pay(batch_no, pays).await;
        desk.report(&payouts[0].payout_id, paid(&payouts[0], 0)).await.unwrap();
    }
    assert_eq!(desk.settled("C-1").await, State::Closed);
    desk.verify().await;
}

#[tokio::test]
async fn a_share_that_falls_takes_no_more_than_the_credit_line_has() {
    let desk = Desk::new(ADVANCE).await;
    desk.bring("C-1", "p-1", State::Dispensed).await;
    assert_eq!(desk.refused(told("C-1", recalculated(1, 479_999))).await, "group_above_maximum");
    desk.tell("C-1", recalculated(1, 480_001)).await;
    desk.tell("C-1", recalculated(2, 480_000)).await;
    desk.verify().await;
}

#[tokio::test]
async fn what_comes_back_gives_back_the_share_as_it_is_now() {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::Dispensed).await;
    desk.tell("C-1", recalculated(1, 500_000)).await;
    let returned = desk.tell("C-1", Event::Returned).await;
    let posted = desk.journals(&returned.entry_ids).await;
    let expected =
        "J19a: 2101.red-cross C-1 2000000, 1101.picc C-1 -1500000, 1201.p-1 C-1 -20000, 2202.p-1 C-1 -480000";
    assert_eq!(posted[1], expected);
    desk.verify().await;
}
