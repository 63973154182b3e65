//! Without a URL: a private PostgreSQL that runs while a command runs, and a book that stays.

use std::process::{Command, Stdio};

use dianfu_tests::{DataFolder, eventually};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::{Ended, dianfu};

fn run(folder: &DataFolder, arguments: &[&str]) -> Ended {
    let ended = dianfu(arguments).env("DIANFU_DATA", folder.path()).output().unwrap();
    Ended::of(arguments, ended)
}

/// Whether a process of the folder's server lives: each holds the lock.
fn server_lives(folder: &DataFolder) -> bool {
    let lock = folder.path().join("server.lock");
    !Command::new("flock").arg("--nonblock").arg(lock).arg("true").status().unwrap().success()
}

#[test]
fn the_book_stays_from_one_command_to_the_next_and_no_server_is_left() {
    let folder = DataFolder::new();
    run(&folder, &["account", "list"]).says(1, "dianfu book create main");
    run(&folder, &["book", "create", "main"]).went_well();
    let cny = ["--currency", "CNY"];
    run(&folder, &[&["account", "open", "1002", "--name", "Bank", "--type", "asset"], &cny[..]].concat()).went_well();
    run(&folder, &[&["account", "open", "3001", "--name", "Capital", "--type", "equity"], &cny[..]].concat())
        .went_well();
    run(&folder, &[&["post", "--debit", "1002=7.25", "--credit", "3001=7.25"], &cny[..]].concat()).went_well();
    assert!(!server_lives(&folder));
    let balance = run(&folder, &["balance", "1002", "--format", "json"]).went_well().json();
    assert_eq!(balance[0]["balance"], "7.25");
    run(&folder, &["balance", "3009"]).says(1, "there is no account 3009");
    assert!(!server_lives(&folder));
}

#[tokio::test]
async fn an_interrupted_command_takes_its_server_with_it() {
    let folder = DataFolder::new();
    run(&folder, &["book", "create", "main"]).went_well();
    let mut command = dianfu(&["serve", "--listen", "127.0.0.1:0"]);
    let mut running = command.env("DIANFU_DATA", folder.path()).stderr(Stdio::null()).spawn().unwrap();
    eventually("its server runs", async || server_lives(&folder)).await;
    kill(Pid::from_raw(i32::try_from(running.id()).unwrap()), Signal::SIGINT).unwrap();
    eventually("the program has ended", async || running.try_wait().unwrap().is_some()).await;
    assert!(!server_lives(&folder));
}
