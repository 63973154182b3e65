//! The serving process: bind, answer until told to stop, finish what is under way, close the books. Claims of books
//! that are open move on by themselves ([`crate::worker`]).
//!
//! Several of these may serve one database at once. TLS is the business of the proxy in front.

use std::net::SocketAddr;
use std::time::Duration;

use dianfu_ledger::book;
use dianfu_ledger::db::Database;
use dianfu_ledger::proof::SecretKey;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

use crate::app::App;
use crate::edge::connections;
use crate::error::Error;
use crate::routes;
use crate::sealing::Sealing;

/// How to serve.
#[derive(Clone, Debug)]
pub struct ServeConfig {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// What one request may take.
    pub limits: Limits,
}

/// What one request may take.
#[derive(Clone, Debug)]
pub struct Limits {
    /// The longest body, and the longest line of a stream of entries, in bytes.
    pub body_bytes: usize,
    /// The longest document, in bytes.
    pub document_bytes: usize,
    /// The longest remittance file, in bytes; reading one takes some ten times that in memory.
    pub remittance_bytes: usize,
    /// The bytes of all bodies that are held at the same time, those of streams aside; one of unknown length counts as
    /// the longest.
    pub bodies_bytes: usize,
    /// Streams of entries that are open at the same time. Each holds a piece of some thousand entries, and at most a
    /// run of linked entries, or a line.
    pub streams: usize,
    /// Connections at the same time; who comes then waits. Below the 1,024 files that a process may usually have open.
    pub connections: usize,
    /// How long a connection may take to bring the whole head of its next request; longer than proxies keep theirs.
    pub head_time: Duration,
    /// How long a caller may leave an answer unread.
    pub unread_time: Duration,
    /// From the request's head to the answer's head; in a stream, the longest wait for the caller's next bytes.
    pub request_time: Duration,
    /// How long requests under way may still take after the signal to stop.
    pub stopping_time: Duration,
    /// How long claims wait between two looks at what time and the ledger have brought about, at least.
    pub work_every: Duration,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits {
            body_bytes: 10 << 20,
            document_bytes: 20 << 20,
            remittance_bytes: 10 << 20,
            bodies_bytes: 256 << 20,
            streams: 64,
            connections: 900,
            head_time: Duration::from_secs(75),
            unread_time: Duration::from_mins(5),
            request_time: Duration::from_secs(30),
            stopping_time: Duration::from_secs(30),
            work_every: Duration::from_secs(1),
        }
    }
}

/// A bound server that does not answer yet; connections wait in the system's queue. The database stays the caller's to
/// close.
pub struct Server {
    listener: TcpListener,
    address: SocketAddr,
    app: App,
}

impl Server {
    /// Brings the tables of every book up to date and takes the address.
    pub async fn bind(config: &ServeConfig, database: Database) -> Result<Server, Error> {
        for name in book::list(&database).await? {
            book::create(&database, &name).await?;
        }
        let refused = |source| Error::Listen { address: config.listen, source };
        let listener = TcpListener::bind(config.listen).await.map_err(refused)?;
        let address = listener.local_addr().map_err(refused)?;
        Ok(Server { listener, address, app: App::new(database, config.limits.clone()) })
    }

    /// The same, signing receipts with this key.
    #[must_use]
    pub fn signing_receipts(self, key: SecretKey) -> Server {
        self.app.sign_receipts_with(key);
        self
    }

    /// The same, sealing records of patients with these keys and keeping documents there.
    #[must_use]
    pub fn sealing_with(self, sealing: Sealing) -> Server {
        self.app.seal_with(sealing);
        self
    }

    /// Where it listens, with the port that it got.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Answers until `stop` is done; then takes nothing new, finishes what is under way, and closes the books.
    pub async fn run(self, stop: impl Future<Output = ()> + Send + 'static) -> Result<(), Error> {
        let Server { listener, address, app } = self;
        let (say_stopping, stopping) = oneshot::channel();
        let told = app.clone();
        let stop = async move {
            stop.await;
            tracing::info!("stopping");
            told.say_stopping();
            let _nobody_waits = say_stopping.send(());
        };
        let serving = connections::serve(listener, routes::router(&app), app.limits(), stop);
        tracing::info!(%address, "listening");
        tokio::select! {
            () = serving => {}
            () = app.books().look_after_others() => {}
            () = too_long_after(stopping, app.limits().stopping_time) => {
                tracing::warn!("requests were still under way and are cut off");
                return Ok(());
            }
        }
        app.books().close().await;
        tracing::info!("stopped");
        Ok(())
    }
}

async fn too_long_after(stopping: oneshot::Receiver<()>, limit: Duration) {
    match stopping.await {
        Ok(()) => tokio::time::sleep(limit).await,
        Err(_serving_ended) => std::future::pending().await,
    }
}
