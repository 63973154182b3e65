//! Posting while the program is killed, the server is killed, and connections break around COMMIT: whatever was
//! acknowledged is in the books once, the rest entirely or not at all, and asking again finds out which.

mod proxy;

use std::collections::BTreeSet;
use std::ops::Range;
use std::path::Path;

use dianfu_ledger::book::{self, BookName};
use dianfu_ledger::db::Database;
use dianfu_ledger::entry::NewEntry;
use dianfu_ledger::{Error, Ledger, Outcome};
use dianfu_tests::journal::Journal;
use dianfu_tests::poster::{Orders, Poster, Said, Told};
use dianfu_tests::work;
use dianfu_tests::{DataFolder, eventually};
use tokio::task::JoinHandle;
use tokio_postgres::Client;

use crate::cluster::{kill_9, open};

use self::proxy::{Fate, Proxy};

/// Both ways in: the group commit, and transactions of the caller's own.
const DOORS: [bool; 2] = [false, true];

fn main_book() -> BookName {
    BookName::parse("main").unwrap()
}

/// A durable server with the book, the work's accounts without limits, and the notes of those who post in transactions.
async fn server() -> (DataFolder, Database, i32) {
    let folder = DataFolder::new();
    let (database, pid) = open(folder.path()).await;
    book::create(&database, &main_book()).await.unwrap();
    let ledger = Ledger::open(&database, &main_book()).await.unwrap();
    ledger.open_accounts(&work::accounts(false), "test").await.unwrap();
    let flow = "
        CREATE TABLE book_main.flow (request bigint PRIMARY KEY);
        GRANT SELECT, INSERT ON book_main.flow TO dianfu_service";
    database.connect_owner().await.unwrap().batch_execute(flow).await.unwrap();
    (folder, database, pid)
}

fn socket_folder(database: &Database) -> &Path {
    database.cluster().unwrap().socket_folder()
}

/// A poster that has begun on these requests.
async fn poster(socket_folder: &Path, in_transactions: bool, requests: &Range<u32>) -> Poster {
    let url = format!("host={} user=postgres dbname=postgres", socket_folder.display());
    let orders = Orders { in_transactions, first: requests.start, end: requests.end, begin: requests.start };
    let mut poster = Poster::start(env!("CARGO_BIN_EXE_poster"), &url, orders).await;
    poster.go().await;
    poster
}

/// What a poster has said, and what to compare it with.
struct Aftermath {
    requests: Range<u32>,
    said: Vec<Said>,
    in_transactions: bool,
}

impl Aftermath {
    /// Opens the book anew, compares it with what was said, asks for everything again, and compares once more.
    async fn check(&self, database: &Database) {
        let ledger = Ledger::open(database, &main_book()).await.unwrap();
        // Whoever was killed in a turn may still hold the head for a moment; what comes after it is settled.
        assert_eq!(ledger.post(Vec::new()).await.unwrap(), []);
        let client = ledger.client().await.unwrap();
        let journal = Journal::read(database).await;
        self.assert_told_the_truth(&journal);
        if self.in_transactions {
            let rows = client.query("SELECT request FROM flow", &[]).await.unwrap();
            let notes: BTreeSet<i64> = rows.iter().map(|row| row.get(0)).collect();
            self.assert_notes_agree(&notes, &journal);
        }
        let entries: Vec<NewEntry> = self.requests.clone().flat_map(work::request).collect();
        let outcomes = ledger.post(entries.clone()).await.unwrap();
        for (entry, outcome) in entries.iter().zip(outcomes) {
            match (journal.sequence(entry.id), &outcome) {
                (Some(sequence), Outcome::Replayed(receipt)) => assert_eq!(sequence, receipt.sequence),
                (None, Outcome::Posted(_)) => {}
                (before, _) => panic!("{before:?} in the books before, {outcome:?} now: {entry:?}"),
            }
        }
        let whole = Journal::read(database).await;
        assert!(entries.iter().all(|entry| whole.sequence(entry.id).is_some()));
        assert!(journal.entries().iter().all(|entry| whole.sequence(entry.id) == Some(entry.sequence)));
        ledger.close().await;
    }

    fn assert_told_the_truth(&self, journal: &Journal) {
        assert!(!self.said.is_empty());
        journal.assert_has(&self.said);
        let refused = |told: &Told| matches!(told, Told::Refused(_));
        let all = self.said.iter().flat_map(|said| said.told.as_ref().expect("nothing here is refused"));
        assert!(!all.clone().any(refused), "{:?}", all.filter(|told| refused(told)).collect::<Vec<_>>());
        self.requests.clone().for_each(|number| journal.assert_whole(number));
    }

    /// The caller's own row is there exactly if the entries are that it was to commit with.
    fn assert_notes_agree(&self, notes: &BTreeSet<i64>, journal: &Journal) {
        for number in self.requests.clone() {
            let noted = notes.contains(&i64::from(number));
            let posted = |entry: &NewEntry| journal.sequence(entry.id).is_some();
            assert!(work::request(number).iter().all(|entry| posted(entry) == noted), "request {number}: {noted}");
        }
    }
}

#[tokio::test]
async fn a_killed_program_leaves_what_it_was_told_and_nothing_by_halves() {
    let (_folder, database, _) = server().await;
    let mut first = 0;
    for (in_transactions, acknowledged) in DOORS.into_iter().flat_map(|door| [1, 9, 70].map(|count| (door, count))) {
        let requests = first..first + 400;
        first = requests.end;
        let mut poster = poster(socket_folder(&database), in_transactions, &requests).await;
        let mut said = poster.next_few(acknowledged).await;
        said.extend(poster.kill().await);
        assert!(said.len() < 400, "it was killed too late");
        Aftermath { requests, said, in_transactions }.check(&database).await;
    }
}

#[tokio::test]
async fn a_program_goes_on_when_its_killed_server_is_back() {
    let (folder, mut database, mut pid) = server().await;
    let mut first = 0;
    for in_transactions in DOORS {
        let requests = first..first + 1_600;
        first = requests.end;
        let mut poster = poster(socket_folder(&database), in_transactions, &requests).await;
        let mut said = Vec::new();
        for acknowledged in [3, 80, 150] {
            said.extend(poster.next_few(acknowledged).await);
            kill_9(pid).await;
            (database, pid) = open(folder.path()).await;
        }
        // More than can have been on its way when the last server was killed.
        said.extend(poster.next_few(50).await);
        said.extend(poster.kill().await);
        Aftermath { requests, said, in_transactions }.check(&database).await;
    }
}

#[tokio::test]
async fn a_program_and_its_server_killed_at_once_leave_a_whole_book() {
    let (folder, mut database, mut pid) = server().await;
    let mut first = 0;
    for (in_transactions, acknowledged) in [(false, 5), (true, 5), (false, 90)] {
        let requests = first..first + 400;
        first = requests.end;
        let mut poster = poster(socket_folder(&database), in_transactions, &requests).await;
        let mut said = poster.next_few(acknowledged).await;
        kill_9(pid).await;
        said.extend(poster.kill().await);
        (database, pid) = open(folder.path()).await;
        Aftermath { requests, said, in_transactions }.check(&database).await;
    }
}

#[tokio::test]
async fn a_commit_that_nobody_answers_is_found_out() {
    let (_folder, database, _) = server().await;
    let proxy = Proxy::start(socket_folder(&database));
    let mut first = 0;
    for in_transactions in DOORS {
        let requests = first..first + 80;
        first = requests.end;
        let said = poster(proxy.socket_folder(), in_transactions, &requests).await.finish().await;
        assert_eq!(said.len(), 80);
        let replayed = |told: &Told| matches!(told, Told::Replayed(_));
        assert!(said.iter().flat_map(|said| said.told.iter().flatten()).any(replayed), "no COMMIT was found out");
        Aftermath { requests, said, in_transactions }.check(&database).await;
    }
    for fate in [Fate::Passed, Fate::ReplyLost, Fate::RequestLost, Fate::SightLost] {
        assert!(proxy.met(fate) >= 3, "{fate:?} was met {} times", proxy.met(fate));
    }
}

/// A server heeds its configuration when it gets to it: returns when COMMIT waits for a standby.
async fn commits_wait(database: &Database, owner: &Client) {
    let probe = database.connect_owner().await.unwrap();
    let committing = "CREATE TEMPORARY TABLE probe (); DROP TABLE probe";
    let probing = tokio::spawn(async move { while probe.batch_execute(committing).await.is_ok() {} });
    broken_off(owner, &probing).await;
}

/// Ends every session whose COMMIT waits for a standby, until that has ended a task.
async fn broken_off<T>(owner: &Client, task: &JoinHandle<T>) {
    let ending = "SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE wait_event = 'SyncRep'";
    eventually("a COMMIT waits and is broken off", async || {
        owner.batch_execute(ending).await.unwrap();
        task.is_finished()
    })
    .await;
}

#[tokio::test]
async fn a_commit_that_cannot_be_looked_up_is_not_called_refused() {
    let (_folder, database, _) = server().await;
    let ledger = Ledger::open(&database, &main_book()).await.unwrap();
    let owner = database.connect_owner().await.unwrap();
    owner.batch_execute("SET synchronous_commit = off").await.unwrap();
    // The first segment is there.
    ledger.post(work::request(1)).await.unwrap();
    // COMMIT is done and waits for a standby that there is none of.
    owner.batch_execute("ALTER SYSTEM SET synchronous_standby_names = 'nobody'").await.unwrap();
    owner.batch_execute("SELECT pg_reload_conf()").await.unwrap();
    commits_wait(&database, &owner).await;
    // The answer is lost, and the writer may not look.
    owner.batch_execute("REVOKE SELECT ON book_main.entry_000001 FROM dianfu_service").await.unwrap();
    let posting = tokio::spawn({
        let ledger = ledger.clone();
        async move { ledger.post(work::request(0)).await }
    });
    broken_off(&owner, &posting).await;
    let answer = posting.await.unwrap();
    assert!(matches!(answer, Err(Error::Unavailable)), "{answer:?}");

    owner.batch_execute("GRANT SELECT ON book_main.entry_000001 TO dianfu_service").await.unwrap();
    owner.batch_execute("ALTER SYSTEM RESET synchronous_standby_names").await.unwrap();
    owner.batch_execute("SELECT pg_reload_conf()").await.unwrap();
    let outcomes = ledger.post(work::request(0)).await.unwrap();
    assert!(matches!(outcomes[..], [Outcome::Replayed(_)]), "{outcomes:?}");
    ledger.close().await;
}
