//! What goes over the wire, both ways. Amounts are decimal strings in the currency of the message; dates are ISO 8601.
//! What is read may have no member that is not here.

use dianfu_ledger::money::{Currency, Money};
use dianfu_settlement::number::PartyNo;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::claim::{ClaimNo, DiagnosisCode, DrugCode, PolicyNo};

/// The version that every message says.
pub const VERSION: &str = "v1";
/// What stands behind an insurer's base URL, in front of every route.
pub const PREFIX: &str = "/spi/v1/";

/// `POST policy/verify`: is this policy in force, and what of this amount is guaranteed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoverageQuestion {
    /// [`VERSION`].
    pub version: String,
    /// Our number of the question; asked again under it, it has the same answer.
    pub question_no: String,
    /// The policy.
    pub policy_no: PolicyNo,
    /// Who needs the drug: a token that the insurer knows, never a name.
    pub patient_token: String,
    /// The day that the answer is for.
    pub on: Date,
    /// Of all amounts.
    pub currency: Currency,
    /// The drugs, with their prices.
    pub lines: Vec<AskedLine>,
    /// What the insurer is expected to cover of them.
    pub amount: String,
}

/// A drug that is asked about or claimed.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AskedLine {
    /// From 1.
    pub line_no: i32,
    /// The drug.
    pub drug_code: DrugCode,
    /// How many packs.
    pub quantity: i32,
    /// The price of all packs.
    pub gross: String,
}

/// The answer to a [`CoverageQuestion`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoverageAnswer {
    /// [`VERSION`].
    pub version: String,
    /// Of the question.
    pub question_no: String,
    /// Whether the policy is in force on the day.
    pub in_force: bool,
    /// What is guaranteed, up to the amount asked for.
    pub guaranteed: String,
    /// The insurer's number of the guarantee; given exactly when something is guaranteed.
    pub guarantee_reference: Option<String>,
    /// The last day of the guarantee; given exactly when something is guaranteed.
    pub valid_until: Option<Date>,
    /// Codes: why not all is guaranteed.
    pub reasons: Vec<String>,
}

/// `POST claims`: take this claim.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimSubmission {
    /// [`VERSION`].
    pub version: String,
    /// Our number of the claim.
    pub claim_no: ClaimNo,
    /// From 1; a claim that is handed in anew gets the next.
    pub submission_no: i32,
    /// The policy.
    pub policy_no: PolicyNo,
    /// Who needs the drug: a token that the insurer knows, never a name.
    pub patient_token: String,
    /// What the patient has, by ICD-10.
    pub diagnosis: DiagnosisCode,
    /// Who dispensed.
    pub pharmacy: PartyNo,
    /// When it was dispensed.
    pub dispensed_on: Date,
    /// SHA-256 of the proof of dispensing, lower-case hexadecimal.
    pub dispense_proof_sha256: String,
    /// Of all amounts.
    pub currency: Currency,
    /// The drugs.
    pub lines: Vec<AskedLine>,
    /// The price of all lines.
    pub gross: String,
    /// What was advanced, and is claimed.
    pub advance: String,
}

/// The answer to a [`ClaimSubmission`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SubmissionReceipt {
    /// [`VERSION`].
    pub version: String,
    /// Our number of the claim.
    pub claim_no: ClaimNo,
    /// Of the submission.
    pub submission_no: i32,
    /// The insurer's number of the claim.
    pub insurer_claim_no: String,
}

/// The answer to `GET claims/{no}`: where a claim stands.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClaimStatus {
    /// [`VERSION`].
    pub version: String,
    /// Our number of the claim.
    pub claim_no: ClaimNo,
    /// The insurer's number of the claim.
    pub insurer_claim_no: String,
    /// Where it stands.
    pub standing: Standing,
}

/// Where a claim stands with the insurer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case", deny_unknown_fields)]
pub enum Standing {
    /// Under review.
    Pending {},
    /// Materials are asked for.
    Pended {
        /// Codes of what is asked for, at least one.
        materials: Vec<String>,
        /// The last day to hand them over.
        respond_by: Date,
    },
    /// Decided, or decided anew.
    Decided {
        /// From 1; a decision anew gets the next number and replaces the one before.
        decision_no: i32,
        /// The claim's place in the insurer's statement, from 1.
        position: i32,
        /// Of all amounts.
        currency: Currency,
        /// Every line, in order.
        lines: Vec<DecidedLine>,
    },
}

/// What the insurer says to one line.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DecidedLine {
    /// Of the claim's line.
    pub line_no: i32,
    /// What it owes of it; not negative.
    pub approved: String,
    /// Codes: why it is less than what is claimed.
    pub reasons: Vec<String>,
}

/// `POST claims/{no}/documents`: take this document.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentHandOver {
    /// [`VERSION`].
    pub version: String,
    /// Our number of the claim.
    pub claim_no: ClaimNo,
    /// Our number of the document.
    pub document_no: String,
    /// The code of the material that it is.
    pub kind: String,
    /// Such as `application/pdf`.
    pub media_type: String,
    /// SHA-256 of the document itself, lower-case hexadecimal.
    pub sha256: String,
    /// The document.
    pub content: DocumentContent,
}

/// How a document comes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum DocumentContent {
    /// Sealed for the insurer, in base64.
    Sealed(String),
    /// Where the insurer gets it.
    Reference(String),
}

/// The answer to a [`DocumentHandOver`].
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DocumentReceipt {
    /// [`VERSION`].
    pub version: String,
    /// Our number of the claim.
    pub claim_no: ClaimNo,
    /// Our number of the document.
    pub document_no: String,
    /// Of the document that was taken.
    pub sha256: String,
}

/// Why a question is refused: RFC 9457, with a stable code.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refused {
    /// [`VERSION`].
    pub version: String,
    /// Stable.
    pub code: String,
    /// For a person.
    pub title: String,
    /// What was wrong here.
    pub detail: Option<String>,
}

/// Minor units of an amount on the wire; not negative. The error says what is wrong.
pub fn minor(text: &str, currency: Currency) -> Result<i64, String> {
    let money = Money::parse(text, currency).map_err(|error| error.to_string())?;
    if money.minor < 0 { Err(format!("{text} is negative")) } else { Ok(money.minor) }
}

/// An amount as it is written on the wire.
pub fn amount(minor: i64, currency: Currency) -> String {
    Money::new(minor, currency).to_decimal_string()
}
