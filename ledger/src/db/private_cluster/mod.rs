//! A PostgreSQL of our own, in a folder of our own, for machines where nobody set one up.
//!
//! Promises:
//! - The server is durable: fsync, full page writes, synchronous commit and data checksums are on. It listens on a Unix
//!   socket in a folder that only its user may enter, on no network address.
//! - Any number of programs may use one folder at once. The first starts the server, the last one stops it.
//! - A `kill -9` of the program, of the server, or of both at any moment leaves a folder that the next start takes up:
//!   a half-made one is made again, a running server is used, a dead one recovers.
//! - Run by root, the server runs as user `postgres` (else `nobody`); a folder that exists keeps its user.
//!
//! How: the kernel's file locks, which end with the processes that hold them, and nothing else.
//!
//! | file | lock held by | while |
//! |---|---|---|
//! | `dianfu.lock` | a program, exclusive | it starts or stops the server; `initdb` inherits it |
//! | `users.lock` | each program, shared | it uses the server |
//! | `server.lock` | each server process, shared | it lives: it is the server's standard input |
//!
//! A free `server.lock` says that no process of the server is left, whatever `postmaster.pid` says and whoever has its
//! process number now. A free `users.lock` says that the last user has gone. Both are asked under `dianfu.lock` only.
//!
//! Costs: about half a second for the first start, a tenth for later ones, and nothing to join a running server.

mod data_dir;
mod folder;
mod init;
mod lock;
mod postmaster;
mod programs;
mod server_user;
mod settings;
mod start;
mod stop;
mod wait;

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::sync::{Mutex, MutexGuard, PoisonError};

pub use data_dir::default_data_dir;

use super::DbError;
use folder::Folder;

/// The one role and the one database that a private cluster needs: books are schemas.
pub(super) const OWNER: &str = "postgres";

/// Whether an answered commit outlives the machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Durability {
    /// Every commit is on disk before it is answered. What everybody gets.
    Durable,
    /// Nothing is forced to disk: faster, and worthless after a power cut. For tests only.
    Throwaway,
}

/// One program's use of the PostgreSQL server in a data folder.
#[derive(Debug)]
pub struct PrivateCluster {
    folder: Folder,
    socket_folder: PathBuf,
    /// Our shared hold on `users.lock`, and the server if it is our child. `None` once closed.
    usage: Mutex<Option<Usage>>,
}

#[derive(Debug)]
struct Usage {
    users_lock: File,
    child: Option<Child>,
}

impl PrivateCluster {
    /// Joins the server of this data folder, starting it, and before that making it, where needed.
    ///
    /// Blocks until the server takes connections: recovery after a crash is waited for.
    pub fn start(folder: &Path, durability: Durability) -> Result<Self, DbError> {
        start::start(folder, durability)
    }

    /// The data folder, without symbolic links.
    pub fn folder(&self) -> &Path {
        self.folder.root()
    }

    /// The folder of the server's socket: the `host` of a connection.
    pub fn socket_folder(&self) -> &Path {
        &self.socket_folder
    }

    /// The process number of the running server, `None` if it is gone.
    pub fn server_pid(&self) -> Option<i32> {
        postmaster::read(&self.folder).map(|postmaster| postmaster.pid)
    }

    /// Ends this program's use; the last one to do so stops the server. Closing twice is fine.
    ///
    /// Blocks until the server has gone, if it goes.
    pub fn close(&self) -> Result<(), DbError> {
        match self.usage().take() {
            Some(usage) => stop::stop_if_last(&self.folder, usage),
            None => Ok(()),
        }
    }

    fn usage(&self) -> MutexGuard<'_, Option<Usage>> {
        self.usage.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for PrivateCluster {
    fn drop(&mut self) {
        if let Err(error) = self.close() {
            tracing::error!(error = crate::error::in_full(&error), "the private PostgreSQL was not stopped");
        }
    }
}
