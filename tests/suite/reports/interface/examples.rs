//! Every example of the document and of the help is one that works.

use std::collections::BTreeSet;

use dianfu_ledger::account::{AccountNote, AccountType, Limits, NewAccount, NormalSide};
use dianfu_ledger::entry::EntryKind;
use dianfu_ledger::money::Currency;
use serde_json::Value;

use super::Served;
use crate::books::{Book, account, entry};
use crate::shell::Shell;

/// A value of a query as text.
fn text_of(example: &Value) -> String {
    example.as_str().map_or_else(|| example.to_string(), str::to_owned)
}

/// Asks every question that has formats with the examples that the document gives for its parameters, all together and
/// each format alone.
#[tokio::test]
async fn the_examples_of_the_document_are_answered() {
    let mut book = Book::new().await;
    let legs = [("1101.picc", 1_520_000, Some("CLM-17")), ("1002", -1_520_000, None)];
    book.post(vec![entry(EntryKind::Post, 3, &legs)]).await;
    let due = ["1102", "1102.picc"].map(|code| NewAccount {
        code: account(code),
        name: "Due".to_owned(),
        account_type: AccountType::Asset,
        currency: Currency::CNY,
        normal_side: NormalSide::Debit,
        open_item: true,
        limits: Limits::default(),
        note: AccountNote::default(),
    });
    book.ledger.open_accounts(&due, "test").await.unwrap();
    let served = Served::start(book.test.database()).await;
    let document = served.json("/openapi.json").await;
    let mut asked = 0;
    for (path, item) in document["paths"].as_object().unwrap() {
        let Some(parameters) = item["get"]["parameters"].as_array() else { continue };
        if !parameters.iter().any(|parameter| parameter["name"] == "format") {
            continue;
        }
        let (mut path, mut query) = (path.clone(), Vec::new());
        for parameter in parameters.iter().filter(|parameter| !parameter["example"].is_null()) {
            let (name, example) = (parameter["name"].as_str().unwrap(), text_of(&parameter["example"]));
            match parameter["in"].as_str() {
                Some("path") => path = path.replace(&format!("{{{name}}}"), &example),
                _ => query.push((name.to_owned(), example)),
            }
        }
        for format in ["json", "ndjson", "csv", "html", "xlsx"] {
            let is_asked = |name: &str| !matches!(name, "format") && (format == "json" || name != "limit");
            let pairs = query.iter().filter(|(name, _)| is_asked(name));
            let pairs: Vec<String> = pairs.map(|(name, value)| format!("{name}={value}")).collect();
            let question = format!("{path}?{}&format={format}", pairs.join("&"));
            let answer = served.answer(&question, &[]).await;
            assert_eq!(answer.status, 200, "{question}: {}", answer.text());
            let content = &item["get"]["responses"]["200"]["content"];
            let media_type = answer.header("content-type").split(';').next().unwrap();
            assert!(content.get(media_type).is_some(), "{question}: {media_type} is not in the document");
            asked += 1;
        }
    }
    assert_eq!(asked, 18 * 5, "questions in formats");
}

/// Runs every example under `Examples:` in the help of the reports.
#[tokio::test]
async fn the_examples_of_the_help_work() {
    let shell = Shell::with_accounts().await;
    let open = ["account", "open", "1102.picc", "--name", "Due", "--type", "asset", "--open-item", "--currency", "CNY"];
    shell.run(&open).went_well();
    let claim = ["post", "--currency", "CNY", "--debit", "1102.picc=15.00@CLM-17", "--credit", "3001=15.00"];
    shell.run(&[&claim[..], &["--date", "2026-05-02"]].concat()).went_well();
    let mut pages = vec![vec!["statement"], vec!["balance"], vec!["report"]];
    let help = shell.run(&["report", "--help"]).went_well().out;
    let commands: Vec<String> = help
        .lines()
        .skip_while(|line| !line.starts_with("Commands:"))
        .skip(1)
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.strip_prefix("  ")?.split(' ').next().map(str::to_owned))
        // Of its own: see below.
        .filter(|name| !name.is_empty() && name != "help" && name != "parallel-run")
        .collect();
    assert!(commands.len() >= 14, "{help}");
    pages.extend(commands.iter().map(|name| vec!["report", name]));
    let mut ran = BTreeSet::new();
    for page in pages {
        let help = shell.run(&[&page[..], &["--help"]].concat()).went_well().out;
        let examples: Vec<&str> = help.lines().filter_map(|line| line.strip_prefix("  dianfu ")).collect();
        assert!(!examples.is_empty(), "{page:?} teaches nothing:\n{help}");
        for example in examples {
            let command = example.split("  ").next().unwrap();
            if command.starts_with("report parallel-run ") {
                continue; // it needs a file of its own: see `bulk::parallel_run`
            }
            let arguments: Vec<&str> = command.split(' ').collect();
            // A time of the past at which nothing was known yet is a fine answer, too.
            let ended = shell.run(&arguments);
            assert_eq!(ended.code, 0, "{ended:?}");
            ran.insert(command.to_owned());
        }
    }
    assert!(ran.len() > 30, "{ran:?}");
}
