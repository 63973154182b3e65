//! The books that this process has open: each is opened when it is first asked for, and kept.

use std::collections::HashMap;

use dianfu_ledger::Ledger;
use dianfu_ledger::book::BookName;
use dianfu_ledger::db::Database;
use dianfu_ledger::error::Error;
use tokio::sync::{Mutex, RwLock};
use tokio_postgres::Client;

/// The books of one database.
pub struct Books {
    database: Database,
    open: RwLock<HashMap<BookName, Ledger>>,
    /// Held while a book is opened: callers who name books that do not exist cost one connection, however many they
    /// are.
    opening: Mutex<()>,
    /// The connection that answers whether the database is there; one at a time, made again when it broke.
    probe: Mutex<Option<Client>>,
}

impl Books {
    pub fn new(database: Database) -> Books {
        Books { database, open: RwLock::default(), opening: Mutex::default(), probe: Mutex::default() }
    }

    /// The ledger of a book; `None` if there is no such book.
    pub async fn ledger(&self, book: &BookName) -> Result<Option<Ledger>, Error> {
        if let Some(ledger) = self.already_open(book).await {
            return Ok(Some(ledger));
        }
        let _one_at_a_time = self.opening.lock().await;
        if let Some(ledger) = self.already_open(book).await {
            return Ok(Some(ledger));
        }
        match Ledger::open(&self.database, book).await {
            Ok(ledger) => {
                self.open.write().await.insert(book.clone(), ledger.clone());
                Ok(Some(ledger))
            }
            Err(Error::BookUnknown(_)) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn already_open(&self, book: &BookName) -> Option<Ledger> {
        self.open.read().await.get(book).cloned()
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
        let open = std::mem::take(&mut *self.open.write().await);
        for ledger in open.into_values() {
            ledger.close().await;
        }
        self.probe.lock().await.take();
    }
}
