//! What the database itself refuses, whatever program asks: changes to the journal, entries that do not sum to zero,
//! and everything the service's role has no business with. All of it by direct SQL.

use bytes::Bytes;
use dianfu_ledger::Ledger;
use dianfu_ledger::account::{Limits, NormalSide};
use dianfu_ledger::book::BookName;
use dianfu_ledger::limit_group::LimitGroup;
use dianfu_ledger::money::Currency;
use dianfu_ledger::register::Signature;
use dianfu_tests::{TestDatabase, test_database, work};
use futures_util::SinkExt;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Error};

const APPEND_ONLY: [&str; 7] =
    ["account", "account_setting", "register", "limit_group_member", "entry", "posting", "commit"];

/// A book with entries in it, and both roles' connections to it.
struct Book {
    _test: TestDatabase,
    service: Client,
    owner: Client,
}

impl Book {
    async fn new() -> Book {
        let test = test_database().await;
        let ledger = Ledger::open(test.database(), &BookName::parse("main").unwrap()).await.unwrap();
        ledger.open_accounts(&work::accounts(true), "test").await.unwrap();
        let group = LimitGroup {
            currency: Currency::CNY,
            normal_side: NormalSide::Debit,
            limits: Limits::default(),
            accounts: vec![work::accounts(true)[0].code.clone()],
        };
        ledger.set_limit_group("line", &group, Signature::of("test", "a test")).await.unwrap();
        for number in 0..work::BLOCK {
            ledger.post(work::request(number)).await.unwrap();
        }
        ledger.close().await;
        let service = test.database().connect_service("book_main").await.unwrap();
        let owner = test.database().connect_owner().await.unwrap();
        owner.batch_execute("SET search_path = book_main").await.unwrap();
        Book { _test: test, service, owner }
    }

    /// The next free sequence.
    async fn next(&self) -> i64 {
        self.owner.query_one("SELECT sequence + 1 FROM head", &[]).await.unwrap().get(0)
    }
}

/// SQLSTATE and constraint.
fn refusal(outcome: Result<(), Error>) -> (SqlState, String) {
    let error = outcome.expect_err("it must be refused");
    let error = error.as_db_error().expect("the database refuses it");
    (error.code().clone(), error.constraint().unwrap_or_default().to_owned())
}

async fn refused(client: &Client, statement: &str) -> (SqlState, String) {
    let (code, constraint) = refusal(client.batch_execute(statement).await);
    eprintln!("{statement}: {} {constraint}", code.code());
    (code, constraint)
}

/// `(sequence, leg, account, layer, currency, minor)`.
type Leg<'a> = (i64, i16, i32, i16, &'a str, i64);

/// Rows as an INSERT.
fn insert(into: &str, legs: &[Leg<'_>]) -> String {
    let row = |(sequence, leg, account, layer, currency, minor): &Leg<'_>| {
        format!("({sequence}, {minor}, 0, 0, {account}, '2026-03-02', {leg}, {layer}, '{currency}')")
    };
    let rows: Vec<String> = legs.iter().map(row).collect();
    format!(
        "INSERT INTO {into} (sequence, amount_minor, debits_after, credits_after, account_no, effective_date, leg,
         layer, currency) VALUES {}",
        rows.join(", ")
    )
}

#[tokio::test]
async fn the_service_inserts_and_reads_and_nothing_else() {
    let book = Book::new().await;
    for table in APPEND_ONLY.into_iter().chain(["posting_000001", "segment"]) {
        for statement in [
            format!("DELETE FROM {table}"),
            format!("TRUNCATE {table}"),
            format!("ALTER TABLE {table} DISABLE TRIGGER ALL"),
            format!("ALTER TABLE {table} ADD COLUMN note text"),
            format!("DROP TABLE {table} CASCADE"),
        ] {
            let (code, _) = refused(&book.service, &statement).await;
            assert_eq!(code, SqlState::INSUFFICIENT_PRIVILEGE, "{statement}");
        }
    }
    for statement in [
        "UPDATE account SET name = 'x'",
        "UPDATE account_setting SET closed = true",
        "UPDATE register SET content = '{}'",
        "UPDATE limit_group_member SET account_no = 1",
        "UPDATE entry SET reference = 'x'",
        "UPDATE posting SET amount_minor = 1",
        "UPDATE posting_000001 SET amount_minor = 1",
        "UPDATE commit SET node = 'x'",
        "UPDATE segment SET sealed_at = now()",
        "INSERT INTO segment VALUES (9, 1, 2, NULL)",
        "INSERT INTO head SELECT * FROM head",
        "DELETE FROM head",
        "TRUNCATE head",
        "CREATE TABLE mine (one int)",
        "CREATE FUNCTION mine() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE TRIGGER mine AFTER INSERT ON entry FOR EACH ROW EXECUTE FUNCTION refuse_change()",
        "SET session_replication_role = replica",
        "DROP FUNCTION entries_balance() CASCADE",
        "ALTER FUNCTION entries_balance() RENAME TO gone",
        "CREATE OR REPLACE FUNCTION entries_balance() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'",
        "DROP SCHEMA book_main CASCADE",
        "COPY entry TO '/dev/null'",
    ] {
        let (code, _) = refused(&book.service, statement).await;
        assert_eq!(code, SqlState::INSUFFICIENT_PRIVILEGE, "{statement}");
    }
    for table in APPEND_ONLY.into_iter().chain(["head", "segment"]) {
        book.service.batch_execute(&format!("SELECT * FROM {table}")).await.unwrap();
    }
}

#[tokio::test]
async fn not_even_the_owner_changes_the_journal() {
    let book = Book::new().await;
    for table in APPEND_ONLY.into_iter().chain(["posting_000001"]) {
        let column: String = book
            .owner
            .query_one("SELECT attname FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum = 1", &[&table])
            .await
            .unwrap()
            .get(0);
        for statement in [
            format!("UPDATE {table} SET {column} = {column}"),
            format!("DELETE FROM {table}"),
            format!("TRUNCATE {table} CASCADE"),
        ] {
            let answer = refused(&book.owner, &statement).await;
            assert_eq!(answer, (SqlState::RESTRICT_VIOLATION, "append_only".to_owned()), "{statement}");
        }
    }
    for statement in ["DELETE FROM head", "TRUNCATE head"] {
        let answer = refused(&book.owner, statement).await;
        assert_eq!(answer, (SqlState::RESTRICT_VIOLATION, "append_only".to_owned()), "{statement}");
    }
}

#[tokio::test]
async fn the_head_only_moves_forward() {
    let book = Book::new().await;
    for column in ["sequence", "commit_no", "account_no", "segment_no", "segment_end"] {
        let answer = refused(&book.service, &format!("UPDATE head SET {column} = {column} - 1")).await;
        assert_eq!(answer, (SqlState::RESTRICT_VIOLATION, "head_moves_forward".to_owned()), "{column}");
    }
    let answer = refused(&book.service, "UPDATE head SET booked_at = booked_at - interval '1 microsecond'").await;
    assert_eq!(answer, (SqlState::RESTRICT_VIOLATION, "head_moves_forward".to_owned()));
}

/// Legs that sum to zero over all, and not in every entry, currency and layer.
fn unbalanced(next: i64) -> Vec<(&'static str, Vec<Leg<'static>>)> {
    vec![
        ("one leg", vec![(next, 0, 1, 0, "CNY", 5)]),
        ("off by one", vec![(next, 0, 1, 0, "CNY", 5), (next, 1, 2, 0, "CNY", -4)]),
        (
            "two entries off by one against each other",
            vec![
                (next, 0, 1, 0, "CNY", 5),
                (next, 1, 2, 0, "CNY", -4),
                (next + 1, 0, 1, 0, "CNY", 5),
                (next + 1, 1, 2, 0, "CNY", -6),
            ],
        ),
        ("two currencies against each other", vec![(next, 0, 1, 0, "CNY", 5), (next, 1, 2, 0, "USD", -5)]),
        (
            "one currency balanced and another not",
            vec![(next, 0, 1, 0, "CNY", 5), (next, 1, 2, 0, "CNY", -5), (next, 2, 3, 0, "USD", 1)],
        ),
        ("two layers against each other", vec![(next, 0, 1, 0, "CNY", 5), (next, 1, 2, 1, "CNY", -5)]),
        (
            "sums beyond 64 bits",
            vec![(next, 0, 1, 0, "CNY", i64::MAX), (next, 1, 2, 0, "CNY", i64::MAX), (next, 2, 3, 0, "CNY", 2)],
        ),
    ]
}

#[tokio::test]
async fn an_entry_that_does_not_sum_to_zero_is_refused_however_it_comes() {
    let book = Book::new().await;
    let next = book.next().await;
    let expected = (SqlState::CHECK_VIOLATION, "entries_balance".to_owned());
    for (what, legs) in unbalanced(next) {
        assert_eq!(refused(&book.service, &insert("posting", &legs)).await, expected, "{what}");
        assert_eq!(refused(&book.owner, &insert("posting", &legs)).await, expected, "{what}, as owner");
        assert_eq!(refused(&book.service, &insert("posting_000001", &legs)).await, expected, "{what}, past the parent");
        assert_eq!(refusal(copy(&book.service, &legs).await), expected, "{what}, by COPY");
    }
    let balanced = [(next, 0, 1, 0, "CNY", 5), (next, 1, 2, 0, "CNY", -5)];
    book.service.batch_execute(&format!("BEGIN; {}; ROLLBACK", insert("posting", &balanced))).await.unwrap();
    book.service.batch_execute("BEGIN").await.unwrap();
    copy(&book.service, &balanced).await.unwrap();
    book.service.batch_execute("ROLLBACK").await.unwrap();
    let halves = format!("BEGIN; {}; {}; COMMIT", insert("posting", &balanced[..1]), insert("posting", &balanced[1..]));
    assert_eq!(refused(&book.service, &halves).await, expected, "the legs of an entry in two statements");
    book.service.batch_execute("ROLLBACK").await.unwrap();
}

/// The same rows by COPY.
async fn copy(client: &Client, legs: &[Leg<'_>]) -> Result<(), Error> {
    let sink = client
        .copy_in::<_, Bytes>(
            "COPY posting (sequence, amount_minor, debits_after, credits_after, account_no, effective_date, leg, layer,
             currency) FROM STDIN",
        )
        .await?;
    let line = |(sequence, leg, account, layer, currency, minor): &Leg<'_>| {
        format!("{sequence}\t{minor}\t0\t0\t{account}\t2026-03-02\t{leg}\t{layer}\t{currency}\n")
    };
    let lines: String = legs.iter().map(line).collect();
    futures_util::pin_mut!(sink);
    sink.send(Bytes::from(lines)).await?;
    sink.finish().await.map(|_| ())
}

#[tokio::test]
async fn rows_that_no_turn_writes_are_refused() {
    let book = Book::new().await;
    let next = book.next().await;
    let zero = insert("posting", &[(next, 0, 1, 0, "CNY", 0)]);
    assert_eq!(refused(&book.service, &zero).await.1, "posting_amount_not_zero");
    let beyond = insert("posting", &[(1 << 40, 0, 1, 0, "CNY", 5), (1 << 40, 1, 2, 0, "CNY", -5)]);
    assert_eq!(refused(&book.service, &beyond).await.0, SqlState::CHECK_VIOLATION, "no segment takes it");
    for (statement, constraint) in [
        ("INSERT INTO entry SELECT * FROM entry LIMIT 1", "entry_000001_pkey"),
        ("INSERT INTO commit SELECT * FROM commit LIMIT 1", "commit_pkey"),
        ("INSERT INTO account SELECT * FROM account LIMIT 1", "account_pkey"),
        ("INSERT INTO account_setting SELECT * FROM account_setting LIMIT 1", "account_setting_pkey"),
        (
            "INSERT INTO account_setting SELECT setting_no + 1000, account_no, 0, 1, 0, false, 'none', NULL, NULL,
             recorded_at, actor, reason, hash FROM account_setting LIMIT 1",
            "account_setting_limits_ordered",
        ),
        (
            "INSERT INTO account_setting SELECT setting_no + 1000, 999, 0, NULL, NULL, false, 'none', NULL, NULL,
             recorded_at, actor, reason, hash FROM account_setting LIMIT 1",
            "account_setting_account_fkey",
        ),
        (
            "INSERT INTO register SELECT 1, 'closing', '2024', '{}', 0, 'one', now(), 'one', 'alone', sha256('')",
            "register_two_people",
        ),
    ] {
        assert_eq!(refused(&book.service, statement).await.1, constraint, "{statement}");
    }
}

#[tokio::test]
async fn functions_with_the_owners_rights_cannot_be_led_astray() {
    let book = Book::new().await;
    let sql = "SELECT proname::text, COALESCE(array_to_string(proconfig, ','), ''), COALESCE(proacl::text, 'PUBLIC')
               FROM pg_proc WHERE pronamespace = 'book_main'::regnamespace AND prosecdef ORDER BY proname";
    let functions = book.owner.query(sql, &[]).await.unwrap();
    let names: Vec<String> = functions.iter().map(|function| function.get(0)).collect();
    assert_eq!(names, ["file_bytes", "may_ask_files", "open_segment", "summarise_segment", "tend_segments"]);
    for function in functions {
        let (config, granted): (String, String) = (function.get(1), function.get(2));
        assert!(config.contains("search_path=book_main"), "{config}");
        assert!(!granted.contains("{=") && !granted.contains(",=") && granted != "PUBLIC", "{granted}");
    }
    // A table of the caller's own under a name that the function uses is never seen by it.
    book.service
        .batch_execute(
            "CREATE TEMPORARY TABLE head AS SELECT * FROM book_main.head; UPDATE pg_temp.head SET sequence = 0",
        )
        .await
        .unwrap();
    let before: i64 = book.owner.query_one("SELECT segment_end FROM head", &[]).await.unwrap().get(0);
    let end: i64 = book.service.query_one("SELECT open_segment()", &[]).await.unwrap().get(0);
    let after: i64 = book.owner.query_one("SELECT segment_end FROM head", &[]).await.unwrap().get(0);
    assert_eq!((after, after > before), (end, true));
}
