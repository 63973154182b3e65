//! What can go wrong between Dianfu and its PostgreSQL, as seen by the person who has to put it right.

use std::path::PathBuf;
use std::time::Duration;

/// Why the database cannot be reached, started, or used.
///
/// The texts never repeat their source: print the whole chain once, where the error is handled.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DbError {
    /// The connection URL is malformed.
    #[error("the database URL cannot be read")]
    BadUrl(#[source] tokio_postgres::Error),
    /// No connection could be made.
    #[error("cannot connect to PostgreSQL at {server}")]
    Connect {
        /// Host names, addresses or socket folders that were tried.
        server: String,
        /// What the driver met.
        source: tokio_postgres::Error,
    },
    /// The server refused a statement, or the connection broke under it.
    #[error("PostgreSQL did not carry out a statement")]
    Statement(#[from] tokio_postgres::Error),
    /// A connection pool could not be built.
    #[error("the connection pool cannot be built")]
    Pool(#[from] deadpool_postgres::BuildError),
    /// The database user may not do what is needed; an administrator can.
    #[error("the database user lacks a right; let an administrator run: {statements}")]
    MissingRight {
        /// The statements to run, ready to paste.
        statements: String,
        /// The server's refusal.
        source: tokio_postgres::Error,
    },
    /// Neither a data folder nor a home folder is known.
    #[error("no home folder is known: set DIANFU_DATA to the folder that shall hold the data")]
    NoHome,
    /// A file or folder of the private cluster could not be used.
    #[error("cannot {verb} {}", path.display())]
    File {
        /// What was tried: "create", "read", "lock" and so on.
        verb: &'static str,
        /// What it was tried on.
        path: PathBuf,
        /// The system's answer.
        source: std::io::Error,
    },
    /// No PostgreSQL server programs on this machine.
    #[error(
        "PostgreSQL's server programs (postgres, initdb) were not found; looked in {looked_in}. \
         Install them with `apt-get install --no-install-recommends postgresql`, \
         or set DIANFU_PG_BIN to the folder that holds them, or set DATABASE_URL to a running server"
    )]
    NoServerPrograms {
        /// The places that were searched, in order.
        looked_in: String,
    },
    /// The server programs found are of a release too old for our SQL.
    #[error("{} is PostgreSQL {major}; Dianfu needs {oldest} or newer", bin.display())]
    TooOld {
        /// Folder of the programs.
        bin: PathBuf,
        /// Their major version.
        major: u32,
        /// The oldest major version that works.
        oldest: u32,
    },
    /// The data folder was made by another major version of PostgreSQL.
    #[error(
        "{} was made by PostgreSQL {found}, but the programs in {} are PostgreSQL {installed}. \
         Install PostgreSQL {found} again (`apt-get install postgresql-{found}`), \
         or set DIANFU_PG_BIN to its programs, \
         or move the data to {installed} with pg_upgrade, or choose another data folder",
        folder.display(), bin.display()
    )]
    OtherMajor {
        /// The database files.
        folder: PathBuf,
        /// The major version written in them.
        found: u32,
        /// Folder of the programs at hand.
        bin: PathBuf,
        /// The major version of the programs at hand.
        installed: u32,
    },
    /// The server runs as another user, who cannot reach the data folder.
    #[error(
        "PostgreSQL does not run as root; it would run as user {user}, who may not pass through {}. \
         Choose a data folder elsewhere (the default is /var/lib/dianfu), or run `chmod o+x {}`",
        folder.display(), folder.display()
    )]
    Unreachable {
        /// The first folder on the way that bars it.
        folder: PathBuf,
        /// The user that the server runs as.
        user: String,
    },
    /// The database files belong to somebody else.
    #[error("{} belongs to user {owner}: run as that user or as root, or choose another data folder", folder.display())]
    OtherOwner {
        /// The database files.
        folder: PathBuf,
        /// Who owns them.
        owner: String,
    },
    /// Running as root, and there is no user to run the server as.
    #[error("PostgreSQL does not run as root, and there is neither a user postgres nor a user nobody to run it as")]
    NoServerUser,
    /// `initdb` or `postgres --version` failed.
    #[error("{} failed: {output}", program.display())]
    Program {
        /// The program.
        program: PathBuf,
        /// What it wrote, trimmed.
        output: String,
    },
    /// The server ended instead of becoming ready.
    #[error("PostgreSQL did not start; the end of {} says: {tail}", log.display())]
    DidNotStart {
        /// The server's log.
        log: PathBuf,
        /// Its last lines.
        tail: String,
    },
    /// The server neither became ready nor ended in time.
    #[error("PostgreSQL is still {doing} after {} s; the end of {} says: {tail}", limit.as_secs(), log.display())]
    TooSlow {
        /// "starting" or "stopping".
        doing: &'static str,
        /// How long we waited.
        limit: Duration,
        /// The server's log.
        log: PathBuf,
        /// Its last lines.
        tail: String,
    },
}

impl DbError {
    /// Whether the same may succeed later: the server is gone, starting, or out of reach.
    pub fn is_retryable(&self) -> bool {
        matches!(self, Self::Connect { .. } | Self::TooSlow { .. })
    }

    /// For `map_err`: the file operation that failed and on what.
    pub(super) fn file(verb: &'static str, path: impl Into<PathBuf>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.into();
        move |source| Self::File { verb, path, source }
    }
}
