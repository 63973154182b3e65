//! Several processes on one book: the same requests from all of them, shared accounts with limits, and people who read
//! meanwhile.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use dianfu_ledger::Ledger;
use dianfu_ledger::book::BookName;
use dianfu_ledger::entry::Layer;
use dianfu_ledger::query::{self, EntryView, Moment, TrialBalance};
use dianfu_tests::journal::Journal;
use dianfu_tests::poster::{Orders, Poster, Said, Told};
use dianfu_tests::{TestDatabase, test_database, work};
use futures_util::future::join_all;
use jiff::Timestamp;
use tokio_postgres::Client;
use uuid::Uuid;

/// Requests that every process makes.
const REQUESTS: u32 = 320;

/// The book with the work's accounts, limited, and the table of those who post inside transactions of their own.
async fn book() -> (TestDatabase, Ledger) {
    let test = test_database().await;
    let ledger = Ledger::open(test.database(), &BookName::parse("main").unwrap()).await.unwrap();
    ledger.open_accounts(&work::accounts(true), "test").await.unwrap();
    let owner = test.database().connect_owner().await.unwrap();
    let flow = "
        CREATE TABLE book_main.flow (request bigint PRIMARY KEY);
        GRANT SELECT, INSERT ON book_main.flow TO dianfu_service";
    owner.batch_execute(flow).await.unwrap();
    (test, ledger)
}

async fn poster(url: &str, in_transactions: bool, begin: u32) -> Poster {
    let orders = Orders { in_transactions, first: 0, end: REQUESTS, begin };
    Poster::start(env!("CARGO_BIN_EXE_poster"), url, orders).await
}

/// Lets all of them begin, and gives what each says until it has done everything.
async fn run(posters: Vec<Poster>) -> Vec<Vec<Said>> {
    join_all(posters.into_iter().map(async |mut poster| {
        poster.go().await;
        poster.finish().await
    }))
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn processes_share_a_book_and_its_limits() {
    let (test, ledger) = book().await;
    let url = test.url();
    let posters = [(false, 0), (false, 80), (false, 200), (true, 40), (true, 200)];
    let posters = join_all(posters.map(|(in_transactions, begin)| poster(&url, in_transactions, begin))).await;
    let ended = Arc::new(AtomicBool::new(false));
    let readers = [(); 2].map(|()| tokio::spawn(read_until(ledger.clone(), ended.clone())));
    let said = run(posters).await;
    ended.store(true, Ordering::Relaxed);

    let client = ledger.client().await.unwrap();
    for reader in readers {
        let answers = reader.await.unwrap();
        assert!(answers.len() > 10, "{} questions are too few", answers.len());
        for (moment, answer) in answers {
            assert_eq!(query::trial_balance(&**client, moment, None).await.unwrap(), answer);
        }
    }
    let journal = Journal::read(test.database()).await;
    assert_posted_once(&journal, &said);
    assert_limits_held(journal.entries());
    assert_notes_and_entries_agree(&client, &journal, &said[3..]).await;
}

/// Asks for the trial balance, now and of a moment just passed, again and again; and for an earlier answer once more.
async fn read_until(ledger: Ledger, ended: Arc<AtomicBool>) -> Vec<(Moment, TrialBalance)> {
    let client = ledger.client().await.unwrap();
    let mut answers: Vec<(Moment, TrialBalance)> = Vec::new();
    while !ended.load(Ordering::Relaxed) {
        let now = query::trial_balance(&**client, Moment::default(), None).await.unwrap();
        let clock: Timestamp = client.query_one("SELECT clock_timestamp()", &[]).await.unwrap().get(0);
        let just_passed = Moment { as_of: None, known_at: Some(clock) };
        let then = query::trial_balance(&**client, just_passed, None).await.unwrap();
        assert!(now.is_balanced() && then.is_balanced(), "{now:?} {then:?}");
        answers.push((Moment { as_of: None, known_at: Some(now.known_at) }, now));
        answers.push((just_passed, then));
        let (moment, earlier) = &answers[answers.len() / 2];
        assert_eq!(query::trial_balance(&**client, *moment, None).await.unwrap(), *earlier);
    }
    answers
}

/// Each entry was posted for one of them at most, all were told the same sequence, and nothing else is in the books.
fn assert_posted_once(journal: &Journal, said: &[Vec<Said>]) {
    let mut posted: BTreeSet<Uuid> = BTreeSet::new();
    let mut met: BTreeMap<&str, u32> = BTreeMap::new();
    for said in said {
        journal.assert_has(said);
        for Said { number, told } in said {
            for (entry, told) in work::request(*number).iter().zip(told.iter().flatten()) {
                let word = match told {
                    Told::Posted(_) => {
                        assert!(posted.insert(entry.id), "request {number} was posted for two");
                        "posted"
                    }
                    Told::Replayed(_) => "replayed",
                    Told::Refused(code) => code,
                };
                *met.entry(word).or_default() += 1;
            }
        }
    }
    let in_books: BTreeSet<Uuid> = journal.entries().iter().map(|entry| entry.id).collect();
    assert_eq!(in_books, posted);
    (0..REQUESTS).for_each(|number| journal.assert_whole(number));
    // Otherwise they have not met, and this has tested nothing.
    for word in ["replayed", "above_maximum", "below_minimum", "linked_entry_rejected"] {
        assert!(met.contains_key(word), "{word} is not among {met:?}");
    }
}

/// Entry by entry: no overdraft of the pot, and nothing above the credit line, whatever holds go through.
fn assert_limits_held(entries: &[EntryView]) {
    let mut pot = 0;
    let (mut line, mut held) = (0, 0);
    for leg in entries.iter().flat_map(|entry| &entry.postings) {
        match (leg.account.as_str(), leg.layer) {
            (work::POT, Layer::Settled) => pot = leg.after.debits - leg.after.credits,
            (work::LINE, Layer::Settled) => line = leg.after.debits - leg.after.credits,
            (work::LINE, Layer::Pending) => held = leg.after.debits,
            _ => {}
        }
        assert!(pot >= 0, "the pot stands at {pot}");
        assert!(line + held <= work::LINE_MAX, "{line} and {held} held are above the line");
    }
}

/// Rows that were to commit with entries have done so: a note for each request that was kept, and for no other.
async fn assert_notes_and_entries_agree(client: &Client, journal: &Journal, said: &[Vec<Said>]) {
    let kept: BTreeSet<i64> =
        said.iter().flatten().filter(|said| said.told.is_some()).map(|said| said.number.into()).collect();
    let rows = client.query("SELECT request FROM flow", &[]).await.unwrap();
    let notes: BTreeSet<i64> = rows.iter().map(|row| row.get(0)).collect();
    assert_eq!(notes, kept);
    assert!(!notes.is_empty());
    for number in notes {
        let entries = work::request(u32::try_from(number).unwrap());
        assert!(entries.iter().all(|entry| journal.sequence(entry.id).is_some()), "request {number}");
    }
}
