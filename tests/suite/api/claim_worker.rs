//! Claims of a served book move on by themselves.

use std::time::Duration;

use dianfu_api::Limits;
use dianfu_claims::claim::State;
use dianfu_tests::eventually;

use super::Node;
use super::claims::Clinic;
use crate::ports::{Scene, pay_all, rule};

#[tokio::test]
async fn an_approval_that_nobody_uses_expires_and_the_claim_closes_by_itself() {
    let clinic = Clinic::with(Limits { work_every: Duration::from_millis(20), ..Limits::default() }).await;
    clinic.desk.bring("CLM-3", "p-3", State::PreApproved).await;
    assert_eq!(clinic.desk.held().await, 1_520_000);
    eventually("the claim is closed", async || {
        clinic.api.get("/v1/claims/CLM-3").await.body["claim"]["state"] == "CLOSED"
    })
    .await;
    let story = clinic.api.get("/v1/claims/CLM-3").await.body;
    let expired = story["events"].as_array().unwrap().iter().find(|event| event["event"] == "expired").unwrap();
    assert_eq!(expired["actor"], "system:worker");
    assert_eq!(clinic.desk.held().await, 0);
    clinic.desk.verify().await;
}

#[tokio::test]
async fn an_insurer_that_can_be_reached_is_handed_what_was_dispensed_and_asked_for_its_decision() {
    let scene = Scene::new(vec![rule("CLM-1", vec![pay_all(1)])]).await;
    scene.desk.bring("CLM-1", "p-1", State::Dispensed).await;
    let limits = Limits { work_every: Duration::from_millis(20), ..Limits::default() };
    let node = Node::start(scene.desk.test.database(), limits).await;
    eventually("the insurer has approved", async || scene.desk.claim("CLM-1").await.state == State::Approved).await;
    node.stop().await.unwrap().unwrap();
    assert_eq!(scene.insurer.count("claims").await, 1);
    scene.desk.verify().await;
}
