//! Where PostgreSQL is, and how to get in: as the owner of the books, or as the service.
//!
//! `DATABASE_URL` first; without one, the private cluster in the data folder. The owner makes schemas and tables; the
//! service runs under the role `dianfu_service`, which may add to the books and read them, with one book's schema as
//! its search path. Sessions carry the name `dianfu` and keep UTC.

mod error;
pub mod private_cluster;
mod service_role;
mod session;
mod sql;

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use deadpool_postgres::{Manager, ManagerConfig, Pool, QueueMode, RecyclingMethod, Runtime};
use tokio::task;
use tokio_postgres::config::Host;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, NoTls};

use crate::error::in_full;
pub use error::DbError;
pub use private_cluster::{Durability, PrivateCluster, default_data_dir};

/// How long one attempt to connect may take, unless the URL says otherwise.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// How long a server's machine may be silent before it is taken for gone, unless the URL says how long: an answer to a
/// COMMIT may be on its way from there. It is asked within this time in any case.
const SILENCE_MAX: Duration = Duration::from_secs(30);
/// How long a request waits for one of the pool's connections before it is told to come again.
const POOL_WAIT: Duration = Duration::from_secs(10);

/// One database of one PostgreSQL server. Clones are cheap and mean the same.
#[derive(Clone, Debug)]
pub struct Database {
    config: Config,
    /// Kept while any clone lives: the last program to let go stops the server.
    cluster: Option<Arc<PrivateCluster>>,
}

impl Database {
    /// The server at the URL if there is one, otherwise the private cluster in the data folder.
    pub async fn open(url: Option<&str>, data_dir: &Path) -> Result<Self, DbError> {
        match url {
            Some(url) => Self::at_url(url),
            None => Self::private(data_dir).await,
        }
    }

    /// The server that a URL (or a `key=value` string) names. Does not connect yet.
    pub fn at_url(url: &str) -> Result<Self, DbError> {
        let mut config: Config = url.parse().map_err(DbError::BadUrl)?;
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(CONNECT_TIMEOUT);
        }
        if config.get_tcp_user_timeout().is_none() {
            config.tcp_user_timeout(SILENCE_MAX);
        }
        if config.get_keepalives_idle() > SILENCE_MAX {
            config.keepalives_idle(SILENCE_MAX / 3).keepalives_interval(SILENCE_MAX / 6).keepalives_retries(4);
        }
        Ok(Self { config, cluster: None })
    }

    /// The private cluster in a data folder, made and started where needed.
    pub async fn private(data_dir: &Path) -> Result<Self, DbError> {
        let folder = data_dir.to_path_buf();
        let cluster = blocking(move || PrivateCluster::start(&folder, Durability::Durable)).await?;
        Ok(Self::on_cluster(Arc::new(cluster)))
    }

    /// A private cluster that the caller has started.
    pub fn on_cluster(cluster: Arc<PrivateCluster>) -> Self {
        let mut config = Config::new();
        config
            .host_path(cluster.socket_folder())
            .user(private_cluster::OWNER)
            .dbname(private_cluster::OWNER)
            .connect_timeout(CONNECT_TIMEOUT);
        Self { config, cluster: Some(cluster) }
    }

    /// Another database on the same server.
    #[must_use]
    pub fn with_database(&self, name: &str) -> Self {
        let mut other = self.clone();
        other.config.dbname(name);
        other
    }

    /// The private cluster behind this database, if that is what it is.
    pub fn cluster(&self) -> Option<&PrivateCluster> {
        self.cluster.as_deref()
    }

    /// A connection with all the rights of the URL's user (the private cluster's owner).
    pub async fn connect_owner(&self) -> Result<Client, DbError> {
        self.connect(&session::owner(&self.config)).await
    }

    /// A connection under the service's role, with `schema` as its search path.
    pub async fn connect_service(&self, schema: &str) -> Result<Client, DbError> {
        self.connect(&session::service(&self.config, schema)).await
    }

    /// At most `size` connections like those of [`Self::connect_service`], made as they are asked for.
    ///
    /// Who finds them all taken waits for ten seconds at most and then gets a timeout.
    pub fn service_pool(&self, schema: &str, size: usize) -> Result<Pool, DbError> {
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(session::service(&self.config, schema), NoTls, recycling);
        // First in, first out: a connection whose caller went away may still be busy with what he asked for.
        let pool = Pool::builder(manager)
            .max_size(size)
            .queue_mode(QueueMode::Fifo)
            .runtime(Runtime::Tokio1)
            .wait_timeout(Some(POOL_WAIT));
        Ok(pool.build()?)
    }

    /// Makes the role `dianfu_service` on this server where it is missing, and lets our user take it.
    pub async fn ensure_service_role(&self) -> Result<(), DbError> {
        service_role::ensure(&self.connect_owner().await?).await
    }

    /// Ends this program's use of the private cluster, for all clones; the last program stops the server.
    ///
    /// Call it when nothing uses the connections any more. A server at a URL is left alone.
    pub async fn close(&self) -> Result<(), DbError> {
        match self.cluster.clone() {
            Some(cluster) => blocking(move || cluster.close()).await,
            None => Ok(()),
        }
    }

    async fn connect(&self, config: &Config) -> Result<Client, DbError> {
        let (client, connection) =
            config.connect(NoTls).await.map_err(|source| DbError::Connect { server: server_name(config), source })?;
        tokio::spawn(async move {
            match connection.await {
                Err(error) if error.code() == Some(&SqlState::ADMIN_SHUTDOWN) => {
                    tracing::debug!("the server was stopped and ended a connection");
                }
                Err(error) => {
                    tracing::warn!(error = in_full(&error), "a connection to PostgreSQL broke");
                }
                Ok(()) => {}
            }
        });
        Ok(client)
    }
}

/// Runs the private cluster's work, which waits for processes and locks, beside the async threads.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> Result<T, DbError> + Send + 'static) -> Result<T, DbError> {
    match task::spawn_blocking(work).await {
        Ok(result) => result,
        Err(failure) => std::panic::resume_unwind(failure.into_panic()),
    }
}

/// The hosts of a configuration, without user or password.
fn server_name(config: &Config) -> String {
    let hosts = config.get_hosts().iter().map(|host| match host {
        Host::Tcp(name) => name.clone(),
        Host::Unix(folder) => folder.display().to_string(),
    });
    let names: Vec<String> = hosts.chain(config.get_hostaddrs().iter().map(ToString::to_string)).collect();
    if names.is_empty() { "an unnamed host".to_owned() } else { names.join(", ") }
}
