//! The aging is the open items by age, and the open items are the balance.

use std::collections::BTreeMap;

use dianfu_ledger::account::{AccountCode, Change, SettingChange};
use dianfu_ledger::entry::{EntryKind, Layer};
use dianfu_ledger::query::{self, Items, Moment};
use dianfu_ledger::report::aging::{AgedItem, Bucket, aged_items, aging};
use dianfu_ledger::report::suspense::suspense;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use super::{enrich, known_at, moments, net};
use crate::books::{Book, account, day, entry, for_random_books};

/// What is outstanding by account and item in the mirror, and when it was due.
fn mirrored(book: &Book, moment: Moment) -> BTreeMap<(AccountCode, String), (i128, Date)> {
    let mut items: BTreeMap<_, (i128, Date, Option<Date>)> = BTreeMap::new();
    for booked in book.at(moment.as_of, known_at(moment)) {
        for leg in booked.legs_in(Layer::Settled) {
            let Some(item) = leg.item.clone() else { continue };
            let found = items.entry((leg.account.clone(), item)).or_insert((0, booked.date(), None));
            *found = (found.0 + i128::from(leg.amount.minor), found.1.min(booked.date()), found.2.max(leg.due_date));
        }
    }
    items.retain(|_, (outstanding, ..)| *outstanding != 0);
    items.into_iter().map(|(key, (outstanding, first, due))| (key, (outstanding, due.unwrap_or(first)))).collect()
}

#[test]
fn the_aging_is_the_open_items_and_the_balance() {
    for_random_books(4, async |book| {
        enrich(book).await;
        let client = book.ledger.client().await.unwrap();
        for moment in moments(book) {
            let report = aging(&**client, None, moment).await.unwrap();
            let today = report.known_at.to_zoned(TimeZone::UTC).date();
            assert_eq!(report.aged_on, moment.as_of.unwrap_or(today));
            let mut expected: BTreeMap<(AccountCode, Bucket), i128> = BTreeMap::new();
            for ((code, _), (outstanding, due)) in mirrored(book, moment) {
                let days = report.aged_on.since(due).unwrap().get_days();
                *expected.entry((code, Bucket::of_days(days.into()))).or_default() += outstanding;
            }
            let settled = book.settled(moment.as_of, known_at(moment));
            let pinned = Moment { known_at: Some(report.known_at), ..moment };
            let mut totals: BTreeMap<_, i128> = BTreeMap::new();
            for row in &report.rows {
                let items = query::open_items(&**client, &row.account, pinned, Items::Outstanding).await.unwrap();
                let of_items: i128 = items.iter().map(|item| item.outstanding_minor).sum();
                assert_eq!(row.buckets.total_minor, of_items);
                assert_eq!(row.buckets.total_minor, net(settled.get(&row.account)), "{row:?}");
                assert_eq!(usize::try_from(row.buckets.items).unwrap(), items.len());
                *totals.entry(row.currency).or_default() += of_items;
                for bucket in Bucket::ALL {
                    let expected = expected.remove(&(row.account.clone(), bucket)).unwrap_or(0);
                    assert_eq!(row.buckets.of(bucket), expected, "{row:?} {bucket:?}");
                }
            }
            assert!(expected.is_empty(), "{expected:?}");
            let shown = report.totals.iter().map(|(currency, buckets)| (*currency, buckets.total_minor));
            assert!(shown.eq(totals));
        }
    });
}

#[test]
fn the_items_behind_a_bucket_add_up_to_it() {
    for_random_books(3, async |book| {
        enrich(book).await;
        let client = book.ledger.client().await.unwrap();
        for as_of in [None, Some(day(33)), Some(day(100))] {
            let moment = Moment { as_of, known_at: None };
            let report = aging(&**client, Some(&account("1101")), moment).await.unwrap();
            let mut all: Vec<AgedItem> = Vec::new();
            for bucket in Bucket::ALL.map(Some) {
                let (mut items, mut cursor) = (Vec::new(), None::<String>);
                loop {
                    let code = account("1101");
                    let page = aged_items(&**client, Some(&code), bucket, moment, cursor.as_deref(), 2).await.unwrap();
                    items.extend(page.items);
                    cursor = page.next;
                    if cursor.is_none() {
                        break;
                    }
                }
                for row in &report.rows {
                    let own = items.iter().filter(|item| item.account == row.account);
                    let sum: i128 = own.map(|item| item.outstanding_minor).sum();
                    assert_eq!(sum, row.buckets.of(bucket.unwrap()));
                }
                all.extend(items);
            }
            all.sort_by(|one, other| (&one.account, &one.item).cmp(&(&other.account, &other.item)));
            let whole = aged_items(&**client, Some(&account("1101")), None, moment, None, 1_000).await.unwrap();
            assert_eq!(whole.items, all);
            assert!(all.iter().all(|item| Bucket::of_days(item.days) == item.bucket));
        }
        let refused = aged_items(&**client, None, None, Moment::default(), Some("0011"), 5).await.unwrap_err();
        assert_eq!(refused.code(), Some("cursor_malformed"));
        let nobody = aging(&**client, Some(&account("110")), Moment::default()).await.unwrap_err();
        assert_eq!(nobody.code(), Some("account_unknown"));
    });
}

#[tokio::test]
async fn the_latest_due_date_counts_and_without_one_the_first_day() {
    let mut book = Book::new().await;
    enrich(&mut book).await;
    let client = book.ledger.client().await.unwrap();
    let moment = Moment { as_of: Some(day(36)), known_at: None };
    let page = aged_items(&**client, None, None, moment, None, 1_000).await.unwrap();
    let shown: Vec<_> = page
        .items
        .iter()
        .map(|item| (item.item.as_str(), item.outstanding_minor, item.days, item.bucket.word()))
        .collect();
    let expected = [
        ("CLM-A", 300, 31, "31-60"),
        ("CLM-B", 70, -4, "current"),
        ("CLM-C", 900, 33, "31-60"),
        ("CLM-D", 1, 96, "91-180"),
        ("CLM-E", 30, 236, "over-180"),
    ];
    assert_eq!(shown, expected);
}

#[tokio::test]
async fn suspense_is_what_is_marked_so_and_unapplied_receipts() {
    let mut book = Book::new().await;
    book.post(vec![
        entry(EntryKind::Post, 1, &[("2190", -500, Some("BANK-1")), ("1002", 500, None)]),
        entry(EntryKind::Post, 4, &[("2190", -40, Some("BANK-2")), ("1002", 40, None)]),
        entry(EntryKind::Post, 5, &[("2190", 500, Some("BANK-1")), ("1002", -500, None)]),
        entry(EntryKind::Post, 6, &[("-_..x.y", 9, None), ("1002", -9, None)]),
    ])
    .await;
    let client = book.ledger.client().await.unwrap();
    let shown = async |as_of: i64, known_at| {
        let moment = Moment { as_of: Some(day(as_of)), known_at };
        let report = suspense(&**client, moment).await.unwrap();
        let total: i128 = report.rows.iter().map(|row| row.amount_minor).sum();
        assert_eq!(report.totals.iter().map(|(_, minor)| minor).sum::<i128>(), total);
        let row = |row: &dianfu_ledger::report::suspense::SuspenseRow| {
            (row.account.to_string(), row.item.clone().unwrap_or_default(), row.amount_minor, row.days)
        };
        (report.rows.iter().map(row).collect::<Vec<_>>(), report.known_at)
    };
    let row = |account: &str, item: &str, minor, days| (account.to_owned(), item.to_owned(), minor, days);
    let (unmarked, known_at) = shown(10, None).await;
    assert_eq!(unmarked, [row("2190", "BANK-2", -40, 6)]);
    assert_eq!(shown(4, None).await.0, [row("2190", "BANK-1", -500, 3), row("2190", "BANK-2", -40, 0)]);
    let marked = Change::To(Some("{\"suspense\": true}".to_owned()));
    let marked = SettingChange { metadata: marked, ..SettingChange::default() };
    book.ledger.change_setting(&account("-_..x.y"), marked, "test", "a test").await.unwrap();
    assert_eq!(shown(10, None).await.0, [row("-_..x.y", "", 9, 4), row("2190", "BANK-2", -40, 6)]);
    assert_eq!(shown(10, Some(known_at)).await.0, unmarked);
}
