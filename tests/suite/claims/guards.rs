//! What the database refuses, whoever asks.

use std::collections::BTreeSet;

use dianfu_claims::claim::State;
use dianfu_settlement::batch::Pays;

use super::bank::paid;
use super::fixture::{Desk, WIDE};

/// Tables on which nothing ever changes.
const KEPT: [&str; 14] = [
    "insurer",
    "pharmacy",
    "patient",
    "policy",
    "rule_version",
    "claim_transition",
    "claim_line",
    "claim_event",
    "decision",
    "payee",
    "payee_account",
    "payout_batch",
    "payout",
    "payout_fact",
];
/// Tables on which a row moves on, and is never gone.
const MOVED: [&str; 3] = ["claim", "payable", "payout_item"];

/// A book in which each of the tables has a row.
async fn full_desk() -> Desk {
    let desk = Desk::new(WIDE).await;
    desk.bring("C-1", "p-1", State::Partial).await;
    let payouts = desk.pay("B-1", Pays::Pharmacies).await;
    desk.report(&payouts[0].payout_id, paid(&payouts[0], 0)).await.unwrap();
    desk
}

#[tokio::test]
async fn the_database_and_the_program_agree_on_where_a_claim_may_go() {
    let desk = Desk::new(WIDE).await;
    let client = desk.ledger.client().await.unwrap();
    let rows = client.query("SELECT from_state, to_state FROM claim_transition", &[]).await.unwrap();
    let of_database: BTreeSet<(String, String)> = rows.iter().map(|row| (row.get(0), row.get(1))).collect();
    let of_program: BTreeSet<(String, String)> = State::ALL
        .into_iter()
        .flat_map(|from| from.leads_to().iter().map(move |to| (from.word().to_owned(), to.word().to_owned())))
        .collect();
    assert_eq!(of_database, of_program);
}

#[tokio::test]
async fn nothing_that_is_on_record_changes() {
    let desk = full_desk().await;
    let owner = desk.owner().await;
    let service = desk.ledger.client().await.unwrap();
    for table in KEPT.into_iter().chain(MOVED) {
        assert!(desk.count(table).await > 0, "{table}");
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
    let error = service.batch_execute("INSERT INTO claim_transition VALUES ('CLOSED', 'READY')").await.unwrap_err();
    assert_eq!(error.code().unwrap().code(), "42501");
}

#[tokio::test]
async fn rows_that_move_on_keep_what_they_are() {
    let desk = full_desk().await;
    let owner = desk.owner().await;
    for (statement, constraint) in [
        ("UPDATE claim SET state = 'READY', event_no = 13", "claim_transition_legal"),
        ("UPDATE claim SET state = 'APPROVED'", "claim_transition_legal"),
        ("UPDATE claim SET state = 'APPROVED', event_no = 14", "claim_transition_legal"),
        ("UPDATE claim SET state = 'APPROVED', event_no = 13", "claim_state_has_its_event"),
        ("UPDATE claim SET event_no = 13, intake = intake || '{\"quantity\": 2}'", "claim_stays"),
        ("UPDATE claim SET event_no = 13, progress = progress - 'quote'", "claim_stays"),
        (
            "UPDATE claim SET event_no = 13, progress = progress || '{\"shortfall_minor\": -1}'",
            "claim_decision_in_bounds",
        ),
        ("UPDATE payable SET due_on = due_on + 1", "payable_stays"),
        ("UPDATE payout_item SET amount_minor = 1", "payout_item_only_ends"),
        ("UPDATE payout_item SET live = true", "payout_item_only_ends"),
    ] {
        let error = owner.batch_execute(statement).await.unwrap_err();
        assert_eq!(error.as_db_error().unwrap().constraint(), Some(constraint), "{statement}: {error}");
    }
    let service = desk.ledger.client().await.unwrap();
    for statement in ["UPDATE claim SET taken_in_at = now()", "UPDATE patient SET currency = 'USD'"] {
        let error = service.batch_execute(statement).await.unwrap_err();
        assert_eq!(error.code().unwrap().code(), "42501", "{statement}");
    }
}

/// The columns of a next event of a kind, without checker and proof.
fn of_kind(event: &str, to_state: &str) -> String {
    format!(
        r#"{{"fact": "x", "event_no": 13, "from_state": "PARTIAL", "to_state": "{to_state}", "event": "{event}",
             "content": {{"event": "{event}"}}}}"#
    )
}

const MORE_ITEMS: &str = "INSERT INTO payout_item SELECT payout_id, account, 'C-9', 1, 0, false FROM payout_item";

/// The payout of the book with other values in these columns.
fn payout(columns: &str) -> String {
    format!(
        "INSERT INTO payout
         SELECT (p).* FROM (SELECT jsonb_populate_record(p, '{columns}') AS p FROM payout p) changed"
    )
}

#[tokio::test]
async fn what_no_step_writes_is_refused() {
    let desk = full_desk().await;
    let owner = desk.owner().await;
    let event = |columns: &str| {
        format!(
            "INSERT INTO claim_event
             SELECT (e).* FROM (
                 SELECT jsonb_populate_record(e, '{columns}') AS e FROM claim_event e WHERE event = 'insurer_decided'
             ) changed"
        )
    };
    for (statement, constraint) in [
        (event(r#"{"fact": "x"}"#), "claim_event_pkey"),
        (event(r#"{"fact": "x", "event_no": 13}"#), "claim_event_continues"),
        (event(r#"{"fact": "x", "event_no": 14, "from_state": "PARTIAL"}"#), "claim_event_continues"),
        (
            event(r#"{"fact": "x", "event_no": 13, "from_state": "PARTIAL", "to_state": "READY"}"#),
            "claim_transition_legal",
        ),
        (event(r#"{"event_no": 13, "from_state": "PARTIAL"}"#), "claim_event_fact_key"),
        (
            event(r#"{"fact": "x", "event_no": 13, "from_state": "PARTIAL", "event": "cancelled"}"#),
            "claim_event_content_names_its_event",
        ),
        (
            event(r#"{"fact": "x", "event_no": 13, "from_state": "PARTIAL", "checked_by": "tester"}"#),
            "claim_event_two_people",
        ),
        (event(&of_kind("shortfall_assigned", "PARTIAL")), "claim_event_is_checked"),
        (event(&of_kind("provisioned", "PARTIAL")), "claim_event_is_checked"),
        (event(&of_kind("written_off", "PARTIAL")), "claim_event_is_checked"),
        (event(&of_kind("returned", "RETURNED")), "claim_event_is_proven"),
        (payout(r#"{"payout_id": "X", "checked_by": "wang"}"#), "payout_two_people"),
        (payout(r#"{"payout_id": "X", "made_by": "zhao"}"#), "payout_batch_fkey"),
        (payout(r#"{"payout_id": "X", "withheld_minor": 1980000}"#), "payout_amounts_ordered"),
        (payout(r#"{"payout_id": "X"}"#), "payout_items_add_up"),
        (MORE_ITEMS.to_owned(), "payout_items_add_up"),
        (payout(r#"{"payout_id": "X", "reissue_of": "B-1-0001"}"#), "payout_origin_is_one"),
        (
            "INSERT INTO payout_item SELECT payout_id, account, 'C-9', 1, 0, true FROM payout_item".to_owned()
                + "; INSERT INTO payout_item SELECT 'X', account, item, 1, 0, true FROM payout_item",
            "payout_item_one_live",
        ),
        (
            "INSERT INTO payout_fact SELECT payout_id, 'rejected', happened_on, '{\"fact\": \"rejected\"}', NULL, '{}',
             actor, recorded_at FROM payout_fact WHERE kind = 'paid'"
                .to_owned(),
            "payout_fact_one_end",
        ),
        (
            "INSERT INTO payee_account SELECT payee, 2, holder, bank_code, account_no, 'li', 'li', recorded_at
             FROM payee_account"
                .to_owned(),
            "payee_account_two_people",
        ),
        (
            "INSERT INTO rule_version
                (insurer_no, version, made_by, checked_by, recorded_at, content_sha256, trial_no)
             SELECT insurer_no, version, made_by, made_by, recorded_at, content_sha256, trial_no FROM rule_version"
                .to_owned(),
            "rule_version_two_people",
        ),
    ] {
        let error = owner.batch_execute(&statement).await.unwrap_err();
        assert_eq!(error.as_db_error().unwrap().constraint(), Some(constraint), "{statement}: {error:?}");
    }
}
