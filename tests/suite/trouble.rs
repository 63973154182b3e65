//! The group commit in trouble: readers that keep every connection or go away, a full disk, a server that only reads,
//! settings of the server that promise less than we do, requests that are too large.

use std::time::Duration;

use dianfu_ledger::account::AccountCode;
use dianfu_ledger::book::BookName;
use dianfu_ledger::entry::{NewEntry, NewPosting};
use dianfu_ledger::money::{Currency, Money};
use dianfu_ledger::{Error, Ledger, Outcome, id};
use dianfu_tests::{TestDatabase, eventually, test_database, work};
use tokio_postgres::Client;

async fn open(test: &TestDatabase) -> Ledger {
    Ledger::open(test.database(), &BookName::parse("main").unwrap()).await.unwrap()
}

/// A book with the accounts of the work, without limits, and its owner.
async fn book() -> (TestDatabase, Ledger, Client) {
    let test = test_database().await;
    let ledger = open(&test).await;
    ledger.open_accounts(&work::accounts(false), "test").await.unwrap();
    let owner = test.database().connect_owner().await.unwrap();
    owner.batch_execute("SET search_path = book_main").await.unwrap();
    (test, ledger, owner)
}

/// A payment into the pot under an id of its own.
fn good() -> NewEntry {
    NewEntry { id: id::fresh(), ..work::request(0).remove(0) }
}

async fn is_posted(ledger: &Ledger, entry: NewEntry) -> bool {
    matches!(ledger.post(vec![entry]).await.as_deref(), Ok([Outcome::Posted(_)]))
}

/// Changes a setting of this test's database, for sessions that are opened from now on.
async fn set(owner: &Client, setting: &str) {
    let name: String = owner.query_one("SELECT current_database()", &[]).await.unwrap().get(0);
    owner.batch_execute(&format!("ALTER DATABASE {name} SET {setting}")).await.unwrap();
}

#[tokio::test]
async fn readers_cannot_hold_the_writer_up() {
    let (_test, ledger, owner) = book().await;
    assert!(is_posted(&ledger, good()).await);
    // Every connection there is for callers is taken, and the last is busy for a caller who has gone away.
    let mut taken = Vec::new();
    while let Ok(Ok(client)) = tokio::time::timeout(Duration::from_millis(200), ledger.client()).await {
        taken.push(client);
    }
    assert_eq!(taken.len(), 16);
    let busy = taken.pop().unwrap();
    owner.batch_execute("BEGIN; LOCK TABLE account_setting").await.unwrap();
    let read =
        tokio::spawn(async move { busy.query("SELECT * FROM account_setting", &[]).await.map(|rows| rows.len()) });
    eventually("the reader waits", async || {
        let waiting = "SELECT count(*) FROM pg_locks WHERE NOT granted AND database = (
                           SELECT oid FROM pg_database WHERE datname = current_database())";
        owner.query_one(waiting, &[]).await.unwrap().get::<_, i64>(0) > 0
    })
    .await;
    read.abort();
    assert!(read.await.unwrap_err().is_cancelled());
    assert!(is_posted(&ledger, good()).await);
    owner.batch_execute("COMMIT").await.unwrap();
}

#[tokio::test]
async fn what_may_pass_is_to_be_tried_again() {
    let (test, ledger, owner) = book().await;
    let function = "CREATE FUNCTION fault() RETURNS trigger LANGUAGE plpgsql
                    AS $$ BEGIN RAISE EXCEPTION 'injected' USING ERRCODE = current_setting('test.fault'); END $$;
                    CREATE TRIGGER fault BEFORE INSERT ON commit FOR EACH STATEMENT EXECUTE FUNCTION fault()";
    owner.batch_execute(function).await.unwrap();
    // Disk full, out of memory, a time limit, a lock that is not to be had, an I/O error.
    for state in ["53100", "53200", "57014", "55P03", "58030"] {
        set(&owner, &format!("test.fault = '{state}'")).await;
        let entry = good();
        let answer = open(&test).await.post(vec![entry]).await;
        assert!(matches!(answer, Err(Error::Unavailable)), "{state}: {answer:?}");
    }
    set(&owner, "test.fault = 'XX001'").await;
    let answer = open(&test).await.post(vec![good()]).await;
    assert!(matches!(answer, Err(Error::Posting(_))), "{answer:?}");
    owner.batch_execute("DROP TRIGGER fault ON commit").await.unwrap();
    // A server that only reads, as one that has been taken over from.
    set(&owner, "default_transaction_read_only = on").await;
    let answer = open(&test).await.post(vec![good()]).await;
    assert!(matches!(answer, Err(Error::Unavailable)), "{answer:?}");
    assert!(is_posted(&ledger, good()).await, "sessions of before go on");
}

#[tokio::test]
async fn what_the_server_promises_less_is_promised_all_the_same() {
    let (test, _, owner) = book().await;
    set(&owner, "synchronous_commit = off").await;
    set(&owner, "default_transaction_isolation = 'serializable'").await;
    let client = open(&test).await.client().await.unwrap();
    for (name, expected) in [("synchronous_commit", "on"), ("transaction_isolation", "read committed")] {
        let row = client.query_one(&format!("SHOW {name}"), &[]).await.unwrap();
        assert_eq!(row.get::<_, &str>(0), expected);
    }
}

/// An entry of `legs` legs with long items.
fn wide(legs: usize) -> NewEntry {
    let leg = |number: usize| NewPosting {
        account: AccountCode::parse(if number.is_multiple_of(2) { work::LINE } else { "9002" }).unwrap(),
        amount: Money::new(if number.is_multiple_of(2) { 1 } else { -1 }, Currency::CNY),
        item: number.is_multiple_of(2).then(|| format!("{number:0200}")),
        due_date: None,
    };
    NewEntry { postings: (0..legs).map(leg).collect(), ..good() }
}

#[tokio::test]
async fn a_request_is_counted_in_bytes_too() {
    let (_test, ledger, _) = book().await;
    let request = |entries: usize| (0..entries).map(|_| wide(1_000)).collect::<Vec<_>>();
    let answer = ledger.post(request(200)).await;
    assert!(
        matches!(answer, Err(Error::RequestTooLarge { unit: "bytes", actual, max: 33_554_432 }) if actual > 33_554_432),
        "{answer:?}"
    );
    // As many as may be, from several callers: more than may wait at once.
    let callers = (0..4).map(|_| ledger.post(request(130)));
    for answer in futures_util::future::join_all(callers).await {
        assert!(answer.unwrap().iter().all(|outcome| matches!(outcome, Outcome::Posted(_))));
    }
}

#[tokio::test]
async fn who_would_rather_not_wait_is_refused_when_the_queue_is_full() {
    let (_test, ledger, owner) = book().await;
    let hurried = ledger.refusing_when_full();
    assert!(is_posted(&hurried, good()).await, "an empty queue refuses nobody");
    owner.batch_execute("BEGIN; SELECT FROM head FOR UPDATE").await.unwrap();
    // Some 17 MB each: four fit into the queue, and what does not is told so while nothing can be posted.
    let request = || (0..100).map(|_| wide(1_000)).collect::<Vec<_>>();
    let mut posting: Vec<_> = (0..6).map(|_| Box::pin(hurried.post(request()))).collect();
    let mut refused = 0;
    posting.retain_mut(|posting| match futures_util::FutureExt::now_or_never(posting) {
        Some(answer) => {
            assert!(matches!(answer, Err(Error::Busy { .. })), "{answer:?}");
            refused += 1;
            false
        }
        None => true,
    });
    assert!((1..=3).contains(&posting.len()), "{} wait", posting.len());
    assert_eq!(refused + posting.len(), 6);
    // Whoever has chosen to wait does.
    let patient = ledger.post(request());
    owner.batch_execute("COMMIT").await.unwrap();
    let (answers, patient) = tokio::join!(futures_util::future::join_all(posting), patient);
    for answer in answers.into_iter().chain([patient]) {
        assert!(answer.unwrap().iter().all(|outcome| matches!(outcome, Outcome::Posted(_))));
    }
    assert!(is_posted(&hurried, good()).await);
}

#[tokio::test]
async fn a_ledger_that_is_closed_is_closed_for_its_clones() {
    let (_test, ledger, _) = book().await;
    let clone = ledger.clone();
    ledger.close().await;
    assert!(matches!(clone.post(vec![good()]).await, Err(Error::Unavailable)));
    assert!(clone.client().await.is_err_and(|error| error.is_retryable()));
}
