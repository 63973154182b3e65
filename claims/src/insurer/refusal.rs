//! Why something cannot be done about an insurer: values with a stable code, the field, and a sentence.

use dianfu_ledger::Rejection;
use dianfu_ledger::limit_group::GroupFault;
use dianfu_ledger::money::Money;
use dianfu_settlement::journals::JournalFault;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::registration::RegistrationRefusal;

use super::checklist::{CheckItem, Unmet};
use super::dispute::DisputeState;
use super::stage::Stage;

/// The longest reason, note or name, in bytes.
pub const TEXT_BYTES_MAX: usize = 500;

/// A refusal. Nothing is done.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum InsurerRefusal {
    /// What is refused of everybody who is put on record: unknown, in conflict, out of range, one person for two.
    #[error(transparent)]
    Registration(#[from] RegistrationRefusal),
    /// A text is missing or too long.
    #[error("{field} has 1 to {TEXT_BYTES_MAX} bytes and no NUL; it has {actual}")]
    TextLength {
        /// Which text.
        field: &'static str,
        /// Its length.
        actual: usize,
    },
    /// It does not happen in this stage.
    #[error("insurer '{insurer}' is {}: {act} does not happen then", stage.word())]
    NotInThisStage {
        /// The insurer.
        insurer: String,
        /// Where it stands.
        stage: Stage,
        /// What was to be done.
        act: &'static str,
    },
    /// Papers are missing, not judged, rejected or expired.
    #[error("the checklist is not complete: {}", listed(.0))]
    ChecklistOpen(Vec<Unmet>),
    /// No contract terms are in force.
    #[error("there are no contract terms in force on {on}")]
    TermsMissing {
        /// The day.
        on: Date,
    },
    /// Terms that begin before those that they follow.
    #[error("terms from {effective_from} follow terms from {earliest}; they do not begin before them")]
    TermsOutOfOrder {
        /// The first day of the version before.
        earliest: Date,
        /// The first day asked for.
        effective_from: Date,
    },
    /// Something is open on the insurer's accounts.
    #[error("account {account} is not at zero: {open} are open on it")]
    BalanceOpen {
        /// The account.
        account: String,
        /// What stands on it, or is held.
        open: Money,
    },
    /// A licence has a last day.
    #[error("the paper for {} needs its last day", .0.word())]
    ExpiryMissing(CheckItem),
    /// The paper is over.
    #[error("the paper for {} was valid until {expires_on}", item.word())]
    PaperExpired {
        /// The item.
        item: CheckItem,
        /// Its last day.
        expires_on: Date,
    },
    /// The paper was judged, and otherwise.
    #[error("paper {paper_no} for {} is {} already", item.word(), if *accepted { "accepted" } else { "rejected" })]
    PaperJudged {
        /// The item.
        item: CheckItem,
        /// The paper.
        paper_no: i32,
        /// How.
        accepted: bool,
    },
    /// The proposal has ended, and otherwise.
    #[error("proposal {proposal_no} is {} already", if *approved { "approved" } else { "withdrawn" })]
    ProposalEnded {
        /// Its number.
        proposal_no: i32,
        /// How.
        approved: bool,
    },
    /// A switch that begins before it is recorded.
    #[error("a switch begins now ({now}) or later, not at {from_at}")]
    SwitchBackdated {
        /// When it was to begin.
        from_at: Timestamp,
        /// Now.
        now: Timestamp,
    },
    /// The dispute is over.
    #[error("dispute '{dispute_no}' is {} already", state.word())]
    DisputeEnded {
        /// The dispute.
        dispute_no: String,
        /// How it ended.
        state: DisputeState,
    },
    /// More is disputed than is open.
    #[error("{wanted} cannot be disputed: {open} are open and not disputed yet")]
    DisputeExceedsOpen {
        /// What is open on 1109 of the claim, less what is disputed already.
        open: Money,
        /// What was to be disputed.
        wanted: Money,
    },
    /// The claim is another insurer's.
    #[error("claim '{claim_no}' is a claim on '{insurer}'")]
    ClaimOfAnother {
        /// The claim.
        claim_no: String,
        /// Its insurer.
        insurer: String,
    },
    /// The ledger refuses the credit line.
    #[error("the ledger refuses the credit line: {0}")]
    CreditLine(GroupFault),
    /// No entry comes of the book's template.
    #[error(transparent)]
    Journal(#[from] JournalFault),
    /// The ledger refused the entry.
    #[error("the ledger refused it: {0}")]
    Ledger(Rejection),
}

impl InsurerRefusal {
    /// Stable code, the same at every edge.
    pub fn code(&self) -> &'static str {
        match self {
            InsurerRefusal::Registration(refusal) => refusal.code(),
            InsurerRefusal::TextLength { .. } => "text_length",
            InsurerRefusal::NotInThisStage { .. } => "not_in_this_stage",
            InsurerRefusal::ChecklistOpen(_) => "checklist_open",
            InsurerRefusal::TermsMissing { .. } => "terms_missing",
            InsurerRefusal::TermsOutOfOrder { .. } => "terms_out_of_order",
            InsurerRefusal::BalanceOpen { .. } => "balance_open",
            InsurerRefusal::ExpiryMissing(_) => "expiry_missing",
            InsurerRefusal::PaperExpired { .. } => "paper_expired",
            InsurerRefusal::PaperJudged { .. } => "paper_judged",
            InsurerRefusal::ProposalEnded { .. } => "proposal_ended",
            InsurerRefusal::SwitchBackdated { .. } => "switch_backdated",
            InsurerRefusal::DisputeEnded { .. } => "dispute_ended",
            InsurerRefusal::DisputeExceedsOpen { .. } => "dispute_exceeds_open",
            InsurerRefusal::ClaimOfAnother { .. } => "claim_of_another",
            InsurerRefusal::CreditLine(fault) => fault.code(),
            InsurerRefusal::Journal(fault) => fault.code(),
            InsurerRefusal::Ledger(rejection) => rejection.code(),
        }
    }
}

fn listed(unmet: &[Unmet]) -> String {
    let each: Vec<String> = unmet.iter().map(ToString::to_string).collect();
    each.join(", ")
}

/// Refuses a text that is missing, too long, or cannot be stored.
pub(super) fn check_text(field: &'static str, text: &str) -> Result<(), InsurerRefusal> {
    let actual = text.len();
    if (1..=TEXT_BYTES_MAX).contains(&actual) && !text.contains('\0') {
        return Ok(());
    }
    Err(InsurerRefusal::TextLength { field, actual })
}

/// There is no such thing on record.
pub(super) fn unknown(what: &'static str, number: &str) -> InsurerRefusal {
    InsurerRefusal::Registration(RegistrationRefusal::Unknown { what, number: number.to_owned() })
}

/// One person would do what takes two.
pub(super) fn check_two(first: &str, second: &str) -> Result<(), InsurerRefusal> {
    if first == second {
        return Err(RegistrationRefusal::SamePerson { person: second.to_owned() }.into());
    }
    Ok(())
}
