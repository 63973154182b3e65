//! Looks after a book behind the writer, on another connection: puts the ids of full segments on record, seals
//! them, building their read indexes in bulk, sums them up for who asks about the past, and tells the writer
//! of holds whose time is over, so that they end also when nobody posts.
//!
//! The work is re-read from the database each time and done in order, so that it does not matter who does it, how
//! often it is asked for, or where it crashed. Asked for when the writer offers a full segment, and looked at every few
//! seconds for what other processes have left.

use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::Pool;
use tokio::sync::Notify;
use tokio::task::JoinHandle;

use crate::book::BookName;
use crate::db::Database;
use crate::error::Error;

use super::ids::record::{Offers, record_next};
use super::sql;

const LOOK_EVERY: Duration = Duration::from_secs(5);

/// The sealing task of a book in this process; it ends when this is dropped.
pub struct Sealer(JoinHandle<()>);

impl Sealer {
    /// Starts the task; `holds_due` is told when holds wait for a turn to end them.
    pub fn start(pool: Pool, holds_due: Arc<Notify>, offers: Offers) -> Sealer {
        Sealer(tokio::spawn(look_for_ever(pool, holds_due, offers)))
    }
}

impl Drop for Sealer {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Does once, on one connection, what is to be done behind the writer of a book that nobody has open.
pub async fn look_after(database: &Database, book: &BookName) -> Result<(), Error> {
    let pool = database.service_pool(&book.schema(), 1)?;
    let looked = look(&pool, &Offers::default()).await;
    pool.close();
    looked.map(|_| ())
}

async fn look_for_ever(pool: Pool, holds_due: Arc<Notify>, offers: Offers) {
    loop {
        match look(&pool, &offers).await {
            Ok(true) => holds_due.notify_one(),
            Ok(false) => {}
            Err(error) => {
                tracing::warn!(error = error.in_full(), "the book could not be looked after; trying again later");
            }
        }
        let _offered_or_time_to_look = tokio::time::timeout(LOOK_EVERY, offers.next()).await;
    }
}

/// Seals what is full and sums it up; answers whether holds are due. What cannot be done of this keeps nothing else
/// waiting.
async fn look(pool: &Pool, offers: &Offers) -> Result<bool, Error> {
    // The writer keeps them in memory until they are on record.
    let recorded = record(pool, offers).await;
    let tended = tend(pool).await;
    let are_due = sql::are_holds_due(&pool.get().await?).await;
    recorded.and(tended).and(are_due)
}

async fn record(pool: &Pool, offers: &Offers) -> Result<(), Error> {
    let mut client = pool.get().await?;
    while record_next(&mut client, offers).await? {}
    Ok(())
}

/// Summing up only makes reading faster: what is to be sealed comes first.
async fn tend(pool: &Pool) -> Result<(), Error> {
    let client = pool.get().await?;
    while sql::tend_segments(&client).await? || sql::summarise_segment(&client).await? {}
    Ok(())
}
