//! What an insurer guarantees, pays in, disputes and is told in its statement, over HTTP.

use dianfu_api::auth::Role;
use dianfu_claims::claim::State;
use reqwest::Method;
use serde_json::{Value, json};

use super::Reply;
use super::claim_desks::send;
use super::claims::Clinic;

/// A clinic with the claim CLM-3, of which `picc` does not cover 1200.00, and those who deal with insurers.
struct Office {
    clinic: Clinic,
    operator: String,
    finance: String,
    insurer: String,
}

impl Office {
    async fn new() -> Office {
        let clinic = Clinic::new().await;
        clinic.desk.bring("CLM-3", "p-3", State::Partial).await;
        let operator = clinic.token("office", Role::Operator).await;
        let finance = clinic.token("office", Role::Finance).await;
        let insurer = clinic.token("office", Role::Insurer).await;
        Office { clinic, operator, finance, insurer }
    }

    async fn guarantees(&self, verify_no: &str, body: &Value) -> Reply {
        let path = format!("/v1/insurers/picc/coverage/{verify_no}");
        send(&self.clinic, &self.operator, Method::PUT, &path, body).await
    }

    async fn deposits(&self, body: &Value) -> Reply {
        send(&self.clinic, &self.finance, Method::POST, "/v1/insurers/picc/deposits", body).await
    }

    async fn disputes(&self, dispute: &str, body: &Value) -> Reply {
        let path = format!("/v1/disputes/{dispute}");
        send(&self.clinic, &self.finance, Method::PUT, &path, body).await
    }

    async fn answers(&self, dispute: &str, reason: &str) -> Reply {
        let path = format!("/v1/disputes/{dispute}/answer");
        let body = json!({"reason": reason, "evidence_sha256": "06".repeat(32)});
        send(&self.clinic, &self.finance, Method::POST, &path, &body).await
    }

    async fn get(&self, path: &str) -> Reply {
        self.clinic.get_as(&self.finance, path).await
    }
}

fn but(body: &Value, field: &str, value: Value) -> Value {
    let mut body = body.clone();
    body[field] = value;
    body
}

fn guarantee() -> Value {
    json!({
        "policy": "POL-p-1", "patient": "p-1", "currency": "CNY", "in_force": true, "guaranteed": "15200.00",
        "valid_until": "2026-04-01", "answered_at": "2026-03-01T08:00:00Z", "evidence_sha256": "07".repeat(32),
    })
}

fn deposit() -> Value {
    json!({"bank": "settlement", "bank_reference": "BK-1", "amount": "5000.00", "on": "2026-03-02"})
}

fn dispute() -> Value {
    json!({
        "claim_no": "CLM-3", "cause": "clinical_view", "amount": "1200.00", "due_on": "2026-03-16",
        "reason": "the label covers it", "evidence_sha256": "05".repeat(32),
    })
}

#[tokio::test]
async fn the_newest_guarantee_of_a_policy_counts() {
    let office = Office::new().await;
    let path = "/v1/insurers/picc/policies/POL-p-1/coverage";
    office.get(path).await.problem(404, "coverage_unknown");
    for _ in 0..2 {
        assert_eq!(office.guarantees("V-1", &guarantee()).await.status, 200);
    }
    let newer = but(&guarantee(), "answered_at", json!("2026-03-02T08:00:00Z"));
    assert_eq!(office.guarantees("V-2", &but(&newer, "guaranteed", json!("9.00"))).await.status, 200);
    for token in [&office.finance, &office.insurer] {
        let newest = office.clinic.get_as(token, path).await.body;
        let shown = ["verify_no", "guaranteed", "valid_until"].map(|at| &newest[at]);
        assert_eq!(json!(shown), json!(["V-2", "9.00", "2026-04-01"]), "{newest}");
    }
    let other = office.guarantees("V-1", &but(&guarantee(), "guaranteed", json!("1.00"))).await;
    assert_eq!(other.problem(409, "conflict")["pointer"], "/guaranteed");
}

#[tokio::test]
async fn a_guarantee_that_cannot_be_is_refused_at_its_place() {
    let office = Office::new().await;
    for (field, value, code) in [
        ("policy", json!("POL-9"), "unknown"),
        ("policy", json!("a b"), "number_malformed"),
        ("patient", json!("p-3"), "unknown"),
        ("currency", json!("USD"), "currency_differs"),
        ("currency", json!("XXY"), "currency_unknown"),
        ("guaranteed", json!("-1.00"), "out_of_range"),
        ("in_force", json!(false), "out_of_range"),
        ("evidence_sha256", json!("07"), "digest_malformed"),
    ] {
        let place = if field == "in_force" { "guaranteed" } else { field };
        let reply = office.guarantees("V-1", &but(&guarantee(), field, value)).await;
        assert_eq!(reply.problem(422, code)["pointer"], format!("/{place}"), "{reply:?}");
    }
    office.guarantees("a%20b", &guarantee()).await.problem(422, "number_malformed");
    let path = "/v1/insurers/nobody/coverage/V-1";
    send(&office.clinic, &office.operator, Method::PUT, path, &guarantee()).await.problem(404, "insurer_unknown");
}

#[tokio::test]
async fn a_deposit_is_booked_once() {
    let office = Office::new().await;
    let first = office.deposits(&deposit()).await;
    assert_eq!((first.status, &first.body["prefund"]["balance"]), (200, &json!("5000.00")), "{first:?}");
    assert_eq!(office.deposits(&deposit()).await.body, first.body, "the same again is the same");
    let other = office.deposits(&but(&deposit(), "amount", json!("5000.01"))).await;
    assert_eq!(other.problem(409, "id_conflict")["pointer"], "/amount");
    for (field, value, code) in [
        ("bank", json!("nowhere"), "account_unknown"),
        ("bank", json!("a.b"), "number_malformed"),
        ("bank_reference", json!(""), "text_length"),
        ("amount", json!("0.00"), "out_of_range"),
        ("amount", json!("0.001"), "amount_too_many_decimals"),
    ] {
        let body = but(&but(&deposit(), "bank_reference", json!("BK-2")), field, value);
        assert_eq!(office.deposits(&body).await.problem(422, code)["pointer"], format!("/{field}"), "{body}");
    }
    let left = office.clinic.get_as(&office.insurer, "/v1/insurers/picc/prefund").await.body;
    assert_eq!(left, json!({"currency": "CNY", "balance": "5000.00", "held": "0.00"}));
    office.clinic.desk.verify().await;
}

#[tokio::test]
async fn a_dispute_is_opened_answered_and_ended_by_two_people() {
    let office = Office::new().await;
    for _ in 0..2 {
        assert_eq!(office.disputes("D-1", &dispute()).await.body["state"], "OPEN");
    }
    let other = office.disputes("D-1", &but(&dispute(), "amount", json!("1.00"))).await;
    assert_eq!(other.problem(409, "conflict")["pointer"], "/amount");
    for _ in 0..2 {
        assert_eq!(office.answers("D-1", "we pay a part").await.body["state"], "ANSWERED");
    }
    let running = office.clinic.get_as(&office.insurer, "/v1/insurers/picc/disputes").await.body;
    let shown = &running["disputes"][0];
    let people = (&shown["opened_by"], &shown["steps"][0]["actor"], &shown["is_overdue"]);
    assert_eq!(people, (&json!("platform"), &json!("platform"), &json!(false)), "{running}");
    let (maker, checker) = (&office.clinic.api.token, office.clinic.token("checks", Role::Approver).await);
    let act = json!({"act": {"end_dispute": {"dispute": "D-1", "won": "200.00"}}, "reason": "their letter"});
    let made = send(&office.clinic, maker, Method::POST, "/v1/insurers/picc/proposals", &act).await;
    let path = format!("/v1/insurers/picc/proposals/{}/acceptance", made.body["number"]);
    let ended = send(&office.clinic, &checker, Method::POST, &path, &json!({"reason": "seen"})).await;
    assert_eq!(ended.status, 200, "{ended:?}");
    assert_eq!(office.get("/v1/insurers/picc/disputes").await.body["disputes"], json!([]));
    let told = office.get("/v1/insurers/picc/disputes?claim_no=CLM-3").await.body;
    let shown = &told["disputes"][0];
    assert_eq!((&shown["state"], &shown["steps"][1]["won"]), (&json!("WON"), &json!("200.00")), "{told}");
    office.answers("D-1", "too late").await.problem(409, "dispute_ended");
}

#[tokio::test]
async fn a_dispute_that_cannot_be_is_refused_at_its_place() {
    let office = Office::new().await;
    for (field, value, code) in [
        ("amount", json!("1200.01"), "dispute_exceeds_open"),
        ("amount", json!("0.00"), "out_of_range"),
        ("cause", json!(""), "text_length"),
        ("reason", json!(""), "text_length"),
        ("evidence_sha256", json!("5"), "digest_malformed"),
    ] {
        let reply = office.disputes("D-1", &but(&dispute(), field, value)).await;
        assert_eq!(reply.problem(422, code)["pointer"], format!("/{field}"), "{reply:?}");
    }
    office.disputes("D-1", &but(&dispute(), "claim_no", json!("CLM-9"))).await.problem(404, "claim_unknown");
    office.disputes("a%20b", &dispute()).await.problem(422, "number_malformed");
    office.answers("D-9", "x").await.problem(404, "dispute_unknown");
    let reply = office.get("/v1/insurers/picc/disputes?claim_no=a%20b").await;
    assert_eq!(reply.problem(400, "parameter_invalid")["pointer"], "/query/claim_no");
}

#[tokio::test]
async fn a_statement_ties_and_is_for_its_insurer_only() {
    let office = Office::new().await;
    let of = |insurer: &str, days: &str| format!("/v1/insurers/{insurer}/statement?{days}");
    let path = of("picc", "from=2026-01-01&to=2099-12-31");
    let told = office.clinic.get_as(&office.insurer, &path).await;
    let accounts = told.body["accounts"].as_array().unwrap();
    let due = accounts.iter().find(|account| account["account"] == "1102.picc").unwrap();
    assert_eq!((&due["opening"], &due["closing"]), (&json!("0.00"), &json!("14000.00")), "{due}");
    let line = &due["lines"][0];
    assert_eq!((&line["item"], &line["movement"]), (&json!("CLM-3"), &json!("approved")), "{due}");
    let reversed = office.get(&of("picc", "from=2026-02-01&to=2026-01-01")).await;
    assert_eq!(reversed.problem(400, "range_reversed")["pointer"], "/query/from");
    office.get(&of("picc", "from=2026-02-01")).await.problem(400, "parameter_invalid");
    for path in [of("cpic", "from=2026-01-01&to=2026-01-01"), "/v1/insurers/cpic/prefund".to_owned()] {
        office.clinic.get_as(&office.insurer, &path).await.problem(404, "insurer_unknown");
    }
    let elsewhere = office.clinic.token_of("elsewhere", Role::Insurer, "cpic").await;
    assert_eq!(office.disputes("D-1", &dispute()).await.status, 200);
    office.clinic.get_as(&elsewhere, "/v1/disputes/D-1").await.problem(404, "dispute_unknown");
}
