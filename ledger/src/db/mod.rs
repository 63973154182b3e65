//! Where the server is, and connections to it. (First cut by the lead so that the core compiles; `pg` replaces this file.)

use deadpool_postgres::{Manager, ManagerConfig, Pool, RecyclingMethod};
use tokio_postgres::{Client, Config, NoTls};

/// Why the database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum DbError {
    /// PostgreSQL refused or could not be reached.
    #[error("PostgreSQL could not be reached")]
    Connect(#[from] tokio_postgres::Error),
    /// The pool could not be built.
    #[error("the connection pool could not be built")]
    Pool(#[from] deadpool_postgres::BuildError),
}

/// Where the server is.
#[derive(Clone, Debug)]
pub struct Database {
    config: Config,
}

impl Database {
    /// A server given by a connection string.
    pub fn at_url(url: &str) -> Result<Database, DbError> {
        Ok(Database { config: url.parse()? })
    }

    /// Makes sure that the service's role exists.
    pub async fn ensure_service_role(&self) -> Result<(), DbError> {
        let client = self.connect_owner().await?;
        let sql = "DO $$ BEGIN CREATE ROLE dianfu_service NOLOGIN; EXCEPTION WHEN duplicate_object THEN NULL; END $$";
        client.batch_execute(sql).await?;
        Ok(())
    }

    /// Connects as the owner.
    pub async fn connect_owner(&self) -> Result<Client, DbError> {
        let (client, connection) = self.config.connect(NoTls).await?;
        tokio::spawn(connection);
        Ok(client)
    }

    /// Connections in the service's role, on one schema.
    pub fn service_pool(&self, schema: &str, size: usize) -> Result<Pool, DbError> {
        let mut config = self.config.clone();
        config.options(format!("-c role=dianfu_service -c search_path={schema}"));
        let manager = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        Ok(Pool::builder(Manager::from_config(config, NoTls, manager)).max_size(size).build()?)
    }
}
