//! Segments of a test's book in files, as `dianfu segment detach` leaves them.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::time::Duration;

use dianfu_ledger::Ledger;
use dianfu_ledger::db::Database;
use dianfu_ledger::journal::ids::record::{Offers, record_next};
use dianfu_ledger::segment::{self, Fault, Folder, Segment};
use tempfile::TempDir;

/// How long a test waits for those who read the journal, if there should be any.
const PATIENCE: Duration = Duration::from_secs(20);

/// A folder to which the server may write, whoever it runs as. Its files go with it.
#[derive(Debug)]
pub struct FilesFolder(TempDir);

impl FilesFolder {
    /// An empty folder.
    pub fn new() -> FilesFolder {
        let folder = tempfile::Builder::new().prefix("dianfu-files-").tempdir().expect("create a temporary folder");
        fs::set_permissions(folder.path(), Permissions::from_mode(0o777)).expect("let everybody in");
        FilesFolder(folder)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// The same as the ledger takes it.
    pub fn folder(&self) -> Folder {
        self.path().to_str().and_then(Folder::parse).expect("a temporary folder needs no quotes")
    }

    /// Detaches a segment of the ledger's book.
    pub async fn detach(&self, database: &Database, ledger: &Ledger, segment_no: i32) -> Result<Segment, Fault> {
        let detached = segment::detach(database, ledger.book(), segment_no, &self.folder(), PATIENCE).await;
        detached.expect("the world is in order")
    }
}

impl Default for FilesFolder {
    fn default() -> Self {
        Self::new()
    }
}

/// Attaches a segment of the ledger's book.
pub async fn attach(database: &Database, ledger: &Ledger, segment_no: i32) -> Result<Segment, Fault> {
    segment::attach(database, ledger.book(), segment_no, PATIENCE).await.expect("the world is in order")
}

/// Puts the ids of all full segments on record, as a process does that has the time.
pub async fn record_ids(ledger: &Ledger) {
    let mut client = ledger.client().await.expect("a connection");
    while record_next(&mut client, &Offers::default()).await.expect("put ids on record") {}
}
