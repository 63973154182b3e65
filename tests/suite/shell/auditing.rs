//! `dianfu verify` for who does not trust it: the SQL that it prints, run by psql alone, and archives checked far from
//! any database.

use std::io::Write;
use std::process::{Command, Stdio};

use dianfu_ledger::verify::audit;

use super::{Ended, Shell, dianfu};

/// What psql says to a script, as an auditor runs it.
fn psql(shell: &Shell, script: &str) -> Ended {
    let url = shell.test().url();
    let arguments = ["--no-psqlrc", "--set", "ON_ERROR_STOP=1", url.as_str()];
    let mut running = Command::new("psql")
        .args(arguments)
        .env("PGOPTIONS", "-c search_path=book_main -c work_mem=256MB")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    running.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    Ended::of(&arguments, running.wait_with_output().unwrap())
}

/// Without a database: the program knows of none.
fn offline(arguments: &[&str]) -> Ended {
    Ended::of(arguments, dianfu(arguments).env("DATABASE_URL", "postgres://nobody@127.0.0.1:1/none").output().unwrap())
}

#[tokio::test]
async fn the_sql_for_auditors_is_printed_and_runs_in_psql() {
    let shell = Shell::with_accounts().await;
    for _ in 0..3 {
        shell.pay_in("5.00");
    }
    let all = offline(&["verify", "--print-sql"]).went_well().out;
    let found = psql(&shell, &all).went_well();
    let names: Vec<&str> = found.out.lines().filter(|line| audit::ALL.iter().any(|it| it.name == *line)).collect();
    assert_eq!(names, audit::ALL.map(|audit| audit.name));
    assert_eq!(found.out.matches("(0 rows)").count(), audit::ALL.len(), "{found:?}");

    let alter =
        "SET session_replication_role = replica; UPDATE posting SET amount_minor = 501 WHERE sequence = 2 AND leg = 0;";
    psql(&shell, alter).went_well();
    for audit in audit::ALL {
        let script = offline(&["verify", "--print-sql", audit.name]).went_well().out;
        assert_eq!(script.trim_end(), audit.sql.trim_end());
        let found = psql(&shell, &script).went_well();
        let names_it = ["chain", "entries", "running_totals"].contains(&audit.name);
        assert_eq!(!found.out.contains("(0 rows)"), names_it, "{found:?}");
        assert!(!names_it || found.out.contains(" 2 "), "{found:?}");
    }
    offline(&["verify", "--print-sql", "sums"]).ended_with(2);
    offline(&["verify", "--print-sql", "chain", "--archive", "x"]).ended_with(2);
}
