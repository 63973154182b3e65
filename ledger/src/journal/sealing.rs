//! Looks after a book behind the writer, on another connection: seals full segments, building their read indexes in
//! bulk, sums them up for who asks about the past, and tells the writer of holds whose time is over, so that they end
//! also when nobody posts.
//!
//! The work is re-read from the database each time and done in order, so that it does not matter who does it, how
//! often it is asked for, or where it crashed. Asked for when a turn opens a segment, and looked at every few seconds
//! for what other processes have left.

use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::Pool;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::error::Error;

use super::sql;

const LOOK_EVERY: Duration = Duration::from_secs(5);

/// The sealing task of a book in this process; it ends when this is dropped.
pub struct Sealer {
    wake: Arc<Notify>,
    task: JoinHandle<()>,
}

impl Sealer {
    /// Starts the task; `holds_due` is told when holds wait for a turn to end them.
    pub fn start(pool: Pool, holds_due: Arc<Notify>) -> Sealer {
        let wake = Arc::new(Notify::new());
        let task = tokio::spawn(look_for_ever(pool, wake.clone(), holds_due));
        Sealer { wake, task }
    }

    /// Says that a segment may be full.
    pub fn wake(&self) {
        self.wake.notify_one();
    }
}

impl Drop for Sealer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn look_for_ever(pool: Pool, wake: Arc<Notify>, holds_due: Arc<Notify>) {
    loop {
        match look(&pool).await {
            Ok(true) => holds_due.notify_one(),
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(error = error.in_full(), "the book could not be looked after; trying again later");
            }
        }
        let _woken_or_time_to_look = tokio::time::timeout(LOOK_EVERY, wake.notified()).await;
    }
}

/// Seals what is full and sums it up; answers whether holds are due.
async fn look(pool: &Pool) -> Result<bool, Error> {
    let client = pool.get().await?;
    // Summing up only makes reading faster: what is to be sealed comes first.
    while sql::tend_segments(&client).await? || sql::summarise_segment(&client).await? {}
    sql::are_holds_due(&client).await
}
