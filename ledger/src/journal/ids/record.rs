//! Puts the ids of full segments on record, behind the writer, in order.
//!
//! The writer has them in memory and offers them; of a segment that nobody has offered they are read. An offer counts
//! only in the book that it was made of: one that was put back to an earlier time has other entries there.

use std::sync::{Arc, Mutex};

use deadpool_postgres::Client;
use tokio::sync::Notify;
use tokio::task::spawn_blocking;
use uuid::Uuid;

use crate::error::Error;

use super::super::sql;
use super::super::state::Known;
use super::IdSet;
use super::filter::Filter;
use super::spans::Spans;

/// Full segments that the writer has in memory; cheap to clone.
#[derive(Clone, Default, Debug)]
pub struct Offers {
    waiting: Arc<Mutex<Vec<Offer>>>,
    /// Told of each.
    wake: Arc<Notify>,
}

#[derive(Debug)]
struct Offer {
    segment_no: i32,
    /// What the book has that it is of.
    known: Known,
    ids: Arc<IdSet>,
}

impl Offers {
    /// Offers the ids of a segment of the book that has `known`.
    pub fn offer(&self, segment_no: i32, known: Known, ids: Arc<IdSet>) {
        self.waiting.lock().expect("nobody panics with it").push(Offer { segment_no, known, ids });
        self.wake.notify_one();
    }

    /// Waits for the next offer.
    pub async fn next(&self) {
        self.wake.notified().await;
    }

    /// The last offer of a segment; all of it and of those before are gone.
    fn take(&self, segment_no: i32) -> Option<Offer> {
        let mut offers = self.waiting.lock().expect("nobody panics with it");
        let last = offers.iter().rposition(|offer| offer.segment_no == segment_no).map(|at| offers.swap_remove(at));
        offers.retain(|offer| offer.segment_no > segment_no);
        last
    }
}

/// Puts the ids of the first full segment on record that are not; answers whether there was one.
pub async fn record_next(client: &mut Client, offers: &Offers) -> Result<bool, Error> {
    let tx = client.transaction().await?;
    let Some(segment_no) = sql::first_segment_off_record(&tx).await? else { return Ok(false) };
    let ids = match offers.take(segment_no) {
        Some(offer) if sql::has_rows(&tx, &offer.known).await? => offer.ids,
        Some(_) | None => Arc::new(sql::ids_behind(&tx, segment_no, 0).await?),
    };
    let digest = spawn_blocking(move || {
        let mut sorted: Vec<Uuid> = ids.iter().copied().collect();
        sorted.sort_unstable();
        (Spans::of(&sorted), Filter::of(sorted.into_iter()).to_bytes())
    });
    let (spans, filter) = digest.await.expect("distinct ids have spans and a filter");
    sql::record_ids(&tx, segment_no, &spans, &filter).await?;
    tx.commit().await?;
    Ok(true)
}
