//! Group commit: one writer task a book and process turns whatever callers have asked for in the meantime into one
//! turn and one COMMIT; when much is waiting, two turns overlap ([`crate::journal::relay`]).
//!
//! Promises: an answer comes only after COMMIT; each caller gets its own outcomes, in order; one caller's bad request
//! never fails another's; memory is bounded by `QUEUE_BYTES_MAX`, past which callers wait for a place. A failed turn is
//! tried again from the head, with every id looked up, so that an unknown COMMIT is found out and never repeated; if it
//! cannot be found out, or the database stays away, callers get [`Error::Unavailable`]: nothing is half done, and the
//! same ids may be sent again.
//!
//! The writer has sessions of its own, which no reader can hold up, and what it knows of the accounts lives as long as
//! they do: a server that was put back to an earlier time has ended them. A turn that panics takes nothing with it: its
//! callers are told to ask again.

mod writer;

use std::sync::Arc;

use deadpool_postgres::Pool;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::decide::Outcome;
use crate::entry::NewEntry;
use crate::error::Error;
use crate::refusal::{Door, Recorder, Refusal};

pub use self::writer::TURNS_AT_ONCE;

/// The most entries one request may have: one turn's worth.
pub const REQUEST_ENTRIES_MAX: usize = 10_000;
/// The most bytes one request may have, by [`NewEntry::size`].
pub const REQUEST_BYTES_MAX: usize = 32 << 20;
/// Requests that may wait.
const QUEUE_REQUESTS_MAX: usize = 4_096;
/// Bytes that may wait or be on their way; a request waits for its share.
const QUEUE_BYTES_MAX: usize = 64 << 20;
/// Bytes that are counted as one.
const BYTES_A_PERMIT: usize = 1 << 10;
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
    /// Starts the writer task of a book, and what seals segments behind it, on sessions of `pool`, one more than
    /// [`TURNS_AT_ONCE`]. What the rules refuse goes to `refusals`.
    pub fn start(pool: Pool, node: Arc<str>, refusals: Recorder) -> (Batcher, JoinHandle<()>) {
        let (queue, jobs) = mpsc::channel(QUEUE_REQUESTS_MAX);
        let room = Arc::new(Semaphore::new(QUEUE_BYTES_MAX / BYTES_A_PERMIT));
        let stop = Arc::new(Notify::new());
        let writer = tokio::spawn(writer::write_for_ever(pool, node, refusals, jobs, stop.clone()));
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
