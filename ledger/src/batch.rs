//! Group commit: one writer task a book and process turns whatever callers have asked for in the meantime into one
//! turn and one COMMIT.
//!
//! Promises: an answer comes only after COMMIT; each caller gets its own outcomes, in order; one caller's bad request
//! never fails another's; memory is bounded by `QUEUE_BYTES_MAX`, past which callers wait for a place. A failed turn is
//! tried again from the head, with every id looked up, so that an unknown COMMIT is found out and never repeated; if it
//! cannot be found out, or the database stays away, callers get [`Error::Unavailable`]: nothing is half done, and the
//! same ids may be sent again.
//!
//! The writer has a session of its own, which no reader can hold up, and what it knows of the accounts lives as long as
//! that session: a server that was put back to an earlier time has ended it. A writer that panics starts anew.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{Client, Pool};
use futures_util::FutureExt;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::decide::Outcome;
use crate::entry::NewEntry;
use crate::error::Error;
use crate::journal::sealing::Sealer;
use crate::journal::state::State;
use crate::journal::turn::{Lookup, turn};
use crate::refusal::{Door, Recorder, Refusal};

/// The most entries one request may have: one turn's worth.
pub const REQUEST_ENTRIES_MAX: usize = 10_000;
/// The most bytes one request may have, by [`NewEntry::size`].
pub const REQUEST_BYTES_MAX: usize = 32 << 20;
/// Entries after which a turn takes no further request: 8,192 two-leg entries are about 4 MB.
const TURN_ENTRIES: usize = 8_192;
/// Bytes after which a turn takes no further request.
const TURN_BYTES: usize = 8 << 20;
/// Requests that may wait.
const QUEUE_REQUESTS_MAX: usize = 4_096;
/// Bytes that may wait or be on their way; a request waits for its share.
const QUEUE_BYTES_MAX: usize = 64 << 20;
/// Bytes that are counted as one.
const BYTES_A_PERMIT: usize = 1 << 10;
/// Turns that look ids up first after one turn met a replay: retries come in swarms.
const WARY_TURNS: u32 = 32;
/// Pauses before a failed turn is tried again; after the last, callers are told.
const RETRY_AFTER: [Duration; 3] = [Duration::ZERO, Duration::from_millis(50), Duration::from_millis(400)];

struct Job {
    entries: Vec<NewEntry>,
    answer: oneshot::Sender<Result<Vec<Outcome>, Error>>,
    bytes: usize,
    _share: OwnedSemaphorePermit,
}

/// Refuses a request that is larger than one turn takes; answers its size in bytes.
pub fn size(entries: &[NewEntry]) -> Result<usize, Error> {
    let bytes = entries.iter().map(NewEntry::size).sum();
    for (unit, actual, max) in [("entries", entries.len(), REQUEST_ENTRIES_MAX), ("bytes", bytes, REQUEST_BYTES_MAX)] {
        if actual > max {
            return Err(Error::RequestTooLarge { unit, actual, max });
        }
    }
    Ok(bytes)
}

/// The way to the writer task; cheap to clone.
#[derive(Clone)]
pub struct Batcher {
    queue: mpsc::Sender<Job>,
    room: Arc<Semaphore>,
    stop: Arc<Notify>,
}

impl Batcher {
    /// Starts the writer task of a book, and what seals segments behind it, on sessions of `pool`, two at most. What
    /// the rules refuse goes to `refusals`.
    pub fn start(pool: Pool, node: String, refusals: Recorder) -> (Batcher, JoinHandle<()>) {
        let (queue, jobs) = mpsc::channel(QUEUE_REQUESTS_MAX);
        let room = Arc::new(Semaphore::new(QUEUE_BYTES_MAX / BYTES_A_PERMIT));
        let stop = Arc::new(Notify::new());
        let writer = tokio::spawn(write_for_ever(pool, node, refusals, jobs, stop.clone()));
        (Batcher { queue, room, stop }, writer)
    }

    /// Posts a caller's entries; answers one outcome an entry once they are durable.
    pub async fn post(&self, entries: Vec<NewEntry>) -> Result<Vec<Outcome>, Error> {
        let bytes = size(&entries)?;
        let permits = u32::try_from(bytes.div_ceil(BYTES_A_PERMIT)).expect("REQUEST_BYTES_MAX fits in 32 bits");
        let share = self.room.clone().acquire_many_owned(permits).await.expect("the semaphore is never closed");
        let (answer, outcomes) = oneshot::channel();
        let job = Job { entries, answer, bytes, _share: share };
        self.queue.send(job).await.map_err(|_| Error::Unavailable)?;
        outcomes.await.map_err(|_| Error::Unavailable)?
    }

    /// Takes no further request; the writer task ends when it has worked off those that wait.
    pub fn stop(&self) {
        self.stop.notify_one();
    }
}

/// Ends when it is stopped, or when every [`Batcher`] is gone, and the queue is worked off.
async fn write_for_ever(
    pool: Pool,
    node: String,
    refusals: Recorder,
    mut jobs: mpsc::Receiver<Job>,
    stop: Arc<Notify>,
) {
    let holds_due = Arc::new(Notify::new());
    let sealer = Sealer::start(pool.clone(), holds_due.clone());
    loop {
        let writer = Writer {
            pool: &pool,
            node: &node,
            sealer: &sealer,
            refusals: &refusals,
            session: None,
            state: State::default(),
            wary_turns: 0,
        };
        if AssertUnwindSafe(writer.run(&mut jobs, &stop, &holds_due)).catch_unwind().await.is_ok() {
            return;
        }
        tracing::error!("the writer panicked; its callers are told to ask again, and it starts anew");
    }
}

struct Writer<'a> {
    pool: &'a Pool,
    node: &'a str,
    sealer: &'a Sealer,
    refusals: &'a Recorder,
    session: Option<Client>,
    state: State,
    wary_turns: u32,
}

/// A turn that failed.
struct Failed {
    error: Error,
    /// Whether it may be in the books all the same: COMMIT was on its way.
    in_doubt: bool,
}

impl From<Error> for Failed {
    fn from(error: Error) -> Failed {
        Failed { error, in_doubt: false }
    }
}

impl Writer<'_> {
    async fn run(mut self, jobs: &mut mpsc::Receiver<Job>, stop: &Notify, holds_due: &Notify) {
        loop {
            let first = tokio::select! {
                biased;
                () = stop.notified() => {
                    jobs.close();
                    continue;
                }
                first = jobs.recv() => first,
                () = holds_due.notified() => {
                    self.write(Vec::new()).await;
                    continue;
                }
            };
            let Some(first) = first else { return };
            let batch = gather(first, jobs);
            self.write(batch).await;
        }
    }

    async fn write(&mut self, batch: Vec<Job>) {
        match self.write_with_retries(&batch).await {
            Ok(outcomes) => answer(batch, outcomes, self.refusals),
            Err(failed) if failed.in_doubt || failed.error.is_retryable() => refuse(batch, || Error::Unavailable),
            Err(failed) if batch.len() == 1 => refuse(batch, || Error::Posting(failed.error.in_full())),
            Err(_) => self.write_one_by_one(batch).await,
        }
    }

    /// The database refused what `decide` let through, which is our mistake: find the request, spare the others.
    async fn write_one_by_one(&mut self, batch: Vec<Job>) {
        for job in batch {
            match self.write_with_retries(std::slice::from_ref(&job)).await {
                Ok(outcomes) => answer(vec![job], outcomes, self.refusals),
                Err(failed) if failed.in_doubt || failed.error.is_retryable() => {
                    refuse(vec![job], || Error::Unavailable);
                }
                Err(failed) => refuse(vec![job], || Error::Posting(failed.error.in_full())),
            }
        }
    }

    async fn write_with_retries(&mut self, batch: &[Job]) -> Result<Vec<Outcome>, Failed> {
        let requests: Vec<&[NewEntry]> = batch.iter().map(|job| job.entries.as_slice()).collect();
        let mut lookup = if self.wary_turns > 0 { Lookup::First } else { Lookup::InDoubt };
        self.wary_turns = self.wary_turns.saturating_sub(1);
        let mut last = Failed { error: Error::Unavailable, in_doubt: false };
        for pause in RETRY_AFTER {
            if !pause.is_zero() {
                tokio::time::sleep(pause).await;
            }
            match self.turn(&requests, lookup).await {
                Ok(outcomes) => return Ok(outcomes),
                Err(Failed { error, in_doubt }) => {
                    tracing::warn!(error = &error as &dyn std::error::Error, ?lookup, in_doubt, "a turn failed");
                    self.wary_turns = WARY_TURNS;
                    let seen_with_lookup = lookup == Lookup::First;
                    lookup = Lookup::First;
                    // Doubt stays until a turn has looked and committed.
                    last = Failed { error, in_doubt: in_doubt || last.in_doubt };
                    if seen_with_lookup && !last.error.is_retryable() {
                        break;
                    }
                }
            }
        }
        Err(last)
    }

    async fn turn(&mut self, requests: &[&[NewEntry]], lookup: Lookup) -> Result<Vec<Outcome>, Failed> {
        let mut session = self.session().await?;
        let tx = session.transaction().await.map_err(Error::from)?;
        let turn = turn(&tx, &mut self.state, requests, lookup, self.node).await?;
        tx.commit().await.map_err(|error| Failed { error: error.into(), in_doubt: true })?;
        self.session = Some(session);
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

    /// The session of the last turn; after a turn that failed, another one and no knowledge.
    async fn session(&mut self) -> Result<Client, Error> {
        match self.session.take() {
            Some(session) if !session.is_closed() => Ok(session),
            Some(_) | None => {
                self.state = State::default();
                Ok(self.pool.get().await?)
            }
        }
    }
}

/// Takes what is waiting, without waiting for more.
fn gather(first: Job, jobs: &mut mpsc::Receiver<Job>) -> Vec<Job> {
    let (mut entries, mut bytes) = (first.entries.len(), first.bytes);
    let mut batch = vec![first];
    while entries < TURN_ENTRIES && bytes < TURN_BYTES {
        let Ok(job) = jobs.try_recv() else { break };
        entries += job.entries.len();
        bytes += job.bytes;
        batch.push(job);
    }
    batch
}

fn answer(batch: Vec<Job>, outcomes: Vec<Outcome>, refusals: &Recorder) {
    let mut outcomes = outcomes.into_iter();
    for job in batch {
        let own: Vec<Outcome> = outcomes.by_ref().take(job.entries.len()).collect();
        assert_eq!(own.len(), job.entries.len(), "decide answers one outcome an entry");
        // Before the answer: who reads the refusals behind it finds them.
        put_on_record(job.entries, &own, refusals);
        // A caller that has gone away does not need its answer: its entries are in the books all the same.
        let _gone = job.answer.send(Ok(own));
    }
}

fn put_on_record(entries: Vec<NewEntry>, outcomes: &[Outcome], refusals: &Recorder) {
    for (entry, outcome) in entries.into_iter().zip(outcomes) {
        if let Outcome::Rejected(rejection) = outcome {
            refusals.offer(Refusal::of_entry(Door::Post, entry, rejection));
        }
    }
}

fn refuse(batch: Vec<Job>, error: impl Fn() -> Error) {
    for job in batch {
        let _gone = job.answer.send(Err(error()));
    }
}
