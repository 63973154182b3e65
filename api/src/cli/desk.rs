//! What a command works at: the database and the book that it names, opened when they are first needed, and closed.

use std::path::PathBuf;

use anyhow::Context;
use clap::Args;
use dianfu_api::wire::entry::Poster;
use dianfu_ledger::Ledger;
use dianfu_ledger::book::BookName;
use dianfu_ledger::db::{Database, default_data_dir};
use nix::unistd::{User, geteuid};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::{OnceCell, watch};

use super::arguments::book_name;

/// The book that commands use if none is named.
const DEFAULT_BOOK: &str = "main";

/// Where the books are, and which of them.
#[derive(Args)]
pub struct Options {
    /// Folder of the private PostgreSQL [default: a folder under the user's data folder; /var/lib/dianfu for root]
    #[arg(long, global = true, env = "DIANFU_DATA", value_name = "DIR", help_heading = "Where")]
    data: Option<PathBuf>,
    /// The book
    #[arg(
        long, global = true, env = "DIANFU_BOOK", value_name = "NAME", default_value = DEFAULT_BOOK,
        value_parser = book_name, help_heading = "Where"
    )]
    book: BookName,
    /// A PostgreSQL that runs already, such as `postgres://user@host/database`, in place of the private one
    #[arg(
        long,
        global = true,
        env = "DATABASE_URL",
        hide_env_values = true,
        value_name = "URL",
        help_heading = "Where"
    )]
    database_url: Option<String>,
}

/// Ctrl-C and SIGTERM, counted; everybody may wait for them.
#[derive(Clone)]
pub struct Interrupts(watch::Receiver<u32>);

impl Interrupts {
    /// From now on, the signals end nothing by themselves.
    pub fn listen() -> anyhow::Result<Interrupts> {
        let mut interrupt = signal(SignalKind::interrupt()).context("cannot wait for Ctrl-C")?;
        let mut terminate = signal(SignalKind::terminate()).context("cannot wait for SIGTERM")?;
        let (count, counted) = watch::channel(0);
        tokio::spawn(async move {
            loop {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                }
                count.send_modify(|count| *count += 1);
            }
        });
        Ok(Interrupts(counted))
    }

    /// Done at the first signal.
    pub async fn happened(&self) {
        self.reached(1).await;
    }

    /// Done at the second: whoever sends it does not want to wait for an orderly end.
    pub async fn again(&self) {
        self.reached(2).await;
    }

    async fn reached(&self, wanted: u32) {
        let mut counted = self.0.clone();
        if counted.wait_for(|count| *count >= wanted).await.is_err() {
            std::future::pending::<()>().await;
        }
    }
}

/// The database and the book of one command.
pub struct Desk {
    options: Options,
    interrupts: Interrupts,
    database: OnceCell<Database>,
    ledger: OnceCell<Ledger>,
}

impl Desk {
    /// Nothing is opened yet.
    pub fn new(options: Options, interrupts: Interrupts) -> Desk {
        Desk { options, interrupts, database: OnceCell::new(), ledger: OnceCell::new() }
    }

    /// The book's name.
    pub fn book(&self) -> &BookName {
        &self.options.book
    }

    /// The options that lead another command to a book of this name in the same place.
    pub fn options_for(&self, book: &BookName) -> String {
        let data = self.options.data.as_ref().map(|data| format!(" --data {}", data.display()));
        let book = (book.to_string() != DEFAULT_BOOK).then(|| format!(" --book {book}"));
        data.into_iter().chain(book).collect()
    }

    /// The signals that end this command.
    pub fn interrupts(&self) -> &Interrupts {
        &self.interrupts
    }

    /// The database; the private PostgreSQL is started where it is meant.
    pub async fn database(&self) -> anyhow::Result<&Database> {
        let url = self.options.database_url.as_deref().filter(|url| !url.is_empty());
        self.database
            .get_or_try_init(async || {
                let folder = self.options.data.clone().filter(|folder| !folder.as_os_str().is_empty());
                match (url, folder) {
                    (Some(url), _) => Ok(Database::at_url(url)?),
                    (None, Some(folder)) => Ok(Database::private(&folder).await?),
                    (None, None) => Ok(Database::private(&default_data_dir()?).await?),
                }
            })
            .await
    }

    /// The book's ledger, under the service's role.
    pub async fn ledger(&self) -> anyhow::Result<&Ledger> {
        let open = async || Ok(Ledger::open(self.database().await?, self.book()).await?);
        self.ledger.get_or_try_init(open).await
    }

    /// A connection to the book, under the service's role.
    pub async fn client(&self) -> anyhow::Result<deadpool_postgres::Client> {
        Ok(self.ledger().await?.client().await?)
    }

    /// Who acts, for the record: the person whose name is that of the user of this machine, so that whoever comes by
    /// the shell and by a token of his own is one person.
    pub fn actor() -> String {
        let user = User::from_uid(geteuid()).ok().flatten();
        format!("person:{}", user.map_or_else(|| geteuid().to_string(), |user| user.name))
    }

    /// Who posts: whoever reaches the database may adjust closed days, on record.
    pub fn poster() -> Poster {
        Poster { actor: Desk::actor(), may_adjust: true }
    }

    /// Works off what waits, and ends our use of the private PostgreSQL.
    pub async fn close(self) -> anyhow::Result<()> {
        if let Some(ledger) = self.ledger.into_inner() {
            ledger.close().await;
        }
        match self.database.into_inner() {
            Some(database) => database.close().await.context("the private PostgreSQL was not stopped"),
            None => Ok(()),
        }
    }
}
