//! Patients over HTTP: records are sealed, masked to most, read in full for a reason, and found without being opened.

use dianfu_api::auth::Role;
use dianfu_api::sealing::Sealing;
use reqwest::Method;
use serde_json::{Value, json};

use super::Reply;
use super::claim_desks::send;
use super::claims::Clinic;
use crate::patients::desk::{RESIDENT, ring};

/// A clinic with keys, and those who deal with patients.
struct Desk {
    clinic: Clinic,
    operator: String,
    patient: String,
}

impl Desk {
    async fn new() -> Desk {
        let clinic = Clinic::sealing(Sealing { keyring: Some(ring(&[1])), documents: None }).await;
        let operator = clinic.token("desk", Role::Operator).await;
        let patient = clinic.token("own", Role::Patient).await;
        Desk { clinic, operator, patient }
    }

    async fn put(&self, path: &str, body: &Value) -> Reply {
        send(&self.clinic, &self.operator, Method::PUT, &format!("/v1/patients/{path}"), body).await
    }

    async fn post(&self, path: &str, body: &Value) -> Reply {
        send(&self.clinic, &self.operator, Method::POST, &format!("/v1/{path}"), body).await
    }

    async fn get(&self, token: &str, path: &str) -> Reply {
        self.clinic.get_as(token, &format!("/v1/patients/{path}")).await
    }
}

fn record(phone: &str) -> Value {
    json!({
        "name": "张三丰", "phone": phone, "address": "广东省深圳市南山区科技路1号",
        "identity": {"kind": "resident_id", "number": RESIDENT}, "reason": "first contact",
    })
}

fn but(pointer: &str, value: Value) -> Value {
    let mut body = record("13800000001");
    *body.pointer_mut(pointer).unwrap() = value;
    body
}

#[tokio::test]
async fn a_record_is_masked_and_a_full_reading_is_on_record() {
    let desk = Desk::new().await;
    for _ in 0..2 {
        let kept = desk.put("p-1/records/1", &record("138 0000 0001")).await;
        assert_eq!((kept.status, &kept.body), (200, &json!({"version": 1, "same_identity": []})), "{kept:?}");
    }
    for token in [&desk.operator, &desk.patient] {
        let masked = desk.get(token, "p-1/record").await;
        let shown = ["name", "phone", "address", "identity_number"].map(|at| &masked.body[at]);
        assert_eq!(json!(shown), json!(["张**", "138****0001", "广东省******", "1***************2X"]), "{masked:?}");
    }
    let read = desk.post("patients/p-1/record/readings", &json!({"reason": "the patient calls"})).await;
    let shown = ["name", "phone"].map(|at| &read.body[at]);
    assert_eq!(
        (json!(shown), &read.body["identity"]["number"]),
        (json!(["张三丰", "+8613800000001"]), &json!(RESIDENT))
    );
    let silent = desk.post("patients/p-1/record/readings", &json!({"reason": ""})).await;
    assert_eq!(silent.problem(422, "text_length")["pointer"], "/reason");
    let auditor = desk.clinic.token("audit", Role::Auditor).await;
    let readings = desk.get(&auditor, "p-1/record/readings").await.body;
    let readings = readings["readings"].as_array().unwrap();
    assert_eq!((readings.len(), &readings[0]["reader"]), (1, &json!("person:desk-operator")), "{readings:?}");
    let path = "/v1/patients/p-1/record/readings";
    send(&desk.clinic, &auditor, Method::POST, path, &json!({"reason": "x"})).await.problem(403, "forbidden");
}

#[tokio::test]
async fn versions_come_one_after_the_other() {
    let desk = Desk::new().await;
    assert_eq!(desk.put("p-1/records/1", &record("13800000001")).await.status, 200);
    desk.put("p-1/records/1", &record("13800000002")).await.problem(409, "conflict");
    let ahead = desk.put("p-1/records/3", &record("13800000002")).await;
    let place = ahead.problem(409, "stale_version");
    assert_eq!((&place["pointer"], &place["expected"]), (&json!("/path/version"), &json!("2")));
    assert_eq!(desk.put("p-1/records/2", &record("13800000002")).await.status, 200);
    let twin = desk.put("p-2/records/1", &record("13800000003")).await;
    assert_eq!(twin.body["same_identity"], json!(["p-1"]), "{twin:?}");
}

#[tokio::test]
async fn patients_are_found_by_what_is_known_of_them() {
    let desk = Desk::new().await;
    desk.put("p-1/records/1", &record("13800000001")).await;
    desk.put("p-2/records/1", &record("13800000002")).await;
    for (by, expected) in [
        (json!({"phone": "+86 138-0000-0002"}), json!(["p-2"])),
        (json!({"phone": "13800000009"}), json!([])),
        (json!({"identity": {"kind": "resident_id", "number": RESIDENT.to_lowercase()}}), json!(["p-1", "p-2"])),
    ] {
        let found = desk.post("patient-look-ups", &by).await.body;
        let numbers: Vec<&Value> = found["patients"].as_array().unwrap().iter().map(|one| &one["patient"]).collect();
        assert_eq!(json!(numbers), expected, "{by}");
    }
    let wrong = desk.post("patient-look-ups", &json!({"phone": "12"})).await;
    assert_eq!(wrong.problem(422, "shape")["pointer"], "/phone");
}

#[tokio::test]
async fn what_no_record_is_is_refused_at_its_place() {
    let desk = Desk::new().await;
    for (pointer, value, code) in [
        ("/name", json!(""), "text_length"),
        ("/phone", json!("12"), "shape"),
        ("/address", json!(""), "text_length"),
        ("/identity/number", json!("110105194912310021"), "shape"),
        ("/reason", json!(""), "text_length"),
    ] {
        let reply = desk.put("p-1/records/1", &but(pointer, value)).await;
        assert_eq!(reply.problem(422, code)["pointer"], pointer, "{reply:?}");
    }
    desk.put("nobody/records/1", &record("13800000001")).await.problem(404, "patient_unknown");
    for path in ["p-1/record", "nobody/record", "a%20b/record"] {
        desk.get(&desk.operator, path).await.problem(404, "patient_unknown");
    }
    let usd = desk.put("p-9", &json!({"currency": "CNY"})).await;
    assert_eq!((usd.status, desk.put("p-9", &json!({"currency": "CNY"})).await.status), (200, 200));
    assert_eq!(desk.put("p-9", &json!({"currency": "USD"})).await.problem(409, "conflict")["pointer"], "/currency");
    desk.put("p-8", &json!({"currency": "XXY"})).await.problem(422, "currency_unknown");
}

#[tokio::test]
async fn another_patients_record_is_not_there() {
    let desk = Desk::new().await;
    desk.put("p-2/records/1", &record("13800000002")).await;
    let (insurer, pharmacy) =
        (desk.clinic.token("own", Role::Insurer).await, desk.clinic.token("own", Role::Pharmacy).await);
    for token in [&desk.patient, &insurer, &pharmacy] {
        for path in ["p-2/record", "p-2/consents"] {
            desk.get(token, path).await.problem(404, "patient_unknown");
        }
    }
}

#[tokio::test]
async fn consents_are_given_and_taken_back() {
    let desk = Desk::new().await;
    let consent = |given: bool| {
        json!({
            "kind": "health_information", "given": given, "text_version": "2026-01",
            "happened_at": "2026-03-02T08:00:00Z",
        })
    };
    for given in [true, true, false] {
        assert_eq!(desk.post("patients/p-1/consents", &consent(given)).await.status, 200);
    }
    let told = desk.get(&desk.patient, "p-1/consents").await.body;
    assert_eq!(told["consents"], json!([consent(true), consent(false)]));
    let mut wrong = consent(true);
    wrong["text_version"] = json!("");
    let reply = desk.post("patients/p-1/consents", &wrong).await;
    assert_eq!(reply.problem(422, "text_length")["pointer"], "/text_version");
    desk.post("patients/nobody/consents", &consent(true)).await.problem(404, "patient_unknown");
}

#[tokio::test]
async fn without_keys_nothing_is_sealed_and_all_else_works() {
    let clinic = Clinic::new().await;
    let operator = clinic.token("desk", Role::Operator).await;
    let path = "/v1/patients/p-1/records/1";
    send(&clinic, &operator, Method::PUT, path, &record("13800000001")).await.problem(501, "keyring_missing");
    clinic.get_as(&operator, "/v1/patients/p-1/record").await.problem(501, "keyring_missing");
    assert_eq!(clinic.get_as(&operator, "/v1/patients/p-1/consents").await.body["consents"], json!([]));
}
