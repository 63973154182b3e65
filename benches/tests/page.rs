//! The page of a run, by the program itself: the same whether it is made at once or later of what was printed.

#![expect(clippy::unwrap_used, reason = "in a test, what cannot be had is a failure")]

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

fn bench(folder: &Path, arguments: &[&str]) -> Output {
    let mut program = Command::new(env!("CARGO_BIN_EXE_dianfu-bench"));
    program.args(arguments).current_dir(folder).env_remove("DATABASE_URL").output().unwrap()
}

fn error(output: &Output) -> String {
    String::from_utf8(output.stderr.clone()).unwrap()
}

#[test]
fn a_page_made_later_of_the_printed_lines_is_the_page_of_the_run() {
    let folder = tempfile::tempdir().unwrap();
    let size = ["--workload", "U", "--entries", "3000", "--accounts", "200"];
    let run = bench(folder.path(), &[&size[..], &["--json", "--page", "run.html"]].concat());
    assert!(run.status.success(), "{}", error(&run));
    fs::write(folder.path().join("lines.jsonl"), &run.stdout).unwrap();
    let later = bench(folder.path(), &["--from", "lines.jsonl", "--page", "later.html"]);
    assert!(later.status.success(), "{}", error(&later));
    let [at_once, later] = ["run.html", "later.html"].map(|name| fs::read_to_string(folder.path().join(name)).unwrap());
    assert_eq!(at_once, later);
    let command = "<pre>./run bench --workload U --entries 3000 --accounts 200 --json --page run.html</pre>";
    for words in [command, "<dt>PostgreSQL</dt>", "fsync on", "<strong>1 of 1</strong> <span>books verified</span>"] {
        assert!(later.contains(words), "{words}");
    }
}

#[test]
fn a_page_that_cannot_be_made_or_written_is_told_at_once() {
    let folder = tempfile::tempdir().unwrap();
    fs::write(folder.path().join("lines.jsonl"), "{}\nno line\n").unwrap();
    for (arguments, message) in [
        (&["--from", "lines.jsonl", "--page", "page.html"][..], "line 2 is not a JSON object"),
        (&["--from", "none.jsonl", "--page", "page.html"], "read none.jsonl"),
        (&["--from", "lines.jsonl"], "--page"),
        (&["--page", "none/page.html"], "write none/page.html"),
    ] {
        let output = bench(folder.path(), arguments);
        assert!(!output.status.success() && output.stdout.is_empty(), "{arguments:?}");
        assert!(error(&output).contains(message), "{arguments:?}: {}", error(&output));
        assert!(!error(&output).contains("entries,"), "{arguments:?} has measured");
    }
    assert!(!folder.path().join("page.html").exists());
}
