//! `dianfu post`: one entry, an array, or one a line; what is refused, and what stands.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::Stdio;

use dianfu_tests::eventually;
use serde_json::{Value, json};

use super::{Shell, entry_id, entry_line};

fn statuses(lines: &[Value]) -> Vec<&str> {
    lines.iter().filter_map(|line| line["status"].as_str()).collect()
}

#[tokio::test]
async fn one_entry_from_the_command_line_in_every_format() {
    let shell = Shell::with_accounts().await;
    let id = entry_id(1);
    let post = ["post", "--currency", "CNY", "--debit", "1002.bank=5.50", "--credit", "3001=5.50", "--id", &id];
    let table = shell.run(&post).went_well();
    assert_eq!(table.out, format!("{id} posted as entry 1\n"));
    let json = shell.run(&[&post[..], &["--format", "json"]].concat()).went_well().json();
    assert_eq!((&json["status"], &json["sequence"]), (&json!("replayed"), &json!(1)));
    let (names, rows) = shell.run(&[&post[..], &["--format", "csv"]].concat()).went_well().csv();
    assert_eq!(names[..4], ["index", "id", "status", "sequence"]);
    assert_eq!(rows[0][1..4], [id.as_str(), "replayed", "1"]);
}

#[tokio::test]
async fn a_hold_is_released_from_the_command_line() {
    let shell = Shell::with_accounts().await;
    let id = entry_id(1);
    let hold = ["post", "--hold", "--currency", "CNY", "--debit", "1002.bank=5", "--credit", "3001=5", "--id", &id];
    shell.run(&hold).went_well();
    shell.run(&["post", "--release", &id]).went_well();
    shell.run(&["post", "--release", &id]).says(1, "[hold_released]");
    shell.run(&["post", "--release", &entry_id(2)]).says(1, "[hold_unknown]");
}

#[tokio::test]
async fn a_hold_is_captured_in_part_and_moved_back_from_the_command_line() {
    let shell = Shell::with_accounts().await;
    let (hold, capture, group) = (entry_id(1), entry_id(2), entry_id(9));
    let legs = |amount: &str| {
        let (debit, credit) = (format!("1002.bank={amount}"), format!("3001={amount}"));
        ["--currency", "CNY", "--debit", &debit, "--credit", &credit].map(str::to_owned)
    };
    let run = |arguments: &[&str], legs: &[String]| {
        let legs = legs.iter().map(String::as_str);
        shell.run(&["post"].into_iter().chain(arguments.iter().copied()).chain(legs).collect::<Vec<_>>())
    };
    run(&["--hold", "--id", &hold, "--expires-at", "2100-01-01T00:00:00Z"], &legs("5.00")).went_well();
    run(&["--capture", &hold, "--id", &capture], &legs("2.00")).went_well();
    run(&["--capture", &hold], &legs("4.00")).says(1, "[more_than_left]");
    let back = ["--currency", "CNY", "--debit", "3001=0.50", "--credit", "1002.bank=0.50"].map(str::to_owned);
    run(&["--reverse", &capture], &back).went_well();
    run(&["--reverse", &capture], &[]).went_well();
    run(&["--reverse", &capture], &[]).says(1, "[already_reversed]");
    run(&["--release", &hold, "--capture", &hold], &[]).says(2, "cannot be used with");

    for number in [3, 4] {
        run(&["--hold", "--id", &entry_id(number), "--hold-group", &group], &legs("1.00")).went_well();
    }
    run(&["--capture-group", &group], &[]).went_well();
    run(&["--release-group", &group], &[]).says(1, "[hold_group_ended]");
    let balance = shell.run(&["balance", "1002.bank", "--format", "json"]).went_well().json();
    assert_eq!(balance[0]["balance"], "2.00", "{balance}");
}

#[tokio::test]
async fn at_most_late_and_adjusting_are_asked_for_on_the_command_line() {
    let shell = Shell::with_accounts().await;
    let one = ["post", "--currency", "CNY", "--debit", "1002.bank=5.00", "--credit", "3001=5.00"];
    let with = |flags: &[&str]| shell.run(&[&one[..], flags].concat());
    shell.run(&["period", "close", "2025-12-31", "--reason", "Year end"]).went_well();
    with(&["--date", "2025-12-01"]).says(1, "[period_closed]");
    with(&["--date", "2025-12-01", "--adjusting"]).went_well();
    let late = with(&["--date", "2025-12-01", "--late", "--format", "json"]).went_well().json();
    let entry = shell.run(&["entry", "show", late["id"].as_str().unwrap(), "--format", "json"]).went_well().json();
    assert_eq!(entry["value_date"], "2025-12-01", "{entry}");
    let moved = with(&["--at-most", "--format", "json"]).went_well().json();
    assert_eq!(moved["moved"], "5.00", "{moved}");
}

#[tokio::test]
async fn a_document_over_several_lines_is_one_entry() {
    let shell = Shell::with_accounts().await;
    let entry: Value = serde_json::from_str(&entry_line(1, "1002.bank", "3001", "1.00")).unwrap();
    let path = shell.file("entry.json", format!("\n{entry:#}\n"));
    let json = shell.run(&["post", path.to_str().unwrap(), "--format", "json"]).went_well().json();
    assert_eq!((&json["status"], &json["id"]), (&json!("posted"), &json!(entry_id(1))));
    shell.file("cut.json", &format!("{entry:#}")[..80]);
    shell.run(&["post", "cut.json"]).says(1, "[json_malformed]");
}

#[tokio::test]
async fn an_array_is_answered_as_one() {
    let shell = Shell::with_accounts().await;
    let lines = [entry_line(1, "1002.bank", "3001", "1.00"), entry_line(2, "1002.bank", "3009", "1.00")];
    shell.file("entries.json", format!("[{}]", lines.join(",\n")));
    let ended = shell.run(&["post", "entries.json", "--format", "json"]).says(1, "entry 2 of the array");
    let outcomes = ended.json();
    assert_eq!(statuses(outcomes.as_array().unwrap()), ["posted", "rejected"]);
    assert_eq!(outcomes[1]["error"]["code"], "account_unknown");
    assert_eq!(outcomes[1]["error"]["pointer"], "/postings/1/account");
    shell.file("cut.json", format!("[{},", lines[0]));
    shell.run(&["post", "cut.json"]).says(1, "EOF");
}

#[tokio::test]
async fn each_line_has_its_outcome_and_a_cut_one_is_named() {
    let shell = Shell::with_accounts().await;
    let whole = entry_line(1, "1002.bank", "3001", "1.00");
    let unbalanced = entry_line(2, "1002.bank", "3001", "1.00").replacen("1.00", "2.00", 1);
    let cut = &entry_line(3, "1002.bank", "3001", "1.00")[..90];
    shell.file("entries.ndjson", format!("{whole}\n\n{unbalanced}\n{cut}"));
    let ended = shell.run(&["post", "entries.ndjson", "--format", "json"]).says(1, "line 3: ");
    assert!(ended.err.contains("and 1 more"), "{ended:?}");
    let lines = ended.json_lines();
    assert_eq!(statuses(&lines), ["posted", "rejected", "rejected"]);
    let places: Vec<&Value> = lines.iter().filter_map(|line| line.get("line")).collect();
    assert_eq!(places, [1, 3, 4]);
    assert_eq!(
        (&lines[1]["error"]["code"], &lines[2]["error"]["code"]),
        (&json!("unbalanced"), &json!("json_malformed"))
    );
    let summary = json!({"lines": 4, "posted": 1, "replayed": 0, "rejected": 2, "failed": 0, "complete": true});
    assert_eq!(lines[3]["summary"], summary);

    let (_, rows) = shell.run(&["post", "entries.ndjson", "--format", "csv"]).says(1, "line 3: ").csv();
    assert_eq!(rows.iter().map(|row| row[2].as_str()).collect::<Vec<_>>(), ["replayed", "rejected", "rejected"]);
    let table = shell.run(&["post", "entries.ndjson"]).notes_and_fails(1, "0 posted, 1 in the book already, 2 refused");
    assert!(table.out.starts_with(&format!("line 1: {} in the book already, as entry 1\n", entry_id(1))), "{table:?}");
}

#[tokio::test]
async fn a_run_of_linked_lines_is_posted_whole_or_not_at_all() {
    let shell = Shell::with_accounts().await;
    let linked = |n: u32| entry_line(n, "1002.bank", "3001", "1.00").replacen('{', r#"{"linked":true,"#, 1);
    let lines = [linked(1), entry_line(2, "1002.bank", "3009", "1.00"), entry_line(3, "1002.bank", "3001", "1.00")];
    let ended = shell.feed(&["post", "-", "--format", "json"], &lines.join("\n"));
    assert_eq!(statuses(&ended.json_lines()), ["rejected", "rejected", "posted"], "{ended:?}");
}

#[tokio::test]
async fn lines_are_posted_as_they_come() {
    let shell = Shell::with_accounts().await;
    let mut command = shell.command(&["post", "-", "--format", "json"]);
    let mut running = command.stdin(Stdio::piped()).spawn().unwrap();
    let mut input = running.stdin.take().unwrap();
    let mut output = BufReader::new(running.stdout.take().unwrap());
    for n in 1..=2 {
        writeln!(input, "{}", entry_line(n, "1002.bank", "3001", "1.00")).unwrap();
        let mut line = String::new();
        output.read_line(&mut line).unwrap();
        assert!(line.contains(r#""status":"posted""#), "{line}");
    }
    drop(input);
    let mut rest = String::new();
    output.read_to_string(&mut rest).unwrap();
    assert!(rest.contains(r#""complete":true"#), "{rest}");
    assert!(running.wait().unwrap().success());
}

#[tokio::test]
async fn entries_are_posted_also_when_nobody_reads_what_became_of_them() {
    let shell = Shell::with_accounts().await;
    let lines: Vec<String> = (1..=2_500).map(|n| entry_line(n, "1002.bank", "3001", "1.00")).collect();
    shell.file("entries.ndjson", lines.join("\n"));
    let mut running = shell.command(&["post", "entries.ndjson", "--format", "csv"]).spawn().unwrap();
    drop(running.stdout.take());
    let ended = super::Ended::of(&["post"], running.wait_with_output().unwrap());
    assert_eq!((ended.code, ended.err.as_str()), (0, ""));
    let report = shell.run(&["verify", "--format", "json"]).went_well().json();
    assert_eq!(report["entries"], 2_500);
    // A no stays a no.
    shell.file("words.txt", "these are words");
    let mut running = shell.command(&["remittance", "check", "words.txt"]).spawn().unwrap();
    drop(running.stdout.take());
    let ended = super::Ended::of(&["check"], running.wait_with_output().unwrap());
    assert_eq!(ended.code, 1, "{ended:?}");
    let mut running = shell.command(&["export", "hledger"]).spawn().unwrap();
    drop(running.stdout.take());
    let ended = super::Ended::of(&["export"], running.wait_with_output().unwrap());
    assert_eq!((ended.code, ended.err.as_str()), (0, ""));
}

#[tokio::test]
async fn a_signal_ends_it_while_it_waits_for_input() {
    let shell = Shell::with_accounts().await;
    let mut command = shell.command(&["post", "-", "--format", "json"]);
    let mut running = command.stdin(Stdio::piped()).spawn().unwrap();
    let mut input = running.stdin.take().unwrap();
    let mut output = BufReader::new(running.stdout.take().unwrap());
    writeln!(input, "{}", entry_line(1, "1002.bank", "3001", "1.00")).unwrap();
    output.read_line(&mut String::new()).unwrap();
    let pid = nix::unistd::Pid::from_raw(i32::try_from(running.id()).unwrap());
    nix::sys::signal::kill(pid, nix::sys::signal::Signal::SIGINT).unwrap();
    eventually("the program has ended", async || running.try_wait().unwrap().is_some()).await;
    assert_eq!(running.wait().unwrap().code(), Some(130));
    drop(input);
    assert_eq!(shell.run(&["verify", "--format", "json"]).went_well().json()["entries"], 1);
}
