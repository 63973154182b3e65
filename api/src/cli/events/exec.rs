//! The command that deals with events: one run an event, which it finds on its standard input as a line of JSON.

use std::process::Stdio;

use anyhow::Context;
use dianfu_ledger::events::Event;
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// Bytes that are kept of what a command says about its failure.
const SAID_MAX: usize = 1_000;

/// Runs the command on lines of events; why it failed, if it did.
pub async fn run(command: &str, first: &Event, lines: &[u8]) -> anyhow::Result<Result<(), String>> {
    let mut running = Command::new("sh")
        .args(["-c", command])
        .env("DIANFU_EVENT_SEQUENCE", first.sequence().to_string())
        .env("DIANFU_EVENT_TYPE", first.event_type().word())
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .context("cannot start sh")?;
    let mut input = running.stdin.take().expect("its input is piped");
    let feed = async {
        // A command that does not read its input may be done with it all the same.
        let _unread = input.write_all(lines).await;
        drop(input);
    };
    let ((), ended) = tokio::join!(feed, running.wait_with_output());
    let ended = ended.context("cannot wait for the command")?;
    if ended.status.success() {
        return Ok(Ok(()));
    }
    let said = String::from_utf8_lossy(&ended.stderr);
    let said = said.trim();
    let from = said.ceil_char_boundary(said.len().saturating_sub(SAID_MAX));
    Ok(Err(format!("{}: {}", ended.status, &said[from..])))
}
