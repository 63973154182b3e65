//! Segments on their way into files and back: the server is killed at several points of the way. Afterwards the segment
//! is where it was or where it was to be, everything is answered as before, and the command can be given again.

use std::fs::{self, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use dianfu_ledger::book::{self, BookName};
use dianfu_ledger::db::Database;
use dianfu_ledger::query::{self, Moment, PAGE_ROWS_MAX};
use dianfu_ledger::segment::{self, Fault, Segment};
use dianfu_ledger::{Error, Ledger, Outcome};
use dianfu_tests::journal::assert_verifies;
use dianfu_tests::{DataFolder, FilesFolder, cut_segments, eventually, record_ids, tend, work};
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use tokio::task::spawn_blocking;
use tokio_postgres::Client;

use crate::cluster::{kill_9, open, want_no_standby, want_standby};

/// Requests of the work; the segments are of four entries.
const REQUESTS: u32 = 12;
/// For how long who reads the journal is waited for.
const PATIENCE: Duration = Duration::from_mins(1);

fn main_book() -> BookName {
    BookName::parse("main").unwrap()
}

/// Which way.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Way {
    Detach,
    Attach,
}

/// Where it is killed.
#[derive(Clone, Copy, Debug)]
enum Point {
    /// The successor of the entries is made, and that of the postings is about to be.
    BetweenTables,
    /// All is made, and somebody reads the journal.
    BeforeTheSwap,
    /// The transaction is in the log and nobody has been told.
    Committing,
}

struct Scene {
    folder: DataFolder,
    files: FilesFolder,
    database: Database,
    server: i32,
    /// What was answered before anything was moved.
    answers: Vec<String>,
}

impl Scene {
    /// A durable server, and a book of which the first segments are sealed and summed up. One has been away, so that
    /// the server knows of files.
    async fn new() -> Scene {
        let folder = DataFolder::new();
        let (database, server) = open(folder.path()).await;
        book::create(&database, &main_book()).await.unwrap();
        let owner = owner(&database).await;
        cut_segments(&owner, 4).await;
        let ledger = Ledger::open(&database, &main_book()).await.unwrap();
        ledger.open_accounts(&work::accounts(false), "test").await.unwrap();
        for number in 0..REQUESTS {
            ledger.post(work::request(number)).await.unwrap();
        }
        tend(&owner).await;
        record_ids(&ledger).await;
        ledger.close().await;
        let files = FilesFolder::new();
        let answers = answers(&database).await;
        let scene = Scene { folder, files, database, server, answers };
        scene.give(Way::Detach, 2).await.unwrap().unwrap();
        scene.give(Way::Attach, 2).await.unwrap().unwrap();
        scene
    }

    /// Gives the command.
    async fn give(&self, way: Way, no: i32) -> Result<Result<Segment, Fault>, Error> {
        match way {
            Way::Detach => segment::detach(&self.database, &main_book(), no, &self.files.folder(), PATIENCE).await,
            Way::Attach => segment::attach(&self.database, &main_book(), no, PATIENCE).await,
        }
    }

    /// Gives the command for the first segment, and kills the server when it has come to this point.
    async fn kill_at(&mut self, way: Way, point: Point) {
        let owner = owner(&self.database).await;
        let reached = match point {
            Point::BetweenTables => {
                owner.batch_execute("BEGIN; CREATE TABLE posting_000001_made ()").await.unwrap();
                "wait_event_type = 'Lock' AND query LIKE 'SELECT make_%leaf(%'"
            }
            Point::BeforeTheSwap => {
                owner.batch_execute("BEGIN; LOCK TABLE ONLY posting IN ACCESS SHARE MODE").await.unwrap();
                "wait_event_type = 'Lock' AND query LIKE '%LOCK TABLE ONLY entry%'"
            }
            Point::Committing => {
                want_standby(&self.database, &owner).await;
                "wait_event = 'SyncRep' AND query = 'COMMIT'"
            }
        };
        let watcher = self.database.connect_owner().await.unwrap();
        let sees = format!("SELECT count(*) FROM pg_stat_activity WHERE {reached}");
        let server = self.server;
        let killed = async {
            eventually(reached, async || watcher.query_one(&sees, &[]).await.unwrap().get::<_, i64>(0) == 1).await;
            if matches!(point, Point::Committing) {
                want_no_standby(&owner).await; // for the next start; nobody is told now
            }
            kill_9(server).await;
        };
        let (told, ()) = tokio::join!(self.give(way, 1), killed);
        assert!(told.is_err(), "{way:?}, {point:?}: {told:?}");
        (self.database, self.server) = open(self.folder.path()).await;
    }

    /// The first segment is in files or in the database, and everything is answered as before.
    async fn assert_whole(&self, is_away: bool) {
        let owner = owner(&self.database).await;
        let first = segment::list(&self.database, &main_book()).await.unwrap().swap_remove(0);
        assert_eq!((first.files.is_some(), first.is_damaged), (is_away, false), "{first:?}");
        let made = "SELECT count(*) FROM pg_class WHERE relname LIKE '%\\_made%'";
        assert_eq!(owner.query_one(made, &[]).await.unwrap().get::<_, i64>(0), 0, "something is left half made");
        assert_verifies(&self.database).await;
        assert_eq!(answers(&self.database).await, self.answers);
        let ledger = Ledger::open(&self.database, &main_book()).await.unwrap();
        for number in 0..REQUESTS {
            let outcomes = ledger.post(work::request(number)).await.unwrap();
            assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Replayed(_))), "{outcomes:?}");
        }
        ledger.close().await;
    }
}

async fn owner(database: &Database) -> Client {
    let owner = database.connect_owner().await.unwrap();
    owner.batch_execute("SET search_path = book_main; SET synchronous_commit = off").await.unwrap();
    owner
}

/// All entries with their postings, and what the accounts have come to, now and when the second entry was the last.
async fn answers(database: &Database) -> Vec<String> {
    let client = &database.connect_service("book_main").await.unwrap();
    let entries = query::entries(client, 0, PAGE_ROWS_MAX).await.unwrap();
    let early = Moment { known_at: Some(entries[1].booked_at), ..Moment::default() };
    let mut answers: Vec<String> = entries.iter().map(|entry| format!("{entry:?}")).collect();
    for moment in [Moment::default(), early] {
        answers.push(format!("{:?}", query::trial_balance(client, moment, None).await.unwrap().rows));
    }
    answers
}

/// From every point, one after the other: there and back again.
async fn killed_everywhere(way: Way) {
    let mut scene = Scene::new().await;
    let back = if way == Way::Detach { Way::Attach } else { Way::Detach };
    if way == Way::Attach {
        scene.give(back, 1).await.unwrap().unwrap();
    }
    for point in [Point::BetweenTables, Point::BeforeTheSwap, Point::Committing] {
        scene.kill_at(way, point).await;
        let is_done = matches!(point, Point::Committing);
        scene.assert_whole((way == Way::Detach) == is_done).await;
        match scene.give(way, 1).await.unwrap() {
            Ok(_) => assert!(!is_done, "{point:?}"),
            Err(fault) => {
                assert!(is_done && matches!(fault, Fault::Detached { .. } | Fault::NotDetached { .. }), "{fault}");
            }
        }
        scene.assert_whole(way == Way::Detach).await;
        scene.give(back, 1).await.unwrap().unwrap();
        scene.assert_whole(way == Way::Attach).await;
    }
    scene.database.close().await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_while_it_detaches_leaves_a_segment_whole() {
    killed_everywhere(Way::Detach).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_killed_while_it_attaches_leaves_a_segment_whole() {
    killed_everywhere(Way::Attach).await;
}

/// A file has its name only when it is whole: what receives the rows cannot tell their end from a session's.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_session_killed_while_it_writes_leaves_no_file() {
    let scene = Scene::new().await;
    let names = || -> Vec<String> {
        let names = fs::read_dir(scene.files.path()).unwrap().map(|file| file.unwrap().file_name());
        names.map(|name| name.into_string().unwrap()).filter(|name| name.contains("000001")).collect()
    };
    // So that it comes to the end, and tells where it writes.
    scene.give(Way::Detach, 1).await.unwrap().unwrap();
    scene.give(Way::Attach, 1).await.unwrap().unwrap();
    let entries = names().into_iter().find(|name| name.contains("entry")).unwrap();
    for name in names() {
        fs::remove_file(scene.files.path().join(name)).unwrap();
    }
    // Nobody takes what it writes.
    let part = scene.files.path().join(format!("{entries}.part"));
    mkfifo(&part, Mode::empty()).unwrap();
    fs::set_permissions(&part, Permissions::from_mode(0o666)).unwrap();
    let watcher = owner(&scene.database).await;
    let killed = async {
        eventually("a program is to write", async || is_named_by_a_process(&part)).await;
        let writes = "SELECT pid FROM pg_stat_activity WHERE state = 'active' AND query LIKE 'COPY (%entry_000001%'";
        kill_9(watcher.query_one(writes, &[]).await.unwrap().get(0)).await;
        // The rows that were on their way come to an end like any others.
        let taken = part.clone();
        spawn_blocking(move || fs::read(taken)).await.unwrap().unwrap();
        eventually("the program has ended", async || !is_named_by_a_process(&part)).await;
    };
    let (told, ()) = tokio::join!(scene.give(Way::Detach, 1), killed);
    assert!(told.is_err(), "{told:?}");
    assert_eq!(names(), [format!("{entries}.part")]);
    fs::remove_file(&part).unwrap();

    eventually("the server is back", async || scene.database.connect_owner().await.is_ok()).await;
    scene.assert_whole(false).await;
    scene.give(Way::Detach, 1).await.unwrap().unwrap();
    scene.assert_whole(true).await;
    scene.database.close().await.unwrap();
}

fn is_named_by_a_process(path: &Path) -> bool {
    let processes = fs::read_dir("/proc").unwrap().map(|process| process.unwrap().path().join("cmdline"));
    let mut commands = processes.filter_map(|command| fs::read(command).ok());
    let path = path.as_os_str().as_bytes();
    commands.any(|command| command.windows(path.len()).any(|part| part == path))
}
