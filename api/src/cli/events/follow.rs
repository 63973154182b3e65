//! `dianfu events follow`: every event, to standard output or to a command, from a place or from a cursor.
//!
//! With a cursor each event is dealt with at least once, in order, whatever crashes: the cursor moves when the command
//! has ended well, or when the lines are written. Of two followers with one name one waits for the other.

use std::collections::VecDeque;
use std::io::Write;
use std::sync::Arc;
use std::time::Duration;

use clap::{Args, value_parser};
use dianfu_api::wire::event::EventBody;
use dianfu_ledger::Ledger;
use dianfu_ledger::events::{Claim, CursorFault, Event, Filter, Listener, cursor};
use tokio::time::{interval, sleep};

use super::cursor::no;
use super::{Wanted, exec};
use crate::cli::desk::Desk;
use crate::cli::ending::{Answer, No, note};
use crate::cli::print::stdout;

/// How long a cursor is held without a sign of life, and how often one is given.
const LEASE: Duration = Duration::from_secs(15);
const RENEW_EVERY: Duration = Duration::from_secs(4);
/// The pause before a cursor that somebody else holds is asked for again.
const ASK_AGAIN: Duration = Duration::from_secs(1);
/// Events that are read at a time.
const ROWS: u16 = 200;

/// Write every event as a line of JSON, or run a command for it, until Ctrl-C
///
/// With --cursor, the place is kept in the book: run again, it goes on where it was, and each event is dealt with at
/// least once, in order. Of two that follow with one name, one waits until the other ends.
///
/// With --exec, the command is run for each event, which it finds on its standard input as a line of JSON; its sequence
/// and type are also in `DIANFU_EVENT_SEQUENCE` and `DIANFU_EVENT_TYPE`. When it fails again and again, the cursor
/// stops at that event, with what the command said, and this ends with exit code 1: see `dianfu events cursor show`,
/// mend what is wrong and start again, or pass over the event with `dianfu events cursor skip`.
#[derive(Args)]
#[command(after_help = "\
Examples:
  dianfu events follow
  dianfu events follow --after 1000 --type hold.expired
  dianfu events follow --cursor warehouse --exec ./send-to-warehouse
  dianfu events follow --cursor mail --exec 'jq -r .entry.reference | ./mail' --until-head")]
pub struct Follow {
    /// Begin behind this sequence; with a cursor, only when there is none of this name yet
    #[arg(long, value_name = "SEQUENCE", default_value_t = 0)]
    after: i64,
    /// Go on where the cursor of this name is, and move it
    #[arg(long, value_name = "NAME")]
    cursor: Option<String>,
    /// Run this for each event, by `sh -c`
    #[arg(long, value_name = "COMMAND")]
    exec: Option<String>,
    /// Hand this many events to one run of the command; if it fails, they are handed over one by one
    #[arg(long, value_name = "EVENTS", default_value_t = 1, requires = "exec",
        value_parser = value_parser!(u16).range(1..=1000))]
    batch: u16,
    /// How often a command that fails is run again before the cursor stops
    #[arg(long, value_name = "TIMES", default_value_t = 3, requires = "exec")]
    retries: u32,
    /// End when there is no event left
    #[arg(long)]
    until_head: bool,
    #[command(flatten)]
    wanted: Wanted,
}

impl Follow {
    pub async fn run(&self, desk: &Desk) -> anyhow::Result<Answer> {
        let ledger = tokio::select! {
            ledger = desk.ledger() => ledger?,
            () = desk.interrupts().happened() => return Ok(Answer::Interrupted),
        };
        let claim = tokio::select! {
            claim = self.claim(ledger) => claim?,
            () = desk.interrupts().happened() => return Ok(Answer::Interrupted),
        };
        let next = claim.as_ref().map_or(self.after.max(0), |claim| claim.position);
        let (listener, filter) = (ledger.tail().listen(), self.wanted.filter());
        let mut following = Following { follow: self, ledger, listener, filter, claim, next };
        let ended = tokio::select! {
            ended = following.work() => ended,
            () = desk.interrupts().happened() => Ok(Answer::Interrupted),
        };
        if let Some(claim) = &following.claim {
            let released = async { cursor::release(&*ledger.client().await?, claim).await };
            // Whoever comes next waits a little longer, no more.
            let _released = released.await;
        }
        ended
    }

    /// Takes the cursor, if one is named; waits for whoever holds it.
    async fn claim(&self, ledger: &Ledger) -> anyhow::Result<Option<Claim>> {
        let Some(name) = &self.cursor else { return Ok(None) };
        let mut client = ledger.client().await?;
        let holder = format!("{} {}", Desk::actor(), std::process::id());
        let mut has_waited = false;
        if matches!(cursor::find(&**client, name).await, Err(CursorFault::Unknown(_))) {
            cursor::create(&mut client, name, self.after, &Desk::actor()).await.map_err(no)?;
        }
        loop {
            match cursor::take(&client, name, &holder, LEASE).await {
                Ok(claim) => return Ok(Some(claim)),
                Err(fault @ CursorFault::Held { .. }) => {
                    if !std::mem::replace(&mut has_waited, true) {
                        note(&format!("{fault}; waiting"));
                    }
                    sleep(ASK_AGAIN).await;
                }
                Err(fault) => return Err(no(fault)),
            }
        }
    }
}

struct Following<'a> {
    follow: &'a Follow,
    ledger: &'a Ledger,
    listener: Listener,
    filter: Filter,
    claim: Option<Claim>,
    /// All up to this sequence was dealt with.
    next: i64,
}

impl Following<'_> {
    async fn work(&mut self) -> anyhow::Result<Answer> {
        loop {
            let page = self.listener.page(self.next, ROWS, &self.filter).await?;
            if page.next > self.next {
                self.deal_with(page.events.into()).await?;
                self.advance(page.next).await?;
            } else if self.follow.until_head {
                return Ok(Answer::Yes);
            } else {
                self.wait().await?;
            }
        }
    }

    /// Waits for more, and holds the cursor meanwhile.
    async fn wait(&mut self) -> anyhow::Result<()> {
        let waiting = self.listener.beyond(self.next);
        let claim = self.claim.clone();
        tokio::select! {
            _more = waiting => Ok(()),
            lost = hold(self.ledger, claim.as_ref()) => Err(lost),
        }
    }

    async fn advance(&mut self, to: i64) -> anyhow::Result<()> {
        if let Some(claim) = self.claim.as_ref().filter(|claim| claim.position < to) {
            let client = self.ledger.client().await?;
            let moved = cursor::advance(&client, claim, to, Some(LEASE)).await.map_err(no)?;
            self.claim = Some(moved);
        }
        self.next = to;
        Ok(())
    }

    /// Deals with events in order, and moves the cursor over those that a command has dealt with.
    async fn deal_with(&mut self, mut events: VecDeque<Arc<Event>>) -> anyhow::Result<()> {
        let Some(command) = &self.follow.exec else { return write(events.iter()) };
        let mut size = usize::from(self.follow.batch);
        while !events.is_empty() {
            let some: Vec<Arc<Event>> = events.iter().take(size).cloned().collect();
            let claim = self.claim.clone();
            let ended = tokio::select! {
                ended = self.try_again(command, &some) => ended?,
                lost = hold(self.ledger, claim.as_ref()) => return Err(lost),
            };
            let (first, last) = (some[0].sequence(), some[some.len() - 1].sequence());
            match ended {
                Ok(()) => {
                    events.drain(..some.len());
                    self.advance(last).await?;
                    size = usize::from(self.follow.batch);
                }
                // One of them cannot be dealt with; who runs them one by one finds out which.
                Err(_) if some.len() > 1 => size = 1,
                Err(error) => return Err(self.stop(first, &error).await?.into()),
            }
        }
        Ok(())
    }

    /// Runs the command, several times if it fails on one event.
    async fn try_again(&self, command: &str, events: &[Arc<Event>]) -> anyhow::Result<Result<(), String>> {
        let mut lines = Vec::new();
        for event in events {
            append(&mut lines, event)?;
        }
        let retries = if events.len() == 1 { self.follow.retries } else { 0 };
        let mut ended = exec::run(command, &events[0], &lines).await?;
        for retry in 0..retries {
            let Err(error) = &ended else { break };
            self.put_on_record(events[0].sequence(), error).await?;
            sleep(Duration::from_millis(100 << retry.min(6))).await;
            ended = exec::run(command, &events[0], &lines).await?;
        }
        Ok(ended)
    }

    async fn put_on_record(&self, sequence: i64, error: &str) -> anyhow::Result<i32> {
        let Some(claim) = &self.claim else { return Ok(0) };
        let client = self.ledger.client().await?;
        cursor::fail(&client, claim, sequence, error).await.map_err(no)
    }

    async fn stop(&self, sequence: i64, error: &str) -> anyhow::Result<No> {
        let no = No::new(format!("event {sequence} could not be dealt with: {error}"));
        let Some(Claim { name, .. }) = &self.claim else { return Ok(no) };
        let count = self.put_on_record(sequence, error).await?;
        let next = format!(
            "cursor '{name}' stops there, after {count} failures: mend what is wrong and start again, or pass over it \
             with `dianfu events cursor skip {name} --reason TEXT`"
        );
        Ok(no.next(next))
    }
}

/// Holds a cursor for ever; ends when it is lost.
async fn hold(ledger: &Ledger, claim: Option<&Claim>) -> anyhow::Error {
    let Some(claim) = claim else { return std::future::pending().await };
    let mut ticks = interval(RENEW_EVERY);
    loop {
        ticks.tick().await;
        let renewed = async { cursor::renew(&*ledger.client().await?, claim, LEASE).await };
        if let Err(fault) = renewed.await {
            return no(fault);
        }
    }
}

fn write<'a>(events: impl Iterator<Item = &'a Arc<Event>>) -> anyhow::Result<()> {
    let mut lines = Vec::new();
    for event in events {
        append(&mut lines, event)?;
    }
    let mut out = stdout();
    out.write_all(&lines)?;
    Ok(out.flush()?)
}

fn append(lines: &mut Vec<u8>, event: &Event) -> anyhow::Result<()> {
    serde_json::to_writer(&mut *lines, &EventBody::try_from(event)?)?;
    lines.push(b'\n');
    Ok(())
}
