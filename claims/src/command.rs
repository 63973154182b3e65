//! What a caller asks for: that something happened to a claim.

use dianfu_ledger::entry::REFERENCE_BYTES_MAX;
use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::claim::{ClaimNo, NewClaim};
use crate::event::{Event, EventKind};
use crate::refusal::Reason;

/// Longest reason, in bytes.
pub const REASON_BYTES_MAX: usize = 2_000;

/// Something that happened to a claim, or should be decided on it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Command {
    /// The claim.
    pub claim_no: ClaimNo,
    /// What happened, or what is asked for.
    pub request: Request,
    /// The day on which it counts.
    pub on: Date,
    /// Why, in the words of who asks; may be empty.
    pub reason: String,
    /// SHA-256 of the document that proves it.
    pub evidence_sha256: Option<[u8; 32]>,
    /// Who has checked it, where it takes two people.
    pub checked_by: Option<String>,
    /// The number of the claim's last event that the caller has seen: if another has come meanwhile, it is refused.
    /// `None` for what holds whatever has come.
    pub as_of_event: Option<i32>,
}

/// What happened, or what is asked for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(clippy::large_enum_variant, reason = "almost every request tells an event")]
pub enum Request {
    /// This happened.
    Tell(Event),
    /// Let the rules in force decide.
    Review,
    /// A reviewer decides what the rules leave to one; who has checked it is the second person.
    Rule {
        /// Whether the claim may go on.
        approve: bool,
        /// Why, in codes.
        reasons: Vec<String>,
    },
    /// Offer the order to a pharmacy, on its terms.
    Offer {
        /// Counts the offers of the claim, from 1.
        offer_no: i32,
        /// The pharmacy.
        pharmacy: PartyNo,
        /// Until when it may answer.
        respond_by: Timestamp,
    },
}

impl Request {
    /// Whether it decides, or asks to decide, on what is covered.
    pub fn is_review(&self) -> bool {
        matches!(self, Request::Review | Request::Rule { .. })
    }
}

impl Command {
    /// A claim to be taken in.
    pub fn take_in(claim: NewClaim, on: Date) -> Command {
        Command::tell(claim.claim_no.clone(), Event::TakenIn(claim), on)
    }

    /// An event.
    pub fn tell(claim_no: ClaimNo, event: Event, on: Date) -> Command {
        Command::of(claim_no, Request::Tell(event), on)
    }

    /// A review by the rules in force.
    pub fn review(claim_no: ClaimNo, on: Date) -> Command {
        Command::of(claim_no, Request::Review, on)
    }

    /// An offer to a pharmacy.
    pub fn offer(claim_no: ClaimNo, offer_no: i32, pharmacy: PartyNo, respond_by: Timestamp, on: Date) -> Command {
        Command::of(claim_no, Request::Offer { offer_no, pharmacy, respond_by }, on)
    }

    /// Any request, without reason, proof, or a second person.
    pub fn of(claim_no: ClaimNo, request: Request, on: Date) -> Command {
        let (reason, evidence_sha256, checked_by, as_of_event) = (String::new(), None, None, None);
        Command { claim_no, request, on, reason, evidence_sha256, checked_by, as_of_event }
    }

    /// The same with a proof.
    #[must_use]
    pub fn proven_by(self, evidence_sha256: [u8; 32]) -> Command {
        Command { evidence_sha256: Some(evidence_sha256), ..self }
    }

    /// The same with a reason.
    #[must_use]
    pub fn because(self, reason: &str) -> Command {
        Command { reason: reason.to_owned(), ..self }
    }

    /// The same, checked by somebody.
    #[must_use]
    pub fn checked_by(self, person: &str) -> Command {
        Command { checked_by: Some(person.to_owned()), ..self }
    }

    /// The same, as of an event of the claim.
    #[must_use]
    pub fn as_of(self, event_no: i32) -> Command {
        Command { as_of_event: Some(event_no), ..self }
    }

    /// Whether a reviewer decides with it.
    pub fn is_ruling(&self) -> bool {
        matches!(self.request, Request::Rule { .. })
    }

    /// What kind of event it brings about.
    pub fn kind(&self) -> EventKind {
        match &self.request {
            Request::Tell(event) => event.kind(),
            Request::Review | Request::Rule { .. } => EventKind::PreReviewed,
            Request::Offer { .. } => EventKind::OrderOffered,
        }
    }

    /// The name under which the claim remembers it: one that may come more than once is counted by who tells it. `None`
    /// for a look at the ledger, which is never told twice: it counts only if it moves the claim on.
    pub fn fact(&self) -> Option<String> {
        let word = self.kind().word();
        let number = match &self.request {
            Request::Tell(Event::LedgerRead(_)) => return None,
            Request::Tell(event) => event.number(),
            Request::Review | Request::Rule { .. } => None,
            Request::Offer { offer_no, .. } => Some(*offer_no),
        };
        Some(number.map_or_else(|| word.to_owned(), |number| format!("{word}/{number}")))
    }
}

/// What must hold of a command whatever the claim: proof where it is needed, two people where it takes two, and texts
/// that fit.
pub fn check(command: &Command, actor: &str) -> Result<(), Reason> {
    let kind = command.kind();
    if let Request::Tell(Event::PreReviewed(_) | Event::LeftToReviewer { .. } | Event::OrderOffered(_)) =
        command.request
    {
        return Err(Reason::NotTold);
    }
    if kind.needs_proof() && command.evidence_sha256.is_none() {
        return Err(Reason::EvidenceMissing);
    }
    length("reason", &command.reason, 0, REASON_BYTES_MAX)?;
    let Some(checked_by) = &command.checked_by else {
        return if kind.takes_two() { Err(Reason::SecondPersonNeeded) } else { Ok(()) };
    };
    length("checked_by", checked_by, 1, REFERENCE_BYTES_MAX)?;
    if checked_by == actor { Err(Reason::SamePerson { person: actor.to_owned() }) } else { Ok(()) }
}

fn length(field: &'static str, text: &str, min: usize, max: usize) -> Result<(), Reason> {
    let actual = text.len();
    if (min..=max).contains(&actual) && !text.contains('\0') {
        return Ok(());
    }
    Err(Reason::TextLength { field, min, max, actual })
}
