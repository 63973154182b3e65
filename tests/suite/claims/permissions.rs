//! What an insurer does not take part in, what a suspension stops, and what it has not guaranteed: refused on the way,
//! with nothing done.

use dianfu_claims::Command;
use dianfu_claims::claim::{ClaimKind, NewClaim, State};
use dianfu_claims::coverage::{CoverageAnswer, VerifyNo, record_in};
use dianfu_claims::event::Event;
use dianfu_claims::insurer::modules::{Module, NewSwitch, switch};
use dianfu_claims::insurer::suspension::suspend;
use dianfu_ledger::money::Currency;
use jiff::ToSpan;
use jiff::civil::{Date, date};

use super::fixture::{ADVANCE, Desk, ON, WIDE, decided, intake, now, number, party, policy_of, prescribed, sent, told};

impl Desk {
    /// Switches a module of the insurer, from now on.
    async fn switch(&self, module: Module, is_on: bool) {
        let switches = [NewSwitch { module, is_on, from_at: now(), reason: "contract".to_owned() }];
        let mut client = self.ledger.client().await.unwrap();
        switch(&mut client, &party("picc"), &switches, "wang", now()).await.unwrap().unwrap();
    }

    async fn suspend(&self) {
        let mut client = self.ledger.client().await.unwrap();
        suspend(&mut client, &party("picc"), ("fraud inquiry", "wang"), now()).await.unwrap().unwrap();
    }

    /// The insurer guarantees an amount for the policy of `p-1` until a day; its answers come by the minute.
    async fn guarantees(&self, minute: i64, guaranteed_minor: i64, valid_until: Date) {
        let answer = CoverageAnswer {
            insurer: party("picc"),
            verify_no: VerifyNo::parse(&format!("V-{minute}")).unwrap(),
            policy_no: policy_of("p-1").policy_no,
            patient: party("p-1"),
            currency: Currency::CNY,
            in_force: true,
            guaranteed_minor,
            valid_until,
            answered_at: now() + minute.minutes(),
            exchange_sha256: [7; 32],
        };
        let mut client = self.ledger.client().await.unwrap();
        let tx = client.transaction().await.unwrap();
        record_in(&tx, &[answer], "insurer:picc", now()).await.unwrap().remove(0).unwrap();
        tx.commit().await.unwrap();
    }

    /// Refuses these commands with this code, and nothing is done.
    async fn refuses(&self, commands: impl IntoIterator<Item = Command>, code: &str) {
        let before = self.everything().await;
        for command in commands {
            let what = format!("{command:?}");
            assert_eq!(self.refused(command).await, code, "{what}");
        }
        assert_eq!(self.everything().await, before);
    }
}

fn reimbursement(claim_no: &str, patient_no: &str) -> NewClaim {
    NewClaim { kind: ClaimKind::Reimbursement, ..intake(claim_no, patient_no) }
}

fn review(claim_no: &str) -> Command {
    Command::review(number(claim_no), ON)
}

#[tokio::test]
async fn a_claim_goes_no_further_than_the_modules_that_are_on() {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::PreReview).await;
    for module in [Module::PreReview, Module::DirectPay] {
        desk.switch(module, false).await;
        desk.refuses([review("C-1")], "module_off").await;
        desk.switch(module, true).await;
    }
    desk.ask(review("C-1")).await.unwrap();
    desk.bring("C-2", "p-2", State::Dispensed).await;
    desk.bring("C-3", "p-3", State::InsurerSubmitted).await;
    desk.switch(Module::ConfirmReview, false).await;
    desk.refuses([told("C-2", sent("C-2")), told("C-3", decided(ADVANCE))], "module_off").await;
    // What happens between the platform, the pharmacy and the patient asks nothing of the insurer.
    desk.tell("C-1", Event::Cancelled).await;
    desk.switch(Module::ConfirmReview, true).await;
    desk.tell("C-2", sent("C-2")).await;
    desk.verify().await;
}

#[tokio::test]
async fn a_module_counts_from_its_moment() {
    let desk = Desk::new(WIDE).await;
    let from_at = now() + 1.hour();
    let off = [NewSwitch { module: Module::DirectPay, is_on: false, from_at, reason: "contract".to_owned() }];
    let mut client = desk.ledger.client().await.unwrap();
    switch(&mut client, &party("picc"), &off, "wang", now()).await.unwrap().unwrap();
    let take_in = |claim_no, patient_no| Command::take_in(intake(claim_no, patient_no), ON);
    desk.ask_as(take_in("C-1", "p-1"), "tester", from_at - 1.second()).await.unwrap();
    let refusal = desk.ask_as(take_in("C-2", "p-2"), "tester", from_at).await.unwrap_err();
    assert_eq!(refusal.code(), "module_off");
    assert!(refusal.to_string().contains("module direct_pay of insurer 'picc' is off at 2026-03-02T10:00:00"));
    // The same again is answered as it was, whatever is off by now.
    assert!(desk.ask_as(take_in("C-1", "p-1"), "tester", from_at).await.unwrap().replayed);
}

#[tokio::test]
async fn a_suspension_stops_new_advances_at_once_and_lets_old_ones_finish() {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::PreReview).await;
    desk.bring("C-2", "p-2", State::Ready).await;
    desk.ask(Command::take_in(prescribed(date(2026, 1, 1), intake("C-4", "p-4")), ON)).await.unwrap();
    for event in [Event::Submitted, Event::ReviewStarted] {
        desk.tell("C-4", event).await;
    }
    desk.suspend().await;
    desk.refuses([Command::take_in(intake("C-3", "p-3"), ON), review("C-1")], "insurer_suspended").await;
    assert_eq!(desk.ask(review("C-4")).await.unwrap().to, State::PreRejected, "no money moves");
    assert_eq!(desk.reviewed(reimbursement("C-5", "p-3")).await.to, State::PreApproved, "no advance");
    for event in [Event::Dispensed, sent("C-2"), decided(1_400_000)] {
        desk.tell("C-2", event).await;
    }
    assert_eq!((desk.claim("C-2").await.state, desk.held().await), (State::Partial, 0));
    desk.verify().await;
}

#[tokio::test]
async fn an_advance_waits_for_a_guarantee_that_is_there_in_force_and_large_enough() {
    let desk = Desk::new(WIDE).await;
    desk.switch(Module::CoverageCheck, true).await;
    desk.bring("C-1", "p-1", State::PreReview).await;
    desk.refuses([review("C-1")], "coverage_missing").await;
    desk.guarantees(1, ADVANCE, ON.yesterday().unwrap()).await;
    desk.refuses([review("C-1")], "coverage_expired").await;
    desk.guarantees(2, ADVANCE - 1, ON).await;
    desk.refuses([review("C-1")], "coverage_too_small").await;
    desk.guarantees(3, ADVANCE, ON).await;
    assert_eq!(desk.ask(review("C-1")).await.unwrap().to, State::PreApproved);
    assert_eq!(desk.held().await, ADVANCE);
    assert_eq!(desk.reviewed(reimbursement("C-2", "p-2")).await.to, State::PreApproved, "no advance, no guarantee");
    desk.verify().await;
}
