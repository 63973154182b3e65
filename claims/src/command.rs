//! What a caller asks for: that something happened to a claim.

use dianfu_ledger::entry::REFERENCE_BYTES_MAX;
use jiff::civil::Date;

use crate::claim::{ClaimNo, NewClaim};
use crate::event::{Event, EventKind};
use crate::refusal::Reason;

/// Longest reason, in bytes.
pub const REASON_BYTES_MAX: usize = 2_000;

/// Something that happened to a claim, or should be decided on it.
#[derive(Clone, PartialEq, Eq, Debug)]
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
}

/// What happened, or what is asked for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Request {
    /// This happened.
    Tell(Event),
    /// Let the rules in force decide.
    Review,
}

impl Command {
    /// A claim to be taken in.
    pub fn take_in(claim: NewClaim, on: Date) -> Command {
        Command::tell(claim.claim_no.clone(), Event::TakenIn(claim), on)
    }

    /// An event.
    pub fn tell(claim_no: ClaimNo, event: Event, on: Date) -> Command {
        Command { claim_no, request: Request::Tell(event), on, reason: String::new(), evidence_sha256: None }
    }

    /// A review by the rules in force.
    pub fn review(claim_no: ClaimNo, on: Date) -> Command {
        Command { claim_no, request: Request::Review, on, reason: String::new(), evidence_sha256: None }
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

    /// What kind of event it brings about.
    pub fn kind(&self) -> EventKind {
        match &self.request {
            Request::Tell(event) => event.kind(),
            Request::Review => EventKind::PreReviewed,
        }
    }

    /// The name under which the claim remembers it: one that may come more than once is counted by who tells it. `None`
    /// for a look at the ledger, which is never told twice: it counts only if it moves the claim on.
    pub fn fact(&self) -> Option<String> {
        let word = self.kind().word();
        match &self.request {
            Request::Tell(Event::LedgerRead(_)) => None,
            Request::Tell(Event::ShortfallAssigned { number, .. }) => Some(format!("{word}/{number}")),
            Request::Tell(_) | Request::Review => Some(word.to_owned()),
        }
    }

    /// Who checked it, where it takes two people.
    pub fn checked_by(&self) -> Option<&str> {
        match &self.request {
            Request::Tell(Event::ShortfallAssigned { checked_by, .. }) => Some(checked_by),
            Request::Tell(_) | Request::Review => None,
        }
    }
}

/// What must hold of a command whatever the claim: proof where it is needed, two people where it takes two, and texts
/// that fit.
pub fn check(command: &Command, actor: &str) -> Result<(), Reason> {
    if command.kind() == EventKind::Dispensed && command.evidence_sha256.is_none() {
        return Err(Reason::EvidenceMissing);
    }
    length("reason", &command.reason, 0, REASON_BYTES_MAX)?;
    let Some(checked_by) = command.checked_by() else { return Ok(()) };
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
