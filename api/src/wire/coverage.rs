//! What an insurer has guaranteed when it was asked before money moves.

use dianfu_claims::claim::PolicyNo;
use dianfu_claims::coverage::{CoverageAnswer, VerifyNo};
use dianfu_ledger::money::{Currency, decimal_text};
use dianfu_settlement::number::{NumberError, PartyNo};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::claim_told::reading::digest;
use super::insurer_agreed::minor;
use super::proof::hexadecimal;
use super::time;
use crate::problem::Violation;

/// An insurer's answer to a coverage check.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewCoverageAnswer)]
pub struct NewCoverageBody {
    /// The policy that it was asked about.
    #[schema(example = "POL-1")]
    policy: String,
    /// Who is covered by it.
    #[schema(example = "p-1")]
    patient: String,
    /// The currency of the amount.
    #[schema(example = "CNY")]
    currency: String,
    /// Whether the policy is in force.
    in_force: bool,
    /// How much it guarantees; `0.00` where the policy is not in force.
    #[schema(example = "15200.00")]
    guaranteed: String,
    /// The last day of the guarantee.
    #[serde(deserialize_with = "time::that_day")]
    #[schema(value_type = String, format = Date, example = "2026-04-01")]
    valid_until: Date,
    /// When it answered.
    #[serde(deserialize_with = "time::that_instant")]
    #[schema(value_type = String, format = DateTime)]
    answered_at: Timestamp,
    /// SHA-256 of the letter or of the exchange, in hexadecimal.
    evidence_sha256: String,
}

/// An answer on record.
#[derive(Serialize, ToSchema)]
#[schema(as = CoverageAnswer)]
pub struct CoverageBody {
    #[schema(example = "picc")]
    insurer: String,
    /// The insurer's reference.
    #[schema(example = "V-1")]
    verify_no: String,
    #[schema(example = "POL-1")]
    policy: String,
    #[schema(example = "p-1")]
    patient: String,
    #[schema(value_type = String, example = "CNY")]
    currency: Currency,
    in_force: bool,
    #[schema(example = "15200.00")]
    guaranteed: String,
    #[schema(value_type = String, format = Date)]
    valid_until: Date,
    #[schema(value_type = String, format = DateTime)]
    answered_at: Timestamp,
    evidence_sha256: String,
}

impl NewCoverageBody {
    /// Reads it, of an insurer and under its reference.
    pub fn read(self, insurer: PartyNo, verify_no: VerifyNo) -> Result<CoverageAnswer, Violation> {
        let malformed = |pointer: &'static str| {
            move |error: NumberError| Violation::at("number_malformed", pointer, error.to_string())
        };
        let no_currency =
            |error: dianfu_ledger::money::MoneyError| Violation::at(error.code(), "/currency", error.to_string());
        let currency: Currency = self.currency.parse().map_err(no_currency)?;
        Ok(CoverageAnswer {
            insurer,
            verify_no,
            policy_no: PolicyNo::parse(&self.policy).map_err(malformed("/policy"))?,
            patient: PartyNo::parse(&self.patient).map_err(malformed("/patient"))?,
            currency,
            in_force: self.in_force,
            guaranteed_minor: minor(&self.guaranteed, currency, "/guaranteed")?,
            valid_until: self.valid_until,
            answered_at: self.answered_at,
            exchange_sha256: digest(&self.evidence_sha256)?,
        })
    }
}

impl From<CoverageAnswer> for CoverageBody {
    fn from(answer: CoverageAnswer) -> CoverageBody {
        CoverageBody {
            insurer: answer.insurer.into(),
            verify_no: answer.verify_no.into(),
            policy: answer.policy_no.into(),
            patient: answer.patient.into(),
            currency: answer.currency,
            in_force: answer.in_force,
            guaranteed: decimal_text(answer.guaranteed_minor.into(), answer.currency),
            valid_until: answer.valid_until,
            answered_at: answer.answered_at,
            evidence_sha256: hexadecimal(&answer.exchange_sha256),
        }
    }
}
