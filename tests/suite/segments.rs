//! Segments: everything about an account stays right where one segment ends and the next begins, sealed or not, and
//! sealing may be stopped at any moment.

use std::collections::BTreeMap;

use dianfu_ledger::account::{AccountCode, AccountNote, AccountType, Limits, NewAccount, NormalSide};
use dianfu_ledger::book::BookName;
use dianfu_ledger::entry::{NewEntry, NewPosting};
use dianfu_ledger::money::{Currency, Money};
use dianfu_ledger::query::{self, Moment};
use dianfu_ledger::verify::Asked;
use dianfu_ledger::{Ledger, Outcome, id};
use dianfu_tests::{TestDatabase, eventually, test_database};
use jiff::Timestamp;
use tokio_postgres::Client;

/// Entries of a segment.
const SEGMENT: i64 = 131_072;
/// Entries of a request.
const REQUEST: i64 = 8_192;

fn code(text: &str) -> AccountCode {
    AccountCode::parse(text).unwrap()
}

/// Moves `number` minor units from `source` to `early` in the first segment, to `late` behind it.
fn entry(number: i64) -> NewEntry {
    let to = if number <= SEGMENT { "early" } else { "late" };
    let leg = |account: &str, minor| {
        let amount = Money::new(minor, Currency::CNY);
        let item = (account != "source").then(|| format!("I-{}", number % 7));
        NewPosting::new(code(account), amount, item)
    };
    NewEntry {
        id: id::entry_id(Timestamp::UNIX_EPOCH, &number.to_string(), "segment"),
        reference: number.to_string(),
        actor: "test".to_owned(),
        postings: vec![leg(to, number), leg("source", -number)],
        ..NewEntry::default()
    }
}

async fn open(test: &TestDatabase) -> Ledger {
    Ledger::open(test.database(), &BookName::parse("main").unwrap()).await.unwrap()
}

async fn post(ledger: &Ledger, numbers: std::ops::RangeInclusive<i64>) {
    let outcomes = ledger.post(numbers.clone().map(entry).collect()).await.unwrap();
    for (outcome, number) in outcomes.iter().zip(numbers) {
        assert!(matches!(outcome, Outcome::Posted(receipt) if receipt.sequence == number), "{number}: {outcome:?}");
    }
}

async fn owner(test: &TestDatabase) -> Client {
    let client = test.database().connect_owner().await.unwrap();
    client.batch_execute("SET search_path = book_main").await.unwrap();
    client
}

async fn sealed(client: &Client) -> i64 {
    client.query_one("SELECT count(*) FROM segment WHERE sealed_at IS NOT NULL", &[]).await.unwrap().get(0)
}

fn sum(numbers: std::ops::RangeInclusive<i64>) -> i128 {
    numbers.map(i128::from).sum()
}

/// What every reader sees after `last` entries, told without the ledger.
async fn check(ledger: &Ledger, last: i64) {
    let client = &mut **ledger.client().await.unwrap();
    let expected =
        [("early", sum(1..=SEGMENT.min(last))), ("late", sum(SEGMENT + 1..=last)), ("source", -sum(1..=last))];
    for (account, expected) in expected {
        let balance = query::balance(client, &code(account), Moment::default()).await.unwrap().unwrap();
        assert_eq!(balance.settled.net_minor(), expected, "{account}");
    }
    let report = query::trial_balance(client, Moment::default(), None).await.unwrap();
    assert!(report.is_balanced());
    let open = query::open_items(client, &code("late"), Moment::default(), query::Items::All).await.unwrap();
    assert_eq!(open.iter().map(|item| item.outstanding_minor).sum::<i128>(), sum(SEGMENT + 1..=last));
    let (early, late) = (code("early"), code("late"));
    let named = [(&early, "I-1"), (&late, "I-1"), (&late, "I-9"), (&early, "I-1")];
    let standing = query::outstanding(client, &named).await.unwrap();
    let standing: BTreeMap<_, _> = standing.iter().map(|item| (item.account.as_str(), item.settled_minor)).collect();
    let of_item =
        |numbers: std::ops::RangeInclusive<i64>| numbers.filter(|number| number % 7 == 1).map(i128::from).sum();
    let expected: [(&str, i128); 2] =
        [("early", of_item(1..=SEGMENT.min(last))), ("late", of_item(SEGMENT + 1..=last))];
    assert_eq!(standing, BTreeMap::from(expected));
    let across = query::entries(client, SEGMENT - 3, 6).await.unwrap();
    let expected: Vec<i64> = (SEGMENT - 2..=last.min(SEGMENT + 3)).collect();
    assert_eq!(across.iter().map(|entry| entry.sequence).collect::<Vec<_>>(), expected);
    assert!(across.iter().all(|entry| entry.postings.len() == 2 && entry.postings[0].amount.minor == entry.sequence));
    let report = ledger.verify(Asked::default(), |_| {}).await.unwrap();
    assert_eq!((report.finding, report.entries), (None, last));
}

#[tokio::test]
async fn a_book_stays_right_over_the_end_of_a_segment() {
    let test = test_database().await;
    let ledger = open(&test).await;
    let account = |text: &str| NewAccount {
        code: code(text),
        name: text.to_owned(),
        account_type: AccountType::Asset,
        currency: Currency::CNY,
        normal_side: NormalSide::Debit,
        open_item: text != "source",
        limits: Limits::default(),
        note: AccountNote::default(),
    };
    ledger.open_accounts(&["early", "late", "source"].map(account), "test").await.unwrap();
    let reader = owner(&test).await;
    // A sealer that is stuck must not hold up the writer, nor the readers of what it has not sealed.
    let mut stuck = owner(&test).await;
    let stuck = stuck.transaction().await.unwrap();
    for request in 0..SEGMENT / REQUEST - 1 {
        post(&ledger, request * REQUEST + 1..=(request + 1) * REQUEST).await;
    }
    stuck.execute("SELECT 1 FROM segment FOR UPDATE", &[]).await.unwrap();
    let edge = SEGMENT - REQUEST;
    post(&ledger, edge + 1..=SEGMENT - 3).await;
    // One request over the edge.
    let last = SEGMENT + 1_000;
    post(&ledger, SEGMENT - 2..=last).await;
    assert_eq!(sealed(&reader).await, 0);
    check(&ledger, last).await;
    // Nor does sealing wait for who goes on reading, or hold up who comes after.
    let mut long = owner(&test).await;
    let long = long.transaction().await.unwrap();
    long.query_one("SELECT count(*) FROM posting", &[]).await.unwrap();
    stuck.rollback().await.unwrap();

    eventually("the first segment is sealed", async || sealed(&reader).await == 1).await;
    check(&ledger, last).await;
    long.rollback().await.unwrap();
    // Ids of both segments are known; a fresh process finds the totals of both.
    let fresh = open(&test).await;
    let again = [1, SEGMENT, SEGMENT + 1, last].map(entry).to_vec();
    for ledger in [&ledger, &fresh] {
        let outcomes = ledger.post(again.clone()).await.unwrap();
        assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Replayed(_))), "{outcomes:?}");
    }
    post(&fresh, last + 1..=last + 10).await;
    post(&ledger, last + 11..=last + 20).await;
    check(&ledger, last + 20).await;
}

#[tokio::test]
async fn sealing_that_is_stopped_is_done_later_and_once() {
    let test = test_database().await;
    let ledger = open(&test).await;
    ledger.open_accounts(&dianfu_tests::work::accounts(false), "test").await.unwrap();
    ledger.post(dianfu_tests::work::request(0)).await.unwrap();
    ledger.close().await;
    // As if the first segment were full.
    let mut first = owner(&test).await;
    let shorten = "ALTER TABLE segment DISABLE TRIGGER ALL; UPDATE segment SET last_sequence = 1";
    first.batch_execute(shorten).await.unwrap();

    let stopped = first.transaction().await.unwrap();
    assert!(stopped.query_one("SELECT tend_segments()", &[]).await.unwrap().get::<_, bool>(0));
    stopped.rollback().await.unwrap();
    assert_eq!(sealed(&first).await, 0);

    let pid: i32 = first.query_one("SELECT pg_backend_pid()", &[]).await.unwrap().get(0);
    let second = owner(&test).await;
    first.batch_execute("BEGIN; SELECT tend_segments()").await.unwrap();
    second.execute("SELECT pg_terminate_backend($1)", &[&pid]).await.unwrap();
    let third = owner(&test).await;
    let (one, other) =
        tokio::join!(second.query_one("SELECT tend_segments()", &[]), third.query_one("SELECT tend_segments()", &[]));
    let done = [one, other].map(|answer| answer.unwrap().get::<_, bool>(0));
    assert_eq!(done.iter().filter(|done| **done).count(), 1, "{done:?}");
    assert_eq!(sealed(&second).await, 1);
}
