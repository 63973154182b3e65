//! What is on record of every call: digests of all, bodies of what may be kept, and what was cut off.

use dianfu_api::simulators::insurer::script::{Rule, Trouble};
use dianfu_claims::ports::exchange::{Exchange, of_claim};
use dianfu_claims::ports::insurer::Question;
use dianfu_claims::ports::insurer::wire::DocumentContent;
use dianfu_signing::{Algorithm, body_sha256};
use dianfu_tests::eventually;

use super::asking::document;
use super::{Scene, claim_no, goes_wrong, rule, settings, submission, where_is};

async fn exchanges(scene: &Scene, number: &str, before: Option<i64>, limit: i64) -> Vec<Exchange> {
    let client = scene.desk.ledger.client().await.unwrap();
    of_claim(&client, &claim_no(number), before, limit).await.unwrap()
}

fn outcome(exchange: &Exchange) -> Option<(&str, Option<i32>)> {
    exchange.outcome.as_ref().map(|outcome| (&*outcome.outcome, outcome.http_status))
}

#[tokio::test]
async fn bodies_are_kept_without_what_names_a_person_and_digests_are_of_all() {
    let scene = Scene::new(vec![]).await;
    let mut report = document("CLM-1");
    scene.ask(&submission("CLM-1")).await.unwrap();
    scene.ask(&report).await.unwrap();
    report.document_no = "D-2".to_owned();
    report.content = DocumentContent::Reference("https://files.example/secret-path".to_owned());
    scene.ask(&report).await.unwrap();
    let kept = exchanges(&scene, "CLM-1", None, 10).await;
    assert_eq!(kept.len(), 3);
    assert_eq!(kept[0].request_sha256, body_sha256(&report.body()));
    assert_eq!(kept[2].request_sha256, body_sha256(&submission("CLM-1").body()));
    let sent: serde_json::Value = serde_json::from_str(kept[2].request.as_ref().unwrap().get()).unwrap();
    assert_eq!((&sent["patient_token"], &sent["advance"]), (&"***".into(), &"15200.00".into()));
    let received = kept[2].outcome.as_ref().unwrap();
    assert!(received.response.as_ref().unwrap().get().contains("I-CLM-1") && received.response_sha256.is_some());
    let everything = scene.desk.everything().await;
    let tables = ["exchange", "exchange_outcome", "exchange_content"].map(|table| everything[table].as_str());
    for secret in ["token-of-a-patient", "C34.9", "c2VhbGVkIHJlcG9ydA", "secret-path", super::OUR_KEY] {
        assert!(!tables.iter().any(|rows| rows.contains(secret)), "{secret} is kept");
    }
}

#[tokio::test]
async fn every_attempt_is_on_record_with_what_came_of_it() {
    let submit = vec![goes_wrong(Trouble::Fail, 1), goes_wrong(Trouble::Cut, 1), goes_wrong(Trouble::Malformed, 1)];
    let again = dianfu_claims::ports::insurer::Settings { retries_max: 2, ..settings() };
    let rules = vec![Rule { submit, ..rule("CLM-1", vec![]) }];
    let scene = Scene::signing(rules, (Algorithm::HmacSha256, Algorithm::Ed25519), again).await;
    assert_eq!(scene.fault(&submission("CLM-1")).await, "partner_answer_invalid");
    assert_eq!(scene.fault(&where_is("CLM-9")).await, "partner_refused");
    scene.ask(&submission("CLM-1")).await.unwrap();
    let kept = exchanges(&scene, "CLM-1", None, 10).await;
    let shown: Vec<_> = kept.iter().map(|exchange| (exchange.attempt_no, outcome(exchange))).collect();
    assert_eq!(
        shown,
        [
            (1, Some(("answered", Some(200)))),
            (3, Some(("partner_answer_invalid", Some(200)))),
            (2, Some(("partner_unreachable", None))),
            (1, Some(("partner_unreachable", Some(500)))),
        ]
    );
    assert!(kept[1].outcome.as_ref().unwrap().response.is_none(), "what is no JSON is not kept");
    let unknown = exchanges(&scene, "CLM-9", None, 10).await;
    assert_eq!(outcome(&unknown[0]), Some(("partner_refused", Some(404))));
}

#[tokio::test]
async fn a_call_that_is_cut_off_is_seen_and_its_repetition_has_the_first_answer() {
    let rules = vec![Rule { submit: vec![goes_wrong(Trouble::Silent, 1)], ..rule("CLM-1", vec![]) }];
    let scene = Scene::new(rules).await;
    let question = submission("CLM-1");
    // The insurer has dealt with it, and the caller goes away before it knows.
    tokio::select! {
        answered = scene.ask(&question) => panic!("nothing was to be answered: {answered:?}"),
        () = eventually("it has come", async || scene.insurer.count("claims").await == 1) => {}
    }
    let kept = exchanges(&scene, "CLM-1", None, 10).await;
    assert_eq!((kept.len(), outcome(&kept[0])), (1, None));
    let receipt = scene.ask(&question).await.unwrap().answer;
    assert_eq!(receipt.insurer_claim_no, "I-CLM-1");
    let kept = exchanges(&scene, "CLM-1", None, 10).await;
    let shown: Vec<_> = kept.iter().map(outcome).collect();
    assert_eq!(shown, [Some(("answered", Some(200))), None]);
    assert_eq!(kept[0].request_sha256, kept[1].request_sha256);
}

#[tokio::test]
async fn pages_stay_as_they_were_when_more_comes() {
    let scene = Scene::new(vec![]).await;
    scene.ask(&submission("CLM-1")).await.unwrap();
    for _ in 0..4 {
        scene.ask(&where_is("CLM-1")).await.unwrap();
    }
    let first = exchanges(&scene, "CLM-1", None, 2).await;
    let before = Some(first[1].exchange_no);
    let second = exchanges(&scene, "CLM-1", before, 2).await;
    scene.ask(&where_is("CLM-1")).await.unwrap();
    let numbers = |page: &[Exchange]| page.iter().map(|exchange| exchange.exchange_no).collect::<Vec<_>>();
    assert_eq!(numbers(&exchanges(&scene, "CLM-1", before, 2).await), numbers(&second));
    let last = exchanges(&scene, "CLM-1", Some(second[1].exchange_no), 2).await;
    assert_eq!((last.len(), &*last[0].route), (1, "claims"));
}
