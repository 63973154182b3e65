//! Taking turns with other processes that write to the same book.
//!
//! Turns that run ahead come to nothing when somebody else writes in between. A writer that has found others to write,
//! or one of its turns overtaken, asks for the book's pen, a lock of its own, before it begins turns that may run
//! ahead; keeps it as long as it has something to write, but not longer than `STINT`; and lays it down. The server
//! gives it to the one who has asked first, so that nobody starves, and whoever has it writes at full rate and reads
//! only now and then what others wrote.
//!
//! It is a courtesy and no more: what is written without it is right, too, because every turn makes sure of the head
//! under its lock. So a writer that does not get it in time writes all the same, and one that has little to write does
//! not ask. Who posts inside a transaction of its own does not either: turns do without running ahead then.

use std::time::{Duration, Instant};

use deadpool_postgres::Pool;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::timeout_at;

use crate::error::Error;
use crate::journal::sql::{self, Taken};

/// How long the pen is kept by one who has more to write: what others wrote meanwhile is read once a stint.
const STINT: Duration = Duration::from_millis(200);
/// Stints without anybody else after which a writer takes itself to be alone again.
const STINTS: u32 = 32;
/// How long it waits for the pen: the stints of some others, and no longer than callers want to wait. As long as that
/// it writes without, if it must.
const WAIT_MAX: Duration = Duration::from_secs(2);

/// A writer's hold on the pen.
pub(super) struct Pen {
    pool: Pool,
    /// Stints for which it is still wanted.
    stints: u32,
    hand: Hand,
    /// What held it last, and may not have laid it down yet.
    last: Option<JoinHandle<()>>,
}

enum Hand {
    Empty,
    Asked { has_come: oneshot::Receiver<Taken>, by: Instant, lay_down: oneshot::Sender<()> },
    Holds { until: Instant, _lay_down: oneshot::Sender<()> },
}

impl Pen {
    /// Not wanted as long as nobody else writes.
    pub(super) fn new(pool: Pool) -> Pen {
        Pen { pool, stints: 0, hand: Hand::Empty, last: None }
    }

    /// Somebody else writes, too.
    pub(super) fn want(&mut self) {
        self.stints = STINTS;
    }

    /// Whether it is at hand.
    pub(super) fn is_held(&self) -> bool {
        matches!(self.hand, Hand::Holds { .. })
    }

    /// Whether a turn may begin; if the pen is missing for that, it is asked for.
    pub(super) fn may_write(&mut self, now: Instant) -> bool {
        match &self.hand {
            Hand::Empty if self.stints == 0 => true,
            Hand::Empty => {
                self.ask(now);
                false
            }
            Hand::Asked { .. } => false,
            Hand::Holds { until, .. } => now < *until,
        }
    }

    /// Ends when the pen that was asked for has come, or will not come in time.
    pub(super) async fn comes(&mut self) {
        let Hand::Asked { has_come, by, .. } = &mut self.hand else { return std::future::pending().await };
        let taken = timeout_at((*by).into(), has_come).await.ok().and_then(Result::ok);
        if taken != Some(Taken::AtOnce) {
            self.want();
        }
        let stint = if taken.is_some() { STINT } else { WAIT_MAX };
        if let Hand::Asked { lay_down, .. } = std::mem::replace(&mut self.hand, Hand::Empty) {
            self.hand = Hand::Holds { until: Instant::now() + stint, _lay_down: lay_down };
        }
    }

    /// Lays it down if nothing more is to be written, or it was held long enough. No turn is under way.
    pub(super) fn rest(&mut self, now: Instant, has_more: bool) {
        if let Hand::Holds { until, .. } = &self.hand
            && (!has_more || *until <= now)
        {
            self.hand = Hand::Empty;
            self.stints -= 1;
        }
    }

    fn ask(&mut self, now: Instant) {
        let (comes, has_come) = oneshot::channel();
        let (lay_down, laid_down) = oneshot::channel();
        let (pool, last) = (self.pool.clone(), self.last.take());
        self.last = Some(tokio::spawn(async move {
            if let Some(last) = last {
                let _has_laid_it_down = last.await;
            }
            if let Err(error) = hold(pool, comes, laid_down).await {
                tracing::warn!(error = error.in_full(), "the pen is not to be had, or was lost");
            }
        }));
        self.hand = Hand::Asked { has_come, by: now + WAIT_MAX + WAIT_MAX / 2, lay_down };
    }
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
