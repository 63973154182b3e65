//! The books that this process has open: each is opened when it is first asked for, and kept.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use dianfu_claims::ports::insurer::{Port, Settings};
use dianfu_claims::read;
use dianfu_ledger::Ledger;
use dianfu_ledger::book::{self, BookName};
use dianfu_ledger::db::Database;
use dianfu_ledger::error::{Error, in_full};
use dianfu_ledger::journal::sealing::look_after;
use tokio::sync::{Mutex, RwLock};
use tokio::time::timeout;
use tokio_postgres::Client;

use crate::auth::LookUp;
use crate::worker::{Work, Worker};

/// How long the look-up of a book may take before its connection is given up.
const LOOK_UP_TIME: Duration = Duration::from_secs(5);

/// How often books that are not open are looked after.
const LOOK_EVERY: Duration = Duration::from_secs(5);

/// An open book; cheap to clone.
#[derive(Clone)]
pub struct Open {
    /// Its ledger.
    pub ledger: Ledger,
    /// Where its tokens are looked up.
    pub look_up: LookUp,
}

/// The books of one database.
pub struct Books {
    database: Database,
    open: RwLock<HashMap<BookName, Open>>,
    /// What open books do by themselves, and how often.
    workers: Mutex<Vec<Worker>>,
    work_every: Duration,
    /// The way out to insurers, of all books.
    port: Arc<Port>,
    /// Held while a book that exists is opened, so that it is opened once.
    opening: Mutex<()>,
    /// The connection on which books are looked up, by all callers at once, behind one another: who names a book that
    /// does not exist costs one statement, and neither a lock nor a connection.
    look_up: RwLock<Option<Arc<Client>>>,
    /// The connection that answers whether the database is there; one at a time, made again when it broke.
    probe: Mutex<Option<Client>>,
}

impl Books {
    /// Nothing is opened yet; claims of open books move on by themselves this often.
    pub fn new(database: Database, work_every: Duration) -> Books {
        let (open, workers, opening, look_up, probe) = Default::default();
        let port = Arc::new(Port::new(Settings::default()));
        Books { database, open, workers, work_every, port, opening, look_up, probe }
    }

    /// A book, opened; `None` if there is no such book.
    pub async fn open(&self, book: &BookName) -> Result<Option<Open>, Error> {
        if let Some(open) = self.already_open(book).await {
            return Ok(Some(open));
        }
        if !self.exists(book).await? {
            return Ok(None);
        }
        let _one_at_a_time = self.opening.lock().await;
        if let Some(open) = self.already_open(book).await {
            return Ok(Some(open));
        }
        match Ledger::open(&self.database, book).await {
            Ok(ledger) => {
                let all = [Work::Claims, Work::Insurers(self.port.clone())];
                let started = all.map(|work| Worker::start(ledger.clone(), self.work_every, work));
                self.workers.lock().await.extend(started);
                let open = Open { look_up: LookUp::start(ledger.clone()), ledger };
                self.open.write().await.insert(book.clone(), open.clone());
                Ok(Some(open))
            }
            Err(Error::BookUnknown(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Looks after the books that nobody has asked for here, one after the other, for ever: what was posted to them by
    /// a program that has ended is sealed and summed up all the same, and where claims are under way the book is
    /// opened, so that they move on.
    pub async fn look_after_others(&self) {
        loop {
            // Where the database is away, others say so.
            for name in book::list(&self.database).await.unwrap_or_default() {
                if self.already_open(&name).await.is_none()
                    && let Err(error) = self.look_after(&name).await
                {
                    tracing::warn!(%name, error = in_full(&error), "a book could not be looked after");
                }
            }
            tokio::time::sleep(LOOK_EVERY).await;
        }
    }

    async fn look_after(&self, name: &BookName) -> Result<(), dianfu_claims::Error> {
        look_after(&self.database, name).await?;
        let client = self.database.connect_service(&name.schema()).await.map_err(Error::from)?;
        if read::is_any_under_way(&client).await? {
            self.open(name).await?;
        }
        Ok(())
    }

    async fn already_open(&self, book: &BookName) -> Option<Open> {
        self.open.read().await.get(book).cloned()
    }

    /// Whether there is such a book. A connection that broke while nobody used it is made anew, once.
    async fn exists(&self, book: &BookName) -> Result<bool, Error> {
        let first = self.look_up(book).await;
        if first.as_ref().is_err_and(Error::is_retryable) { self.look_up(book).await } else { first }
    }

    async fn look_up(&self, book: &BookName) -> Result<bool, Error> {
        let client = self.look_up_client().await?;
        let found = timeout(LOOK_UP_TIME, book::exists(&client, book)).await.unwrap_or(Err(Error::Unavailable));
        if found.is_err() {
            self.look_up.write().await.take_if(|kept| Arc::ptr_eq(kept, &client));
        }
        found
    }

    async fn look_up_client(&self) -> Result<Arc<Client>, Error> {
        let usable = |kept: &Option<Arc<Client>>| kept.clone().filter(|client| !client.is_closed());
        if let Some(client) = usable(&*self.look_up.read().await) {
            return Ok(client);
        }
        let mut kept = self.look_up.write().await;
        if let Some(client) = usable(&kept) {
            return Ok(client);
        }
        let client = Arc::new(self.database.connect_owner().await?);
        *kept = Some(client.clone());
        Ok(client)
    }

    /// Asks the database for a sign of life.
    pub async fn ask_database(&self) -> Result<(), Error> {
        let mut probe = self.probe.lock().await;
        let client = match probe.take().filter(|client| !client.is_closed()) {
            Some(client) => client,
            None => self.database.connect_owner().await?,
        };
        client.check_connection().await?;
        *probe = Some(client);
        Ok(())
    }

    /// Works off what the writers of all books have waiting, and ends them.
    pub async fn close(&self) {
        for worker in std::mem::take(&mut *self.workers.lock().await) {
            worker.stop().await;
        }
        let open = std::mem::take(&mut *self.open.write().await);
        for Open { ledger, look_up } in open.into_values() {
            drop(look_up);
            ledger.close().await;
        }
        self.probe.lock().await.take();
        self.look_up.write().await.take();
    }
}
