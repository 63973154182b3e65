//! The formats of other programs and of hands: what their help shows is taken, and what is wrong is named.

use serde_json::Value;

use super::faults::{faults, import};
use crate::shell::Shell;

/// The whole file that a command's help shows.
pub fn example(shell: &Shell, command: &[&str]) -> String {
    let help = shell.run(&[command, &["--help"]].concat()).went_well().out;
    let (_, behind) = help.split_once("A complete file:\n").expect("the help shows a whole file");
    let (file, _) = behind.split_once("\nExamples:").expect("examples of commands stand behind it");
    let lines: Vec<&str> = file.lines().map(|line| line.strip_prefix("  ").unwrap_or(line)).collect();
    lines.join("\n") + "\n"
}

/// Accounts and closings, as the trial balance prints them.
pub fn closings(shell: &Shell) -> Vec<(String, String)> {
    let (_, rows) = shell.run(&["report", "trial-balance", "--format", "csv"]).went_well().csv();
    rows.into_iter().map(|row| (row[0].clone(), row[6].clone())).collect()
}

fn entries(shell: &Shell) -> Vec<Value> {
    shell.run(&["entry", "list", "--format", "json"]).went_well().json()["entries"].as_array().unwrap().clone()
}

#[tokio::test]
async fn what_the_help_shows_is_taken_as_it_is_and_only_once() {
    let types = ["--open-accounts", "1=asset,2=liability,3=equity,6=expense"];
    let opening = ["--date", "2025-12-31", "--against", "3900"];
    for (format, options, expected) in [
        ("csv", &types[..], &[("1002", "-5012.50"), ("1101.picc", "5000.00"), ("6602", "12.50")][..]),
        (
            "opening-balances",
            &[&types[..], &opening[..]].concat(),
            &[("1002", "250000.00"), ("1101.picc", "5000.00"), ("2101.p-1", "-5000.00"), ("3900", "-250000.00")],
        ),
        ("hledger", &[], &[("1002", "-5000.00"), ("1101.picc", "5000.00")]),
        ("beancount", &[], &[("1002", "-5000.00"), ("1101.picc", "5000.00")]),
    ] {
        let shell = Shell::new().await;
        let file = shell.file("input", example(&shell, &["import", format]));
        let file = file.to_str().unwrap();
        let command = [&["import", format, file, "--format", "json"], options].concat();
        let checked = shell.run(&[&command[..], &["--dry-run"]].concat()).went_well().json();
        assert_eq!((&checked["posted"], &checked["faults_total"]), (&0.into(), &0.into()));
        assert_eq!(checked["new"], checked["entries"], "{format}");
        let first = shell.run(&command).went_well().json();
        assert_eq!(first["posted"], checked["entries"], "{format}");
        let expected: Vec<_> = expected.iter().map(|(code, sum)| ((*code).to_owned(), (*sum).to_owned())).collect();
        assert_eq!(closings(&shell), expected, "{format}");
        let items: Vec<String> = entries(&shell)
            .iter()
            .flat_map(|entry| entry["postings"].as_array().unwrap().clone())
            .filter_map(|posting| Some(format!("{} {}", posting["item"].as_str()?, posting["due_date"].as_str()?)))
            .collect();
        assert!(items.contains(&"CLM-1 2026-02-04".to_owned()), "{format}: {items:?}");
        let again = shell.run(&command).went_well().json();
        assert_eq!((&again["posted"], &again["replayed"]), (&0.into(), &first["posted"]), "{format}");
        assert_eq!(again["new"], 0, "{format}");
        shell.run(&["verify"]).went_well();
    }
}

#[tokio::test]
async fn what_is_wrong_is_named_with_its_line_and_nothing_is_posted() {
    let shell = Shell::with_accounts().await;
    let csv = "entry,date,account,amount,currency\n\
        1,2026-01-05,1002.bank,5.00,CNY\n1,,3001,-6.00,CNY\n\
        2,2026-01-05,1002.nobody,5.00,CNY\n2,,3001,-5.00,CNY\n\
        3,2026-02-30,1002.bank,5.00,CNY\n3,,3001,-5.00,CNY\n\
        4,2026-01-05,1002.bank,5.001,CNY\n4,,3001,-5.001,CNY\n\
        1,2026-01-05,1002.bank,5.00,CNY\n1,,3001,-5.00,CNY\n\
        5,2026-01-05,1101.picc,5.00,CNY\n5,,3001,-5.00,CNY\n\
        7,2026-01-05,1002.bank,5.00,CNY\n7,,3001,-5.00,CNY\n8,2026-01-05,1002.bank,5";
    let expected = [
        (2, "unbalanced"),
        (4, "account_unknown"),
        (6, "date_malformed"),
        (8, "amount_too_many_decimals"),
        (9, "amount_too_many_decimals"),
        (10, "id_twice"),
        (12, "item_required"),
        (16, "row_ragged"),
    ];
    check(&shell, "csv", csv.as_bytes(), &expected);
    let hledger = "2026-01-05 a\n  1002:bank  5 CNY\n  3001  -6 CNY\n\n2026-01-06 b\n  1002:nobody  5 CNY\n  3001\n\n\
        2026-02-30 c\n  1002:bank  5 CNY\n  3001\n\n2026-01-07 d\n  1002:bank  5 CNY @ 2 USD\n  3001\n";
    let expected = [(1, "unbalanced"), (5, "account_unknown"), (9, "date_malformed"), (14, "price_unsupported")];
    check(&shell, "hledger", hledger.as_bytes(), &expected);
    let beancount = "2026-01-01 open Assets:Bank CNY\n\
        2026-01-05 * \"a\"\n  Assets:Bank  5 CNY\n  Assets:Other  -6 CNY\n\
        2026-01-06 balance Assets:Bank 5 ~ 1 CNY\nplugin \"x\"\n";
    let expected = [(2, "unbalanced"), (5, "tolerance_unsupported"), (6, "directive_unsupported")];
    check(&shell, "beancount", beancount.as_bytes(), &expected);
    for (format, text) in [
        ("csv", "entry,date,account,amount,currency\n\u{b5}"),
        ("hledger", "; x\n\u{b5}"),
        ("beancount", "; x\n\u{b5}"),
    ] {
        // Written as Latin-1 it is one byte, which is no UTF-8.
        let latin: Vec<u8> = text.chars().map(|letter| u8::try_from(u32::from(letter)).unwrap()).collect();
        let found = faults(&import(&shell, format, &latin).ended_with(1));
        assert!(found.contains(&(2, "encoding_not_utf8".to_owned())), "{format}: {found:?}");
    }
    assert_eq!(entries(&shell), Vec::<Value>::new());
}

fn check(shell: &Shell, format: &str, content: &[u8], expected: &[(u64, &str)]) {
    let ended = import(shell, format, content).ended_with(1);
    let expected: Vec<(u64, String)> = expected.iter().map(|(line, code)| (*line, (*code).to_owned())).collect();
    assert_eq!(faults(&ended), expected, "{format}");
}

#[tokio::test]
async fn what_a_file_asserts_is_checked() {
    let shell = Shell::with_accounts().await;
    let hledger =
        "2026-01-05 a\n  1002:bank  5 CNY = 5 CNY\n  3001\n\n2026-01-04 b\n  1002:bank  1 CNY = 1 CNY\n  3001\n";
    check(&shell, "hledger", hledger.as_bytes(), &[(2, "assertion_failed")]);
    assert_eq!(import(&shell, "hledger", hledger.replace("= 5", "= 6").as_bytes()).went_well().json()["posted"], 2);
    let beancount = "2026-01-01 open Assets:Bank CNY\n2026-01-01 open Equity:Opening CNY\n\
        2026-01-01 pad Assets:Bank Equity:Opening\n2026-01-02 balance Assets:Bank 7.00 CNY\n\
        2026-01-03 balance Assets:Bank 8.00 CNY\n";
    check(&shell, "beancount", beancount.as_bytes(), &[(5, "assertion_failed")]);
    let right = beancount.replace("8.00", "7.00");
    assert_eq!(import(&shell, "beancount", right.as_bytes()).went_well().json()["posted"], 1);
    let closed = format!("{right}2026-02-01 close Assets:Bank\n");
    check(&shell, "beancount", closed.as_bytes(), &[(6, "not_at_zero")]);
    assert!(closings(&shell).contains(&("Assets.Bank".to_owned(), "7.00".to_owned())));
}

#[tokio::test]
async fn an_opening_balance_that_changes_is_a_conflict_and_never_a_second_one() {
    let shell = Shell::with_accounts().await;
    let run = |amount: &str, code: i32| {
        let file = shell.file("balances.csv", format!("account,currency,balance\n1002.bank,CNY,{amount}\n"));
        let file = file.to_str().unwrap().to_owned();
        let options = ["--date", "2025-12-31", "--against", "3001", "--format", "json"];
        shell.run(&[&["import", "opening-balances", &file], &options[..]].concat()).ended_with(code)
    };
    assert_eq!(run("5.00", 0).json()["posted"], 1);
    assert_eq!(run("5.00", 0).json()["replayed"], 1);
    assert_eq!(faults(&run("6.00", 1)), [(2, "id_conflict".to_owned())]);
    assert_eq!(closings(&shell)[0], ("1002.bank".to_owned(), "5.00".to_owned()));
    let entry = &entries(&shell)[0];
    assert_eq!((&entry["effective_date"], &entry["kind"]), (&"2025-12-31".into(), &"post".into()));
}

#[tokio::test]
async fn of_a_file_that_has_grown_what_is_new_is_posted() {
    for (format, entry, opened) in [
        ("hledger", "DAY tea\n  3001  -5 CNY\n  1002:bank\n\n", ""),
        (
            "beancount",
            "DAY * \"tea\"\n  Equity:Capital  -5 CNY\n  Assets:Bank  5 CNY\n",
            "2020-01-01 open Assets:Bank CNY\n  code: \"1002.bank\"\n\
             2020-01-01 open Equity:Capital CNY\n  code: \"3001\"\n",
        ),
        (
            "ndjson",
            "{\"entry\":{\"effective_date\":\"DAY\",\"postings\":[\
             {\"account\":\"1002.bank\",\"debit\":\"5\",\"currency\":\"CNY\"},\
             {\"account\":\"3001\",\"credit\":\"5\",\"currency\":\"CNY\"}]}}\n",
            "",
        ),
    ] {
        let shell = Shell::with_accounts().await;
        let run = |days: &[&str], source: &str| {
            let entries: String = days.iter().map(|day| entry.replace("DAY", day)).collect();
            let file = shell.file("input", format!("{opened}{entries}")).to_str().unwrap().to_owned();
            let command = ["import", format, &file, "--source", source, "--format", "json"];
            let said = shell.run(&command).went_well().json();
            (said["posted"].as_u64().unwrap(), said["replayed"].as_u64().unwrap())
        };
        // Two that say the same are two, also the next time.
        assert_eq!(run(&["2026-01-05", "2026-01-05"], "tea"), (2, 0), "{format}");
        assert_eq!(run(&["2026-01-04", "2026-01-05", "2026-01-05", "2026-01-05"], "tea"), (2, 2), "{format}");
        assert_eq!(run(&["2026-01-05"], "coffee"), (1, 0), "{format}");
    }
}

#[tokio::test]
async fn numbers_are_those_of_their_source() {
    let shell = Shell::with_accounts().await;
    let file = |rows: &str| {
        let content = format!("entry,date,account,debit,credit,currency\n{rows}");
        shell.file("postings.csv", content).to_str().unwrap().to_owned()
    };
    let first = "1,2026-01-05,1002.bank,5.00,,CNY\n1,,3001,,5.00,CNY\n";
    let second = "2,2026-01-06,1002.bank,1.00,,CNY\n2,,3001,,1.00,CNY\n";
    let run = |rows: &str, source: &str| {
        let command = ["import", "csv", &file(rows), "--source", source, "--format", "json"];
        let said = shell.run(&command).went_well().json();
        (said["posted"].as_u64().unwrap(), said["replayed"].as_u64().unwrap())
    };
    assert_eq!(run(first, "erp"), (1, 0));
    assert_eq!(run(&format!("{first}{second}"), "erp"), (1, 1));
    assert_eq!(run(first, "bank"), (1, 0));
    let other = file(&first.replace("5.00", "4.00"));
    let ended = shell.run(&["import", "csv", &other, "--source", "erp", "--format", "json"]).ended_with(1);
    assert_eq!(faults(&ended), [(2, "id_conflict".to_owned())]);
}

#[tokio::test]
async fn a_chart_beside_the_entries_limits_what_comes_after_them() {
    let shell = Shell::new().await;
    let chart = "account,type,currency,name,parent,maximum\n1,asset,CNY,All,,\n1002,asset,CNY,Bank,1,3.00\n\
        3001,equity,CNY,Capital,,\n";
    let chart = shell.file("chart.csv", chart);
    let postings = "entry,date,account,amount,currency\n1,2026-01-05,1002,5.00,CNY\n1,,3001,-5.00,CNY\n";
    let postings = shell.file("postings.csv", postings);
    let command = ["import", "csv", postings.to_str().unwrap(), "--accounts", chart.to_str().unwrap()];
    shell.run(&command).went_well();
    let account = shell.run(&["account", "show", "1002", "--format", "json"]).went_well().json();
    assert_eq!((&account["max"], &account["parent"]), (&"3.00".into(), &"1".into()));
    shell.run(&["post", "--currency", "CNY", "--debit", "1002=0.01", "--credit", "3001=0.01"]).says(1, "above");
    shell.file("chart.csv", "account,type,currency,name\n1002,thing,CNY,Bank\n");
    let ended = shell.run(&[&command[..], &["--format", "json"]].concat()).ended_with(1);
    assert_eq!(faults(&ended), [(2, "type_unknown".to_owned())]);
    assert!(ended.out.contains("chart.csv, type"), "{ended:?}");
}
