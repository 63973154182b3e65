//! Posting by template through the library: what is posted, what a retry finds, what is refused.

use dianfu_ledger::entry::{EntryKind, NewEntry};
use dianfu_ledger::money::{Currency, Money};
use dianfu_ledger::template::{Given, Template};
use dianfu_ledger::template_register::posting::{Answer, Filling, Unfilled, preview};
use dianfu_ledger::{Outcome, id};
use proptest::prelude::*;
use serde_json::json;

use super::fixture::{
    ALICE, assert_clean, filling, fresh, post, posted, receipt, receipt_value, record, request, word,
};
use crate::books::{Book, entry, for_cases};

#[tokio::test]
async fn a_retry_finds_its_first_answer_whatever_was_recorded_since() {
    let book = Book::new().await;
    let first = record(&book, &receipt(1)).await;
    let (a, b) = (id::fresh(), id::fresh());
    assert_eq!(post(&book, vec![request(a, filling("100.00"))]).await, ["posted"]);
    assert_eq!(posted(&book, a).await, (Some(first), vec![9900, 100, -10000]));

    let second = record(&book, &receipt(2)).await;
    let both = || vec![request(a, filling("100.00")), request(b, filling("100.00"))];
    assert_eq!(post(&book, both()).await, ["replayed", "posted"]);
    assert_eq!(post(&book, both()).await, ["replayed", "replayed"]);
    assert_eq!(posted(&book, a).await.0, Some(first));
    assert_eq!(posted(&book, b).await, (Some(second), vec![9800, 200, -10000]));
    assert_eq!(post(&book, vec![request(a, filling("100.01"))]).await, ["id_conflict"]);

    // A version that asks for something else, and none at all.
    let mut other = receipt_value(3);
    other["inputs"][0]["name"] = json!("case");
    other["legs"][2]["item"] = json!("{case}");
    record(&book, &Template::parse(&other.to_string()).unwrap()).await;
    assert_eq!(post(&book, both()).await, ["replayed", "replayed"]);
    assert_eq!(post(&book, vec![fresh("1.00")]).await, ["input_missing"]);
    book.ledger.retire_template("receipt", None, ALICE).await.unwrap();
    assert_eq!(post(&book, both()).await, ["replayed", "replayed"]);
    assert_eq!(post(&book, vec![fresh("1.00")]).await, ["template_unknown"]);
    assert_clean(&book).await;
}

#[tokio::test]
async fn a_version_that_is_named_must_be_in_force() {
    let book = Book::new().await;
    let first = record(&book, &receipt(1)).await;
    let named = |template_no| Filling { template_no: Some(template_no), ..filling("100.00") };
    let a = id::fresh();
    assert_eq!(post(&book, vec![request(a, named(first))]).await, ["posted"]);
    let second = record(&book, &receipt(2)).await;
    assert_eq!(post(&book, vec![request(a, named(first))]).await, ["replayed"]);
    assert_eq!(post(&book, vec![request(a, named(second))]).await, ["id_conflict"]);
    let fresh = |template_no| vec![request(id::fresh(), named(template_no))];
    assert_eq!(post(&book, fresh(first)).await, ["template_not_in_force"]);
    assert_eq!(post(&book, fresh(second)).await, ["posted"]);
    assert_eq!(post(&book, fresh(999)).await, ["template_version_unknown"]);
    let of_another = Filling { name: "other".to_owned(), ..named(second) };
    assert_eq!(post(&book, vec![request(id::fresh(), of_another)]).await, ["template_version_unknown"]);
}

#[tokio::test]
async fn a_fault_leaves_nothing_behind_and_fails_nobody_but_its_run() {
    let book = Book::new().await;
    record(&book, &receipt(1)).await;
    let with = |name: &str, given: Given| {
        let mut filling = filling("1.00");
        filling.inputs.insert(name.to_owned(), given);
        filling
    };
    let text = |text: &str| Given::Text(text.to_owned());
    let mut missing = filling("1.00");
    missing.inputs.remove("claim");
    let faults = [
        (Filling { name: "nothing".to_owned(), ..filling("1.00") }, "template_unknown"),
        (missing, "input_missing"),
        (with("colour", text("red")), "input_unknown"),
        (with("received", Given::Other("a number")), "input_malformed"),
        (with("received", text("1.005")), "amount_too_many_decimals"),
        (with("received", text("-1.00")), "amount_negative"),
        (with("received", text("0.00")), "nothing_moves"),
        (Filling { currency: Currency::USD, ..filling("1.00") }, "currency_mismatch"),
    ];
    let linked = |mut request: dianfu_ledger::template_register::posting::Request| {
        request.entry.linked = true;
        request
    };
    for (fault, code) in faults {
        let plain = NewEntry { linked: true, ..entry(EntryKind::Post, 1, &[("1002", 5, None), ("9002", -5, None)]) };
        let requests =
            vec![fresh("1.00"), plain.into(), linked(request(id::fresh(), fault)), fresh("2.00"), fresh("3.00")];
        let answers = post(&book, requests).await;
        let run = "linked_entry_rejected";
        assert_eq!(answers, ["posted", run, code, run, "posted"], "{code}");
    }
    assert_clean(&book).await;
}

#[tokio::test]
async fn a_preview_is_what_is_posted() {
    let book = Book::new().await;
    let version = record(&book, &receipt(1)).await;
    let client = book.ledger.client().await.unwrap();
    let seen = preview(&**client, &filling("0.50")).await.unwrap().unwrap();
    assert_eq!(seen.version.template_no, version);
    let fee = seen.filled.amounts.iter().find(|row| row.name == "fee").unwrap();
    assert_eq!((fee.value.minor, fee.formula.as_str()), (1, "1/100 of received, rounded half away from zero"));
    let a = id::fresh();
    assert_eq!(post(&book, vec![request(a, filling("0.50"))]).await, ["posted"]);
    let minor: Vec<i64> = seen.filled.postings.iter().map(|leg| leg.amount.minor).collect();
    assert_eq!(posted(&book, a).await, (Some(version), minor));
    let unfilled = preview(&**client, &filling("x")).await.unwrap().unwrap_err();
    assert!(matches!(&unfilled, Unfilled::Faults(faults) if faults[0].pointer == "/inputs/received"), "{unfilled:?}");
}

#[test]
fn what_is_posted_is_what_another_computation_says() {
    let strategy = (0..=100_i64, prop::collection::vec(1..1_000_000_i64, 1..6), 0..1_000_i64, 1..1_000_i64);
    for_cases(12, strategy, &async |book: &mut Book, (percent, paid, left, right)| {
        let template = json!({
            "name": "shared", "title": "t", "description": "d",
            "inputs": [
                {"name": "left", "kind": "amount"}, {"name": "right", "kind": "amount"},
                {"name": "lines", "kind": "list", "of": [
                    {"name": "claim", "kind": "text"}, {"name": "paid", "kind": "amount"}]},
            ],
            "amounts": [
                {"total": {"name": "all", "of": "paid"}},
                {"fraction": {"name": "fee", "of": "all", "numerator": percent, "denominator": 100}},
                {"sum": {"name": "net", "plus": ["all"], "less": ["fee"]}},
                {"split": {"of": "net", "parts": [{"name": "a", "weight": "left"}, {"name": "b", "weight": "right"}]}},
            ],
            "legs": [
                {"each": "lines", "side": "credit", "account": "2190", "item": "{claim}", "amount": "paid"},
                {"side": "debit", "account": "-_..x.y", "amount": "fee"},
                {"side": "debit", "account": "1002", "amount": "a"},
                {"side": "debit", "account": "1101.picc", "item": "all", "amount": "b"},
            ],
        });
        record(book, &Template::parse(&template.to_string()).unwrap()).await;
        let text = |minor: i64| Given::Text(Money::new(minor, Currency::CNY).to_decimal_string());
        let line = |(at, minor): (usize, &i64)| {
            let claim = Given::Text(format!("C-{at}"));
            [("claim".to_owned(), claim), ("paid".to_owned(), text(*minor))].into_iter().collect()
        };
        let lines = Given::List(paid.iter().enumerate().map(line).collect());
        let inputs = [("left", text(left)), ("right", text(right)), ("lines", lines)];
        let inputs = inputs.map(|(name, given)| (name.to_owned(), given)).into_iter().collect();
        let filling = Filling { name: "shared".to_owned(), template_no: None, currency: Currency::CNY, inputs };
        let a = id::fresh();
        let answers = book.ledger.post_requests(vec![request(a, filling)]).await.unwrap();
        assert!(matches!(answers[..], [Answer::Decided(Outcome::Posted(_))]), "{}", word(&answers[0]));
        // Half away from zero, in whole numbers; the largest remainder of two parts.
        let all: i64 = paid.iter().sum();
        let fee = (all * percent * 2 + 100) / 200;
        let (net, weights) = (i128::from(all - fee), i128::from(left + right));
        let (rest_a, rest_b) = (net * i128::from(left) % weights, net * i128::from(right) % weights);
        let more = i128::from(rest_a > 0 && rest_a >= rest_b);
        let a_share = i64::try_from(net * i128::from(left) / weights + more).unwrap();
        let legs = paid.iter().map(|minor| -minor).chain([fee, a_share, all - fee - a_share]);
        assert_eq!(posted(book, a).await.1, legs.filter(|minor| *minor != 0).collect::<Vec<_>>());
        assert_clean(book).await;
    });
}
