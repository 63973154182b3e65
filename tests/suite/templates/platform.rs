//! The platform's journals in a book: there when they are needed, once, newer ones in their turn, an operator's own.

use dianfu_ledger::Ledger;
use dianfu_ledger::book::BookName;
use dianfu_ledger::money::Currency;
use dianfu_ledger::register::Signature;
use dianfu_ledger::template::Template;
use dianfu_ledger::template_register::{TemplateOutcome, history, last_of, list};
use dianfu_settlement::chart::{SETTLEMENT_BANK, channel_accounts, platform_accounts};
use dianfu_settlement::collection::channel_settled;
use dianfu_settlement::journal_map::ChannelSettlement;
use dianfu_settlement::journals::{Journals, install};
use dianfu_settlement::number::PartyNo;
use jiff::civil::date;
use serde_json::{Value, json};

use super::fixture::{ALICE, assert_clean, posted, record};
use crate::books::Book;

async fn last(book: &Book, name: &str) -> Template {
    let client = book.ledger.client().await.unwrap();
    last_of(&**client, &[name]).await.unwrap()[name].template.clone().unwrap()
}

/// The template with another title: as an older program, or an operator, may have it.
fn retitled(template: &Template, title: &str) -> Template {
    let mut value: Value = serde_json::from_str(&template.canonical()).unwrap();
    value["title"] = json!(title);
    Template::parse(&value.to_string()).unwrap()
}

#[tokio::test]
async fn what_a_book_lacks_is_recorded_once_whoever_comes_first() {
    let book = Book::new().await;
    let other = Ledger::open(book.test.database(), &BookName::parse("main").unwrap()).await.unwrap();
    let (one, two, three) = tokio::join!(install(&book.ledger), install(&other), install(&book.ledger));
    one.and(two).and(three).unwrap();
    let client = book.ledger.client().await.unwrap();
    let there = list(&**client).await.unwrap();
    assert!(there.len() > 50, "{}", there.len());
    for version in &there {
        assert_eq!(history(&**client, &version.name).await.unwrap().len(), 1, "{}", version.name);
    }
    drop(client);
    other.close().await;
    assert_clean(&book).await;
}

#[tokio::test]
async fn a_newer_version_replaces_the_programs_own_and_nobody_elses() {
    let book = Book::new().await;
    install(&book.ledger).await.unwrap();
    let [j12, j13] = [last(&book, "J12").await, last(&book, "J13").await];
    let platform = Signature::of("dianfu", "shipped with the program");
    let record = async |template: &Template, signature| {
        let outcome = book.ledger.record_template(template, None, signature, true).await.unwrap();
        assert!(matches!(outcome, TemplateOutcome::Recorded(_)), "{outcome:?}");
    };
    // A newer program has been here, and an operator: an older one takes nothing back.
    record(&retitled(&j12, "Of a newer program"), platform).await;
    record(&retitled(&j13, "Our own"), ALICE).await;
    install(&book.ledger).await.unwrap();
    assert_eq!(last(&book, "J12").await.definition().title, "Of a newer program");
    assert_eq!(last(&book, "J13").await.definition().title, "Our own");
    book.ledger.retire_template("J13", None, ALICE).await.unwrap();
    install(&book.ledger).await.unwrap();

    let mut client = book.ledger.client().await.unwrap();
    let tx = client.transaction().await.unwrap();
    let journals = Journals::in_force(&tx, &["J12", "J13"]).await.unwrap();
    assert_eq!((journals.title("J12"), journals.title("J13")), (Some("Of a newer program"), None));
    tx.rollback().await.unwrap();
    drop(client);

    // A book that an older program has made.
    let older = Book::new().await;
    let old = retitled(&j12, "Of an older program");
    older.ledger.record_template(&old, None, platform, true).await.unwrap();
    install(&older.ledger).await.unwrap();
    assert_eq!(last(&older, "J12").await, j12);
    assert_clean(&older).await;
}

#[tokio::test]
async fn a_channels_settlement_that_is_told_again_is_found_whatever_was_recorded_since() {
    let book = Book::new().await;
    let wechat = PartyNo::parse("wechat").unwrap();
    let accounts = [platform_accounts(Currency::CNY), channel_accounts(&wechat, Currency::CNY)].concat();
    book.ledger.open_accounts(&accounts, "tester").await.unwrap();
    let settlement = |reference: &str| ChannelSettlement {
        channel: wechat.clone(),
        day: date(2026, 3, 1),
        bank: PartyNo::parse(SETTLEMENT_BANK).unwrap(),
        reference: reference.to_owned(),
        currency: Currency::CNY,
        collected_minor: 480_000,
        fee_minor: 2_880,
        on: date(2026, 3, 2),
    };
    let settle = async |reference: &str| channel_settled(&book.ledger, &settlement(reference), "bank").await.unwrap();
    let first = settle("W-1").await.unwrap();
    // From now on the channel's fee is charged elsewhere.
    let mut other: Value = serde_json::from_str(&last(&book, "J2b").await.canonical()).unwrap();
    other["legs"][1]["account"] = json!("5102");
    let version = record(&book, &Template::parse(&other.to_string()).unwrap()).await;
    assert_eq!(settle("W-1").await, Ok(first));
    let second = settle("W-2").await.unwrap();
    book.ledger.retire_template("J2b", None, ALICE).await.unwrap();
    assert_eq!((settle("W-1").await, settle("W-2").await), (Ok(first), Ok(second)));
    assert_eq!(settle("W-3").await.unwrap_err().code(), "template_unknown");
    let (before, legs) = posted(&book, first).await;
    assert!(before < Some(version), "{before:?}");
    assert_eq!(posted(&book, second).await, (Some(version), legs));
    assert_clean(&book).await;
}
