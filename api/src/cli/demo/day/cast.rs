//! Who takes part in the day: two more insurers, twelve pharmacies, twenty drugs, and a patient for each claim. Pure.

use dianfu_claims::claim::{
    ClaimKind, ClaimLine, ClaimNo, DiagnosisCode, DrugCode, NewClaim, PolicyNo, ShareCollector,
};
use dianfu_claims::insurer::Insurer;
use dianfu_claims::insurer::terms::{ContractTerms, Funding};
use dianfu_claims::patient::Policy;
use dianfu_claims::prereview::RuleVersion;
use dianfu_claims::prereview::rules::{CharityScheme, Rule, RuleSet};
use dianfu_settlement::number::PartyNo;
use jiff::ToSpan;
use jiff::civil::Date;

use super::fate::{FATES, Fate};
use crate::cli::demo::office::{party, prescription};
use crate::cli::demo::story::CURRENCY;

/// It pays behind, within a credit line, with a service fee.
pub const CREDIT: &str = "cpic";
/// It pays beforehand: what is dispensed is drawn on its deposit.
pub const PREFUND: &str = "taikang";
/// What the first may owe at any moment.
pub const CREDIT_LINE_MINOR: i64 = 400_000_000;
/// What the second may leave undecided: it has no credit for advances.
pub const DISPUTED_MINOR: i64 = 1_000_000;
/// What the second pays in.
pub const DEPOSIT_MINOR: i64 = 60_000_000;
/// A line of a remittance may be a little short or over.
pub const TOLERANCE_MINOR: i64 = 100;

/// Every drug that is claimed; the first is the story's, and the last is free from the third pack on.
const DRUGS: [&str; 20] = [
    "osimertinib-80mg-30",
    "almonertinib-55mg-20",
    "furmonertinib-40mg-28",
    "alectinib-150mg-224",
    "lorlatinib-25mg-30",
    "ensartinib-25mg-60",
    "savolitinib-100mg-84",
    "olaparib-150mg-56",
    "niraparib-100mg-30",
    "fuzuloparib-50mg-112",
    "palbociclib-125mg-21",
    "abemaciclib-150mg-14",
    "pyrotinib-80mg-28",
    "ribociclib-200mg-63",
    "zanubrutinib-80mg-64",
    "orelabrutinib-50mg-30",
    "ibrutinib-140mg-90",
    "venetoclax-100mg-112",
    "ruxolitinib-5mg-60",
    "imatinib-100mg-60",
];
/// Packs of the last drug that are paid before it is free.
const PAID_PACKS: i32 = 2;
/// Every pharmacy that dispenses; the first three are the story's.
const PHARMACIES: [&str; 12] = [
    "north-gate",
    "river-side",
    "old-town",
    "east-lake",
    "south-hill",
    "west-gate",
    "harbour",
    "garden",
    "university",
    "station",
    "market",
    "bridge",
];

/// A claim of the day, and what becomes of it.
#[derive(Clone, Debug)]
pub struct Life {
    /// What becomes of it.
    pub fate: Fate,
    /// The claim.
    pub claim_no: ClaimNo,
    /// Whose it is.
    pub patient: PartyNo,
    /// Where it is dispensed.
    pub pharmacy: PartyNo,
    /// Who covers it.
    pub insurer: PartyNo,
    /// The price, in minor units.
    pub gross_minor: i64,
    drug: &'static str,
}

/// Every life, in the order of the claims' numbers, from 7 on: the story has the first six.
pub fn lives() -> anyhow::Result<Vec<Life>> {
    let fates = FATES.into_iter().flat_map(|(fate, count)| std::iter::repeat_n(fate, count));
    fates.enumerate().map(|(at, fate)| life(at, fate)).collect()
}

fn life(at: usize, fate: Fate) -> anyhow::Result<Life> {
    let number = at + 7;
    let drug = if fate == Fate::InCharityPhase { DRUGS[19] } else { DRUGS[at % 19] };
    let pharmacy = if fate.meets_at_one_pharmacy() { PHARMACIES[3] } else { PHARMACIES[4 + at % 8] };
    Ok(Life {
        fate,
        claim_no: ClaimNo::parse(&format!("CLM-{number}"))?,
        patient: party(&format!("P-{}", 2_000 + number))?,
        pharmacy: party(pharmacy)?,
        insurer: party(if fate.is_prefunded() { PREFUND } else { CREDIT })?,
        gross_minor: 800_000 + i64::try_from(at * 7_919 % 1_400)? * 1_000,
        drug,
    })
}

impl Life {
    /// The claim as it is taken in.
    pub fn claim(&self, on: Date) -> anyhow::Result<NewClaim> {
        let quantity = if self.fate == Fate::InCharityPhase { PAID_PACKS + 1 } else { 1 };
        let line = ClaimLine {
            line_no: 1,
            drug_code: DrugCode::parse(self.drug)?,
            quantity,
            prescribed_quantity: Some(quantity),
            gross_minor: self.gross_minor,
        };
        Ok(NewClaim {
            claim_no: self.claim_no.clone(),
            kind: if self.fate.is_reimbursed() { ClaimKind::Reimbursement } else { ClaimKind::DirectPay },
            insurer: self.insurer.clone(),
            pharmacy: self.pharmacy.clone(),
            patient: self.patient.clone(),
            policy_no: self.policy_no()?,
            diagnosis: DiagnosisCode::parse("C34.9")?,
            prescription: prescription(on)?,
            tests: Vec::new(),
            lines: vec![line],
            gross_minor: self.gross_minor,
            currency: CURRENCY,
            share_collector: self.collector(),
        })
    }

    fn collector(&self) -> ShareCollector {
        match self.fate {
            Fate::PharmacyCollects => ShareCollector::Pharmacy,
            Fate::ShareOwed | Fate::ShareRaised => ShareCollector::PlatformLater,
            _ => ShareCollector::Platform,
        }
    }

    /// The policy that it is claimed under: the patient pays a fifth.
    pub fn policy(&self, on: Date) -> anyhow::Result<Policy> {
        Ok(Policy {
            insurer: self.insurer.clone(),
            policy_no: self.policy_no()?,
            patient: self.patient.clone(),
            currency: CURRENCY,
            in_force_from: on.saturating_sub(100.days()),
            in_force_until: on.saturating_add(265.days()),
            deductible_minor: 0,
            coinsurance_per_10000: 2_000,
            share_cap_minor: None,
            benefit_limit_minor: None,
        })
    }

    fn policy_no(&self) -> anyhow::Result<PolicyNo> {
        Ok(PolicyNo::parse(&format!("POL-{}", self.patient))?)
    }
}

/// Both insurers, with their contracts and credit lines.
pub fn insurers() -> anyhow::Result<[(Insurer, ContractTerms, i64); 2]> {
    let insurer = |number: &str, name: &str| -> anyhow::Result<Insurer> {
        Ok(Insurer { insurer_no: party(number)?, name: name.to_owned(), currency: CURRENCY })
    };
    let behind = ContractTerms { fee_per_10000: 100, vat_per_10000: 600, ..ContractTerms::plain() };
    let beforehand = ContractTerms { funding: Funding::Prefund, ..ContractTerms::plain() };
    Ok([
        (insurer(CREDIT, "Example Pacific Health")?, behind, CREDIT_LINE_MINOR),
        (insurer(PREFUND, "Example Grand Life")?, beforehand, DISPUTED_MINOR),
    ])
}

/// The pharmacies that the story has not met.
pub fn new_pharmacies() -> &'static [&'static str] {
    &PHARMACIES[3..]
}

/// Listed drugs, a policy in force, and no pack that a charity scheme gives for nothing.
pub fn rules(on: Date) -> anyhow::Result<RuleVersion> {
    let drugs = DRUGS.iter().map(|drug| DrugCode::parse(drug)).collect::<Result<Vec<_>, _>>()?;
    let free = CharityScheme { drug_code: DrugCode::parse(DRUGS[19])?, paid_packs: PAID_PACKS, free_packs: None };
    let rules = vec![Rule::PolicyInForce, Rule::DrugListed { drugs }, Rule::CharityPhase { drugs: vec![free] }];
    Ok(RuleVersion { version: 1, effective_from: on, rules: RuleSet::deciding(60, rules) })
}
