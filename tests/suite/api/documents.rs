//! Materials and documents over HTTP: what is lacking is told, what is handed in is judged by its bytes and sealed.

use dianfu_api::auth::Role;
use dianfu_api::sealing::Sealing;
use dianfu_api::wire::proof::hexadecimal;
use dianfu_claims::documents::{DocumentStore, StoreSettings};
use dianfu_claims::materials::rule_book::record;
use dianfu_claims::materials::{MaterialKind, MaterialRules, Phase, Requirement, Scope};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tempfile::TempDir;

use super::claim_desks::send;
use super::claims::Clinic;
use super::{Reply, id};
use crate::claims::fixture::{ON, now};
use crate::patients::desk::ring;
use crate::patients::files::{good_png, pdf};

const QUERY: &str = "kind=prescription&issued_on=2026-03-01";

/// A clinic with keys and a folder, and those who deal with documents of CLM-1.
struct Desk {
    clinic: Clinic,
    operator: String,
    reviewer: String,
    patient: String,
    _folder: TempDir,
}

impl Desk {
    async fn new() -> Desk {
        let folder = tempfile::tempdir().unwrap();
        let store = DocumentStore::open(StoreSettings::Folder(folder.path().to_owned())).unwrap();
        let clinic = Clinic::sealing(Sealing { keyring: Some(ring(&[1])), documents: Some(store) }).await;
        let operator = clinic.token("desk", Role::Operator).await;
        let reviewer = clinic.token("desk", Role::Reviewer).await;
        let patient = clinic.token("own", Role::Patient).await;
        Desk { clinic, operator, reviewer, patient, _folder: folder }
    }

    async fn hand_in(&self, number: u32, query: &str, media_type: &str, bytes: Vec<u8>) -> Reply {
        let path = format!("/v1/claims/CLM-1/documents/{}?{query}", id(number));
        self.upload(&self.operator, &path, media_type, bytes).await
    }

    async fn upload(&self, token: &str, path: &str, media_type: &str, bytes: Vec<u8>) -> Reply {
        let request = self.clinic.api.bare(Method::PUT, path).bearer_auth(token);
        Reply::of(request.header("content-type", media_type).body(bytes).send().await.unwrap()).await
    }

    async fn review(&self, path: &str, body: &Value) -> Reply {
        send(&self.clinic, &self.reviewer, Method::POST, &format!("/v1/{path}"), body).await
    }

    async fn listed(&self) -> Value {
        self.clinic.get_as(&self.reviewer, "/v1/claims/CLM-1/documents").await.body["documents"].clone()
    }
}

#[tokio::test]
async fn a_document_is_handed_in_once_and_opened_for_a_reason() {
    let desk = Desk::new().await;
    let (bytes, sha256) = (pdf(b""), Sha256::digest(pdf(b"")));
    let query = format!("{QUERY}&sha256={}", hexadecimal(&sha256));
    for _ in 0..2 {
        let handed = desk.hand_in(1, &query, "application/pdf", bytes.clone()).await;
        let shown = ["kind", "part", "version", "media_type", "actor", "accepted"].map(|at| &handed.body[at]);
        let expected = json!(["prescription", 1, 1, "application/pdf", "person:desk-operator", null]);
        assert_eq!((handed.status, json!(shown)), (200, expected), "{handed:?}");
    }
    let path = format!("/v1/documents/{}/readings", id(1));
    let request = desk.clinic.api.bare(Method::POST, &path).bearer_auth(&desk.reviewer);
    let opened = request.json(&json!({"reason": "review"})).send().await.unwrap();
    assert_eq!(opened.status(), 200);
    assert_eq!(opened.headers()["content-type"], "application/pdf");
    assert_eq!(opened.headers()["cache-control"], "no-store");
    assert_eq!(opened.bytes().await.unwrap(), bytes);
    let silent = desk.review(&format!("documents/{}/readings", id(1)), &json!({"reason": ""})).await;
    assert_eq!(silent.problem(422, "text_length")["pointer"], "/reason");
    let unknown = desk.review(&format!("documents/{}/readings", id(9)), &json!({"reason": "x"})).await;
    unknown.problem(404, "document_unknown");
}

#[tokio::test]
async fn an_upload_that_is_not_what_it_says_is_refused() {
    let desk = Desk::new().await;
    let archive = b"PK\x03\x04 and so on".to_vec();
    for (query, media_type, bytes, status, code, place) in [
        (QUERY, "text/plain", pdf(b""), 415, "content_type_unsupported", Value::Null),
        (QUERY, "image/png", pdf(b""), 422, "upload_not_what_it_says", json!("")),
        (QUERY, "application/pdf", archive, 422, "upload_archive", json!("")),
        (QUERY, "application/pdf", Vec::new(), 422, "upload_empty", json!("")),
        (QUERY, "application/pdf", pdf(b"")[..40].to_vec(), 422, "upload_malformed", json!("")),
        (QUERY, "application/pdf", vec![0; (20 << 20) + 1], 413, "body_too_large", Value::Null),
        ("kind=x&issued_on=2026-03-01", "image/png", good_png(), 400, "parameter_invalid", json!("/query/kind")),
        ("kind=prescription", "image/png", good_png(), 400, "parameter_invalid", json!("/query/issued_on")),
        (
            "kind=prescription&issued_on=2999-01-01",
            "image/png",
            good_png(),
            422,
            "document_issued_later",
            json!("/query/issued_on"),
        ),
        (
            "kind=prescription&issued_on=2026-03-01&expires_on=2026-03-02",
            "image/png",
            good_png(),
            422,
            "document_expired",
            json!("/query/expires_on"),
        ),
        (
            "kind=prescription&issued_on=2026-03-01&part=51",
            "image/png",
            good_png(),
            422,
            "out_of_range",
            json!("/query/part"),
        ),
    ] {
        let reply = desk.hand_in(1, query, media_type, bytes).await;
        let pointer = reply.problem(status, code)["pointer"].clone();
        assert!(pointer == place || query == "kind=prescription", "{query} {code}: {pointer}");
    }
    let query = format!("{QUERY}&sha256={}", "07".repeat(32));
    let damaged = desk.hand_in(1, &query, "image/png", good_png()).await;
    assert_eq!(damaged.problem(422, "upload_digest_differs")["pointer"], "/query/sha256");
    assert_eq!(desk.listed().await, json!([]));
}

#[tokio::test]
async fn a_patient_hands_in_documents_of_the_own_claims() {
    let desk = Desk::new().await;
    let own = |claim_no: &str, number: u32| format!("/v1/claims/{claim_no}/own-documents/{}?{QUERY}", id(number));
    let handed = desk.upload(&desk.patient, &own("CLM-1", 1), "image/png", good_png()).await;
    assert_eq!((handed.status, &handed.body["actor"]), (200, &json!("patient:p-1")), "{handed:?}");
    desk.upload(&desk.patient, &own("CLM-2", 2), "image/png", good_png()).await.problem(404, "claim_unknown");
    let other = desk.hand_in(1, "kind=policy&issued_on=2026-03-01", "image/png", good_png()).await;
    assert_eq!(other.problem(409, "conflict")["pointer"], "/query/kind");
    desk.clinic.get_as(&desk.patient, "/v1/claims/CLM-1/documents").await.problem(403, "forbidden");
}

#[tokio::test]
async fn what_is_lacking_is_told_until_it_is_there() {
    let desk = Desk::new().await;
    let requirement = Requirement { kind: MaterialKind::Prescription, valid_days: None, files: 1 };
    let scope = Scope { insurer: None, drug: None, phase: Phase::FirstApplication };
    let rules = MaterialRules { scope, version: 1, effective_from: ON, requirements: vec![requirement] };
    let mut client = desk.clinic.desk.ledger.client().await.unwrap();
    record(&mut client, &rules, ("wang", "li"), now()).await.unwrap().unwrap();
    drop(client);
    let materials = async || desk.clinic.get_as(&desk.patient, "/v1/claims/CLM-1/materials").await.body;
    let before = materials().await;
    let shown = (&before["is_complete"], &before["rules"], &before["missing"][0]["kind"]);
    assert_eq!(shown, (&json!(false), &json!(["*/*/first_application 1"]), &json!("prescription")), "{before}");
    desk.hand_in(1, QUERY, "image/png", good_png()).await;
    let handed = materials().await;
    assert_eq!((&handed["is_complete"], &handed["unseen"]), (&json!(true), &json!(["prescription"])), "{handed}");
    let verdict = format!("claims/CLM-1/documents/{}/verdict", id(1));
    let judged = desk.review(&verdict, &json!({"accepted": false, "reason": "no stamp"})).await;
    assert_eq!(judged.body["documents"][0]["reason"], "no stamp", "{judged:?}");
    assert_eq!(materials().await["rejected"][0]["kind"], "prescription");
    let silent = desk.review(&verdict, &json!({"accepted": false})).await;
    assert_eq!(silent.problem(422, "text_length")["pointer"], "/reason");
    let elsewhere = format!("claims/CLM-2/documents/{}/verdict", id(1));
    desk.review(&elsewhere, &json!({"accepted": true})).await.problem(404, "document_unknown");
    let other = desk.clinic.get_as(&desk.patient, "/v1/claims/CLM-1/materials?phase=x").await;
    assert_eq!(other.problem(400, "parameter_invalid")["pointer"], "/query/phase");
}

#[tokio::test]
async fn a_reviewer_asks_for_more() {
    let desk = Desk::new().await;
    let wanted = json!({"kinds": ["gene_test"], "reason": "the report is cut", "respond_by": "2026-04-01"});
    for _ in 0..2 {
        let asked = desk.review("claims/CLM-1/material-requests", &wanted).await;
        assert_eq!((asked.status, &asked.body["request"]), (200, &json!(1)), "{asked:?}");
        assert_eq!(asked.body["materials"]["missing"][0]["kind"], "gene_test");
    }
    for (field, value, code) in [
        ("kinds", json!([]), "out_of_range"),
        ("reason", json!(""), "text_length"),
        ("reason", json!(" "), "text_length"),
    ] {
        let mut body = wanted.clone();
        body[field] = value;
        let reply = desk.review("claims/CLM-1/material-requests", &body).await;
        assert_eq!(reply.problem(422, code)["pointer"], format!("/{field}"), "{body}");
    }
    desk.review("claims/CLM-9/material-requests", &wanted).await.problem(404, "claim_unknown");
}

#[tokio::test]
async fn without_a_place_documents_are_not_taken() {
    let clinic = Clinic::sealing(Sealing { keyring: Some(ring(&[1])), documents: None }).await;
    let operator = clinic.token("desk", Role::Operator).await;
    let path = format!("/v1/claims/CLM-1/documents/{}?{QUERY}", id(1));
    let request = clinic.api.bare(Method::PUT, &path).bearer_auth(&operator).header("content-type", "image/png");
    Reply::of(request.body(good_png()).send().await.unwrap()).await.problem(501, "document_store_missing");
}
