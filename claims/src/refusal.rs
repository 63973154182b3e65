//! Why something cannot happen to a claim: values with a stable code, the state, the event, and a sentence.

use dianfu_ledger::Rejection;
use dianfu_ledger::money::{Currency, Money};
use dianfu_settlement::difference::Difference;
use dianfu_settlement::journals::JournalFault;
use jiff::civil::Date;

use crate::claim::{ClaimNo, State};
use crate::event::EventKind;

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
    /// The insurer approves more than the drug's price.
    #[error("the insurer approves {approved}, but the price is {gross}")]
    ApprovedAboveGross {
        /// What it approves.
        approved: Money,
        /// The price.
        gross: Money,
    },
    /// A cause is given exactly when the insurer covers less than the advance.
    #[error("a cause is given exactly when less than {advance} is approved; approved are {approved}")]
    CauseMismatch {
        /// The advance.
        advance: Money,
        /// What is approved.
        approved: Money,
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
            Reason::CauseMismatch { .. } => "cause_mismatch",
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

fn where_it_is(in_flight: bool) -> &'static str {
    if in_flight { ", and a payout carries it" } else { "" }
}
