//! Claims of a served book move on by themselves.

use std::time::Duration;

use dianfu_api::Limits;
use dianfu_claims::claim::State;
use dianfu_tests::eventually;

use super::claims::Clinic;

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
