//! A claim that is decided on before money moves: shared under its policy, and asked about by every rule there is, with
//! explanations in two languages.

use dianfu_claims::benefit::{
    Band, BenefitTerms, ClaimToShare, DrugCap, FeeTerms, LineToShare, PolicyTerms, Used, UsedByYear, quote, share_next,
};
use dianfu_claims::claim::{ClaimNo, DiagnosisCode, DrugCode, PolicyNo};
use dianfu_claims::prereview::facts::{EarlierPacks, Facts, LineFacts, PolicyFacts, TestFact};
use dianfu_claims::prereview::rules::{
    CharityScheme, Cycle, Indication, PackPrice, PacksAllowed, Rule, RuleSet, Supply, TestAsked,
};
use dianfu_claims::prereview::{Decision, Offer, RuleVersion, evaluate};
use dianfu_ledger::money::Currency;
use dianfu_settlement::number::PartyNo;
use jiff::civil::{Date, date};

/// Drugs on the list.
const DRUGS: usize = 200;
/// Packs that the patient had before.
const EARLIER: usize = 24;
/// The day of the review.
const ON: Date = date(2026, 6, 1);

/// Decides as a review does, of what it has read.
pub fn decide(rules: &RuleVersion, policy: &PolicyTerms, claim: &ClaimToShare) -> Decision {
    let split = share_next(claim, policy, &mut UsedByYear::new());
    let fee = FeeTerms { fee_per_10000: 100, vat_per_10000: 600, payment_days: 7 };
    let quote = quote(&split, &fee, ON, rules.rules.approval_days);
    let advances: Vec<i64> = split.lines.iter().map(|line| line.advance_minor).collect();
    evaluate(rules, facts(claim, &advances), Offer { quote, shares: split.lines })
}

fn facts(claim: &ClaimToShare, advances: &[i64]) -> Facts {
    let line = |(line, advance_minor): (&LineToShare, &i64)| LineFacts {
        line_no: line.line_no,
        drug_code: line.drug_code.clone(),
        quantity: 1,
        prescribed_quantity: Some(1),
        gross_minor: line.gross_minor,
        advance_minor: *advance_minor,
    };
    let earlier = |pack: usize| EarlierPacks {
        drug_code: drug(pack % 3),
        on: date(2024, 1, 1),
        prescribed_on: date(2024, 1, 1),
        quantity: 1,
        free: false,
    };
    Facts {
        on: ON,
        currency: Currency::CNY,
        policy: PolicyFacts {
            policy_no: PolicyNo::parse("POL-1").expect("letters and digits"),
            in_force_from: date(2026, 1, 1),
            in_force_until: date(2026, 12, 31),
            enrolled_on: date(2024, 1, 1),
            year_from: date(2026, 1, 1),
            used: Used::default(),
        },
        pharmacy: party("red-cross"),
        doctor: Some(party("dr-wu")),
        diagnosis: claim.diagnosis.clone(),
        prescribed_on: claim.prescribed_on,
        tests: vec![TestFact { test: "EGFR".to_owned(), positive: true, tested_on: date(2026, 5, 1) }],
        lines: claim.lines.iter().zip(advances).map(line).collect(),
        earlier: (0..EARLIER).map(earlier).collect(),
    }
}

/// Its policy, with a deductible, bands and caps.
pub fn policy() -> PolicyTerms {
    let band = |up_to_minor, patient_per_10000| Band { up_to_minor, patient_per_10000 };
    let first = BenefitTerms {
        bands: vec![band(Some(5_000_000), 3_000), band(Some(20_000_000), 2_000), band(None, 1_000)],
        share_cap_minor: Some(10_000_000),
        benefit_limit_minor: Some(100_000_000),
        drug_caps: vec![DrugCap { drug_code: drug(0), cap_minor: 50_000_000 }],
        ..BenefitTerms::plain(100_000, 0)
    };
    PolicyTerms { years_from: date(2026, 1, 1), first, versions: Vec::new() }
}

/// A claim of three lines, with two years of earlier packs.
pub fn claim() -> ClaimToShare {
    let line = |line_no: i32| LineToShare {
        line_no,
        drug_code: drug(usize::try_from(line_no - 1).expect("lines are counted from 1")),
        gross_minor: 1_999_900,
    };
    ClaimToShare {
        claim_no: ClaimNo::parse("CLM-1").expect("letters and digits"),
        prescribed_on: date(2026, 5, 30),
        diagnosis: Some(icd("C34.9")),
        lines: (1..=3).map(line).collect(),
    }
}

/// Every rule, for every drug of a long list.
pub fn rules() -> RuleVersion {
    let test = |drug_code| TestAsked { drug_code, any_of: vec!["EGFR".to_owned()], days_max: Some(365) };
    let rules = vec![
        Rule::PolicyInForce,
        Rule::WaitingPeriod { days: 90 },
        Rule::DrugListed { drugs: each(|drug_code| drug_code) },
        Rule::Indication { drugs: each(|drug_code| Indication { drug_code, diagnoses: vec![icd("C33"), icd("C34")] }) },
        Rule::PrescriptionValid { days: 30 },
        Rule::PrescribedQuantity,
        Rule::GeneticTest { drugs: each(test) },
        Rule::QuantityPerCycle { drugs: each(|drug_code| Cycle { drug_code, packs_per_cycle: 1, cycle_days: 28 }) },
        Rule::RefillNotEarly { drugs: each(|drug_code| Supply { drug_code, days_per_pack: 30, early_days: 5 }) },
        Rule::CharityPhase {
            drugs: each(|drug_code| CharityScheme { drug_code, paid_packs: 100, free_packs: Some(8) }),
        },
        Rule::ContractPrice {
            drugs: each(|drug_code| PackPrice { drug_code, price_minor: 1_999_900 }),
            tolerance_minor: 0,
        },
        Rule::DesignatedDoctor { doctors: vec![party("dr-wu")] },
        Rule::DesignatedPharmacy { pharmacies: vec![party("red-cross")] },
        Rule::CapPerYear { cap_minor: 100_000_000 },
        Rule::CapPerDrug { drugs: each(|drug_code| DrugCap { drug_code, cap_minor: 50_000_000 }) },
        Rule::PacksPerYear { drugs: each(|drug_code| PacksAllowed { drug_code, packs: 13 }) },
    ];
    RuleVersion { version: 1, effective_from: date(2026, 1, 1), rules: RuleSet::deciding(30, rules) }
}

fn each<T>(entry: impl Fn(DrugCode) -> T) -> Vec<T> {
    (0..DRUGS).rev().map(|number| entry(drug(number))).collect()
}

fn drug(number: usize) -> DrugCode {
    DrugCode::parse(&format!("drug-{number}")).expect("letters and digits")
}

fn party(number: &str) -> PartyNo {
    PartyNo::parse(number).expect("letters and digits")
}

fn icd(code: &str) -> DiagnosisCode {
    DiagnosisCode::parse(code).expect("a code of ICD-10")
}
