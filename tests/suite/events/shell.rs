//! Events, cursors and refusals at the shell.

use std::fs;
use std::process::Stdio;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use crate::shell::{Shell, entry_line};

fn sequences(lines: &[Value]) -> Vec<i64> {
    lines.iter().map(|line| line["sequence"].as_i64().unwrap()).collect()
}

async fn shell() -> Shell {
    let shell = Shell::with_accounts().await;
    for amount in ["1.00", "2.00", "3.00", "4.00"] {
        shell.pay_in(amount);
    }
    shell
}

#[tokio::test]
async fn events_are_read_a_page_at_a_time() {
    let shell = shell().await;
    let page = shell.run(&["events", "read", "--limit", "3", "--format", "json"]).went_well().json();
    assert_eq!((page["next"].as_i64(), page["head"].as_i64()), (Some(3), Some(4)));
    assert_eq!(sequences(page["events"].as_array().unwrap()), [1, 2, 3]);
    assert_eq!((&page["events"][0]["type"], &page["events"][0]["commit_no"]), (&"entry.posted".into(), &1.into()));
    let filtered = ["events", "read", "--prefix", "9", "--type", "hold.placed,hold.expired", "--format", "json"];
    let page = shell.run(&filtered).went_well().json();
    assert_eq!((page["events"].as_array().unwrap().len(), page["next"].as_i64()), (0, Some(4)));
    shell.run(&["events", "read", "--type", "hold.gone"]).ended_with(2);
    let table = shell.run(&["events", "read", "--after", "2"]).went_well();
    assert!(table.out.contains("entry.posted") && table.out.contains("head: 4"), "{table:?}");
}

#[tokio::test]
async fn a_cursor_goes_on_where_it_was() {
    let shell = shell().await;
    let follow = ["events", "follow", "--cursor", "lake", "--until-head"];
    assert_eq!(sequences(&shell.run(&follow).went_well().json_lines()), [1, 2, 3, 4]);
    assert!(shell.run(&follow).went_well().out.is_empty());
    shell.pay_in("5.00");
    assert_eq!(sequences(&shell.run(&follow).went_well().json_lines()), [5]);
    shell.run(&["events", "cursor", "set", "lake", "3", "--reason", "again"]).went_well();
    assert_eq!(sequences(&shell.run(&follow).went_well().json_lines()), [4, 5]);
    let shown = shell.run(&["events", "cursor", "show", "lake", "--format", "json"]).went_well().json();
    assert_eq!((&shown["position"], &shown["behind"], &shown["holder"]), (&5.into(), &0.into(), &Value::Null));
    assert_eq!((&shown["acts"][0]["act"], &shown["acts"][0]["reason"]), (&"set".into(), &"again".into()));
    shell.run(&["events", "cursor", "drop", "lake", "--reason", "done"]).went_well();
    shell.run(&["events", "cursor", "show", "lake"]).says(1, "there is no cursor 'lake'");
    shell.run(&["events", "cursor", "set", "lake", "6", "--reason", "x"]).says(1, "beyond the last sequence");
    shell.run(&["events", "cursor", "skip", "lake", "--reason", "x"]).says(1, "there is no cursor 'lake'");
}

#[tokio::test]
async fn a_command_deals_with_events_and_a_poison_event_stops_it() {
    let shell = shell().await;
    let seen = shell.file("seen", "");
    let command = "cat >> seen; echo \"$DIANFU_EVENT_SEQUENCE is poison\" >&2; test \"$DIANFU_EVENT_SEQUENCE\" != 3";
    for batch in ["1", "10"] {
        fs::write(&seen, "").unwrap();
        let follow = [
            "events",
            "follow",
            "--cursor",
            "mail",
            "--until-head",
            "--retries",
            "1",
            "--batch",
            batch,
            "--exec",
            command,
        ];
        let stopped = shell.run(&follow).says(1, "event 3 could not be dealt with");
        assert!(stopped.err.contains("3 is poison") && stopped.err.contains("events cursor skip mail"), "{stopped:?}");
        let shown = shell.run(&["events", "cursor", "list", "--format", "json"]).went_well().json();
        let mail = &shown["cursors"][0];
        assert_eq!((&mail["position"], &mail["failure"]["sequence"]), (&2.into(), &3.into()), "batches of {batch}");
    }
    let shown = shell.run(&["events", "cursor", "show", "mail", "--format", "json"]).went_well().json();
    assert_eq!(shown["failure"]["count"], 4);
    shell.run(&["events", "cursor", "skip", "mail", "--reason", "ticket 4711"]).went_well();
    fs::write(&seen, "").unwrap();
    shell.run(&["events", "follow", "--cursor", "mail", "--until-head", "--exec", command]).went_well();
    let lines: Vec<Value> =
        fs::read_to_string(&seen).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(sequences(&lines), [4]);
    let shown = shell.run(&["events", "cursor", "show", "mail"]).went_well();
    assert!(shown.out.contains("skipped") && shown.out.contains("ticket 4711"), "{shown:?}");
}

#[tokio::test]
async fn a_signal_lets_the_cursor_go() {
    let shell = shell().await;
    let follow = ["events", "follow", "--cursor", "lake"];
    let running = shell.command(&follow).stdout(Stdio::piped()).spawn().unwrap();
    dianfu_tests::eventually("the follower is at the end", async || {
        let shown = shell.run(&["events", "cursor", "list", "--format", "json"]).went_well().json();
        shown["cursors"][0]["behind"] == 0 && shown["cursors"][0]["holder"].is_string()
    })
    .await;
    kill(Pid::from_raw(running.id().try_into().unwrap()), Signal::SIGINT).unwrap();
    let ended = running.wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(130), "{ended:?}");
    let shown = shell.run(&["events", "cursor", "show", "lake", "--format", "json"]).went_well().json();
    assert_eq!(shown["holder"], Value::Null);
}

#[tokio::test]
async fn what_was_refused_is_listed() {
    let shell = Shell::with_accounts().await;
    shell.feed(&["post", "-"], &format!("{}\n{{\"id\": 7}}\n", entry_line(1, "1002.bank", "9999", "1.00")));
    let all = shell.run(&["refusal", "list", "--format", "json"]).went_well().json();
    let told: Vec<_> = all["refusals"].as_array().unwrap().iter().map(|row| (&row["door"], &row["code"])).collect();
    let mut words: Vec<_> = told.iter().map(|(door, code)| format!("{door} {code}")).collect();
    words.sort();
    assert_eq!(words, ["\"api\" \"field_invalid\"", "\"post\" \"account_unknown\""]);
    let listed = shell.run(&["refusal", "list", "--code", "account_unknown"]).went_well();
    assert!(listed.out.contains("there is no account 9999") && listed.out.lines().count() == 3, "{listed:?}");
    assert!(shell.run(&["refusal", "list", "--actor", "nobody"]).went_well().out.contains("Nothing was refused."));
}
