//! What a process has written last is not looked up in the journal as long as it is asked about; what it answers is
//! what anybody else is answered from the journal, and what others have written is never missed.

use dianfu_ledger::entry::{EntryKind, NewEntry};
use dianfu_ledger::{Error, Ledger, Outcome, clock};
use dianfu_tests::journal::assert_verifies;
use jiff::civil::date;
use jiff::{SignedDuration, Timestamp};
use tokio_postgres::Client;
use uuid::Uuid;

use crate::books::{Book, entry, release};

/// As long as they have this name, nobody can look an entry up.
async fn hide_journal(owner: &Client, hidden: bool) {
    let [from, to] = if hidden { ["entries_of", "hidden"] } else { ["hidden", "entries_of"] };
    owner.batch_execute(&format!("ALTER FUNCTION {from}(bigint[]) RENAME TO {to}")).await.unwrap();
}

fn hold(minor: i64) -> NewEntry {
    entry(EntryKind::Hold, 1, &[("1101.picc", minor, Some("CLM-1")), ("9002", -minor, None)])
}

fn capture(hold: Uuid, minor: i64) -> NewEntry {
    let legs = [("1101.picc", minor, Some("CLM-1")), ("9002", -minor, None)];
    NewEntry { relates_to: Some(hold), ..entry(EntryKind::Capture, 2, &legs) }
}

/// Entries with every column that there is, and such as take from others of them.
fn every_kind() -> Vec<NewEntry> {
    let group = Some(Uuid::from_u128(77));
    let mut plain = entry(EntryKind::Post, 1, &[("1101.picc", 700, Some("CLM-2")), ("9002", -700, None)]);
    plain.postings[0].due_date = Some(date(2026, 5, 1));
    plain.metadata = Some(r#"{"channel": "药房"}"#.to_owned());
    "with a note".clone_into(&mut plain.description);
    let in_time = clock::now() + SignedDuration::from_hours(24);
    let (first, second) = (NewEntry { expires_at: Some(in_time), ..hold(500) }, hold(80));
    let grouped = [7, 9].map(|minor| NewEntry { hold_group: group, ..hold(minor) });
    let part = capture(first.id, 200);
    let rest = NewEntry { relates_to: Some(first.id), ..entry(EntryKind::Capture, 2, &[]) };
    let most = NewEntry { at_most: true, ..entry(EntryKind::Post, 2, &[("1002", 50, None), ("9002", -50, None)]) };
    let reversal = NewEntry { relates_to: Some(plain.id), ..entry(EntryKind::Reversal, 3, &[]) };
    let ends_group = NewEntry { hold_group: group, ..entry(EntryKind::Capture, 2, &[]) };
    let release = release(second.id, 2);
    [vec![plain, first, second], grouped.to_vec(), vec![part, rest, most, reversal, ends_group, release]].concat()
}

async fn one(ledger: &Ledger, entry: NewEntry) -> Result<Outcome, Error> {
    Ok(ledger.post(vec![entry]).await?.remove(0))
}

async fn posted(ledger: &Ledger, entry: &NewEntry) {
    let outcome = one(ledger, entry.clone()).await.unwrap();
    assert!(matches!(outcome, Outcome::Posted(_)), "{entry:?}: {outcome:?}");
}

/// A ledger that has been asked for something again, and so keeps in mind what it writes.
async fn asked(book: &Book) -> &Ledger {
    let first = hold(1);
    posted(&book.ledger, &first).await;
    assert!(matches!(one(&book.ledger, first).await.unwrap(), Outcome::Replayed(_)));
    &book.ledger
}

#[tokio::test]
async fn what_was_written_lately_is_answered_as_from_the_journal_and_without_it() {
    let book = Book::new().await;
    let (ledger, owner) = (asked(&book).await, book.owner().await);
    let entries = every_kind();
    // Nothing that ends or joins a group, which is looked up by its group.
    let (grouped, others): (Vec<_>, Vec<_>) = entries.iter().cloned().partition(|entry| entry.hold_group.is_some());
    hide_journal(&owner, true).await;
    for entry in &others {
        posted(ledger, entry).await;
    }
    let again = ledger.post(others.clone()).await.unwrap();
    assert!(again.iter().all(|outcome| matches!(outcome, Outcome::Replayed(_))), "{again:?}");
    hide_journal(&owner, false).await;
    for entry in &grouped {
        posted(ledger, entry).await;
    }
    let changed = entries.iter().flat_map(|entry| {
        let other = |change: fn(&mut NewEntry)| {
            let mut entry = entry.clone();
            change(&mut entry);
            entry
        };
        [
            entry.clone(),
            other(|entry| entry.description.push('x')),
            other(|entry| entry.reference.push('x')),
            other(|entry| entry.metadata = Some("{}".to_owned())),
            other(|entry| entry.hold_group = Some(Uuid::from_u128(78))),
            other(|entry| entry.expires_at = Some(Timestamp::MAX)),
            other(|entry| entry.effective_date = Some(date(2026, 1, 1))),
            other(|entry| entry.at_most = !entry.at_most),
            other(|entry| entry.postings.iter_mut().for_each(|leg| leg.amount.minor += leg.amount.minor.signum())),
            other(|entry| entry.postings.iter_mut().for_each(|leg| leg.due_date = Some(date(2027, 1, 1)))),
        ]
    });
    let newcomer = Ledger::open(book.test.database(), ledger.book()).await.unwrap();
    for asked in changed {
        let (here, there) = (one(ledger, asked.clone()).await.unwrap(), one(&newcomer, asked.clone()).await.unwrap());
        assert_eq!(format!("{here:?}"), format!("{there:?}"), "{asked:?}");
    }
    newcomer.close().await;
    assert_verifies(book.test.database()).await;
}

#[tokio::test]
async fn what_others_have_taken_meanwhile_is_not_missed() {
    let book = Book::new().await;
    let ledger = asked(&book).await;
    let other = Ledger::open(book.test.database(), ledger.book()).await.unwrap();
    let held = hold(500);
    posted(ledger, &held).await;
    posted(ledger, &capture(held.id, 100)).await;
    posted(&other, &capture(held.id, 300)).await;
    let too_much = one(ledger, capture(held.id, 101)).await.unwrap();
    assert_eq!(format!("{too_much:?}"), format!("{:?}", one(&other, capture(held.id, 101)).await.unwrap()));
    assert!(matches!(too_much, Outcome::Rejected(_)), "{too_much:?}");
    posted(ledger, &capture(held.id, 60)).await;
    let mut client = other.client().await.unwrap();
    let tx = client.transaction().await.unwrap();
    let all_but_ten = other.post_in(&tx, &[capture(held.id, 30)]).await.unwrap();
    assert!(matches!(all_but_ten[..], [Outcome::Posted(_)]), "{all_but_ten:?}");
    tx.commit().await.unwrap();
    assert!(matches!(one(ledger, capture(held.id, 11)).await.unwrap(), Outcome::Rejected(_)));
    posted(ledger, &capture(held.id, 10)).await;
    drop(client);
    other.close().await;
    assert_verifies(book.test.database()).await;
}
