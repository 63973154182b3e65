//! Making the data directory: in a folder beside it, moved into place by one rename when all of it is on disk.

use std::fs::{self, File};

use super::folder::{Folder, remove_folder};
use super::programs::Programs;
use super::{DbError, Durability, OWNER};

/// Makes the data directory. What an interrupted attempt left is removed first.
///
/// `initdb` inherits our hold on `dianfu.lock`: should we be killed, nobody touches the folder until it has ended too.
pub(super) fn init(folder: &Folder, programs: &Programs, durability: Durability, change: &File) -> Result<(), DbError> {
    let unfinished = folder.unfinished();
    remove_folder(&unfinished)?;
    folder.user().create_own_folder(&unfinished)?;

    let program = programs.initdb();
    let mut command = folder.user().command(&program, folder.root());
    command
        .arg("--pgdata")
        .arg(&unfinished)
        .args(["--username", OWNER, "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums"])
        // Who may enter the socket's folder is the question; it is asked by the system.
        .args(["--auth-local=trust", "--auth-host=reject", "--no-instructions"])
        .stdin(change.try_clone().map_err(DbError::file("lock", folder.change_lock()))?);
    if durability == Durability::Throwaway {
        command.arg("--no-sync");
    }
    tracing::info!(folder = %folder.data().display(), major = programs.major, "making a private PostgreSQL");
    let output = command.output().map_err(DbError::file("run", &program))?;
    if !output.status.success() {
        return Err(DbError::Program { program, output: String::from_utf8_lossy(&output.stderr).trim().to_owned() });
    }

    fs::rename(&unfinished, folder.data()).map_err(DbError::file("rename", &unfinished))?;
    File::open(folder.root()).and_then(|root| root.sync_all()).map_err(DbError::file("sync", folder.root()))
}
