//! A chart of accounts from a file, all of it or nothing.

use serde_json::json;

use super::Shell;

fn accounts(shell: &Shell) -> usize {
    let list = shell.run(&["account", "list", "--format", "json"]).went_well().json();
    list["accounts"].as_array().unwrap().len()
}

#[tokio::test]
async fn the_starter_chart_is_opened_once() {
    let shell = Shell::new().await;
    shell.run(&["book", "create", "main"]);
    let rehearsed = shell.run(&["account", "load", "--starter", "--dry-run", "--format", "json"]).went_well().json();
    assert_eq!((&rehearsed["opened"], accounts(&shell)), (&json!(0), 0));
    let loaded = shell.run(&["account", "load", "--starter", "--format", "json"]).went_well().json();
    let opened = usize::try_from(loaded["opened"].as_u64().unwrap()).unwrap();
    assert!(opened > 50, "{opened}");
    assert_eq!(accounts(&shell), opened);
    let again = shell.run(&["account", "load", "--starter", "--format", "json"]).went_well().json();
    assert_eq!((&again["opened"], &again["lines"][0]["what"]), (&json!(0), &json!("open_already")));
}

#[tokio::test]
async fn a_child_may_stand_before_its_parent_and_a_conflict_opens_nothing() {
    let shell = Shell::with_accounts().await;
    let before = accounts(&shell);
    let text = "account,type,currency,name,parent,region\n\
                1201.a,asset,CNY,Child,1201,east\n\
                1201,asset,CNY,Parent,,\n";
    let good = shell.file("good.csv", text);
    let bad = shell.file("bad.csv", format!("{text}3001,income,CNY,Capital,,\n"));
    let refused = shell.run(&["account", "load", bad.to_str().unwrap()]);
    refused.says(1, "1 accounts are refused; nothing is opened");
    assert_eq!(accounts(&shell), before);
    shell.run(&["account", "load", good.to_str().unwrap()]).went_well();
    let shown = shell.run(&["account", "show", "1201.a", "--format", "json"]).went_well().json();
    assert_eq!((&shown["parent"], &shown["metadata"]), (&json!("1201"), &json!({"region": "east"})));
    assert_eq!(accounts(&shell), before + 2);
}

#[tokio::test]
async fn every_fault_of_a_chart_is_named_with_its_place() {
    let shell = Shell::with_accounts().await;
    let text = "account,type,currency,name,parent\n\
                1201,asset,CNY,One,1202\n\
                1202,asset,CNY,Two,1201\n\
                1203,asset,RMB,Three,\n\
                1201,asset,CNY,Again,\n";
    let file = shell.file("faulty.csv", text);
    let ended = shell.run(&["account", "load", file.to_str().unwrap(), "--format", "json"]).ended_with(1);
    let faults = ended.json()["faults"].clone();
    let codes: Vec<_> = faults.as_array().unwrap().iter().map(|fault| fault["code"].clone()).collect();
    for code in ["parent_cycle", "currency_unknown", "account_twice"] {
        assert!(codes.contains(&json!(code)), "{codes:?}");
    }
    let twice = faults.as_array().unwrap().iter().find(|fault| fault["code"] == "account_twice").unwrap();
    assert_eq!((&twice["line"], &twice["column"]), (&json!(5), &json!("account")));
    shell.run(&["account", "show", "1201"]).says(1, "there is no account 1201");
}

#[tokio::test]
async fn what_is_asked_of_an_open_account_and_not_in_force_is_told() {
    let shell = Shell::with_accounts().await;
    let open = ["account", "open", "1300", "--name", "Cash", "--currency", "CNY", "--type", "asset"];
    shell.run(&open).went_well();
    shell.run(&open).went_well();
    shell.run(&[&open[..], &["--max", "500"]].concat()).says(1, "another maximum; nothing is changed");
    let file = shell.file("chart.csv", "account,type,currency,name,maximum\n1300,asset,CNY,Till,500\n");
    let loaded = shell.run(&["account", "load", file.to_str().unwrap(), "--format", "json"]).went_well().json();
    assert_eq!(loaded["lines"][0]["reason"], "with another name, maximum, which stays");
    shell.run(&["account", "set", "1300", "--max", "500", "--reason", "a till"]).went_well();
    shell.run(&[&open[..], &["--max", "500"]].concat()).went_well();
}

#[tokio::test]
async fn an_insurers_first_credit_line_comes_with_its_accounts() {
    let shell = Shell::new().await;
    shell.run(&["book", "create", "main"]);
    let chart = ["account", "chart", "--currency", "CNY", "--insurer", "picc", "--credit-line"];
    for _ in 0..2 {
        shell.run(&[&chart[..], &["5000.00"]].concat()).went_well();
    }
    let lines = shell.run(&["limit", "list", "--format", "json"]).went_well().json();
    let line = &lines["limit_groups"][0];
    assert_eq!((&line["name"], &line["max"]), (&json!("credit.picc"), &json!("5000.00")));
    assert_eq!(line["accounts"], json!(["1101.picc", "1102.picc", "1109.picc"]));
    shell.run(&[&chart[..], &["5000.01"]].concat()).says(1, "picc: another credit line is in force");
}
