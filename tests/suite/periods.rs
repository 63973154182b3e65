//! Periods: what is closed, sealed, taken back by two people, and moved to retained earnings at the end of a year.

use dianfu_ledger::Outcome;
use dianfu_ledger::account::{AccountNote, AccountType, Limits, NewAccount};
use dianfu_ledger::entry::{EntryKind, NewEntry};
use dianfu_ledger::period::{self, Closing, PeriodFault, PeriodOutcome, Reopening, Tightness, YearEnd, YearEndFault};
use dianfu_ledger::query::{self, Moment};
use dianfu_ledger::register::Signature;
use dianfu_tests::journal::assert_verifies;
use jiff::civil::{Date, date};

use crate::books::{Book, account, day, entry, for_random_books};

const ALICE: Signature<'static> = Signature { proposed_by: None, actor: "alice", reason: "a test" };
const BOB: Signature<'static> = Signature { proposed_by: None, actor: "bob", reason: "a test" };

fn paid(on_day: i64) -> NewEntry {
    entry(EntryKind::Post, on_day, &[("1002", 5, None), ("9002", -5, None)])
}

async fn answer(book: &Book, entry: NewEntry) -> String {
    match book.ledger.post(vec![entry]).await.unwrap().remove(0) {
        Outcome::Posted(_) => "posted".to_owned(),
        Outcome::Replayed(_) => "replayed".to_owned(),
        Outcome::Rejected(rejection) => rejection.code().to_owned(),
    }
}

async fn close(book: &Book, through: Date, how: Tightness) -> i64 {
    match book.ledger.close_period(through, how, ALICE).await.unwrap() {
        PeriodOutcome::Recorded(number) => number,
        PeriodOutcome::Refused(fault) => panic!("{fault}"),
    }
}

fn refused(outcome: PeriodOutcome) -> &'static str {
    match outcome {
        PeriodOutcome::Refused(fault) => fault.code(),
        PeriodOutcome::Recorded(number) => panic!("recorded as {number}"),
    }
}

async fn assert_clean(book: &Book) {
    assert_verifies(book.test.database()).await;
}

#[tokio::test]
async fn closed_days_take_what_they_may() {
    let book = Book::new().await;
    close(&book, day(5), Tightness::Soft).await;
    close(&book, day(3), Tightness::Hard).await;
    let adjusting = |on_day| NewEntry { adjusting: true, ..paid(on_day) };
    let late = |on_day| NewEntry { late: true, ..paid(on_day) };
    assert_eq!(answer(&book, paid(6)).await, "posted");
    assert_eq!(answer(&book, paid(5)).await, "period_closed");
    assert_eq!(answer(&book, adjusting(4)).await, "posted");
    assert_eq!(answer(&book, adjusting(3)).await, "period_closed");
    let came_late = late(2);
    assert_eq!(answer(&book, came_late.clone()).await, "posted");
    assert_eq!(answer(&book, came_late.clone()).await, "replayed");
    let client = book.ledger.client().await.unwrap();
    let view = query::entry(&**client, came_late.id).await.unwrap().unwrap();
    assert_eq!((view.effective_date, view.value_date), (day(6), Some(day(2))));
    assert_clean(&book).await;
}

#[tokio::test]
async fn days_close_once_they_are_over_and_only_forward() {
    let book = Book::new().await;
    let far = date(2999, 1, 1);
    assert_eq!(refused(book.ledger.close_period(far, Tightness::Soft, ALICE).await.unwrap()), "day_not_over");
    close(&book, day(5), Tightness::Hard).await;
    for how in [Tightness::Soft, Tightness::Hard] {
        assert_eq!(refused(book.ledger.close_period(day(5), how, ALICE).await.unwrap()), "closed_already");
    }
    let nobody = Signature { actor: "", ..ALICE };
    assert_eq!(refused(book.ledger.close_period(day(9), Tightness::Soft, nobody).await.unwrap()), "text_length");
}

#[tokio::test]
async fn days_are_taken_back_by_two_people() {
    let book = Book::new().await;
    close(&book, day(9), Tightness::Hard).await;
    let reopening = Reopening { from: day(4), out_of: Tightness::Soft };
    let PeriodOutcome::Recorded(proposal) = book.ledger.propose_reopening(&reopening, ALICE).await.unwrap() else {
        panic!("it can be proposed")
    };
    assert_eq!(answer(&book, paid(7)).await, "period_closed");
    assert_eq!(refused(book.ledger.reopen_period(proposal, ALICE).await.unwrap()), "same_person");
    assert_eq!(refused(book.ledger.reopen_period(proposal + 1, BOB).await.unwrap()), "proposal_unknown");
    assert!(matches!(book.ledger.reopen_period(proposal, BOB).await.unwrap(), PeriodOutcome::Recorded(_)));
    assert_eq!(refused(book.ledger.reopen_period(proposal, BOB).await.unwrap()), "proposal_overtaken");
    assert_eq!(answer(&book, paid(7)).await, "posted");
    assert_eq!(answer(&book, paid(3)).await, "period_closed");
    assert_eq!(refused(book.ledger.propose_reopening(&reopening, ALICE).await.unwrap()), "not_closed");
    let client = book.ledger.client().await.unwrap();
    let history = period::history(&**client).await.unwrap();
    let people: Vec<_> =
        history.iter().map(|it| (it.record.proposed_by.as_deref(), it.record.actor.as_str())).collect();
    assert_eq!(people, [(None, "alice"), (None, "alice"), (Some("alice"), "bob")]);
    let now = period::current(&**client).await.unwrap();
    assert_eq!((now.soft_through, now.hard_through, now.proposal), (Some(day(3)), Some(day(3)), Some(proposal)));
    assert_clean(&book).await;
}

#[test]
fn a_hard_closing_seals_what_anybody_can_recompute() {
    for_random_books(4, async |book| {
        close(book, day(10), Tightness::Hard).await;
        let sealed = async |book: &Book| -> Closing {
            let client = book.ledger.client().await.unwrap();
            period::current(&**client).await.unwrap()
        };
        let before = sealed(book).await.trial_balance.unwrap();
        // What comes later, into open days, leaves the seal as it is.
        book.post(vec![paid(20)]).await;
        assert_clean(book).await;
        let client = book.ledger.client().await.unwrap();
        let moment = Moment { as_of: Some(before.as_of), known_at: Some(before.known_at) };
        let trial_balance = query::trial_balance(&**client, moment, None).await.unwrap();
        assert_eq!(trial_balance.rows.len(), before.rows);
        assert_eq!(trial_balance.totals().len(), before.totals.len());
        close(book, day(25), Tightness::Hard).await;
        assert_ne!(sealed(book).await.trial_balance.unwrap().sha256, before.sha256);
        assert_clean(book).await;
    });
}

async fn with_results() -> Book {
    let book = Book::new().await;
    let new = |code: &str, account_type: AccountType, currency: &str, open_item| NewAccount {
        code: account(code),
        name: code.to_owned(),
        account_type,
        currency: currency.parse().unwrap(),
        normal_side: account_type.normal_side(),
        open_item,
        limits: Limits::default(),
        note: AccountNote::default(),
    };
    let accounts = [
        new("4101", AccountType::Income, "CNY", true),
        new("5101", AccountType::Expense, "CNY", false),
        new("4101.usd", AccountType::Income, "USD", false),
        new("3900", AccountType::Equity, "CNY", true),
        new("3900.usd", AccountType::Equity, "USD", false),
    ];
    book.ledger.open_accounts(&accounts, "test").await.unwrap();
    book
}

fn posted_on(on_day: i64, legs: &[(&str, &str, i64, Option<&str>)]) -> NewEntry {
    use dianfu_ledger::entry::NewPosting;
    use dianfu_ledger::money::Money;
    let posting = |(code, currency, minor, item): &(&str, &str, i64, Option<&str>)| {
        NewPosting::new(account(code), Money::new(*minor, currency.parse().unwrap()), item.map(str::to_owned))
    };
    NewEntry { postings: legs.iter().map(posting).collect(), ..entry(EntryKind::Post, on_day, &[]) }
}

#[tokio::test]
async fn the_result_of_a_year_moves_to_retained_earnings() {
    let book = with_results().await;
    let legs = [
        ("1002", "CNY", 300, None),
        ("4101", "CNY", -200, Some("INS-1")),
        ("4101", "CNY", -100, Some("INS-2")),
        ("1002.usd", "USD", 40, None),
        ("4101.usd", "USD", -40, None),
    ];
    let spent = [("5101", "CNY", 120, None), ("1002", "CNY", -120, None)];
    for entry in [posted_on(2, &legs), posted_on(3, &spent), posted_on(20, &spent)] {
        assert_eq!(answer(&book, entry).await, "posted");
    }
    let ledger = &book.ledger;
    let to = [account("3900"), account("3900.usd")];
    let YearEnd::Refused(fault) = ledger.close_year(day(10), &to[..1], "alice").await.unwrap() else {
        panic!("closed")
    };
    assert_eq!(fault, YearEndFault::CurrencyWithoutAccount { currency: "USD".parse().unwrap() });
    let YearEnd::Refused(fault) = ledger.close_year(day(10), &[account("1002")], "alice").await.unwrap() else {
        panic!("closed")
    };
    assert_eq!(fault.code(), "not_equity");
    close(&book, day(10), Tightness::Soft).await;
    let YearEnd::Closed(receipts) = ledger.close_year(day(10), &to, "alice").await.unwrap() else { panic!("refused") };
    assert_eq!(receipts.len(), 2);
    assert_eq!(ledger.close_year(day(10), &to, "alice").await.unwrap(), YearEnd::Closed(Vec::new()));
    let client = ledger.client().await.unwrap();
    let moment = Moment { as_of: Some(day(10)), known_at: None };
    for (code, expected) in [("4101", 0), ("5101", 0), ("4101.usd", 0), ("3900", 180), ("3900.usd", 40)] {
        let view = query::balance(&**client, &account(code), moment).await.unwrap().unwrap();
        assert_eq!(view.balance_minor(), expected, "{code}");
    }
    let now = query::balance(&**client, &account("5101"), Moment::default()).await.unwrap().unwrap();
    assert_eq!(now.balance_minor(), 120);
    assert_clean(&book).await;
}

#[tokio::test]
async fn a_year_that_is_closed_to_everybody_is_not_moved() {
    let book = with_results().await;
    assert_eq!(answer(&book, posted_on(2, &[("1002", "CNY", 3, None), ("5101", "CNY", -3, None)])).await, "posted");
    close(&book, day(10), Tightness::Hard).await;
    let closed = book.ledger.close_year(day(10), &[account("3900")], "alice").await.unwrap();
    let YearEnd::Refused(fault) = closed else { panic!("{closed:?}") };
    assert_eq!(fault.code(), "period_closed");
    let fault = PeriodFault::NotClosed { from: day(11), closed_through: Some(day(10)) };
    let reopening = Reopening { from: day(11), out_of: Tightness::Hard };
    assert_eq!(book.ledger.propose_reopening(&reopening, ALICE).await.unwrap(), PeriodOutcome::Refused(fault));
}
