//! What comes of a claim after it was taken in.

use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::Quote;
use crate::insurer::terms::Funding;

/// Where the money of an advance comes from, and on what terms the insurer bears it. Frozen with the quote.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Cover {
    /// Where the money comes from.
    pub funding: Funding,
    /// Our service fee on what the insurer approves, VAT included, in ten-thousandths (J9b).
    pub service_fee_per_10000: i32,
    /// The VAT rate of the service fee, in ten-thousandths.
    pub service_vat_per_10000: i32,
}

impl Cover {
    /// Within the credit line, without a service fee.
    pub const CREDIT_LINE: Cover =
        Cover { funding: Funding::CreditLine, service_fee_per_10000: 0, service_vat_per_10000: 0 };
}

/// An order as it is offered to a pharmacy. Amounts in minor units.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Order {
    /// Counts the offers of the claim, from 1.
    pub offer_no: i32,
    /// The pharmacy.
    pub pharmacy: PartyNo,
    /// Until when it may answer.
    pub respond_by: Timestamp,
    /// f: its service fee, VAT included.
    pub fee_minor: i64,
    /// The VAT in the fee.
    pub vat_minor: i64,
    /// Days from dispensing until it is paid.
    pub payment_days: i32,
}

/// Material that is waited for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Awaited {
    /// Counts the requests, from 1.
    pub number: i32,
    /// What was asked for, by kind.
    pub materials: Vec<String>,
    /// The last day for it.
    pub due_on: Date,
    /// Whether the review had begun: it goes on when the material is there.
    pub in_review: bool,
}

/// What each has been told to bear of a shortfall, in minor units.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Borne {
    /// By the patient.
    pub patient_minor: i64,
    /// By the pharmacy.
    pub pharmacy_minor: i64,
    /// By the platform.
    pub platform_minor: i64,
    /// By nobody: what was written off before anybody bore it.
    pub nobody_minor: i64,
}

/// What has come of a claim. Amounts in minor units.
///
/// Once the insurer has decided, `approved + shortfall + borne = advance + excess`: what the platform has advanced is
/// always borne by somebody, or open.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Progress {
    /// Frozen at pre-approval.
    pub quote: Option<Quote>,
    /// When it was reviewed.
    pub reviewed_on: Option<Date>,
    /// The codes of the rules that leave it to a reviewer; none while they do not.
    pub left_to_reviewer: Vec<String>,
    /// Material that is waited for, or was last.
    pub awaited: Option<Awaited>,
    /// The order as it was last offered.
    pub order: Option<Order>,
    /// When the drug was dispensed.
    pub dispensed_on: Option<Date>,
    /// By how much the share is more than was quoted (J22), or less if negative.
    pub share_change_minor: i64,
    /// The number under which the insurer got it and echoes it; several claims may share one.
    pub submitted_no: Option<String>,
    /// The number of the insurer's last decision; 0 before the first.
    pub decision_no: i32,
    /// What the insurer has said it owes, disputes won included.
    pub approved_minor: i64,
    /// What of it is more than the advance, and was given to the patient (J10e).
    pub excess_minor: i64,
    /// Our service fee on what is approved, VAT included.
    pub service_fee_minor: i64,
    /// The VAT in it.
    pub service_vat_minor: i64,
    /// What the insurer does not cover and nobody has been told to bear yet.
    pub shortfall_minor: i64,
    /// What others bear of it.
    pub borne: Borne,
    /// What is provided for.
    pub provision_minor: i64,
    /// What of the patient's debt was written off.
    pub patient_written_off_minor: i64,
    /// What of all that was written off has been paid after all.
    pub written_off_recovered_minor: i64,
    /// When the drug came back.
    pub returned_on: Option<Date>,
}

impl Progress {
    /// What of the patient's debt was written off and never paid: what is paid of debts that were written off counts
    /// for the patient's first.
    pub fn patient_given_up_minor(&self) -> i64 {
        (self.patient_written_off_minor - self.written_off_recovered_minor).max(0)
    }
}
