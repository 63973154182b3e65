//! The same question about the same past instant always has the same answer.

use std::time::Duration;

use dianfu_ledger::Ledger;
use dianfu_ledger::entry::EntryKind;
use dianfu_ledger::query::{self, BalanceView, DateRange, Items, Moment, OpenItem, Statement, TrialBalance};
use dianfu_tests::eventually;
use jiff::{Span, Timestamp};
use tokio::time::timeout;
use tokio_postgres::Client;

use crate::books::{Book, account, day, entry, for_random_books};

/// Long enough for a question that waits for nobody.
const AT_ONCE: Duration = Duration::from_secs(20);

/// Everything that can be asked about one moment.
#[derive(PartialEq, Debug)]
struct Answers {
    balances: Vec<BalanceView>,
    trial_balance: TrialBalance,
    items: Vec<OpenItem>,
    statement: Statement,
}

async fn ask(client: &Client, moment: Moment) -> Answers {
    Answers {
        balances: query::balances(client, &account("1101"), moment).await.unwrap().unwrap(),
        trial_balance: query::trial_balance(client, moment, None).await.unwrap(),
        items: query::open_items(client, &account("1101"), moment, Items::All).await.unwrap(),
        statement: query::statement(client, &account("1101.picc"), moment, DateRange::default(), None, 1_000)
            .await
            .unwrap()
            .unwrap(),
    }
}

#[test]
fn what_was_known_stays_what_was_known() {
    for_random_books(4, async |book| {
        let client = book.ledger.client().await.unwrap();
        let mut asked = Vec::new();
        for as_of in [None, Some(day(5))] {
            let now = ask(&client, Moment { as_of, known_at: None }).await;
            let moment = Moment { as_of, known_at: Some(now.trial_balance.known_at) };
            assert_eq!(ask(&client, moment).await, now);
            asked.push((moment, now));
        }
        for on_day in [0, 3, 9] {
            book.post(vec![entry(EntryKind::Post, on_day, &[("1101.picc", 7, Some("CLM-9")), ("1002", -7, None)])])
                .await;
            for (moment, answers) in &asked {
                assert_eq!(ask(&client, *moment).await, *answers);
            }
        }
        assert_ne!(ask(&client, Moment::default()).await, asked[0].1);
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_known_just_now_stays_so_while_others_write() {
    let book = Book::new().await;
    let writers: Vec<_> = (0..3).map(|_| tokio::spawn(write(book.ledger.clone()))).collect();
    let client = book.ledger.client().await.unwrap();
    let mut asked = Vec::new();
    while !writers.iter().all(tokio::task::JoinHandle::is_finished) {
        let clock: Timestamp = client.query_one("SELECT clock_timestamp()", &[]).await.unwrap().get(0);
        let moment = Moment { as_of: None, known_at: Some(clock) };
        asked.push((moment, query::trial_balance(&**client, moment, None).await.unwrap()));
    }
    for writer in writers {
        writer.await.unwrap();
    }
    for (moment, first) in asked {
        assert!(first.is_balanced());
        assert_eq!(query::trial_balance(&**client, moment, None).await.unwrap(), first);
    }
}

async fn write(ledger: Ledger) {
    for on_day in 0..40 {
        let legs = [("1101.picc", 100 + on_day, Some("CLM-1")), ("1002", -100 - on_day, None)];
        let outcomes = ledger.post(vec![entry(EntryKind::Post, on_day, &legs)]).await.unwrap();
        assert!(matches!(outcomes[0], dianfu_ledger::Outcome::Posted(_)));
    }
}

#[tokio::test]
async fn a_turn_in_flight_is_waited_for_only_if_it_may_book_before_the_time_asked_for() {
    let mut book = Book::new().await;
    let legs = [("1101.picc", 100, Some("CLM-1")), ("1002", -100, None)];
    book.post(vec![entry(EntryKind::Post, 0, &legs)]).await;
    let before = book.booked[0].receipt.booked_at;
    let balance_at = async |known_at: Timestamp| {
        let client = book.ledger.client().await.unwrap();
        let moment = Moment { as_of: None, known_at: Some(known_at) };
        query::balance(&**client, &account("1101.picc"), moment).await.unwrap().unwrap().balance_minor()
    };

    let mut writer = book.ledger.client().await.unwrap();
    let tx = writer.transaction().await.unwrap();
    let outcomes = book.ledger.post_in(&tx, &[entry(EntryKind::Post, 0, &legs)]).await.unwrap();
    let dianfu_ledger::Outcome::Posted(in_flight) = outcomes[0].clone() else { panic!("{outcomes:?}") };

    assert_eq!(timeout(AT_ONCE, balance_at(before)).await.unwrap(), 100);
    let ledger = book.ledger.clone();
    let asking = tokio::spawn(async move {
        let client = ledger.client().await.unwrap();
        let moment = Moment { as_of: None, known_at: Some(in_flight.booked_at) };
        query::balance(&**client, &account("1101.picc"), moment).await.unwrap().unwrap().balance_minor()
    });
    let watcher = book.test.database().connect_owner().await.unwrap();
    eventually("the question waits for the head", async || {
        let waiting = "
            SELECT count(*)
            FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%FOR SHARE%'";
        watcher.query_one(waiting, &[]).await.unwrap().get::<_, i64>(0) == 1
    })
    .await;
    assert!(!asking.is_finished());
    tx.commit().await.unwrap();
    assert_eq!(asking.await.unwrap(), 200);
    assert_eq!(balance_at(before).await, 100);
}

#[tokio::test]
async fn a_turn_that_runs_ahead_of_the_head_is_waited_for() {
    let mut book = Book::new().await;
    let legs = [("1101.picc", 100, Some("CLM-1")), ("1002", -100, None)];
    book.post(vec![entry(EntryKind::Post, 0, &legs)]).await;
    let before = book.booked[0].receipt.booked_at;
    let ahead = book.ledger.client().await.unwrap();
    ahead.batch_execute("BEGIN; SELECT FROM lane WHERE lane_no = 2 FOR UPDATE").await.unwrap();
    let clock: Timestamp = ahead.query_one("SELECT clock_timestamp()", &[]).await.unwrap().get(0);
    let ask = async |ledger: Ledger, known_at: Timestamp| {
        let client = ledger.client().await.unwrap();
        let moment = Moment { as_of: None, known_at: Some(known_at) };
        query::balance(&**client, &account("1101.picc"), moment).await.unwrap().unwrap().balance_minor()
    };
    assert_eq!(timeout(AT_ONCE, ask(book.ledger.clone(), before)).await.unwrap(), 100);
    let asking = tokio::spawn(ask(book.ledger.clone(), clock));
    let watcher = book.test.database().connect_owner().await.unwrap();
    eventually("the question waits for the lane", async || {
        let waiting = "
            SELECT count(*)
            FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock' AND query LIKE '%FROM lane%'";
        watcher.query_one(waiting, &[]).await.unwrap().get::<_, i64>(0) == 1
    })
    .await;
    // It keeps nobody from the head meanwhile.
    book.post(vec![entry(EntryKind::Post, 0, &legs)]).await;
    assert!(!asking.is_finished());
    ahead.batch_execute("COMMIT").await.unwrap();
    assert_eq!(asking.await.unwrap(), 100);
}

#[tokio::test]
async fn a_time_that_has_not_passed_is_refused() {
    let book = Book::new().await;
    let client = book.ledger.client().await.unwrap();
    let clock: Timestamp = client.query_one("SELECT clock_timestamp()", &[]).await.unwrap().get(0);
    let known_at = clock.checked_add(Span::new().hours(1)).unwrap();
    let moment = Moment { as_of: None, known_at: Some(known_at) };
    let refused = query::trial_balance(&**client, moment, None).await.unwrap_err();
    assert_eq!(refused.code(), Some("known_at_in_future"));
    assert!(refused.to_string().starts_with(&format!("known_at {known_at} has not passed yet")), "{refused}");
}
