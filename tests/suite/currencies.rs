//! Several currencies: rates, exchange, settlement, revaluation.

mod exchange;
mod rates;
mod revaluation;

use dianfu_ledger::account::{AccountNote, AccountType, Limits, NewAccount};
use dianfu_ledger::fx::{self, Quoted, Setup, Side, Trade, TradeKind};
use dianfu_ledger::money::Currency;
use dianfu_ledger::query::{self, Moment};
use dianfu_ledger::rate::{NewRate, RateKind, RateOutcome, RateValue, Rule};
use dianfu_ledger::register::Signature;
use dianfu_tests::journal::assert_verifies;
use jiff::civil::Date;
use uuid::Uuid;

use crate::books::{Book, account};

/// A rate as the central bank publishes it.
fn rate(pair: &str, date: &str, kind: &str, value: &str) -> NewRate {
    NewRate {
        pair: pair.parse().unwrap(),
        date: date.parse().unwrap(),
        kind: kind.parse().unwrap(),
        value: RateValue::parse(value).unwrap(),
        source: "PBOC".to_owned(),
    }
}

/// Puts rates on record, which must go through.
async fn set_rates(book: &Book, rates: &[NewRate]) {
    match book.ledger.record_rates(rates, Signature::of("clerk", "a test"), true).await.unwrap() {
        RateOutcome::Recorded(_) => {}
        RateOutcome::Refused(at, fault) => panic!("rate {at}: {fault}"),
    }
}

/// A book in CNY that clears USD and JPY.
async fn foreign_book() -> Book {
    let book = Book::new().await;
    let account = |code: &str, account_type: AccountType| NewAccount {
        code: account(code),
        name: code.to_owned(),
        account_type,
        currency: Currency::CNY,
        normal_side: account_type.normal_side(),
        open_item: false,
        limits: Limits::default(),
        note: AccountNote::default(),
    };
    let (income, expense) = (AccountType::Income, AccountType::Expense);
    let results = [("4911", income), ("4912", income), ("5911", expense), ("5912", expense)];
    let results: Vec<NewAccount> = results.iter().map(|(code, account_type)| account(code, *account_type)).collect();
    book.ledger.open_accounts(&results, "test").await.unwrap();
    let foreign = [Currency::USD, "JPY".parse().unwrap()];
    let signature = Signature::of("controller", "a test");
    let setup = Setup::starter(Currency::CNY);
    book.ledger.set_up_currencies(&setup, &foreign, signature).await.unwrap().unwrap();
    book
}

/// The n-th trade of a test, on a day that may have a rate; without its sides.
fn trade(n: u128, kind: TradeKind) -> Trade {
    let nothing = Side { account: account("none"), item: None, amount: None };
    Trade {
        id: Uuid::from_u128(n),
        kind,
        date: "2026-04-01".parse().unwrap(),
        from: nothing.clone(),
        to: nothing,
        rate: None,
        value: None,
        rule: Rule::exact(RateKind::spot()),
        adjusting: false,
        reference: String::new(),
        description: String::new(),
        actor: "test".to_owned(),
    }
}

fn agreed(pair: &str, value: &str) -> Quoted {
    Quoted { pair: pair.parse().unwrap(), value: RateValue::parse(value).unwrap() }
}

/// What stands on accounts, debit positive, in minor units.
async fn balances(book: &Book, codes: &[&str]) -> Vec<i128> {
    balances_of(book, codes, Moment::default()).await
}

async fn balances_at(book: &Book, codes: &[&str], date: Date) -> Vec<i128> {
    balances_of(book, codes, Moment { as_of: Some(date), known_at: None }).await
}

async fn balances_of(book: &Book, codes: &[&str], moment: Moment) -> Vec<i128> {
    let client = book.ledger.client().await.unwrap();
    let all = query::trial_balance(&**client, moment, None).await.unwrap().rows;
    let of = |code: &&str| {
        all.iter().find(|row| row.account.as_str() == *code).map_or(0, query::TrialBalanceRow::closing_minor)
    };
    codes.iter().map(of).collect()
}

impl Book {
    /// Verifies it.
    async fn assert_verified(&self) {
        assert_verifies(self.test.database()).await;
    }
}

#[tokio::test]
async fn every_statement_fits_the_tables() {
    let book = Book::new().await;
    let client = book.ledger.client().await.unwrap();
    for (name, statement) in fx::sql::ALL {
        client.prepare(statement).await.unwrap_or_else(|error| panic!("{name}: {error:?}"));
    }
}

#[tokio::test]
async fn the_functional_currency_is_set_once_with_accounts_that_fit() {
    let book = foreign_book().await;
    let signature = Signature::of("controller", "a test");
    let starter = Setup::starter(Currency::CNY);
    let set = async |setup: Setup, currencies: &[Currency]| {
        let set = book.ledger.set_up_currencies(&setup, currencies, signature).await.unwrap();
        set.map_or_else(|fault| format!("{} {}", fault.code, fault.pointer), |()| "set".to_owned())
    };
    assert_eq!(set(starter.clone(), &[Currency::USD]).await, "set");
    for (setup, currencies, expected) in [
        (Setup::starter(Currency::USD), &[][..], "functional_currency_fixed /functional"),
        (starter.clone(), &[Currency::CNY], "functional_currency /currencies/0"),
        (Setup { cost: account("1901"), ..starter.clone() }, &[], "account_twice /cost"),
        (Setup { realised_gain: account("none"), ..starter.clone() }, &[], "account_unknown /realised_gain"),
        (Setup { realised_gain: account("5911"), ..starter.clone() }, &[], "account_unfit /realised_gain"),
        (Setup { unrealised_loss: account("1002.usd"), ..starter }, &[], "currency_mismatch /unrealised_loss"),
    ] {
        assert_eq!(set(setup, currencies).await, expected);
    }
}
