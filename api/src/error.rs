//! What keeps this program from serving, or from making a key: for the person at the shell.
//!
//! What goes wrong with a request is a [`crate::problem::Problem`].

use std::net::SocketAddr;

use dianfu_settlement::number::NumberError;
use jiff::Timestamp;

/// An error outside of requests.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The address to listen on cannot be had.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: SocketAddr,
        /// The system's answer.
        source: std::io::Error,
    },
    /// The books cannot be reached or used.
    #[error("the books cannot be used")]
    Ledger(#[from] dianfu_ledger::Error),
    /// The database cannot be reached.
    #[error("the database cannot be used")]
    Database(#[from] dianfu_ledger::db::DbError),
    /// The database did not carry out a statement.
    #[error("the database did not carry out a statement")]
    Statement(#[from] tokio_postgres::Error),
    /// A live token has this name.
    #[error("a live token is named '{0}'; revoke it first, or choose another name")]
    TokenNameTaken(String),
    /// The name of a token is empty or too long.
    #[error("the name of a token has 1 to {max} bytes; this has {actual}")]
    TokenNameLength {
        /// Its length in bytes.
        actual: usize,
        /// The longest it may be: names are the actors of entries.
        max: usize,
    },
    /// A way in that would be closed from the beginning.
    #[error("it would end at {expires_at}, which is over; give a time to come, or none for no end")]
    ExpiryPassed {
        /// When it was to end.
        expires_at: Timestamp,
    },
    /// The insurer's name cannot be the party of an account.
    #[error(transparent)]
    InsurerMalformed(NumberError),
}
