//! Revaluation on the real database: what it posts, that doing it again is nothing, and what hledger makes of it.

use std::fs;
use std::process::Command;

use dianfu_ledger::entry::{EntryKind, NewEntry};
use dianfu_ledger::export::hledger;
use dianfu_ledger::fx::{Revaluation, Revalued};
use dianfu_ledger::query::Moment;
use dianfu_ledger::rate::{RateKind, Rule};
use jiff::civil::Date;
use tempfile::NamedTempFile;

use super::{balances_at, foreign_book, rate, set_rates};
use crate::books::{Book, account, entry};

fn on(date: &str, accounts: &[&str]) -> Revaluation {
    Revaluation {
        date: date.parse().unwrap(),
        accounts: accounts.iter().map(|code| account(code)).collect(),
        rule: Rule::exact(RateKind::closing()),
        carried_at: Rule::exact(RateKind::spot()),
        adjusting: false,
        actor: "test".to_owned(),
    }
}

/// How many entries it took, or the code of the refusal.
async fn revalued(book: &Book, asked: &Revaluation) -> String {
    match book.ledger.revalue(asked, true).await.unwrap() {
        Revalued::Posted { receipts, .. } => receipts.len().to_string(),
        Revalued::Refused(fault) => fault.code.to_owned(),
    }
}

/// 100 USD come into the bank at 7.00 and are owed to somebody at 7.10 for 40 of them, all by ordinary entries.
async fn with_postings() -> Book {
    let book = foreign_book().await;
    set_rates(&book, &[rate("USD/CNY", "2026-04-10", "spot", "7"), rate("USD/CNY", "2026-04-20", "spot", "7.1")]).await;
    let dated = |date: &str, legs: &[(&str, i64, Option<&'static str>)]| NewEntry {
        effective_date: Some(date.parse().unwrap()),
        ..entry(EntryKind::Post, 1, legs)
    };
    let first = dated("2026-04-10", &[("1002.usd", 10_000, None), ("2190.usd", -10_000, None)]);
    let second = dated("2026-04-20", &[("1101.aia", -4_000, Some("CLM-1")), ("2190.usd", 4_000, None)]);
    book.ledger.post(vec![first, second]).await.unwrap();
    book
}

const WATCHED: [&str; 3] = ["1903.usd", "4912", "5912"];

async fn watched(book: &Book, date: &str) -> Vec<i128> {
    balances_at(book, &WATCHED, date.parse::<Date>().unwrap()).await
}

/// At 7.20 the bank's 100 USD are worth 720 (20 more than 700), the 40 owed 288 (4 more than 284): 16 are gained.
/// Corrected to 6.90: 690 (10 less), 276 (8 less): 2 are lost, and all of it moves to the account of losses.
#[tokio::test]
async fn the_difference_is_posted_once_corrected_and_moved_back() {
    let book = with_postings().await;
    let both = on("2026-04-30", &["1002.usd", "1101.aia"]);
    assert_eq!(revalued(&book, &both).await, "rate_missing");
    set_rates(&book, &[rate("USD/CNY", "2026-04-30", "closing", "7.2")]).await;
    let rehearsed = book.ledger.revalue(&both, false).await.unwrap();
    assert_eq!(watched(&book, "2026-04-30").await, [0, 0, 0]);
    let Revalued::Posted { accounts, .. } = rehearsed else { panic!("{rehearsed:?}") };
    let changes: Vec<_> = accounts.iter().map(|it| (it.carried_minor, it.value_minor, it.change_minor)).collect();
    assert_eq!(changes, [(70_000, 72_000, 2_000), (-28_400, -28_800, -400)]);
    assert_eq!(revalued(&book, &both).await, "4");
    assert_eq!(watched(&book, "2026-04-30").await, [1_600, -1_600, 0]);
    assert_eq!(watched(&book, "2026-05-01").await, [0, 0, 0]);
    assert_eq!(revalued(&book, &both).await, "0");
    set_rates(&book, &[rate("USD/CNY", "2026-04-30", "closing", "6.9")]).await;
    assert_eq!(revalued(&book, &both).await, "4");
    assert_eq!(watched(&book, "2026-04-30").await, [-200, 0, 200]);
    assert_eq!(watched(&book, "2026-05-01").await, [0, 0, 0]);
    assert_eq!(revalued(&book, &both).await, "0");
    // The next period stands for itself: at 7.50 the bank's are worth 750, the 40 owed 300.
    set_rates(&book, &[rate("USD/CNY", "2026-05-31", "closing", "7.5")]).await;
    assert_eq!(revalued(&book, &on("2026-05-31", &["1002.usd", "1101.aia"])).await, "4");
    assert_eq!(watched(&book, "2026-05-31").await, [3_400, -3_400, 0]);
    book.assert_verified().await;
}

#[tokio::test]
async fn what_cannot_be_revalued_is_named() {
    let book = with_postings().await;
    set_rates(&book, &[rate("USD/CNY", "2026-04-30", "closing", "7.2")]).await;
    for (accounts, code) in [
        (&["1002.usd", "1002"][..], "functional_currency"),
        (&["nobody"], "account_unknown"),
        (&["1002.kwd"], "clearing_account_missing"),
        (&[], "0"),
    ] {
        assert_eq!(revalued(&book, &on("2026-04-30", accounts)).await, code, "{accounts:?}");
    }
    let nothing = Book::new().await;
    assert_eq!(revalued(&nothing, &on("2026-04-30", &["1002.usd"])).await, "fx_not_set_up");
}

/// Every commodity sums to zero in hledger, and the balances are ours.
#[tokio::test]
async fn hledger_finds_the_same_in_every_commodity() {
    let book = with_postings().await;
    set_rates(&book, &[rate("USD/CNY", "2026-04-30", "closing", "7.2")]).await;
    assert_eq!(revalued(&book, &on("2026-04-30", &["1002.usd", "1101.aia"])).await, "4");
    let clients = [book.ledger.client().await.unwrap(), book.ledger.client().await.unwrap()];
    let mut file = NamedTempFile::with_suffix(".journal").unwrap();
    hledger(clients, Moment::default(), &mut file, |_| {}).await.unwrap();
    let ask = |arguments: &[&str]| {
        let mut command = Command::new("hledger");
        command.env("LC_ALL", "C.UTF-8").arg("--file").arg(file.path()).args(arguments);
        let output = command.output().expect("this test needs the program hledger (Debian package hledger)");
        let shown = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{shown}{}", fs::read_to_string(file.path()).unwrap());
        shown
    };
    ask(&["check", "--strict", "accounts", "commodities"]);
    for currency in ["CNY", "USD"] {
        let total = ask(&["balance", &format!("cur:{currency}"), "--end", "2026-05-01", "--output-format", "csv"]);
        assert!(total.lines().last().is_some_and(|last| last.ends_with(",\"0\"")), "{total}");
    }
    let gain = ask(&["balance", "4912", "--end", "2026-05-01", "--output-format", "csv", "--no-total"]);
    assert!(gain.contains("-16.00 CNY"), "{gain}");
}
