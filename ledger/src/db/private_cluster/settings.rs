//! The server's settings, written anew before each start so that a new release of Dianfu brings its own.
//!
//! They suit a laptop and a 24 GiB machine alike: 320 MB of shared memory, used as it is touched. What an operator sets
//! with `ALTER SYSTEM` is kept and wins.

use std::fs::{File, Permissions};
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use super::folder::{Folder, remove_file};
use super::{DbError, Durability};

const COMMON: &str = "\
# Written by Dianfu at each start. Change settings with ALTER SYSTEM, not here.
listen_addresses = ''
port = 5432
unix_socket_permissions = 0700
# A program keeps up to 20 connections to a book, and serves several books.
max_connections = 300

shared_buffers = '256MB'
wal_buffers = '64MB'
max_wal_size = '4GB'
checkpoint_timeout = '15min'
# PostgreSQL needs System V shared memory anyway; a container's /dev/shm may be small or closed.
dynamic_shared_memory_type = sysv
# Journal rows compress badly and the writer's core is the scarce one.
wal_compression = off
# Our statements are many and short: compiling them costs more than it saves.
jit = off

timezone = 'UTC'
log_timezone = 'UTC'
datestyle = 'ISO, YMD'
lc_messages = 'C.UTF-8'
default_text_search_config = 'pg_catalog.simple'
log_line_prefix = '%m [%p] %q%u@%d '
# Statements and row values carry personal data: the log names the error and nothing more.
log_min_error_statement = panic
log_error_verbosity = terse
";

const DURABLE: &str = "
fsync = on
full_page_writes = on
synchronous_commit = on
";

const THROWAWAY: &str = "
fsync = off
full_page_writes = off
synchronous_commit = off
";

pub(super) fn write(folder: &Folder, socket_folder: &Path, durability: Durability) -> Result<(), DbError> {
    let path = folder.settings();
    remove_file(&path)?;
    // A new file: the folder may be another user's, whose link root must not follow.
    let mut file = File::create_new(&path).map_err(DbError::file("make", &path))?;
    let written = file.write_all(text(socket_folder, durability).as_bytes());
    // Written by root where root starts the server, read by the server's user.
    let written = written.and_then(|()| file.set_permissions(Permissions::from_mode(0o644)));
    written.map_err(DbError::file("write", &path))
}

fn text(socket_folder: &Path, durability: Durability) -> String {
    let durability = match durability {
        Durability::Durable => DURABLE,
        Durability::Throwaway => THROWAWAY,
    };
    // A list of folders, each in double quotes, within a string in single quotes.
    let folder = socket_folder.display().to_string().replace('"', "\"\"").replace('\\', "\\\\").replace('\'', "''");
    format!("{COMMON}{durability}\nunix_socket_directories = '\"{folder}\"'\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_socket_folder_is_quoted_twice() {
        let text = text(Path::new("/srv/o'neil, jr/run"), Durability::Durable);
        assert!(text.contains("unix_socket_directories = '\"/srv/o''neil, jr/run\"'\n"), "{text}");
        assert!(text.contains("\nfsync = on\n"));
    }
}
