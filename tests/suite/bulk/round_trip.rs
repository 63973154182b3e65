//! A book that is exported and imported is the same book.

use dianfu_ledger::account::{Change, Frozen, Limits, NormalSide, SettingChange};
use dianfu_ledger::entry::{EntryKind, Layer, NewEntry, NewPosting};
use dianfu_ledger::limit_group::LimitGroup;
use dianfu_ledger::money::{Currency, Money};
use dianfu_ledger::query::{EntryView, PostingView};
use dianfu_ledger::register::Signature;
use dianfu_ledger::{Ledger, clock, id};
use jiff::SignedDuration;

use super::{Portrait, assert_same, notes, open, place, run};
use crate::books::{Book, DAYS, account, day, entry, for_random_books};

async fn copied(book: &Book) {
    let folder = tempfile::tempdir().unwrap();
    let (file, again) = (place(folder.path(), "book.ndjson"), place(folder.path(), "again.ndjson"));
    run(&book.test, &["export", "ndjson", "-o", &file]).went_well();
    run(&book.test, &["book", "create", "copy"]).went_well();
    let import = ["import", "ndjson", &file, "--book", "copy", "--format", "json"];
    let checked = run(&book.test, &[&import[..], &["--dry-run"]].concat()).went_well().json();
    assert_eq!((&checked["posted"], &checked["accounts_opened"]), (&0.into(), &0.into()));
    let first = run(&book.test, &import).went_well().json();
    assert_eq!(first["posted"], checked["entries"]);

    let days = [None, Some(day(DAYS / 2)), Some(day(DAYS))];
    let copy = open(&book.test, "copy").await;
    let original = Portrait::of(&book.ledger, &days).await;
    assert_same(&Portrait::of(&copy, &days).await, &original);
    assert_eq!(notes(&copy).await, notes(&book.ledger).await);
    run(&book.test, &["verify", "--book", "copy"]).went_well();

    let second = run(&book.test, &import).went_well().json();
    assert_eq!((&second["posted"], &second["replayed"]), (&0.into(), &first["posted"]));
    assert_same(&Portrait::of(&copy, &days).await, &original);
    run(&book.test, &["export", "ndjson", "-o", &again, "--book", "copy"]).went_well();
    copy.close().await;
}

/// Exports a book, imports it into another, and hands that over.
async fn through(book: &Book, export: &[&str], import: &[&str]) -> Ledger {
    run(&book.test, &[&["export"], export].concat()).went_well();
    run(&book.test, &["book", "create", "copy"]).went_well();
    let import = [&["import"], import, &["--book", "copy", "--format", "json"]].concat();
    let first = run(&book.test, &import).went_well().json();
    let again = run(&book.test, &import).went_well().json();
    assert_eq!((&again["posted"], &again["replayed"]), (&0.into(), &first["posted"]));
    run(&book.test, &["verify", "--book", "copy"]).went_well();
    open(&book.test, "copy").await
}

#[test]
fn random_books_come_back_from_csv_as_they_were() {
    for_random_books(4, async |book| {
        let folder = tempfile::tempdir().unwrap();
        let (postings, accounts) = (place(folder.path(), "postings.csv"), place(folder.path(), "accounts.csv"));
        let export = ["csv", "-o", &postings, "--accounts", &accounts];
        let copy = through(book, &export, &["csv", &postings, "--accounts", &accounts]).await;
        let days = [None, Some(day(DAYS / 2))];
        assert_same(&Portrait::of(&copy, &days).await, &Portrait::of(&book.ledger, &days).await);
        copy.close().await;
    });
}

#[test]
fn what_is_settled_in_random_books_comes_back_from_plain_text() {
    for format in ["hledger", "beancount"] {
        for_random_books(4, async |book| {
            let folder = tempfile::tempdir().unwrap();
            let file = place(folder.path(), "book.txt");
            let copy = through(book, &[format, "-o", &file], &[format, &file]).await;
            let days = [None, Some(day(DAYS / 2))];
            let (actual, expected) = (Portrait::of(&copy, &days).await, Portrait::of(&book.ledger, &days).await);
            assert_eq!(settled(&actual.entries), settled(&expected.entries), "{format}");
            assert_eq!(actual.accounts, expected.accounts, "{format}");
            assert_eq!(actual.trial_balances, expected.trial_balances, "{format}");
            copy.close().await;
        });
    }
}

/// What plain text says of entries: that they move money, not why.
fn settled(entries: &[EntryView]) -> Vec<String> {
    let leg = |leg: &PostingView| format!("{} {} {:?} {:?}", leg.account, leg.amount, leg.item, leg.due_date);
    let told = |entry: &EntryView| {
        let of = entry.postings.iter().filter(|leg| leg.layer == Layer::Settled);
        let legs: Vec<String> = of.map(leg).collect();
        let EntryView { id, effective_date, reference, description, .. } = entry;
        (!legs.is_empty()).then(|| format!("{id} {effective_date} {reference:?} {description:?} {legs:?}"))
    };
    entries.iter().filter_map(told).collect()
}

#[test]
fn random_books_come_back_as_they_were() {
    for_random_books(4, async |book| copied(book).await);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_special_comes_back_too() {
    let mut book = Book::new().await;
    let legs = [("1101.picc", 500, Some("CLM-1")), ("9002", -500, None)];
    let group = id::fresh();
    let in_group = || NewEntry { hold_group: Some(group), ..entry(EntryKind::Hold, 3, &legs) };
    let soon = clock::now() + SignedDuration::from_millis(150);
    let later = clock::now() + SignedDuration::from_hours(1_000);
    let expiring = NewEntry { expires_at: Some(soon), ..entry(EntryKind::Hold, 3, &legs) };
    let living = NewEntry { expires_at: Some(later), ..entry(EntryKind::Hold, 3, &legs) };
    let multiline = "{\n  \"a\": 1.10 }\n".to_owned();
    let told = NewEntry { metadata: Some(multiline), ..entry(EntryKind::Post, 4, &legs) };
    book.post(vec![in_group(), in_group(), expiring, living, told]).await;
    let most = NewEntry { at_most: true, ..entry(EntryKind::Post, 4, &legs) };
    let limits = SettingChange { max: Change::To(Some(2_700)), ..SettingChange::default() };
    book.ledger.change_setting(&account("1101.picc"), limits, "test", "less").await.unwrap();
    let ending = NewEntry { hold_group: Some(group), ..entry(EntryKind::Capture, 5, &[]) };
    let outcomes = book.ledger.post(vec![most, ending]).await.unwrap();
    assert!(outcomes.iter().all(|outcome| matches!(outcome, dianfu_ledger::Outcome::Posted(_))), "{outcomes:?}");
    dianfu_tests::eventually("the hold's time is over", async || clock::now() > soon).await;
    let due = NewPosting { due_date: Some(day(9)), ..entry(EntryKind::Post, 6, &legs).postings[0].clone() };
    let mut with_due = entry(EntryKind::Post, 6, &[("1101.picc", -500, Some("CLM-1")), ("9002", 500, None)]);
    with_due.postings[0] = NewPosting { amount: Money::new(-500, Currency::CNY), ..due };
    book.ledger.post(vec![with_due]).await.unwrap();
    settle(&book).await;
    copied(&book).await;
}

/// Settings that would refuse what was posted before.
async fn settle(book: &Book) {
    let change = |change: SettingChange, code: &str| {
        let (ledger, code) = (book.ledger.clone(), account(code));
        async move { ledger.change_setting(&code, change, "test", "a test").await.unwrap() }
    };
    let max = SettingChange { max: Change::To(Some(1)), frozen: Some(Frozen::Both), ..SettingChange::default() };
    change(max, "1101.picc").await;
    change(SettingChange { closed: Some(true), ..SettingChange::default() }, "1002.usd").await;
    let metadata = Change::To(Some("{\"a\":\n1}".to_owned()));
    let parent = Change::To(Some("1002".to_owned()));
    change(SettingChange { parent, metadata, ..SettingChange::default() }, "1002.jpy").await;
    let group = LimitGroup {
        currency: Currency::CNY,
        normal_side: NormalSide::Debit,
        limits: Limits { min_minor: None, max_minor: Some(1) },
        accounts: vec![account("1101.picc"), account("1002")],
    };
    book.ledger.set_limit_group("line", &group, Signature::of("test", "a test")).await.unwrap();
}
