//! What the database refuses, whoever asks.

use super::fixture::{Desk, file};

const TABLES: [&str; 12] = [
    "open_item_reference",
    "remittance_file",
    "remittance_rejection",
    "remittance",
    "remittance_line",
    "remittance_adjustment",
    "cash_receipt",
    "remittance_application",
    "remittance_match",
    "remittance_adjustment_match",
    "reconciliation_break",
    "reconciliation_break_closure",
];

/// A book in which each of the tables has a row.
async fn full_desk() -> Desk {
    let desk = Desk::new().await;
    desk.approve("C1", "C1", "", 0, 1_000).await;
    desk.cash("B1", "T1", 1_090).await.unwrap();
    desk.import(&file("T1", "C1 - 1000; C9 - 100", "IR - 10")).await.unwrap();
    desk.import("garbage").await.unwrap_err();
    let client = desk.ledger.client().await.unwrap();
    let sql = "INSERT INTO reconciliation_break_closure (break_id, reason, actor, closed_at)
               SELECT break_id, 'explained', 'tester', now() FROM reconciliation_break";
    client.execute(sql, &[]).await.unwrap();
    for table in TABLES {
        assert!(desk.count(table).await > 0, "{table}");
    }
    desk
}

#[tokio::test]
async fn nothing_that_is_on_record_changes() {
    let desk = full_desk().await;
    let owner = desk.test.database().connect_owner().await.unwrap();
    owner.batch_execute("SET search_path = book_main").await.unwrap();
    for table in TABLES {
        let column: String = owner
            .query_one(
                "SELECT attname::text FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum = 1",
                &[&table],
            )
            .await
            .unwrap()
            .get(0);
        for statement in [
            format!("UPDATE {table} SET {column} = {column}"),
            format!("DELETE FROM {table}"),
            format!("TRUNCATE {table} CASCADE"),
        ] {
            let error = owner.batch_execute(&statement).await.unwrap_err();
            let error = error.as_db_error().unwrap();
            assert_eq!(error.constraint(), Some("append_only"), "{statement}: {error}");
            let service = desk.ledger.client().await.unwrap();
            let error = service.batch_execute(&statement).await.unwrap_err();
            assert_eq!(error.code().unwrap().code(), "42501", "{statement}");
        }
    }
}

#[tokio::test]
async fn the_parts_of_a_line_are_the_line() {
    let desk = full_desk().await;
    let client = desk.ledger.client().await.unwrap();
    for (statement, constraint) in [
        (
            "INSERT INTO remittance_match
             SELECT remittance_id, 7, 'equal', 'C1', 100, 99, 0, 0, '{}' FROM remittance",
            "remittance_match_parts_are_whole",
        ),
        (
            "INSERT INTO remittance_match
             SELECT remittance_id, line_no + 700, 'equal', 'C1', paid_minor, paid_minor, 0, 0, '{}'
             FROM remittance_line",
            "remittance_match_line_fkey",
        ),
        (
            "INSERT INTO remittance_match
             SELECT remittance_id, 7, 'unknown_claim', NULL, 100, 100, 0, 0, '{}' FROM remittance",
            "remittance_match_books_found_only",
        ),
        (
            "INSERT INTO remittance_file
             SELECT 'x', '\\x00', content, verdict, received_at, actor FROM remittance_file",
            "remittance_file_digest_true",
        ),
        (
            "INSERT INTO remittance_application
             SELECT remittance_id, '', '{}', '2026-03-02', now(), '' FROM remittance",
            "remittance_application_pkey",
        ),
    ] {
        let error = client.batch_execute(statement).await.unwrap_err();
        assert_eq!(error.as_db_error().unwrap().constraint(), Some(constraint), "{statement}");
    }
}
