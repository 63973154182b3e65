//! The rules of the house, as tests over the files that git tracks. Each complaint names the place and what to do.

use std::fs;
use std::process::Command;

use dianfu_tests::project_root;

const LONGEST_LINE: usize = 120;
const LONGEST_FUNCTION: usize = 70;
const LONGEST_FILE: usize = 500;

/// Module names that say nothing.
const EMPTY_NAMES: &[&str] = &["common", "util", "utils", "helper", "helpers", "types", "manager", "misc"];

/// What is not written in Rust files, and what is instead.
const BANNED_IN_RUST: &[(&str, &str)] = &[
    ("todo!(", "build it, or leave it out"),
    ("unimplemented!(", "build it, or leave it out"),
    ("dbg!(", "use tracing, or nothing"),
    ("#[allow(", "use #[expect(lint, reason = \"...\")]"),
    ("#![allow(", "use #![expect(lint, reason = \"...\")]"),
    ("#[ignore", "a test that does not run is no test"),
    ("should_panic", "compare the error"),
    ("TODO", "do it, or say in a sentence what is so and why"),
    ("FIXME", "fix it"),
];

/// What no file of the project names: places on one machine, and hosts that are somebody's configuration.
const BANNED_EVERYWHERE: &[(&str, &str)] = &[
    ("/work/", "name files relative to the project's root"),
    ("/root/", "name files relative to the project's root"),
    ("/home/", "name files relative to the project's root"),
    ("/tmp/", "ask std::env::temp_dir, or use a tempfile"),
    ("crates.io", "cargo knows its registry"),
    ("deb.debian.org", "apt-get knows its sources"),
    ("pypi.org", "nothing here comes from there"),
    ("npmjs", "nothing here comes from there"),
];

const STATEMENTS: &[&str] = &[
    "SELECT",
    "INSERT INTO",
    "UPDATE",
    "DELETE FROM",
    "COPY",
    "WITH",
    "CREATE",
    "ALTER",
    "DROP",
    "GRANT",
    "LOCK TABLE",
];
/// Files and folders that may hold SQL, by name without extension.
const SQL_PLACES: &[&str] =
    &["sql", "query", "report", "reports", "export", "verify", "migrations", "tests", "benches"];

/// The packages of this workspace that a package may use, and the packages of the world that are for few.
const MAY_USE: &[(&str, &[&str])] = &[
    ("ledger", &[]),
    ("ledger/settlement", &["dianfu-ledger"]),
    ("claims/signing", &[]),
    ("claims", &["dianfu-ledger", "dianfu-settlement", "dianfu-signing"]),
    ("reconcile", &["dianfu-ledger", "dianfu-settlement"]),
    (
        "benches",
        &[
            "dianfu",
            "dianfu-claims",
            "dianfu-ledger",
            "dianfu-reconcile",
            "dianfu-settlement",
            "dianfu-tests",
            "askama",
            "clap",
            "anyhow",
        ],
    ),
    (
        "api",
        &[
            "dianfu-ledger",
            "dianfu-settlement",
            "dianfu-signing",
            "dianfu-claims",
            "dianfu-reconcile",
            "axum",
            "askama",
            "clap",
            "anyhow",
        ],
    ),
];
const RESTRICTED: &[&str] = &["dianfu", "axum", "askama", "clap", "anyhow"];

/// One tracked text file.
struct File {
    path: String,
    text: String,
}

impl File {
    fn is_rust(&self) -> bool {
        self.has_extension("rs")
    }

    fn has_extension(&self, wanted: &str) -> bool {
        self.path.rsplit_once('.').is_some_and(|(_, extension)| extension == wanted)
    }

    /// The names on the way to the file, and its own without extension.
    fn names(&self) -> impl Iterator<Item = &str> {
        self.path.split('/').map(|name| name.split_once('.').map_or(name, |(stem, _)| stem))
    }

    /// Lines with their numbers, and `path:number` for complaints.
    fn lines(&self) -> impl Iterator<Item = (String, &str)> {
        self.text.lines().zip(1..).map(|(line, number)| (format!("{}:{number}", self.path), line))
    }
}

fn tracked_files() -> Vec<File> {
    let output = Command::new("git").arg("ls-files").current_dir(project_root()).output().expect("run git");
    assert!(output.status.success(), "git ls-files: {}", String::from_utf8_lossy(&output.stderr));
    let paths = String::from_utf8(output.stdout).expect("paths are UTF-8");
    let read =
        |path: &str| Some(File { path: path.to_owned(), text: fs::read_to_string(project_root().join(path)).ok()? });
    let files: Vec<File> = paths.lines().filter_map(read).collect();
    assert!(files.iter().any(File::is_rust), "there are no files to check");
    files
}

fn rust_files() -> impl Iterator<Item = File> {
    tracked_files().into_iter().filter(File::is_rust)
}

fn assert_none(complaints: &[String]) {
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
}

/// Complaints about banned words; this file, which lists them, is not asked.
fn banned_words(files: impl Iterator<Item = File>, banned: &[(&str, &str)]) -> Vec<String> {
    let mut complaints = Vec::new();
    for file in files.filter(|file| file.path != "tests/tidy.rs") {
        for (place, line) in file.lines() {
            let found = banned.iter().filter(|(word, _)| line.contains(word));
            complaints.extend(found.map(|(word, instead)| format!("{place}: {word}: {instead}")));
        }
    }
    complaints
}

#[test]
fn lines_fit_the_screen_and_files_fit_a_head() {
    let mut complaints = Vec::new();
    for file in rust_files() {
        let long = file.lines().filter(|(_, line)| line.chars().count() > LONGEST_LINE);
        complaints.extend(long.map(|(place, _)| format!("{place}: wrap it at {LONGEST_LINE} characters")));
        let length = file.text.lines().count();
        if length > LONGEST_FILE {
            complaints.push(format!("{}: {length} lines: split it by verb, {LONGEST_FILE} is the most", file.path));
        }
    }
    assert_none(&complaints);
}

#[test]
fn functions_stay_short() {
    let mut complaints = Vec::new();
    for file in rust_files() {
        let lines: Vec<(String, &str)> = file.lines().collect();
        for (index, (place, line)) in lines.iter().enumerate() {
            let length = function_length(line, lines[index..].iter().map(|(_, line)| *line));
            if length > LONGEST_FUNCTION {
                complaints.push(format!("{place}: {length} lines: split it, {LONGEST_FUNCTION} is the most"));
            }
        }
    }
    assert_none(&complaints);
}

/// The lines of the function that begins in this line; rustfmt puts its last brace below its first letter.
fn function_length<'a>(first: &str, mut lines: impl Iterator<Item = &'a str>) -> usize {
    let code = first.trim_start();
    let is_function = code.split_once("fn ").is_some_and(|(before, _)| before.split_whitespace().all(is_modifier));
    if !is_function || code.ends_with('}') || code.ends_with(';') {
        return 0;
    }
    let end = format!("{}}}", &first[..first.len() - code.len()]);
    lines.position(|line| line == end).map_or(0, |last| last + 1)
}

fn is_modifier(word: &str) -> bool {
    word.starts_with("pub") || matches!(word, "async" | "const" | "unsafe")
}

#[test]
fn modules_say_what_they_are() {
    let mut complaints = Vec::new();
    for file in rust_files() {
        if !file.text.starts_with("//!") {
            complaints.push(format!("{}:1: open it with //! and what it promises", file.path));
        }
        for name in file.names().filter(|name| EMPTY_NAMES.contains(name)) {
            complaints.push(format!("{}: the name '{name}' says nothing: name the thing", file.path));
        }
    }
    assert_none(&complaints);
}

#[test]
fn banned_words_stay_out() {
    assert_none(&banned_words(rust_files(), BANNED_IN_RUST));
    let written = tracked_files().into_iter().filter(|file| file.path != "Cargo.lock");
    assert_none(&banned_words(written, BANNED_EVERYWHERE));
}

/// The one file in which an amount may become a float: a cell of a spreadsheet is one. It says which amounts, and why
/// they come back unchanged.
const FLOATS: &str = "api/src/sheet/exact.rs";

#[test]
fn money_is_never_a_float() {
    let books = ["ledger/", "claims/", "reconcile/", "api/"];
    let files = rust_files().filter(|file| books.iter().any(|book| file.path.starts_with(book)));
    let instead = "count minor units in i64, compute shares with rust_decimal";
    assert_none(&banned_words(files.filter(|file| file.path != FLOATS), &[("f32", instead), ("f64", instead)]));
}

#[test]
fn statements_live_where_statements_live() {
    let mut complaints = Vec::new();
    for file in rust_files().filter(|file| !file.names().any(|name| SQL_PLACES.contains(&name))) {
        for (place, line) in file.lines().filter(|(_, line)| is_statement(line)) {
            complaints.push(format!("{place}: {}: move the statement to a sql.rs", line.trim()));
        }
    }
    assert_none(&complaints);
}

/// Whether a statement begins in this line, behind a quote or as a line of a longer string.
fn is_statement(line: &str) -> bool {
    STATEMENTS.iter().any(|keyword| {
        line.contains(&format!("\"{keyword} ")) || line.trim_start().strip_prefix(keyword).is_some_and(is_rest)
    })
}

fn is_rest(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with(' ')
}

#[test]
fn packages_use_only_what_lies_below_them() {
    let mut complaints = Vec::new();
    for (folder, may_use) in MAY_USE {
        let path = format!("{folder}/Cargo.toml");
        let text = fs::read_to_string(project_root().join(&path)).expect("every package has a manifest");
        for (line, number) in text.lines().zip(1..) {
            let dependency = line.split(['.', ' ', '=']).next().unwrap_or_default();
            let restricted = RESTRICTED.contains(&dependency) || dependency.starts_with("dianfu-");
            if restricted && !may_use.contains(&dependency) {
                complaints
                    .push(format!("{path}:{number}: {folder} does not use {dependency}: turn the direction round"));
            }
        }
    }
    assert_none(&complaints);
}

#[test]
fn papers_have_one_title() {
    let mut complaints = Vec::new();
    for file in tracked_files().iter().filter(|file| file.has_extension("md")) {
        let outside_code = file.text.split("```").step_by(2);
        let titles = outside_code.flat_map(str::lines).filter(|line| line.starts_with("# ")).count();
        if titles != 1 {
            complaints.push(format!("{}: {titles} titles: one line begins with '# '", file.path));
        }
    }
    assert_none(&complaints);
}
