//! Manual journals, the cut-off test and the integrity proof name what they should, and nothing else.

use dianfu_ledger::entry::{EntryKind, Layer, NewEntry};
use dianfu_ledger::query::Moment;
use dianfu_ledger::report::Period;
use dianfu_ledger::report::cut_off::{CutOffCase, cut_off};
use dianfu_ledger::report::integrity::integrity;
use dianfu_ledger::report::manual::manual_journals;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::{known_at, moments};
use crate::books::{Book, day, entry, for_random_books};

#[tokio::test]
async fn a_manual_journal_is_by_a_person_and_by_no_voucher() {
    let mut book = Book::new().await;
    let legs = [("1101.picc", 7, Some("CLM-1")), ("1002", -7, None)];
    let new = |actor: &str, metadata: Option<&str>| NewEntry {
        actor: actor.to_owned(),
        metadata: metadata.map(str::to_owned),
        ..entry(EntryKind::Post, 1, &legs)
    };
    let entries = vec![
        new("person:li", None),
        new("person:li", Some("{\"journal\":\"J3\"}")),
        new("person:li", Some("{\"note\":\"journal\"}")),
        new("insurer:picc", None),
        new("person:li", Some("{\"x\":\"\\u0000\",\"journal\":\"J3\"}")),
        new("person:li", Some("{\"x\":\"\\u0000\"}")),
        NewEntry { kind: EntryKind::Hold, ..new("person:li", None) },
        new("person:desk", Some("5")),
    ];
    book.post(entries).await;
    let client = book.ledger.client().await.unwrap();
    for limit in [1, 2, 1_000] {
        let (mut found, mut cursor) = (Vec::new(), None::<String>);
        loop {
            let page = manual_journals(&**client, Period::default(), cursor.as_deref(), limit).await.unwrap();
            assert!(page.entries.len() <= limit.into());
            found.extend(page.entries);
            cursor = page.next;
            if cursor.is_none() {
                break;
            }
        }
        assert_eq!(found.iter().map(|manual| manual.entry.sequence).collect::<Vec<_>>(), [1, 3, 6, 8]);
        assert!(found.iter().all(|manual| manual.legs == 2 && manual.amounts[0].1 == 7));
    }
    let later = Period { from: Some(day(2)), moment: Moment::default() };
    assert_eq!(manual_journals(&**client, later, None, 10).await.unwrap().entries, []);
}

#[test]
fn a_cut_off_test_names_what_stands_on_the_other_side() {
    for_random_books(4, async |book| {
        let today = match book.booked.first() {
            Some(first) => first.receipt.booked_at.to_zoned(TimeZone::UTC).date(),
            None => return,
        };
        let tomorrow = today.tomorrow().unwrap();
        book.post(vec![NewEntry {
            effective_date: tomorrow.tomorrow().ok(),
            ..entry(EntryKind::Post, 0, &[("1101.picc", 8, Some("CLM-9")), ("1002", -8, None)])
        }])
        .await;
        let client = book.ledger.client().await.unwrap();
        for moment in moments(book) {
            for (period_end, case) in [
                (day(12), CutOffCase::BookedLate),
                (tomorrow, CutOffCase::BookedEarly),
                (Date::MAX, CutOffCase::BookedLate),
            ] {
                let report = cut_off(&**client, period_end, moment).await.unwrap();
                let expected = book.at(moment.as_of, known_at(moment)).filter(|booked| {
                    let moves = booked.legs_in(Layer::Settled).next().is_some();
                    let booked_on = booked.receipt.booked_at.to_zoned(TimeZone::UTC).date();
                    moves && (booked.date() <= period_end) != (booked_on <= period_end)
                });
                let expected: Vec<i64> = expected.map(|booked| booked.receipt.sequence).collect();
                let mut listed: Vec<i64> = report.rows.iter().map(|row| row.entry.sequence).collect();
                listed.dedup();
                assert_eq!(listed, expected, "{period_end} {moment:?}");
                assert!(report.rows.iter().all(|row| row.case == case));
                let total: i128 = report.totals.iter().map(|(_, _, minor)| minor).sum();
                assert_eq!(total, report.rows.iter().map(|row| row.amount_minor).sum::<i128>());
            }
        }
    });
}

#[tokio::test]
async fn a_late_fact_shows_with_its_value_date() {
    let mut book = Book::new().await;
    let legs = [("1101.picc", 7, Some("CLM-1")), ("1002", -7, None)];
    book.post(vec![entry(EntryKind::Post, 20, &legs)]).await;
    let owner = book.test.database().connect_owner().await.unwrap();
    // The writer reads the head before each turn.
    let close = "UPDATE book_main.head SET soft_closed_through = '2024-01-10', hard_closed_through = '2024-01-10'";
    owner.batch_execute(close).await.unwrap();
    let late = NewEntry { late: true, ..entry(EntryKind::Post, 3, &legs) };
    let outcomes = book.ledger.post(vec![late]).await.unwrap();
    assert!(matches!(outcomes[0], dianfu_ledger::Outcome::Posted(_)), "{outcomes:?}");
    let client = book.ledger.client().await.unwrap();
    let report = cut_off(&**client, day(9), Moment::default()).await.unwrap();
    let shown: Vec<_> =
        report.rows.iter().map(|row| (row.case.word(), row.entry.effective_date, row.entry.value_date)).collect();
    assert_eq!(shown, [("deferred", day(10), Some(day(3)))]);
}

#[test]
fn a_proof_holds_at_every_moment() {
    for_random_books(4, async |book| {
        let client = book.ledger.client().await.unwrap();
        for moment in moments(book) {
            let proof = integrity(&**client, moment).await.unwrap();
            assert!(proof.holds(), "{proof:?}");
            let known: Vec<_> = book.at(None, known_at(moment)).collect();
            let last = known.last().map_or(0, |booked| booked.receipt.sequence);
            assert_eq!((proof.sequence, proof.entries), (last, last));
            let counted = book.at(moment.as_of, known_at(moment)).map(|booked| booked.legs.len()).sum::<usize>();
            let postings: i64 = proof.totals.iter().map(|total| total.postings).sum();
            assert_eq!(usize::try_from(postings).unwrap(), counted);
        }
        let head = client.query_one("SELECT commit_no, encode(hash, 'hex') FROM head", &[]).await.unwrap();
        let proof = integrity(&**client, Moment::default()).await.unwrap();
        assert_eq!((proof.commit_no, proof.hash), (head.get(0), head.get(1)));
    });
}

#[tokio::test]
async fn a_proof_sees_a_commit_that_was_changed() {
    let mut book = Book::new().await;
    let legs = [("1101.picc", 7, Some("CLM-1")), ("1002", -7, None)];
    book.post(vec![entry(EntryKind::Post, 0, &legs)]).await;
    book.post(vec![entry(EntryKind::Post, 0, &legs)]).await;
    let owner = book.test.database().connect_owner().await.unwrap();
    let change = "
        SET session_replication_role = replica;
        UPDATE book_main.commit SET booked_at = booked_at - interval '1 second' WHERE commit_no = 1";
    owner.batch_execute(change).await.unwrap();
    let client = book.ledger.client().await.unwrap();
    let proof = integrity(&**client, Moment::default()).await.unwrap();
    assert_eq!((proof.broken_commits, proof.holds()), (1, false));
}
