//! A claim as it is handed in.

use dianfu_claims::Command;
use dianfu_claims::claim::{
    ClaimKind, ClaimLine, ClaimNo, DiagnosisCode, DrugCode, NewClaim, PolicyNo, Prescription, ShareCollector,
    TestResult,
};
use dianfu_ledger::money::{Currency, Money, MoneyError};
use dianfu_settlement::number::{NumberError, PartyNo};
use jiff::civil::Date;
use serde::Deserialize;
use utoipa::ToSchema;

use super::time;
use crate::problem::Violation;

/// A claim to be taken in. Nothing of it ever changes.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewClaim)]
pub struct NewClaimBody {
    /// What is claimed.
    kind: ClaimKindBody,
    /// Who covers it.
    #[schema(example = "picc")]
    insurer: String,
    /// Who is to dispense the drugs, or has dispensed them.
    #[schema(example = "red-cross")]
    pharmacy: String,
    /// Who needs the drugs.
    #[schema(example = "p-1")]
    patient: String,
    /// The insurer's number of the policy that it is claimed under.
    policy: String,
    /// What the patient has, as an ICD-10 code.
    #[schema(example = "C34.9")]
    diagnosis: String,
    /// What the drugs were prescribed on.
    prescription: PrescriptionBody,
    /// What laboratories have found.
    #[serde(default)]
    tests: Vec<TestResultBody>,
    /// The drugs, 1 to 50; their numbers count from 1.
    lines: Vec<NewClaimLineBody>,
    /// The price of all lines: their sum, as a control total.
    #[schema(example = "20000.00")]
    gross: String,
    /// ISO 4217, of all amounts of the claim.
    #[schema(example = "CNY")]
    currency: String,
    /// Who takes the patient's share.
    share_collector: ShareCollectorBody,
    /// The day on which it is taken in.
    #[serde(deserialize_with = "time::that_day")]
    #[schema(value_type = String, format = Date, example = "2026-03-02")]
    on: Date,
    /// Why, at most 2,000 bytes.
    #[serde(default)]
    reason: String,
}

/// What is claimed.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ClaimKind)]
enum ClaimKindBody {
    /// The platform pays the pharmacy and collects from the insurer.
    DirectPay,
    /// The patient has paid everything; the insurer pays the patient through the platform.
    Reimbursement,
}

/// Who takes the patient's share.
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = ShareCollector)]
enum ShareCollectorBody {
    /// The platform, before pickup.
    Platform,
    /// The pharmacy, at pickup.
    Pharmacy,
    /// The platform, after pickup: the patient owes it.
    PlatformLater,
}

/// What the doctor has prescribed the drugs on.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = Prescription)]
struct PrescriptionBody {
    /// Its number, as the hospital gives it.
    prescription_no: String,
    /// Its date.
    #[serde(deserialize_with = "time::that_day")]
    #[schema(value_type = String, format = Date)]
    prescribed_on: Date,
    /// Who has prescribed.
    #[schema(example = "dr-wu")]
    doctor: String,
}

/// What a laboratory has found.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TestResult)]
struct TestResultBody {
    /// What was tested.
    #[schema(example = "EGFR")]
    test: String,
    /// Whether it was found.
    positive: bool,
    /// The day of the report.
    #[serde(deserialize_with = "time::that_day")]
    #[schema(value_type = String, format = Date)]
    tested_on: Date,
}

/// A drug that is claimed.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewClaimLine)]
struct NewClaimLineBody {
    /// The drug, as the catalogue numbers it.
    #[schema(example = "osimertinib-80mg-30")]
    drug: String,
    /// How many packs.
    quantity: i32,
    /// How many packs the prescription is for, where it is known: rules may ask for it.
    #[serde(default)]
    prescribed_quantity: Option<i32>,
    /// The price of all of them.
    #[schema(example = "20000.00")]
    gross: String,
}

impl NewClaimBody {
    /// Reads it, as the claim of this number; what is wrong, at its place.
    pub fn read(self, claim_no: &ClaimNo) -> Result<Command, Violation> {
        let misread = |error: &MoneyError| Violation::at(error.code(), "/currency", error.to_string());
        let currency: Currency = self.currency.parse().map_err(|error| misread(&error))?;
        let PrescriptionBody { prescription_no, prescribed_on, doctor } = self.prescription;
        let doctor_no = number(&doctor, "/prescription/doctor", PartyNo::parse)?;
        let test = |TestResultBody { test, positive, tested_on }| TestResult { test, positive, tested_on };
        let lines = self.lines.into_iter().zip(0..).map(|(line, at)| line.read(at, currency));
        let claim = NewClaim {
            claim_no: claim_no.clone(),
            kind: self.kind.into(),
            insurer: number(&self.insurer, "/insurer", PartyNo::parse)?,
            pharmacy: number(&self.pharmacy, "/pharmacy", PartyNo::parse)?,
            patient: number(&self.patient, "/patient", PartyNo::parse)?,
            policy_no: number(&self.policy, "/policy", PolicyNo::parse)?,
            diagnosis: number(&self.diagnosis, "/diagnosis", DiagnosisCode::parse)?,
            prescription: Prescription { prescription_no, prescribed_on, doctor_no },
            tests: self.tests.into_iter().map(test).collect(),
            lines: lines.collect::<Result<_, Violation>>()?,
            gross_minor: positive(&self.gross, currency, "/gross")?,
            currency,
            share_collector: self.share_collector.into(),
        };
        Ok(Command::take_in(claim, self.on).because(&self.reason))
    }
}

impl NewClaimLineBody {
    fn read(self, at: i32, currency: Currency) -> Result<ClaimLine, Violation> {
        let place = |field: &str| format!("/lines/{at}/{field}");
        let packs = [("quantity", Some(self.quantity)), ("prescribed_quantity", self.prescribed_quantity)];
        for (field, count) in packs {
            if let Some(count) = count.filter(|count| *count < 1) {
                let violation = Violation::at("out_of_range", place(field), "a line has one pack at least");
                return Err(violation.expected("1 or more", count.to_string()));
            }
        }
        Ok(ClaimLine {
            line_no: at + 1,
            drug_code: number(&self.drug, &place("drug"), DrugCode::parse)?,
            quantity: self.quantity,
            prescribed_quantity: self.prescribed_quantity,
            gross_minor: positive(&self.gross, currency, &place("gross"))?,
        })
    }
}

fn number<T>(text: &str, pointer: &str, parse: impl FnOnce(&str) -> Result<T, NumberError>) -> Result<T, Violation> {
    parse(text).map_err(|error| Violation::at("number_malformed", pointer, error.to_string()))
}

/// An amount above zero.
fn positive(text: &str, currency: Currency, pointer: &str) -> Result<i64, Violation> {
    let money = Money::parse(text, currency);
    let money = money.map_err(|error| Violation::at(error.code(), pointer, error.to_string()))?;
    if money.minor > 0 {
        return Ok(money.minor);
    }
    Err(Violation::at("out_of_range", pointer, "the price is above zero").expected("above zero", text))
}

impl From<ClaimKindBody> for ClaimKind {
    fn from(kind: ClaimKindBody) -> ClaimKind {
        match kind {
            ClaimKindBody::DirectPay => ClaimKind::DirectPay,
            ClaimKindBody::Reimbursement => ClaimKind::Reimbursement,
        }
    }
}

impl From<ShareCollectorBody> for ShareCollector {
    fn from(collector: ShareCollectorBody) -> ShareCollector {
        match collector {
            ShareCollectorBody::Platform => ShareCollector::Platform,
            ShareCollectorBody::Pharmacy => ShareCollector::Pharmacy,
            ShareCollectorBody::PlatformLater => ShareCollector::PlatformLater,
        }
    }
}
