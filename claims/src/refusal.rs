//! Why something cannot happen to a claim: values with a stable code, the state, the event, and a sentence.

use dianfu_ledger::Rejection;
use dianfu_ledger::money::{Currency, Money};
use dianfu_settlement::difference::Difference;
use dianfu_settlement::journals::JournalFault;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::claim::{ClaimNo, State};
use crate::coverage::NotCovered;
use crate::event::EventKind;
use crate::insurer::NotPermitted;
use crate::insurer::bearer::BearerRefusal;
use crate::materials::MaterialKind;
use crate::prereview::ruling::RulingRefusal;
use crate::review_queue::task::QueueRefusal;

/// A refusal. Nothing of the event is done.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{}: {} is refused: {reason}", self.subject(), event.word())]
pub struct Refusal {
    /// The claim.
    pub claim_no: ClaimNo,
    /// Where it stands; `None` if there is no such claim.
    pub state: Option<State>,
    /// What was to happen.
    pub event: EventKind,
    /// Why it cannot.
    pub reason: Reason,
}

/// Why something cannot happen.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Reason {
    /// There is no such claim.
    #[error("there is no such claim")]
    ClaimUnknown,
    /// It is on record with other content.
    #[error("it is on record with another {}: there '{}', here '{}'", .0.field, .0.first, .0.given)]
    Conflict(Difference),
    /// A claim in this state does not take this event.
    #[error("it does not happen in this state")]
    NotInThisState,
    /// Somebody that the claim names is not registered.
    #[error("there is no {what} '{number}'")]
    PartyUnknown {
        /// What it is: an insurer, a pharmacy, a patient, a policy.
        what: &'static str,
        /// Its number.
        number: String,
    },
    /// The claim is in another currency than its policy or its pharmacy.
    #[error("{what} '{number}' is in {expected}, not in {actual}")]
    CurrencyDiffers {
        /// What it is: a pharmacy, a policy.
        what: &'static str,
        /// Its number.
        number: String,
        /// Its currency.
        expected: Currency,
        /// The claim's.
        actual: Currency,
    },
    /// The insurer does not take part in this.
    #[error(transparent)]
    NotPermitted(#[from] NotPermitted),
    /// What a reviewer says does not count.
    #[error(transparent)]
    Ruling(#[from] RulingRefusal),
    /// Materials that rules or requests ask for are lacking.
    #[error("the claim is not complete: {}", what_lacks(missing, expired, rejected))]
    MaterialsLacking {
        /// Not handed in, or too few files.
        missing: Vec<MaterialKind>,
        /// Handed in, and over.
        expired: Vec<MaterialKind>,
        /// Handed in, and refused by a reviewer.
        rejected: Vec<MaterialKind>,
    },
    /// The rules have not left it to a reviewer.
    #[error("the rules have not left the claim to a reviewer: let them review it first")]
    NotLeftToReviewer,
    /// Somebody else reviews it.
    #[error(transparent)]
    Task(#[from] QueueRefusal),
    /// The contract has somebody else bear it.
    #[error(transparent)]
    Bearer(#[from] BearerRefusal),
    /// The insurer has not guaranteed it.
    #[error(transparent)]
    NotCovered(#[from] NotCovered),
    /// The insurer has no pre-review rules in force.
    #[error("insurer '{insurer}' has no rules in force on {on}")]
    RulesMissing {
        /// The insurer.
        insurer: String,
        /// The day of the review.
        on: Date,
    },
    /// A number is out of its range.
    #[error("{field} is {actual}; it lies between {min} and {max}")]
    OutOfRange {
        /// Which number.
        field: &'static str,
        /// The least it may be.
        min: i64,
        /// The most it may be.
        max: i64,
        /// Its value.
        actual: i64,
    },
    /// The lines of a claim do not add up to its price.
    #[error("the lines add up to {sum_minor} minor units, the price is {gross_minor}")]
    LinesDiffer {
        /// The price, in minor units.
        gross_minor: i64,
        /// The sum of the lines, in minor units.
        sum_minor: i64,
    },
    /// A text is missing or too long.
    #[error("{field} has {min} to {max} bytes and no NUL; it has {actual}")]
    TextLength {
        /// Which text.
        field: &'static str,
        /// The shortest it may be.
        min: usize,
        /// The longest it may be.
        max: usize,
        /// Its length.
        actual: usize,
    },
    /// The pharmacy's fee is more than the pharmacy is owed.
    #[error("the fee of {fee} is more than the {payable} that the pharmacy is owed")]
    FeeAbovePayable {
        /// The fee.
        fee: Money,
        /// What the pharmacy is owed before it.
        payable: Money,
    },
    /// The platform takes no share from this patient.
    #[error("the platform has no share to collect")]
    NoShareToCollect,
    /// The share must be paid first.
    #[error("the share of {share} is not paid")]
    ShareNotPaid {
        /// The share.
        share: Money,
    },
    /// The amount paid is not the share.
    #[error("the share is {expected}, not {actual}")]
    ShareDiffers {
        /// The share.
        expected: Money,
        /// What was paid.
        actual: Money,
    },
    /// It is dated before what it rests on.
    #[error("{on} is before {earliest}, the day of what it rests on")]
    TooEarly {
        /// The day of the pre-review, or of dispensing.
        earliest: Date,
        /// The day of the event.
        on: Date,
    },
    /// The approval is over.
    #[error("the approval was valid until {valid_until}; {on} is later")]
    ApprovalOver {
        /// Its last day.
        valid_until: Date,
        /// The day of the event.
        on: Date,
    },
    /// The approval is not over.
    #[error("the approval is valid until {valid_until}; {on} is not later")]
    ApprovalStillValid {
        /// Its last day.
        valid_until: Date,
        /// The day of the event.
        on: Date,
    },
    /// An event that needs proof has none.
    #[error("it needs the hash of its proof as evidence")]
    EvidenceMissing,
    /// The insurer approves more than a line's price.
    #[error("the insurer approves {approved} of line {line_no}, but its price is {gross}")]
    ApprovedAboveGross {
        /// The line.
        line_no: i32,
        /// What it approves.
        approved: Money,
        /// The price.
        gross: Money,
    },
    /// Reasons are given exactly when the insurer covers less than the line's part of the advance.
    #[error("line {line_no} has reasons exactly when less than {expected} is approved; approved are {approved}")]
    ReasonsMismatch {
        /// The line.
        line_no: i32,
        /// The line's part of the advance.
        expected: Money,
        /// What is approved.
        approved: Money,
    },
    /// The insurer decides for less than it has paid already; it has to take that back first.
    #[error("the insurer has paid {paid} and now approves {approved}: it has to take back what it has paid first")]
    DecidedBelowPaid {
        /// What it has paid.
        paid: Money,
        /// What it approves now.
        approved: Money,
    },
    /// Claims of this kind have no such event.
    #[error("it does not happen to a claim of this kind")]
    NotForThisKind,
    /// It is worked out here, from rules or from terms, when it is asked for; nobody tells it.
    #[error("it is asked for, not told: it is worked out here")]
    NotTold,
    /// A moment has passed.
    #[error("{field} was {moment}; it is {at}")]
    MomentPassed {
        /// Which moment.
        field: &'static str,
        /// When it was.
        moment: Timestamp,
        /// When it is.
        at: Timestamp,
    },
    /// A moment is not reached.
    #[error("{field} is {moment}; it is only {at}")]
    MomentNotReached {
        /// Which moment.
        field: &'static str,
        /// When it will be.
        moment: Timestamp,
        /// When it is.
        at: Timestamp,
    },
    /// The claim has moved since it was looked at.
    #[error("the claim is at event {actual}; it was looked at as of event {expected}")]
    StaleVersion {
        /// The event that the caller has seen last.
        expected: i32,
        /// The claim's last event.
        actual: i32,
    },
    /// Another command stands under the same proposal, or the same thing is proposed already.
    #[error("it is proposed already, or another command is under this id")]
    AlreadyProposed,
    /// Somebody has recorded another version of a journal at the same moment.
    #[error("a journal of the book has just been replaced: ask again")]
    StaleJournals,
    /// It takes two people, and only one has spoken.
    #[error("it takes two people: somebody else has to check it")]
    SecondPersonNeeded,
    /// This is not for this actor to tell.
    #[error("'{actor}' cannot tell this of this claim; {expected} can")]
    WrongActor {
        /// Who tells it.
        actor: String,
        /// Who can.
        expected: &'static str,
    },
    /// More is assigned than is open.
    #[error("{assigned} is not between one minor unit and the open shortfall of {open}")]
    ShortfallExceeded {
        /// What was to be assigned.
        assigned: Money,
        /// What is open.
        open: Money,
    },
    /// The order cannot be paid less, because less is open or a payout has it.
    #[error("of the pharmacy's order {open} is open{}; {wanted} cannot be kept back", where_it_is(*in_flight))]
    OrderNotOpen {
        /// What the pharmacy is still owed for the order.
        open: Money,
        /// Whether a payout carries it.
        in_flight: bool,
        /// What was to be kept back.
        wanted: Money,
    },
    /// One person does what takes two.
    #[error("'{person}' cannot check what '{person}' records: maker and checker are two people")]
    SamePerson {
        /// Who.
        person: String,
    },
    /// No entry comes of the book's template.
    #[error(transparent)]
    Journal(#[from] JournalFault),
    /// The ledger refused the entries.
    #[error("the ledger refused it: {0}")]
    Ledger(Rejection),
}

impl Refusal {
    /// Stable code, the same at every edge.
    pub fn code(&self) -> &'static str {
        self.reason.code()
    }

    fn subject(&self) -> String {
        match self.state {
            Some(state) => format!("claim {} ({})", self.claim_no, state.word()),
            None => format!("claim {}", self.claim_no),
        }
    }
}

impl Reason {
    /// Stable code, the same at every edge.
    pub fn code(&self) -> &'static str {
        match self {
            Reason::ClaimUnknown => "claim_unknown",
            Reason::Conflict(_) => "conflict",
            Reason::NotInThisState => "not_in_this_state",
            Reason::PartyUnknown { .. } => "party_unknown",
            Reason::CurrencyDiffers { .. } => "currency_differs",
            Reason::NotPermitted(refusal) => refusal.code(),
            Reason::Ruling(refusal) => refusal.code(),
            Reason::MaterialsLacking { .. } => "materials_lacking",
            Reason::NotLeftToReviewer => "not_left_to_reviewer",
            Reason::Task(refusal) => refusal.code(),
            Reason::Bearer(refusal) => refusal.code(),
            Reason::NotCovered(refusal) => refusal.code(),
            Reason::RulesMissing { .. } => "rules_missing",
            Reason::OutOfRange { .. } => "out_of_range",
            Reason::LinesDiffer { .. } => "lines_differ",
            Reason::TextLength { .. } => "text_length",
            Reason::FeeAbovePayable { .. } => "fee_above_payable",
            Reason::NoShareToCollect => "no_share_to_collect",
            Reason::ShareNotPaid { .. } => "share_not_paid",
            Reason::ShareDiffers { .. } => "share_differs",
            Reason::TooEarly { .. } => "too_early",
            Reason::ApprovalOver { .. } => "approval_over",
            Reason::ApprovalStillValid { .. } => "approval_still_valid",
            Reason::EvidenceMissing => "evidence_missing",
            Reason::ApprovedAboveGross { .. } => "approved_above_gross",
            Reason::ReasonsMismatch { .. } => "reasons_mismatch",
            Reason::DecidedBelowPaid { .. } => "decided_below_paid",
            Reason::NotTold => "not_told",
            Reason::NotForThisKind => "not_for_this_kind",
            Reason::MomentPassed { .. } => "moment_passed",
            Reason::MomentNotReached { .. } => "moment_not_reached",
            Reason::StaleVersion { .. } => "stale_version",
            Reason::AlreadyProposed => "already_proposed",
            Reason::StaleJournals => "stale_journals",
            Reason::SecondPersonNeeded => "second_person_needed",
            Reason::WrongActor { .. } => "wrong_actor",
            Reason::ShortfallExceeded { .. } => "shortfall_exceeded",
            Reason::OrderNotOpen { .. } => "order_not_open",
            Reason::SamePerson { .. } => "same_person",
            Reason::Journal(fault) => fault.code(),
            Reason::Ledger(rejection) => rejection.code(),
        }
    }

    /// The refusal of an event on a claim for this reason.
    pub fn refuse(self, claim_no: &ClaimNo, state: Option<State>, event: EventKind) -> Refusal {
        Refusal { claim_no: claim_no.clone(), state, event, reason: self }
    }
}

/// What is lacking of a claim, as `missing prescription, gene_test; expired policy`.
pub fn what_lacks(missing: &[MaterialKind], expired: &[MaterialKind], rejected: &[MaterialKind]) -> String {
    let words = |kinds: &[MaterialKind]| kinds.iter().map(|kind| kind.word()).collect::<Vec<&str>>().join(", ");
    let told = [("missing", missing), ("expired", expired), ("rejected", rejected)];
    let said = told.iter().filter(|(_, kinds)| !kinds.is_empty()).map(|(how, kinds)| format!("{how} {}", words(kinds)));
    said.collect::<Vec<String>>().join("; ")
}

fn where_it_is(in_flight: bool) -> &'static str {
    if in_flight { ", and a payout carries it" } else { "" }
}
