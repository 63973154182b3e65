//! What is asked comes back answered, or with the code of what went wrong.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use dianfu_api::simulators::insurer::script::{Answer, Rule, Trouble};
use dianfu_claims::claim::PolicyNo;
use dianfu_claims::ports::insurer::Settings;
use dianfu_claims::ports::insurer::breaker::Patience;
use dianfu_claims::ports::insurer::wire::{CoverageQuestion, DocumentContent, DocumentHandOver, Standing, VERSION};
use dianfu_ledger::clock;
use dianfu_ledger::money::Currency;
use dianfu_signing::{Algorithm, body_sha256};
use jiff::{SignedDuration, Timestamp};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{Scene, claim_no, goes_wrong, pay_all, rule, settings, submission, where_is};
use crate::claims::fixture::ON;

fn coverage() -> CoverageQuestion {
    CoverageQuestion {
        version: VERSION.to_owned(),
        question_no: "Q-1".to_owned(),
        policy_no: PolicyNo::parse("POL-1").unwrap(),
        patient_token: "token-of-a-patient".to_owned(),
        on: ON,
        currency: Currency::CNY,
        lines: submission("CLM-1").lines,
        amount: "15200.00".to_owned(),
    }
}

pub fn document(number: &str) -> DocumentHandOver {
    DocumentHandOver {
        version: VERSION.to_owned(),
        claim_no: claim_no(number),
        document_no: "D-1".to_owned(),
        kind: "GENE_TEST".to_owned(),
        media_type: "application/pdf".to_owned(),
        sha256: body_sha256(b"a report"),
        content: DocumentContent::Sealed("c2VhbGVkIHJlcG9ydA".to_owned()),
    }
}

#[tokio::test]
async fn every_question_has_its_answer_however_both_sides_sign() {
    for (ours, theirs) in [
        (Algorithm::HmacSha256, Algorithm::Sm2Sm3),
        (Algorithm::Ed25519, Algorithm::HmacSha256),
        (Algorithm::Sm2Sm3, Algorithm::Ed25519),
    ] {
        let guarantee = Rule { guarantee_per_10000: Some(5_000), ..rule("POL-1", vec![]) };
        let scene = Scene::signing(vec![guarantee, rule("CLM-1", vec![pay_all(1)])], (ours, theirs), settings()).await;
        let covered = scene.ask(&coverage()).await.unwrap().answer;
        assert_eq!((covered.in_force, &*covered.guaranteed), (true, "7600.00"));
        let receipt = scene.ask(&submission("CLM-1")).await.unwrap().answer;
        assert_eq!(receipt.insurer_claim_no, "I-CLM-1");
        let Standing::Decided { decision_no, lines, .. } = scene.ask(&where_is("CLM-1")).await.unwrap().answer.standing
        else {
            panic!("it is decided at once");
        };
        assert_eq!((decision_no, &*lines[0].approved), (1, "15200.00"));
        assert_eq!(scene.ask(&document("CLM-1")).await.unwrap().answer.sha256, body_sha256(b"a report"));
        // The same again has the same answer.
        assert_eq!(scene.ask(&submission("CLM-1")).await.unwrap().answer, receipt);
        assert_eq!(scene.ask(&coverage()).await.unwrap().answer, covered);
    }
}

#[tokio::test]
async fn whatever_goes_wrong_has_its_code_and_is_not_believed() {
    let troubles = [
        (Trouble::Fail, "partner_unreachable"),
        (Trouble::Cut, "partner_unreachable"),
        (Trouble::WrongSignature, "partner_signature_invalid"),
        (Trouble::Unsigned, "partner_signature_invalid"),
        (Trouble::Swapped, "partner_signature_invalid"),
        (Trouble::Malformed, "partner_answer_invalid"),
        (Trouble::UnknownMember, "partner_answer_invalid"),
        (Trouble::OtherClaim, "partner_answer_invalid"),
        (Trouble::OtherVersion, "partner_answer_invalid"),
        (Trouble::Huge, "partner_answer_invalid"),
        (Trouble::Unknown, "partner_refused"),
    ];
    let mishaps = troubles.iter().map(|(trouble, _)| goes_wrong(*trouble, 1)).collect::<Vec<_>>();
    let answers = mishaps.iter().copied().map(Answer::Mishap).chain([pay_all(1)]).collect();
    let scene = Scene::new(vec![Rule { submit: mishaps, ..rule("CLM-1", answers) }]).await;
    for (trouble, code) in troubles {
        assert_eq!(scene.fault(&submission("CLM-1")).await, code, "{trouble:?}");
    }
    scene.ask(&submission("CLM-1")).await.unwrap();
    for (trouble, code) in troubles {
        assert_eq!(scene.fault(&where_is("CLM-1")).await, code, "{trouble:?}");
    }
    scene.ask(&where_is("CLM-1")).await.unwrap();
    assert_eq!(scene.fault(&where_is("CLM-2")).await, "partner_refused");
    assert_eq!(scene.fault(&document("CLM-2")).await, "partner_refused");
}

#[tokio::test]
async fn a_silent_insurer_is_waited_for_no_longer_than_was_said() {
    let rules = vec![Rule { submit: vec![goes_wrong(Trouble::Silent, 1)], ..rule("CLM-1", vec![]) }];
    let brief = Settings { timeout: Duration::from_millis(300), ..settings() };
    let scene = Scene::signing(rules, (Algorithm::HmacSha256, Algorithm::HmacSha256), brief).await;
    assert_eq!(scene.fault(&submission("CLM-1")).await, "partner_timeout");
}

#[tokio::test]
async fn what_passes_is_tried_again_with_the_same_bytes() {
    let submit = vec![goes_wrong(Trouble::Fail, 2), goes_wrong(Trouble::Cut, 1)];
    let again = Settings { retries_max: 3, ..settings() };
    let rules = vec![Rule { submit, ..rule("CLM-1", vec![]) }];
    let scene = Scene::signing(rules, (Algorithm::HmacSha256, Algorithm::Ed25519), again).await;
    scene.ask(&submission("CLM-1")).await.unwrap();
    let received = scene.insurer.received().await;
    assert_eq!(received.len(), 4);
    assert!(received.iter().all(|call| call["body_sha256"] == received[0]["body_sha256"]), "{received:?}");
    let nonces: std::collections::HashSet<_> = received.iter().map(|call| call["nonce"].to_string()).collect();
    assert_eq!(nonces.len(), 4);
}

#[tokio::test]
async fn what_does_not_pass_is_not_tried_again() {
    let submit = vec![goes_wrong(Trouble::WrongSignature, 1), goes_wrong(Trouble::Unknown, 1)];
    let again = Settings { retries_max: 3, ..settings() };
    let rules = vec![Rule { submit, ..rule("CLM-1", vec![]) }];
    let scene = Scene::signing(rules, (Algorithm::HmacSha256, Algorithm::Ed25519), again).await;
    assert_eq!(scene.fault(&submission("CLM-1")).await, "partner_signature_invalid");
    assert_eq!(scene.fault(&submission("CLM-1")).await, "partner_refused");
    assert_eq!(scene.insurer.received().await.len(), 2);
}

/// How far the clock of the next test is ahead, in seconds.
static AHEAD_S: AtomicI64 = AtomicI64::new(0);

fn clock_ahead() -> Timestamp {
    clock::now() + SignedDuration::from_secs(AHEAD_S.load(Ordering::Relaxed))
}

#[tokio::test]
async fn who_fails_again_and_again_is_left_alone_for_a_while() {
    let patience = Patience { failures_max: 3, open_for: SignedDuration::from_secs(100) };
    let strict = Settings { patience, clock: clock_ahead, ..settings() };
    let rules = vec![Rule { submit: vec![goes_wrong(Trouble::Fail, 4)], ..rule("CLM-*", vec![]) }];
    let scene = Scene::signing(rules, (Algorithm::HmacSha256, Algorithm::Ed25519), strict).await;
    let submission = submission("CLM-1");
    for _ in 0..3 {
        assert_eq!(scene.fault(&submission).await, "partner_unreachable");
    }
    assert_eq!(scene.fault(&submission).await, "partner_circuit_open");
    assert_eq!(scene.insurer.received().await.len(), 3);
    // One is let through, fails, and it is left alone again.
    AHEAD_S.store(101, Ordering::Relaxed);
    assert_eq!(scene.fault(&submission).await, "partner_unreachable");
    assert_eq!(scene.fault(&submission).await, "partner_circuit_open");
    AHEAD_S.store(202, Ordering::Relaxed);
    scene.ask(&submission).await.unwrap();
    scene.ask(&where_is("CLM-1")).await.unwrap();
}

#[tokio::test]
async fn under_one_key_goes_one_content() {
    let scene = Scene::new(vec![]).await;
    scene.ask(&submission("CLM-1")).await.unwrap();
    let mut other = submission("CLM-1");
    other.advance = "15200.01".to_owned();
    assert_eq!(scene.fault(&other).await, "partner_content_differs");
    assert_eq!(scene.insurer.received().await.len(), 1);
}

#[tokio::test]
async fn the_simulator_ends_in_order_also_while_it_is_silent_and_then_nobody_is_there() {
    let rules = vec![Rule { submit: vec![goes_wrong(Trouble::Silent, 1)], ..rule("CLM-1", vec![]) }];
    let mut scene = Scene::new(rules).await;
    let pid = Pid::from_raw(i32::try_from(scene.insurer.child.id().unwrap()).unwrap());
    let submission = submission("CLM-1");
    let (fault, ()) = tokio::join!(scene.fault(&submission), async {
        dianfu_tests::eventually("it has come", async || scene.insurer.count("claims").await == 1).await;
        kill(pid, Signal::SIGTERM).unwrap();
    });
    assert_eq!(fault, "partner_unreachable");
    assert!(scene.insurer.child.wait().await.unwrap().success());
    assert_eq!(scene.fault(&submission).await, "partner_unreachable");
}
