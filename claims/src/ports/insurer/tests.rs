//! The document says what the types say, and only what is the insurer's and answers the question is taken.

use std::collections::BTreeSet;

use dianfu_ledger::money::Currency;
use dianfu_signing::{Algorithm, CheckingKey, SignedAnswer, SigningKey, body_sha256};
use jiff::Timestamp;
use jiff::civil::date;
use serde::Serialize;
use serde_json::{Value, json};

use super::judge::{AnswerHeaders, RawAnswer, judge};
use super::question::{Question, StatusQuestion};
use super::wire::*;
use super::*;
use crate::claim::ClaimNo;

const NONCE: &str = "nonce-of-the-test";
const NOW: i64 = 1_700_000_000;

fn document() -> Value {
    serde_json::from_str(include_str!("../../../spi/insurer.v1.json")).unwrap()
}

/// Checks that a value has exactly the members of its schema, all the way down, and that those that may be left out
/// are those that are `null` in a value with everything left out.
fn assert_described(document: &Value, schema: &Value, value: &Value, at: &str) {
    if let Some(reference) = schema["$ref"].as_str() {
        let schema = document.pointer(reference.trim_start_matches('#')).unwrap_or_else(|| panic!("{at}: {reference}"));
        return assert_described(document, schema, value, at);
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let names = |schema: &Value| {
            let schema = document.pointer(schema["$ref"].as_str().unwrap().trim_start_matches('#')).unwrap();
            (keys(&schema["properties"]), schema["properties"]["state"]["const"].clone())
        };
        let fits = |choice: &&Value| {
            let (names, state) = names(choice);
            names == keys(value) && state == value["state"]
        };
        let choice = choices.iter().find(fits).unwrap_or_else(|| panic!("{at}: {value}"));
        return assert_described(document, choice, value, at);
    }
    match value {
        Value::Object(members) => {
            assert_eq!(keys(value), keys(&schema["properties"]), "{at}");
            assert_eq!(schema["additionalProperties"], false, "{at}");
            for (name, value) in members {
                assert_described(document, &schema["properties"][name], value, &format!("{at}/{name}"));
            }
        }
        Value::Array(values) => {
            assert!(!values.is_empty(), "{at}: a sample of nothing shows nothing");
            for value in values {
                assert_described(document, &schema["items"], value, at);
            }
        }
        Value::String(_) => assert_eq!(schema["type"], "string", "{at}"),
        Value::Number(_) => assert_eq!(schema["type"], "integer", "{at}"),
        Value::Bool(_) => assert_eq!(schema["type"], "boolean", "{at}"),
        Value::Null => panic!("{at}: a sample has everything"),
    }
}

fn keys(value: &Value) -> BTreeSet<String> {
    value.as_object().map(|members| members.keys().cloned().collect()).unwrap_or_default()
}

fn line() -> AskedLine {
    serde_json::from_value(json!({"line_no": 1, "drug_code": "d", "quantity": 2, "gross": "20000.00"})).unwrap()
}

fn coverage_question() -> CoverageQuestion {
    CoverageQuestion {
        version: VERSION.to_owned(),
        question_no: "Q-1".to_owned(),
        policy_no: crate::claim::PolicyNo::parse("POL-1").unwrap(),
        patient_token: "p-1".to_owned(),
        on: date(2026, 3, 2),
        currency: Currency::CNY,
        lines: vec![line()],
        amount: "15200.00".to_owned(),
    }
}

fn coverage_answer() -> CoverageAnswer {
    CoverageAnswer {
        version: VERSION.to_owned(),
        question_no: "Q-1".to_owned(),
        in_force: true,
        guaranteed: "15000.00".to_owned(),
        guarantee_reference: Some("G-1".to_owned()),
        valid_until: Some(date(2026, 4, 2)),
        reasons: vec!["LIMIT".to_owned()],
    }
}

fn submission() -> ClaimSubmission {
    ClaimSubmission {
        version: VERSION.to_owned(),
        claim_no: claim_no(),
        submission_no: 1,
        policy_no: crate::claim::PolicyNo::parse("POL-1").unwrap(),
        patient_token: "p-1".to_owned(),
        diagnosis: crate::claim::DiagnosisCode::parse("C34.9").unwrap(),
        pharmacy: dianfu_settlement::number::PartyNo::parse("red-cross").unwrap(),
        dispensed_on: date(2026, 3, 2),
        dispense_proof_sha256: body_sha256(b"proof"),
        currency: Currency::CNY,
        lines: vec![line()],
        gross: "20000.00".to_owned(),
        advance: "15200.00".to_owned(),
    }
}

fn document_over(content: DocumentContent) -> DocumentHandOver {
    DocumentHandOver {
        version: VERSION.to_owned(),
        claim_no: claim_no(),
        document_no: "D-1".to_owned(),
        kind: "GENE_TEST".to_owned(),
        media_type: "application/pdf".to_owned(),
        sha256: body_sha256(b"pdf"),
        content,
    }
}

fn claim_no() -> ClaimNo {
    ClaimNo::parse("CLM-1").unwrap()
}

fn status(standing: Standing) -> ClaimStatus {
    ClaimStatus { version: VERSION.to_owned(), claim_no: claim_no(), insurer_claim_no: "I-1".to_owned(), standing }
}

fn decided() -> Standing {
    let line = DecidedLine { line_no: 1, approved: "14000.00".to_owned(), reasons: vec!["CO-45".to_owned()] };
    Standing::Decided { decision_no: 1, position: 1, currency: Currency::CNY, lines: vec![line] }
}

fn pended() -> Standing {
    Standing::Pended { materials: vec!["GENE_TEST".to_owned()], respond_by: date(2026, 4, 1) }
}

fn value(message: impl Serialize) -> Value {
    serde_json::to_value(message).unwrap()
}

#[test]
fn the_document_has_every_member_of_every_message_and_no_other() {
    let document = document();
    let receipt = SubmissionReceipt {
        version: VERSION.to_owned(),
        claim_no: claim_no(),
        submission_no: 1,
        insurer_claim_no: "I-1".to_owned(),
    };
    let document_receipt = DocumentReceipt {
        version: VERSION.to_owned(),
        claim_no: claim_no(),
        document_no: "D-1".to_owned(),
        sha256: body_sha256(b"pdf"),
    };
    let refused = Refused {
        version: VERSION.to_owned(),
        code: "claim_unknown".to_owned(),
        title: "There is no such claim".to_owned(),
        detail: Some("CLM-1".to_owned()),
    };
    for (name, message) in [
        ("CoverageQuestion", value(coverage_question())),
        ("CoverageAnswer", value(coverage_answer())),
        ("ClaimSubmission", value(submission())),
        ("SubmissionReceipt", value(receipt)),
        ("ClaimStatus", value(status(Standing::Pending {}))),
        ("ClaimStatus", value(status(pended()))),
        ("ClaimStatus", value(status(decided()))),
        ("DocumentHandOver", value(document_over(DocumentContent::Sealed("AA".to_owned())))),
        ("DocumentHandOver", value(document_over(DocumentContent::Reference("https://d".to_owned())))),
        ("DocumentReceipt", value(document_receipt)),
        ("Refused", value(refused)),
    ] {
        assert_described(&document, &document["components"]["schemas"][name], &message, name);
    }
    let paths: Vec<String> = keys(&document["paths"]).into_iter().collect();
    let routes = [ClaimSubmission::ROUTE, StatusQuestion::ROUTE, DocumentHandOver::ROUTE, CoverageQuestion::ROUTE];
    assert_eq!(paths, routes.map(|route| format!("{PREFIX}{}", route.replace("{no}", "{claim_no}"))));
}

#[test]
fn the_same_question_has_the_same_bytes_and_key() {
    assert_eq!(submission().body(), submission().body());
    assert_eq!(submission().business_key(), "CLM-1.1");
    assert_eq!(coverage_question().business_key(), "Q-1");
    let question = StatusQuestion { claim_no: claim_no() };
    assert_eq!((question.method(), question.path(), question.body()), ("GET", "claims/CLM-1".to_owned(), Vec::new()));
    let document = document_over(DocumentContent::Sealed("AA".to_owned()));
    assert_eq!(
        (document.path(), document.business_key()),
        ("claims/CLM-1/documents".to_owned(), "CLM-1.D-1".to_owned())
    );
}

/// Keys of a test, and answers signed with them.
struct Signer {
    key: SigningKey,
    keys: Vec<(String, CheckingKey)>,
}

impl Signer {
    fn new(algorithm: Algorithm) -> Signer {
        let key = SigningKey::parse(algorithm, "Zm9yIHRlc3RzIG9ubHksIG5vdCBhIHNlY3JldCBrZXk").unwrap();
        let checking = CheckingKey::parse(algorithm, &key.checking_text()).unwrap();
        Signer { key, keys: vec![("ik_1".to_owned(), checking)] }
    }

    fn answer(&self, status: u16, body: &[u8]) -> RawAnswer {
        let (timestamp, digest) = (NOW.to_string(), body_sha256(body));
        let signed =
            SignedAnswer { status, request_nonce: NONCE, timestamp: &timestamp, key_id: "ik_1", body_sha256: &digest };
        let signature = signed.sign(&self.key);
        let signature = AnswerHeaders { key_id: "ik_1".to_owned(), timestamp, body_sha256: digest, signature };
        RawAnswer { status, signature, body: body.to_vec() }
    }

    fn judged(&self, answer: &RawAnswer, late_by_s: i64) -> Result<ClaimStatus, Fault> {
        let now = Timestamp::from_second(NOW + late_by_s).unwrap();
        judge(&StatusQuestion { claim_no: claim_no() }, &self.keys, NONCE, answer, now)
    }

    fn code(&self, answer: &RawAnswer) -> &'static str {
        self.judged(answer, 0).unwrap_err().code()
    }
}

#[test]
fn only_what_the_insurer_has_signed_for_this_request_is_believed() {
    for algorithm in Algorithm::ALL {
        let signer = Signer::new(algorithm);
        let body = value(status(decided())).to_string().into_bytes();
        let good = signer.answer(200, &body);
        assert_eq!(signer.judged(&good, 0), Ok(status(decided())), "{algorithm:?}");
        assert_eq!(signer.judged(&good, 301).unwrap_err().code(), "partner_signature_invalid");
        let changed = |change: fn(&mut RawAnswer)| {
            let mut answer = good.clone();
            change(&mut answer);
            signer.code(&answer)
        };
        for change in [
            (|answer| answer.status = 201) as fn(&mut RawAnswer),
            |answer| answer.body.push(b' '),
            |answer| answer.signature.signature.clear(),
            |answer| answer.signature.key_id = "ik_2".to_owned(),
            |answer| answer.signature.timestamp = (NOW + 1).to_string(),
            |answer| answer.signature.body_sha256 = body_sha256(b""),
            |answer| answer.signature = AnswerHeaders::default(),
        ] {
            assert_eq!(changed(change), "partner_signature_invalid", "{algorithm:?}");
        }
        let now = Timestamp::from_second(NOW).unwrap();
        let question = StatusQuestion { claim_no: claim_no() };
        let swapped = judge(&question, &signer.keys, "nonce-of-another-one", &good, now);
        assert_eq!(swapped.unwrap_err().code(), "partner_signature_invalid");
    }
}

#[test]
fn only_what_answers_the_question_is_taken() {
    let signer = Signer::new(Algorithm::HmacSha256);
    let body = value(status(decided()));
    let changed = |pointer: &str, to: Value| {
        let mut body = body.clone();
        *body.pointer_mut(pointer).unwrap() = to;
        signer.answer(200, body.to_string().as_bytes())
    };
    for (pointer, to) in [
        ("/version", json!("v2")),
        ("/claim_no", json!("CLM-2")),
        ("/insurer_claim_no", json!("")),
        ("/standing/state", json!("lost")),
        ("/standing/decision_no", json!(0)),
        ("/standing/position", json!(-1)),
        ("/standing/currency", json!("XXY")),
        ("/standing/lines", json!([])),
        ("/standing/lines/0/approved", json!("-1.00")),
        ("/standing/lines/0/approved", json!("1.001")),
        ("/standing/lines/0/approved", json!(1)),
        ("/standing/lines/0", json!({"line_no": 1, "approved": "1.00", "reasons": [], "more": 1})),
    ] {
        assert_eq!(signer.code(&changed(pointer, to.clone())), "partner_answer_invalid", "{pointer} {to}");
    }
    for no_json in ["", "<html>", "[]", "{}"] {
        assert_eq!(signer.code(&signer.answer(200, no_json.as_bytes())), "partner_answer_invalid", "{no_json}");
    }
    let twice =
        json!([{"line_no": 1, "approved": "1.00", "reasons": []}, {"line_no": 1, "approved": "1.00", "reasons": []}]);
    assert_eq!(signer.code(&changed("/standing/lines", twice)), "partner_answer_invalid");
    assert_eq!(signer.code(&signer.answer(302, body.to_string().as_bytes())), "partner_answer_invalid");
    // A parser's complaint repeats nothing of what was sent.
    let said = signer.judged(&changed("/standing/state", json!("张三")), 0).unwrap_err().to_string();
    assert!(!said.contains("张三"), "{said}");
}

#[test]
fn a_refusal_is_the_insurers_and_a_server_that_is_down_is_nobodys() {
    let signer = Signer::new(Algorithm::HmacSha256);
    let refused = json!({"version": "v1", "code": "claim_unknown", "title": "There is no such claim", "detail": null});
    let refused = signer.answer(404, refused.to_string().as_bytes());
    let Fault::Refused { status, code, .. } = signer.judged(&refused, 0).unwrap_err() else { panic!("{refused:?}") };
    assert_eq!((status, &*code), (404, "claim_unknown"));
    let unsigned = RawAnswer { signature: AnswerHeaders::default(), ..refused };
    assert_eq!(signer.code(&unsigned), "partner_signature_invalid");
    for status in [429, 500, 503] {
        let down = RawAnswer { status, signature: AnswerHeaders::default(), body: b"down".to_vec() };
        let fault = signer.judged(&down, 0).unwrap_err();
        assert!(fault.is_passing() && fault.code() == "partner_unreachable", "{fault:?}");
    }
}

#[test]
fn a_guarantee_is_whole_and_within_what_was_asked() {
    let question = coverage_question();
    assert_eq!(question.is_answered_by(&coverage_answer()), Ok(()));
    let nothing = CoverageAnswer {
        in_force: false,
        guaranteed: "0.00".to_owned(),
        guarantee_reference: None,
        valid_until: None,
        ..coverage_answer()
    };
    assert_eq!(question.is_answered_by(&nothing), Ok(()));
    for wrong in [
        CoverageAnswer { question_no: "Q-2".to_owned(), ..coverage_answer() },
        CoverageAnswer { guaranteed: "15200.01".to_owned(), ..coverage_answer() },
        CoverageAnswer { guaranteed: "-1.00".to_owned(), ..coverage_answer() },
        CoverageAnswer { guaranteed: "1.001".to_owned(), ..coverage_answer() },
        CoverageAnswer { in_force: false, ..coverage_answer() },
        CoverageAnswer { valid_until: None, ..coverage_answer() },
        CoverageAnswer { guarantee_reference: None, ..coverage_answer() },
        CoverageAnswer { valid_until: Some(date(2026, 4, 2)), ..nothing },
    ] {
        assert!(question.is_answered_by(&wrong).is_err(), "{wrong:?}");
    }
}
