//! Group commit: one writer task a book and process turns whatever callers have asked for in the meantime into one
//! turn and one COMMIT; when much is waiting, turns overlap ([`crate::journal::relay`]).
//!
//! Promises: an answer comes only after COMMIT; each caller gets its own outcomes, in order; one caller's bad request
//! never fails another's; memory is bounded by `QUEUE_BYTES_MAX` and `QUEUE_REQUESTS_MAX`. A failed turn is tried
//! again from the head, by what the database has, so that an unknown COMMIT is found out and never repeated; if it
//! cannot be found out, or the database stays away, callers get [`Error::Unavailable`]: nothing is half done, and the
//! same ids may be sent again.
//!
//! Where there is no room, a caller waits for some or is refused with [`Error::Busy`], as it has chosen ([`WhenFull`]).
//! In the order of precedence: a request that is too large for any turn ([`Error::RequestTooLarge`]); the queue is
//! full, or a request would wait in it for more than `WAIT_MAX` ([`Error::Busy`]), of which nothing is looked at; the
//! database is away ([`Error::Unavailable`]); the outcomes. A queue that is empty refuses nobody.
//!
//! The writer has sessions of its own, which no reader can hold up, and what it knows of the accounts lives as long as
//! they do: a server that was put back to an earlier time has ended them. A turn that panics takes nothing with it: its
//! callers are told to ask again.

mod pen;
mod pressure;
mod writer;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use deadpool_postgres::Pool;
use tokio::sync::mpsc::error::TrySendError;
use tokio::sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc, oneshot};
use tokio::task::JoinHandle;

use crate::decide::Outcome;
use crate::entry::NewEntry;
use crate::error::Error;
use crate::refusal::{Door, Recorder, Refusal};

use self::pressure::Pressure;

pub use crate::journal::relay::TURNS_AT_ONCE;

/// The most entries one request may have: one turn's worth.
pub const REQUEST_ENTRIES_MAX: usize = 10_000;
/// The most bytes one request may have, by [`NewEntry::size`].
pub const REQUEST_BYTES_MAX: usize = 32 << 20;
/// Requests that may wait.
const QUEUE_REQUESTS_MAX: usize = 4_096;
/// Bytes that may wait or be on their way: sixteen turns of two-leg entries, or two of the largest requests.
const QUEUE_BYTES_MAX: usize = 64 << 20;
/// Bytes that are counted as one.
const BYTES_A_PERMIT: usize = 1 << 10;
/// How long a request may wait for its turn, by the estimate of [`pressure`], before the next is refused. A healthy
/// turn takes some ten milliseconds and a server that writes all it has to disk a second or so; a person at a screen
/// and a program with a time limit of its own wait for two, and then would rather know.
const WAIT_MAX: Duration = Duration::from_secs(2);
/// The longest time after which somebody who was refused is told to come again: whatever stalls may be over at once.
const RETRY_AFTER_MAX: Duration = Duration::from_secs(30);

/// What becomes of a request for which there is no room in the queue.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub enum WhenFull {
    /// It waits: for streams, imports and whoever else is slowed down by waiting.
    #[default]
    Wait,
    /// It is refused with [`Error::Busy`]: for callers of whom there may be any number.
    Refuse,
}

type Answer = oneshot::Sender<Result<Vec<Outcome>, Error>>;

struct Job {
    entries: Vec<NewEntry>,
    answer: Answer,
    bytes: usize,
    share: Share,
}

/// A request's share of the queue, until it is answered or given up.
struct Share {
    queue: Arc<Mutex<Pressure>>,
    bytes: usize,
    _room: OwnedSemaphorePermit,
}

impl Share {
    fn take(queue: &Arc<Mutex<Pressure>>, bytes: usize, room: OwnedSemaphorePermit) -> Share {
        lock(queue).come(bytes, Instant::now());
        Share { queue: queue.clone(), bytes, _room: room }
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        lock(&self.queue).gone(self.bytes);
    }
}

fn lock(queue: &Mutex<Pressure>) -> MutexGuard<'_, Pressure> {
    queue.lock().unwrap_or_else(PoisonError::into_inner)
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
    pressure: Arc<Mutex<Pressure>>,
    when_full: WhenFull,
    stop: Arc<Notify>,
}

impl Batcher {
    /// Starts the writer task of a book, and what seals segments behind it, on sessions of `pool`, two more than
    /// [`TURNS_AT_ONCE`]. What the rules refuse goes to `refusals`.
    pub fn start(pool: Pool, node: Arc<str>, refusals: Recorder) -> (Batcher, JoinHandle<()>) {
        let (queue, jobs) = mpsc::channel(QUEUE_REQUESTS_MAX);
        let room = Arc::new(Semaphore::new(QUEUE_BYTES_MAX / BYTES_A_PERMIT));
        let stop = Arc::new(Notify::new());
        let writer = tokio::spawn(writer::write_for_ever(pool, node, refusals, jobs, stop.clone()));
        (Batcher { queue, room, pressure: Arc::default(), when_full: WhenFull::default(), stop }, writer)
    }

    /// The same queue, for callers who have chosen.
    #[must_use]
    pub fn when_full(&self, when_full: WhenFull) -> Batcher {
        Batcher { when_full, ..self.clone() }
    }

    /// Posts a caller's entries; answers one outcome an entry once they are durable.
    pub async fn post(&self, entries: Vec<NewEntry>) -> Result<Vec<Outcome>, Error> {
        let bytes = size(&entries)?;
        let permits = u32::try_from(bytes.div_ceil(BYTES_A_PERMIT)).expect("REQUEST_BYTES_MAX fits in 32 bits");
        let (room, place) = match self.when_full {
            WhenFull::Wait => {
                let room = self.room.clone().acquire_many_owned(permits).await.expect("it is never closed");
                (room, self.queue.reserve().await.map_err(|_| Error::Unavailable)?)
            }
            WhenFull::Refuse => {
                self.refuse_long_wait()?;
                let room = self.room.clone().try_acquire_many_owned(permits).map_err(|_| self.busy())?;
                (room, self.queue.try_reserve().map_err(|error| self.no_place(error))?)
            }
        };
        let (answer, outcomes) = oneshot::channel();
        place.send(Job { entries, answer, bytes, share: Share::take(&self.pressure, bytes, room) });
        outcomes.await.map_err(|_| Error::Unavailable)?
    }

    fn refuse_long_wait(&self) -> Result<(), Error> {
        if lock(&self.pressure).wait(Instant::now()) > WAIT_MAX { Err(self.busy()) } else { Ok(()) }
    }

    fn no_place(&self, error: TrySendError<()>) -> Error {
        match error {
            TrySendError::Full(()) => self.busy(),
            TrySendError::Closed(()) => Error::Unavailable,
        }
    }

    fn busy(&self) -> Error {
        Error::Busy { retry_after: lock(&self.pressure).wait(Instant::now()).min(RETRY_AFTER_MAX) }
    }

    /// Takes no further request; the writer task ends when it has worked off those that wait.
    pub fn stop(&self) {
        self.stop.notify_one();
    }
}

/// Ends the turn of a batch: nothing of it waits any more when the first is answered.
fn end_turn(batch: Vec<Job>) -> impl Iterator<Item = (Vec<NewEntry>, Answer)> {
    if let Some(job) = batch.first() {
        lock(&job.share.queue).turn_ended(Instant::now());
    }
    let without_share = |Job { entries, answer, .. }| (entries, answer);
    batch.into_iter().map(without_share).collect::<Vec<_>>().into_iter()
}

fn answer(batch: Vec<Job>, outcomes: Vec<Outcome>, refusals: &Recorder) {
    let mut outcomes = outcomes.into_iter();
    for (entries, answer) in end_turn(batch) {
        let own: Vec<Outcome> = outcomes.by_ref().take(entries.len()).collect();
        assert_eq!(own.len(), entries.len(), "decide answers one outcome an entry");
        // Before the answer: who reads the refusals behind it finds them.
        put_on_record(entries, &own, refusals);
        // A caller that has gone away does not need its answer: its entries are in the books all the same.
        let _gone = answer.send(Ok(own));
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
    for (_, answer) in end_turn(batch) {
        let _gone = answer.send(Err(error()));
    }
}
