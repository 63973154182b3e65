//! Turns at once: the second is decided and copied while the first is not committed, and a third beside them. Whatever
//! becomes of the first, the others stand on what is in the books, or are asked for anew.

use dianfu_ledger::book::{self, BookName};
use dianfu_ledger::db::Database;
use dianfu_ledger::entry::NewEntry;
use dianfu_ledger::{Error, Ledger, Outcome, Rejection, clock, id};
use dianfu_tests::journal::{Journal, assert_verifies};
use dianfu_tests::{DataFolder, eventually, work};
use jiff::SignedDuration;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tokio::task::JoinHandle;
use tokio_postgres::Client;

use crate::cluster::{kill_9, open, want_no_standby, want_standby};

/// As many entries as are worth a turn beside another.
const ENTRIES: usize = 1_100;
/// A turn that has come to recording its commit, and waits there.
const RECORDING: &str = "wait_event_type = 'Lock' AND query LIKE '%INSERT INTO commit%'";
/// A turn whose COMMIT is done and waits for a standby that there is none of.
const COMMITTING: &str = "wait_event = 'SyncRep' AND query = 'COMMIT'";
/// A turn that has copied its rows and waits for the one before it.
const COPIED: &str = "state = 'idle in transaction' AND query LIKE 'COPY posting%'";

type Answer = JoinHandle<Result<Vec<Outcome>, Error>>;

struct Scene {
    folder: DataFolder,
    database: Database,
    server: i32,
    ledger: Ledger,
    owner: Client,
    /// Another session: what is going on is the same for a whole transaction.
    watcher: Client,
}

fn main_book() -> BookName {
    BookName::parse("main").unwrap()
}

impl Scene {
    /// A durable server, and a book whose pot may not be overdrawn and whose writer has posted before.
    async fn new() -> Scene {
        let scene = Scene::without_entries().await;
        // The pot has 40. Nothing is refused, which would be put on record beside what is tested.
        scene.ledger.post(work::request(0)).await.unwrap();
        eventually("the open segment is indexed, for which its table is locked", async || {
            let there = "SELECT to_regclass('book_main.posting_000001_account_idx') IS NOT NULL";
            scene.watcher.query_one(there, &[]).await.unwrap().get(0)
        })
        .await;
        scene
    }

    async fn without_entries() -> Scene {
        let folder = DataFolder::new();
        let (database, server) = open(folder.path()).await;
        book::create(&database, &main_book()).await.unwrap();
        let ledger = Ledger::open(&database, &main_book()).await.unwrap();
        ledger.open_accounts(&work::accounts(true), "test").await.unwrap();
        let owner = database.connect_owner().await.unwrap();
        owner.batch_execute("SET search_path = book_main; SET synchronous_commit = off").await.unwrap();
        let watcher = database.connect_owner().await.unwrap();
        Scene { folder, database, server, ledger, owner, watcher }
    }

    fn post(&self, entries: &[NewEntry]) -> Answer {
        let (ledger, entries) = (self.ledger.clone(), entries.to_vec());
        tokio::spawn(async move { ledger.post(entries).await })
    }

    async fn sees(&self, what: &str) {
        let sql = format!("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND {what}");
        eventually(what, async || self.watcher.query_one(&sql, &[]).await.unwrap().get::<_, i64>(0) == 1).await;
    }

    async fn pid_of(&self, what: &str) -> i32 {
        let sql = format!("SELECT pid FROM pg_stat_activity WHERE {what}");
        self.watcher.query_one(&sql, &[]).await.unwrap().get(0)
    }

    async fn postings_size(&self) -> i64 {
        let sql = "SELECT pg_relation_size('book_main.posting_000001')";
        self.watcher.query_one(sql, &[]).await.unwrap().get(0)
    }

    async fn end_session(&self, what: &str) {
        // And waits until it is gone: else what it waits for may come first.
        let sql = format!("SELECT pg_terminate_backend(pid, 60000) FROM pg_stat_activity WHERE {what}");
        assert!(self.watcher.query_one(&sql, &[]).await.unwrap().get::<_, bool>(0));
    }

    /// Commits can be decided and not recorded until the owner's transaction ends.
    async fn hold_back_commits(&self) {
        self.owner.batch_execute("BEGIN; LOCK TABLE commit IN SHARE MODE").await.unwrap();
    }

    /// Asks for both, the second when the first has come to where it waits, until the second waits for it.
    async fn both_under_way(&self, first: &[NewEntry], first_waits: &str, second: &[NewEntry]) -> [Answer; 2] {
        let first = self.post(first);
        self.sees(first_waits).await;
        let before = self.postings_size().await;
        let second = self.post(second);
        self.sees(COPIED).await;
        // A statement that is prepared looks like one that is done; when it is, most of the batch's rows are there.
        eventually("the rows are copied", async || 2 * self.postings_size().await >= 3 * before).await;
        self.sees(COPIED).await;
        assert!(!first.is_finished() && !second.is_finished());
        [first, second]
    }

    /// Both are in the books, once, in their order.
    async fn assert_in_order(&self, first: &[NewEntry], second: &[NewEntry]) {
        let journal = Journal::read(&self.database).await;
        let sequences: Vec<i64> =
            first.iter().chain(second).map(|entry| journal.sequence(entry.id).expect("it is in the books")).collect();
        assert!(sequences.is_sorted());
        assert_eq!(journal.entries().len(), 1 + first.len() + second.len());
    }
}

/// Entries that each move 40 into the pot.
fn pay_in() -> Vec<NewEntry> {
    many(0)
}

/// Entries that each move 55 out of the pot.
fn pay_out() -> Vec<NewEntry> {
    many(1)
}

fn many(like_request: u32) -> Vec<NewEntry> {
    (0..ENTRIES).map(|_| NewEntry { id: id::fresh(), ..work::request(like_request).remove(0) }).collect()
}

/// Entries of which the first 800 can be paid from what [`pay_in`] brings, and from nothing else.
fn payable() -> Vec<NewEntry> {
    pay_out().into_iter().take(800).chain(pay_in().into_iter().take(ENTRIES - 800)).collect()
}

fn all(outcomes: &[Outcome], is: fn(&Outcome) -> bool) {
    assert_eq!(outcomes.len(), ENTRIES);
    let other = outcomes.iter().find(|outcome| !is(outcome));
    assert!(other.is_none(), "{other:?}");
}

fn is_posted(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Posted(_))
}

fn is_replayed(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Replayed(_))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_stands_on_the_one_before_it() {
    let scene = Scene::new().await;
    scene.hold_back_commits().await;
    let (first, second) = (pay_in(), payable());
    let answers = scene.both_under_way(&first, RECORDING, &second).await;
    scene.owner.batch_execute("COMMIT").await.unwrap();
    for answer in answers {
        all(&answer.await.unwrap().unwrap(), is_posted);
    }
    scene.assert_in_order(&first, &second).await;
    scene.ledger.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_waits_for_the_entries_in_flight_that_it_has_to_do_with() {
    let scene = Scene::new().await;
    scene.hold_back_commits().await;
    let first = pay_in();
    let under_way = scene.post(&first);
    scene.sees(RECORDING).await;
    // The same again, and as many others.
    let again = scene.post(&first);
    scene.owner.batch_execute("COMMIT").await.unwrap();
    all(&under_way.await.unwrap().unwrap(), is_posted);
    all(&again.await.unwrap().unwrap(), is_replayed);
    scene.assert_in_order(&first, &[]).await;
    scene.ledger.close().await;
}

/// Also for those of a turn before the one before it.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_taken_twice_by_turns_that_are_under_way_at_once() {
    let scene = Scene::new().await;
    let holds = [2, 6].map(|request| NewEntry { linked: false, ..work::request(request).remove(0) });
    let release = || NewEntry { id: id::fresh(), ..work::request(3).remove(0) };
    assert_eq!(release().relates_to, Some(holds[0].id));
    scene.ledger.post(holds.to_vec()).await.unwrap();
    scene.hold_back_commits().await;
    let (first, second) = (vec![release()], pay_in());
    let third: Vec<NewEntry> = pay_in().into_iter().chain([release()]).collect();
    let answers = scene.both_under_way(&first, RECORDING, &second).await;
    let last = scene.post(&third);
    // Time enough to run ahead for a turn that does not know what it has to wait for.
    let under_way = format!("SELECT count(*) FROM pg_stat_activity WHERE {COPIED}");
    for _ in 0..200 {
        if scene.watcher.query_one(&under_way, &[]).await.unwrap().get::<_, i64>(0) == 2 {
            break;
        }
    }
    scene.owner.batch_execute("COMMIT").await.unwrap();
    for answer in answers {
        assert!(answer.await.unwrap().unwrap().iter().all(is_posted));
    }
    let outcomes = last.await.unwrap().unwrap();
    let (again, others) = outcomes.split_last().unwrap();
    assert!(others.iter().all(is_posted));
    assert!(matches!(again, Outcome::Rejected(Rejection::NothingLeft { .. })), "{again:?}");
    Journal::read(&scene.database).await;
    scene.ledger.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_hold_that_has_ended_in_a_turn_under_way_is_not_taken_by_the_next() {
    let scene = Scene::new().await;
    let [mut ends, stays] = [2, 6].map(|request| NewEntry { linked: false, ..work::request(request).remove(0) });
    let release = NewEntry { id: id::fresh(), ..work::request(3).remove(0) };
    assert_eq!(release.relates_to, Some(ends.id));
    let ends_at = clock::now() + SignedDuration::from_secs(1);
    ends.expires_at = Some(ends_at);
    let outcomes = scene.ledger.post(vec![ends, stays]).await.unwrap();
    assert!(outcomes.iter().all(is_posted), "{outcomes:?}");
    want_standby(&scene.database, &scene.owner).await;
    eventually("the hold's time is over", async || clock::now() > ends_at).await;
    // If the ledger has not begun to end it by itself, this turn does.
    let first = scene.post(&pay_in());
    scene.sees(COMMITTING).await;
    let last = scene.post(&pay_in().into_iter().chain([release]).collect::<Vec<_>>());
    // Time enough to run ahead for a turn that does not know what it has to wait for.
    let under_way = format!("SELECT count(*) FROM pg_stat_activity WHERE {COPIED}");
    for _ in 0..200 {
        if scene.watcher.query_one(&under_way, &[]).await.unwrap().get::<_, i64>(0) > 0 {
            break;
        }
    }
    want_no_standby(&scene.owner).await;
    scene.owner.batch_execute("SELECT pg_reload_conf()").await.unwrap();
    all(&first.await.unwrap().unwrap(), is_posted);
    let outcomes = last.await.unwrap().unwrap();
    let (again, others) = outcomes.split_last().unwrap();
    assert!(others.iter().all(is_posted));
    assert!(matches!(again, Outcome::Rejected(Rejection::NothingLeft { .. })), "{again:?}");
    assert_verifies(&scene.database).await;
    scene.ledger.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_waits_for_the_segment_that_the_one_before_it_opens() {
    let scene = Scene::without_entries().await;
    scene.hold_back_commits().await;
    let (first, second) = (pay_in(), payable());
    let under_way = scene.post(&first);
    scene.sees(RECORDING).await;
    let next = scene.post(&second);
    scene.owner.batch_execute("COMMIT").await.unwrap();
    all(&under_way.await.unwrap().unwrap(), is_posted);
    all(&next.await.unwrap().unwrap(), is_posted);
    scene.ledger.close().await;
    let log = std::fs::read_to_string(scene.folder.path().join("postgres.log")).unwrap();
    assert!(!log.contains("ERROR"), "{log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_stands_on_a_turn_that_is_broken_off_is_asked_for_anew() {
    let scene = Scene::new().await;
    scene.hold_back_commits().await;
    let (first, second) = (pay_in(), payable());
    let answers = scene.both_under_way(&first, RECORDING, &second).await;
    scene.end_session(RECORDING).await;
    // It is tried again, and comes as far again.
    scene.sees(RECORDING).await;
    scene.owner.batch_execute("COMMIT").await.unwrap();
    for answer in answers {
        all(&answer.await.unwrap().unwrap(), is_posted);
    }
    scene.assert_in_order(&first, &second).await;
    scene.ledger.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_stands_on_a_commit_that_nobody_answers_is_asked_for_when_that_is_found_out() {
    let scene = Scene::new().await;
    want_standby(&scene.database, &scene.owner).await;
    let (first, second) = (pay_in(), payable());
    let [answer, next] = scene.both_under_way(&first, COMMITTING, &second).await;
    scene.end_session(COMMITTING).await;
    want_no_standby(&scene.owner).await;
    scene.owner.batch_execute("SELECT pg_reload_conf()").await.unwrap();
    all(&answer.await.unwrap().unwrap(), is_replayed);
    all(&next.await.unwrap().unwrap(), is_posted);
    scene.assert_in_order(&first, &second).await;
    scene.ledger.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_between_two_turns_keeps_the_first_and_nothing_of_the_second() {
    let mut scene = Scene::new().await;
    want_standby(&scene.database, &scene.owner).await;
    let (first, second) = (pay_in(), payable());
    let answers = scene.both_under_way(&first, COMMITTING, &second).await;
    // For the next start; nobody is told now.
    want_no_standby(&scene.owner).await;
    kill_9(scene.server).await;
    for answer in answers {
        let answer = answer.await.unwrap();
        assert!(matches!(answer, Err(Error::Unavailable)), "{answer:?}");
    }
    (scene.database, scene.server) = open(scene.folder.path()).await;
    let ledger = Ledger::open(&scene.database, &main_book()).await.unwrap();
    let journal = Journal::read(&scene.database).await;
    assert!(first.iter().all(|entry| journal.sequence(entry.id).is_some()));
    assert!(second.iter().all(|entry| journal.sequence(entry.id).is_none()));
    scene.ledger = ledger;
    all(&scene.ledger.post(first.clone()).await.unwrap(), is_replayed);
    all(&scene.ledger.post(second.clone()).await.unwrap(), is_posted);
    scene.assert_in_order(&first, &second).await;
    scene.ledger.close().await;
}

/// Posts a batch and one that runs ahead of it and is overtaken by another writer's, whose transaction this ends;
/// answers the batch that was overtaken, which is asked for anew, and how many entries the other has posted.
async fn overtaken(scene: &Scene, first: &[NewEntry], second: &[NewEntry], asks_anew: &str) -> (Answer, usize) {
    let other = Ledger::open(&scene.database, &main_book()).await.unwrap();
    let mut client = other.client().await.unwrap();
    scene.hold_back_commits().await;
    let [answer, next] = scene.both_under_way(first, RECORDING, second).await;
    let tx = client.transaction().await.unwrap();
    let behind = scene.pid_of(COPIED).await;
    kill(Pid::from_raw(behind), Signal::SIGSTOP).unwrap();
    // They wait for the head before the second turn can, and take what the first has brought.
    let theirs = pay_out();
    let overtaking = other.post_in(&tx, &theirs);
    let released = async {
        scene.sees("wait_event_type = 'Lock' AND query LIKE '%FROM head%FOR UPDATE%'").await;
        scene.owner.batch_execute("COMMIT").await.unwrap();
    };
    let (outcomes, ()) = tokio::join!(overtaking, released);
    let paid = outcomes.unwrap().iter().filter(|outcome| is_posted(outcome)).count();
    all(&answer.await.unwrap().unwrap(), is_posted);
    kill(Pid::from_raw(behind), Signal::SIGCONT).unwrap();
    // The second finds the head taken and gives up.
    scene.sees(asks_anew).await;
    assert!(!next.is_finished());
    tx.commit().await.unwrap();
    drop(client);
    other.close().await;
    (next, paid)
}

fn is_below_minimum(outcome: &Outcome) -> bool {
    matches!(outcome, Outcome::Rejected(rejection) if rejection.code() == "below_minimum")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_batch_that_somebody_else_overtakes_is_decided_on_what_they_have_left() {
    let scene = Scene::new().await;
    let waits_for_the_head = "wait_event_type = 'Lock' AND query LIKE '%FROM head%FOR UPDATE%'";
    let (next, paid) = overtaken(&scene, &pay_in(), &pay_out(), waits_for_the_head).await;
    assert_eq!(paid, (40 + 40 * ENTRIES) / 55, "as many as the pot can pay");
    all(&next.await.unwrap().unwrap(), is_below_minimum);
    let journal = Journal::read(&scene.database).await;
    assert_eq!(journal.entries().len(), 1 + ENTRIES + paid);
    scene.ledger.close().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_writer_that_was_overtaken_asks_for_the_pen_and_does_without_it_in_the_end() {
    let scene = Scene::new().await;
    let mut other = scene.database.connect_owner().await.unwrap();
    let pen = other.transaction().await.unwrap();
    pen.batch_execute("SELECT pg_advisory_xact_lock('book_main.head'::regclass::bigint)").await.unwrap();
    let waits_for_the_pen = "wait_event = 'advisory'";
    let (next, _) = overtaken(&scene, &pay_in(), &pay_out(), waits_for_the_pen).await;
    all(&next.await.unwrap().unwrap(), is_below_minimum); // though nobody has laid it down
    let next = scene.post(&pay_in());
    scene.sees(waits_for_the_pen).await;
    assert!(!next.is_finished());
    pen.rollback().await.unwrap();
    all(&next.await.unwrap().unwrap(), is_posted);
    scene.ledger.close().await;
}
