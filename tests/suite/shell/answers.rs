//! What every command prints, as a table, as CSV and as JSON: the three say the same.

use serde_json::{Value, json};

use super::{Ended, Shell, entry_id, entry_line};

/// Runs a command that answers rows, in every format; answers the JSON.
#[track_caller]
fn in_every_format(shell: &Shell, arguments: &[&str], rows: &str) -> Value {
    let with = |format: &'static str| shell.run(&[arguments, &["--format", format]].concat()).went_well();
    let answer = with("json").json();
    let rows = answer.pointer(rows).unwrap_or_else(|| panic!("{arguments:?}: {answer}"));
    let rows = rows.as_array().cloned().unwrap_or_else(|| vec![rows.clone()]);
    let (names, records) = with("csv").csv();
    assert_eq!(records.len(), rows.len(), "{arguments:?}");
    let table = with("table").out;
    for (record, row) in records.iter().zip(&rows) {
        for (name, cell) in names.iter().zip(record) {
            let value = name.split('.').fold(row, |value, name| &value[name]);
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            assert_eq!(if value.is_null() { "" } else { &text }, cell, "{arguments:?}: {name}");
            assert!(table.contains(cell.as_str()), "{arguments:?}: {cell} is not in\n{table}");
        }
    }
    answer
}

#[tokio::test]
async fn books() {
    let shell = Shell::new().await;
    assert_eq!(shell.run(&["book", "create", "second"]).went_well().out, "name: second\nnew: true\n");
    let there = in_every_format(&shell, &["book", "create", "second"], "");
    assert_eq!(there, json!({"name": "second", "new": false}));
    let books = in_every_format(&shell, &["book", "list"], "/books");
    assert_eq!(books, json!({"books": [{"name": "main"}, {"name": "second"}]}));
    assert_eq!(shell.run(&["--book", "second", "account", "list"]).went_well().out, "There is no such account.\n");
}

#[tokio::test]
async fn accounts() {
    let shell = Shell::with_accounts().await;
    let accounts = in_every_format(&shell, &["account", "list"], "/accounts");
    let codes: Vec<&Value> = accounts["accounts"].as_array().unwrap().iter().map(|account| &account["code"]).collect();
    assert_eq!(codes, ["1002.bank", "1101.picc", "3001"]);
    let account = in_every_format(&shell, &["account", "show", "1101.picc"], "");
    let expected = json!({
        "code": "1101.picc", "name": "Advanced", "currency": "CNY", "type": "asset", "normal_side": "debit",
        "open_item": true, "min": null, "max": "1000.00", "closed": false, "frozen": "none", "parent": null,
        "metadata": null,
    });
    assert_eq!(account, expected);
    let again = ["account", "open", "3001", "--name", "Capital", "--currency", "CNY", "--type", "equity"];
    let again = shell.run(&again).went_well();
    assert!(again.err.contains("was open already"), "{again:?}");
    let page = shell.run(&["account", "list", "--limit", "2"]).went_well();
    assert!(page.err.contains("--limit 2 --cursor 1101.picc"), "{page:?}");
    let rest = shell.run(&["account", "list", "--cursor", "1101.picc", "--format", "csv"]).went_well();
    assert_eq!(rest.csv().1.len(), 1);
}

#[tokio::test]
async fn limits_are_set_and_an_account_is_closed_and_reopened() {
    let shell = Shell::with_accounts().await;
    let set = |rest: &[&str]| {
        shell.run(&[&["account", "set", "3001", "--reason", "test", "--format", "json"], rest].concat())
    };
    let limits = |account: &Value| (account["min"].clone(), account["max"].clone(), account["closed"].clone());
    let account = set(&["--min", "-5.00", "--max", "10"]).went_well().json();
    assert_eq!(limits(&account), (json!("-5.00"), json!("10.00"), json!(false)));
    shell.pay_in("10.00");
    let post = ["post", "--currency", "CNY", "--debit", "1002.bank=0.01", "--credit", "3001=0.01"];
    shell.run(&post).says(1, "[above_maximum]");
    set(&["--close"]).says(1, "the account stands at -10.00 CNY; it can be closed at zero only");
    let frozen = set(&["--freeze", "both"]).went_well().json();
    assert_eq!(frozen["frozen"], "both");
    shell.run(&post).says(1, "[account_frozen]");
    set(&["--freeze", "none"]).went_well();
    shell.run(&["post", "--currency", "CNY", "--debit", "3001=10.00", "--credit", "1002.bank=10.00"]).went_well();
    let account = set(&["--min", "none", "--close"]).went_well().json();
    assert_eq!(limits(&account), (json!(null), json!("10.00"), json!(true)));
    shell.run(&post).says(1, "[account_closed]");
    assert!(set(&["--close"]).went_well().err.contains("was so already"));
    set(&["--reopen", "--max", "none"]).went_well();
    shell.run(&post).went_well();
    set(&["--min", "2", "--max", "1"]).says(1, "the lower limit is above the upper one");
    set(&["--min", "much"]).says(1, "'much' is not a decimal amount");
    set(&[]).ended_with(2);
    shell.run(&["account", "set", "3009", "--close", "--reason", "test"]).says(1, "there is no account 3009");
}

#[tokio::test]
async fn the_book_may_be_named_by_a_variable() {
    let shell = Shell::new().await;
    let asked = shell.command(&["account", "show", "1"]).env("DIANFU_BOOK", "other").output().unwrap();
    Ended::of(&["account", "show", "1"], asked).says(1, "there is no book 'other'");
}

#[tokio::test]
async fn texts_of_others_reach_no_terminal_as_commands() {
    let shell = Shell::new().await;
    let name = "red \u{1b}[31m, \"quoted\"\nnext";
    let open = ["account", "open", "1", "--name", name, "--currency", "CNY", "--type", "asset"];
    let table = shell.run(&open).went_well().out;
    assert!(table.contains("red \u{fffd}[31m") && !table.contains('\u{1b}'), "{table}");
    let json = shell.run(&["account", "show", "1", "--format", "json"]).went_well().json();
    assert_eq!(json["name"], name);
    let csv = shell.run(&["account", "show", "1", "--format", "csv"]).went_well().csv();
    assert_eq!(csv.1[0][1], name);
    let unknown = shell.run(&["token", "revoke", "\u{1b}[2J"]).says(1, "no live token");
    assert!(!unknown.err.contains('\u{1b}'), "{unknown:?}");
}

#[tokio::test]
async fn the_chart_is_opened_once() {
    let shell = Shell::new().await;
    let arguments = ["account", "chart", "--currency", "CNY", "--insurer", "picc", "--credit-line", "50.00"];
    let accounts = in_every_format(&shell, &arguments, "/accounts");
    let accounts = accounts["accounts"].as_array().unwrap();
    assert!(accounts.iter().any(|account| account["code"] == "1101.picc"));
    let limits = shell.run(&["limit", "list", "--format", "json"]).went_well().json();
    assert!(limits.to_string().contains("credit.picc") && limits.to_string().contains("50.00"), "{limits}");
    assert!(accounts.iter().any(|account| account["code"] == "1002.settlement"));
}

#[tokio::test]
async fn balances_statements_and_reports() {
    let shell = Shell::with_accounts().await;
    shell.pay_in("500.00");
    let advance = ["post", "--currency", "CNY", "--debit", "1101.picc=152.25@CLM-1", "--credit", "1002.bank=152.25"];
    shell.run(&[&advance[..], &["--date", "2026-05-01", "--reference", "CLM-1"]].concat()).went_well();
    shell.run(&[&advance[..], &["--hold"]].concat()).went_well();

    let balances = in_every_format(&shell, &["balance", "1101"], "");
    let [balance] = balances.as_array().unwrap().as_slice() else { panic!("one currency: {balances}") };
    assert_eq!((&balance["balance"], &balance["pending"]["debits"]), (&json!("152.25"), &json!("152.25")));
    let known_at = balance["known_at"].as_str().unwrap();
    let before = shell.run(&["balance", "1101.picc", "--as-of", "2026-04-30", "--format", "json"]).went_well().json();
    assert_eq!(before[0]["balance"], "0.00");
    let none_below = shell.run(&["balance", "1101", "--as-of", "2026-04-30"]).went_well();
    assert_eq!(none_below.out, "Nothing was posted below this code.\n");

    let statement = in_every_format(&shell, &["statement", "1002.bank", "--known-at", known_at], "/rows");
    assert_eq!((&statement["opening"], &statement["closing"]), (&json!("0.00"), &json!("347.75")));
    let first = shell.run(&["statement", "1002.bank", "--limit", "1", "--format", "json"]).went_well().json();
    assert_eq!(first["rows"].as_array().unwrap().len(), 1);
    let next = first["next"].as_str().unwrap();
    let second = shell.run(&["statement", "1002.bank", "--cursor", next, "--format", "json"]).went_well().json();
    assert_eq!(second["rows"], json!([statement["rows"][1]]));

    let report = in_every_format(&shell, &["report", "trial-balance", "--from", "2026-01-01"], "/rows");
    assert_eq!((&report["balanced"], &report["totals"][0]["closing"]), (&json!(true), &json!("0.00")));
    let controls = in_every_format(&shell, &["report", "trial-balance", "--by-control"], "/rows");
    assert_eq!(controls["rows"][1]["account"], "1101");

    for arguments in [&["report", "open-items"][..], &["report", "open-items", "1101.picc", "--all"]] {
        let items = in_every_format(&shell, arguments, "/items");
        let expected = json!([{
            "account": "1101.picc", "item": "CLM-1", "currency": "CNY", "outstanding": "152.25",
            "first_date": "2026-05-01", "last_date": "2026-05-01",
        }]);
        assert_eq!(items["items"], expected);
    }
}

#[tokio::test]
async fn entries() {
    let shell = Shell::with_accounts().await;
    for n in 1..=3 {
        shell.feed(&["post", "-"], &entry_line(n, "1002.bank", "3001", "1.00")).went_well();
    }
    let entries = in_every_format(&shell, &["entry", "list", "--limit", "2"], "/entries");
    assert_eq!(entries["next"], 2);
    let rest = shell.run(&["entry", "list", "--after", "2", "--format", "json"]).went_well().json();
    assert_eq!(rest["entries"][0]["id"], entry_id(3));
    let entry = in_every_format(&shell, &["entry", "show", &entry_id(1)], "/postings");
    let first = json!({"account": "1002.bank", "layer": "settled", "debit": "1.00", "currency": "CNY", "item": null,
        "due_date": null});
    assert_eq!(entry["postings"][0], first);
    assert!(entry["actor"].as_str().unwrap().starts_with("person:"), "{entry}");
}

#[tokio::test]
async fn a_clean_book_is_verified() {
    let shell = Shell::with_accounts().await;
    shell.pay_in("1.00");
    let report = in_every_format(&shell, &["verify"], "");
    assert_eq!((&report["clean"], &report["entries"], &report["finding"]), (&json!(true), &json!(1), &json!(null)));
    assert_eq!(report["head_hash"].as_str().unwrap().len(), 64);
}

#[tokio::test]
async fn an_altered_book_is_not() {
    let shell = Shell::with_accounts().await;
    shell.pay_in("1.00");
    let owner = shell.test.database().connect_owner().await.unwrap();
    let alter = "SET session_replication_role = replica;
                 UPDATE book_main.posting SET amount_minor = amount_minor + 1 WHERE leg = 0";
    owner.batch_execute(alter).await.unwrap();
    let ended = shell.run(&["verify", "--format", "json"]).says(1, "posting 1 leg 0: the account's debits must follow");
    assert_eq!(ended.json()["clean"], false);
    assert_eq!(ended.json()["finding"]["rule"], "debits_after");
}

#[tokio::test]
async fn the_export_is_a_journal_in_a_file_or_on_standard_output() {
    let shell = Shell::with_accounts().await;
    shell.pay_in("12.50");
    let told = shell.run(&["export", "hledger", "-o", "book.journal"]).went_well();
    assert!(told.out.is_empty() && told.err.contains("1 entries"), "{told:?}");
    let written = std::fs::read_to_string(shell.folder.path().join("book.journal")).unwrap();
    assert!(written.contains("    1002:bank  12.50 CNY\n    3001  -12.50 CNY\n"), "{written}");
    assert_eq!(shell.run(&["export", "hledger"]).went_well().out, written);
    assert_eq!(std::fs::read_dir(shell.folder.path()).unwrap().count(), 1);
}

#[tokio::test]
async fn tokens_and_keys_are_shown_once() {
    let shell = Shell::new().await;
    for (name, role) in [("lin", "finance"), ("wu", "auditor")] {
        shell.run(&["operator", "create", name, "--name", "A Person", "--role", role]).went_well();
    }
    let made = shell.run(&["token", "create", "lin", "--role", "finance", "--format", "json"]).went_well().json();
    assert!(made["token"].as_str().unwrap().starts_with("dianfu_main_"), "{made}");
    let made = shell.run(&["token", "create", "wu", "--role", "auditor", "--format", "csv"]).went_well();
    assert_eq!(made.csv().0, ["name", "role", "expires_at", "token"]);
    let listed = in_every_format(&shell, &["token", "list"], "/tokens");
    assert_eq!((&listed["tokens"][0]["name"], &listed["tokens"][1]["role"]), (&json!("lin"), &json!("auditor")));
    assert!(!listed.to_string().contains("dianfu_main_"), "{listed}");
    assert_eq!(listed["tokens"][0]["actor"], "person:lin");
    shell.run(&["token", "revoke", "lin"]).went_well();
    shell.run(&["token", "revoke", "lin"]).says(1, "no live token of the name 'lin'");

    let until = ["--expires-at", "2099-01-01T00:00:00Z"];
    let key = shell.run(&[&["partner", "key", "create", "picc", "--format", "json"], &until[..]].concat()).went_well();
    let key = key.json();
    assert_eq!((&key["app_id"], &key["expires_at"]), (&json!("main.picc"), &json!("2099-01-01T00:00:00Z")));
    let key_id = key["key_id"].as_str().unwrap();
    assert!(shell.run(&["partner", "key", "create", "picc"]).went_well().out.contains("secret: "));
    shell.run(&["partner", "key", "revoke", key_id]).went_well();
    shell.run(&["partner", "key", "revoke", key_id]).says(1, "no live key");
}
