//! Where the data lies when nobody says where.

use std::env;
use std::path::PathBuf;

use nix::unistd::geteuid;

use super::DbError;

/// `/var/lib/dianfu` for root, otherwise `dianfu` under the user's data folder (`XDG_DATA_HOME`, `~/.local/share`).
///
/// Root's home is closed to the user that the server runs as, hence the difference.
pub fn default_data_dir() -> Result<PathBuf, DbError> {
    if geteuid().is_root() {
        return Ok(PathBuf::from("/var/lib/dianfu"));
    }
    absolute("XDG_DATA_HOME")
        .or_else(|| absolute("HOME").map(|home| home.join(".local/share")))
        .map(|folder| folder.join("dianfu"))
        .ok_or(DbError::NoHome)
}

fn absolute(variable: &str) -> Option<PathBuf> {
    env::var_os(variable).map(PathBuf::from).filter(|path| path.is_absolute())
}
