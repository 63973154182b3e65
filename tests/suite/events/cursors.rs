//! Cursors: moved by one worker at a time, never past an event that fails, never unseen.

use std::time::Duration;

use dianfu_ledger::events::cursor::{self, Failure};
use dianfu_ledger::events::{Claim, CursorFault};
use tokio_postgres::error::SqlState;

use super::{another, paid};
use crate::books::Book;

const LEASE: Duration = Duration::from_mins(1);

/// A book with ten entries.
async fn book() -> Book {
    let mut book = Book::new().await;
    book.post((1..=10).map(paid).collect()).await;
    book
}

fn code(fault: &CursorFault) -> &'static str {
    fault.code().unwrap_or("the world")
}

#[tokio::test]
async fn one_worker_at_a_time_moves_a_cursor() {
    let book = book().await;
    let elsewhere = another(&book.test).await;
    let (mut here, there) = (book.ledger.client().await.unwrap(), elsewhere.client().await.unwrap());
    assert!(cursor::create(&mut here, "lake", 0, "test").await.unwrap());
    assert!(!cursor::create(&mut here, "lake", 5, "test").await.unwrap(), "it is there already");

    let first = cursor::take(&here, "lake", "one", LEASE).await.unwrap();
    let fault = cursor::take(&there, "lake", "two", LEASE).await.unwrap_err();
    assert!(matches!(&fault, CursorFault::Held { holder, .. } if holder == "one"), "{fault}");
    let first = cursor::advance(&here, &first, 3, None).await.unwrap();

    // Its time is over: the other takes it, and the first can do nothing any more.
    cursor::renew(&here, &first, Duration::ZERO).await.unwrap();
    let second = cursor::take(&there, "lake", "two", LEASE).await.unwrap();
    assert_eq!((second.position, second.fence), (3, first.fence + 1));
    for fault in [
        cursor::advance(&here, &first, 4, None).await.unwrap_err(),
        cursor::renew(&here, &first, LEASE).await.unwrap_err(),
        cursor::fail(&here, &first, 4, "x").await.unwrap_err(),
    ] {
        assert_eq!(code(&fault), "cursor_moved");
    }
    // The same step twice counts once: the second finds the cursor moved.
    let moved = cursor::advance(&there, &second, 4, None).await.unwrap();
    assert_eq!(code(&cursor::advance(&there, &second, 4, None).await.unwrap_err()), "cursor_moved");
    cursor::release(&there, &moved).await.unwrap();
    let third = cursor::take(&here, "lake", "one", LEASE).await.unwrap();
    assert_eq!(third.position, 4);
    elsewhere.close().await;
}

#[tokio::test]
async fn many_workers_with_one_name_never_move_it_twice_over_one_event() {
    let book = book().await;
    let mut client = book.ledger.client().await.unwrap();
    cursor::create(&mut client, "lake", 0, "test").await.unwrap();
    let claim = cursor::take(&client, "lake", "shared", LEASE).await.unwrap();
    let mut workers = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let (ledger, claim) = (book.ledger.clone(), claim.clone());
        workers.spawn(async move {
            let client = ledger.client().await.unwrap();
            let mut moved = Vec::new();
            for from in 0..10 {
                let claim = Claim { position: from, ..claim.clone() };
                if cursor::advance(&client, &claim, from + 1, None).await.is_ok() {
                    moved.push(from + 1);
                }
            }
            moved
        });
    }
    let mut moved: Vec<i64> = workers.join_all().await.into_iter().flatten().collect();
    moved.sort_unstable();
    let position = cursor::find(&**client, "lake").await.unwrap().position;
    assert!(moved.iter().copied().eq(1..=position), "{moved:?}");
}

#[tokio::test]
async fn an_event_that_fails_stops_its_cursor_until_it_is_skipped_on_record() {
    let book = book().await;
    let mut client = book.ledger.client().await.unwrap();
    cursor::create(&mut client, "mail", 0, "test").await.unwrap();
    let fault = cursor::skip(&mut client, "mail", "lin", "why").await.unwrap_err();
    assert_eq!(code(&fault), "nothing_failed");

    let claim = cursor::take(&client, "mail", "one", LEASE).await.unwrap();
    let claim = cursor::advance(&client, &claim, 2, None).await.unwrap();
    for count in 1..=3 {
        assert_eq!(cursor::fail(&client, &claim, 3, "no\0 mail").await.unwrap(), count);
    }
    let stopped = cursor::find(&**client, "mail").await.unwrap();
    let Some(Failure { sequence: 3, error, count: 3, .. }) = &stopped.failure else { panic!("{stopped:?}") };
    assert_eq!((error.as_str(), stopped.position), ("no\u{fffd} mail", 2));

    assert_eq!(code(&cursor::skip(&mut client, "mail", "lin", "").await.unwrap_err()), "text_length");
    let skipped = cursor::skip(&mut client, "mail", "lin", "posted by hand").await.unwrap();
    assert_eq!((skipped.position, skipped.failure, skipped.holder), (3, None, None));
    assert_eq!(code(&cursor::advance(&client, &claim, 3, None).await.unwrap_err()), "cursor_moved");
    let acts = cursor::acts(&**client, "mail").await.unwrap();
    let told: Vec<_> = acts.iter().map(|act| (act.act.as_str(), act.from, act.to, act.reason.as_str())).collect();
    assert_eq!(told, [("skipped", Some(2), Some(3), "posted by hand"), ("created", None, Some(0), "")]);

    // A failure that was mended is over when the cursor has passed it.
    let claim = cursor::take(&client, "mail", "one", LEASE).await.unwrap();
    cursor::fail(&client, &claim, 5, "again").await.unwrap();
    let claim = cursor::advance(&client, &claim, 4, None).await.unwrap();
    assert!(cursor::find(&**client, "mail").await.unwrap().failure.is_some());
    cursor::advance(&client, &claim, 5, None).await.unwrap();
    assert_eq!(cursor::find(&**client, "mail").await.unwrap().failure, None);
}

#[tokio::test]
async fn a_cursor_stands_where_the_book_has_been() {
    let book = book().await;
    let mut client = book.ledger.client().await.unwrap();
    for name in ["", "Lake", "-lake", "la ke", "湖", &"x".repeat(64)] {
        assert_eq!(code(&cursor::create(&mut client, name, 0, "test").await.unwrap_err()), "cursor_name_malformed");
    }
    assert_eq!(code(&cursor::create(&mut client, "lake", 11, "test").await.unwrap_err()), "beyond_head");
    assert_eq!(code(&cursor::create(&mut client, "lake", -1, "test").await.unwrap_err()), "cursor_backwards");
    assert_eq!(code(&cursor::find(&**client, "lake").await.unwrap_err()), "cursor_unknown");
    assert_eq!(code(&cursor::remove(&mut client, "lake", "lin", "why").await.unwrap_err()), "cursor_unknown");

    assert_eq!(cursor::set(&mut client, "lake", 10, "lin", "begin here").await.unwrap().position, 10);
    let claim = cursor::take(&client, "lake", "one", LEASE).await.unwrap();
    for (to, expected) in [(11, "beyond_head"), (9, "cursor_backwards")] {
        assert_eq!(code(&cursor::advance(&client, &claim, to, None).await.unwrap_err()), expected);
    }
    for (sequence, expected) in [(10, "cursor_backwards"), (11, "beyond_head")] {
        assert_eq!(code(&cursor::fail(&client, &claim, sequence, "x").await.unwrap_err()), expected);
    }
    assert_eq!(code(&cursor::set(&mut client, "lake", 11, "lin", "why").await.unwrap_err()), "beyond_head");
    assert_eq!(cursor::set(&mut client, "lake", 4, "lin", "again").await.unwrap().position, 4);
    assert_eq!(code(&cursor::renew(&client, &claim, LEASE).await.unwrap_err()), "cursor_moved");
    assert_eq!(cursor::list(&**client).await.unwrap().len(), 1);
    assert_eq!(cursor::remove(&mut client, "lake", "lin", "gone").await.unwrap(), 4);
    let acts = cursor::acts(&**client, "lake").await.unwrap();
    assert_eq!(acts.iter().map(|act| act.act.as_str()).collect::<Vec<_>>(), ["dropped", "set", "created"]);
}

#[tokio::test]
async fn a_book_that_was_put_back_stops_its_readers() {
    let book = book().await;
    let client = book.ledger.client().await.unwrap();
    let owner = book.test.database().connect_owner().await.unwrap();
    let behind = "INSERT INTO book_main.event_cursor (name, position, fence) VALUES ('lake', 11, 1)";
    owner.batch_execute(behind).await.unwrap();
    let fault = cursor::take(&client, "lake", "one", LEASE).await.unwrap_err();
    assert!(matches!(fault, CursorFault::BookPutBack { position: 11, head: 10, .. }), "{fault}");
}

#[tokio::test]
async fn what_was_done_to_cursors_and_what_was_refused_stays_on_record() {
    let book = book().await;
    let mut client = book.ledger.client().await.unwrap();
    cursor::create(&mut client, "lake", 0, "test").await.unwrap();
    book.ledger.post(vec![super::unbalanced()]).await.unwrap();
    book.ledger.refusals().settle().await;
    let service = book.test.database().connect_service("book_main").await.unwrap();
    let owner = book.test.database().connect_owner().await.unwrap();
    owner.batch_execute("SET search_path = book_main").await.unwrap();
    for table in ["event_cursor_act", "refusal"] {
        for statement in
            [format!("UPDATE {table} SET actor = 'x'"), format!("DELETE FROM {table}"), format!("TRUNCATE {table}")]
        {
            let refused = service.batch_execute(&statement).await.unwrap_err();
            assert_eq!(refused.code(), Some(&SqlState::INSUFFICIENT_PRIVILEGE), "{statement}");
            let refused = owner.batch_execute(&statement).await.unwrap_err();
            assert_eq!(refused.code(), Some(&SqlState::RESTRICT_VIOLATION), "{statement}");
        }
    }
}
