//! Orders: offered to a pharmacy on its terms, taken, declined, or left without an answer; and offered to another one.

use dianfu_claims::Command;
use dianfu_claims::claim::{ClaimKind, NewClaim, ShareCollector, State};
use dianfu_claims::event::Event;
use dianfu_claims::pharmacy::{self, Pharmacy};
use dianfu_ledger::money::Currency;
use dianfu_settlement::batch::Pays;
use jiff::ToSpan;
use jiff::civil::date;

use super::bank::paid;
use super::fixture::{
    ADVANCE, Desk, SHARE, WIDE, intake, now, number, offered, party, respond_by, share_paid, the_pharmacy, told,
};

impl Desk {
    /// Registers a pharmacy on terms of its own, and where it is paid.
    pub async fn pharmacy(&self, pharmacy_no: &str, fee_per_10000: i32, payment_days: i32) {
        let terms = Pharmacy { fee_per_10000, payment_days, ..the_pharmacy(pharmacy_no) };
        let mut client = self.ledger.client().await.unwrap();
        pharmacy::register(&mut client, &terms, "tester", now()).await.unwrap().unwrap();
        self.pays(pharmacy_no, 1).await;
    }
}

#[tokio::test]
async fn what_one_declines_another_one_takes_on_its_own_terms() {
    let desk = Desk::new(WIDE).await;
    desk.pharmacy("old-town", 200, 3).await;
    desk.bring("C-1", "p-1", State::OrderOffered).await;
    assert_eq!(desk.tell("C-1", Event::OrderDeclined { offer_no: 1 }).await.to, State::OrderDeclined);
    assert_eq!(desk.held().await, ADVANCE, "the approval stands");
    assert_eq!(desk.ask(offered("C-1", 2, "old-town")).await.unwrap().to, State::OrderOffered);
    assert_eq!(desk.refused(told("C-1", Event::OrderDeclined { offer_no: 3 })).await, "out_of_range");
    desk.tell("C-1", Event::OrderAccepted { offer_no: 2 }).await;
    for event in [Event::ShareRequested, share_paid(SHARE), Event::DrugReady] {
        desk.tell("C-1", event).await;
    }
    let dispensed = desk.tell("C-1", Event::Dispensed).await;
    let posted = desk.journals(&dispensed.entry_ids).await;
    let expected = [
        "J1r: (9002.picc - 1520000), (1101.picc C-1 -1520000)",
        "J3: 1101.picc C-1 1520000, 2203.p-1 C-1 480000, 2101.old-town C-1 -2000000",
        "J4: 2101.old-town C-1 40000, 4102 - -37736, 2401 - -2264",
    ];
    assert_eq!(posted, expected);
    let due = "payable WHERE account = '2101.old-town' AND due_on = '2026-03-05'";
    assert_eq!((desk.count(due).await, desk.count("payable").await), (1, 1));
    let payouts = desk.pay("B-1", Pays::Pharmacies).await;
    assert_eq!((payouts[0].payee.as_str(), payouts[0].net_minor()), ("old-town", 1_960_000));
    desk.report(&payouts[0].payout_id, paid(&payouts[0], 0)).await.unwrap();
    desk.verify().await;
}

#[tokio::test]
async fn what_nobody_answers_in_time_is_offered_to_another_one() {
    let desk = Desk::new(WIDE).await;
    desk.pharmacy("old-town", 200, 3).await;
    desk.bring("C-1", "p-1", State::OrderOffered).await;
    let at = |event, at| desk.ask_as(told("C-1", event), "tester", at);
    let timed_out = Event::OfferTimedOut { offer_no: 1 };
    for early in [now(), respond_by()] {
        assert_eq!(at(timed_out.clone(), early).await.unwrap_err().code(), "moment_not_reached");
    }
    let late = respond_by() + 1.second();
    let accepted = at(Event::OrderAccepted { offer_no: 1 }, late).await;
    assert_eq!(accepted.unwrap_err().code(), "moment_passed");
    assert_eq!(at(timed_out, late).await.unwrap().to, State::OrderTimedOut);
    let again = desk.ask_as(offered("C-1", 2, "old-town"), "tester", late).await;
    assert_eq!(again.unwrap_err().code(), "moment_passed", "nobody can answer it any more");
    let again = Command::offer(number("C-1"), 2, party("old-town"), late + 1.hour(), date(2026, 3, 2));
    desk.ask_as(again, "tester", late).await.unwrap();
    // In the last moment is in time.
    let accepted = at(Event::OrderAccepted { offer_no: 2 }, late + 1.hour()).await.unwrap();
    assert_eq!(accepted.to, State::OrderAccepted);
    assert_eq!(desk.claim("C-1").await.fee(), (40_000, 2_264));
    desk.verify().await;
}

#[tokio::test]
async fn an_order_that_cannot_be_offered() {
    let desk = Desk::new(WIDE).await;
    desk.pharmacy("dear", 10_000, 7).await;
    let overseas = Pharmacy { currency: Currency::USD, ..the_pharmacy("overseas") };
    let mut client = desk.ledger.client().await.unwrap();
    pharmacy::register(&mut client, &overseas, "tester", now()).await.unwrap().unwrap();
    desk.reviewed(NewClaim { share_collector: ShareCollector::Pharmacy, ..intake("C-1", "p-1") }).await;
    for (pharmacy_no, code) in
        [("nobody", "party_unknown"), ("overseas", "currency_differs"), ("dear", "fee_above_payable")]
    {
        assert_eq!(desk.refused(offered("C-1", 1, pharmacy_no)).await, code);
    }
    assert_eq!(desk.refused(offered("C-1", 2, "red-cross")).await, "out_of_range");
    let late = Command { on: date(2026, 4, 2), ..offered("C-1", 1, "red-cross") };
    assert_eq!(desk.refused(late).await, "approval_over");
    desk.reviewed(NewClaim { kind: ClaimKind::Reimbursement, ..intake("C-2", "p-2") }).await;
    assert_eq!(desk.refused(offered("C-2", 1, "red-cross")).await, "not_for_this_kind");
    desk.ask(offered("C-1", 1, "red-cross")).await.unwrap();
    assert_eq!(desk.refused(offered("C-1", 1, "dear")).await, "conflict");
}

#[tokio::test]
async fn an_offer_that_is_open_when_the_approval_ends_expires_with_it() {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::OrderOffered).await;
    let accepted = Command { on: date(2026, 4, 2), ..told("C-1", Event::OrderAccepted { offer_no: 1 }) };
    assert_eq!(desk.refused(accepted).await, "approval_over");
    let expired = desk.ask(Command { on: date(2026, 4, 2), ..told("C-1", Event::Expired) }).await.unwrap();
    assert_eq!((expired.to, desk.held().await), (State::Expired, 0));
    assert_eq!(desk.settled("C-1").await, State::Closed);
}
