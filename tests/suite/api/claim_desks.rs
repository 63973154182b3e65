//! The life of a claim over HTTP: each desk tells what is its own to tell, and what cannot be is refused at its place.

use dianfu_api::auth::Role;
use dianfu_claims::claim::State;
use reqwest::Method;
use serde_json::{Value, json};

use super::Reply;
use super::claims::Clinic;
use crate::claims::fixture::{ON, now};

/// Tokens of everybody who has a part in a claim.
pub struct Tokens {
    operator: String,
    reviewer: String,
    finance: String,
    insurer: String,
    pharmacy: String,
    patient: String,
}

impl Tokens {
    async fn of(clinic: &Clinic) -> Tokens {
        Tokens {
            operator: clinic.token("desk", Role::Operator).await,
            reviewer: clinic.token("desk", Role::Reviewer).await,
            finance: clinic.token("desk", Role::Finance).await,
            insurer: clinic.token("desk", Role::Insurer).await,
            pharmacy: clinic.token("desk", Role::Pharmacy).await,
            patient: clinic.token("desk", Role::Patient).await,
        }
    }
}

/// Sends a body as the bearer of a token.
pub async fn send(clinic: &Clinic, token: &str, method: Method, path: &str, body: &Value) -> Reply {
    Reply::of(clinic.api.bare(method, path).bearer_auth(token).json(body).send().await.unwrap()).await
}

async fn post(clinic: &Clinic, token: &str, path: &str, body: &Value) -> Reply {
    send(clinic, token, Method::POST, path, body).await
}

/// An event at the day of these tests, with a proof and the currency.
fn told(event: &Value) -> Value {
    json!({"event": event, "on": ON, "currency": "CNY", "evidence_sha256": "07".repeat(32)})
}

/// The claim CLM-3 of the patient `p-3` at the worked figures.
fn claim() -> Value {
    json!({
        "kind": "direct_pay", "insurer": "picc", "pharmacy": "red-cross", "patient": "p-3", "policy": "POL-p-3",
        "diagnosis": "C34.9",
        "prescription": {"prescription_no": "RX-1", "prescribed_on": "2026-03-01", "doctor": "dr-wu"},
        "lines": [{"drug": "osimertinib-80mg-30", "quantity": 1, "gross": "20000.00"}],
        "gross": "20000.00", "currency": "CNY", "share_collector": "platform", "on": ON,
    })
}

/// The same with one place changed.
fn but(pointer: &str, value: Value) -> Value {
    let mut body = claim();
    *body.pointer_mut(pointer).unwrap() = value;
    body
}

/// The steps of a life, each with its desk, what is sent, and where the claim then stands.
fn life(tokens: &Tokens) -> Vec<(&str, &str, Value, &'static str)> {
    let respond_by = "2999-01-01T00:00:00Z";
    let decided = json!({"decision_no": 1, "insurer_claim_no": "9406", "lines": [
        {"line_no": 1, "approved": "14000.00", "reasons": ["CO-45"]},
    ]});
    let paid = json!({"share_paid": {"amount": "4800.00", "channel": "wechat"}});
    vec![
        (&tokens.operator, "intake-events", told(&json!({"submitted": {}})), "SUBMITTED"),
        (&tokens.operator, "intake-events", told(&json!({"review_started": {}})), "PRE_REVIEW"),
        (&tokens.reviewer, "review", json!({"on": ON}), "PRE_APPROVED"),
        (
            &tokens.operator,
            "offers",
            json!({"offer_no": 1, "pharmacy": "red-cross", "respond_by": respond_by, "on": ON}),
            "ORDER_OFFERED",
        ),
        (&tokens.pharmacy, "pharmacy-events", told(&json!({"order_accepted": {"offer_no": 1}})), "ORDER_ACCEPTED"),
        (&tokens.operator, "intake-events", told(&json!({"share_requested": {}})), "SHARE_DUE"),
        (&tokens.operator, "intake-events", told(&paid), "SHARE_PAID"),
        (&tokens.pharmacy, "pharmacy-events", told(&json!({"drug_ready": {}})), "READY"),
        (&tokens.pharmacy, "pharmacy-events", told(&json!({"dispensed": {}})), "DISPENSED"),
        (
            &tokens.operator,
            "intake-events",
            told(&json!({"sent_to_insurer": {"submitted_no": "CLM-3"}})),
            "INSURER_SUBMITTED",
        ),
        (&tokens.insurer, "insurer-events", told(&json!({"insurer_decided": decided})), "PARTIAL"),
    ]
}

#[tokio::test]
async fn a_claim_lives_over_http_and_every_step_may_be_repeated() {
    let clinic = Clinic::new().await;
    let tokens = Tokens::of(&clinic).await;
    let taken_in = send(&clinic, &tokens.operator, Method::PUT, "/v1/claims/CLM-3", &claim()).await;
    assert_eq!((taken_in.status, &taken_in.body["to"]), (201, &json!("DRAFT")), "{taken_in:?}");
    let again = send(&clinic, &tokens.operator, Method::PUT, "/v1/claims/CLM-3", &claim()).await;
    assert_eq!((again.status, &again.body["replayed"]), (200, &json!(true)), "{again:?}");
    for (token, route, body, state) in life(&tokens) {
        let path = format!("/v1/claims/CLM-3/{route}");
        let first = post(&clinic, token, &path, &body).await;
        assert_eq!((first.status, &first.body["to"]), (201, &json!(state)), "{route} {body}: {first:?}");
        let again = post(&clinic, token, &path, &body).await;
        assert_eq!((again.status, &again.body["replayed"]), (200, &json!(true)), "{route} {body}: {again:?}");
        for same in ["event", "event_no", "from", "to", "entries"] {
            assert_eq!(first.body[same], again.body[same], "{same} of {route} {body}");
        }
    }
    let story = clinic.api.get("/v1/claims/CLM-3").await.body;
    let entries = |word: &str| {
        let events = story["events"].as_array().unwrap();
        events.iter().find(|event| event["event"] == word).unwrap()["entries"].as_array().unwrap().len()
    };
    assert!(entries("pre_reviewed") == 1 && entries("dispensed") > 1 && entries("insurer_decided") > 0, "{story}");
    clinic.desk.verify().await;
}

#[tokio::test]
async fn a_patient_takes_in_and_sends_off_an_own_claim_only() {
    let clinic = Clinic::new().await;
    let patient = Tokens::of(&clinic).await.patient;
    let mut own = but("/patient", json!("p-1"));
    own["policy"] = json!("POL-p-1");
    let put = async |path: &str, body: &Value| send(&clinic, &patient, Method::PUT, path, body).await;
    assert_eq!(put("/v1/own-claims/CLM-4", &own).await.status, 201);
    let reply = put("/v1/own-claims/CLM-5", &claim()).await;
    let place = reply.problem(422, "wrong_actor");
    assert_eq!(place["actual"], "patient:p-1");
    // CLM-2 is another patient's: nothing of it is told.
    let reply = put("/v1/own-claims/CLM-2", &own).await;
    let place = reply.problem(409, "conflict");
    assert_eq!((&place["pointer"], &place["expected"]), (&json!("/path/claim_no"), &Value::Null));
    let submitted = told(&json!({"submitted": {}}));
    assert_eq!(post(&clinic, &patient, "/v1/claims/CLM-4/patient-events", &submitted).await.status, 201);
    post(&clinic, &patient, "/v1/claims/CLM-2/patient-events", &submitted).await.problem(404, "claim_unknown");
    post(&clinic, &patient, "/v1/claims/CLM-9/patient-events", &submitted).await.problem(404, "claim_unknown");
}

#[tokio::test]
async fn an_intake_that_cannot_be_is_refused_at_its_place() {
    let clinic = Clinic::new().await;
    let operator = Tokens::of(&clinic).await.operator;
    for (body, code, pointer) in [
        (but("/gross", json!("-20000.00")), "out_of_range", "/gross"),
        (but("/gross", json!("20000.001")), "amount_too_many_decimals", "/gross"),
        (but("/gross", json!(20000)), "field_invalid", "/gross"),
        (but("/gross", json!("19999.99")), "lines_differ", "/gross"),
        (but("/lines/0/gross", json!("0")), "out_of_range", "/lines/0/gross"),
        (but("/lines/0/gross", json!("many")), "amount_malformed", "/lines/0/gross"),
        (but("/lines/0/quantity", json!(0)), "out_of_range", "/lines/0/quantity"),
        (but("/lines/0/drug", json!("osimertinib 80")), "number_malformed", "/lines/0/drug"),
        (but("/lines", json!([])), "out_of_range", "/lines"),
        (but("/currency", json!("RMB")), "currency_unknown", "/currency"),
        (but("/diagnosis", json!("cancer")), "number_malformed", "/diagnosis"),
        (but("/policy", json!("POL-9")), "party_unknown", "/policy"),
        (but("/pharmacy", json!("nowhere")), "party_unknown", "/pharmacy"),
        (but("/prescription/prescription_no", json!("")), "text_length", "/prescription/prescription_no"),
        (but("/on", json!("yesterday")), "field_invalid", "/on"),
        (but("/kind", json!("gift")), "field_invalid", "/kind"),
    ] {
        let reply = send(&clinic, &operator, Method::PUT, "/v1/claims/CLM-3", &body).await;
        assert_eq!(reply.problem(422, code)["pointer"], pointer, "{reply:?}");
    }
    assert_eq!(clinic.api.get("/v1/claims/CLM-3").await.status, 404, "nothing is half done");
    assert_eq!(send(&clinic, &operator, Method::PUT, "/v1/claims/CLM-3", &claim()).await.status, 201);
    let mut dearer = but("/gross", json!("20000.01"));
    dearer["lines"][0]["gross"] = json!("20000.01");
    let reply = send(&clinic, &operator, Method::PUT, "/v1/claims/CLM-3", &dearer).await;
    let place = reply.problem(409, "conflict");
    let shown = (&place["pointer"], &place["expected"], &place["actual"]);
    assert_eq!(shown, (&json!("/gross"), &json!("20000.00"), &json!("20000.01")));
}

#[tokio::test]
async fn what_cannot_happen_is_refused_with_code_place_and_what_is_expected() {
    let clinic = Clinic::new().await;
    let tokens = Tokens::of(&clinic).await;
    clinic.desk.bring("CLM-3", "p-3", State::InsurerSubmitted).await;
    clinic.desk.bring("CLM-4", "p-4", State::Ready).await;
    let Tokens { operator, reviewer, finance, insurer, pharmacy, .. } = &tokens;
    let with = |mut body: Value, field: &str, value: Value| {
        body[field] = value;
        body
    };
    let decided = |approved: &str, reasons: Value| {
        let lines = json!([{"line_no": 1, "approved": approved, "reasons": reasons}]);
        told(&json!({"insurer_decided": {"decision_no": 1, "insurer_claim_no": "9406", "lines": lines}}))
    };
    let dispensed = told(&json!({"dispensed": {}}));
    let late = with(dispensed.clone(), "on", json!("2026-05-01"));
    let unproven = with(dispensed.clone(), "evidence_sha256", Value::Null);
    let misproven = with(dispensed.clone(), "evidence_sha256", json!("07"));
    let stale = with(decided("14000.00", json!(["CO-45"])), "as_of_event", json!(2));
    let foreign = with(decided("14000.00", json!(["CO-45"])), "currency", json!("USD"));
    let borne = json!({"number": 1, "bearer": "platform", "amount": "1.00", "cause": "rule_misapplied"});
    let borne = json!({"shortfall_assigned": borne});
    let line = "/event/insurer_decided/lines/0";
    let (approved, reasons) = (format!("{line}/approved"), format!("{line}/reasons"));
    for (token, path, body, status, code, pointer) in [
        // The same with another proof, an illegal transition, and what is another's to tell.
        (operator, "CLM-3/intake-events", told(&json!({"submitted": {}})), 409, "conflict", "/evidence_sha256"),
        (
            operator,
            "CLM-3/intake-events",
            told(&json!({"cancelled": {}})),
            422,
            "not_in_this_state",
            "/event/cancelled",
        ),
        (pharmacy, "CLM-3/pharmacy-events", decided("1.00", json!([])), 422, "not_told_here", "/event/insurer_decided"),
        (insurer, "CLM-3/insurer-events", told(&json!({"returned": {}})), 422, "not_told_here", "/event/returned"),
        (finance, "CLM-3/money-events", told(&borne), 422, "second_person_needed", "/event/shortfall_assigned"),
        (operator, "CLM-3/intake-events", told(&json!({"expired": {}})), 422, "field_invalid", "/event"),
        // The insurer's decision.
        (insurer, "CLM-3/insurer-events", decided("20000.01", json!([])), 422, "approved_above_gross", &approved),
        (insurer, "CLM-3/insurer-events", decided("-0.01", json!([])), 422, "out_of_range", &approved),
        (insurer, "CLM-3/insurer-events", decided("1.001", json!([])), 422, "amount_too_many_decimals", &approved),
        (insurer, "CLM-3/insurer-events", decided("14000.00", json!([])), 422, "reasons_mismatch", &reasons),
        (insurer, "CLM-3/insurer-events", stale, 409, "stale_version", "/as_of_event"),
        (insurer, "CLM-3/insurer-events", foreign, 422, "currency_differs", "/currency"),
        // The pharmacy's proof, and a quote that is over.
        (pharmacy, "CLM-4/pharmacy-events", late, 422, "approval_over", "/on"),
        (pharmacy, "CLM-4/pharmacy-events", unproven, 422, "evidence_missing", "/evidence_sha256"),
        (pharmacy, "CLM-4/pharmacy-events", misproven, 422, "digest_malformed", "/evidence_sha256"),
        // Reviews and offers.
        (reviewer, "CLM-1/review", json!({"on": ON}), 422, "not_in_this_state", ""),
        (reviewer, "CLM-9/review", json!({"on": ON}), 404, "claim_unknown", ""),
        (operator, "CLM-4/offers", offer("nowhere"), 409, "conflict", "/pharmacy"),
    ] {
        let reply = post(&clinic, token, &format!("/v1/claims/{path}"), &body).await;
        let place = reply.problem(status, code);
        if status != 404 {
            assert_eq!(place["pointer"], pointer, "{path} {body}: {reply:?}");
        }
    }
    let first = decided("14000.00", json!(["CO-45"]));
    assert_eq!(post(&clinic, insurer, "/v1/claims/CLM-3/insurer-events", &first).await.status, 201);
    // An answer that contradicts the earlier one under the same number.
    let other = decided("13000.00", json!(["CO-45"]));
    let reply = post(&clinic, insurer, "/v1/claims/CLM-3/insurer-events", &other).await;
    assert_eq!(reply.problem(409, "conflict")["pointer"], "/event/insurer_decided/lines");
    clinic.desk.verify().await;
}

fn offer(pharmacy: &str) -> Value {
    json!({"offer_no": 1, "pharmacy": pharmacy, "respond_by": "2999-01-01T00:00:00Z", "on": ON})
}

#[tokio::test]
async fn an_offer_is_made_to_a_pharmacy_that_there_is_in_time_to_come() {
    let clinic = Clinic::new().await;
    let operator = Tokens::of(&clinic).await.operator;
    clinic.desk.bring("CLM-3", "p-3", State::PreApproved).await;
    let mut past = offer("red-cross");
    past["respond_by"] = json!(now());
    let mut skipping = offer("red-cross");
    skipping["offer_no"] = json!(2);
    for (body, code, pointer) in [
        (offer("nowhere"), "party_unknown", "/pharmacy"),
        (offer("a.b"), "number_malformed", "/pharmacy"),
        (past, "moment_passed", "/respond_by"),
        (skipping, "out_of_range", "/offer_no"),
    ] {
        let reply = post(&clinic, &operator, "/v1/claims/CLM-3/offers", &body).await;
        assert_eq!(reply.problem(422, code)["pointer"], pointer, "{reply:?}");
    }
    assert_eq!(post(&clinic, &operator, "/v1/claims/CLM-3/offers", &offer("red-cross")).await.status, 201);
}

#[tokio::test]
async fn an_order_is_seen_by_the_pharmacy_that_it_is_offered_to() {
    let clinic = Clinic::new().await;
    let Tokens { operator, pharmacy: formerly, .. } = Tokens::of(&clinic).await;
    let nepstar = clinic.token_of("other", Role::Pharmacy, "nepstar").await;
    clinic.desk.bring("CLM-3", "p-3", State::PreApproved).await;
    let accepted = told(&json!({"order_accepted": {"offer_no": 1}}));
    let path = "/v1/claims/CLM-3/pharmacy-events";
    post(&clinic, &nepstar, path, &accepted).await.problem(404, "claim_unknown");
    assert_eq!(post(&clinic, &operator, "/v1/claims/CLM-3/offers", &offer("nepstar")).await.status, 201);
    let reply = post(&clinic, &formerly, path, &accepted).await;
    reply.problem(422, "wrong_actor");
    assert_eq!(clinic.get_as(&nepstar, "/v1/claims/CLM-3").await.status, 200);
    assert_eq!(post(&clinic, &nepstar, path, &accepted).await.status, 201);
}
