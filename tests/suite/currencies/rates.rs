//! Rates on record: corrected, looked up as they were known, kept by the chain of the register.

use dianfu_ledger::rate::table::{self, Filter};
use dianfu_ledger::rate::{NewRate, Quotation, RateKind, RateMissing, RateOutcome, RateValue, Recorded, Rule, sql};
use dianfu_ledger::register::Signature;
use dianfu_ledger::verify::Asked;
use dianfu_tests::audit::audited;
use dianfu_tests::journal::assert_verifies;
use jiff::Timestamp;
use jiff::civil::Date;

use super::{rate, set_rates};
use crate::books::Book;

fn spot() -> Rule {
    Rule::exact(RateKind::spot())
}

async fn look_up(
    book: &Book,
    pair: &str,
    date: &str,
    rule: &Rule,
    known_at: Option<Timestamp>,
) -> Result<Quotation, RateMissing> {
    let client = book.ledger.client().await.unwrap();
    let date: Date = date.parse().unwrap();
    table::look_up(&**client, pair.parse().unwrap(), date, rule, known_at).await.unwrap()
}

fn words(found: Result<Quotation, RateMissing>) -> String {
    found.map_or_else(|missing| missing.to_string(), |quotation| quotation.words())
}

#[tokio::test]
async fn every_statement_fits_the_tables() {
    let book = Book::new().await;
    let client = book.ledger.client().await.unwrap();
    for (name, statement) in sql::ALL {
        client.prepare(statement).await.unwrap_or_else(|error| panic!("{name}: {error:?}"));
    }
}

#[tokio::test]
async fn a_correction_leaves_what_was_known_before() {
    let book = Book::new().await;
    set_rates(&book, &[rate("USD/CNY", "2026-04-30", "spot", "7.10")]).await;
    let client = book.ledger.client().await.unwrap();
    let first = table::list(&**client, &Filter::default(), 10).await.unwrap().remove(0);
    set_rates(&book, &[rate("USD/CNY", "2026-04-30", "spot", "7.12")]).await;
    let spot = spot();
    let at = |known_at| look_up(&book, "USD/CNY", "2026-04-30", &spot, known_at);
    assert_eq!(words(at(None).await), "USD/CNY 7.12 spot 2026-04-30");
    assert_eq!(words(at(Some(first.recorded_at)).await), "USD/CNY 7.1 spot 2026-04-30");
    assert_eq!(at(Some(Timestamp::UNIX_EPOCH)).await.unwrap_err().nearest, None);
    let history = table::history(&**client, first.rate.pair, &first.rate.kind, first.rate.date).await.unwrap();
    assert_eq!(history.iter().map(|view| view.rate.value.to_string()).collect::<Vec<_>>(), ["7.1", "7.12"]);
    let as_it_was = Filter { known_at: Some(first.recorded_at), ..Filter::default() };
    assert_eq!(table::list(&**client, &as_it_was, 10).await.unwrap(), [first]);
}

#[tokio::test]
async fn the_same_again_is_recorded_once_and_a_bad_one_keeps_all_out() {
    let book = Book::new().await;
    let rates = [rate("USD/CNY", "2026-04-29", "spot", "7.10"), rate("USD/CNY", "2026-04-30", "spot", "7.11")];
    let signature = Signature::of("clerk", "a test");
    let record = async |rates: &[NewRate], keep| book.ledger.record_rates(rates, signature, keep).await.unwrap();
    let both = RateOutcome::Recorded(Recorded { new: 2, ..Recorded::default() });
    assert_eq!((record(&rates, false).await, record(&rates, true).await), (both.clone(), both));
    let mixed = [rate("USD/CNY", "2026-04-30", "spot", "7.110"), rate("USD/CNY", "2026-05-01", "spot", "7.2")];
    let told = Recorded { new: 1, corrected: 0, unchanged: 1 };
    assert_eq!(record(&mixed, true).await, RateOutcome::Recorded(told));
    let nameless = NewRate { source: String::new(), ..rate("USD/CNY", "2026-05-02", "spot", "7") };
    for (bad, code) in [(nameless, "text_length"), (rate("USD/CNY", "2026-05-03", "spot", "7"), "rate_twice")] {
        let RateOutcome::Refused(at, fault) = record(&[rate("USD/CNY", "2026-05-03", "spot", "7.3"), bad], true).await
        else {
            panic!("{code}")
        };
        assert_eq!((at, fault.code), (1, code));
    }
    assert!(look_up(&book, "USD/CNY", "2026-05-03", &spot(), None).await.is_err());
}

/// 5 and 7 May have a rate of the pair, 6 May one of the inverse; EUR has one in USD only.
#[tokio::test]
async fn what_may_stand_in_for_a_rate_is_named() {
    let book = Book::new().await;
    set_rates(
        &book,
        &[
            rate("USD/CNY", "2026-05-05", "spot", "7.10"),
            rate("CNY/USD", "2026-05-06", "spot", "0.1408"),
            rate("USD/CNY", "2026-05-07", "spot", "7.12"),
            rate("EUR/USD", "2026-05-07", "spot", "1.17"),
            rate("USD/CNY", "2026-05-06", "closing", "7.3"),
        ],
    )
    .await;
    let look = async |pair: &str, date: &str, rule: Rule| words(look_up(&book, pair, date, &rule, None).await);
    let aged = |max_age_days| Rule { max_age_days, ..spot() };
    let inverse = Rule { inverse: true, ..spot() };
    let via = |via: &str| Rule { via: Some(via.parse().unwrap()), ..spot() };
    for (pair, date, rule, expected) in [
        ("USD/CNY", "2026-05-07", spot(), "USD/CNY 7.12 spot 2026-05-07"),
        ("USD/CNY", "2026-05-06", spot(), "there is no spot rate USD/CNY for 2026-05-06, only one the other way round"),
        ("USD/CNY", "2026-05-06", inverse.clone(), "inverse of CNY/USD 0.1408 spot 2026-05-06"),
        ("USD/CNY", "2026-05-06", aged(1), "USD/CNY 7.1 spot 2026-05-05"),
        ("USD/CNY", "2026-05-06", Rule { inverse: true, ..aged(1) }, "USD/CNY 7.1 spot 2026-05-05"),
        (
            "USD/CNY",
            "2026-05-10",
            aged(2),
            "there is no spot rate USD/CNY for 2026-05-10 or the 2 days before; \
             the nearest, either way round, is of 2026-05-07",
        ),
        (
            "USD/CNY",
            "2026-05-04",
            aged(60),
            "there is no spot rate USD/CNY for 2026-05-04 or the 60 days before; \
                                            the nearest, either way round, is of 2026-05-05",
        ),
        ("EUR/CNY", "2026-05-07", via("USD"), "EUR/USD 1.17 spot 2026-05-07, USD/CNY 7.12 spot 2026-05-07"),
        (
            "CNY/EUR",
            "2026-05-07",
            Rule { inverse: true, ..via("USD") },
            "inverse of USD/CNY 7.12 spot 2026-05-07, inverse of EUR/USD 1.17 spot 2026-05-07",
        ),
        ("EUR/CNY", "2026-05-07", via("JPY"), "there is no spot rate EUR/JPY for 2026-05-07, nor for any other day"),
        ("EUR/CNY", "2026-05-07", via("EUR"), "there is no spot rate EUR/CNY for 2026-05-07, nor for any other day"),
    ] {
        assert_eq!(look(pair, date, rule).await, expected, "{pair} {date}");
    }
}

#[tokio::test]
async fn an_altered_rate_is_named() {
    let book = Book::new().await;
    set_rates(&book, &[rate("USD/CNY", "2026-04-29", "spot", "7.10"), rate("USD/CNY", "2026-04-30", "spot", "7.11")])
        .await;
    let client = book.ledger.client().await.unwrap();
    assert_verifies(book.test.database()).await;
    let owner = book.test.database().connect_owner().await.unwrap();
    let alter = "SET search_path = book_main; SET session_replication_role = replica;
                 UPDATE register SET content = '{\"rate\":\"7.21\",\"source\":\"PBOC\"}' WHERE register_no = 2";
    owner.batch_execute(alter).await.unwrap();
    let finding = book.ledger.verify(Asked::default(), |_| {}).await.unwrap().finding.unwrap();
    assert!(finding.to_string().contains("register 2"), "{finding}");
    assert_ne!(audited(&client).await, []);
}

#[tokio::test]
async fn a_list_goes_on_behind_its_last_and_takes_what_is_asked() {
    let book = Book::new().await;
    let mut rates = Vec::new();
    for day in 1..=9 {
        rates.push(rate("USD/CNY", &format!("2026-04-0{day}"), "spot", "7.1"));
        rates.push(rate("EUR/CNY", &format!("2026-04-0{day}"), "closing", "8.1"));
    }
    set_rates(&book, &rates).await;
    let client = book.ledger.client().await.unwrap();
    let mut filter = Filter { from: Some("2026-04-03".parse().unwrap()), ..Filter::default() };
    let mut found = Vec::new();
    loop {
        let page = table::list(&**client, &filter, 4).await.unwrap();
        let Some(last) = page.last() else { break };
        filter.after = last.rate.name();
        found.extend(page);
    }
    assert_eq!(found.len(), 14);
    assert!(found.is_sorted_by_key(|view| view.rate.name()));
    let count = async |filter: Filter| table::list(&**client, &filter, 100).await.unwrap().len();
    assert_eq!(count(Filter { base: Some("USD".parse().unwrap()), ..Filter::default() }).await, 9);
    assert_eq!(count(Filter { quote: Some("USD".parse().unwrap()), ..Filter::default() }).await, 0);
    assert_eq!(count(Filter { kind: Some(RateKind::closing()), ..Filter::default() }).await, 9);
    assert_eq!(count(Filter { to: Some("2026-04-02".parse().unwrap()), ..Filter::default() }).await, 4);
    assert_eq!(RateValue::parse("7.100").unwrap(), RateValue::parse("7.1").unwrap());
}
