//! A follower that is killed, restarted, and killed again, beside posters that are killed and a server that is killed:
//! every sequence is dealt with at least once, in order, without a gap; and refusals of a process that lives are kept.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use dianfu_ledger::book::{self, BookName};
use dianfu_ledger::db::Database;
use dianfu_ledger::entry::NewEntry;
use dianfu_ledger::events::cursor;
use dianfu_ledger::refusal::{RefusalFilter, refusals};
use dianfu_ledger::{Ledger, Outcome};
use dianfu_tests::poster::{Orders, Poster};
use dianfu_tests::{DataFolder, dianfu_bin, eventually, work};
use tokio::process::{Child, Command};

use crate::cluster::{kill_9, open};

/// Requests of one poster.
const REQUESTS: u32 = 800;

/// Notes the sequence of each event.
const NOTE: &str = r#"sed -E 's/^\{"sequence":([0-9]+),.*/\1/' >> "$SEEN""#;

fn main_book() -> BookName {
    BookName::parse("main").unwrap()
}

fn url(database: &Database) -> String {
    format!("host={} user=postgres dbname=postgres", database.cluster().unwrap().socket_folder().display())
}

async fn poster(database: &Database, number: u32) -> Poster {
    let (first, end) = (number * REQUESTS, (number + 1) * REQUESTS);
    let orders = Orders { in_transactions: false, first, end, begin: first };
    let mut poster = Poster::start(env!("CARGO_BIN_EXE_poster"), &url(database), orders).await;
    poster.go().await;
    poster
}

/// The program that follows, noting each sequence in a file; it ends when it has caught up, if it is told to.
fn follower(database: &Database, file: &Path, until_head: bool) -> Child {
    let mut command = Command::new(dianfu_bin());
    command.args(["events", "follow", "--cursor", "lake", "--batch", "5", "--exec", NOTE]);
    if until_head {
        command.arg("--until-head");
    }
    command.env("DATABASE_URL", url(database)).env("SEEN", file).stdout(Stdio::null()).stderr(Stdio::null());
    command.kill_on_drop(true).spawn().unwrap()
}

fn seen(file: &Path) -> Vec<i64> {
    let text = std::fs::read_to_string(file).unwrap_or_default();
    text.lines().filter_map(|line| line.parse().ok()).collect()
}

/// In order, without a gap: whatever comes again was there before.
fn assert_at_least_once_in_order(seen: &[i64]) {
    let mut last = 0;
    for sequence in seen {
        assert!(*sequence <= last + 1, "{sequence} comes after {last}");
        last = last.max(*sequence);
    }
}

#[tokio::test]
async fn every_entry_is_dealt_with_in_order_whoever_is_killed() {
    let folder = DataFolder::new();
    let (mut database, mut server) = open(folder.path()).await;
    book::create(&database, &main_book()).await.unwrap();
    let ledger = Ledger::open(&database, &main_book()).await.unwrap();
    ledger.open_accounts(&work::accounts(false), "test").await.unwrap();
    let notes = tempfile::tempdir().unwrap();
    let file = notes.path().join("seen");

    let mut posters = vec![poster(&database, 0).await, poster(&database, 1).await];
    for (round, at_least) in [20, 60, 120, 180].into_iter().enumerate() {
        let mut following = follower(&database, &file, false);
        eventually("the follower is on its way", async || seen(&file).len() >= at_least).await;
        if round % 2 == 1 {
            // With its server, in the middle.
            kill_9(server).await;
            (database, server) = open(folder.path()).await;
        }
        following.kill().await.unwrap();
        assert_at_least_once_in_order(&seen(&file));
        if round == 2 {
            posters.remove(0).kill().await;
        }
    }
    for poster in posters {
        poster.finish().await;
    }
    // Two at once with one name: one waits until the other has ended, or its time is over.
    let mut both = [follower(&database, &file, true), follower(&database, &file, true)];
    for following in &mut both {
        assert!(following.wait().await.unwrap().success());
    }
    let client = ledger.client().await.unwrap();
    let head = dianfu_ledger::events::page::head(&**client).await.unwrap();
    let seen = seen(&file);
    assert_at_least_once_in_order(&seen);
    assert_eq!(seen.iter().max(), Some(&head));
    assert_eq!(cursor::find(&**client, "lake").await.unwrap().position, head);
    assert!(head > i64::from(REQUESTS), "{head}");
    ledger.close().await;
}

#[tokio::test]
async fn refusals_wait_for_a_server_that_is_back_and_are_recorded_once() {
    let folder = DataFolder::new();
    let (database, server) = open(folder.path()).await;
    book::create(&database, &main_book()).await.unwrap();
    let ledger = Ledger::open(&database, &main_book()).await.unwrap();
    ledger.open_accounts(&work::accounts(false), "test").await.unwrap();
    let refused = |number: u32| {
        let entry = work::request(number).remove(0);
        vec![NewEntry { postings: Vec::new(), ..entry }]
    };
    // The server dies with rows on their way: recorded or not, they are tried again, and are there once.
    for number in (0..400).step_by(4) {
        let outcomes = ledger.post(refused(number)).await.unwrap();
        assert!(matches!(outcomes[..], [Outcome::Rejected(_)]), "{outcomes:?}");
    }
    kill_9(server).await;
    let (_database, _server) = open(folder.path()).await;
    tokio::time::timeout(Duration::from_mins(1), async {
        loop {
            let Ok(client) = ledger.client().await else { continue };
            ledger.refusals().settle().await;
            let Ok(page) = refusals(&**client, &RefusalFilter::default(), None, 1_000).await else { continue };
            if page.refusals.len() >= 100 {
                let numbers = page.refusals.iter().map(|row| row.refusal_no);
                assert!(numbers.rev().eq(1..=100));
                return;
            }
        }
    })
    .await
    .unwrap();
    ledger.close().await;
}
