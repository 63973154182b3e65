//! Taking turns with other processes that write to the same book.
//!
//! Turns that run ahead come to nothing when somebody else writes in between. A writer that one of its turns was
//! overtaken asks for the book's pen, a lock of its own, before it begins turns again; keeps it as long as it has
//! something to write, but not longer than `STINT`; and lays it down. The server gives it to the one who has asked
//! first, so that nobody starves, and whoever has it writes at full rate and reads only now and then what others wrote.
//!
//! It is a courtesy and no more: what is written without it is right, too, because every turn makes sure of the head
//! under its lock. So a writer that does not get it in time writes all the same, and one alone never asks for it.

use std::time::{Duration, Instant};

use deadpool_postgres::Pool;
use tokio::sync::oneshot;

use crate::error::Error;
use crate::journal::sql::{self, Taken};

/// How long the pen is kept by one who has more to write: what others wrote meanwhile is read once a stint.
const STINT: Duration = Duration::from_millis(200);
/// Stints without anybody else after which a writer takes itself to be alone again.
const STINTS: u32 = 32;
/// How long it waits for the pen: the stints of some others, and no longer than callers want to wait.
const WAIT_MAX: Duration = Duration::from_secs(2);

/// A writer's hold on the pen.
pub(super) struct Pen {
    pool: Pool,
    /// Stints for which it is still wanted.
    stints: u32,
    hand: Hand,
}

enum Hand {
    Empty,
    Asked { has_come: oneshot::Receiver<Taken>, lay_down: oneshot::Sender<()> },
    Holds { until: Instant, _lay_down: oneshot::Sender<()> },
}

impl Pen {
    /// Not wanted as long as nobody else writes.
    pub(super) fn new(pool: Pool) -> Pen {
        Pen { pool, stints: 0, hand: Hand::Empty }
    }

    /// Somebody else writes, too.
    pub(super) fn want(&mut self) {
        self.stints = STINTS;
    }

    /// Whether a turn may begin; if the pen is missing for that, it is asked for.
    pub(super) fn may_write(&mut self) -> bool {
        match &self.hand {
            Hand::Empty if self.stints == 0 => true,
            Hand::Empty => {
                self.hand = ask(self.pool.clone());
                false
            }
            Hand::Asked { .. } => false,
            Hand::Holds { until, .. } => Instant::now() < *until,
        }
    }

    /// Ends when the pen that was asked for has come, or will not come in time.
    pub(super) async fn comes(&mut self) {
        let Hand::Asked { has_come, .. } = &mut self.hand else { return std::future::pending().await };
        if has_come.await != Ok(Taken::AtOnce) {
            self.want();
        }
        if let Hand::Asked { lay_down, .. } = std::mem::replace(&mut self.hand, Hand::Empty) {
            self.hand = Hand::Holds { until: Instant::now() + STINT, _lay_down: lay_down };
        }
    }

    /// Lays it down if nothing more is to be written, or it was held long enough. No turn is under way.
    pub(super) fn rest(&mut self, has_more: bool) {
        if let Hand::Holds { until, .. } = &self.hand
            && (!has_more || *until <= Instant::now())
        {
            self.hand = Hand::Empty;
            self.stints -= 1;
        }
    }
}

fn ask(pool: Pool) -> Hand {
    let (comes, has_come) = oneshot::channel();
    let (lay_down, laid_down) = oneshot::channel();
    tokio::spawn(async move {
        if let Err(error) = hold(pool, comes, laid_down).await {
            tracing::warn!(error = error.in_full(), "writing without the pen");
        }
    });
    Hand::Asked { has_come, lay_down }
}

/// Holds the pen until it is laid down.
async fn hold(pool: Pool, comes: oneshot::Sender<Taken>, laid_down: oneshot::Receiver<()>) -> Result<(), Error> {
    let mut session = pool.get().await?;
    let tx = session.transaction().await?;
    let taken = sql::take_pen(&tx, WAIT_MAX).await?;
    if comes.send(taken).is_ok() {
        let _by_dropping_it = laid_down.await;
    }
    Ok(tx.rollback().await?)
}
