//! Claims on their way from the first submission to the insurer's decision: parties, rules and commands.
//!
//! Every claim goes the straight path, one command a step. Every command is granted, every drug is covered, and a
//! patient's claims use the same policy: a review looks at all that the policy and the packs have been used for.

use anyhow::Context;
use dianfu_claims::Command;
use dianfu_claims::claim::{
    ClaimKind, ClaimLine, ClaimNo, DiagnosisCode, DrugCode, NewClaim, PolicyNo, Prescription, ShareCollector, State,
};
use dianfu_claims::event::{Event, LineDecision};
use dianfu_claims::insurer::Insurer;
use dianfu_claims::patient::{Patient, Policy};
use dianfu_claims::pharmacy::Pharmacy;
use dianfu_claims::prereview::RuleVersion;
use dianfu_claims::prereview::rules::{Cycle, Rule, RuleSet};
use dianfu_ledger::money::Currency;
use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;
use jiff::civil::{Date, date};

/// The state behind each step, in order.
pub const PATH: [State; 12] = [
    State::Draft,
    State::Submitted,
    State::PreReview,
    State::PreApproved,
    State::OrderOffered,
    State::OrderAccepted,
    State::ShareDue,
    State::SharePaid,
    State::Ready,
    State::Dispensed,
    State::InsurerSubmitted,
    State::Approved,
];
/// The day on which everything happens.
pub const ON: Date = date(2026, 3, 2);
/// The price of the drug, of which the policy lets the patient pay a fifth.
const GROSS_MINOR: i64 = 2_000_000;
const SHARE_MINOR: i64 = GROSS_MINOR / 5;
/// What is advanced on a claim, and what the insurer pays.
pub const ADVANCE_MINOR: i64 = GROSS_MINOR - SHARE_MINOR;
/// Packs that no patient of a run reaches.
const PACKS: i32 = 1_000_000;

/// The currency of all of it.
pub const CURRENCY: Currency = Currency::CNY;

/// A party by its number.
pub fn party(number: &str) -> anyhow::Result<PartyNo> {
    PartyNo::parse(number).with_context(|| format!("{number} is no party's number"))
}

/// Who pays.
pub fn insurer() -> anyhow::Result<Insurer> {
    Ok(Insurer { insurer_no: party("insurer")?, name: "Insurer".to_owned(), currency: CURRENCY })
}

/// Who dispenses.
pub fn pharmacy() -> anyhow::Result<Pharmacy> {
    Ok(Pharmacy {
        pharmacy_no: party("pharmacy")?,
        name: "Pharmacy".to_owned(),
        currency: CURRENCY,
        fee_per_10000: 100,
        vat_per_10000: 600,
        payment_days: 7,
    })
}

/// The insurer's rules.
pub fn rules() -> anyhow::Result<RuleVersion> {
    let cycle = Cycle { drug_code: drug()?, packs_per_cycle: PACKS, cycle_days: 28 };
    let rules = vec![
        Rule::PolicyInForce,
        Rule::PrescriptionValid { days: 30 },
        Rule::DrugListed { drugs: vec![drug()?] },
        Rule::QuantityPerCycle { drugs: vec![cycle] },
    ];
    Ok(RuleVersion { version: 1, effective_from: date(2026, 1, 1), rules: RuleSet::deciding(30, rules) })
}

/// A patient and his policy.
pub fn patient(number: usize) -> anyhow::Result<(Patient, Policy)> {
    let patient_no = party(&format!("p-{number}"))?;
    let policy = Policy {
        insurer: party("insurer")?,
        policy_no: policy_no(number)?,
        patient: patient_no.clone(),
        currency: CURRENCY,
        in_force_from: date(2026, 1, 1),
        in_force_until: date(2026, 12, 31),
        deductible_minor: 0,
        coinsurance_per_10000: 2_000,
        share_cap_minor: None,
        benefit_limit_minor: None,
    };
    Ok((Patient { patient_no, currency: CURRENCY }, policy))
}

/// The command that takes a claim of a patient one step further.
pub fn command(claim_no: &str, patient: usize, step: usize) -> anyhow::Result<Command> {
    let number = ClaimNo::parse(claim_no).with_context(|| format!("{claim_no} is no claim's number"))?;
    let event = match PATH[step] {
        State::Draft => return Ok(Command::take_in(intake(number, patient)?, ON)),
        State::Submitted => Event::Submitted,
        State::OrderOffered => return Ok(Command::offer(number, 1, party("pharmacy")?, Timestamp::MAX, ON)),
        State::OrderAccepted => Event::OrderAccepted { offer_no: 1 },
        State::PreApproved => return Ok(Command::review(number, ON)),
        State::PreReview => Event::ReviewStarted,
        State::ShareDue => Event::ShareRequested,
        State::SharePaid => Event::SharePaid { amount_minor: SHARE_MINOR, channel: party("channel")? },
        State::Ready => Event::DrugReady,
        State::Dispensed => return Ok(Command::tell(number, Event::Dispensed, ON).proven_by([7; 32])),
        State::InsurerSubmitted => Event::SentToInsurer { submitted_no: claim_no.to_owned() },
        _ => Event::InsurerDecided {
            decision_no: 1,
            insurer_claim_no: claim_no.to_owned(),
            position: 1,
            lines: vec![LineDecision { line_no: 1, approved_minor: ADVANCE_MINOR, reasons: Vec::new() }],
        },
    };
    Ok(Command::tell(number, event, ON))
}

fn intake(claim_no: ClaimNo, patient: usize) -> anyhow::Result<NewClaim> {
    Ok(NewClaim {
        claim_no,
        kind: ClaimKind::DirectPay,
        insurer: party("insurer")?,
        pharmacy: party("pharmacy")?,
        patient: party(&format!("p-{patient}"))?,
        policy_no: policy_no(patient)?,
        diagnosis: DiagnosisCode::parse("C34.9")?,
        prescription: Prescription {
            prescription_no: "RX-1".to_owned(),
            prescribed_on: ON,
            doctor_no: party("doctor")?,
        },
        tests: Vec::new(),
        lines: vec![ClaimLine {
            line_no: 1,
            drug_code: drug()?,
            quantity: 1,
            prescribed_quantity: Some(1),
            gross_minor: GROSS_MINOR,
        }],
        gross_minor: GROSS_MINOR,
        currency: CURRENCY,
        share_collector: ShareCollector::Platform,
    })
}

fn policy_no(patient: usize) -> anyhow::Result<PolicyNo> {
    PolicyNo::parse(&format!("POL-{patient}")).context("a policy's number")
}

fn drug() -> anyhow::Result<DrugCode> {
    DrugCode::parse("drug-1").context("a drug's code")
}
