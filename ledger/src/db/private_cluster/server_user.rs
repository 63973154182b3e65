//! Who the server runs as. PostgreSQL refuses root, so root hands over to `postgres`, else to `nobody`.

use std::env;
use std::fs::{self, DirBuilder, Metadata};
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Command;

use nix::unistd::{Gid, Uid, User, chown, geteuid};

use super::DbError;

/// The system's user that owns the data directory and runs the server.
#[derive(Debug)]
pub(super) struct ServerUser {
    name: String,
    uid: Uid,
    gid: Gid,
    /// We are root and hand over to this user.
    another: bool,
}

impl ServerUser {
    /// The user of an existing data directory, or the one that a new one shall get.
    pub(super) fn of(data: &Path) -> Result<Self, DbError> {
        let me = geteuid();
        let owner = fs::metadata(data).ok().map(|metadata| Uid::from_raw(metadata.uid()));
        match owner {
            Some(owner) if me.is_root() && !owner.is_root() => Self::known(owner, true),
            Some(owner) if owner != me => {
                let owner = User::from_uid(owner).ok().flatten().map_or_else(|| owner.to_string(), |user| user.name);
                Err(DbError::OtherOwner { folder: data.to_path_buf(), owner })
            }
            _ if me.is_root() => ["postgres", "nobody"]
                .iter()
                .find_map(|name| User::from_name(name).ok().flatten())
                .map(|user| Self { name: user.name, uid: user.uid, gid: user.gid, another: true })
                .ok_or(DbError::NoServerUser),
            _ => Self::known(me, false),
        }
    }

    fn known(uid: Uid, another: bool) -> Result<Self, DbError> {
        match User::from_uid(uid).ok().flatten() {
            Some(user) => Ok(Self { name: user.name, uid, gid: user.gid, another }),
            // A user without an entry in the system's list, as containers have: fine as long as it is ourselves.
            None if !another => Ok(Self { name: uid.to_string(), uid, gid: nix::unistd::getegid(), another }),
            None => Err(DbError::NoServerUser),
        }
    }

    pub(super) fn uid(&self) -> Uid {
        self.uid
    }

    /// Whether we are root and the server is not.
    pub(super) fn is_another(&self) -> bool {
        self.another
    }

    /// A command that runs as this user, in a process group of its own so that the terminal's Ctrl-C passes it by, and
    /// without the PostgreSQL settings of our environment.
    pub(super) fn command(&self, program: &Path, folder: &Path) -> Command {
        let mut command = Command::new(program);
        command.current_dir(folder).process_group(0).env("LC_ALL", "C.UTF-8");
        for (variable, _) in env::vars_os().filter(|(variable, _)| variable.to_string_lossy().starts_with("PG")) {
            command.env_remove(variable);
        }
        if self.another {
            command.uid(self.uid.as_raw()).gid(self.gid.as_raw());
        }
        command
    }

    /// A new folder that only this user may enter.
    pub(super) fn create_own_folder(&self, folder: &Path) -> Result<(), DbError> {
        DirBuilder::new().mode(0o700).create(folder).map_err(DbError::file("create", folder))?;
        if self.another {
            chown(folder, Some(self.uid), Some(self.gid))
                .map_err(|errno| DbError::file("change the owner of", folder)(errno.into()))?;
        }
        Ok(())
    }

    /// Checks that this user may pass through the folder and all folders above it.
    pub(super) fn check_way_to(&self, folder: &Path) -> Result<(), DbError> {
        if !self.another {
            return Ok(());
        }
        for step in folder.ancestors() {
            let metadata = fs::metadata(step).map_err(DbError::file("open", step))?;
            if !self.may_pass(&metadata) {
                return Err(DbError::Unreachable { folder: step.to_path_buf(), user: self.name.clone() });
            }
        }
        Ok(())
    }

    fn may_pass(&self, folder: &Metadata) -> bool {
        let mode = folder.permissions().mode();
        if folder.uid() == self.uid.as_raw() {
            mode & 0o100 != 0
        } else if folder.gid() == self.gid.as_raw() {
            mode & 0o010 != 0
        } else {
            mode & 0o001 != 0
        }
    }
}
