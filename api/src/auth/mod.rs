//! Who may do what.
//!
//! Two ways in, both bound to one book: a staff token ([`token`]) with a [`Role`], and a partner's signature
//! ([`partner`]) that is good for handing in one insurer's remittances and nothing else. The [`gate`] stands in front
//! of every route below `/v1`; a handler that no gate stands before has no [`Access`] and cannot reach a book.

pub mod gate;
pub mod look_up;
pub mod partner;
pub mod role;
mod secret;
mod sql;
pub mod token;

use dianfu_ledger::book::{self, BookName};
use dianfu_ledger::db::Database;
use dianfu_ledger::{Ledger, clock};
use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;

use crate::error::Error;
use crate::wire::entry::Poster;

pub use look_up::LookUp;
pub use partner::{PartnerKey, create_partner_key, revoke_partner_key};
pub use role::{Permission, Role};
pub use secret::draw as draw_secret;
pub use token::{NewToken, TokenHash, TokenOnRecord, create_token, list_tokens, revoke_token};

/// What the gate grants to one request.
#[derive(Clone)]
pub struct Access {
    /// The book that the credentials are bound to.
    pub ledger: Ledger,
    /// Who acts, for the record: `token:NAME` or `partner:APP_ID`.
    pub actor: String,
    /// Whether it may post entries that adjust closed days.
    pub may_adjust: bool,
    /// For a partner: the only insurer it may speak for.
    pub insurer: Option<PartyNo>,
    /// What was shown, and what for.
    pub shown: Shown,
    /// Where it is asked whether that is good still.
    pub look_up: LookUp,
}

impl Access {
    /// Who posts with it.
    pub fn poster(&self) -> Poster {
        Poster { actor: self.actor.clone(), may_adjust: self.may_adjust }
    }
}

/// What the gate was shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shown {
    /// A staff token; it may end while the request is under way ([`gate::still_open`]).
    Token {
        /// Of the token.
        hash: TokenHash,
        /// What the route asks for.
        permission: Permission,
    },
    /// A signature, good for this one request to its end.
    Signature,
}

/// Refuses an end that has passed.
fn check_expiry(expires_at: Option<Timestamp>) -> Result<(), Error> {
    let now = clock::now();
    let passed = expires_at.filter(|expires_at| *expires_at <= now);
    passed.map_or(Ok(()), |expires_at| Err(Error::ExpiryPassed { expires_at }))
}

/// A connection of the book's owner, on the book's tables: only the owner makes ways in.
async fn connect_owner(database: &Database, name: &BookName) -> Result<tokio_postgres::Client, Error> {
    book::require(database, name).await?;
    let client = database.connect_owner().await?;
    sql::use_schema(&client, &name.schema()).await?;
    Ok(client)
}
