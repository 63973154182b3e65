//! One server a test process, one database a test.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::thread;

use dianfu_ledger::book::{self, BookName};
use dianfu_ledger::db::{Database, Durability, PrivateCluster};
use tokio::sync::{Mutex, OnceCell};
use tokio::task::spawn_blocking;

use crate::DataFolder;

const TEMPLATE: &str = "template_book";

/// The process's throwaway server. Statics are not dropped: its folder's watchdog ends it.
static SERVER: OnceCell<Server> = OnceCell::const_new();
/// `CREATE DATABASE` is done one at a time: it needs the template for itself.
static CLONING: Mutex<()> = Mutex::const_new(());
static NEXT_NUMBER: AtomicU32 = AtomicU32::new(1);

struct Server {
    database: Database,
    _folder: DataFolder,
}

/// A database with the book `main`, for one test. It is dropped with this value.
#[derive(Debug)]
pub struct TestDatabase {
    database: Database,
    name: String,
}

impl TestDatabase {
    /// The database.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// The same as a connection string, for programs that take `DATABASE_URL`.
    pub fn url(&self) -> String {
        let cluster = self.database.cluster().expect("test databases are on a private cluster");
        format!("host={} user=postgres dbname={}", cluster.socket_folder().display(), self.name)
    }
}

/// A new database with the book `main` in it and nothing else.
pub async fn test_database() -> TestDatabase {
    let server = SERVER.get_or_init(start_server).await;
    let name = format!("test_{}", NEXT_NUMBER.fetch_add(1, Ordering::Relaxed));
    let _one_at_a_time = CLONING.lock().await;
    execute(&server.database, &format!("CREATE DATABASE {name} TEMPLATE {TEMPLATE}")).await;
    TestDatabase { database: server.database.with_database(&name), name }
}

impl Drop for TestDatabase {
    fn drop(&mut self) {
        let database = self.database.with_database("postgres");
        let statement = format!("DROP DATABASE {} WITH (FORCE)", self.name);
        // The test's own runtime may be ending: use another.
        let dropping = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("build a runtime");
            runtime.block_on(execute(&database, &statement));
        });
        if dropping.join().is_err() {
            eprintln!("{} could not be dropped; the whole server goes with the test process", self.name);
        }
    }
}

async fn start_server() -> Server {
    let folder = DataFolder::new();
    let path = folder.path().to_path_buf();
    let cluster = spawn_blocking(move || PrivateCluster::start(&path, Durability::Throwaway))
        .await
        .expect("starting does not panic")
        .expect("start a throwaway cluster");
    let database = Database::on_cluster(Arc::new(cluster));
    execute(&database, &format!("CREATE DATABASE {TEMPLATE}")).await;
    prepare_template(&database.with_database(TEMPLATE)).await;
    Server { database, _folder: folder }
}

/// What every test finds in its database.
async fn prepare_template(template: &Database) {
    let main = BookName::parse("main").expect("'main' is a name");
    book::create(template, &main).await.expect("create the template's book");
}

async fn execute(database: &Database, statement: &str) {
    let client = database.connect_owner().await.expect("connect to the throwaway cluster");
    client.batch_execute(statement).await.expect(statement);
}
