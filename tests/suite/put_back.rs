//! A book that is put back to an earlier time under a running process: a restore, or a failover that loses commits.

use dianfu_ledger::account::{
    AccountCode, AccountNote, AccountType, Change, Limits, NewAccount, NormalSide, SettingChange,
};
use dianfu_ledger::book::BookName;
use dianfu_ledger::entry::{NewEntry, NewPosting};
use dianfu_ledger::money::{Currency, Money};
use dianfu_ledger::query::{Moment, balance};
use dianfu_ledger::{Ledger, Outcome, id};
use dianfu_tests::journal::Journal;
use dianfu_tests::{TestDatabase, test_database, work};
use tokio_postgres::Client;

const TABLES: [&str; 7] = ["account", "account_setting", "entry", "entry_link", "posting", "commit", "head"];

async fn open(test: &TestDatabase) -> Ledger {
    Ledger::open(test.database(), &BookName::parse("main").unwrap()).await.unwrap()
}

/// Posts an entry like the first of a request, under an id of its own, and says what became of it.
async fn post(ledger: &Ledger, like_request: u32) -> &'static str {
    let entry = NewEntry { id: id::fresh(), linked: false, ..work::request(like_request).remove(0) };
    match &ledger.post(vec![entry]).await.unwrap()[0] {
        Outcome::Posted(_) => "posted",
        Outcome::Replayed(_) => "replayed",
        Outcome::Rejected(rejection) => rejection.code(),
    }
}

/// A superuser whose statements no guard sees.
async fn operator(test: &TestDatabase) -> Client {
    let client = test.database().connect_owner().await.unwrap();
    client.batch_execute("SET search_path = book_main; SET session_replication_role = replica").await.unwrap();
    client
}

async fn keep_copies(operator: &Client) {
    for table in TABLES {
        operator.batch_execute(&format!("CREATE TABLE {table}_copy AS TABLE {table}")).await.unwrap();
    }
}

async fn put_copies_back(operator: &Client) {
    for table in TABLES {
        let statement = format!("DELETE FROM {table}; INSERT INTO {table} SELECT * FROM {table}_copy");
        operator.batch_execute(&statement).await.unwrap();
    }
}

/// After the book was put back, others post `posted_since` entries; the process that remembers more must not believe
/// its memory, whether the head is behind what it remembers, at the same place, or past it.
async fn a_process_notices(posted_since: u32) {
    let test = test_database().await;
    let running = open(&test).await;
    running.open_accounts(&work::accounts(true), "test").await.unwrap();
    assert_eq!(post(&running, 0).await, "posted");
    let operator = operator(&test).await;
    keep_copies(&operator).await;
    for lost in [0, 0, 2] {
        assert_eq!(post(&running, lost).await, "posted");
    }

    put_copies_back(&operator).await;
    let other = open(&test).await;
    for since in 0..posted_since {
        assert_eq!(post(&other, since % 2).await, "posted");
    }
    // 40 are in the pot again, and others put 40 in and take 55 out in turn.
    let in_pot = [40, 80, 25, 65, 10, 50][usize::try_from(posted_since).unwrap()];
    let expected = if in_pot >= 55 { "posted" } else { "below_minimum" };
    assert_eq!(post(&running, 1).await, expected, "{in_pot} in the pot");
    assert_eq!(post(&running, 2).await, "posted");
    Journal::read(test.database()).await;
}

#[tokio::test]
async fn to_before_what_a_process_remembers() {
    a_process_notices(0).await;
}

#[tokio::test]
async fn and_gone_on_to_less_than_it_remembers() {
    a_process_notices(2).await;
}

#[tokio::test]
async fn and_gone_on_to_the_same_place() {
    a_process_notices(3).await;
}

#[tokio::test]
async fn and_gone_on_past_what_it_remembers() {
    a_process_notices(5).await;
}

fn plain(code: &str) -> NewAccount {
    NewAccount {
        code: AccountCode::parse(code).unwrap(),
        name: code.to_owned(),
        account_type: AccountType::Asset,
        currency: Currency::CNY,
        normal_side: NormalSide::Debit,
        open_item: false,
        limits: Limits::default(),
        note: AccountNote::default(),
    }
}

/// Moves money from [`work::POT`] to an account.
fn payment(to: &str, minor: i64) -> NewEntry {
    let leg = |account: &str, minor| NewPosting {
        account: AccountCode::parse(account).unwrap(),
        amount: Money::new(minor, Currency::CNY),
        item: None,
        due_date: None,
    };
    let postings = vec![leg(to, minor), leg(work::POT, -minor)];
    NewEntry { id: id::fresh(), postings, ..work::request(0).remove(0) }
}

#[tokio::test]
async fn to_before_an_account_was_opened_whose_number_is_anothers_now() {
    let test = test_database().await;
    let running = open(&test).await;
    running.open_accounts(&work::accounts(false), "test").await.unwrap();
    assert_eq!(post(&running, 0).await, "posted");
    let operator = operator(&test).await;
    keep_copies(&operator).await;
    running.open_accounts(&[plain("alpha")], "test").await.unwrap();
    // It is met, and nothing is written.
    let mut refused = payment("alpha", 5);
    refused.postings[0].amount.minor = 6;
    assert!(matches!(running.post(vec![refused]).await.unwrap()[..], [Outcome::Rejected(_)]));

    put_copies_back(&operator).await;
    let other = open(&test).await;
    other.open_accounts(&[plain("beta"), plain("alpha")], "test").await.unwrap();
    assert!(matches!(running.post(vec![payment("alpha", 7)]).await.unwrap()[..], [Outcome::Posted(_)]));
    for (code, expected) in [("alpha", 7), ("beta", 0)] {
        let code = AccountCode::parse(code).unwrap();
        let balance = balance(&operator, &code, Moment::default()).await.unwrap().unwrap();
        assert_eq!(balance.settled.net_minor(), expected, "{code}");
    }
}

#[tokio::test]
async fn to_before_a_limit_that_is_another_now() {
    let test = test_database().await;
    let running = open(&test).await;
    let mut accounts = work::accounts(false);
    accounts.push(plain("alpha"));
    running.open_accounts(&accounts, "test").await.unwrap();
    let operator = operator(&test).await;
    keep_copies(&operator).await;
    let most = |max| SettingChange { max: Change::To(Some(max)), ..SettingChange::default() };
    let alpha = AccountCode::parse("alpha").unwrap();
    running.change_setting(&alpha, most(1_000), "test", "wide").await.unwrap();
    let refused = running.post(vec![payment("alpha", 1_001)]).await.unwrap();
    assert!(matches!(refused[..], [Outcome::Rejected(_)]), "{refused:?}");

    put_copies_back(&operator).await;
    open(&test).await.change_setting(&alpha, most(10), "test", "narrow").await.unwrap();
    let refused = running.post(vec![payment("alpha", 11)]).await.unwrap();
    assert!(matches!(refused[..], [Outcome::Rejected(_)]), "{refused:?}");
    assert!(matches!(running.post(vec![payment("alpha", 10)]).await.unwrap()[..], [Outcome::Posted(_)]));
}
