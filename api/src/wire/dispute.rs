//! Disputes with an insurer, as they are opened, answered and shown.

use dianfu_claims::claim::ClaimNo;
use dianfu_claims::insurer::dispute::{Dispute, DisputeNo, DisputeStep, NewDispute};
use dianfu_ledger::money::{Currency, decimal_text};
use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::claim_told::reading::digest;
use super::insurer::PLATFORM;
use super::insurer_agreed::minor;
use super::proof::hexadecimal;
use super::time;
use crate::problem::Violation;

/// A dispute to be opened.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewDispute)]
pub struct NewDisputeBody {
    /// The claim that it is about; its insurer has to answer.
    #[schema(example = "CLM-1")]
    pub claim_no: String,
    /// The cause, as a code of the contract's bearer table or of the insurer's.
    #[schema(example = "not_covered")]
    cause: String,
    /// How much, in the claim's currency: at most what is open and in no other dispute.
    #[schema(example = "1200.00")]
    amount: String,
    /// The last day on which the insurer may answer.
    #[serde(deserialize_with = "time::that_day")]
    #[schema(value_type = String, format = Date, example = "2026-05-01")]
    due_on: Date,
    /// Why we do not take it.
    reason: String,
    /// SHA-256 of what we show, in hexadecimal.
    evidence_sha256: String,
}

/// What the insurer has answered.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = DisputeAnswer)]
pub struct AnswerBody {
    /// What it says.
    pub reason: String,
    /// SHA-256 of what it shows, in hexadecimal.
    pub evidence_sha256: String,
}

/// A step on record.
#[derive(Serialize, ToSchema)]
#[schema(as = DisputeStep)]
pub struct StepBody {
    /// From 1.
    step: i32,
    /// Where it led to: `ANSWERED`, `WON`, `LOST`.
    #[schema(value_type = String, example = "ANSWERED")]
    to: &'static str,
    /// At the end, what the insurer owes after all.
    won: Option<String>,
    reason: String,
    evidence_sha256: Option<String>,
    /// The proposal by which it ended.
    proposal: Option<i32>,
    actor: String,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

/// A dispute as it stands.
#[derive(Serialize, ToSchema)]
#[schema(as = Dispute)]
pub struct DisputeBody {
    #[schema(example = "D-1")]
    dispute: String,
    #[schema(example = "picc")]
    insurer: String,
    #[schema(example = "CLM-1")]
    claim_no: String,
    /// `OPEN`, `ANSWERED`, `WON` or `LOST`.
    #[schema(value_type = String, example = "OPEN")]
    state: &'static str,
    /// Whether the insurer has not answered in time.
    is_overdue: bool,
    cause: String,
    #[schema(example = "1200.00")]
    amount: String,
    #[schema(value_type = String, example = "CNY")]
    currency: Currency,
    #[schema(value_type = String, format = Date)]
    due_on: Date,
    reason: String,
    evidence_sha256: String,
    opened_by: String,
    #[schema(value_type = String, format = DateTime)]
    opened_at: Timestamp,
    /// What happened since, in order.
    steps: Vec<StepBody>,
}

/// Disputes with an insurer.
#[derive(Serialize, ToSchema)]
#[schema(as = Disputes)]
pub struct DisputesBody {
    /// Those it has to answer first coming first; those about one claim by number.
    pub disputes: Vec<DisputeBody>,
}

impl NewDisputeBody {
    /// Reads it, about a claim of this insurer in this currency.
    pub fn read(
        self,
        dispute_no: DisputeNo,
        insurer: &PartyNo,
        (claim_no, currency): (&ClaimNo, Currency),
    ) -> Result<NewDispute, Violation> {
        let NewDisputeBody { cause, amount, due_on, reason, evidence_sha256, .. } = self;
        Ok(NewDispute {
            dispute_no,
            insurer: insurer.clone(),
            claim_no: claim_no.clone(),
            cause,
            amount_minor: minor(&amount, currency, "/amount")?,
            due_on,
            reason,
            evidence_sha256: digest(&evidence_sha256)?,
        })
    }
}

impl DisputeBody {
    /// A dispute on a day.
    pub fn of(dispute: Dispute, on: Date) -> DisputeBody {
        let (state, is_overdue, currency) = (dispute.state().word(), dispute.is_overdue(on), dispute.currency);
        let Dispute { opened, opened_by, opened_at, steps, .. } = dispute;
        DisputeBody {
            dispute: opened.dispute_no.into(),
            insurer: opened.insurer.into(),
            claim_no: opened.claim_no.into(),
            state,
            is_overdue,
            cause: opened.cause,
            amount: decimal_text(opened.amount_minor.into(), currency),
            currency,
            due_on: opened.due_on,
            reason: opened.reason,
            evidence_sha256: hexadecimal(&opened.evidence_sha256),
            opened_by,
            opened_at,
            steps: steps.into_iter().map(|step| StepBody::of(step, currency)).collect(),
        }
    }

    /// As the insurer sees it: without the platform's people.
    #[must_use]
    pub fn without_people(mut self) -> DisputeBody {
        PLATFORM.clone_into(&mut self.opened_by);
        for step in &mut self.steps {
            PLATFORM.clone_into(&mut step.actor);
        }
        self
    }
}

impl StepBody {
    fn of(step: DisputeStep, currency: Currency) -> StepBody {
        StepBody {
            step: step.step_no,
            to: step.to.word(),
            won: step.won_minor.map(|minor| decimal_text(minor.into(), currency)),
            reason: step.reason,
            evidence_sha256: step.evidence_sha256.map(|digest| hexadecimal(&digest)),
            proposal: step.proposal_no,
            actor: step.actor,
            at: step.recorded_at,
        }
    }
}
