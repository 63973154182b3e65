//! Templates go out with a book and come in again: their versions between the entries, and the entries naming them.

use std::fs;
use std::path::Path;

use dianfu_ledger::entry::EntryKind;
use dianfu_ledger::template::Template;
use dianfu_ledger::template_register::{history, versions};
use dianfu_ledger::{Ledger, id, query};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{open, place, run};
use crate::books::{Book, entry};
use crate::templates::fixture::{ALICE, BOB, fresh, post, receipt, record};

/// A book of which the template has had three versions and was retired in between, each with entries.
async fn book() -> Book {
    let mut book = Book::new().await;
    for percent in [1, 2] {
        record(&book, &receipt(percent)).await;
        assert_eq!(post(&book, vec![fresh("100.00"), fresh("0.50")]).await, ["posted"; 2]);
    }
    book.ledger.retire_template("receipt", None, BOB).await.unwrap();
    book.post(vec![entry(EntryKind::Post, 1, &[("1002", 5, None), ("9002", -5, None)])]).await;
    record(&book, &receipt(1)).await;
    assert_eq!(post(&book, vec![fresh("7.00")]).await, ["posted"]);
    book
}

/// Each entry with the template that made it.
async fn made_by(ledger: &Ledger) -> Vec<(Uuid, Option<Template>)> {
    let client = ledger.client().await.unwrap();
    let mut made = Vec::new();
    for view in query::entries(&**client, 0, 1_000).await.unwrap() {
        let template = match view.template {
            Some(by) => {
                let version = versions(&**client, &[by.template_no]).await.unwrap().remove(&by.template_no).unwrap();
                assert_eq!(version.name, by.name);
                version.template
            }
            None => None,
        };
        made.push((view.id, template));
    }
    made
}

/// All that was ever recorded of the template, and by whom.
async fn recorded(ledger: &Ledger) -> Vec<(Option<Template>, String)> {
    let client = ledger.client().await.unwrap();
    let versions = history(&**client, "receipt").await.unwrap();
    versions.into_iter().map(|version| (version.template, version.actor)).collect()
}

fn exported(book: &Book, folder: &Path, name: &str) -> String {
    let file = place(folder, "book.ndjson");
    run(&book.test, &["export", "ndjson", "-o", &file, "--book", name]).went_well();
    file
}

fn imported(book: &Book, file: &str, into: &str) -> Value {
    let told = run(&book.test, &["import", "ndjson", file, "--book", into, "--format", "json"]).went_well().json();
    run(&book.test, &["verify", "--book", into]).went_well();
    told
}

#[tokio::test(flavor = "multi_thread")]
async fn versions_come_back_and_entries_name_them() {
    let book = book().await;
    let folder = tempfile::tempdir().unwrap();
    // The second is a copy of the first, in which the versions have other numbers.
    for (from, to) in [("main", "first"), ("first", "second")] {
        let file = exported(&book, folder.path(), from);
        run(&book.test, &["book", "create", to]).went_well();
        let dry = ["import", "ndjson", &file, "--book", to, "--dry-run", "--format", "json"];
        assert_eq!(run(&book.test, &dry).went_well().json()["templates_recorded"], 0);
        let told = imported(&book, &file, to);
        assert_eq!(told["posted"], 6);
        assert!(told["templates_recorded"].as_u64() >= Some(4), "{told}");
        let again = imported(&book, &file, to);
        assert_eq!((&again["posted"], &again["templates_recorded"]), (&json!(0), &json!(0)));
        let ledger = open(&book.test, to).await;
        assert_eq!(made_by(&ledger).await, made_by(&book.ledger).await);
        assert_eq!(recorded(&ledger).await, recorded(&book.ledger).await);
        ledger.close().await;
    }
    // Who has another version by now keeps it.
    let file = exported(&book, folder.path(), "main");
    let ledger = open(&book.test, "first").await;
    ledger.record_template(&receipt(9), None, ALICE, true).await.unwrap();
    assert_eq!(imported(&book, &file, "first")["templates_recorded"], 0);
    assert_eq!(recorded(&ledger).await.len(), 5);
    ledger.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_broken_off_goes_on_with_the_versions_it_was_at() {
    let book = book().await;
    let folder = tempfile::tempdir().unwrap();
    let whole = exported(&book, folder.path(), "main");
    let text = fs::read_to_string(&whole).unwrap();
    // Without the first line, a part of the file is taken as it is.
    let lines: Vec<&str> = text.lines().skip(1).collect();
    let kinds: Vec<&str> = lines.iter().map(|line| line.split('"').nth(1).unwrap()).collect();
    let ends = (1..lines.len()).filter(|end| ["template", "entry"].contains(&kinds[end - 1]));
    for end in ends {
        let (part, into) = (place(folder.path(), "part.ndjson"), format!("to-{end}").replace('-', "_"));
        fs::write(&part, lines[..end].join("\n")).unwrap();
        run(&book.test, &["book", "create", &into]).went_well();
        imported(&book, &part, &into);
        imported(&book, &whole, &into);
        let ledger = open(&book.test, &into).await;
        assert_eq!(made_by(&ledger).await, made_by(&book.ledger).await, "{end}");
        assert_eq!(recorded(&ledger).await, recorded(&book.ledger).await, "{end}");
        ledger.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_book_that_has_another_version_in_force_gets_those_of_the_file() {
    let book = book().await;
    let folder = tempfile::tempdir().unwrap();
    let file = exported(&book, folder.path(), "main");
    run(&book.test, &["book", "create", "other"]).went_well();
    let ledger = open(&book.test, "other").await;
    for percent in [1, 9] {
        ledger.record_template(&receipt(percent), None, ALICE, true).await.unwrap();
    }
    assert_eq!(imported(&book, &file, "other")["templates_recorded"], 4);
    assert_eq!(made_by(&ledger).await, made_by(&book.ledger).await);
    assert_eq!(imported(&book, &file, "other")["templates_recorded"], 0);
    assert_eq!(recorded(&ledger).await.len(), 6);
    ledger.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn what_names_no_template_above_is_refused_at_its_line() {
    let book = Book::new().await;
    let folder = tempfile::tempdir().unwrap();
    let version =
        |name: &str, template: Value| json!({"template": {"name": name, "template_no": 7, "template": template}});
    let sound: Value = serde_json::from_str(&receipt(1).canonical()).unwrap();
    let mut unsound = sound.clone();
    unsound["legs"][0]["side"] = json!("credit");
    let by = |name: &str, template_no: i32| {
        let legs = json!([{"account": "1002", "debit": "5.00", "currency": "CNY"},
                          {"account": "9002", "credit": "5.00", "currency": "CNY"}]);
        json!({"entry": {"id": id::fresh(), "template": {"name": name, "template_no": template_no}, "postings": legs}})
    };
    let cases = [
        (vec![by("receipt", 7)], 1, "template_unknown", "a template with number 7 above", "receipt, number 7"),
        (
            vec![version("receipt", sound.clone()), by("other", 7)],
            2,
            "template_unknown",
            "receipt, number 7",
            "other, number 7",
        ),
        (vec![version("receipt", Value::Null), by("receipt", 7)], 2, "template_unknown", "above", "receipt, number 7"),
        (vec![version("receipt", sound.clone()), version("receipt", sound.clone())], 2, "template_twice", "own", "7"),
        (vec![version("other", sound.clone())], 1, "name_differs", "other", "receipt"),
        (vec![version("receipt", unsound)], 1, "unbalanced", "0", "2 fee - 2 received"),
        (vec![json!({"template": {"name": "receipt", "template_no": 7}})], 1, "field_invalid", "template", "receipt"),
    ];
    for (lines, line, code, expected, actual) in cases {
        let text: Vec<String> = lines.iter().map(ToString::to_string).collect();
        let file = place(folder.path(), "lines.ndjson");
        fs::write(&file, text.join("\n")).unwrap();
        let told = run(&book.test, &["import", "ndjson", &file, "--format", "json"]);
        assert_eq!(told.code, 1);
        let fault = told.json()["faults"][0].clone();
        assert_eq!((&fault["line"], &fault["code"]), (&json!(line), &json!(code)), "{fault}");
        for (said, wanted) in [(&fault["expected"], expected), (&fault["actual"], actual)] {
            assert!(said.as_str().unwrap().contains(wanted), "{wanted}: {fault}");
        }
    }
    let client = book.ledger.client().await.unwrap();
    assert_eq!(query::entries(&**client, 0, 10).await.unwrap(), []);
    assert_eq!(history(&**client, "receipt").await.unwrap(), []);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_of_a_version_that_is_not_in_force_there_is_refused() {
    let book = Book::new().await;
    let folder = tempfile::tempdir().unwrap();
    let version = |template_no: i32, percent| {
        let template: Value = serde_json::from_str(&receipt(percent).canonical()).unwrap();
        json!({"template": {"name": "receipt", "template_no": template_no, "template": template}}).to_string()
    };
    let made = |template_no: i32| {
        let legs = json!([{"account": "1002", "debit": "5.00", "currency": "CNY"},
                          {"account": "9002", "credit": "5.00", "currency": "CNY"}]);
        json!({"entry": {"template": {"name": "receipt", "template_no": template_no}, "postings": legs}}).to_string()
    };
    let file = place(folder.path(), "lines.ndjson");
    fs::write(&file, [version(1, 1), version(2, 2), made(2), made(1)].join("\n")).unwrap();
    let told = run(&book.test, &["import", "ndjson", &file, "--format", "json"]);
    let fault = told.json()["faults"][0].clone();
    assert_eq!((told.code, &fault["line"], &fault["code"]), (1, &json!(4), &json!("template_not_in_force")), "{fault}");
    assert_eq!(recorded(&book.ledger).await, []);
}
