//! What is told of a claim: one object with one field, named like the event, that holds what the event brings.

pub mod reading;

use dianfu_claims::claim::{Claim, ClaimNo};
use dianfu_claims::command::{Command, Request};
use dianfu_claims::event::{Bearer, Debt, EventKind};
use dianfu_claims::insurer::bearer::Condition;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::time;
use crate::problem::Violation;
use reading::{Amounts, digest};

/// What happened to a claim. Amounts are decimal strings in the body's `currency`; what may happen more than once is
/// counted by who tells it, from 1.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[schema(as = ToldEvent)]
pub enum ToldBody {
    /// Intake, patient: the patient has sent the claim off.
    Submitted {},
    /// Intake: all material is there; the review begins.
    ReviewStarted {},
    /// Intake: material is missing; the clock stands still until it is there.
    MaterialRequested {
        /// Counts the requests of this claim.
        number: i32,
        /// What is asked for, by kind.
        materials: Vec<String>,
        /// The last day for it.
        #[serde(deserialize_with = "time::that_day")]
        #[schema(value_type = String, format = Date)]
        due_on: Date,
    },
    /// Intake, patient: what was asked for is there.
    MaterialSupplied {
        /// Which request it answers.
        number: i32,
    },
    /// Intake: the patient is asked for the share.
    ShareRequested {},
    /// Intake: the patient has paid the share to the platform.
    SharePaid {
        /// How much.
        #[schema(example = "4800.00")]
        amount: String,
        /// Through which collection channel.
        #[schema(example = "wechat")]
        channel: String,
    },
    /// Intake: claim and proof went to the insurer.
    SentToInsurer {
        /// The number that the insurer will echo.
        submitted_no: String,
    },
    /// Intake: what the insurer asked for was sent.
    MoreSentToInsurer {
        /// Which request it answers.
        number: i32,
    },
    /// Intake, patient: the claim is called off before the drug is dispensed.
    Cancelled {},
    /// Insurer: it wants to see more before it decides.
    InsurerAskedForMore {
        /// Counts the requests of the insurer.
        number: i32,
        /// What it asks for, by kind.
        materials: Vec<String>,
        /// The last day for it.
        #[serde(deserialize_with = "time::that_day")]
        #[schema(value_type = String, format = Date)]
        respond_by: Date,
    },
    /// Insurer: it has decided, or has decided again.
    InsurerDecided {
        /// Counts its decisions on this claim.
        decision_no: i32,
        /// The insurer's number for the claim.
        insurer_claim_no: String,
        /// Its order among the claims that share both numbers; 1 if left out.
        #[serde(default = "first")]
        position: i32,
        /// One decision a line of the claim, in the order of lines.
        lines: Vec<LineDecisionBody>,
    },
    /// Pharmacy: it takes the order.
    OrderAccepted {
        /// Which offer.
        offer_no: i32,
    },
    /// Pharmacy: it does not.
    OrderDeclined {
        /// Which offer.
        offer_no: i32,
    },
    /// Pharmacy: the drug waits for pickup.
    DrugReady {},
    /// Pharmacy: the patient has the drug. Needs `evidence_sha256`.
    Dispensed {},
    /// Pharmacy: the drug came back. Needs `evidence_sha256`.
    Returned {},
    /// Money: the patient has paid some of a share that was owed since dispensing.
    OwedSharePaid {
        /// Counts the payments of this claim.
        number: i32,
        /// How much.
        amount: String,
        /// Through which collection channel.
        channel: String,
    },
    /// Money: another claim came first, and the share is another than was quoted.
    ShareRecalculated {
        /// Counts the recalculations of this claim.
        number: i32,
        /// The share as it should have been.
        share: String,
    },
    /// Money: the patient has paid back some of what the patient bears.
    ClawbackPaid {
        /// Counts the instalments of this claim.
        number: i32,
        /// How much.
        amount: String,
        /// Our bank account that got it.
        bank: String,
    },
    /// Money: somebody has paid what was written off.
    WrittenOffRecovered {
        /// Counts the recoveries of this claim.
        number: i32,
        /// How much.
        amount: String,
        /// Our bank account that got it.
        bank: String,
    },
    /// Money, by proposal: somebody bears a part of what the insurer does not cover.
    ShortfallAssigned {
        /// Counts the assignments of this claim.
        number: i32,
        /// Who bears it.
        bearer: BearerBody,
        /// How much of it.
        amount: String,
        /// Why, as the table of bearers in the insurer's contract names the cause.
        #[schema(example = "rule_misapplied")]
        cause: String,
        /// What is so, of what the table asks.
        #[serde(default)]
        met: Vec<ConditionBody>,
        /// Whether two people decide against the table: needs `reason` and `evidence_sha256`.
        #[serde(default)]
        overrides: bool,
    },
    /// Money, by proposal: what may be lost is provided for, or less is than before.
    Provisioned {
        /// Counts the changes of this claim's provision.
        number: i32,
        /// By how much the provision rises, or falls if negative.
        change: String,
    },
    /// Money, by proposal: nobody will pay it any more.
    WrittenOff {
        /// Counts the write-offs of this claim.
        number: i32,
        /// What is written off.
        debt: DebtBody,
        /// How much.
        amount: String,
    },
}

/// What the insurer has decided on a line.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = ToldLineDecision)]
pub struct LineDecisionBody {
    /// The line of the claim.
    line_no: i32,
    /// What the insurer pays of it.
    #[schema(example = "14000.00")]
    approved: String,
    /// Why it is less than the line's part of the advance, in the insurer's codes; given exactly then.
    #[serde(default)]
    reasons: Vec<String>,
}

/// Who bears a shortfall.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Bearer)]
pub enum BearerBody {
    /// The patient owes it.
    Patient,
    /// The pharmacy owes it, to be netted with what it will be owed.
    PharmacyByNetting,
    /// The pharmacy's order is not paid yet and is paid that much less.
    PharmacyUnpaidOrder,
    /// The platform loses it.
    Platform,
    /// The insurer owes it after all: the dispute is won.
    InsurerAfterDispute,
}

/// What a table of bearers asks of a cause.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = BearerCondition)]
pub enum ConditionBody {
    /// Somebody has reviewed it a second time.
    SecondReview,
    /// The patient has signed that the quote may change.
    ConsentSigned,
    /// The insurer's guarantee was valid.
    InsideGuarantee,
    /// The contract with the pharmacy gives the right to charge back.
    ChargebackRight,
}

/// What may be written off.
#[derive(Clone, Copy, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = Debt)]
pub enum DebtBody {
    /// What the patient owes back.
    Clawback,
    /// What nobody bears yet.
    Shortfall,
}

/// An event of a claim, told.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewClaimEvent)]
pub struct TellBody {
    /// What happened: one field, named like the event, such as `{"order_accepted": {"offer_no": 1}}`.
    pub event: ToldBody,
    /// The day on which it counts.
    #[serde(deserialize_with = "time::that_day")]
    #[schema(value_type = String, format = Date, example = "2026-03-02")]
    pub on: Date,
    /// ISO 4217, of all amounts of the event; needed where it has one.
    #[serde(default)]
    #[schema(example = "CNY")]
    pub currency: Option<String>,
    /// Why, at most 2,000 bytes.
    #[serde(default)]
    pub reason: String,
    /// SHA-256 of the document that proves it, in hexadecimal.
    #[serde(default)]
    pub evidence_sha256: Option<String>,
    /// The number of the claim's last event that you have seen: if another has come meanwhile, this is refused.
    #[serde(default)]
    pub as_of_event: Option<i32>,
}

impl TellBody {
    /// Reads it, for a claim in this currency.
    pub fn read(self, claim: &Claim) -> Result<Command, Violation> {
        let amounts = Amounts { currency: self.currency.as_deref(), of_claim: claim.intake.currency };
        let kind = self.event.kind();
        let event = self.event.read(&amounts)?;
        let command = Command::tell(claim.claim_no().clone(), event, self.on).because(&self.reason);
        debug_assert_eq!(command.kind(), kind, "an event is read as what it is told as");
        said(command, self.evidence_sha256.as_deref(), self.as_of_event)
    }
}

/// A command with its proof, as of an event.
fn said(command: Command, evidence: Option<&str>, as_of_event: Option<i32>) -> Result<Command, Violation> {
    let evidence_sha256 = evidence.map(digest).transpose()?;
    Ok(Command { evidence_sha256, as_of_event, ..command })
}

/// A request that is no event, with its reason.
pub fn asked(claim_no: &ClaimNo, request: Request, (on, reason): (Date, &str), as_of_event: Option<i32>) -> Command {
    Command { as_of_event, ..Command::of(claim_no.clone(), request, on).because(reason) }
}

fn first() -> i32 {
    1
}

impl ToldBody {
    /// What kind of event it is.
    pub fn kind(&self) -> EventKind {
        match self {
            ToldBody::Submitted {} => EventKind::Submitted,
            ToldBody::ReviewStarted {} => EventKind::ReviewStarted,
            ToldBody::MaterialRequested { .. } => EventKind::MaterialRequested,
            ToldBody::MaterialSupplied { .. } => EventKind::MaterialSupplied,
            ToldBody::ShareRequested {} => EventKind::ShareRequested,
            ToldBody::SharePaid { .. } => EventKind::SharePaid,
            ToldBody::SentToInsurer { .. } => EventKind::SentToInsurer,
            ToldBody::MoreSentToInsurer { .. } => EventKind::MoreSentToInsurer,
            ToldBody::Cancelled {} => EventKind::Cancelled,
            ToldBody::InsurerAskedForMore { .. } => EventKind::InsurerAskedForMore,
            ToldBody::InsurerDecided { .. } => EventKind::InsurerDecided,
            ToldBody::OrderAccepted { .. } => EventKind::OrderAccepted,
            ToldBody::OrderDeclined { .. } => EventKind::OrderDeclined,
            ToldBody::DrugReady {} => EventKind::DrugReady,
            ToldBody::Dispensed {} => EventKind::Dispensed,
            ToldBody::Returned {} => EventKind::Returned,
            ToldBody::OwedSharePaid { .. } => EventKind::OwedSharePaid,
            ToldBody::ShareRecalculated { .. } => EventKind::ShareRecalculated,
            ToldBody::ClawbackPaid { .. } => EventKind::ClawbackPaid,
            ToldBody::WrittenOffRecovered { .. } => EventKind::WrittenOffRecovered,
            ToldBody::ShortfallAssigned { .. } => EventKind::ShortfallAssigned,
            ToldBody::Provisioned { .. } => EventKind::Provisioned,
            ToldBody::WrittenOff { .. } => EventKind::WrittenOff,
        }
    }
}

impl From<BearerBody> for Bearer {
    fn from(bearer: BearerBody) -> Bearer {
        match bearer {
            BearerBody::Patient => Bearer::Patient,
            BearerBody::PharmacyByNetting => Bearer::PharmacyByNetting,
            BearerBody::PharmacyUnpaidOrder => Bearer::PharmacyUnpaidOrder,
            BearerBody::Platform => Bearer::Platform,
            BearerBody::InsurerAfterDispute => Bearer::InsurerAfterDispute,
        }
    }
}

impl From<Bearer> for BearerBody {
    fn from(bearer: Bearer) -> BearerBody {
        match bearer {
            Bearer::Patient => BearerBody::Patient,
            Bearer::PharmacyByNetting => BearerBody::PharmacyByNetting,
            Bearer::PharmacyUnpaidOrder => BearerBody::PharmacyUnpaidOrder,
            Bearer::Platform => BearerBody::Platform,
            Bearer::InsurerAfterDispute => BearerBody::InsurerAfterDispute,
        }
    }
}

impl From<ConditionBody> for Condition {
    fn from(condition: ConditionBody) -> Condition {
        match condition {
            ConditionBody::SecondReview => Condition::SecondReview,
            ConditionBody::ConsentSigned => Condition::ConsentSigned,
            ConditionBody::InsideGuarantee => Condition::InsideGuarantee,
            ConditionBody::ChargebackRight => Condition::ChargebackRight,
        }
    }
}

impl From<DebtBody> for Debt {
    fn from(debt: DebtBody) -> Debt {
        match debt {
            DebtBody::Clawback => Debt::Clawback,
            DebtBody::Shortfall => Debt::Shortfall,
        }
    }
}

impl From<Debt> for DebtBody {
    fn from(debt: Debt) -> DebtBody {
        match debt {
            Debt::Clawback => DebtBody::Clawback,
            Debt::Shortfall => DebtBody::Shortfall,
        }
    }
}
