//! What moves the claims of an open book on by itself: time ([`timer::tick`]), and what others have posted
//! ([`settle_open`]).
//!
//! One task a book. Each round reads what should be true and takes no input but the clock, so that several processes
//! may do the same, and a round that is lost is made up by the next. A round that fails is logged, and the next waits
//! twice as long, up to a minute. A round that takes long makes the next one wait in proportion: this never takes more
//! than a tenth of the time.

use std::time::{Duration, Instant};

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
/// How much longer than a round the wait behind it is, at least.
const REST_PER_ROUND: u32 = 9;

/// The worker of one book; it ends when it is stopped or dropped.
#[derive(Debug)]
pub struct Worker {
    stop: oneshot::Sender<()>,
    running: JoinHandle<()>,
}

impl Worker {
    /// Starts working, for the first time after `every`.
    pub fn start(ledger: Ledger, every: Duration) -> Worker {
        let (stop, stopped) = oneshot::channel();
        Worker { stop, running: tokio::spawn(work(ledger, every, stopped)) }
    }

    /// Finishes the round that is under way.
    pub async fn stop(self) {
        drop(self.stop);
        if let Err(error) = self.running.await {
            tracing::error!(%error, "a worker broke off");
        }
    }
}

async fn work(ledger: Ledger, every: Duration, mut stopped: oneshot::Receiver<()>) {
    let mut pause = every;
    loop {
        tokio::select! {
            _stopped_or_dropped = &mut stopped => return,
            () = tokio::time::sleep(pause) => {}
        }
        let started = Instant::now();
        pause = match round(&ledger, clock::now()).await {
            Ok(moved) => {
                tracing::debug!(book = %ledger.book(), moved, "claims moved on by themselves");
                every.max(started.elapsed() * REST_PER_ROUND)
            }
            Err(error) => {
                tracing::warn!(book = %ledger.book(), error = in_full(&error), "claims do not move on by themselves");
                every.max(PAUSE_MAX.min(pause * 2))
            }
        };
    }
}

/// Moves on what time and the ledger move on; answers how often.
async fn round(ledger: &Ledger, at: Timestamp) -> Result<usize, Error> {
    let mut client = ledger.client().await?;
    let woken = timer::tick(ledger, &mut client, ACTOR, at).await?;
    let settled = settle_open(ledger, &mut client, (clock::date_of(at), ACTOR), at).await?;
    Ok(woken.len() + settled.len())
}
