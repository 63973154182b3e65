//! The kernel's file locks. A lock belongs to the opened file and ends with the last process that has it open, so no
//! crash leaves one behind.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt;
use std::path::Path;

use nix::fcntl::OFlag;

use super::DbError;

/// Holds the file alone. Waits for its holder, saying so.
pub(super) fn exclusive(path: &Path) -> Result<File, DbError> {
    let file = open(path)?;
    match file.try_lock() {
        Ok(()) => return Ok(file),
        Err(TryLockError::WouldBlock) => tracing::info!("waiting for another program to start or stop PostgreSQL"),
        Err(TryLockError::Error(error)) => return Err(DbError::file("lock", path)(error)),
    }
    file.lock().map_err(DbError::file("lock", path))?;
    Ok(file)
}

/// Holds the file together with others.
pub(super) fn shared(path: &Path) -> Result<File, DbError> {
    let file = open(path)?;
    file.lock_shared().map_err(DbError::file("lock", path))?;
    Ok(file)
}

/// Whether nobody holds the file.
pub(super) fn is_free(path: &Path) -> Result<bool, DbError> {
    let file = open(path)?;
    match file.try_lock() {
        Ok(()) => release(&file, path).map(|()| true),
        Err(TryLockError::WouldBlock) => Ok(false),
        Err(TryLockError::Error(error)) => Err(DbError::file("lock", path)(error)),
    }
}

/// Ends a hold at once, also in a copy that a program just being started has for a moment.
pub(super) fn release(file: &File, path: &Path) -> Result<(), DbError> {
    file.unlock().map_err(DbError::file("unlock", path))
}

/// Readable by its owner alone: who can open the file could hold it. Never through a link: the folder may be another
/// user's.
fn open(path: &Path) -> Result<File, DbError> {
    OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .custom_flags(OFlag::O_NOFOLLOW.bits())
        .open(path)
        .map_err(DbError::file("open", path))
}
