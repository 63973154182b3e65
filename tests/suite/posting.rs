//! The way through the group commit: what a bad request, a lost connection or a long queue does to the others.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use dianfu_ledger::account::{AccountCode, AccountSetting};
use dianfu_ledger::book::BookName;
use dianfu_ledger::entry::NewEntry;
use dianfu_ledger::{Error, Ledger, Outcome, id};
use dianfu_tests::journal::Journal;
use dianfu_tests::{TestDatabase, eventually, test_database, work};
use tokio::task::JoinSet;
use tokio_postgres::Client;

async fn open(test: &TestDatabase) -> Ledger {
    Ledger::open(test.database(), &BookName::parse("main").unwrap()).await.unwrap()
}

/// A book with the accounts of the work, without limits.
async fn book() -> (TestDatabase, Ledger) {
    let test = test_database().await;
    let ledger = open(&test).await;
    ledger.open_accounts(&work::accounts(false), "test").await.unwrap();
    (test, ledger)
}

async fn owner(test: &TestDatabase) -> Client {
    let client = test.database().connect_owner().await.unwrap();
    client.batch_execute("SET search_path = book_main").await.unwrap();
    client
}

/// A payment into the pot under an id of its own.
fn good() -> NewEntry {
    NewEntry { id: id::fresh(), ..work::request(0).remove(0) }
}

fn word(outcome: &Outcome) -> &'static str {
    match outcome {
        Outcome::Posted(_) => "posted",
        Outcome::Replayed(_) => "replayed",
        Outcome::Rejected(rejection) => rejection.code(),
    }
}

type Spoil = fn(&mut NewEntry);

#[tokio::test]
async fn a_bad_request_fails_alone_in_a_turn_of_many() {
    let (test, ledger) = book().await;
    let closed = AccountSetting { closed: true, ..AccountSetting::default() };
    ledger.change_setting(&AccountCode::parse("9002").unwrap(), closed.into(), "test", "done with it").await.unwrap();
    let spoiled: [(&'static str, Spoil); 7] = [
        ("posted", |_| ()),
        ("unbalanced", |entry| entry.postings[0].amount.minor += 1),
        ("amount_zero", |entry| entry.postings[1].amount.minor = 0),
        ("account_unknown", |entry| entry.postings[0].account = AccountCode::parse("9999").unwrap()),
        ("account_closed", |entry| entry.postings[0].account = AccountCode::parse("9002").unwrap()),
        ("currency_mismatch", |entry| entry.postings[0].amount.currency = "USD".parse().unwrap()),
        ("effective_date_out_of_range", |entry| entry.effective_date = Some(jiff::civil::date(9999, 1, 1))),
    ];
    // The head is held, so that all of them wait for one turn.
    let mut blocker = owner(&test).await;
    let blocking = blocker.transaction().await.unwrap();
    blocking.execute("SELECT 1 FROM head FOR UPDATE", &[]).await.unwrap();
    let mut posting = JoinSet::new();
    for (expected, spoil) in spoiled.into_iter().cycle().take(70) {
        let mut entry = good();
        spoil(&mut entry);
        let ledger = ledger.clone();
        posting.spawn(async move { (expected, word(&ledger.post(vec![good(), entry]).await.unwrap()[1])) });
    }
    let too_many = ledger.post(vec![good(); 10_001]).await;
    assert!(
        matches!(too_many, Err(Error::RequestTooLarge { unit: "entries", actual: 10_001, max: 10_000 })),
        "{too_many:?}"
    );
    blocking.rollback().await.unwrap();
    while let Some(answer) = posting.join_next().await {
        let (expected, actual) = answer.unwrap();
        assert_eq!(actual, expected);
    }
    ledger.close().await;
    assert_eq!(Journal::read(test.database()).await.entries().len(), 80);
}

#[tokio::test]
async fn more_callers_than_places_are_all_answered() {
    let (test, ledger) = book().await;
    let mut blocker = owner(&test).await;
    let blocking = blocker.transaction().await.unwrap();
    blocking.execute("SELECT 1 FROM head FOR UPDATE", &[]).await.unwrap();
    let mut posting = JoinSet::new();
    for _ in 0..6_000 {
        let ledger = ledger.clone();
        posting.spawn(async move { ledger.post(vec![good()]).await.unwrap().remove(0) });
    }
    tokio::task::yield_now().await;
    assert!(posting.try_join_next().is_none(), "nobody is answered before COMMIT");
    blocking.rollback().await.unwrap();
    let mut sequences: Vec<i64> = Vec::new();
    while let Some(outcome) = posting.join_next().await {
        let Outcome::Posted(receipt) = outcome.unwrap() else { panic!("it is new and good") };
        sequences.push(receipt.sequence);
    }
    sequences.sort_unstable();
    assert!(sequences.iter().copied().eq(1..=6_000));
    ledger.close().await;
    Journal::read(test.database()).await;
}

/// Somebody ends the service's connections over and over, at whatever moment of a turn that meets.
#[tokio::test]
async fn a_turn_that_loses_its_connection_is_done_once() {
    let (test, ledger) = book().await;
    let done = Arc::new(AtomicBool::new(false));
    let terminating = tokio::spawn(terminate_until(owner(&test).await, done.clone()));
    let mut posting = JoinSet::new();
    for number in 0..200 {
        let ledger = ledger.clone();
        posting.spawn(async move { (number, until_answered(&ledger, number).await) });
    }
    let mut told = Vec::new();
    while let Some(answer) = posting.join_next().await {
        told.push(answer.unwrap());
    }
    done.store(true, Ordering::Relaxed);
    assert!(terminating.await.unwrap() > 0, "nothing was terminated");
    ledger.close().await;
    let journal = Journal::read(test.database()).await;
    assert_eq!(journal.entries().len(), told.len());
    for (number, sequence) in told {
        assert_eq!(journal.sequence(entry(number).id), Some(sequence));
    }
}

fn entry(number: u32) -> NewEntry {
    work::request(number * work::BLOCK).remove(0)
}

/// Asks until there is an answer, as every caller should.
async fn until_answered(ledger: &Ledger, number: u32) -> i64 {
    loop {
        match ledger.post(vec![entry(number)]).await.as_deref() {
            Ok([Outcome::Posted(receipt) | Outcome::Replayed(receipt)]) => return receipt.sequence,
            Ok(other) => panic!("{other:?}"),
            Err(error) => assert!(error.is_retryable(), "{error}"),
        }
    }
}

async fn terminate_until(client: Client, done: Arc<AtomicBool>) -> i64 {
    let sql = "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
               WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle'";
    let mut terminated: i64 = 0;
    while !done.load(Ordering::Relaxed) && terminated < 40 {
        terminated += client.query_one(sql, &[]).await.unwrap().get::<_, i64>(0);
        tokio::task::yield_now().await;
    }
    terminated
}

#[tokio::test]
async fn closing_works_off_what_waits() {
    let (test, ledger) = book().await;
    let mut posting = JoinSet::new();
    for _ in 0..50 {
        let ledger = ledger.clone();
        posting.spawn(async move { ledger.post(vec![good()]).await.map(|outcomes| word(&outcomes[0])) });
    }
    // Every request is in the queue, or answered, once its task has run as far as it can.
    tokio::task::yield_now().await;
    let closing = tokio::spawn(ledger.close());
    while let Some(answer) = posting.join_next().await {
        assert_eq!(answer.unwrap().unwrap(), "posted");
    }
    closing.await.unwrap();
    let reader = owner(&test).await;
    eventually("the service's connections are closed", async || {
        let sql =
            "SELECT count(*) FROM pg_stat_activity WHERE usename = 'dianfu_service' AND datname = current_database()";
        reader.query_one(sql, &[]).await.unwrap().get::<_, i64>(0) == 0
    })
    .await;
}
