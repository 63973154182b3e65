//! The data folder: what lies where in it, and who may enter it.

use std::fs::{self, DirBuilder, Permissions};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{DirBuilderExt, MetadataExt, PermissionsExt};
use std::path::{Path, PathBuf};

use nix::unistd::geteuid;
use sha2::{Digest, Sha256};

use super::DbError;
use super::server_user::ServerUser;

/// A socket's whole path has 107 bytes at most on Linux and 103 elsewhere; its name takes 18.
const LONGEST_SOCKET_FOLDER: usize = 84;

/// A data folder that exists and that the server's user can reach.
#[derive(Debug)]
pub(super) struct Folder {
    root: PathBuf,
    user: ServerUser,
}

impl Folder {
    /// Makes the folder where it is missing and checks that the server can live in it.
    pub(super) fn prepare(root: &Path) -> Result<Self, DbError> {
        fs::create_dir_all(root.parent().unwrap_or(root)).map_err(DbError::file("create", root))?;
        match DirBuilder::new().mode(0o700).create(root) {
            Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
                return Err(DbError::file("create", root)(error));
            }
            _ => {}
        }
        let root = root.canonicalize().map_err(DbError::file("open", root))?;
        let user = ServerUser::of(&root.join("postgres"))?;
        open_the_door(&root, &user)?;
        user.check_way_to(&root)?;
        Ok(Self { root, user })
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn user(&self) -> &ServerUser {
        &self.user
    }

    /// PostgreSQL's own data directory.
    pub(super) fn data(&self) -> PathBuf {
        self.root.join("postgres")
    }

    /// Where `initdb` works; becomes [`Self::data`] by one rename when it is done.
    pub(super) fn unfinished(&self) -> PathBuf {
        self.root.join("postgres.new")
    }

    pub(super) fn log(&self) -> PathBuf {
        self.root.join("postgres.log")
    }

    pub(super) fn settings(&self) -> PathBuf {
        self.root.join("postgres.conf")
    }

    pub(super) fn change_lock(&self) -> PathBuf {
        self.root.join("dianfu.lock")
    }

    pub(super) fn users_lock(&self) -> PathBuf {
        self.root.join("users.lock")
    }

    pub(super) fn server_lock(&self) -> PathBuf {
        self.root.join("server.lock")
    }

    /// The major version that made the data directory; `None` if there is none yet.
    pub(super) fn major(&self) -> Result<Option<u32>, DbError> {
        let path = self.data().join("PG_VERSION");
        match fs::read_to_string(&path) {
            Ok(text) => text.trim().parse().map(Some).map_err(|error| {
                DbError::file("read", path)(std::io::Error::new(std::io::ErrorKind::InvalidData, error))
            }),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(DbError::file("read", path)(error)),
        }
    }

    /// The folder for the socket.
    ///
    /// Where the data folder's path is too long for a socket, it is one in the system's temporary folder, named by a
    /// digest of the path.
    pub(super) fn socket_folder(&self) -> PathBuf {
        let digest = Sha256::digest(self.root.as_os_str().as_bytes());
        let hex = digest[..8].iter().fold(String::new(), |hex, byte| format!("{hex}{byte:02x}"));
        let name = format!("dianfu-{}-{hex}", self.user.uid());
        let places = [self.root.join("run"), std::env::temp_dir().join(&name)];
        let short = places.into_iter().find(|place| place.as_os_str().len() <= LONGEST_SOCKET_FOLDER);
        short.unwrap_or_else(|| Path::new("/tmp").join(name))
    }

    /// The folder for the socket, empty and open to the server's user alone. No server may be running. One that
    /// somebody else put there is refused.
    pub(super) fn fresh_socket_folder(&self) -> Result<PathBuf, DbError> {
        let folder = self.socket_folder();
        remove_folder(&folder)?;
        self.user.create_own_folder(&folder)?;
        Ok(folder)
    }
}

/// Removes a file; fine if there is none.
pub(super) fn remove_file(path: &Path) -> Result<(), DbError> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(DbError::file("remove", path)(error)),
        _ => Ok(()),
    }
}

/// Removes a folder with all it holds; fine if there is none.
pub(super) fn remove_folder(folder: &Path) -> Result<(), DbError> {
    match fs::remove_dir_all(folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => Err(DbError::file("remove", folder)(error)),
        _ => Ok(()),
    }
}

/// Lets the server's user pass through root's own new folder. A folder that holds something else is left as it is.
fn open_the_door(root: &Path, user: &ServerUser) -> Result<(), DbError> {
    let metadata = fs::metadata(root).map_err(DbError::file("open", root))?;
    let ours_and_new = metadata.uid() == geteuid().as_raw()
        && fs::read_dir(root).map_err(DbError::file("list", root))?.next().is_none();
    if user.is_another() && ours_and_new {
        let mode = metadata.permissions().mode() | 0o011;
        fs::set_permissions(root, Permissions::from_mode(mode)).map_err(DbError::file("open", root))?;
    }
    Ok(())
}
