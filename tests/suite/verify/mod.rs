//! The check of the books: clean books are clean, and whatever is altered behind the program's back is named.

mod alterations;
pub mod archives;
mod audits;
mod limits;

use std::collections::BTreeSet;

use dianfu_ledger::account::{AccountSetting, Limits, NormalSide};
use dianfu_ledger::entry::{EntryKind, NewEntry};
use dianfu_ledger::limit_group::LimitGroup;
use dianfu_ledger::money::Currency;
use dianfu_ledger::period::{PeriodOutcome, Tightness};
use dianfu_ledger::register::Signature;
use dianfu_ledger::verify::{Asked, Progress, Report};
use dianfu_tests::audit::{assert_audited, audited};
use jiff::civil::date;
use tokio_postgres::Client;

use crate::books::{Book, account, entry, for_random_books, release};

use self::alterations::{ALTERATIONS, Alteration, HASH, ROOT};

const TABLES: [&str; 9] =
    ["segment", "account", "account_setting", "register", "limit_group_member", "entry", "posting", "commit", "head"];

async fn check(book: &Book) -> Report {
    book.ledger.verify(Asked::default(), |_| {}).await.unwrap()
}

/// A superuser on the book's tables whose statements no trigger sees, with room for postings outside every segment.
async fn vandal(book: &Book) -> Client {
    let client = book.test.database().connect_owner().await.unwrap();
    let means = "
        SET search_path = book_main;
        SET session_replication_role = replica;
        CREATE TABLE posting_astray PARTITION OF posting DEFAULT;
        CREATE TABLE entry_astray PARTITION OF entry DEFAULT";
    client.batch_execute(means).await.unwrap();
    client
}

#[test]
fn books_that_the_program_wrote_are_clean() {
    for_random_books(12, async |book| {
        let mut steps = Vec::new();
        let report = book.ledger.verify(Asked::default(), |progress| steps.push(progress)).await.unwrap();
        assert_eq!(report.finding, None);
        let n_entries = i64::try_from(book.booked.len()).unwrap();
        let n_postings = book.booked.iter().map(|booked| booked.legs.len()).sum::<usize>();
        assert_eq!((report.entries, report.postings), (n_entries, i64::try_from(n_postings).unwrap()));
        assert_eq!(steps.last(), Some(&Progress { entries: n_entries, entries_total: n_entries }));
        assert_audited(&book.ledger.client().await.unwrap()).await;
    });
}

#[tokio::test]
async fn an_empty_book_is_clean() {
    let book = Book::new().await;
    let report = check(&book).await;
    assert!(report.is_clean(), "{:?}", report.finding);
    assert_eq!((report.entries, report.commits, report.accounts, report.head_hash), (0, 0, 14, [0; 32]));
}

/// Five commits: entries 1 | 2, 3 | 4 | 5 | 6. Entry 3 is a hold that 4 releases, 5 is in two currencies, 6 is a hold
/// that stays.
async fn book_to_alter() -> Book {
    let mut book = Book::new().await;
    let line =
        AccountSetting { limits: Limits { min_minor: None, max_minor: Some(1_000_000) }, ..AccountSetting::default() };
    book.ledger.change_setting(&account("1101.picc"), line.into(), "test", "a credit line").await.unwrap();
    let group = LimitGroup {
        currency: Currency::CNY,
        normal_side: NormalSide::Debit,
        limits: line.limits,
        accounts: vec![account("1101.picc"), account("1101.cpic")],
    };
    let signature = Signature { proposed_by: Some("checker"), actor: "test", reason: "a line over both" };
    book.ledger.set_limit_group("line", &group, signature).await.unwrap();
    let old = date(2023, 12, 31);
    let closing = book.ledger.close_period(old, Tightness::Hard, Signature::of("test", "the year is over"));
    assert_eq!(closing.await.unwrap(), PeriodOutcome::Recorded(2));
    let post = |legs: &[_]| entry(EntryKind::Post, 1, legs);
    let hold = |legs: &[_]| entry(EntryKind::Hold, 2, legs);
    let picc = |minor, item| ("1101.picc", minor, Some(item));
    let first = post(&[picc(1_000, "CLM-1"), ("2101.p-1", -1_000, Some("ORD-1"))]);
    book.post(vec![first]).await;
    let second =
        NewEntry { metadata: Some(r#"{"a": 1}"#.to_owned()), ..post(&[("1002", 400, None), picc(-400, "CLM-1")]) };
    let held = hold(&[picc(500, "CLM-2"), ("9002", -500, None)]);
    let undone = release(held.id, 3);
    book.post(vec![second, held]).await;
    book.post(vec![undone]).await;
    book.post(vec![post(&[("1002.usd", 70, None), ("2190.usd", -70, None), ("1002", -9, None), picc(9, "CLM-3")])])
        .await;
    let expires_at = Some("2100-01-01T00:00:00Z".parse().unwrap());
    book.post(vec![NewEntry { expires_at, ..hold(&[picc(20, "CLM-4"), ("9002", -20, None)]) }]).await;
    book
}

#[tokio::test]
async fn whatever_is_altered_is_named() {
    let book = book_to_alter().await;
    assert_eq!(check(&book).await.finding, None);
    let vandal = vandal(&book).await;
    keep_copies(&vandal).await;
    for Alteration(_, statement, place, rule) in ALTERATIONS {
        vandal.batch_execute(statement).await.unwrap();
        let finding = check(&book).await.finding.unwrap_or_else(|| panic!("not found: {statement}"));
        assert_eq!((finding.place, finding.rule), (*place, *rule), "{statement}: {finding}");
        assert_ne!(finding.expected, finding.actual, "{statement}: {finding}");
        assert_eq!(archives::check(&book).await.finding, Some(finding), "{statement}");
        let wrong = audited(&vandal).await;
        // Where a commit ends is covered by its hash; by SQL alone its entries are those up to the next one.
        let rules = if *rule == ROOT { [ROOT.code(), HASH.code()] } else { [rule.code(); 2] };
        let is_named = wrong.iter().any(|it| it.place == place.to_string() && rules.contains(&it.rule.as_str()));
        assert!(is_named, "{place} {}: {statement}: {wrong:#?}", rule.code());
        put_copies_back(&vandal).await;
    }
    assert_eq!(check(&book).await.finding, None);
    assert_audited(&vandal).await;
}

/// A column that is added to the journal must be checked, or be said not to be.
#[tokio::test]
async fn every_column_of_the_journal_is_checked() {
    let book = Book::new().await;
    let client = book.ledger.client().await.unwrap();
    let columns = "
        SELECT table_name || '.' || column_name
        FROM information_schema.columns
        WHERE table_schema = 'book_main' AND table_name = ANY ($1)";
    let rows = client.query(columns, &[&TABLES.as_slice()]).await.unwrap();
    let mut columns: BTreeSet<String> = rows.iter().map(|row| row.get(0)).collect();
    for Alteration(altered, ..) in ALTERATIONS {
        altered.iter().for_each(|column| _ = columns.remove(*column));
    }
    // Which process wrote a commit is a hint for people; the head's key has one value; how large files are and what
    // they said helps who attaches them, and what is in them is checked.
    let others = [
        "commit.node",
        "head.one",
        "segment.entry_bytes",
        "segment.entry_digest",
        "segment.posting_bytes",
        "segment.posting_digest",
    ];
    assert_eq!(columns.into_iter().collect::<Vec<_>>(), others);
}

#[tokio::test]
async fn sql_alone_names_the_altered_row_or_its_commit() {
    let book = book_to_alter().await;
    let vandal = vandal(&book).await;
    keep_copies(&vandal).await;
    let root_and_hash = |place: &'static str| [(place, "entries_root"), (place, "hash")];
    for (statement, expected) in [
        ("UPDATE entry SET reference = 'x' WHERE sequence = 3", root_and_hash("commit 2").to_vec()),
        ("UPDATE posting SET item = 'x' WHERE sequence = 4 AND leg = 0", root_and_hash("commit 3").to_vec()),
        (
            "UPDATE commit SET hash = sha256(hash) WHERE commit_no = 4",
            vec![("commit 4", "hash"), ("commit 5", "previous_hash")],
        ),
        ("DELETE FROM posting WHERE sequence = 6", root_and_hash("commit 5").to_vec()),
        (
            "UPDATE posting SET sequence = 0 WHERE sequence = 1",
            [&root_and_hash("commit 1")[..], &[("no commit", "entries_root")]].concat(),
        ),
        ("UPDATE account SET name = 'x' WHERE account_no = 2", vec![("account 2", "hash")]),
        ("DELETE FROM account WHERE account_no = 3", vec![("account 4", "hash")]),
        ("UPDATE account_setting SET max_minor = 5", vec![("account_setting 1", "hash")]),
    ] {
        vandal.batch_execute(statement).await.unwrap();
        let found = audited(&vandal).await;
        let of_chain = found.iter().filter(|it| it.audit == "chain");
        let found: Vec<_> = of_chain.map(|it| (it.place.as_str(), it.rule.as_str())).collect();
        assert_eq!(found, expected, "{statement}");
        put_copies_back(&vandal).await;
    }
}

#[tokio::test]
async fn a_finding_says_what_where_expected_and_found() {
    let book = book_to_alter().await;
    let statement = "UPDATE posting SET debits_after = 1001 WHERE sequence = 1 AND leg = 0";
    vandal(&book).await.batch_execute(statement).await.unwrap();
    let report = check(&book).await;
    let finding = report.finding.unwrap();
    assert_eq!((finding.place.table(), finding.rule.code()), ("posting", "debits_after"));
    assert_eq!(
        finding.to_string(),
        "posting 1 leg 0: the account's debits must follow from the posting before; expected 1000, found 1001"
    );
    assert_eq!((report.entries, report.postings, report.commits), (0, 0, 0));
}

async fn keep_copies(client: &Client) {
    for table in TABLES {
        client.batch_execute(&format!("CREATE TABLE {table}_copy AS TABLE {table}")).await.unwrap();
    }
}

async fn put_copies_back(client: &Client) {
    for table in TABLES {
        let statement = format!("DELETE FROM {table}; INSERT INTO {table} SELECT * FROM {table}_copy");
        client.batch_execute(&statement).await.unwrap();
    }
}
