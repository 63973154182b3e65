//! What every handler may reach: the books, and the limits.

use std::sync::{Arc, OnceLock};

use dianfu_ledger::db::Database;
use dianfu_ledger::proof::SecretKey;
use tokio::sync::watch;

use crate::books::Books;
use crate::edge::room::Room;
use crate::sealing::Sealing;
use crate::serve::Limits;

/// The state of one serving process; cheap to clone.
#[derive(Clone)]
pub struct App {
    shared: Arc<Shared>,
}

struct Shared {
    books: Books,
    room: Room,
    limits: Limits,
    receipt_key: OnceLock<SecretKey>,
    sealing: OnceLock<Sealing>,
    stopping: watch::Sender<bool>,
}

impl App {
    /// Nothing is opened yet.
    pub fn new(database: Database, limits: Limits) -> App {
        let (books, receipt_key, (stopping, _)) =
            (Books::new(database, limits.work_every), OnceLock::new(), watch::channel(false));
        let (room, sealing) = (Room::new(&limits), OnceLock::new());
        App { shared: Arc::new(Shared { books, room, limits, receipt_key, sealing, stopping }) }
    }

    /// The books.
    pub(crate) fn books(&self) -> &Books {
        &self.shared.books
    }

    /// Tells all who wait for what may never come that the process is about to stop.
    pub fn say_stopping(&self) {
        self.shared.stopping.send_replace(true);
    }

    /// Done when the process is about to stop.
    pub async fn stopping(&self) {
        // Our own half keeps the channel open.
        let mut stopping = self.shared.stopping.subscribe();
        let _stopping = stopping.wait_for(|is_stopping| *is_stopping).await;
    }

    /// The limits.
    pub fn limits(&self) -> &Limits {
        &self.shared.limits
    }

    /// What requests may hold at the same time.
    pub(crate) fn room(&self) -> &Room {
        &self.shared.room
    }

    /// Gives the key with which receipts are signed; the first one counts.
    pub fn sign_receipts_with(&self, key: SecretKey) {
        let _first = self.shared.receipt_key.get_or_init(|| key);
    }

    /// The key with which receipts are signed, if there is one.
    pub fn receipt_key(&self) -> Option<&SecretKey> {
        self.shared.receipt_key.get()
    }

    /// Gives what seals records and keeps documents; the first one counts.
    pub fn seal_with(&self, sealing: Sealing) {
        let _first = self.shared.sealing.get_or_init(|| sealing);
    }

    /// What seals records and keeps documents: nothing, if nothing was given.
    pub fn sealing(&self) -> &Sealing {
        self.shared.sealing.get_or_init(Sealing::default)
    }
}
