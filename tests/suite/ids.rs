//! An id means one thing for ever, whatever kind of UUID it is, in whichever segment it is, and whoever asks: a process
//! that has posted it, another, one that has just started, and a caller's own transaction.

use std::collections::HashMap;

use dianfu_ledger::entry::{EntryKind, NewEntry};
use dianfu_ledger::journal::ids::Ids;
use dianfu_ledger::journal::ids::record::{Offers, record_next};
use dianfu_ledger::journal::sql::lock_head;
use dianfu_ledger::journal::state::Known;
use dianfu_ledger::verify::{Asked, Rule};
use dianfu_ledger::{Ledger, Outcome};
use dianfu_tests::{cut_segments, tend};
use rand::rngs::StdRng;
use rand::seq::IndexedRandom;
use rand::{RngExt, SeedableRng};
use uuid::Uuid;

use crate::books::{Book, entry};
use crate::verify::archives;

/// An id of some kind: random, ordered by time as version 7 and 8 are, by an old clock, or hardly a UUID at all.
fn some_id(random: &mut StdRng, millis: u64) -> Uuid {
    let bytes: [u8; 16] = random.random();
    let by_time = |millis: u64| uuid::Builder::from_unix_timestamp_millis(millis, &bytes[..10].try_into().unwrap());
    match random.random_range(0..6) {
        0 => uuid::Builder::from_random_bytes(bytes).into_uuid(),
        1 | 2 => by_time(millis).into_uuid(),
        3 => by_time(millis).with_version(uuid::Version::Custom).into_uuid(),
        4 => by_time(random.random_range(1..1 << 40)).into_uuid(),
        _ => Uuid::from_u128(u128::MAX - u128::from(random.random_range(0..1_u32 << 20))),
    }
}

fn transfer(id: Uuid, minor: i64) -> NewEntry {
    NewEntry { id, ..entry(EntryKind::Post, 1, &[("1002", minor, None), ("9002", -minor, None)]) }
}

/// What must become of an entry, by all that was posted so far.
fn check(known: &mut HashMap<Uuid, (i64, i64)>, asked: &NewEntry, outcome: &Outcome) {
    let minor = asked.postings[0].amount.minor;
    match (known.get(&asked.id), outcome) {
        (None, Outcome::Posted(receipt)) => {
            known.insert(asked.id, (minor, receipt.sequence));
        }
        (Some((first, sequence)), Outcome::Replayed(receipt)) => {
            assert_eq!((*first, *sequence), (minor, receipt.sequence), "{}", asked.id);
        }
        (Some((first, _)), Outcome::Rejected(rejection)) => {
            assert_eq!((rejection.code(), *first != minor), ("id_conflict", true), "{}", asked.id);
        }
        (known, outcome) => panic!("{} was {known:?}: {outcome:?}", asked.id),
    }
}

async fn post_in(ledger: &Ledger, entries: &[NewEntry]) -> Vec<Outcome> {
    let mut client = ledger.client().await.unwrap();
    let tx = client.transaction().await.unwrap();
    let outcomes = ledger.post_in(&tx, entries).await.unwrap();
    tx.commit().await.unwrap();
    outcomes
}

#[tokio::test]
async fn an_id_is_found_in_every_segment_by_everybody() {
    let book = Book::new().await;
    let owner = book.owner().await;
    cut_segments(&owner, 16).await;
    let mut random = StdRng::seed_from_u64(8035);
    let open = async || Ledger::open(book.test.database(), book.ledger.book()).await.unwrap();
    let (running, other) = (open().await, open().await);
    let mut known: HashMap<Uuid, (i64, i64)> = HashMap::new();
    let mut ids: Vec<Uuid> = Vec::new();
    for round in 0..60_u64 {
        let mut asked: Vec<NewEntry> = Vec::new();
        for _ in 0..random.random_range(1..24) {
            let fresh = some_id(&mut random, 1_700_000_000_000 + round);
            // One in three comes again, one in nine with another amount.
            let id = if random.random_range(0..3) == 0 { *ids.choose(&mut random).unwrap_or(&fresh) } else { fresh };
            let first = known.get(&id).map(|(minor, _)| *minor);
            let minor = first.map_or(1_000, |minor| minor + i64::from(random.random_range(0..3) == 0));
            asked.push(transfer(id, minor));
        }
        ids.extend(asked.iter().map(|entry| entry.id));
        match round % 10 {
            3 => tend(&owner).await,
            // Whoever lost the record, or cannot read it, finds out from the entries themselves.
            5 => owner.batch_execute("UPDATE segment_ids SET filter = '\\x01'").await.unwrap(),
            _ => {}
        }
        let outcomes = match round % 4 {
            0 => running.post(asked.clone()).await.unwrap(),
            1 => other.post(asked.clone()).await.unwrap(),
            2 => post_in(&running, &asked).await,
            _ => {
                let starting = open().await;
                let outcomes = starting.post(asked.clone()).await.unwrap();
                starting.close().await;
                outcomes
            }
        };
        for (entry, outcome) in asked.iter().zip(&outcomes) {
            check(&mut known, entry, outcome);
        }
    }
    let segments: i64 = owner.query_one("SELECT count(*) FROM segment", &[]).await.unwrap().get(0);
    let on_record: i64 = owner.query_one("SELECT count(*) FROM segment_ids", &[]).await.unwrap().get(0);
    assert!(segments > 20 && on_record > 10, "{on_record} of {segments}");
    let report = running.verify(Asked::default(), |_| {}).await.unwrap();
    assert_eq!((report.finding, usize::try_from(report.entries).unwrap()), (None, known.len()));
}

/// What a writer keeps in memory does not grow with the journal: the ids of a full segment are put on record, and then
/// only spans are kept, whether the writer has filled the segment itself or others have.
#[tokio::test]
async fn ids_that_are_on_record_are_not_kept() {
    let book = Book::new().await;
    let owner = book.owner().await;
    cut_segments(&owner, 4).await;
    let mut client = book.ledger.client().await.unwrap();
    let offers = Offers::default();
    let mut ids = Ids::new(offers.clone());
    let mut last = 0;
    for round in 0..40_u128 {
        let posted: Vec<NewEntry> = (0..4).map(|n| transfer(Uuid::from_u128(1 << 64 | round << 8 | n), 5)).collect();
        let tx = client.transaction().await.unwrap();
        ids.catch_up(&tx, last, &lock_head(&tx).await.unwrap()).await.unwrap();
        tx.rollback().await.unwrap();
        let outcomes = book.ledger.post(posted.clone()).await.unwrap();
        assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Posted(_))));
        let tx = client.transaction().await.unwrap();
        let head = lock_head(&tx).await.unwrap();
        if round % 2 == 0 {
            // As the writer does that has posted them.
            ids.add(head.segment_no, posted.iter().map(|entry| entry.id).collect());
        } else {
            ids.catch_up(&tx, last, &head).await.unwrap();
        }
        ids.offer(Known::default());
        last = head.sequence;
        tx.rollback().await.unwrap();
        while record_next(&mut client, &offers).await.unwrap() {}
    }
    let tx = client.transaction().await.unwrap();
    ids.catch_up(&tx, last, &lock_head(&tx).await.unwrap()).await.unwrap();
    assert!(ids.segments_kept() <= 2, "{} segments are kept", ids.segments_kept());
    let first = Uuid::from_u128(1 << 64);
    assert_eq!(ids.probable(&tx, &[first, Uuid::from_u128(1)]).await.unwrap(), [(1, vec![first])]);
}

/// The record of ids is not a promise: whoever writes a wrong one can have an id posted twice, and it is named.
#[tokio::test]
async fn a_wrong_record_of_ids_is_found_out_by_verify() {
    let book = Book::new().await;
    let owner = book.owner().await;
    cut_segments(&owner, 4).await;
    let id = Uuid::from_u128(7);
    let mut outcomes = book.ledger.post(vec![transfer(id, 5)]).await.unwrap();
    let wrong = "INSERT INTO segment_ids VALUES (1, ARRAY[$1, $1]::uuid[], '')";
    owner.execute(wrong, &[&Uuid::from_u128(1 << 100)]).await.unwrap();
    let others = (0..8).map(|n| transfer(Uuid::from_u128(1 << 90 | n), 5)).collect();
    book.ledger.post(others).await.unwrap();
    let deceived = Ledger::open(book.test.database(), book.ledger.book()).await.unwrap();
    outcomes.extend(deceived.post(vec![transfer(id, 5)]).await.unwrap());
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Posted(_))), "{outcomes:?}");
    let finding = deceived.verify(Asked::default(), |_| {}).await.unwrap().finding.expect("it is there twice");
    assert_eq!((finding.rule, finding.place.to_string()), (Rule::IdOnce, "entry 10".to_owned()), "{finding}");
    assert_eq!(archives::check(&book).await.finding, Some(finding), "of the file as of the book");
}
