//! Events are the entries: all of them, in order, once a sequence, and only what is committed.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use dianfu_ledger::events::{Event, EventType, Filter, Page, page};
use dianfu_ledger::query;
use dianfu_tests::eventually;
use tokio::task::JoinSet;
use tokio_postgres::Client;

use super::{another, paid, unbalanced};
use crate::books::{Book, for_random_books};

/// Reads on to the end, a page at a time.
async fn read_all(client: &Client, limit: u16, filter: &Filter) -> Vec<Event> {
    let (mut after, mut events) = (0, Vec::new());
    loop {
        let page = page(client, after, limit, filter).await.unwrap();
        assert!(page.events.len() <= usize::from(limit) && page.next <= page.head);
        assert!(page.next > after || page.is_last(), "a page that is not the last moves on: {page:?}");
        events.extend(page.events.iter().map(|event| event.as_ref().clone()));
        after = page.next;
        if page.is_last() {
            return events;
        }
    }
}

#[test]
fn events_are_the_entries_in_order_without_gaps() {
    for_random_books(4, async |book| {
        let client = book.ledger.client().await.unwrap();
        for limit in [1, 3, 1_000] {
            let events = read_all(&client, limit, &Filter::default()).await;
            assert_eq!(events.len(), book.booked.len());
            for (event, booked) in events.iter().zip(&book.booked) {
                assert_eq!((event.sequence(), event.entry.id), (booked.receipt.sequence, booked.entry.id));
                assert_eq!(event.event_type(), EventType::of(booked.entry.kind));
                let view = query::entry(&**client, event.entry.id).await.unwrap().unwrap();
                assert_eq!(event.entry, query::EntryView { related: Vec::new(), ..view });
                let brought = "SELECT commit_no FROM commit WHERE $1 BETWEEN first_sequence AND last_sequence";
                let row = client.query_one(brought, &[&event.sequence()]).await.unwrap();
                assert_eq!(event.commit_no, row.get::<_, i64>(0));
            }
        }
    });
}

#[test]
fn a_filter_hides_nothing_that_it_lets_through_and_comes_to_the_end() {
    for_random_books(4, async |book| {
        let client = book.ledger.client().await.unwrap();
        let all = read_all(&client, 1_000, &Filter::default()).await;
        for filter in [
            Filter { prefix: Some("1101.".to_owned()), ..Filter::default() },
            Filter { prefix: Some("2".to_owned()), types: Some(vec![EventType::HoldPlaced]), ..Filter::default() },
            Filter { types: Some(vec![EventType::EntryPosted, EventType::HoldReleased]), ..Filter::default() },
            Filter { journal: Some("J1".to_owned()), ..Filter::default() },
            Filter { types: Some(Vec::new()), ..Filter::default() },
        ] {
            let expected: Vec<Event> = all.iter().filter(|event| filter.matches(event)).cloned().collect();
            for limit in [1, 2, 1_000] {
                assert_eq!(read_all(&client, limit, &filter).await, expected, "{filter:?} by {limit}");
            }
        }
    });
}

#[tokio::test]
async fn what_is_not_committed_is_not_seen_and_leaves_no_gap() {
    let mut book = Book::new().await;
    book.post(vec![paid(1)]).await;
    let (mut writing, reading) = (book.ledger.client().await.unwrap(), book.ledger.client().await.unwrap());
    let seen =
        async || read_all(&reading, 10, &Filter::default()).await.iter().map(Event::sequence).collect::<Vec<_>>();
    for is_kept in [false, true] {
        let tx = writing.transaction().await.unwrap();
        book.ledger.post_in(&tx, &[paid(2), paid(3)]).await.unwrap();
        assert_eq!(seen().await, [1]);
        if is_kept { tx.commit().await.unwrap() } else { tx.rollback().await.unwrap() }
    }
    assert_eq!(seen().await, [1, 2, 3]);
}

#[tokio::test]
async fn an_entry_that_was_taken_out_is_an_error_and_no_gap() {
    let mut book = Book::new().await;
    book.post(vec![paid(1), paid(2), paid(3)]).await;
    let owner = book.test.database().connect_owner().await.unwrap();
    owner
        .batch_execute(
            "ALTER TABLE book_main.entry DISABLE TRIGGER ALL;
             DELETE FROM book_main.entry WHERE sequence = 2",
        )
        .await
        .unwrap();
    let client = book.ledger.client().await.unwrap();
    let error = page(&**client, 0, 10, &Filter::default()).await.unwrap_err();
    assert!(error.to_string().contains("entries are missing"), "{error}");
}

#[tokio::test]
async fn a_listener_hears_of_this_process_and_of_others() {
    let book = Book::new().await;
    let elsewhere = another(&book.test).await;
    let mut listener = book.ledger.tail().listen();
    let mut seen = 0;
    for (number, ledger) in (1..).zip([&book.ledger, &elsewhere, &elsewhere, &book.ledger]) {
        ledger.post(vec![paid(number), unbalanced()]).await.unwrap();
        assert!(listener.beyond(seen).await);
        let Page { events, next, .. } = listener.page(seen, 10, &Filter::default()).await.unwrap();
        assert_eq!(events.iter().map(|event| event.sequence()).collect::<Vec<_>>(), [number]);
        assert_eq!(events[0].entry.postings[0].amount.minor, number);
        seen = next;
    }
    // Who is far behind, and who has a filter, gets the same as who reads from the book.
    let client = book.ledger.client().await.unwrap();
    for after in 0..=4 {
        let filter = Filter { prefix: Some("9".to_owned()), ..Filter::default() };
        let kept = listener.page(after, 3, &filter).await.unwrap();
        assert_eq!(kept, page(&**client, after, 3, &filter).await.unwrap());
    }
    elsewhere.close().await;
}

#[tokio::test]
async fn a_crowd_of_listeners_hears_everything_and_a_closed_book_ends_them() {
    let book = Book::new().await;
    let mut crowd = JoinSet::new();
    let heard_all = Arc::new(AtomicUsize::new(0));
    for _ in 0..200 {
        let (mut listener, heard_all) = (book.ledger.tail().listen(), heard_all.clone());
        crowd.spawn(async move {
            let mut seen: Vec<i64> = Vec::new();
            while seen.len() < 60 {
                let next = seen.last().copied().unwrap_or(0);
                assert!(listener.beyond(next).await);
                let page = listener.page(next, 7, &Filter::default()).await.unwrap();
                seen.extend(page.events.iter().map(|event| event.sequence()));
            }
            heard_all.fetch_add(1, Ordering::SeqCst);
            assert!(seen.into_iter().eq(1..=60));
            // Nothing more comes but the end.
            assert!(!listener.beyond(60).await);
        });
    }
    for number in 1..=20 {
        book.ledger.post(vec![paid(number), paid(number), paid(number)]).await.unwrap();
    }
    eventually("all have heard it", async || heard_all.load(Ordering::SeqCst) == 200).await;
    book.ledger.tail().close();
    assert_eq!(crowd.join_all().await.len(), 200);
}
