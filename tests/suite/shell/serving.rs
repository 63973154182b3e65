//! `dianfu serve`: it says where it listens, answers with the tokens that the shell makes, and ends in order.

use std::io::{BufRead, BufReader};

use dianfu_tests::eventually;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use super::Shell;

#[tokio::test]
async fn the_shells_tokens_open_the_interface() {
    let shell = Shell::with_accounts().await;
    shell.pay_in("5.00");
    let made = shell.run(&["token", "create", "lin", "--role", "auditor", "--format", "json"]).went_well().json();
    let mut running = shell.command(&["serve", "--listen", "127.0.0.1:0", "--log", "json"]).spawn().unwrap();
    let mut log = BufReader::new(running.stderr.take().unwrap()).lines();
    let address = log.find_map(|line| {
        let line: Value = serde_json::from_str(&line.unwrap()).unwrap();
        line["fields"]["address"].as_str().map(str::to_owned)
    });
    let url = format!("http://{}/v1/accounts/1002.bank/balance", address.unwrap());
    let request = reqwest::Client::new().get(url).bearer_auth(made["token"].as_str().unwrap());
    let answer: Value = request.send().await.unwrap().json().await.unwrap();
    let shown = shell.run(&["balance", "1002.bank", "--format", "json"]).went_well().json();
    assert_eq!(answer, shown[0]);
    kill(Pid::from_raw(i32::try_from(running.id()).unwrap()), Signal::SIGTERM).unwrap();
    eventually("it has stopped", async || running.try_wait().unwrap().is_some()).await;
    assert!(running.wait().unwrap().success());
}
