//! A book, a template of which every version is told apart by what it posts, and the answers as short words.

use std::collections::BTreeMap;

use dianfu_ledger::entry::NewEntry;
use dianfu_ledger::money::Currency;
use dianfu_ledger::register::Signature;
use dianfu_ledger::template::{Given, Template};
use dianfu_ledger::template_register::posting::{Answer, Filling, Request};
use dianfu_ledger::template_register::{TemplateNo, TemplateOutcome};
use dianfu_ledger::{Outcome, id, query};
use dianfu_tests::journal::assert_verifies;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::books::Book;

pub const ALICE: Signature<'static> = Signature { proposed_by: None, actor: "alice", reason: "a test" };
pub const BOB: Signature<'static> = Signature { proposed_by: None, actor: "bob", reason: "another test" };

/// A receipt of which a part is a fee, so many hundredths of it.
pub fn receipt_value(fee_percent: i64) -> Value {
    json!({
        "name": "receipt",
        "title": "Receipt less a fee",
        "description": "For tests.",
        "inputs": [{"name": "claim", "kind": "text"}, {"name": "received", "kind": "amount"}],
        "amounts": [
            {"fraction": {"name": "fee", "of": "received", "numerator": fee_percent, "denominator": 100}},
            {"sum": {"name": "net", "plus": ["received"], "less": ["fee"]}},
        ],
        "legs": [
            {"side": "debit", "account": "1002", "amount": "net"},
            {"side": "debit", "account": "-_..x.y", "amount": "fee"},
            {"side": "credit", "account": "2190", "item": "{claim}", "amount": "received"},
        ],
    })
}

pub fn receipt(fee_percent: i64) -> Template {
    Template::parse(&receipt_value(fee_percent).to_string()).unwrap()
}

/// Records a version, which must be new, and answers its number.
pub async fn record(book: &Book, template: &Template) -> TemplateNo {
    match book.ledger.record_template(template, None, ALICE, true).await.unwrap() {
        TemplateOutcome::Recorded(template_no) => template_no,
        other => panic!("{other:?}"),
    }
}

pub fn filling(received: &str) -> Filling {
    let given = |text: &str| Given::Text(text.to_owned());
    let inputs = [("claim", given("C-1")), ("received", given(received))];
    Filling {
        name: "receipt".to_owned(),
        template_no: None,
        currency: Currency::CNY,
        inputs: inputs.map(|(name, given)| (name.to_owned(), given)).into_iter().collect::<BTreeMap<_, _>>(),
    }
}

pub fn request(id: Uuid, filling: Filling) -> Request {
    let entry = NewEntry { id, actor: "test".to_owned(), ..NewEntry::default() };
    Request { entry, filling: Some(filling) }
}

pub fn fresh(received: &str) -> Request {
    request(id::fresh(), filling(received))
}

pub fn word(answer: &Answer) -> &'static str {
    match answer {
        Answer::Decided(Outcome::Posted(_)) => "posted",
        Answer::Decided(Outcome::Replayed(_)) => "replayed",
        Answer::Decided(Outcome::Rejected(rejection)) => rejection.code(),
        Answer::Unfilled(unfilled) => unfilled.code(),
    }
}

pub async fn post(book: &Book, requests: Vec<Request>) -> Vec<&'static str> {
    book.ledger.post_requests(requests).await.unwrap().iter().map(word).collect()
}

/// The version of an entry, and its legs as minor units in order.
pub async fn posted(book: &Book, id: Uuid) -> (Option<TemplateNo>, Vec<i64>) {
    let client = book.ledger.client().await.unwrap();
    let view = query::entry(&**client, id).await.unwrap().unwrap();
    (view.template.map(|made_by| made_by.template_no), view.postings.iter().map(|leg| leg.amount.minor).collect())
}

pub async fn assert_clean(book: &Book) {
    assert_verifies(book.test.database()).await;
}
