//! Holds: what is left of them is listed, and they end by themselves when their time is over.

use dianfu_ledger::entry::{EntryKind, NewEntry};
use dianfu_ledger::query::{self, HoldView, Moment};
use dianfu_ledger::{Outcome, clock};
use dianfu_tests::eventually;
use dianfu_tests::journal::assert_verifies;
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::books::{Book, account, entry, release};

fn hold(minor: i64) -> NewEntry {
    entry(EntryKind::Hold, 1, &[("1101.picc", minor, Some("CLM-1")), ("9002", -minor, None)])
}

async fn post(book: &Book, entry: NewEntry) -> Outcome {
    book.ledger.post(vec![entry]).await.unwrap().remove(0)
}

async fn open_holds(book: &Book, account: Option<&str>) -> Vec<(Uuid, Vec<i64>)> {
    let client = book.ledger.client().await.unwrap();
    let account = account.map(crate::books::account);
    let holds = query::holds(&**client, account.as_ref(), None, 100).await.unwrap();
    let left = |hold: HoldView| (hold.id, hold.left.iter().map(|leg| leg.amount.minor).collect());
    assert_eq!(holds.next, None);
    holds.holds.into_iter().map(left).collect()
}

#[tokio::test]
async fn open_holds_are_listed_with_what_is_left() {
    let book = Book::new().await;
    let group = Some(Uuid::from_u128(77));
    let (first, second) = (hold(500), hold(80));
    let (grouped, also_grouped) =
        (NewEntry { hold_group: group, ..hold(7) }, NewEntry { hold_group: group, ..hold(9) });
    let elsewhere = entry(EntryKind::Hold, 1, &[("1002", 5, None), ("9002", -5, None)]);
    for entry in [&first, &second, &grouped, &also_grouped, &elsewhere] {
        assert!(matches!(post(&book, entry.clone()).await, Outcome::Posted(_)));
    }
    let part = entry(EntryKind::Capture, 2, &[("1101.picc", 200, Some("CLM-1")), ("9002", -200, None)]);
    post(&book, NewEntry { relates_to: Some(first.id), ..part }).await;
    post(&book, release(second.id, 2)).await;
    let all = [
        (elsewhere.id, vec![5, -5]),
        (also_grouped.id, vec![9, -9]),
        (grouped.id, vec![7, -7]),
        (first.id, vec![300, -300]),
    ];
    assert_eq!(open_holds(&book, None).await, all);
    assert_eq!(open_holds(&book, Some("1101")).await, all[1..]);
    let capture = NewEntry { hold_group: group, ..entry(EntryKind::Capture, 2, &[]) };
    assert!(matches!(post(&book, capture).await, Outcome::Posted(_)));
    assert_eq!(open_holds(&book, Some("1101.picc")).await, all[3..]);
    let client = book.ledger.client().await.unwrap();
    let newest = query::holds(&**client, None, None, 1).await.unwrap();
    assert_eq!((newest.holds[0].id, newest.next), (elsewhere.id, Some(newest.holds[0].sequence)));
    let next = query::holds(&**client, None, newest.next, 1).await.unwrap();
    assert_eq!((next.holds[0].id, next.next), (first.id, None));
}

/// A hold of `minor` in the book that expires as soon as the machine is fast enough for.
async fn expiring(book: &Book, minor: i64) -> NewEntry {
    let mut shortly = SignedDuration::from_millis(10);
    loop {
        let expires_at = clock::now().checked_add(shortly).unwrap();
        let hold = NewEntry { expires_at: Some(expires_at), ..hold(minor) };
        match post(book, hold.clone()).await {
            Outcome::Posted(_) => return hold,
            Outcome::Rejected(rejection) => assert_eq!(rejection.code(), "expiry_passed"),
            Outcome::Replayed(_) => panic!("the id is new"),
        }
        shortly += shortly;
    }
}

async fn held(book: &Book) -> i128 {
    let client = book.ledger.client().await.unwrap();
    let view = query::balance(&**client, &account("1101.picc"), Moment::default()).await.unwrap().unwrap();
    view.pending.debits_minor
}

#[tokio::test]
async fn a_hold_ends_in_the_first_turn_after_its_time_and_not_before() {
    let book = Book::new().await;
    let hold = expiring(&book, 500).await;
    let expires_at = clock::as_kept(hold.expires_at.unwrap());
    let mut last: Option<Timestamp> = None;
    // Each turn is booked later than the one before, so that one of them is the first after the hold's time.
    loop {
        let paid = entry(EntryKind::Post, 1, &[("1101.picc", 1, Some("CLM-1")), ("9002", -1, None)]);
        let Outcome::Posted(receipt) = post(&book, paid).await else { panic!("a post is refused") };
        let is_held = held(&book).await == 500;
        assert_eq!(is_held, receipt.booked_at < expires_at, "{} {expires_at}", receipt.booked_at);
        if !is_held {
            break;
        }
        last = Some(receipt.booked_at);
    }
    let client = book.ledger.client().await.unwrap();
    let view = query::entry(&**client, hold.id).await.unwrap().unwrap();
    assert_eq!(view.related.len(), 1);
    let expiry = query::entry(&**client, view.related[0].id).await.unwrap().unwrap();
    assert_eq!((expiry.kind, expiry.relates_to, expiry.actor.as_str()), (EntryKind::Expiry, Some(hold.id), "ledger"));
    assert!(expiry.booked_at >= expires_at && last.is_none_or(|last| expiry.booked_at > last));
    assert_eq!(expiry.postings.iter().map(|leg| leg.amount.minor).collect::<Vec<_>>(), [-500, 500]);
    let Outcome::Rejected(rejection) = post(&book, release(hold.id, 2)).await else { panic!("it is released") };
    assert_eq!(rejection.code(), "hold_expired");
    assert_eq!(open_holds(&book, None).await, []);
    drop(client);
    assert_verifies(book.test.database()).await;
}

#[tokio::test]
async fn a_hold_ends_also_when_nobody_posts() {
    let book = Book::new().await;
    expiring(&book, 500).await;
    eventually("the hold ends", async || held(&book).await == 0).await;
}

#[tokio::test]
async fn of_a_hold_that_was_captured_in_part_the_rest_expires() {
    let book = Book::new().await;
    let hold = expiring(&book, 500).await;
    let part = entry(EntryKind::Capture, 2, &[("1101.picc", 200, Some("CLM-1")), ("9002", -200, None)]);
    let captured = post(&book, NewEntry { relates_to: Some(hold.id), ..part }).await;
    let is_captured = matches!(captured, Outcome::Posted(_));
    eventually("the hold ends", async || held(&book).await == 0).await;
    let client = book.ledger.client().await.unwrap();
    let view = query::entry(&**client, hold.id).await.unwrap().unwrap();
    let kinds: Vec<_> = view.related.iter().map(|related| related.kind).collect();
    let expected = if is_captured { vec![EntryKind::Capture, EntryKind::Expiry] } else { vec![EntryKind::Expiry] };
    assert_eq!(kinds, expected);
}
