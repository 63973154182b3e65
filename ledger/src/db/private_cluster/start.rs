//! Joining the server, or starting it.

use std::fs::{self, File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::Mutex;

use nix::fcntl::OFlag;

use super::folder::{Folder, remove_file};
use super::wait::{log_tail, wait_for};
use super::{DbError, Durability, PrivateCluster, Usage, init, lock, postmaster, programs, settings};

/// Size past which the server's log is turned over when the server is started.
const LOG_BYTES_MAX: u64 = 10 << 20;

pub(super) fn start(folder: &Path, durability: Durability) -> Result<PrivateCluster, DbError> {
    let folder = Folder::prepare(folder)?;
    let change = lock::exclusive(&folder.change_lock())?;
    let users_lock = lock::shared(&folder.users_lock())?;
    let (socket_folder, child) = match running(&folder)? {
        Some(socket_folder) => (socket_folder, None),
        None => launch(&folder, durability, &change)?,
    };
    Ok(PrivateCluster { folder, socket_folder, usage: Mutex::new(Some(Usage { users_lock, child })) })
}

/// The socket's folder of the server that runs already, once it is ready; `None` once nothing of it is left.
///
/// A server that is starting gets ready, one that is stopping goes, and so do the processes of one that was killed.
fn running(folder: &Folder) -> Result<Option<PathBuf>, DbError> {
    wait_for(folder, "starting", || {
        if lock::is_free(&folder.server_lock())? {
            return Ok(Some(None));
        }
        Ok(postmaster::read(folder).filter(postmaster::Postmaster::is_ready).map(|ready| Some(ready.socket_folder)))
    })
}

/// Starts the server; nothing of an earlier one is left.
fn launch(folder: &Folder, durability: Durability, change: &File) -> Result<(PathBuf, Option<Child>), DbError> {
    let made_by = folder.major()?;
    let programs = programs::find(&folder.data(), made_by)?;
    if made_by.is_none() {
        init::init(folder, &programs, durability, change)?;
    }
    // The server would believe the file of a killed one where its process number is in use again.
    remove_file(&folder.data().join("postmaster.pid"))?;
    settings::write(folder, &folder.fresh_socket_folder()?, durability)?;

    let mut child = spawn(folder, &programs.postgres())?;
    let socket_folder = wait_for(folder, "starting", || {
        if child.try_wait().map_err(DbError::file("wait for", programs.postgres()))?.is_some() {
            return Err(DbError::DidNotStart { log: folder.log(), tail: log_tail(folder) });
        }
        Ok(postmaster::read(folder).filter(postmaster::Postmaster::is_ready).map(|ready| ready.socket_folder))
    })?;
    Ok((socket_folder, Some(child)))
}

/// Its standard input is the shared hold on `server.lock`, which all its processes inherit and none reads.
fn spawn(folder: &Folder, postgres: &Path) -> Result<Child, DbError> {
    let log_path = folder.log();
    let mut options = OpenOptions::new();
    options.append(true).create(true).mode(0o600).custom_flags(OFlag::O_NOFOLLOW.bits());
    turn_over(&log_path)?;
    let log = options.open(&log_path).map_err(DbError::file("open", &log_path))?;
    let log_twin = log.try_clone().map_err(DbError::file("open", &log_path))?;
    let mut config_file = std::ffi::OsString::from("config_file=");
    config_file.push(folder.settings());
    folder
        .user()
        .command(postgres, folder.root())
        .arg("-D")
        .arg(folder.data())
        .arg("-c")
        .arg(config_file)
        .stdin(lock::shared(&folder.server_lock())?)
        .stdout(log)
        .stderr(log_twin)
        .spawn()
        .map_err(DbError::file("run", postgres))
}

/// Keeps the log of the server short: one that has grown large becomes the only older one.
fn turn_over(log: &Path) -> Result<(), DbError> {
    match fs::symlink_metadata(log) {
        Ok(there) if there.len() > LOG_BYTES_MAX => {
            fs::rename(log, log.with_extension("log.1")).map_err(DbError::file("rename", log))
        }
        Ok(_) | Err(_) => Ok(()),
    }
}
