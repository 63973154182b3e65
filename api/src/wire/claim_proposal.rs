//! Proposals: what one person wants done to a claim and another has to accept.

use dianfu_claims::claim::Claim;
use dianfu_claims::command::Request;
use dianfu_claims::event::Event;
use dianfu_claims::proposal::Proposal;
use dianfu_ledger::money::{Currency, decimal_text};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use uuid::Uuid;

use super::claim_answer::AppliedBody;
use super::claim_told::{BearerBody, DebtBody, TellBody, ToldBody};
use super::proof::hexadecimal;
use super::time;

/// Money on a claim that another person has to accept.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewMoneyProposal)]
pub struct MoneyProposalBody {
    /// The claim.
    #[schema(example = "CLM-1")]
    pub claim_no: String,
    /// What is proposed: `shortfall_assigned`, `provisioned` or `written_off`.
    event: ToldBody,
    /// The day on which it counts.
    #[serde(deserialize_with = "time::that_day")]
    #[schema(value_type = String, format = Date, example = "2026-03-02")]
    on: Date,
    /// ISO 4217, of its amount.
    #[schema(example = "CNY")]
    currency: String,
    /// Why, at most 2,000 bytes.
    #[serde(default)]
    reason: String,
    /// SHA-256 of the document that proves it, in hexadecimal.
    #[serde(default)]
    evidence_sha256: Option<String>,
    /// The number of the claim's last event that you have seen: if another has come meanwhile, this is refused.
    #[serde(default)]
    as_of_event: Option<i32>,
}

impl MoneyProposalBody {
    /// What is proposed, as it would be told.
    pub fn into_told(self) -> TellBody {
        let MoneyProposalBody { event, on, currency, reason, evidence_sha256, as_of_event, .. } = self;
        TellBody { event, on, currency: Some(currency), reason, evidence_sha256, as_of_event }
    }
}

/// A ruling that another person has to accept.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewRulingProposal)]
pub struct RulingProposalBody {
    /// The claim.
    #[schema(example = "CLM-1")]
    pub claim_no: String,
    /// Whether the claim may go on.
    pub approve: bool,
    /// Why, in codes of lower-case letters, digits and `_`.
    #[serde(default)]
    pub reasons: Vec<String>,
    /// The day of the review.
    #[serde(deserialize_with = "time::that_day")]
    #[schema(value_type = String, format = Date, example = "2026-03-02")]
    pub on: Date,
    /// Why, in words, at most 2,000 bytes.
    #[serde(default)]
    pub reason: String,
    /// The number of the claim's last event that you have seen: if another has come meanwhile, this is refused.
    #[serde(default)]
    pub as_of_event: Option<i32>,
}

/// The word of the second person.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ProposalWord)]
pub struct ProposalWordBody {
    /// Why.
    #[serde(default)]
    pub reason: String,
}

/// A proposal that was made, and what it would do now. Nothing of that is done.
#[derive(Serialize, ToSchema)]
#[schema(as = MadeProposal)]
pub struct MadeProposalBody {
    /// Its id.
    pub proposal: Uuid,
    /// What it would do now.
    pub would: AppliedBody,
}

/// A proposal that was turned down.
#[derive(Serialize, ToSchema)]
#[schema(as = TurnedDownProposal)]
pub struct TurnedDownBody {
    /// Its id.
    pub proposal: Uuid,
}

/// A proposal that waits for another person.
#[derive(Serialize, ToSchema)]
#[schema(as = WaitingProposal)]
pub struct WaitingProposalBody {
    proposal: Uuid,
    #[schema(example = "CLM-1")]
    claim_no: String,
    /// What is proposed.
    #[schema(value_type = String, example = "written_off")]
    event: &'static str,
    /// Its count on the claim, where it has one.
    number: Option<i32>,
    /// How much, or by how much.
    #[schema(example = "1200.00")]
    amount: Option<String>,
    #[schema(value_type = Option<String>, example = "CNY")]
    currency: Option<Currency>,
    /// Of a shortfall: who bears it.
    bearer: Option<BearerBody>,
    /// Of a shortfall: why, as the table of bearers in the insurer's contract names the cause.
    cause: Option<String>,
    /// Of a shortfall: whether it is against that table.
    overrides: Option<bool>,
    /// Of a write-off: what is written off.
    debt: Option<DebtBody>,
    /// Of a ruling: whether the claim may go on.
    approve: Option<bool>,
    /// Of a ruling: why, in codes.
    reasons: Vec<String>,
    #[schema(value_type = String, format = Date)]
    on: Date,
    reason: String,
    evidence_sha256: Option<String>,
    #[schema(example = "person:lin")]
    made_by: String,
    #[schema(value_type = String, format = DateTime)]
    made_at: Timestamp,
}

/// Proposals that wait, oldest first.
#[derive(Serialize, ToSchema)]
#[schema(as = ProposalPage)]
pub struct ProposalPageBody {
    proposals: Vec<WaitingProposalBody>,
    /// What to send as `cursor` for the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl ProposalPageBody {
    /// A page of proposals on these claims.
    pub fn of(proposals: Vec<Proposal>, claims: &[Claim], next: Option<String>) -> ProposalPageBody {
        let shown = |proposal: Proposal| {
            let claim = claims.iter().find(|claim| *claim.claim_no() == proposal.command.claim_no);
            WaitingProposalBody::of(proposal, claim.map(|claim| claim.intake.currency))
        };
        ProposalPageBody { proposals: proposals.into_iter().map(shown).collect(), next }
    }
}

impl WaitingProposalBody {
    fn of(proposal: Proposal, currency: Option<Currency>) -> WaitingProposalBody {
        let Proposal { proposal_id, command, made_by, made_at, .. } = proposal;
        let (number, minor, bearer, debt) = match &command.request {
            Request::Tell(event) => of_event(event),
            Request::Review | Request::Rule { .. } | Request::Offer { .. } => (None, None, None, None),
        };
        let event = command.kind().word();
        let grounds = match &command.request {
            Request::Tell(Event::ShortfallAssigned { grounds, .. }) => Some(grounds.clone()),
            _ => None,
        };
        let (approve, reasons) = match command.request {
            Request::Rule { approve, reasons } => (Some(approve), reasons),
            Request::Tell(_) | Request::Review | Request::Offer { .. } => (None, Vec::new()),
        };
        let amount = minor.zip(currency).map(|(minor, currency)| decimal_text(minor.into(), currency));
        WaitingProposalBody {
            proposal: proposal_id,
            claim_no: command.claim_no.into(),
            event,
            number,
            currency: currency.filter(|_| amount.is_some()),
            amount,
            bearer,
            overrides: grounds.as_ref().map(|grounds| grounds.overrides),
            cause: grounds.map(|grounds| grounds.cause),
            debt,
            approve,
            reasons,
            on: command.on,
            reason: command.reason,
            evidence_sha256: command.evidence_sha256.map(|digest| hexadecimal(&digest)),
            made_by,
            made_at,
        }
    }
}

/// Number, amount, bearer and debt of what takes two people.
fn of_event(event: &Event) -> (Option<i32>, Option<i64>, Option<BearerBody>, Option<DebtBody>) {
    match event {
        Event::ShortfallAssigned { number, bearer, amount_minor, .. } => {
            (Some(*number), Some(*amount_minor), Some((*bearer).into()), None)
        }
        Event::Provisioned { number, change_minor } => (Some(*number), Some(*change_minor), None, None),
        Event::WrittenOff { number, debt, amount_minor } => {
            (Some(*number), Some(*amount_minor), None, Some((*debt).into()))
        }
        other => (other.number(), None, None, None),
    }
}
