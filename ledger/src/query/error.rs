//! Why a question has no answer.

use jiff::Timestamp;

use crate::error::Error;

/// Why a question has no answer: the question itself, or the world.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// What is known at a time can be told only when that time has passed.
    #[error("known_at {known_at} has not passed yet: the database's clock is at {clock}")]
    KnownAtInFuture {
        /// The time that was asked for.
        known_at: Timestamp,
        /// What the database's clock showed.
        clock: Timestamp,
    },
    /// The cursor was not given out for this question.
    #[error("the cursor does not belong to this question; use the cursor of the page before, with the same filters")]
    CursorMalformed,
    /// The database is gone, or holds what nobody wrote.
    #[error(transparent)]
    World(#[from] Error),
}

impl QueryError {
    /// Stable code of a question that cannot be answered; `None` if the world is at fault.
    pub fn code(&self) -> Option<&'static str> {
        match self {
            QueryError::KnownAtInFuture { .. } => Some("known_at_in_future"),
            QueryError::CursorMalformed => Some("cursor_malformed"),
            QueryError::World(_) => None,
        }
    }
}

impl From<tokio_postgres::Error> for QueryError {
    fn from(error: tokio_postgres::Error) -> QueryError {
        QueryError::World(Error::Database(error))
    }
}
