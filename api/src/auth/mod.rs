//! Who may do what.
//!
//! Two ways in, both bound to one book: a token ([`token`]) with a [`Role`], which a person ([`operator`]), a party or
//! a system bears, and a partner's signature ([`partner`]) that is good for handing in one insurer's remittances and
//! nothing else. The [`gate`] stands in front of every route below `/v1`; a handler that no gate stands before has no
//! [`Access`] and cannot reach a book. Who may stand on both sides of a duty is a report ([`conflict`]).

pub mod conflict;
pub mod gate;
pub mod look_up;
pub mod operator;
pub mod partner;
pub mod permission;
pub mod role;
mod secret;
mod sql;
pub mod token;

use dianfu_claims::act::Act;
use dianfu_claims::party::Party;
use dianfu_claims::search::View;
use dianfu_ledger::book::{self, BookName};
use dianfu_ledger::db::Database;
use dianfu_ledger::{Ledger, clock};
use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;

use crate::error::Error;
use crate::wire::entry::Poster;

pub use look_up::LookUp;
pub use operator::OperatorNo;
pub use partner::{PartnerKey, create_partner_key, revoke_partner_key};
pub use permission::Permission;
pub use role::Role;
pub use secret::draw as draw_secret;
pub use token::{Holder, NewToken, TokenHash, TokenOnRecord, create_token, list_tokens, revoke_token};

/// What the gate grants to one request.
#[derive(Clone)]
pub struct Access {
    /// The book that the credentials are bound to.
    pub ledger: Ledger,
    /// Who acts, for the record: `person:NAME`, `insurer:NO`, `pharmacy:NO`, `patient:NO` or `system:NAME`.
    pub actor: String,
    /// Whether it may post entries that adjust closed days.
    pub may_adjust: bool,
    /// The only party that it may speak for, and whose rows it sees; `None` for the platform's own people and systems.
    pub party: Option<Party>,
    /// The id of the request, as in the log.
    pub request_id: String,
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

    /// Which claims it sees.
    pub fn view(&self) -> View<'_> {
        View::of(self.party.as_ref())
    }

    /// Whether it sees what belongs to these three. What it does not see is to be answered as if it were not there.
    pub fn may_see(&self, insurer: &PartyNo, pharmacy: &PartyNo, patient: &PartyNo) -> bool {
        self.party.as_ref().is_none_or(|party| party.is_among(insurer, pharmacy, patient))
    }

    /// Something that is done with it, to go on record.
    pub fn act(&self, what: &'static str, subject_kind: &'static str, subject_no: String, reason: &str) -> Act {
        Act {
            acted_at: clock::now(),
            actor: self.actor.clone(),
            what,
            subject_kind,
            subject_no,
            before: None,
            after: None,
            reason: reason.to_owned(),
            request_id: Some(self.request_id.clone()),
        }
    }
}

/// What the gate was shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shown {
    /// A token; it may end while the request is under way ([`gate::still_open`]).
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
