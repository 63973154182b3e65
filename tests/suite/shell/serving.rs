//! `dianfu serve`: it says where it listens, answers with the tokens that the shell makes, and ends in order.

use std::io::{BufRead, BufReader};
use std::process::Child;

use dianfu_tests::eventually;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use super::{Ended, Shell};

/// A log of JSON, line by line. Each must be JSON: what is not is shown with all that follows.
struct Log<R> {
    lines: R,
}

impl<R: BufRead> Log<R> {
    fn next(&mut self) -> Option<Value> {
        let mut line = String::new();
        if self.lines.read_line(&mut line).unwrap() == 0 {
            return None;
        }
        let read = serde_json::from_str(&line);
        Some(read.unwrap_or_else(|error| {
            self.lines.read_to_string(&mut line).unwrap();
            panic!("{error}: {line}");
        }))
    }

    /// Reads on to the first line for which there is an answer; if there is none, the last lines tell why.
    fn find<T>(&mut self, answer: impl Fn(&Value) -> Option<T>) -> T {
        let mut before = Vec::new();
        while let Some(line) = self.next() {
            if let Some(found) = answer(&line) {
                return found;
            }
            before.push(line);
        }
        panic!("it ended without: {before:?}");
    }
}

fn log_of(running: &mut Child) -> Log<impl BufRead + use<>> {
    Log { lines: BufReader::new(running.stderr.take().unwrap()) }
}

fn address(line: &Value) -> Option<String> {
    line["fields"]["address"].as_str().map(str::to_owned)
}

#[tokio::test]
async fn the_shells_tokens_open_the_interface() {
    let shell = Shell::with_accounts().await;
    shell.pay_in("5.00");
    shell.run(&["operator", "create", "lin", "--name", "Lin Yue", "--role", "auditor"]).went_well();
    let made = shell.run(&["token", "create", "lin", "--role", "auditor", "--format", "json"]).went_well().json();
    let mut running = shell.command(&["serve", "--listen", "127.0.0.1:0", "--log", "json"]).spawn().unwrap();
    let mut log = log_of(&mut running);
    let url = format!("http://{}/v1/accounts/1002.bank/balance", log.find(address));
    let request = dianfu_tests::http_client().get(url).bearer_auth(made["token"].as_str().unwrap());
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    let shown = shell.run(&["balance", "1002.bank", "--format", "json"]).went_well().json();
    assert_eq!(answer, shown[0]);
    kill(Pid::from_raw(i32::try_from(running.id()).unwrap()), Signal::SIGTERM).unwrap();
    eventually("it has stopped", async || running.try_wait().unwrap().is_some()).await;
    assert!(running.wait().unwrap().success());
    log.find(|line| (line["fields"]["message"] == "stopped").then_some(()));
    assert_eq!(log.next(), None);
}

#[tokio::test]
async fn a_log_of_json_holds_the_last_error_too() {
    let shell = Shell::new().await;
    let mut running = shell.command(&["serve", "--listen", "127.0.0.1:0", "--log", "json"]).spawn().unwrap();
    let taken = log_of(&mut running).find(address);
    // No filter hides it.
    for filter in ["info", "off"] {
        let arguments = ["serve", "--listen", &taken, "--log", "json", "--log-filter", filter];
        let refused = Ended::of(&arguments, shell.command(&arguments).output().unwrap()).ended_with(3);
        let mut log = Log { lines: refused.err.as_bytes() };
        let message = log.find(|line| (line["level"] == "ERROR").then(|| line["fields"]["message"].to_string()));
        assert!(message.contains(&taken), "{message}");
        assert_eq!(log.next(), None);
    }
    // At the shell of a person it is a sentence.
    shell.run(&["serve", "--listen", &taken]).ended_with(3).says(3, &taken);
    running.kill().unwrap();
    running.wait().unwrap();
}

#[tokio::test]
async fn a_filter_of_the_log_that_cannot_be_read_is_refused() {
    let shell = Shell::new().await;
    let refused = shell.run(&["serve", "--log-filter", "dianfu_ledger=verbose"]).ended_with(2);
    assert!(refused.err.contains("--log-filter"), "{refused:?}");
}
