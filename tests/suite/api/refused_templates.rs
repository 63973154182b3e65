//! Entries by template that cannot be: refused in the same words at every door, and nothing half done.

use std::collections::BTreeMap;

use dianfu_api::Limits;
use dianfu_ledger::money::Currency;
use dianfu_ledger::template::{Template, given_by_name};
use dianfu_ledger::template_register::TemplateNo;
use dianfu_ledger::template_register::posting::{Answer, Filling};
use dianfu_ledger::{Outcome, id};
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::Api;
use crate::books::Book;
use crate::bulk::{place, run};
use crate::templates::fixture::{assert_clean, receipt, record, request};

/// What is left of an amount, shared out by two weights.
fn shared(title: &str) -> Template {
    let template = json!({
        "name": "shared", "title": title, "description": "For tests.",
        "inputs": [
            {"name": "claim", "kind": "text"}, {"name": "whole", "kind": "amount"}, {"name": "less", "kind": "amount"},
            {"name": "left", "kind": "amount"}, {"name": "right", "kind": "amount"},
        ],
        "amounts": [
            {"sum": {"name": "net", "plus": ["whole"], "less": ["less"]}},
            {"split": {"of": "net", "parts": [{"name": "a", "weight": "left"}, {"name": "b", "weight": "right"}]}},
        ],
        "legs": [
            {"side": "debit", "account": "1002", "amount": "a"},
            {"side": "debit", "account": "-_..x.y", "amount": "b"},
            {"side": "credit", "account": "2190", "item": "{claim}", "amount": "net"},
        ],
    });
    Template::parse(&template.to_string()).unwrap()
}

const INPUTS: &str = r#""claim":"C-1","whole":"10.00","less":"1.00","left":"1.00","right":"2.00""#;

/// The template as it stands in an entry, with something else in a place.
fn using(name: &str, template_no: Option<TemplateNo>, inputs: &str) -> String {
    let template_no = template_no.map_or("null".to_owned(), |template_no| template_no.to_string());
    format!(r#"{{"name":"{name}","template_no":{template_no},"currency":"CNY","inputs":{{{inputs}}}}}"#)
}

/// What is used, and the code, the place in what is used, what was expected, and what was found.
struct Case {
    used: String,
    said: [&'static str; 4],
}

fn cases(old: TemplateNo, of_another: TemplateNo) -> Vec<Case> {
    let inputs = |from: &str, to: &str| {
        assert!(INPUTS.contains(from), "{from}");
        using("shared", None, &INPUTS.replace(from, to))
    };
    let not_in_force = old.to_string().leak();
    let another = of_another.to_string().leak();
    let known = "claim, whole, less, left, right";
    [
        (using("nothing", None, INPUTS), ["template_unknown", "/name", "a template in force", "nothing"]),
        (
            using("shared", Some(999), INPUTS),
            ["template_version_unknown", "/template_no", "a version of shared", "999"],
        ),
        (
            using("shared", Some(of_another), INPUTS),
            ["template_version_unknown", "/template_no", "a version of shared", another],
        ),
        (
            using("shared", Some(old), INPUTS),
            ["template_not_in_force", "/template_no", "a version in force", not_in_force],
        ),
        (inputs(r#""claim":"C-1","#, ""), ["input_missing", "/inputs/claim", "text", "nothing"]),
        (inputs(r#""less""#, r#""colour":"red","less""#), ["input_unknown", "/inputs/colour", known, "colour"]),
        (
            inputs(r#""less""#, r#""whole":"10.00","less""#),
            ["input_twice", "/inputs/whole", "one value", "more than one, for whole"],
        ),
        (
            inputs(r#""1.00","right":"2.00""#, r#""0.00","right":"0.00""#),
            ["split_weights_zero", "", "a weight above zero to split 9.00 CNY", "none"],
        ),
        (inputs(r#""10.00""#, r#""0.50""#), ["split_negative", "", "at least 0.00 CNY", "-0.50 CNY"]),
        (inputs(r#""10.00""#, r#""1.00""#), ["nothing_moves", "/inputs", "an amount that moves", "none"]),
        (
            inputs(r#""10.00""#, r#""10.005""#),
            ["amount_too_many_decimals", "/inputs/whole", "at most 2 decimals", "3 decimals"],
        ),
    ]
    .map(|(used, said)| Case { used, said })
    .into()
}

/// The end of the journal: what posting anything changes.
async fn tip(book: &Book) -> String {
    let client = book.ledger.client().await.unwrap();
    client.query_one("SELECT head::text FROM head", &[]).await.unwrap().get(0)
}

async fn at_the_library(book: &Book, used: &str) -> [String; 4] {
    let used: BTreeMap<&str, &RawValue> = serde_json::from_str(used).unwrap();
    let name = serde_json::from_str(used["name"].get()).unwrap();
    let template_no = serde_json::from_str(used["template_no"].get()).unwrap();
    let inputs = given_by_name(&mut serde_json::Deserializer::from_str(used["inputs"].get())).unwrap();
    let filling = Filling { name, template_no, currency: Currency::CNY, inputs };
    let answers = book.ledger.post_requests(vec![request(id::fresh(), filling)]).await.unwrap();
    let (code, place, (expected, actual)) = match &answers[0] {
        Answer::Unfilled(unfilled) => (unfilled.code(), unfilled.pointer().to_owned(), unfilled.expected_actual()),
        Answer::Decided(Outcome::Rejected(rejection)) => {
            (rejection.code(), rejection.pointer(), rejection.expected_actual().unwrap())
        }
        other @ Answer::Decided(_) => panic!("{other:?}"),
    };
    [code.to_owned(), place, expected, actual]
}

#[tokio::test(flavor = "multi_thread")]
async fn every_door_says_the_same_and_nothing_is_half_done() {
    let book = Book::new().await;
    let of_another = record(&book, &receipt(1)).await;
    let old = record(&book, &shared("First")).await;
    record(&book, &shared("Second")).await;
    let api = Api::on(book.test.database(), Limits::default()).await;
    let folder = tempfile::tempdir().unwrap();
    let before = tip(&book).await;
    for Case { used, said } in cases(old, of_another) {
        let [code, pointer, expected, actual] = said;
        let error = |error: &Value| {
            let field = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
            [field("code"), field("pointer"), field("expected"), field("actual")]
        };
        let at = format!("/template{pointer}");
        let wanted = [code, &at, expected, actual];

        let entry = format!("{{\n\"id\":\"{}\",\"template\":{used}}}", id::fresh());
        let reply = api.post_text("/v1/entries", "application/json", entry.clone()).await;
        reply.problem(422, code);
        assert_eq!(error(&reply.body["errors"][0]), wanted, "{reply:?}");

        let file = place(folder.path(), "entry.json");
        std::fs::write(&file, &entry).unwrap();
        let ended = run(&book.test, &["post", &file, "--format", "json"]);
        assert_eq!((ended.code, error(&ended.json()["error"])), (1, wanted.map(str::to_owned)), "{ended:?}");

        let [code_said, place_said, expected_said, actual_said] = at_the_library(&book, &used).await;
        assert_eq!([code_said.as_str(), &expected_said, &actual_said], [code, expected, actual]);
        // What comes of several inputs is in the template, not in what is used.
        assert!(
            place_said == pointer || pointer.is_empty() && place_said.starts_with("/amounts/1/split"),
            "{place_said}"
        );
        assert_eq!(tip(&book).await, before, "{code}");
    }
    assert_clean(&book).await;
}
