//! Limits, freezes and closings of accounts replayed: whoever takes one away behind the program's back, posts past it,
//! and puts it back, has left every chain whole and is found all the same.

use dianfu_ledger::Ledger;
use dianfu_ledger::account::{AccountSetting, Frozen};
use dianfu_ledger::book::BookName;
use dianfu_ledger::decide::Outcome;
use dianfu_ledger::entry::EntryKind;
use dianfu_ledger::verify::{Place, Rule};
use dianfu_tests::audit::{assert_audited, audited};

use super::{book_to_alter, check, keep_copies, vandal};
use crate::books::{Book, account, entry};

const NO_GROUP_LIMIT: &str =
    "UPDATE register SET content = jsonb_set(content::jsonb, '{max}', 'null')::json WHERE kind = 'limit_group'";
const NO_SETTINGS: &str = "UPDATE account_setting SET max_minor = NULL, closed = false, frozen = 'none'";

/// What is found after an entry, the seventh, was posted while these statements were in force.
async fn found_after(book: &Book, taken_away: &[&str], on: &str, minor: i64) -> (Place, Rule) {
    assert_eq!(check(book).await.finding, None);
    let vandal = vandal(book).await;
    keep_copies(&vandal).await;
    for statement in taken_away {
        vandal.batch_execute(statement).await.unwrap();
    }
    let other = Ledger::open(book.test.database(), &BookName::parse("main").unwrap()).await.unwrap();
    let item = on.starts_with("1101").then_some("CLM-9");
    let outcomes = other.post(vec![entry(EntryKind::Post, 4, &[(on, minor, item), ("9002", -minor, None)])]).await;
    assert!(matches!(outcomes.unwrap()[0], Outcome::Posted(_)));
    other.close().await;
    for table in ["account_setting", "register"] {
        let put_back = format!("DELETE FROM {table}; INSERT INTO {table} SELECT * FROM {table}_copy");
        vandal.batch_execute(&put_back).await.unwrap();
    }
    let finding = check(book).await.finding.expect("past what was in force");
    // Every chain is whole: one audit sees it, and no other anything.
    let wrong = audited(&vandal).await;
    let mut wrong: Vec<_> = wrong.iter().map(|it| (it.audit, it.place.as_str(), it.rule.as_str())).collect();
    wrong.dedup(); // the account and its group
    assert_eq!(wrong, [("limits", finding.place.to_string().as_str(), finding.rule.code())]);
    (finding.place, finding.rule)
}

#[tokio::test]
async fn a_limit_of_an_account_that_was_passed_is_found() {
    let book = book_to_alter().await;
    let found = found_after(&book, &[NO_SETTINGS, NO_GROUP_LIMIT], "1101.picc", 2_000_000).await;
    assert_eq!(found, (Place::Entry { sequence: 7 }, Rule::WithinLimits));
}

#[tokio::test]
async fn a_limit_of_a_group_that_was_passed_is_found() {
    let book = book_to_alter().await;
    let found = found_after(&book, &[NO_GROUP_LIMIT], "1101.cpic", 2_000_000).await;
    assert_eq!(found, (Place::Entry { sequence: 7 }, Rule::WithinLimits));
}

#[tokio::test]
async fn a_posting_on_a_frozen_or_closed_account_is_found() {
    // An account is closed only at zero, so one that nothing was posted to.
    let frozen = AccountSetting { frozen: Frozen::In, ..AccountSetting::default() };
    let closed = AccountSetting { closed: true, ..AccountSetting::default() };
    for (on, setting) in [("1002", frozen), ("-_..x.y", closed)] {
        let book = book_to_alter().await;
        book.ledger.change_setting(&account(on), setting.into(), "test", "no more").await.unwrap();
        let found = found_after(&book, &[NO_SETTINGS], on, 5).await;
        assert_eq!(found, (Place::Posting { sequence: 7, leg: 0 }, Rule::AccountOpen));
    }
}

#[tokio::test]
async fn a_limit_that_is_lowered_below_what_is_used_breaks_nothing() {
    let mut book = book_to_alter().await;
    let low = AccountSetting {
        limits: dianfu_ledger::account::Limits { min_minor: None, max_minor: Some(1) },
        ..AccountSetting::default()
    };
    book.ledger.change_setting(&account("1101.picc"), low.into(), "test", "less").await.unwrap();
    assert_eq!(check(&book).await.finding, None);
    // Towards the limit is free.
    book.post(vec![entry(EntryKind::Post, 4, &[("1002", 5, None), ("1101.picc", -5, Some("CLM-1"))])]).await;
    assert_eq!(check(&book).await.finding, None);
    assert_audited(&book.ledger.client().await.unwrap()).await;
}
