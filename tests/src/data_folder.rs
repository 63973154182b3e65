//! Data folders that leave nothing behind, however the test process ends.

use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use dianfu_ledger::db::{Durability, PrivateCluster};

/// Waits until its input ends, which it does when nobody is left who could write to it: when the folder is dropped, and
/// when the test process is gone, killed or not. Then ends the server of the folder, if one lives, and removes the
/// folder.
const WATCHDOG: &str = r#"
cat >/dev/null
cd "$1" || exit
flock --nonblock server.lock true || kill -QUIT "$(head -n 1 postgres/postmaster.pid)"
flock --timeout 30 server.lock true
cd / && rm -rf "$1"
"#;

/// A new data folder for a private cluster. When it is dropped, and when the test process dies, the server in it is
/// killed and the folder removed.
#[derive(Debug)]
pub struct DataFolder {
    path: PathBuf,
    watchdog: Child,
}

impl DataFolder {
    /// An empty folder under the system's temporary folder.
    pub fn new() -> Self {
        let path = tempfile::Builder::new().prefix("dianfu-test-").tempdir().expect("create a temporary folder").keep();
        let watchdog = Command::new("sh")
            .args(["-c", WATCHDOG, "watchdog"])
            .arg(&path)
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .process_group(0)
            .spawn()
            .expect("start the watchdog");
        Self { path, watchdog }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Default for DataFolder {
    fn default() -> Self {
        Self::new()
    }
}

impl Drop for DataFolder {
    fn drop(&mut self) {
        drop(self.watchdog.stdin.take());
        if let Err(error) = self.watchdog.wait() {
            eprintln!("{} may be left behind: {error}", self.path.display());
        }
    }
}

/// A running cluster with fsync on, in a folder of its own, for tests that kill things.
pub fn durable_cluster() -> (DataFolder, PrivateCluster) {
    let folder = DataFolder::new();
    let cluster = PrivateCluster::start(folder.path(), Durability::Durable).expect("start a durable cluster");
    (folder, cluster)
}
