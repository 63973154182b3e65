//! Leaving the server, and stopping it when nobody else is left.

use nix::errno::Errno;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use super::folder::{Folder, remove_folder};
use super::wait::wait_for;
use super::{DbError, Usage, lock, postmaster};

/// Gives up our use. If it was the last, stops the server: it ends its sessions, writes a checkpoint and goes.
pub(super) fn stop_if_last(folder: &Folder, usage: Usage) -> Result<(), DbError> {
    let _change = lock::exclusive(&folder.change_lock())?;
    lock::release(&usage.users_lock, &folder.users_lock())?;
    if lock::is_free(&folder.users_lock())? {
        stop(folder)?;
        // The one that we name, not the one that a file in the folder names: the folder may be another user's.
        remove_folder(&folder.socket_folder())?;
        if let Some(mut child) = usage.child {
            child.wait().map_err(DbError::file("wait for the server of", folder.root()))?;
        }
    }
    Ok(())
}

fn stop(folder: &Folder) -> Result<(), DbError> {
    // Where nobody answers the server was killed: its process number may be anybody's by now.
    if let Some(postmaster) = postmaster::read(folder).filter(postmaster::Postmaster::answers) {
        match kill(Pid::from_raw(postmaster.pid), Signal::SIGINT) {
            Ok(()) | Err(Errno::ESRCH) => {}
            Err(errno) => return Err(DbError::file("stop the server of", folder.root())(errno.into())),
        }
    }
    wait_for(folder, "stopping", || Ok(lock::is_free(&folder.server_lock())?.then_some(())))
}
