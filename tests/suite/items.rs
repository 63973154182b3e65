//! Open items: payments that are shared out over items, in full, in part, too much or too little, and taken back.

use dianfu_ledger::entry::{EntryKind, Layer, NewEntry, NewPosting};
use dianfu_ledger::query::{self, ItemHistory, ItemPlace, Items, Moment};
use dianfu_tests::journal::assert_verifies;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::books::{Book, account, day, entry, for_random_books};

const CODE: &str = "1101.picc";

/// An entry on items of one account, and the rest on the bank.
fn on_items(on_day: i64, items: &[(&str, i64)]) -> NewEntry {
    let mut legs: Vec<_> = items.iter().map(|(item, minor)| (CODE, *minor, Some(*item))).collect();
    let rest: i64 = items.iter().map(|(_, minor)| minor).sum();
    legs.extend((rest != 0).then_some(("1002", -rest, None)));
    entry(EntryKind::Post, on_day, &legs)
}

async fn outstanding(book: &Book) -> Vec<(String, i128)> {
    let client = book.ledger.client().await.unwrap();
    let items = query::open_items(&**client, &account(CODE), Moment::default(), Items::Outstanding).await.unwrap();
    items.into_iter().map(|item| (item.item, item.outstanding_minor)).collect()
}

async fn history(book: &Book, item: &str, moment: Moment, after: ItemPlace, limit: u16) -> ItemHistory {
    let client = book.ledger.client().await.unwrap();
    query::item_history(&**client, &account(CODE), item, moment, after, limit).await.unwrap().unwrap()
}

fn of(pairs: &[(&str, i128)]) -> Vec<(String, i128)> {
    pairs.iter().map(|(item, minor)| ((*item).to_owned(), *minor)).collect()
}

#[tokio::test]
async fn a_payment_is_shared_out_and_what_was_shared_out_wrongly_is_taken_back() {
    let mut book = Book::new().await;
    book.post(vec![on_items(1, &[("CLM-1", 60)]), on_items(1, &[("CLM-2", 50)]), on_items(2, &[("CLM-3", 7)])]).await;
    book.post(vec![on_items(3, &[("PAY-1", -100)]), on_items(3, &[("PAY-2", -30)])]).await;
    // One payment to many items, the last in part; many payments to one item; too much, which stays on the item.
    let shared = on_items(4, &[("PAY-1", 100), ("CLM-1", -60), ("CLM-2", -40)]);
    let rest = on_items(4, &[("PAY-2", 30), ("CLM-2", -10), ("CLM-3", -20)]);
    book.post(vec![shared.clone(), rest]).await;
    assert_eq!(outstanding(&book).await, of(&[("CLM-3", -13)]));
    let back = NewEntry { relates_to: Some(shared.id), ..entry(EntryKind::Reversal, 5, &[]) };
    book.post(vec![back]).await;
    assert_eq!(outstanding(&book).await, of(&[("CLM-1", 60), ("CLM-2", 40), ("CLM-3", -13), ("PAY-1", -100)]));

    let whole = history(&book, "CLM-2", Moment::default(), ItemPlace::default(), 100).await;
    let rows: Vec<_> = whole.rows.iter().map(|row| (row.kind, row.amount.minor, row.outstanding_minor)).collect();
    let post = EntryKind::Post;
    assert_eq!(rows, [(post, 50, 50), (post, -40, 10), (post, -10, 0), (EntryKind::Reversal, 40, 40)]);
    assert_eq!((whole.outstanding_minor, whole.next), (40, None));
    assert_eq!(whole.rows[3].relates_to, Some(shared.id));
    let first = history(&book, "CLM-2", Moment::default(), ItemPlace::default(), 3).await;
    assert_eq!((&first.rows[..], first.outstanding_minor), (&whole.rows[..3], 40));
    let second = history(&book, "CLM-2", Moment::default(), first.next.unwrap(), 3).await;
    assert_eq!((&second.rows[..], second.next), (&whole.rows[3..], None));
    let before = Moment { as_of: Some(day(4)), known_at: None };
    assert_eq!(history(&book, "CLM-2", before, ItemPlace::default(), 100).await.outstanding_minor, 0);
    assert_eq!(history(&book, "nobody's", Moment::default(), ItemPlace::default(), 100).await.rows, []);
    assert_verifies(book.test.database()).await;
}

#[tokio::test]
async fn an_item_is_due_when_the_last_posting_said_that_gave_a_date() {
    let mut book = Book::new().await;
    let due = |entry: NewEntry, due_date: Date| {
        let postings = entry.postings.iter().cloned().map(|posting| match posting.item {
            Some(_) => NewPosting { due_date: Some(due_date), ..posting },
            None => posting,
        });
        NewEntry { postings: postings.collect(), ..entry }
    };
    let hold = NewEntry { kind: EntryKind::Hold, ..due(on_items(1, &[("CLM-1", 60)]), day(20)) };
    book.post(vec![hold.clone()]).await;
    book.post(vec![NewEntry { relates_to: Some(hold.id), ..entry(EntryKind::Capture, 2, &[]) }]).await;
    let shown = history(&book, "CLM-1", Moment::default(), ItemPlace::default(), 100).await;
    let rows: Vec<_> = shown.rows.iter().map(|row| (row.layer, row.due_date, row.outstanding_minor)).collect();
    let (settled, pending, twentieth) = (Layer::Settled, Layer::Pending, Some(day(20)));
    assert_eq!(rows, [(pending, twentieth, 0), (settled, twentieth, 60), (pending, twentieth, 60)]);
    book.post(vec![due(on_items(3, &[("CLM-1", -5)]), day(25))]).await;
    let shown = history(&book, "CLM-1", Moment::default(), ItemPlace::default(), 100).await;
    assert_eq!((shown.due_date, shown.outstanding_minor), (Some(day(25)), 55));
}

#[test]
fn histories_add_up_to_the_account() {
    for_random_books(4, async |book| {
        let client = book.ledger.client().await.unwrap();
        let known_at = book.booked.get(book.booked.len() / 2).map(|booked| booked.receipt.booked_at);
        for moment in [Moment::default(), Moment { as_of: Some(day(15)), known_at }] {
            let code = account("2190");
            let items = query::open_items(&**client, &code, moment, Items::All).await.unwrap();
            let mut sum = 0;
            for item in items {
                let history = query::item_history(&**client, &code, &item.item, moment, ItemPlace::default(), 1_000);
                let history = history.await.unwrap().unwrap();
                assert_eq!(history.outstanding_minor, item.outstanding_minor, "{}", item.item);
                sum += history.outstanding_minor;
            }
            let settled = book.settled(moment.as_of, moment.known_at.unwrap_or(Timestamp::MAX));
            let expected = settled.get(&code).map_or(0, |mirror| mirror.debits - mirror.credits);
            assert_eq!(sum, expected, "{moment:?}");
        }
    });
}
