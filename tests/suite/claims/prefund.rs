//! Insurers that pay beforehand (J24): what is dispensed is drawn on their deposit, and their word moves it.

use dianfu_claims::claim::{NewClaim, State};
use dianfu_claims::event::{Bearer, Event};
use dianfu_claims::{Command, Refusal};
use dianfu_settlement::batch::Pays;

use super::bank::paid;
use super::fixture::{
    ADVANCE, Desk, ON, SHARE, assigned, decided, decided_again, intake, number, offered, sent, share_paid, told,
};
use super::races::{ask, at_once};

impl Desk {
    /// Brings a claim to the insurer; answers the journals of review and dispensing.
    pub async fn reviewed_and_dispensed(&self, claim: NewClaim) -> Vec<String> {
        let claim_no = claim.claim_no.to_string();
        self.ask(Command::take_in(claim, ON)).await.unwrap();
        self.tell(&claim_no, Event::Submitted).await;
        self.tell(&claim_no, Event::ReviewStarted).await;
        let mut entries = self.ask(Command::review(number(&claim_no), ON)).await.unwrap().entry_ids;
        self.ask(offered(&claim_no, 1, "red-cross")).await.unwrap();
        let events = [Event::OrderAccepted { offer_no: 1 }, Event::ShareRequested, share_paid(SHARE), Event::DrugReady];
        for event in events {
            self.tell(&claim_no, event).await;
        }
        entries.extend(self.tell(&claim_no, Event::Dispensed).await.entry_ids);
        self.tell(&claim_no, sent(&claim_no)).await;
        self.journals(&entries).await
    }
}

#[tokio::test]
async fn a_deposit_is_held_drawn_and_given_back_as_the_insurer_decides() {
    let desk = Desk::deposited(2_000_000).await;
    let journals = desk.reviewed_and_dispensed(intake("C-1", "p-1")).await;
    let expected = [
        "J24-hold: (2302.picc - 1520000), (9002.picc - -1520000)",
        "J24-release: (9002.picc - 1520000), (2302.picc - -1520000)",
        "J24-drawn: 2302.picc - 1520000, 2203.p-1 C-1 480000, 2101.red-cross C-1 -2000000",
        "J4: 2101.red-cross C-1 20000, 4102 - -18868, 2401 - -1132",
    ];
    assert_eq!(journals, expected);

    let cut = desk.tell("C-1", decided(1_400_000)).await;
    assert_eq!(desk.journals(&cut.entry_ids).await, ["J24-cut: 1109.picc C-1 120000, 2302.picc - -120000"]);
    assert_eq!((cut.to, desk.settled("C-1").await), (State::Partial, State::ShortfallOpen));
    desk.tell("C-1", assigned(1, Bearer::Patient, 20_000)).await;
    let more = desk.tell("C-1", decided_again(2, 1_510_000)).await;
    let posted = desk.journals(&more.entry_ids).await;
    let expected = "J24-decided-again: 2302.picc - 110000, 1109.picc C-1 -100000, 1202.p-1 C-1 -10000";
    assert_eq!(posted, [expected]);
    let all = desk.tell("C-1", decided_again(3, ADVANCE + 5_000)).await;
    let posted = desk.journals(&all.entry_ids).await;
    assert_eq!(posted, ["J24-decided-again: 2302.picc - 15000, 1202.p-1 C-1 -10000, 2202.p-1 C-1 -5000"]);
    let less = desk.tell("C-1", decided_again(4, ADVANCE)).await;
    let posted = desk.journals(&less.entry_ids).await;
    assert_eq!(posted, ["J24-cut: 1109.picc C-1 5000, 2302.picc - -5000"]);
    desk.tell("C-1", assigned(2, Bearer::Platform, 5_000)).await;

    desk.pays("p-1", 1).await;
    let payouts = desk.pay("B-1", Pays::Pharmacies).await;
    let refunds = desk.pay("R-1", Pays::PatientRefunds).await;
    for payout in payouts.iter().chain(&refunds) {
        assert_ne!(desk.settled("C-1").await, State::Closed);
        desk.report(&payout.payout_id, paid(payout, 0)).await.unwrap();
    }
    assert_eq!(desk.settled("C-1").await, State::Closed);
    let end = "1002.settlement 15000; 1005.wechat 480000; 2302.picc -480000; 2401 -1132; 4102 -18868; 5201 5000";
    assert_eq!(desk.balances().await, end, "no money of ours has moved");
}

#[tokio::test]
async fn a_deposit_that_approves_more_gives_it_to_the_patient() {
    let desk = Desk::deposited(2_000_000).await;
    desk.reviewed_and_dispensed(intake("C-1", "p-1")).await;
    let more = desk.tell("C-1", decided(ADVANCE + 5_000)).await;
    let posted = desk.journals(&more.entry_ids).await;
    assert_eq!(posted, ["J24-more: 2302.picc - 5000, 2202.p-1 C-1 -5000"]);
    desk.verify().await;
}

#[tokio::test]
async fn a_deposit_is_free_again_when_the_claim_is_called_off() {
    let desk = Desk::deposited(ADVANCE).await;
    desk.bring("C-1", "p-1", State::PreReview).await;
    desk.ask(Command::review(number("C-1"), ON)).await.unwrap();
    let cancelled = desk.tell("C-1", Event::Cancelled).await;
    let posted = desk.journals(&cancelled.entry_ids).await;
    assert_eq!(posted, ["J24-release: (9002.picc - 1520000), (2302.picc - -1520000)"]);
    assert_eq!(desk.settled("C-1").await, State::Closed);
    assert_eq!(desk.balances().await, "1002.settlement 1520000; 2302.picc -1520000");
}

#[tokio::test]
async fn what_comes_back_goes_back_to_the_deposit() {
    let desk = Desk::deposited(ADVANCE).await;
    desk.reviewed_and_dispensed(intake("C-1", "p-1")).await;
    desk.tell("C-1", decided(1_400_000)).await;
    let returned = desk.ask(told("C-1", Event::Returned)).await.unwrap();
    let expected = [
        "J19d: 4102 - 18868, 2401 - 1132, 2101.red-cross C-1 -20000",
        "J19a: 2101.red-cross C-1 2000000, 2302.picc - -1400000, 1109.picc C-1 -120000, 2202.p-1 C-1 -480000",
    ];
    assert_eq!(desk.journals(&returned.entry_ids).await, expected);
    desk.verify().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn a_deposit_gives_what_it_has_to_those_who_come_first() {
    for (deposit_minor, passing) in [(2 * ADVANCE, 2), (2 * ADVANCE - 1, 1)] {
        let desk = Desk::deposited(deposit_minor).await;
        let claims = [("C-1", "p-1"), ("C-2", "p-2"), ("C-3", "p-3"), ("C-4", "p-4")];
        for (claim_no, patient_no) in claims {
            desk.bring(claim_no, patient_no, State::PreReview).await;
        }
        let reviews = claims.map(|(claim_no, _)| vec![Command::review(number(claim_no), ON)]);
        let answers = at_once(&desk, reviews, ask).await.concat();
        let refused: Vec<_> = answers.iter().filter_map(|answer| answer.as_ref().err()).map(Refusal::code).collect();
        assert_eq!(refused, vec!["below_minimum"; 4 - passing]);
        desk.verify().await;
    }
}
