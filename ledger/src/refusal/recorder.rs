//! The queue of refusals of one book in this process, and the task that writes them.
//!
//! Offering one costs a lock that nobody holds for long, and never waits. The task starts with the first refusal and
//! ends with the last handle; when the database is away it keeps what it has and tries again.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use deadpool_postgres::Pool;
use tokio::sync::{Notify, watch};
use tokio::task::JoinHandle;

use super::quota::Quota;
use super::{Door, NOT_RECORDED, Refusal, sql};
use crate::error::Error;

/// Bytes of refusals that may wait.
const WAITING_BYTES_MAX: usize = 16 << 20;
/// Refusals written by one statement.
const BATCH_ROWS: usize = 500;
/// How often a batch is tried at once, of those that lose the next numbers to another process.
const RACES_MAX: u32 = 20;
/// The pause after the database did not take a batch.
const RETRY_AFTER: Duration = Duration::from_secs(1);
/// How long somebody waits for what is on its way to the record.
const SETTLE_TIME: Duration = Duration::from_secs(2);

/// Takes refusals; cheap to clone.
#[derive(Clone)]
pub struct Recorder {
    shared: Arc<Shared>,
    _handle: Arc<Handle>,
}

struct Shared {
    pool: Pool,
    node: Arc<str>,
    waiting: Mutex<Waiting>,
    wake: Notify,
    /// How many refusals are settled: on record, or counted as not recorded.
    settled: watch::Sender<u64>,
}

#[derive(Default)]
struct Waiting {
    refusals: VecDeque<Refusal>,
    bytes: usize,
    offered: u64,
    not_recorded: u64,
    quotas: [Quota; Door::ALL.len()],
    is_stopped: bool,
    task: Option<JoinHandle<()>>,
}

/// Ends the task with the last of its clones.
struct Handle(Arc<Shared>);

impl Drop for Handle {
    fn drop(&mut self) {
        self.0.waiting().is_stopped = true;
        self.0.wake.notify_one();
    }
}

impl Shared {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // Each change is whole: a panic elsewhere leaves nothing half done.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Recorder {
    /// Nothing runs yet. Rows are written on a session of `pool`.
    pub fn new(pool: Pool, node: Arc<str>) -> Recorder {
        let (settled, _) = watch::channel(0);
        let shared = Arc::new(Shared { pool, node, waiting: Mutex::default(), wake: Notify::new(), settled });
        Recorder { _handle: Arc::new(Handle(shared.clone())), shared }
    }

    /// Puts a refusal in the queue, or counts it if there is no room.
    pub fn offer(&self, refusal: Refusal) {
        let size = refusal.size();
        let mut waiting = self.shared.waiting();
        let quota = &mut waiting.quotas[refusal.door as usize];
        let has_room = quota.take(refusal.door.a_minute(), Instant::now()) && waiting.bytes + size <= WAITING_BYTES_MAX;
        waiting.offered += 1;
        if has_room {
            waiting.bytes += size;
            waiting.refusals.push_back(refusal);
        } else {
            waiting.not_recorded += 1;
        }
        if waiting.task.is_none() && !waiting.is_stopped {
            waiting.task = Some(tokio::spawn(write_for_ever(self.shared.clone())));
        }
        drop(waiting);
        self.shared.wake.notify_one();
    }

    /// Waits a moment until all that was offered before is settled: who reads refusals then finds those of this
    /// process.
    pub async fn settle(&self) {
        let offered = self.shared.waiting().offered;
        let mut settled = self.shared.settled.subscribe();
        let all = settled.wait_for(|settled| *settled >= offered);
        let _settled_or_the_database_is_away = tokio::time::timeout(SETTLE_TIME, all).await;
    }

    /// Writes what waits, once, and ends the task.
    pub async fn close(&self) {
        let task = {
            let mut waiting = self.shared.waiting();
            waiting.is_stopped = true;
            waiting.task.take()
        };
        self.shared.wake.notify_one();
        if let Some(task) = task {
            let _ended = task.await;
        }
    }
}

async fn write_for_ever(shared: Arc<Shared>) {
    let mut batch = Batch::default();
    loop {
        let is_stopped = batch.fill(&shared);
        if batch.rows.is_empty() {
            if is_stopped {
                return;
            }
            shared.wake.notified().await;
            continue;
        }
        match write(&shared, &batch.rows).await {
            Ok(()) => {
                shared.settled.send_modify(|settled| *settled += batch.settles);
                batch = Batch::default();
            }
            Err(error) => {
                tracing::warn!(error = error.in_full(), rows = batch.rows.len(), "refusals could not be put on record");
                if is_stopped {
                    return;
                }
                tokio::time::sleep(RETRY_AFTER).await;
            }
        }
    }
}

/// What is written next. It keeps its rows until they are written, and is filled again only then.
#[derive(Default)]
struct Batch {
    rows: Vec<Refusal>,
    settles: u64,
}

impl Batch {
    /// Takes from what waits, if it is empty; answers whether no more will come.
    fn fill(&mut self, shared: &Shared) -> bool {
        let mut waiting = shared.waiting();
        if self.rows.is_empty() {
            let count = waiting.refusals.len().min(BATCH_ROWS);
            self.rows.extend(waiting.refusals.drain(..count));
            waiting.bytes -= self.rows.iter().map(Refusal::size).sum::<usize>();
            self.settles = self.rows.len() as u64;
            let not_recorded = std::mem::take(&mut waiting.not_recorded);
            if not_recorded > 0 {
                let message = format!("{not_recorded} refusals not recorded: there was no room for them");
                self.rows.push(Refusal::new(Door::Recorder, "ledger".to_owned(), NOT_RECORDED, message));
                self.settles += not_recorded;
            }
        }
        waiting.is_stopped
    }
}

/// Writes rows under the next numbers; tries again when another process has taken them.
async fn write(shared: &Shared, rows: &[Refusal]) -> Result<(), Error> {
    let client = shared.pool.get().await?;
    let mut races = 0;
    loop {
        match sql::insert(&client, rows, &shared.node).await {
            Err(error) if races < RACES_MAX && error.violates(sql::NUMBER_KEY) => races += 1,
            outcome => return outcome,
        }
    }
}
