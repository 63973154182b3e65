//! The desk: what insurers say becomes events of claims, and what cannot be followed moves nothing.

use dianfu_api::simulators::insurer::script::{Answer, Rule, Trouble};
use dianfu_claims::claim::State;
use dianfu_claims::ports::desk::news::InsurerNews;
use dianfu_claims::ports::desk::{Discrepancy, Done, HELD_FOR, Kind, Reply, discrepancies, work};
use dianfu_tests::eventually;
use futures_util::future::join_all;
use jiff::{SignedDuration, Timestamp};

use super::{Scene, claim_no, goes_wrong, pay_all, pay_part, rule};
use crate::claims::fixture::{ADVANCE, Desk, now};

impl Scene {
    /// One round, this many minutes after the first.
    async fn round(&self, minutes: i64) -> Vec<Done> {
        work(&self.desk.ledger, &self.port, at(minutes), 100).await.unwrap()
    }

    async fn discrepancies(&self) -> Vec<Discrepancy> {
        let client = self.desk.ledger.client().await.unwrap();
        discrepancies(&client, Some(&claim_no("CLM-1")), None, 100).await.unwrap()
    }

    async fn kinds(&self) -> Vec<Kind> {
        self.discrepancies().await.iter().map(|discrepancy| discrepancy.kind).collect()
    }

    /// A claim with the insurer that waits for its decision.
    async fn handed_in(answers: Vec<Answer>) -> Scene {
        let scene = Scene::new(vec![rule("CLM-1", answers)]).await;
        scene.desk.bring("CLM-1", "p-1", State::Dispensed).await;
        let done = scene.round(0).await;
        assert_eq!(done[0].heard, Ok(Reply::Received));
        assert_eq!(scene.state().await, State::InsurerSubmitted);
        scene
    }

    async fn state(&self) -> State {
        self.desk.claim("CLM-1").await.state
    }
}

fn at(minutes: i64) -> Timestamp {
    now() + SignedDuration::from_mins(minutes)
}

/// A day later a decided claim is looked at again.
const NEXT_DAY: i64 = 24 * 60;

#[tokio::test]
async fn a_dispensed_claim_is_handed_in_looked_at_and_decided() {
    for (answer, state, approved_minor) in [
        (pay_all(1), State::Approved, ADVANCE),
        (pay_part(1, 9_000), State::Partial, 1_368_000),
        (pay_part(1, 0), State::Rejected, 0),
    ] {
        let scene = Scene::handed_in(vec![answer]).await;
        scene.round(0).await;
        let claim = scene.desk.claim("CLM-1").await;
        assert_eq!((claim.state, claim.progress.approved_minor), (state, approved_minor));
        assert_eq!(claim.progress.submitted_no.as_deref(), Some("CLM-1"));
        assert!(scene.kinds().await.is_empty());
        scene.desk.verify().await;
        // Nothing is due.
        assert_eq!(scene.round(1).await, []);
    }
}

#[tokio::test]
async fn a_late_decision_is_asked_for_again_and_again() {
    let scene = Scene::handed_in(vec![Answer::Pending(2), pay_all(1)]).await;
    for minutes in [0, 15] {
        assert_eq!(scene.round(minutes).await[0].heard, Ok(Reply::News(InsurerNews::Nothing)));
        assert_eq!(scene.round(minutes + 14).await, []);
    }
    scene.round(30).await;
    assert_eq!(scene.state().await, State::Approved);
}

#[tokio::test]
async fn materials_that_are_asked_for_are_told_and_then_it_is_decided() {
    let ask = Answer::Ask { materials: vec!["GENE_TEST".to_owned()], respond_by: "2026-04-01".parse().unwrap() };
    let scene = Scene::handed_in(vec![ask, pay_all(1)]).await;
    let done = scene.round(0).await;
    let asked = InsurerNews::AskedForMore {
        materials: vec!["GENE_TEST".to_owned()],
        respond_by: "2026-04-01".parse().unwrap(),
    };
    assert_eq!(done[0].heard, Ok(Reply::News(asked)));
    scene.round(15).await;
    assert_eq!(scene.state().await, State::Approved);
}

#[tokio::test]
async fn the_same_decision_again_is_nothing_new() {
    let scene = Scene::handed_in(vec![pay_part(1, 9_000)]).await;
    scene.round(0).await;
    let before = scene.desk.balances().await;
    assert_eq!(scene.round(NEXT_DAY).await.len(), 1);
    assert_eq!((scene.state().await, scene.desk.balances().await), (State::Partial, before));
    assert!(scene.kinds().await.is_empty());
}

#[tokio::test]
async fn a_contradiction_moves_no_money_and_is_on_record_once() {
    let scene = Scene::handed_in(vec![pay_part(1, 9_000), pay_part(1, 8_000)]).await;
    scene.round(0).await;
    let before = scene.desk.balances().await;
    for day in 1..=2 {
        assert_eq!(scene.round(day * NEXT_DAY).await.len(), 1);
    }
    assert_eq!((scene.state().await, scene.desk.balances().await), (State::Partial, before));
    let [found] = scene.discrepancies().await.try_into().unwrap();
    assert_eq!(found.kind, Kind::Contradicts);
    assert_eq!(found.expected["lines"][0]["approved_minor"], 1_368_000);
    assert_eq!(found.actual["lines"][0]["approved_minor"], 1_216_000);
}

#[tokio::test]
async fn a_decision_that_comes_too_early_waits_for_the_one_before() {
    let scene = Scene::handed_in(vec![pay_part(2, 9_000), pay_all(1)]).await;
    scene.round(0).await;
    assert_eq!((scene.state().await, scene.kinds().await), (State::InsurerSubmitted, vec![Kind::OutOfOrder]));
    // The first decision is for all of it; the second, which has waited, for less.
    scene.round(15).await;
    assert_eq!((scene.state().await, scene.desk.claim("CLM-1").await.progress.decision_no), (State::Partial, 2));
}

#[tokio::test]
async fn a_claim_that_its_insurer_does_not_know_is_found_out() {
    let scene = Scene::handed_in(vec![Answer::Mishap(goes_wrong(Trouble::Unknown, 1)), pay_all(1)]).await;
    let done = scene.round(0).await;
    assert_eq!(done[0].heard.as_ref().unwrap_err().code(), "partner_refused");
    assert_eq!((scene.state().await, scene.kinds().await), (State::InsurerSubmitted, vec![Kind::ClaimUnknown]));
    // It is asked again, after a minute.
    scene.round(1).await;
    assert_eq!(scene.state().await, State::Approved);
}

#[tokio::test]
async fn what_is_not_believed_moves_nothing_and_is_asked_again_ever_more_slowly() {
    let troubles = [Trouble::WrongSignature, Trouble::Swapped, Trouble::Malformed, Trouble::OtherClaim];
    let answers = troubles.map(|trouble| Answer::Mishap(goes_wrong(trouble, 1)));
    let scene = Scene::handed_in([&answers[..], &[pay_all(1)]].concat()).await;
    for minutes in [0, 1, 3, 7] {
        let done = scene.round(minutes).await;
        assert!(done[0].heard.is_err(), "{minutes}: {done:?}");
        assert_eq!(scene.state().await, State::InsurerSubmitted);
        assert_eq!(scene.round(minutes).await, []);
    }
    assert!(scene.round(14).await.is_empty());
    scene.round(15).await;
    assert_eq!((scene.state().await, scene.kinds().await), (State::Approved, vec![]));
}

#[tokio::test]
async fn of_many_workers_one_hands_a_claim_in() {
    let scene = Scene::new(vec![]).await;
    for n in 1..=8 {
        scene.desk.patient(&format!("q-{n}")).await;
        scene.desk.bring(&format!("CLM-{n}"), &format!("q-{n}"), State::Dispensed).await;
    }
    let ledgers = join_all((0..4).map(|_| Desk::open(&scene.desk.test))).await;
    let rounds = ledgers.iter().map(|ledger| work(ledger, &scene.port, at(0), 3));
    let done: usize = join_all(rounds).await.into_iter().map(|done| done.unwrap().len()).sum();
    scene.round(0).await;
    assert!(done <= 8 + 4 * 3, "{done}");
    assert_eq!(scene.insurer.count("claims").await, 8);
    for n in 1..=8 {
        assert_ne!(scene.desk.claim(&format!("CLM-{n}")).await.state, State::Dispensed);
    }
}

#[tokio::test]
async fn a_worker_that_is_killed_between_call_and_record_loses_nothing() {
    let rules = vec![Rule { submit: vec![goes_wrong(Trouble::Silent, 1)], ..rule("CLM-1", vec![pay_all(1)]) }];
    let scene = Scene::new(rules).await;
    scene.desk.bring("CLM-1", "p-1", State::Dispensed).await;
    tokio::select! {
        done = scene.round(0) => panic!("nothing was to be answered: {done:?}"),
        () = eventually("it has come", async || scene.insurer.count("claims").await == 1) => {}
    }
    assert_eq!(scene.state().await, State::Dispensed);
    // Its errand is held, and is not for ever.
    assert_eq!(scene.round(1).await, []);
    let minutes = HELD_FOR.as_mins();
    assert_eq!(scene.round(minutes).await[0].heard, Ok(Reply::Received));
    assert_eq!(scene.state().await, State::InsurerSubmitted);
    let received = scene.insurer.received().await;
    assert_eq!(received[0]["body_sha256"], received[1]["body_sha256"]);
    scene.round(minutes).await;
    assert_eq!(scene.state().await, State::Approved);
    scene.desk.verify().await;
}
