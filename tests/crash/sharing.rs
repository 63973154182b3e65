//! Several programs on one data folder: one server, started by the first and stopped by the last, whoever is killed.

use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, Stdio};

use dianfu_tests::{DataFolder, eventually};
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;

use crate::cluster::{kill_9, open};

/// Another program on the same folder, in a process group of its own.
struct Program {
    child: Child,
}

impl Program {
    fn start(folder: &Path) -> Self {
        let child = Command::new(env!("CARGO_BIN_EXE_hold-cluster"))
            .arg(folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .process_group(0)
            .spawn()
            .unwrap();
        Self { child }
    }

    /// Waits until it has its server, and gives the server's process number.
    fn server_pid(&mut self) -> i32 {
        let mut line = String::new();
        BufReader::new(self.child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        line.trim().parse().unwrap()
    }

    /// Lets it end of itself.
    fn finish(mut self) {
        drop(self.child.stdin.take());
        assert!(self.child.wait().unwrap().success());
    }

    fn kill(mut self, signal: Signal) {
        killpg(Pid::from_raw(self.child.id().cast_signed()), signal).unwrap();
        assert!(!self.child.wait().unwrap().success());
    }
}

fn server_lives(folder: &Path) -> bool {
    folder.join("postgres/postmaster.pid").exists()
}

#[tokio::test]
async fn two_handles_share_a_server_and_the_last_stops_it() {
    let folder = DataFolder::new();
    let (first, first_pid) = open(folder.path()).await;
    let (second, second_pid) = open(folder.path()).await;
    assert_eq!(first_pid, second_pid);
    first.close().await.unwrap();
    first.close().await.unwrap();
    second.connect_owner().await.unwrap();
    second.close().await.unwrap();
    assert!(!server_lives(folder.path()));
}

#[test]
fn two_programs_open_a_fresh_folder_at_once() {
    let folder = DataFolder::new();
    let (mut first, mut second) = (Program::start(folder.path()), Program::start(folder.path()));
    assert_eq!(first.server_pid(), second.server_pid());
    first.finish();
    assert!(server_lives(folder.path()));
    second.finish();
    assert!(!server_lives(folder.path()));
}

#[tokio::test]
async fn the_server_of_a_killed_program_is_taken_over() {
    let folder = DataFolder::new();
    let mut program = Program::start(folder.path());
    let pid = program.server_pid();
    program.kill(Signal::SIGKILL);

    let (database, same_pid) = open(folder.path()).await;
    assert_eq!(pid, same_pid);
    database.connect_owner().await.unwrap();
    database.close().await.unwrap();
    assert!(!server_lives(folder.path()));
}

#[tokio::test]
async fn an_interrupt_from_the_terminal_is_not_for_the_server() {
    let folder = DataFolder::new();
    let mut program = Program::start(folder.path());
    let pid = program.server_pid();
    program.kill(Signal::SIGINT);
    let (database, same_pid) = open(folder.path()).await;
    assert_eq!(pid, same_pid);
    database.connect_owner().await.unwrap();
}

#[tokio::test]
async fn a_program_and_its_server_killed_together_come_back() {
    let folder = DataFolder::new();
    let mut program = Program::start(folder.path());
    let pid = program.server_pid();
    kill_9(pid).await;
    program.kill(Signal::SIGKILL);
    let (database, new_pid) = open(folder.path()).await;
    assert_ne!(pid, new_pid);
    database.connect_owner().await.unwrap();
}

#[tokio::test]
async fn a_program_killed_while_it_makes_the_folder_leaves_nothing_half_done() {
    let folder = DataFolder::new();
    let unfinished = folder.path().join("postgres.new");
    let program = Program::start(folder.path());
    eventually("the folder is being made", async || unfinished.join("PG_VERSION").exists()).await;
    program.kill(Signal::SIGKILL);
    assert!(unfinished.exists());

    let (database, _) = open(folder.path()).await;
    database.connect_owner().await.unwrap();
    assert!(!unfinished.exists());
}

#[tokio::test]
async fn a_program_killed_while_the_server_starts_is_followed_by_the_next() {
    let folder = DataFolder::new();
    let program = Program::start(folder.path());
    eventually("the server starts", async || server_lives(folder.path())).await;
    program.kill(Signal::SIGKILL);
    let (database, _) = open(folder.path()).await;
    database.connect_owner().await.unwrap();
    database.close().await.unwrap();
    assert!(!server_lives(folder.path()));
}
