//! The load program itself, on sizes that say nothing about speed: every workload posts what it says, every line has
//! every figure, every book is verified, and nothing of it is left behind.

#![expect(clippy::unwrap_used, reason = "in a test, what cannot be had is a failure")]

use std::process::{Command, Output};

use dianfu_tests::test_database;
use serde_json::Value;

/// The figures that every line has; of the platform's paths, but for what they would stand beside.
const FIGURES: [&str; 27] = [
    "accounts",
    "batch",
    "book_bytes_per_entry",
    "callers",
    "conflicts",
    "cpu_us_per_entry_server",
    "cpu_us_per_entry_us",
    "entries",
    "entries_per_s",
    "floor_per_s",
    "generator_us_per_entry",
    "of_floor",
    "p50_ms",
    "p999_ms",
    "p99_ms",
    "peak_rss_mb",
    "posted",
    "refused",
    "replayed",
    "row_lock_per_s",
    "row_lock_table_bytes_per_entry",
    "row_lock_wal_bytes_per_entry",
    "set_function_per_s",
    "start_up_ms",
    "table_bytes_per_entry",
    "verify_per_s",
    "wal_bytes_per_entry",
];

fn bench(arguments: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_dianfu-bench"));
    let output = program.args(arguments).env_remove("DATABASE_URL").output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
    output
}

fn lines(output: &Output) -> Vec<Value> {
    std::str::from_utf8(&output.stdout).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

fn count(line: &Value, figure: &str) -> u64 {
    line[figure].as_u64().unwrap()
}

#[test]
fn every_workload_posts_what_it_says_and_is_verified() {
    let lines = lines(&bench(&["--entries", "3000", "--accounts", "200", "--callers", "1,8", "--json"]));
    let names: Vec<&str> = lines.iter().map(|line| line["workload"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        ["U", "H", "Z", "S", "S", "P", "R", "B", "G", "2B", "2P", "HTTP", "NDJSON", "CLAIMS", "LIVES", "REMIT"]
    );
    for line in &lines {
        assert_eq!(line["verified"], true, "{line}");
        let is_plain = !["CLAIMS", "LIVES", "REMIT"].contains(&line["workload"].as_str().unwrap());
        for figure in FIGURES {
            let is_beside = ["floor", "row_lock", "set_function"].iter().any(|way| figure.contains(way));
            assert_eq!(line[figure].is_number(), is_plain || !is_beside, "{figure} of {line}");
        }
        let by_outcome = ["posted", "replayed", "conflicts", "refused"].map(|outcome| count(line, outcome));
        assert_eq!(by_outcome.iter().sum::<u64>(), count(line, "entries"), "{line}");
        let name = line["workload"].as_str().unwrap();
        assert_eq!(count(line, "refused") > 0, name == "Z", "{line}");
        assert_eq!(count(line, "replayed") > 0 && count(line, "conflicts") > 0, name == "R", "{line}");
        assert_eq!(line["trial_balance_ms"].is_number(), name == "B", "{line}");
        assert_eq!(line["cpu_us_per_entry_generator"].is_number(), ["HTTP", "NDJSON"].contains(&name), "{line}");
        let shares: Vec<f64> = line["shares"].as_array().into_iter().flatten().filter_map(Value::as_f64).collect();
        assert_eq!(shares.len(), if ["2B", "2P"].contains(&name) { 2 } else { 0 }, "{line}");
    }
    let growth = lines[8]["growth"].as_array().unwrap();
    let ends: Vec<u64> = growth.iter().map(|piece| count(piece, "entries")).collect();
    assert_eq!(ends, [1_000, 2_000, 3_000]);
    assert!(growth[0]["start_up_ms"].is_number() && growth[2]["start_up_ms"].is_number());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_server_of_somebody_else_is_left_as_it_was() {
    let server = test_database().await;
    let owner = server.database().connect_owner().await.unwrap();
    let schemas = async || {
        let sql = "SELECT nspname::text FROM pg_namespace WHERE nspname !~ '^pg_' ORDER BY 1";
        let rows = owner.query(sql, &[]).await.unwrap();
        rows.iter().map(|row| row.get(0)).collect::<Vec<String>>()
    };
    let before = schemas().await;
    let url = server.url();
    let arguments = ["--workload", "U,2P", "--entries", "300", "--accounts", "20", "--json", "--database-url", &url];
    let lines = lines(&bench(&arguments));
    assert_eq!(lines.len(), 2);
    // Its processes are not ours to count.
    assert!(lines.iter().all(|line| line["cpu_us_per_entry_server"].is_null() && line["verified"] == true));
    assert_eq!(schemas().await, before);
}

#[test]
fn tables_fit_a_terminal() {
    let output = bench(&["--entries", "300", "--accounts", "20", "--workload", "R,2B,CLAIMS,LIVES,REMIT"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(["conflict", "one alone", "transitions", "lines of"].iter().all(|words| text.contains(words)), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
}

#[test]
fn each_part_of_posting_can_be_left_out() {
    let lines = lines(&bench(&["--parts", "--quick", "--entries", "3000", "--accounts", "200", "--json"]));
    assert_eq!(lines.len(), 7);
    assert_eq!((&lines[0]["left_out"], &lines[0]["of_whole"]), (&"nothing".into(), &1.0.into()));
    for line in &lines {
        assert_eq!(count(line, "entries"), 3_000, "{line}");
        assert!(line["entries_per_s"].as_f64().is_some_and(|rate| rate > 0.0), "{line}");
    }
}

#[test]
fn claims_are_decided_moved_on_and_closed_beside_the_floor() {
    let lines = lines(&bench(&["claims", "--quick", "--json"]));
    let names: Vec<&str> = lines.iter().map(|line| line["workload"].as_str().unwrap()).collect();
    assert_eq!(names, ["DECIDE", "U", "CLAIMS", "LIVES"]);
    assert!(["p50_ms", "p99_ms", "p999_ms"].iter().all(|figure| lines[0][figure].is_number()), "{}", lines[0]);
    assert!(lines[1]["floor_per_s"].is_number(), "{}", lines[1]);
    for line in &lines[1..] {
        assert!(line["verified"] == true && line["of_target"].is_number(), "{line}");
    }
}
