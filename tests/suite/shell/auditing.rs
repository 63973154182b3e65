//! `dianfu verify` for who does not trust it: the SQL that it prints, run by psql alone, and archives checked far from
//! any database.

use std::io::Write;
use std::path::PathBuf;
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

/// A book of three commits as files: its archive; the receipt of its second entry, and the public key to it; the hash
/// of its first commit; the proof that its tip follows from that of the first.
struct Files {
    shell: Shell,
    archive: PathBuf,
    key: String,
    first_hash: String,
}

impl Files {
    async fn new() -> Files {
        let shell = Shell::with_accounts().await;
        shell.pay_in("5.00");
        let first_hash =
            shell.run(&["verify", "--format", "json"]).went_well().json()["head_hash"].as_str().unwrap().to_owned();
        shell.pay_in("6.00");
        let made = shell.run(&["proof", "key", "-o", "receipt.key", "--format", "json"]).went_well().json();
        let entries = shell.run(&["entry", "list", "--format", "json"]).went_well().json();
        let id = entries["entries"][1]["id"].as_str().unwrap();
        shell.run(&["proof", "entry", id, "--receipt-key", "receipt.key", "-o", "receipt.json"]).went_well();
        shell.pay_in("7.00");
        let proof = shell.run(&["proof", "consistency", "--from", "1", "--to", "3", "--format", "json"]).went_well();
        let archive = shell.file("proof.json", &proof.out).with_file_name("main.archive");
        shell.run(&["export", "archive", "-o", "main.archive"]).went_well();
        Files { shell, archive, key: made["public_key"].as_str().unwrap().to_owned(), first_hash }
    }

    fn text(&self, name: &str) -> String {
        std::fs::read_to_string(self.archive.with_file_name(name)).unwrap()
    }

    /// Checks the archive far from the database.
    fn verify(&self, more: &[&str]) -> Ended {
        let name = self.archive.to_str().unwrap();
        let path = |argument: &str| match argument.strip_suffix(".json") {
            Some(_) => self.archive.with_file_name(argument).to_str().unwrap().to_owned(),
            None => argument.to_owned(),
        };
        let more: Vec<String> = more.iter().map(|argument| path(argument)).collect();
        let arguments: Vec<&str> =
            ["verify", "--archive", name].into_iter().chain(more.iter().map(String::as_str)).collect();
        offline(&arguments)
    }
}

#[tokio::test]
async fn an_archive_alone_proves_a_receipt_and_an_earlier_tip() {
    let files = Files::new().await;
    let plain = files.verify(&["--format", "json"]).went_well();
    assert!(plain.err.starts_with("an archive of book main up to entry 3"), "{plain:?}");
    let of_book = files.shell.run(&["verify", "--format", "json"]).went_well().json();
    assert_eq!(plain.json(), of_book);
    files.verify(&["--tip", &files.first_hash]).went_well();
    files.verify(&["--tip", of_book["tip"]["root"].as_str().unwrap()]).went_well();
    let proved = files.verify(&["--receipt", "receipt.json", "--public-key", &files.key]).went_well();
    assert!(proved.err.contains("proved: entry ") && proved.err.contains("sequence 2"), "{proved:?}");
    let follows = files.verify(&["--receipt", "proof.json"]).went_well();
    assert!(follows.err.contains("proved: commits 1 to 1 unchanged in 1 to 3"), "{follows:?}");
    // The book itself proves the same.
    files.shell.run(&["verify", "--receipt", "receipt.json"]).went_well();
    files.shell.run(&["verify", "--receipt", "proof.json", "--tip", &files.first_hash]).went_well();
}

/// The archive is one, and what is looked for is not in it.
fn lacks(ended: Ended) {
    let ended = ended.notes_and_fails(1, "an archive of book main");
    assert!(ended.err.contains("what was kept of the book must still be in it"), "{ended:?}");
}

#[tokio::test]
async fn what_is_not_in_an_archive_is_said_to_be_missing() {
    let files = Files::new().await;
    lacks(files.verify(&["--tip", &"7".repeat(64)]));
    files.verify(&["--tip", "7"]).ended_with(2);
    // One key in sixty-four begins with a hyphen, as options do.
    for stranger in ["A".repeat(43), format!("-{}", "A".repeat(42))] {
        files.verify(&["--receipt", "receipt.json", "--public-key", &stranger]).says(1, "not this key's");
    }
    files.verify(&["--public-key", &files.key]).ended_with(2);
    let bent = files.text("receipt.json").replace("\"sequence\": 2", "\"sequence\": 1");
    files.shell.file("bent.json", bent);
    files.verify(&["--receipt", "bent.json"]).says(1, "the rows are those of another entry");
    let bent = files.text("proof.json").replace("\"root\": \"", "\"root\": \"0");
    files.shell.file("bent.json", bent);
    files.verify(&["--receipt", "bent.json"]).says(1, "64 lower-case");

    // Books with the same accounts and amounts are others: their receipts and tips are not in ours.
    let other = Files::new().await;
    for name in ["receipt.json", "proof.json"] {
        files.shell.file("other.json", other.text(name));
        lacks(files.verify(&["--receipt", "other.json"]));
    }
    lacks(files.verify(&["--tip", &other.first_hash]));
    let renamed = files.text("receipt.json").replace("\"book\": \"main\"", "\"book\": \"side\"");
    files.shell.file("renamed.json", renamed);
    files.verify(&["--receipt", "renamed.json"]).says(1, "of book 'side', not of 'main'");
}

#[tokio::test]
async fn an_archive_that_is_cut_or_altered_is_refused() {
    let files = Files::new().await;
    let whole = std::fs::read(&files.archive).unwrap();
    std::fs::write(&files.archive, &whole[..whole.len() / 2]).unwrap();
    files.verify(&[]).says(1, "an archive must be whole and in order");
    let mut altered = whole.clone();
    let at = altered.windows(4).rposition(|window| window == b"bank").unwrap();
    altered[at] = b'B';
    std::fs::write(&files.archive, &altered).unwrap();
    files.verify(&[]).notes_and_fails(1, "an archive of book main");
    std::fs::write(&files.archive, b"no archive").unwrap();
    files.verify(&[]).says(1, "an archive must be whole");
    std::fs::remove_file(&files.archive).unwrap();
    files.verify(&[]).ended_with(3);
    std::fs::write(&files.archive, &whole).unwrap();
    files.verify(&[]).went_well();
}
