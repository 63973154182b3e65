//! What an open book does by itself: its claims move on by time ([`timer::tick`]) and by what others have posted
//! ([`settle_open`]), and insurers that have an endpoint are handed claims and asked about them ([`desk::work`]).
//!
//! Two tasks a book, so that an insurer that is slow keeps no claim waiting. Each round reads what should be true and
//! takes no input but the clock, so that several processes may do the same, and a round that is lost is made up by the
//! next. A round that fails is logged, and the next waits twice as long, up to a minute. A round that takes long makes
//! the next one wait in proportion: looking at claims never takes more than a tenth of the time.

use std::sync::Arc;
use std::time::{Duration, Instant};

use dianfu_claims::ports::desk;
use dianfu_claims::ports::insurer::Port;
use dianfu_claims::{Error, settle_open, timer};
use dianfu_ledger::error::in_full;
use dianfu_ledger::{Ledger, clock};
use jiff::Timestamp;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// Who acts, on record.
const ACTOR: &str = "system:worker";
/// The longest wait after rounds that have failed.
const PAUSE_MAX: Duration = Duration::from_mins(1);
/// Errands of a round: with every call as slow as calls may be, they are done before others may take them.
const ERRANDS_PER_ROUND: i64 = 64;

/// What is done in a round.
pub enum Work {
    /// Time and the ledger move claims on.
    Claims,
    /// Insurers are handed claims and asked about them. A round is broken off at the end: what was asked may be asked
    /// again, and what was heard is on record or is heard again.
    Insurers(Arc<Port>),
}

/// The worker of one book; it ends when it is stopped or dropped.
#[derive(Debug)]
pub struct Worker {
    stop: oneshot::Sender<()>,
    running: JoinHandle<()>,
    may_break_off: bool,
}

impl Worker {
    /// Starts working, for the first time after `every`.
    pub fn start(ledger: Ledger, every: Duration, work: Work) -> Worker {
        let may_break_off = matches!(work, Work::Insurers(_));
        let (stop, stopped) = oneshot::channel();
        Worker { stop, running: tokio::spawn(go_on(ledger, every, work, stopped)), may_break_off }
    }

    /// Finishes the round that is under way, or breaks it off where it may be.
    pub async fn stop(self) {
        drop(self.stop);
        if self.may_break_off {
            self.running.abort();
        }
        match self.running.await {
            Err(error) if !error.is_cancelled() => tracing::error!(%error, "a worker broke off"),
            Ok(()) | Err(_) => {}
        }
    }
}

async fn go_on(ledger: Ledger, every: Duration, work: Work, mut stopped: oneshot::Receiver<()>) {
    let mut pause = every;
    loop {
        tokio::select! {
            _stopped_or_dropped = &mut stopped => return,
            () = tokio::time::sleep(pause) => {}
        }
        let started = Instant::now();
        pause = match work.round(&ledger, clock::now()).await {
            Ok(done) => {
                tracing::debug!(book = %ledger.book(), done, "{}", work.what());
                every.max(started.elapsed() * work.rest_per_round())
            }
            Err(error) => {
                tracing::warn!(book = %ledger.book(), error = in_full(&error), "{}: it failed", work.what());
                every.max(PAUSE_MAX.min(pause * 2))
            }
        };
    }
}

impl Work {
    /// What a round does, for the log.
    fn what(&self) -> &'static str {
        match self {
            Work::Claims => "moving claims on",
            Work::Insurers(_) => "asking insurers",
        }
    }

    /// How much longer than a round the wait behind it is, at least.
    fn rest_per_round(&self) -> u32 {
        match self {
            Work::Claims => 9,
            // Most of it waits for others.
            Work::Insurers(_) => 1,
        }
    }

    /// Does what is to be done now; answers how much it was.
    async fn round(&self, ledger: &Ledger, at: Timestamp) -> Result<usize, Error> {
        match self {
            Work::Claims => {
                let mut client = ledger.client().await?;
                let woken = timer::tick(ledger, &mut client, ACTOR, at).await?;
                let settled = settle_open(ledger, &mut client, (clock::date_of(at), ACTOR), at).await?;
                Ok(woken.len() + settled.len())
            }
            Work::Insurers(port) => Ok(desk::work(ledger, port, at, ERRANDS_PER_ROUND).await?.len()),
        }
    }
}
