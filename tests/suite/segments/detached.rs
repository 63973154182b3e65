//! Segments in files: whatever is asked is answered as before, an id still means one thing, what cannot be read is
//! never taken for what is not there, and `verify` covers the files.

mod damage;
mod rights;

use std::fs;
use std::path::Path;
use std::time::Duration;

use dianfu_ledger::Outcome;
use dianfu_ledger::entry::{EntryKind, NewEntry};
use dianfu_ledger::export::hledger;
use dianfu_ledger::query::{self, DateRange, Items, Moment};
use dianfu_ledger::report::Period;
use dianfu_ledger::report::aging::aging;
use dianfu_ledger::report::general_ledger::general_ledger;
use dianfu_ledger::report::roll_forward::roll_forward;
use dianfu_ledger::segment::{self, Fault, Files};
use dianfu_ledger::verify::{Asked, archive};
use dianfu_tests::audit::assert_audited;
use dianfu_tests::{FilesFolder, attach, cut_segments, record_ids, tend};
use tokio_postgres::Client;
use uuid::Uuid;

use crate::books::{Book, Booked, account, day, entry, release};

/// Entries of a segment.
const SEGMENT: u32 = 4;

fn id(number: u128) -> Uuid {
    Uuid::from_u128(1 << 100 | number)
}

fn picc(minor: i64, item: &str) -> [(&str, i64, Option<&str>); 2] {
    [("1101.picc", minor, Some(item)), ("9002", -minor, None)]
}

fn claim(number: i64) -> NewEntry {
    let legs = picc(1_000 + number, ["CLM-1", "CLM-2", "CLM-3"][usize::try_from(number % 3).unwrap()]);
    NewEntry { id: id(number.unsigned_abs().into()), ..entry(EntryKind::Post, number * 7 % 20, &legs) }
}

/// The hold in the first segment, of which something is left.
const HOLD: u128 = 100;

/// A book of four segments that are sealed and summed up, and an open one. Entries: 1 a claim; 2 a hold, 3 another,
/// which 4 releases; then claims, not in order of days, and in the third segment again what takes from the first.
async fn book() -> (Book, Client) {
    let mut book = Book::new().await;
    let owner = book.owner().await;
    cut_segments(&owner, SEGMENT).await;
    book.post(vec![claim(1)]).await;
    book.post(vec![NewEntry { id: id(HOLD), ..entry(EntryKind::Hold, 1, &picc(900, "CLM-2")) }]).await;
    let other = NewEntry { id: id(101), ..entry(EntryKind::Hold, 2, &picc(50, "CLM-2")) };
    book.post(vec![other]).await;
    book.post(vec![release(id(101), 3)]).await;
    book.post((2..7).map(claim).collect()).await;
    let back = NewEntry { relates_to: Some(id(1)), ..entry(EntryKind::Reversal, 19, &[]) };
    book.post(vec![back]).await;
    book.post((8..16).map(claim).collect()).await;
    tend(&owner).await;
    record_ids(&book.ledger).await;
    (book, owner)
}

async fn detach(book: &Book, folder: &FilesFolder, segment_no: i32) -> Files {
    let detached = folder.detach(book.test.database(), &book.ledger, segment_no).await.unwrap();
    detached.files.expect("it is in files")
}

async fn attach_again(book: &Book, segment_no: i32) {
    let attached = attach(book.test.database(), &book.ledger, segment_no).await.unwrap();
    assert_eq!((attached.segment_no, attached.files), (segment_no, None));
}

/// All that is asked of a book, as it was at the time of one of its entries and as of a day.
async fn answers(book: &Book) -> Vec<String> {
    let client = &**book.ledger.client().await.unwrap();
    let mut answers = Vec::new();
    let known = book.booked.iter().step_by(3).map(|booked| Some(booked.receipt.booked_at));
    let moments = known.flat_map(|known_at| [None, Some(day(6))].map(|as_of| Moment { as_of, known_at }));
    for moment in moments {
        for code in ["1101.picc", "9002", "1101"] {
            let code = account(code);
            answers.push(format!("{:?}", query::balances(client, &code, moment).await.unwrap()));
            let range = DateRange { from: Some(day(2)), ..DateRange::default() };
            for range in [DateRange::default(), range] {
                let statement = query::statement(client, &code, moment, range, None, 100).await.unwrap();
                answers.push(format!("{statement:?}"));
            }
            answers.push(format!("{:?}", query::open_items(client, &code, moment, Items::All).await.unwrap()));
        }
        answers.push(format!("{:?}", query::trial_balance(client, moment, Some(day(2))).await.unwrap()));
        let period = Period { from: Some(day(2)), moment };
        answers.push(format!("{:?}", general_ledger(client, None, period, None, 1_000).await.unwrap()));
        answers.push(format!("{:?}", roll_forward(client, None, period).await.unwrap()));
        answers.push(format!("{:?}", aging(client, None, moment).await.unwrap()));
    }
    for booked in &book.booked {
        answers.push(format!("{:?}", query::entry(client, booked.entry.id).await.unwrap().unwrap()));
    }
    answers.push(format!("{:?}", query::entries(client, 0, 1_000).await.unwrap()));
    answers.push(format!("{:?}", query::holds(client, None, None, 100).await.unwrap()));
    answers.push(format!("{:?}", query::outstanding(client, &[(&account("1101.picc"), "CLM-1")]).await.unwrap()));
    let last = book.booked.last().unwrap().receipt.booked_at;
    let clients = [book.ledger.client().await.unwrap(), book.ledger.client().await.unwrap()];
    let mut text = Vec::new();
    hledger(clients, Moment { as_of: None, known_at: Some(last) }, &mut text, |_| {}).await.unwrap();
    answers.push(String::from_utf8(text).unwrap());
    let mut bytes = Vec::new();
    let mut service = book.test.database().connect_service("book_main").await.unwrap();
    archive::write(&mut service, "main", &mut bytes, &mut |_| {}).await.unwrap();
    answers.push(format!("{bytes:?}"));
    answers
}

async fn assert_clean(book: &Book, owner: &Client) {
    let report = book.ledger.verify(Asked::default(), |_| {}).await.unwrap();
    assert_eq!(report.finding, None);
    assert_audited(owner).await;
}

#[tokio::test]
async fn a_detached_segment_answers_as_before_and_so_does_an_attached_one() {
    let (book, owner) = book().await;
    let folder = FilesFolder::new();
    let before = answers(&book).await;
    for no in [1, 2] {
        let files = detach(&book, &folder, no).await;
        assert!([&files.entries, &files.postings].iter().all(|file| Path::new(file).exists()));
    }
    assert_eq!(answers(&book).await, before);
    assert_clean(&book, &owner).await;
    let tables = "SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relname IN ('entry_000001', 'posting_000002')";
    assert_eq!(owner.query_one(tables, &[]).await.unwrap().get::<_, i64>(0), 0, "they are still in the database");
    attach_again(&book, 2).await;
    assert_eq!(answers(&book).await, before);
    attach_again(&book, 1).await;
    assert_eq!(answers(&book).await, before);
    assert_clean(&book, &owner).await;
    // And again, over the files that are still there.
    detach(&book, &folder, 1).await;
    assert_eq!(answers(&book).await, before);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 4);
}

/// An attached segment is like one that was never away: its tables, indexes, constraints, triggers and rights.
#[tokio::test]
async fn an_attached_segment_is_like_one_that_was_never_away() {
    let (book, owner) = book().await;
    let shape = async |of: &str| -> Vec<String> {
        let sql = "
            SELECT 'column ' || attname || format_type(atttypid, atttypmod) || attnotnull || attcollation
            FROM pg_attribute WHERE attrelid = $1::text::regclass AND attnum > 0
            UNION ALL SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indrelid = $1::text::regclass
            UNION ALL SELECT conname || pg_get_constraintdef(oid) FROM pg_constraint WHERE conrelid = $1::text::regclass
            UNION ALL SELECT pg_get_triggerdef(oid) FROM pg_trigger WHERE tgrelid = $1::text::regclass
            UNION ALL
            SELECT concat_ws(' ', relkind, relacl, reloptions, relreplident, relowner, relispartition,
                             pg_get_expr(relpartbound, oid))
            FROM pg_class WHERE oid = $1::text::regclass
            ORDER BY 1";
        owner.query(sql, &[&of]).await.unwrap().iter().map(|row| row.get(0)).collect()
    };
    let whole = async || [shape("entry_000002").await, shape("posting_000002").await];
    // As if so much had been posted that it was indexed only when it was full.
    let index = "
        DROP INDEX posting_000002_account_idx, posting_000002_sequence_idx, entry_000002_sequence_idx;
        SELECT index_full_segment(2, '')";
    owner.batch_execute(index).await.unwrap();
    let before = whole().await;
    assert!(before.iter().flatten().any(|line| line.contains("posting_000002_item_idx")));
    let folder = FilesFolder::new();
    detach(&book, &folder, 2).await;
    assert_ne!(whole().await, before);
    attach_again(&book, 2).await;
    assert_eq!(whole().await, before);
}

#[tokio::test]
async fn entries_of_a_detached_segment_are_replayed_conflict_and_are_taken_from() {
    let (mut book, owner) = book().await;
    let folder = FilesFolder::new();
    detach(&book, &folder, 1).await;
    detach(&book, &folder, 2).await;
    let of = |booked: &Booked| booked.entry.clone();
    let known: Vec<NewEntry> = book.booked[..8].iter().map(of).collect();
    let fresh = dianfu_ledger::Ledger::open(book.test.database(), book.ledger.book()).await.unwrap();
    let mut client = fresh.client().await.unwrap();
    let tx = client.transaction().await.unwrap();
    let in_transaction = fresh.post_in(&tx, &known).await.unwrap();
    tx.commit().await.unwrap();
    for outcomes in [book.ledger.post(known.clone()).await.unwrap(), fresh.post(known).await.unwrap(), in_transaction] {
        let sequences = outcomes.iter().map(|outcome| match outcome {
            Outcome::Replayed(receipt) => receipt.sequence,
            other => panic!("{other:?}"),
        });
        assert!(sequences.eq(1..=8));
    }
    let other = NewEntry { description: "another".to_owned(), ..claim(3) };
    let outcomes = fresh.post(vec![other]).await.unwrap();
    assert!(matches!(&outcomes[0], Outcome::Rejected(rejection) if rejection.code() == "id_conflict"), "{outcomes:?}");

    let captured = NewEntry { relates_to: Some(id(HOLD)), ..entry(EntryKind::Capture, 4, &picc(400, "CLM-2")) };
    let reversed = NewEntry { relates_to: Some(id(3)), ..entry(EntryKind::Reversal, 19, &[]) };
    let again = NewEntry { id: id(7_777), ..reversed.clone() };
    book.post(vec![captured]).await;
    book.post(vec![reversed]).await;
    let outcomes = book.ledger.post(vec![again]).await.unwrap();
    assert!(matches!(outcomes[..], [Outcome::Rejected(_)]), "it is moved back once: {outcomes:?}");
    book.post(vec![release(id(HOLD), 5)]).await;
    assert_clean(&book, &owner).await;
    tend(&owner).await;
    let answered = answers(&book).await;
    attach_again(&book, 1).await;
    attach_again(&book, 2).await;
    assert_eq!(answers(&book).await, answered);
    assert_clean(&book, &owner).await;
}

#[tokio::test]
async fn what_cannot_be_detached_or_attached_stays_where_it_is() {
    let (mut book, owner) = book().await;
    book.post((30..36).map(claim).collect()).await;
    let (database, folder) = (book.test.database(), FilesFolder::new());
    let detached = async |no| folder.detach(database, &book.ledger, no).await.unwrap_err();
    assert_eq!(detached(9).await, Fault::Unknown { segment_no: 9 });
    assert_eq!(detached(-1).await, Fault::Unknown { segment_no: -1 });
    let unsealed = "UPDATE segment SET sealed_at = NULL WHERE segment_no = 4; DELETE FROM summary WHERE segment_no = 4";
    owner.batch_execute(unsealed).await.unwrap();
    assert_eq!(detached(4).await, Fault::NotSummedUp { segment_no: 4 });
    assert_eq!(attach(database, &book.ledger, 1).await, Err(Fault::NotDetached { segment_no: 1 }));
    assert_eq!(attach(database, &book.ledger, 9).await, Err(Fault::Unknown { segment_no: 9 }));
    let nowhere = segment::Folder::parse("/nowhere/at-all").unwrap();
    let fault = segment::detach(database, book.ledger.book(), 1, &nowhere, Duration::ZERO).await.unwrap();
    assert!(matches!(fault, Err(Fault::NotWritten { .. })), "{fault:?}");

    // Others read the journal: its segment stays, and they were not held up for long.
    let mut reader = book.owner().await;
    let reading = reader.transaction().await.unwrap();
    reading.query("SELECT FROM posting_000001 LIMIT 1", &[]).await.unwrap();
    let now = async |folder: &FilesFolder| {
        segment::detach(database, book.ledger.book(), 1, &folder.folder(), Duration::ZERO).await.unwrap()
    };
    assert_eq!(now(&folder).await, Err(Fault::Read { segment_no: 1 }));
    reading.rollback().await.unwrap();
    let segments = segment::list(database, book.ledger.book()).await.unwrap();
    assert!(segments.iter().all(|segment| segment.files.is_none() && segment.bytes > Some(0)), "{segments:?}");
    let files = now(&folder).await.unwrap().files.unwrap();
    assert_eq!(detached(1).await, Fault::Detached { segment_no: 1, files });
}

/// A file has no versions: who has a snapshot from before a segment was full would see more of it than he should.
#[tokio::test]
async fn a_segment_is_not_detached_under_who_sees_it_half_full() {
    let mut book = Book::new().await;
    let owner = book.owner().await;
    cut_segments(&owner, SEGMENT).await;
    book.post((1..3).map(claim).collect()).await;
    let mut early = book.test.database().connect_service("book_main").await.unwrap();
    let level = tokio_postgres::IsolationLevel::RepeatableRead;
    let early = early.build_transaction().isolation_level(level).start().await.unwrap();
    early.query("SELECT FROM head", &[]).await.unwrap();
    book.post((3..7).map(claim).collect()).await;
    tend(&owner).await;
    record_ids(&book.ledger).await;
    let folder = FilesFolder::new();
    let now = async || {
        let name = book.ledger.book();
        segment::detach(book.test.database(), name, 1, &folder.folder(), Duration::ZERO).await.unwrap()
    };
    assert_eq!(now().await, Err(Fault::Read { segment_no: 1 }));
    early.rollback().await.unwrap();
    // Who comes later sees the same before and after, whichever way the segment goes.
    let mut late = book.test.database().connect_service("book_main").await.unwrap();
    let late = late.build_transaction().isolation_level(level).start().await.unwrap();
    let count = async || late.query_one("SELECT count(*) FROM commit", &[]).await.unwrap().get::<_, i64>(0);
    assert_eq!(count().await, 2);
    now().await.unwrap();
    attach_again(&book, 1).await;
    let entries: i64 = late.query_one("SELECT count(*) FROM entry", &[]).await.unwrap().get(0);
    assert_eq!(entries, 6, "an attached segment is there for older snapshots, too");
}
