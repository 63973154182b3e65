//! What keeps this program from serving, or from making a key: for the person at the shell.
//!
//! What goes wrong with a request is a [`crate::problem::Problem`].

use std::net::SocketAddr;

use dianfu_settlement::number::{NumberError, PartyNo};
use jiff::Timestamp;

use crate::auth::operator::OperatorNo;
use crate::auth::role::{HeldBy, Role};

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
    /// The role's tokens act for somebody else.
    #[error("a token of the role {} acts for {}", role.word(), held_by.word())]
    TokenHolderUnfit {
        /// The role.
        role: Role,
        /// Whom its tokens act for.
        held_by: HeldBy,
    },
    /// The person is not on record, has left, or does not hold the role.
    #[error("nobody of the name '{person}' holds the role {}", role.word())]
    RoleNotHeld {
        /// Who.
        person: OperatorNo,
        /// Which.
        role: Role,
    },
    /// The party is not on record.
    #[error("there is no {kind} '{party}'")]
    PartyUnknown {
        /// What it is.
        kind: &'static str,
        /// Its number.
        party: PartyNo,
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
