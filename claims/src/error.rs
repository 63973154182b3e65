//! What can go wrong with the world. What a caller did wrong is a [`crate::refusal::Refusal`] or another value.

use dianfu_ledger::query::QueryError;

use crate::vault::VaultFault;

/// An error of the world.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The ledger or its database could not do its work.
    #[error("the ledger could not do its work")]
    Ledger(#[from] dianfu_ledger::Error),
    /// Settlement could not do its work.
    #[error("settlement could not do its work")]
    Settlement(#[from] dianfu_settlement::Error),
    /// A sealed record does not open.
    #[error("a sealed record does not open")]
    Sealed(#[from] VaultFault),
    /// The object store could not do its work.
    #[error("the object store could not do its work")]
    Store(#[from] object_store::Error),
    /// The database holds what this program never wrote.
    #[error("the book holds what this program never wrote: {0}")]
    Corrupt(String),
}

impl Error {
    /// Whether the same request may succeed later. Nothing is half done.
    pub fn is_retryable(&self) -> bool {
        match self {
            Error::Ledger(error) => error.is_retryable(),
            Error::Settlement(error) => error.is_retryable(),
            Error::Store(error) => !matches!(error, object_store::Error::NotFound { .. }),
            Error::Sealed(_) | Error::Corrupt(_) => false,
        }
    }
}

impl From<tokio_postgres::Error> for Error {
    fn from(error: tokio_postgres::Error) -> Error {
        Error::Ledger(dianfu_ledger::Error::Database(error))
    }
}

impl From<QueryError> for Error {
    fn from(error: QueryError) -> Error {
        Error::Settlement(error.into())
    }
}
