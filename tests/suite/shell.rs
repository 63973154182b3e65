//! The program at the shell, as a program: what it prints in each format, and how it ends.

mod allocating;
mod answers;
mod auditing;
mod charts;
mod claims;
mod currencies;
mod data_folder;
mod demo;
mod insurers;
mod people;
mod posting;
mod refusals;
mod strange_texts;
mod remittances;
mod segments;
mod serving;
mod templates;

use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

use dianfu_tests::{TestDatabase, dianfu_bin, test_database};
use serde_json::Value;
use tempfile::TempDir;

/// Variables that the program reads; none of ours may reach it.
const VARIABLES: [&str; 6] =
    ["DIANFU_DATA", "DIANFU_BOOK", "DATABASE_URL", "DIANFU_LISTEN", "DIANFU_LOG", "DIANFU_RECEIPT_KEY"];

/// A program that knows nothing of its surroundings.
pub fn dianfu(arguments: &[&str]) -> Command {
    let mut command = Command::new(dianfu_bin());
    for variable in VARIABLES {
        command.env_remove(variable);
    }
    command.args(arguments).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

/// A shell in a folder of its own, on a database of its own with the book `main`.
pub struct Shell {
    test: TestDatabase,
    folder: TempDir,
}

impl Shell {
    /// An empty book.
    pub async fn new() -> Shell {
        Shell { test: test_database().await, folder: tempfile::tempdir().unwrap() }
    }

    /// A book with `1002.bank` and `1101.picc` (which keeps items), and `3001` against them.
    pub async fn with_accounts() -> Shell {
        let shell = Shell::new().await;
        let cny = ["--currency", "CNY"];
        for rest in [
            &["1002.bank", "--name", "Bank", "--type", "asset"][..],
            &["1101.picc", "--name", "Advanced", "--type", "asset", "--open-item", "--max", "1000.00"],
            &["3001", "--name", "Capital", "--type", "equity"],
        ] {
            shell.run(&[&["account", "open"], rest, &cny].concat()).went_well();
        }
        shell
    }

    /// The database.
    pub fn test(&self) -> &TestDatabase {
        &self.test
    }

    /// The command, not started yet.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = dianfu(arguments);
        command.env("DATABASE_URL", self.test.url()).current_dir(self.folder.path());
        command
    }

    /// Runs it.
    pub fn run(&self, arguments: &[&str]) -> Ended {
        Ended::of(arguments, self.command(arguments).output().unwrap())
    }

    /// Runs it with this on its standard input.
    pub fn feed(&self, arguments: &[&str], input: &str) -> Ended {
        let mut running = self.command(arguments).stdin(Stdio::piped()).spawn().unwrap();
        running.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
        Ended::of(arguments, running.wait_with_output().unwrap())
    }

    /// A file in the shell's folder.
    pub fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path
    }

    /// An entry over `1002.bank` and `3001` that must go through.
    pub fn pay_in(&self, amount: &str) -> Ended {
        let (debit, credit) = (format!("1002.bank={amount}"), format!("3001={amount}"));
        self.run(&["post", "--currency", "CNY", "--debit", &debit, "--credit", &credit]).went_well()
    }
}

/// A command that has ended.
#[derive(Debug)]
pub struct Ended {
    #[expect(dead_code, reason = "shown where an assertion fails")]
    arguments: String,
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ended {
    pub fn of(arguments: &[&str], output: Output) -> Ended {
        Ended {
            arguments: arguments.join(" "),
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8(output.stdout).unwrap(),
            err: String::from_utf8(output.stderr).unwrap(),
        }
    }

    /// It went well and complains about nothing.
    #[track_caller]
    pub fn went_well(self) -> Ended {
        assert_eq!(self.code, 0, "{self:?}");
        assert!(!self.err.contains("error"), "{self:?}");
        self
    }

    /// It ended so, and says this on standard error, in words for a person.
    #[track_caller]
    pub fn says(self, code: i32, words: &str) -> Ended {
        assert_eq!(self.code, code, "{self:?}");
        assert!(self.err.starts_with("error: ") && self.err.contains(words), "{self:?}");
        for leak in ["panicked", "backtrace", "Error {", "Error(", "Some(", "src/"] {
            assert!(!self.err.contains(leak), "{leak}: {self:?}");
        }
        self
    }

    /// It ended so, and says this before its error.
    #[track_caller]
    pub fn notes_and_fails(self, code: i32, words: &str) -> Ended {
        assert_eq!(self.code, code, "{self:?}");
        assert!(self.err.starts_with(words) && self.err.contains("\nerror: "), "{self:?}");
        self
    }

    /// It ended so.
    #[track_caller]
    pub fn ended_with(self, code: i32) -> Ended {
        assert_eq!(self.code, code, "{self:?}");
        self
    }

    /// Its JSON.
    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Its lines of JSON.
    pub fn json_lines(&self) -> Vec<Value> {
        self.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Its CSV: the names of the fields, and the rows.
    pub fn csv(&self) -> (Vec<String>, Vec<Vec<String>>) {
        let mut reader = csv::Reader::from_reader(self.out.as_bytes());
        let texts = |record: &csv::StringRecord| record.iter().map(str::to_owned).collect();
        let names = texts(reader.headers().unwrap());
        (names, reader.records().map(|record| texts(&record.unwrap())).collect())
    }
}

/// An entry of one line; `n` numbers it.
pub fn entry_line(n: u32, debit: &str, credit: &str, amount: &str) -> String {
    let id = entry_id(n);
    let debit = format!(r#"{{"account":"{debit}","debit":"{amount}","currency":"CNY"}}"#);
    let credit = format!(r#"{{"account":"{credit}","credit":"{amount}","currency":"CNY"}}"#);
    format!(r#"{{"id":"{id}","postings":[{debit},{credit}]}}"#)
}

/// The id of the n-th entry of a test.
pub fn entry_id(n: u32) -> String {
    format!("0199aa00-0000-7000-8000-{n:012}")
}
