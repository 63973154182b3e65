//! The writer task: takes what waits, runs turns, and sees to those that fail.
//!
//! A turn runs as a task of its own, which answers its callers itself. As soon as enough is waiting, the next is begun
//! beside it; little is not worth a turn of its own and waits for the end of the one under way, so that callers of
//! single entries share one COMMIT. When a turn does not come to its end, those begun after it come to nothing, too,
//! and wait again, in order; one that has failed is tried again alone. Where another process writes, too, they take
//! turns ([`super::pen`]).

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::{Duration, Instant};

use deadpool_postgres::{Client, Pool};
use tokio::sync::{Notify, mpsc};
use tokio::task::{JoinError, JoinHandle};

use crate::entry::NewEntry;
use crate::error::{Error, in_full, is_segment_unreadable};
use crate::journal::ids::record::Offers;
use crate::journal::relay::{self, After, Before, Ran, Stopped, TURNS_AT_ONCE, seam};
use crate::journal::sealing::Sealer;
use crate::journal::turn::Asking;
use crate::refusal::Recorder;

use super::pen::Pen;
use super::{Job, answer, refuse};

/// Entries after which a turn takes no further request: 8,192 two-leg entries are about 4 MB.
const TURN_ENTRIES: usize = 8_192;
/// Bytes after which a turn takes no further request.
const TURN_BYTES: usize = 8 << 20;
/// Entries that are worth a turn beside another.
const AHEAD_ENTRIES: usize = 256;
/// Turns that do not run ahead after one was overtaken by somebody who does not ask for the pen, as callers do not who
/// post in transactions of their own.
const ALONE_TURNS: u32 = 16;
/// Pauses before a turn is tried; after the last, callers are told.
const TRY_AFTER: [Duration; 3] = [Duration::ZERO, Duration::from_millis(50), Duration::from_millis(400)];

/// Ends when it is stopped, or when every [`super::Batcher`] is gone, and the queue is worked off.
pub(super) async fn write_for_ever(
    pool: Pool,
    node: Arc<str>,
    refusals: Recorder,
    jobs: mpsc::Receiver<Job>,
    stop: Arc<Notify>,
) {
    let holds_due = Arc::new(Notify::new());
    let offers = Offers::default();
    let sealer = Sealer::start(pool.clone(), holds_due.clone(), offers.clone());
    let writer = Writer {
        pen: Pen::new(pool.clone()),
        pool,
        node,
        refusals,
        offers,
        _sealer: sealer,
        jobs: Some(jobs),
        waiting: Waiting::default(),
        under_way: VecDeque::new(),
        sessions: Vec::new(),
        before: None,
        alone_turns: 0,
    };
    writer.run(&stop, &holds_due).await;
}

struct Writer {
    pool: Pool,
    node: Arc<str>,
    refusals: Recorder,
    offers: Offers,
    /// Ends with the writer.
    _sealer: Sealer,
    /// `None` when nothing more will come.
    jobs: Option<mpsc::Receiver<Job>>,
    waiting: Waiting,
    under_way: VecDeque<JoinHandle<Done>>,
    sessions: Vec<Client>,
    /// The end of the last turn begun.
    before: Option<Before>,
    pen: Pen,
    alone_turns: u32,
}

/// Requests that wait, in order, and what they come to.
#[derive(Default)]
struct Waiting {
    jobs: VecDeque<Job>,
    entries: usize,
    bytes: usize,
}

impl Waiting {
    fn push(&mut self, job: Job) {
        self.entries += job.entries.len();
        self.bytes += job.bytes;
        self.jobs.push_back(job);
    }

    /// One request, and as many more as fit into a turn with it.
    fn next_batch(&mut self) -> Vec<Job> {
        let (mut entries, mut bytes) = (0, 0);
        let mut batch = Vec::new();
        while let Some(job) = self.jobs.pop_front_if(|job| {
            let with_it = (entries + job.entries.len(), bytes + job.bytes);
            let fits = batch.is_empty() || (with_it.0 <= TURN_ENTRIES && with_it.1 <= TURN_BYTES);
            if fits {
                (entries, bytes) = with_it;
            }
            fits
        }) {
            batch.push(job);
        }
        self.entries -= entries;
        self.bytes -= bytes;
        batch
    }

    /// Puts requests that have waited before in front of all others.
    fn put_back(&mut self, before: impl Iterator<Item = Job>) {
        let behind = std::mem::take(self);
        before.chain(behind.jobs).for_each(|job| self.push(job));
    }
}

/// What a turn's task gives back.
enum Done {
    /// It is committed, and its callers are answered.
    Committed { session: Client, others_wrote: bool },
    /// Not, and its callers wait.
    Stopped { batch: Vec<Job>, why: Stopped },
}

impl Writer {
    async fn run(mut self, stop: &Notify, holds_due: &Notify) {
        loop {
            self.take_what_waits();
            let now = Instant::now();
            if self.under_way.is_empty() {
                self.pen.rest(now, !self.waiting.jobs.is_empty());
            }
            if self.may_begin(now) {
                let batch = self.waiting.next_batch();
                self.begin(batch).await;
                continue;
            }
            if self.jobs.is_none() && self.waiting.jobs.is_empty() && self.under_way.is_empty() {
                return;
            }
            let (is_idle, has_room) = (self.under_way.is_empty(), self.has_room());
            tokio::select! {
                biased;
                () = stop.notified() => self.jobs.as_mut().into_iter().for_each(mpsc::Receiver::close),
                done = first_of(&mut self.under_way), if !is_idle => self.ended(done).await,
                job = next_of(&mut self.jobs), if has_room && self.jobs.is_some() => match job {
                    Some(job) => self.waiting.push(job),
                    None => self.jobs = None,
                },
                () = self.pen.comes() => {}
                () = holds_due.notified(), if is_idle => self.begin(Vec::new()).await,
            }
        }
    }

    /// Takes what is waiting, without waiting for more.
    fn take_what_waits(&mut self) {
        while self.has_room()
            && let Some(Ok(job)) = self.jobs.as_mut().map(mpsc::Receiver::try_recv)
        {
            self.waiting.push(job);
        }
    }

    /// Whether what waits is less than one turn takes.
    fn has_room(&self) -> bool {
        self.waiting.entries < TURN_ENTRIES && self.waiting.bytes < TURN_BYTES
    }

    fn may_begin(&mut self, now: Instant) -> bool {
        let is_much = self.waiting.entries >= AHEAD_ENTRIES;
        match self.under_way.len() {
            // Little is written in between, by whoever has the head.
            0 => !self.waiting.jobs.is_empty() && (!is_much || self.pen.may_write(now)),
            1..TURNS_AT_ONCE => self.alone_turns == 0 && is_much && self.pen.may_write(now),
            _ => false,
        }
    }

    /// Begins a turn, beside one that may be under way.
    async fn begin(&mut self, batch: Vec<Job>) {
        self.alone_turns = self.alone_turns.saturating_sub(1);
        match self.spawn(batch).await {
            Ok(turn) => self.under_way.push_back(turn),
            Err((batch, error)) => {
                let stopped = Done::Stopped { batch, why: error.into() };
                // What was asked for later waits until this one is seen to.
                self.alone_turns = self.alone_turns.max(1);
                self.under_way.push_back(tokio::spawn(async { stopped }));
            }
        }
    }

    async fn spawn(&mut self, batch: Vec<Job>) -> Result<JoinHandle<Done>, (Vec<Job>, Error)> {
        let session = match self.session().await {
            Ok(session) => session,
            Err(error) => return Err((batch, error)),
        };
        let (after, before) = seam();
        let before = self.before.replace(before);
        let may_run_ahead = !self.under_way.is_empty();
        let turn = Turn {
            session,
            batch,
            before,
            after,
            may_run_ahead,
            node: self.node.clone(),
            refusals: self.refusals.clone(),
            offers: self.offers.clone(),
        };
        Ok(tokio::spawn(turn.run()))
    }

    /// A session that is free; when one has ended, other ones and no knowledge.
    async fn session(&mut self) -> Result<Client, Error> {
        if self.sessions.iter().any(|session| session.is_closed()) {
            self.forget();
        }
        match self.sessions.pop() {
            Some(session) => Ok(session),
            None => Ok(self.pool.get().await?),
        }
    }

    fn forget(&mut self) {
        self.sessions.clear();
        self.before = None;
    }

    /// Sees to the end of the turn that was begun first.
    async fn ended(&mut self, done: Result<Done, JoinError>) {
        let Some(stopped) = self.committed(done) else { return };
        let (mut all, mut untried) = (vec![stopped], Vec::new());
        // Those begun after it find that it came to nothing.
        while let Some(turn) = self.under_way.pop_front() {
            all.extend(self.committed(turn.await));
        }
        let last_failed = all.iter().rposition(|(_, why)| matches!(why, Stopped::Failed { .. }));
        for (place, (batch, why)) in all.into_iter().enumerate() {
            match why {
                Stopped::Failed { error, in_doubt } => self.write_again(batch, Some(Failed { error, in_doubt })).await,
                // What was asked for before stays before.
                _ if last_failed.is_some_and(|last| place < last) => self.write_again(batch, None).await,
                Stopped::Undone | Stopped::Overtaken => untried.extend(batch),
            }
        }
        self.waiting.put_back(untried.into_iter());
    }

    /// Notes what a turn has brought; what of it is still to be done.
    fn committed(&mut self, done: Result<Done, JoinError>) -> Option<(Vec<Job>, Stopped)> {
        match done {
            Ok(Done::Committed { session, others_wrote }) => {
                self.sessions.push(session);
                if others_wrote {
                    self.pen.want();
                }
                None
            }
            Ok(Done::Stopped { batch, why }) => {
                self.forget();
                match &why {
                    Stopped::Undone => {}
                    Stopped::Overtaken if self.pen.is_held() => self.alone_turns = ALONE_TURNS,
                    Stopped::Overtaken => self.pen.want(),
                    Stopped::Failed { error, in_doubt } => {
                        tracing::warn!(error = error.in_full(), in_doubt, "a turn failed");
                    }
                }
                Some((batch, why))
            }
            Err(error) => {
                self.forget();
                tracing::error!(error = in_full(&error), "a turn panicked; its callers are to ask again");
                Some((Vec::new(), Stopped::Undone))
            }
        }
    }

    /// Writes a batch alone, which may have failed before.
    async fn write_again(&mut self, batch: Vec<Job>, failed: Option<Failed>) {
        let Some((batch, failed)) = self.try_again(batch, failed).await else { return };
        match failed {
            Failed { in_doubt, error } if in_doubt || error.is_retryable() => refuse(batch, || Error::Unavailable),
            Failed { error, .. } if batch.len() == 1 => refuse_one(batch, error),
            Failed { .. } => self.write_one_by_one(batch).await,
        }
    }

    /// The database refused what `decide` let through, which is our mistake, or cannot read what one of them asks
    /// for: find the request, spare the others.
    async fn write_one_by_one(&mut self, batch: Vec<Job>) {
        for job in batch {
            let Some((batch, failed)) = self.try_again(vec![job], None).await else { continue };
            match failed {
                Failed { in_doubt, error } if in_doubt || error.is_retryable() => refuse(batch, || Error::Unavailable),
                Failed { error, .. } => refuse_one(batch, error),
            }
        }
    }

    /// Tries a batch until it is committed or cannot be, by what the database says once it has failed.
    async fn try_again(&mut self, mut batch: Vec<Job>, mut last: Option<Failed>) -> Option<(Vec<Job>, Failed)> {
        let tried = usize::from(last.is_some());
        for pause in &TRY_AFTER[tried..] {
            if !pause.is_zero() {
                tokio::time::sleep(*pause).await;
            }
            let done = match self.spawn(batch).await {
                Ok(turn) => turn.await,
                Err((batch, error)) => Ok(Done::Stopped { batch, why: error.into() }),
            };
            let (stopped, why) = self.committed(done)?;
            batch = stopped;
            // Doubt stays until a turn has looked and committed.
            let was_in_doubt = last.is_some_and(|last: Failed| last.in_doubt);
            let failed = match why {
                Stopped::Failed { error, in_doubt } => Failed { error, in_doubt: in_doubt || was_in_doubt },
                Stopped::Undone | Stopped::Overtaken => Failed { error: Error::Unavailable, in_doubt: was_in_doubt },
            };
            let is_final = !failed.error.is_retryable();
            last = Some(failed);
            if is_final {
                break;
            }
        }
        last.map(|failed| (batch, failed))
    }
}

/// Answers the one request that nothing came of.
fn refuse_one(batch: Vec<Job>, error: Error) {
    match error {
        Error::Database(error) if is_segment_unreadable(&error) => refuse(batch, || Error::Segment(in_full(&error))),
        error => refuse(batch, || Error::Posting(error.in_full())),
    }
}

/// How a batch failed at last.
struct Failed {
    error: Error,
    /// Whether it may be in the books all the same: COMMIT was on its way.
    in_doubt: bool,
}

/// A turn with all that it needs.
struct Turn {
    session: Client,
    batch: Vec<Job>,
    before: Option<Before>,
    after: After,
    may_run_ahead: bool,
    node: Arc<str>,
    refusals: Recorder,
    offers: Offers,
}

impl Turn {
    async fn run(self) -> Done {
        let Turn { mut session, batch, before, after, may_run_ahead, node, refusals, offers } = self;
        let requests: Vec<&[NewEntry]> = batch.iter().map(|job| job.entries.as_slice()).collect();
        let asking = Asking { requests: &requests };
        match relay::run(&mut session, asking, before, after, may_run_ahead, &node, &offers).await {
            Ok(Ran { outcomes, others_wrote }) => {
                answer(batch, outcomes, &refusals);
                Done::Committed { session, others_wrote }
            }
            Err(why) => Done::Stopped { batch, why },
        }
    }
}

/// The end of the turn that was begun first.
async fn first_of(under_way: &mut VecDeque<JoinHandle<Done>>) -> Result<Done, JoinError> {
    let Some(first) = under_way.front_mut() else { return std::future::pending().await };
    let done = first.await;
    under_way.pop_front();
    done
}

async fn next_of(jobs: &mut Option<mpsc::Receiver<Job>>) -> Option<Job> {
    match jobs {
        Some(jobs) => jobs.recv().await,
        None => None,
    }
}
