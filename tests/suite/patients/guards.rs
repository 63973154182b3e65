//! What the database refuses, whoever asks.

use dianfu_claims::documents::{Review, fetch, review};
use dianfu_claims::materials::{AskedBy, MaterialKind, MaterialRequest, MaterialRules, Phase, Scope, ask, rule_book};
use dianfu_claims::patient_record::{Consent, ConsentKind, read, tell_consent};
use dianfu_ledger::id;
use jiff::civil::date;

use super::desk::{Ward, person, ring};
use super::files::good_png;
use crate::claims::fixture::{now, number, party};

const KEPT: [&str; 8] = [
    "patient_record",
    "patient_consent",
    "patient_reading",
    "material_rules",
    "document",
    "document_review",
    "document_reading",
    "material_request",
];

/// A book in which each of the tables has a row.
async fn full() -> Ward {
    let ward = Ward::new().await;
    let keys = ring(&[1]);
    ward.keep(&keys, ("p-1", 1), &person("张三丰", "13800000001")).await.unwrap();
    let document_id = ward.handed(MaterialKind::GeneTest, &good_png()).await.document_id;
    let mut client = ward.desk.ledger.client().await.unwrap();
    let reading = || (id::fresh(), "li", "looks");
    read(&mut client, &keys, &party("p-1"), reading(), now()).await.unwrap().unwrap();
    fetch(&mut client, &keys, &ward.store, document_id, reading(), now()).await.unwrap().unwrap();
    let word = Review { document_id, accepted: true, reason: String::new(), reviewer: "li".to_owned() };
    review(&mut client, &word, now()).await.unwrap().unwrap();
    let kind = ConsentKind::HealthInformation;
    let consent = Consent { kind, given: true, text_version: "v1".to_owned(), happened_at: now() };
    tell_consent(&mut client, &party("p-1"), &consent, "zhao", now()).await.unwrap().unwrap();
    let scope = Scope { insurer: None, drug: None, phase: Phase::Refill };
    let rules = MaterialRules { scope, version: 1, effective_from: date(2026, 1, 1), requirements: vec![] };
    rule_book::record(&mut client, &rules, ("wang", "li"), now()).await.unwrap().unwrap();
    let request = MaterialRequest {
        claim_no: number("C-1"),
        asked_by: AskedBy::Reviewer,
        kinds: vec![MaterialKind::Policy],
        reason: "x".to_owned(),
        respond_by: date(2026, 3, 20),
        asked_at: now(),
    };
    ask(&mut client, &request, "li").await.unwrap().unwrap();
    ward
}

#[tokio::test]
async fn nothing_that_is_on_record_changes() {
    let ward = full().await;
    let owner = ward.desk.owner().await;
    let service = ward.desk.ledger.client().await.unwrap();
    for table in KEPT.into_iter().chain(["vault"]) {
        assert!(ward.desk.count(table).await > 0, "{table}");
        let column = "SELECT attname::text FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum = 1";
        let column: String = owner.query_one(column, &[&table]).await.unwrap().get(0);
        let mut statements = vec![format!("DELETE FROM {table}"), format!("TRUNCATE {table} CASCADE")];
        statements.extend(KEPT.contains(&table).then(|| format!("UPDATE {table} SET {column} = {column}")));
        for statement in statements {
            let error = owner.batch_execute(&statement).await.unwrap_err();
            let error = error.as_db_error().unwrap();
            assert_eq!((error.code().code(), error.constraint()), ("23001", Some("append_only")), "{statement}");
            let error = service.batch_execute(&statement).await.unwrap_err();
            assert_eq!(error.code().unwrap().code(), "42501", "{statement}");
        }
    }
}

#[tokio::test]
async fn of_a_sealed_record_only_the_key_is_wrapped_again() {
    let ward = full().await;
    let owner = ward.desk.owner().await;
    for (statement, constraint) in [
        ("UPDATE vault SET of_row = 'p-2/1' WHERE of_table = 'patient_record'", "vault_only_rewraps"),
        ("UPDATE vault SET sealed = sealed || set_byte('\\x00', 0, 1)", "vault_only_rewraps"),
        // The nonce of the content is of the content.
        ("UPDATE vault SET sealed = set_byte(sealed, 64, (get_byte(sealed, 64) + 1) % 256)", "vault_only_rewraps"),
        ("UPDATE vault SET sealed = substring(sealed FOR 20)", "vault_only_rewraps"),
        ("INSERT INTO vault VALUES ('t', 'r', '\\x0102')", "vault_layout"),
        ("INSERT INTO vault SELECT 't', 'r', set_byte(sealed, 0, 2) FROM vault LIMIT 1", "vault_layout"),
        (
            "INSERT INTO document_review SELECT document_id, 2, false, '', 'li', now() FROM document",
            "document_review_rejection_has_a_reason",
        ),
        (
            "INSERT INTO patient_reading SELECT gen_random_uuid(), 'p-1', 1, 'li', '', now()",
            "patient_reading_has_a_reason",
        ),
        (
            "INSERT INTO patient_record SELECT 'p-1', 2, '\\x00', identity_index, 'x', 'x', now() FROM patient_record",
            "patient_record_indexes_length",
        ),
    ] {
        let error = owner.batch_execute(statement).await.unwrap_err();
        assert_eq!(error.as_db_error().unwrap().constraint(), Some(constraint), "{statement}: {error}");
    }
    // The last byte of the wrapped key is not: with key id `k1` it lies at 63.
    owner.batch_execute("UPDATE vault SET sealed = set_byte(sealed, 63, 0)").await.unwrap();
    let service = ward.desk.ledger.client().await.unwrap();
    let error = service.batch_execute("UPDATE vault SET of_row = 'x'").await.unwrap_err();
    assert_eq!(error.code().unwrap().code(), "42501");
}
