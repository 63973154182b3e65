//! Seals full segments behind the writer: their read indexes are built in bulk, on another connection.
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
    /// Starts the task.
    pub fn start(pool: Pool) -> Sealer {
        let wake = Arc::new(Notify::new());
        let task = tokio::spawn(seal_for_ever(pool, wake.clone()));
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

async fn seal_for_ever(pool: Pool, wake: Arc<Notify>) {
    loop {
        if let Err(error) = seal_all_full(&pool).await {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "a segment could not be sealed; trying again later"
            );
        }
        let _woken_or_time_to_look = tokio::time::timeout(LOOK_EVERY, wake.notified()).await;
    }
}

async fn seal_all_full(pool: &Pool) -> Result<(), Error> {
    let client = pool.get().await?;
    while sql::tend_segments(&client).await? {}
    Ok(())
}
