//! Summaries: summed up once whatever happens, filled again from the journal, and checked against it.
//!
//! That answers are the same with and without them is shown by every test over random books
//! ([`crate::books::for_random_books`]).

use dianfu_ledger::entry::EntryKind;
use dianfu_ledger::query::{self, Moment};
use dianfu_ledger::verify::{Asked, Place, Rule};
use dianfu_tests::{cut_segments, tend};
use tokio_postgres::Client;

use crate::books::{Book, account, day, entry, release};

/// Entries of a segment.
const SEGMENT: u32 = 4;

/// A book of some sealed segments, with holds and open items, not in order of days.
async fn book() -> (Book, Client) {
    let mut book = Book::new().await;
    let owner = book.owner().await;
    cut_segments(&owner, SEGMENT).await;
    for number in 0..i64::from(5 * SEGMENT) {
        let item = format!("CLM-{}", number % 7);
        let legs = [("1101.picc", 10 + number, Some(item.as_str())), ("1002", -10 - number, None)];
        book.post(vec![entry(EntryKind::Post, (number * 7) % 20, &legs)]).await;
        let hold = entry(EntryKind::Hold, number % 5, &[("9002", -3, None), ("1002", 3, None)]);
        let id = hold.id;
        book.post(vec![hold]).await;
        if number % 2 == 0 {
            book.post(vec![release(id, 6)]).await;
        }
    }
    tend(&owner).await;
    (book, owner)
}

/// All rows of the summaries, as text.
async fn rows(owner: &Client) -> Vec<String> {
    let sql = "
        SELECT s::text FROM summary s
        UNION ALL SELECT t::text FROM account_total t
        UNION ALL SELECT d::text FROM day_total d
        UNION ALL SELECT i::text FROM item_total i
        ORDER BY 1";
    owner.query(sql, &[]).await.unwrap().iter().map(|row| row.get(0)).collect()
}

#[tokio::test]
async fn an_altered_summary_is_found() {
    let (book, owner) = book().await;
    let report = book.ledger.verify(Asked::default(), |_| {}).await.unwrap();
    assert_eq!(report.finding, None);
    for alteration in [
        "UPDATE summary SET first_date = first_date - 1 WHERE segment_no = 2",
        "UPDATE summary SET last_date = last_date + 1 WHERE segment_no = 2",
        "UPDATE summary SET has_pending = NOT has_pending WHERE segment_no = 2",
        "UPDATE summary SET has_totals = NOT has_totals WHERE segment_no = 2",
        "UPDATE summary SET has_totals = NOT has_totals WHERE segment_no = (SELECT max(segment_no) FROM summary)",
        "DELETE FROM summary WHERE segment_no = 2",
        "DELETE FROM summary WHERE segment_no = (SELECT max(segment_no) FROM summary)",
        "DELETE FROM summary",
        "INSERT INTO summary SELECT 99, first_date, last_date, has_pending, has_totals FROM summary LIMIT 1",
        "UPDATE account_total SET debits_after = debits_after + 1 WHERE segment_no = 2 AND layer = 0",
        "UPDATE account_total SET credits_after = credits_after + 1 WHERE segment_no = 2 AND layer = 1",
        "DELETE FROM account_total WHERE segment_no = 2 AND layer = 1",
        "DELETE FROM account_total WHERE segment_no = 2",
        "INSERT INTO account_total SELECT 2, 1 + max(account_no), 0, 5, 5 FROM account",
        "INSERT INTO account_total SELECT max(segment_no), 99, 0, 5, 5 FROM summary",
        "INSERT INTO account_total VALUES (0, 1, 0, 5, 5)",
        "INSERT INTO account_total VALUES (99, 1, 0, 5, 5)",
        "UPDATE account_total SET account_no = -account_no WHERE segment_no = 3",
        "UPDATE day_total SET debits_minor = debits_minor + 1 WHERE segment_no = 2",
        "UPDATE day_total SET credits_minor = credits_minor - 1 WHERE segment_no = 2",
        // A day of an account; without all of them its postings are added up.
        "DELETE FROM day_total USING (
             SELECT account_no, layer, max(effective_date) AS day FROM day_total
             WHERE segment_no = 2 GROUP BY account_no, layer HAVING count(*) > 1 LIMIT 1
         ) AS one
         WHERE segment_no = 2 AND day_total.account_no = one.account_no AND effective_date = day",
        "INSERT INTO day_total SELECT 2, 1 + max(account_no), 0, '2024-01-01', 5, 5 FROM account",
        "INSERT INTO day_total VALUES (0, 1, 0, '2024-01-01', 5, 5)",
        "INSERT INTO day_total VALUES (99, 1, 0, '2024-01-01', 5, 5)",
        "UPDATE day_total SET effective_date = effective_date + 99 WHERE segment_no = 1",
        "UPDATE item_total SET total_minor = total_minor + 1 WHERE item = 'CLM-3'",
        "UPDATE item_total SET first_date = first_date - 1 WHERE item = 'CLM-3'",
        "UPDATE item_total SET last_date = last_date + 1 WHERE item = 'CLM-3'",
        "UPDATE item_total SET due_date = '2024-01-01' WHERE item = 'CLM-3'",
        "DELETE FROM item_total WHERE item = 'CLM-3'",
        "INSERT INTO item_total SELECT account_no, 'CLM-9', 0, 0, first_date, last_date FROM item_total LIMIT 1",
        "UPDATE item_total SET item = 'CLM-9' WHERE item = 'CLM-3'",
        "UPDATE item_total SET layer = 1 WHERE item = 'CLM-3'",
        "UPDATE item_total SET account_no = 2 WHERE item = 'CLM-3'",
    ] {
        let before = rows(&owner).await;
        owner.batch_execute("CREATE TABLE kept AS SELECT * FROM summary").await.unwrap();
        for table in ["account_total", "day_total", "item_total"] {
            owner.batch_execute(&format!("CREATE TABLE kept_{table} AS SELECT * FROM {table}")).await.unwrap();
        }
        owner.batch_execute(alteration).await.unwrap();
        assert_ne!(rows(&owner).await, before, "{alteration}");
        let finding = book.ledger.verify(Asked::default(), |_| {}).await.unwrap().finding;
        let finding = finding.unwrap_or_else(|| panic!("not found: {alteration}"));
        assert_eq!(finding.rule, Rule::Summary, "{alteration}: {finding}");
        assert!(matches!(finding.place, Place::Summary { .. }), "{alteration}: {finding}");
        owner
            .batch_execute("DELETE FROM summary; INSERT INTO summary SELECT * FROM kept; DROP TABLE kept")
            .await
            .unwrap();
        for table in ["account_total", "day_total", "item_total"] {
            let back =
                format!("DELETE FROM {table}; INSERT INTO {table} SELECT * FROM kept_{table}; DROP TABLE kept_{table}");
            owner.batch_execute(&back).await.unwrap();
        }
    }
}

/// What differs is named; and what is wrong with the journal itself is told first.
#[tokio::test]
async fn a_finding_names_the_total_and_gives_way_to_one_of_the_journal() {
    let (book, owner) = book().await;
    let found = async || book.ledger.verify(Asked::default(), |_| {}).await.unwrap().finding.unwrap();
    for (alteration, segment_no, expected, actual) in [
        (
            "UPDATE item_total SET total_minor = total_minor + 1 WHERE item = 'CLM-3'",
            12,
            "account 1, item CLM-3, layer 0: 60 from 2024-01-02 to 2024-01-20, due ",
            "account 1, item CLM-3, layer 0: 61 from 2024-01-02 to 2024-01-20, due ",
        ),
        (
            "UPDATE day_total SET credits_minor = 8 WHERE segment_no = 2 AND account_no = 4 AND layer = 0
             AND effective_date = '2024-01-15'",
            2,
            "account 4, layer 0, 2024-01-15: debits 0, credits 12",
            "account 4, layer 0, 2024-01-15: debits 0, credits 8",
        ),
        (
            "DELETE FROM account_total WHERE segment_no = 2 AND account_no = 1 AND layer = 0",
            2,
            "account 1, layer 0: debits 33, credits 0",
            "account 1, layer 0: no total",
        ),
        (
            "UPDATE summary SET first_date = first_date - 1 WHERE segment_no = 1",
            1,
            "dates and layers: 2024-01-01 to 2024-01-08, pending: true",
            "dates and layers: 2023-12-31 to 2024-01-08, pending: true",
        ),
    ] {
        owner.batch_execute(alteration).await.unwrap();
        let finding = found().await;
        assert_eq!(finding.place, Place::Summary { segment_no }, "{alteration}");
        assert_eq!((finding.expected.as_str(), finding.actual.as_str()), (expected, actual), "{alteration}");
    }
    let vandal = book.test.database().connect_owner().await.unwrap();
    let alteration = "
        SET search_path = book_main;
        SET session_replication_role = replica;
        UPDATE commit SET hash = entries_root WHERE commit_no = (SELECT max(commit_no) FROM commit)";
    vandal.batch_execute(alteration).await.unwrap();
    assert_eq!(found().await.rule, Rule::Hash);
}

#[tokio::test]
async fn emptied_summaries_are_filled_again_and_once() {
    let (book, owner) = book().await;
    let before = rows(&owner).await;
    assert!(before.len() > 20, "{before:?}");
    owner.batch_execute("TRUNCATE summary, account_total, day_total, item_total").await.unwrap();
    let client = book.ledger.client().await.unwrap();
    let balance = async || {
        let moment = Moment { as_of: Some(day(9)), known_at: None };
        query::balance(&**client, &account("1002"), moment).await.unwrap().unwrap()
    };
    let expected = balance().await;

    // One is stopped, two are at it at once: each segment is summed up once.
    let stopped = book.owner().await;
    stopped.batch_execute("BEGIN; SELECT summarise_segment(); ROLLBACK").await.unwrap();
    let (one, other) = (book.owner().await, book.owner().await);
    tokio::join!(tend(&one), tend(&other));
    tend(&owner).await;
    assert_eq!(rows(&owner).await, before);
    assert_eq!(balance().await, expected);
}
