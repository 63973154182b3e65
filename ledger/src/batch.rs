//! Group commit: one writer task a book and process turns whatever callers have asked for in the meantime into one
//! turn and one COMMIT.
//!
//! Promises: an answer comes only after COMMIT; each caller gets its own outcomes, in order; one caller's bad request
//! never fails another's; memory is bounded by `QUEUE_REQUESTS_MAX` waiting requests of [`REQUEST_ENTRIES_MAX`]
//! entries each, and callers wait for a place. A failed turn is tried again from the head, with every id looked up,
//! so that an unknown COMMIT is found out and never repeated. When the database stays away, callers get
//! [`Error::Unavailable`] and nothing is half done.

use std::time::Duration;

use deadpool_postgres::Pool;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::decide::Outcome;
use crate::entry::NewEntry;
use crate::error::Error;
use crate::journal::sealing::Sealer;
use crate::journal::state::State;
use crate::journal::turn::{Lookup, turn};

/// The most entries one request may have: one turn's worth.
pub const REQUEST_ENTRIES_MAX: usize = 10_000;
/// Entries after which a turn takes no further request: 8,192 two-leg entries are about 2 MB of COPY.
const TURN_ENTRIES: usize = 8_192;
/// Requests that may wait; past it callers wait for a place.
const QUEUE_REQUESTS_MAX: usize = 4_096;
/// Turns that look ids up first after one turn met a replay: retries come in swarms.
const WARY_TURNS: u32 = 32;
/// Pauses before a failed turn is tried again; after the last, callers are told.
const RETRY_AFTER: [Duration; 3] = [Duration::ZERO, Duration::from_millis(50), Duration::from_millis(400)];

struct Job {
    entries: Vec<NewEntry>,
    answer: oneshot::Sender<Result<Vec<Outcome>, Error>>,
}

/// The way to the writer task; cheap to clone.
#[derive(Clone)]
pub struct Batcher {
    queue: mpsc::Sender<Job>,
}

impl Batcher {
    /// Starts the writer task of a book. It ends when every `Batcher` is dropped and the queue is worked off.
    pub fn start(pool: Pool, node: String) -> (Batcher, JoinHandle<()>) {
        let (queue, jobs) = mpsc::channel(QUEUE_REQUESTS_MAX);
        let sealer = Sealer::start(pool.clone());
        let writer = Writer { pool, node, sealer, state: State::default(), wary_turns: 0 };
        (Batcher { queue }, tokio::spawn(writer.run(jobs)))
    }

    /// Posts a caller's entries; answers one outcome an entry once they are durable.
    pub async fn post(&self, entries: Vec<NewEntry>) -> Result<Vec<Outcome>, Error> {
        let actual = entries.len();
        if actual > REQUEST_ENTRIES_MAX {
            return Err(Error::RequestTooLarge { actual, max: REQUEST_ENTRIES_MAX });
        }
        let (answer, outcomes) = oneshot::channel();
        self.queue.send(Job { entries, answer }).await.map_err(|_| Error::Unavailable)?;
        outcomes.await.map_err(|_| Error::Unavailable)?
    }
}

struct Writer {
    pool: Pool,
    node: String,
    sealer: Sealer,
    state: State,
    wary_turns: u32,
}

impl Writer {
    async fn run(mut self, mut jobs: mpsc::Receiver<Job>) {
        while let Some(first) = jobs.recv().await {
            let batch = gather(first, &mut jobs);
            self.write(batch).await;
        }
    }

    async fn write(&mut self, batch: Vec<Job>) {
        match self.write_with_retries(&batch).await {
            Ok(outcomes) => answer(batch, outcomes),
            Err(error) if error.is_retryable() => refuse(batch, || Error::Unavailable),
            Err(error) if batch.len() == 1 => refuse(batch, || Error::Posting(error.to_string())),
            Err(_) => self.write_one_by_one(batch).await,
        }
    }

    /// The database refused what `decide` let through, which is our mistake: find the request, spare the others.
    async fn write_one_by_one(&mut self, batch: Vec<Job>) {
        for job in batch {
            match self.write_with_retries(std::slice::from_ref(&job)).await {
                Ok(outcomes) => answer(vec![job], outcomes),
                Err(error) if error.is_retryable() => refuse(vec![job], || Error::Unavailable),
                Err(error) => refuse(vec![job], || Error::Posting(error.to_string())),
            }
        }
    }

    async fn write_with_retries(&mut self, batch: &[Job]) -> Result<Vec<Outcome>, Error> {
        let requests: Vec<&[NewEntry]> = batch.iter().map(|job| job.entries.as_slice()).collect();
        let mut lookup = if self.wary_turns > 0 { Lookup::First } else { Lookup::InDoubt };
        self.wary_turns = self.wary_turns.saturating_sub(1);
        let mut last_error = Error::Unavailable;
        for pause in RETRY_AFTER {
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
            match self.turn(&requests, lookup).await {
                Ok(outcomes) => return Ok(outcomes),
                Err(error) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, ?lookup, "a turn failed");
                    self.wary_turns = WARY_TURNS;
                    let seen_with_lookup = lookup == Lookup::First;
                    lookup = Lookup::First;
                    last_error = error;
                    if seen_with_lookup && !last_error.is_retryable() {
                        break;
                    }
                }
            }
        }
        Err(last_error)
    }

    async fn turn(&mut self, requests: &[&[NewEntry]], lookup: Lookup) -> Result<Vec<Outcome>, Error> {
        let mut client = self.pool.get().await?;
        let tx = client.transaction().await?;
        let turn = turn(&tx, &mut self.state, requests, lookup, &self.node).await?;
        tx.commit().await?;
        if let Some(fold) = turn.fold {
            fold.into_state(&mut self.state);
        }
        if turn.opened_segment {
            self.sealer.wake();
        }
        if turn.outcomes.iter().any(|outcome| matches!(outcome, Outcome::Replayed(_))) {
            self.wary_turns = WARY_TURNS;
        }
        Ok(turn.outcomes)
    }
}

/// Takes what is waiting, without waiting for more.
fn gather(first: Job, jobs: &mut mpsc::Receiver<Job>) -> Vec<Job> {
    let mut entries = first.entries.len();
    let mut batch = vec![first];
    while entries < TURN_ENTRIES {
        let Ok(job) = jobs.try_recv() else { break };
        entries += job.entries.len();
        batch.push(job);
    }
    batch
}

fn answer(batch: Vec<Job>, outcomes: Vec<Outcome>) {
    let mut outcomes = outcomes.into_iter();
    for job in batch {
        let own: Vec<Outcome> = outcomes.by_ref().take(job.entries.len()).collect();
        assert_eq!(own.len(), job.entries.len(), "decide answers one outcome an entry");
        // A caller that has gone away does not need its answer: its entries are in the books all the same.
        let _gone = job.answer.send(Ok(own));
    }
}

fn refuse(batch: Vec<Job>, error: impl Fn() -> Error) {
    for job in batch {
        let _gone = job.answer.send(Err(error()));
    }
}
