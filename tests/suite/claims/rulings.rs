//! Claims that the rules leave to people: a reviewer decides, and above the limit a second person too.

use dianfu_claims::Command;
use dianfu_claims::claim::{NewClaim, State};
use dianfu_claims::command::Request;
use dianfu_claims::event::Event;
use dianfu_claims::prereview::rules::{OnFail, Rule, RuleEntry};
use dianfu_claims::rule_book;
use dianfu_ledger::id;
use jiff::civil::date;

use super::fixture::{ADVANCE, Desk, ON, WIDE, intake, now, number, party, prescribed, the_rules};

/// What a reviewer says of a claim.
pub fn ruling(claim_no: &str, approve: bool, reasons: &[&str]) -> Command {
    let reasons = reasons.iter().map(|reason| (*reason).to_owned()).collect();
    Command::of(number(claim_no), Request::Rule { approve, reasons }, ON)
}

/// A prescription that is too old for the rules to let it pass.
pub fn old(claim_no: &str, patient_no: &str) -> NewClaim {
    prescribed(date(2026, 1, 15), intake(claim_no, patient_no))
}

/// A book whose rules leave an old prescription to a reviewer, and what is above the limit to two people.
pub async fn desk(second_person_above_minor: Option<i64>) -> Desk {
    let desk = Desk::new(WIDE).await;
    let mut version = the_rules(2);
    version.rules.second_person_above_minor = second_person_above_minor;
    version.rules.rules = vec![
        RuleEntry { rule: Rule::PolicyInForce, on_fail: OnFail::Reject },
        RuleEntry { rule: Rule::PrescriptionValid { days: 30 }, on_fail: OnFail::Refer },
    ];
    let mut client = desk.ledger.client().await.unwrap();
    rule_book::record(&mut client, &party("picc"), &version, ("wang", "li"), now()).await.unwrap().unwrap();
    desk
}

impl Desk {
    /// The code of the refusal of what somebody rules.
    async fn ruling_refused(&self, command: Command, actor: &str) -> &'static str {
        self.ask_as(command, actor, now()).await.unwrap_err().code()
    }
}

#[tokio::test]
async fn what_the_rules_do_not_decide_is_left_to_a_reviewer_and_nothing_is_held() {
    let desk = desk(None).await;
    let left = desk.reviewed(old("C-1", "p-1")).await;
    assert_eq!((left.to, left.entry_ids.len(), left.replayed), (State::PreReview, 0, false));
    let (claim, events) = desk.story("C-1").await;
    let rules = vec!["prescription_valid".to_owned()];
    assert_eq!(claim.progress.left_to_reviewer, rules);
    assert_eq!(events.last().unwrap().event, Event::LeftToReviewer { rules });
    let before = desk.everything().await;
    assert!(desk.ask(Command::review(number("C-1"), ON)).await.unwrap().replayed, "nothing new");
    assert_eq!(desk.everything().await, before);
    assert_eq!((desk.count("decision WHERE outcome = 'referred'").await, desk.count("entry").await), (1, 0));
}

#[tokio::test]
async fn a_reviewer_lets_it_pass_and_the_advance_is_held() {
    let desk = desk(None).await;
    desk.reviewed(old("C-1", "p-1")).await;
    let approval = ruling("C-1", true, &["doctor_confirmed"]);
    let approved = desk.ask_as(approval.clone(), "wang", now()).await.unwrap();
    assert_eq!((approved.to, desk.held().await), (State::PreApproved, ADVANCE));
    assert_eq!(desk.journals(&approved.entry_ids).await, ["J1: (1101.picc C-1 1520000), (9002.picc - -1520000)"]);
    let again = desk.ask_as(approval, "wang", now()).await.unwrap();
    assert!(again.replayed && again.event_no == approved.event_no);
    let ruled = "decision WHERE outcome = 'approved' AND ruling ->> 'reviewer' = 'wang'
                 AND ruling -> 'reasons' = '[\"doctor_confirmed\"]' AND ruling ->> 'second' IS NULL";
    assert_eq!(desk.count(ruled).await, 1);
    desk.verify().await;
}

#[tokio::test]
async fn a_reviewer_rejects_it_and_says_why() {
    let desk = desk(None).await;
    desk.reviewed(old("C-1", "p-1")).await;
    let rejection = ruling("C-1", false, &["no_indication"]);
    let rejected = desk.ask_as(rejection, "wang", now()).await.unwrap();
    assert_eq!((rejected.to, rejected.entry_ids.len()), (State::PreRejected, 0));
    let row = "decision WHERE outcome = 'rejected' AND rules_fired = '{no_indication}'";
    assert_eq!((desk.count(row).await, desk.held().await), (1, 0));
}

#[tokio::test]
async fn above_the_limit_it_takes_a_second_person() {
    let desk = desk(Some(ADVANCE - 1)).await;
    assert_eq!(desk.reviewed(intake("C-1", "p-1")).await.to, State::PreReview);
    assert_eq!(desk.claim("C-1").await.progress.left_to_reviewer, ["second_person"]);
    let approval = ruling("C-1", true, &[]);
    assert_eq!(desk.ruling_refused(approval.clone(), "wang").await, "second_person_missing");
    assert_eq!(desk.ruling_refused(approval.clone().checked_by("wang"), "wang").await, "same_person");
    let approved = desk.ask_as(approval.clone().checked_by("li"), "wang", now()).await.unwrap();
    assert_eq!((approved.to, desk.held().await), (State::PreApproved, ADVANCE));
    // One person is enough to say no.
    desk.reviewed(intake("C-2", "p-2")).await;
    let rejected = desk.ask_as(ruling("C-2", false, &["no_indication"]), "wang", now()).await.unwrap();
    assert_eq!(rejected.to, State::PreRejected);
    desk.verify().await;
}

#[tokio::test]
async fn at_the_limit_the_rules_decide_alone() {
    let desk = desk(Some(ADVANCE)).await;
    assert_eq!(desk.reviewed(intake("C-1", "p-1")).await.to, State::PreApproved);
}

#[tokio::test]
async fn one_proposes_an_approval_above_the_limit_and_another_accepts_it() {
    let desk = desk(Some(ADVANCE - 1)).await;
    desk.reviewed(intake("C-1", "p-1")).await;
    let id = id::fresh();
    let shown = desk.proposed(id, &ruling("C-1", true, &[]), "wang").await.unwrap();
    assert_eq!((shown.to, desk.held().await), (State::PreApproved, 0));
    assert_eq!(desk.accepted(id, "wang").await, Err("same_person"));
    assert_eq!(desk.accepted(id, "li").await.unwrap().to, State::PreApproved);
    let ruled = "decision WHERE ruling ->> 'reviewer' = 'wang' AND ruling ->> 'second' = 'li'";
    assert_eq!((desk.count(ruled).await, desk.held().await), (1, ADVANCE));
    desk.verify().await;
}

#[tokio::test]
async fn a_ruling_that_does_not_count_changes_nothing() {
    let desk = desk(None).await;
    desk.reviewed(old("C-1", "p-1")).await;
    desk.bring("C-2", "p-2", State::Submitted).await;
    desk.bring("C-3", "p-3", State::PreReview).await;
    let before = desk.everything().await;
    let next_year = Command { on: date(2027, 1, 1), ..ruling("C-1", true, &["doctor_confirmed"]) };
    for (command, code) in [
        (ruling("C-1", true, &[]), "reason_missing"),
        (ruling("C-1", false, &[]), "reason_missing"),
        (ruling("C-1", true, &["Because I say so"]), "reason_malformed"),
        (ruling("C-1", true, &[""]), "reason_malformed"),
        (next_year, "rules_say_no"),
        (ruling("C-1", true, &["doctor_confirmed"]).as_of(3), "stale_version"),
        (ruling("C-2", true, &["doctor_confirmed"]), "not_in_this_state"),
        (ruling("C-3", true, &["doctor_confirmed"]), "not_left_to_reviewer"),
        (ruling("C-9", true, &["doctor_confirmed"]), "claim_unknown"),
    ] {
        assert_eq!(desk.ruling_refused(command, "wang").await, code);
    }
    for partner in ["insurer:picc", "pharmacy:red-cross", "patient:p-1"] {
        assert_eq!(desk.ruling_refused(ruling("C-1", false, &["late"]), partner).await, "wrong_actor", "{partner}");
    }
    assert_eq!(desk.everything().await, before);
}
