//! What can go wrong with the world: the database is gone, refuses, or holds what nobody wrote.
//!
//! What a caller did wrong is never an [`Error`]: it is a [`crate::rejection::Rejection`] or another value.

use tokio_postgres::error::SqlState;

/// An error of the world.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// PostgreSQL refused a statement or the connection broke.
    #[error("the database did not carry out a statement")]
    Database(#[from] tokio_postgres::Error),
    /// No connection to PostgreSQL could be had.
    #[error("no connection to the database could be had")]
    Pool(#[from] deadpool_postgres::PoolError),
    /// The database could not be opened.
    #[error("the database could not be opened")]
    Open(#[from] crate::db::DbError),
    /// A migration failed or differs from what was applied.
    #[error("the book's tables could not be brought up to date")]
    Migration(#[from] refinery::Error),
    /// The database did not answer, also when asked again. Nothing is half done: ask again with the same ids.
    #[error("the database is not available; nothing is half done, ask again with the same ids")]
    Unavailable,
    /// The database refused an entry that the rules let through: a mistake of ours, and nothing of it is posted.
    #[error("the database refused the entries; nothing of them is posted: {0}")]
    Posting(String),
    /// There is no such book.
    #[error("there is no book '{0}'")]
    BookUnknown(String),
    /// The database holds what this program never wrote.
    #[error("the book holds what this program never wrote: {0}")]
    Corrupt(String),
    /// A request has more entries than one turn takes.
    #[error("a request has at most {max} entries; this has {actual}")]
    RequestTooLarge {
        /// How many it has.
        actual: usize,
        /// The most it may have.
        max: usize,
    },
}

impl Error {
    /// Whether the same request may succeed later: the database is gone, restarting, or out of connections.
    pub fn is_retryable(&self) -> bool {
        match self {
            Error::Database(error) => is_connection_lost(error),
            Error::Pool(_) | Error::Unavailable => true,
            Error::Open(error) => error.is_retryable(),
            Error::Migration(_)
            | Error::BookUnknown(_)
            | Error::Corrupt(_)
            | Error::Posting(_)
            | Error::RequestTooLarge { .. } => false,
        }
    }

    /// Whether the database refused a statement because of a named constraint of ours.
    pub fn violates(&self, constraint: &str) -> bool {
        match self {
            Error::Database(error) => error.as_db_error().and_then(|db| db.constraint()) == Some(constraint),
            _ => false,
        }
    }
}

fn is_connection_lost(error: &tokio_postgres::Error) -> bool {
    let shutting_down = [
        SqlState::ADMIN_SHUTDOWN,
        SqlState::CRASH_SHUTDOWN,
        SqlState::CANNOT_CONNECT_NOW,
        SqlState::TOO_MANY_CONNECTIONS,
        SqlState::CONNECTION_FAILURE,
        SqlState::CONNECTION_EXCEPTION,
        SqlState::T_R_SERIALIZATION_FAILURE,
        SqlState::T_R_DEADLOCK_DETECTED,
    ];
    match error.code() {
        Some(code) => shutting_down.contains(code),
        None => true,
    }
}
