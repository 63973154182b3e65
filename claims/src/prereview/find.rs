//! What a rule finds in the facts, in numbers and dates. One arm a rule; what it comes to is one arm of [`Found`].

use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use super::facts::{Facts, TestFact};
use super::rules::{CharityScheme, Cycle, PackPrice, Rule, Supply, TestAsked};
use crate::claim::{DiagnosisCode, DrugCode};

/// Whether a claim passes a rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// It does.
    Passed,
    /// It does not.
    Failed,
    /// Something must be known first.
    Unknown,
}

/// What a rule found. What it is measured against comes second.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Found {
    /// The policy's days and the day of the review, from the facts.
    Policy,
    /// The first day of which a prescription is covered.
    CoveredFrom(Date),
    /// Whether a drug is on the list.
    Listed(DrugCode, bool),
    /// What a drug is for.
    Indication(DrugCode, Vec<DiagnosisCode>),
    /// The prescription's last day.
    UsableUntil(Date),
    /// Packs asked for on a line, and packs prescribed.
    Prescribed(i32, DrugCode, i32, Option<i32>),
    /// The result that counts, and what is asked for.
    Test(Option<TestFact>, TestAsked),
    /// Packs in the cycle that ends on the day of the review, this claim included.
    InCycle(i64, Cycle),
    /// When the earlier packs are used up, if there are any, and the first day on which a refill may come.
    Refill(Option<(Date, Date)>, Supply),
    /// Packs paid and given for nothing before, and how many paid packs the scheme has until its next free phase.
    Charity {
        /// Packs paid before.
        paid: i64,
        /// Packs given for nothing before.
        free: i64,
        /// Packs asked for.
        asked: i64,
        /// The most that may be paid by now.
        payable: i64,
        /// The scheme.
        scheme: CharityScheme,
    },
    /// The price of a line, and the most that it may be.
    Price {
        /// The line.
        line_no: i32,
        /// Its packs.
        quantity: i32,
        /// Its price, in minor units.
        gross_minor: i64,
        /// The most, in minor units.
        most_minor: i64,
        /// The contract's price.
        contract: PackPrice,
    },
    /// Whether the doctor is designated; the doctor is in the facts.
    Doctor(bool),
    /// Whether the pharmacy is designated; the pharmacy is in the facts.
    Pharmacy(bool),
    /// What is covered in the year with this claim, and the most, of one drug or of all.
    Covered(Option<DrugCode>, i128, i64),
    /// Packs of a drug in the year with this claim, and the most.
    InYear(DrugCode, i64, i32),
    /// The rule asks nothing of this drug.
    NotAsked(DrugCode),
}

impl Rule {
    /// Applies the rule: a finding for the claim, for each drug, or for each line.
    pub fn find(&self, facts: &Facts) -> Vec<Found> {
        match self {
            Rule::PolicyInForce => vec![Found::Policy],
            Rule::WaitingPeriod { days } => vec![Found::CoveredFrom(later(facts.policy.enrolled_on, *days))],
            Rule::DrugListed { drugs } => each_drug(facts, |drug| Found::Listed(drug.clone(), drugs.contains(drug))),
            Rule::Indication { drugs } => per_drug(
                facts,
                drugs,
                |entry| &entry.drug_code,
                |entry| Found::Indication(entry.drug_code.clone(), entry.diagnoses.clone()),
            ),
            Rule::PrescriptionValid { days } => vec![Found::UsableUntil(later(facts.prescribed_on, *days))],
            Rule::PrescribedQuantity => prescribed(facts),
            Rule::GeneticTest { drugs } => per_drug(
                facts,
                drugs,
                |entry| &entry.drug_code,
                |asked| Found::Test(result_that_counts(facts, asked), asked.clone()),
            ),
            Rule::QuantityPerCycle { drugs } => per_drug(
                facts,
                drugs,
                |entry| &entry.drug_code,
                |cycle| Found::InCycle(packs_in_cycle(facts, cycle), cycle.clone()),
            ),
            Rule::RefillNotEarly { drugs } => per_drug(
                facts,
                drugs,
                |entry| &entry.drug_code,
                |supply| Found::Refill(refill_from(facts, supply), supply.clone()),
            ),
            Rule::CharityPhase { drugs } => {
                per_drug(facts, drugs, |entry| &entry.drug_code, |scheme| charity(facts, scheme))
            }
            Rule::ContractPrice { drugs, tolerance_minor } => prices(facts, drugs, *tolerance_minor),
            Rule::DesignatedDoctor { doctors } => {
                vec![Found::Doctor(facts.doctor.as_ref().is_some_and(|doctor| doctors.contains(doctor)))]
            }
            Rule::DesignatedPharmacy { pharmacies } => vec![Found::Pharmacy(pharmacies.contains(&facts.pharmacy))],
            Rule::CapPerYear { cap_minor } => {
                let covered_minor = i128::from(facts.policy.used.advance_minor) + i128::from(facts.advance_minor());
                vec![Found::Covered(None, covered_minor, *cap_minor)]
            }
            Rule::CapPerDrug { drugs } => per_drug(
                facts,
                drugs,
                |entry| &entry.drug_code,
                |cap| {
                    let drug = &cap.drug_code;
                    let covered_minor = i128::from(facts.used_of(drug)) + i128::from(facts.advance_of(drug));
                    Found::Covered(Some(drug.clone()), covered_minor, cap.cap_minor)
                },
            ),
            Rule::PacksPerYear { drugs } => per_drug(
                facts,
                drugs,
                |entry| &entry.drug_code,
                |allowed| {
                    Found::InYear(allowed.drug_code.clone(), packs_in_year(facts, &allowed.drug_code), allowed.packs)
                },
            ),
        }
    }
}

impl Found {
    /// Whether the claim passes.
    pub fn answer(&self, facts: &Facts) -> Answer {
        let passes = match self {
            Found::Policy => (facts.policy.in_force_from..=facts.policy.in_force_until).contains(&facts.on),
            Found::CoveredFrom(first) => facts.prescribed_on >= *first,
            Found::Doctor(_) if facts.doctor.is_none() => return Answer::Unknown,
            Found::Listed(_, is_so) | Found::Pharmacy(is_so) | Found::Doctor(is_so) => *is_so,
            Found::Indication(_, diagnoses) => {
                let Some(diagnosis) = &facts.diagnosis else { return Answer::Unknown };
                diagnoses.iter().any(|branch| diagnosis.lies_in(branch))
            }
            Found::UsableUntil(last) => (facts.prescribed_on..=*last).contains(&facts.on),
            Found::Prescribed(_, _, asked, prescribed) => {
                let Some(prescribed) = prescribed else { return Answer::Unknown };
                asked <= prescribed
            }
            Found::Test(result, asked) => {
                let Some(result) = result else { return Answer::Unknown };
                result.positive && asked.days_max.is_none_or(|days| later(result.tested_on, days) >= facts.on)
            }
            Found::InCycle(packs, cycle) => *packs <= i64::from(cycle.packs_per_cycle),
            Found::Refill(refill, _) => refill.is_none_or(|(_, first)| facts.on >= first),
            Found::Charity { paid, asked, payable, .. } => paid + asked <= *payable,
            Found::Price { gross_minor, most_minor, .. } => gross_minor <= most_minor,
            Found::Covered(_, covered_minor, cap_minor) => *covered_minor <= i128::from(*cap_minor),
            Found::InYear(_, packs, allowed) => *packs <= i64::from(*allowed),
            Found::NotAsked(_) => true,
        };
        if passes { Answer::Passed } else { Answer::Failed }
    }

    /// The material that would say what is unknown.
    pub fn material(&self) -> &'static str {
        match self {
            Found::Indication(..) => "diagnosis_proof",
            Found::Test(..) => "genetic_test",
            Found::Prescribed(..) | Found::Doctor(_) | Found::UsableUntil(_) | Found::CoveredFrom(_) => "prescription",
            Found::Policy
            | Found::Listed(..)
            | Found::InCycle(..)
            | Found::Refill(..)
            | Found::Charity { .. }
            | Found::Price { .. }
            | Found::Pharmacy(_)
            | Found::Covered(..)
            | Found::InYear(..)
            | Found::NotAsked(_) => "explanation",
        }
    }
}

/// A finding for each drug of the claim.
fn each_drug(facts: &Facts, found: impl Fn(&DrugCode) -> Found) -> Vec<Found> {
    facts.drugs().into_iter().map(found).collect()
}

/// A finding for each drug of the claim, from the rule's entry for it.
fn per_drug<T>(facts: &Facts, entries: &[T], drug_of: fn(&T) -> &DrugCode, found: impl Fn(&T) -> Found) -> Vec<Found> {
    each_drug(facts, |drug| {
        let entry = entries.iter().find(|entry| drug_of(entry) == drug);
        entry.map_or_else(|| Found::NotAsked(drug.clone()), &found)
    })
}

fn later(day: Date, days: i32) -> Date {
    day.saturating_add(days.days())
}

fn prescribed(facts: &Facts) -> Vec<Found> {
    let of_line = |line: &super::facts::LineFacts| {
        Found::Prescribed(line.line_no, line.drug_code.clone(), line.quantity, line.prescribed_quantity)
    };
    facts.lines.iter().map(of_line).collect()
}

/// The result that counts: the latest positive one, or else the latest at all; none of the future.
fn result_that_counts(facts: &Facts, asked: &TestAsked) -> Option<TestFact> {
    let counts = |result: &&TestFact| asked.any_of.contains(&result.test) && result.tested_on <= facts.on;
    facts.tests.iter().filter(counts).max_by_key(|result| (result.positive, result.tested_on)).cloned()
}

fn packs_in_cycle(facts: &Facts, cycle: &Cycle) -> i64 {
    let start = later(facts.on, -cycle.cycle_days);
    let in_cycle = facts.earlier_of(&cycle.drug_code).filter(|packs| packs.on > start);
    in_cycle.map(|packs| i64::from(packs.quantity)).sum::<i64>() + facts.asked(&cycle.drug_code)
}

fn packs_in_year(facts: &Facts, drug: &DrugCode) -> i64 {
    let in_year = facts.earlier_of(drug).filter(|packs| !packs.free && packs.prescribed_on >= facts.policy.year_from);
    in_year.map(|packs| i64::from(packs.quantity)).sum::<i64>() + facts.asked(drug)
}

/// When the earlier packs are used up, one after the other, and from when on a refill may come.
fn refill_from(facts: &Facts, supply: &Supply) -> Option<(Date, Date)> {
    let used_up = facts.earlier_of(&supply.drug_code).fold(None, |used_up: Option<Date>, packs| {
        let begins = used_up.map_or(packs.on, |day| day.max(packs.on));
        Some(later(begins, supply.days_per_pack.saturating_mul(packs.quantity)))
    });
    used_up.map(|day| (day, later(day, -supply.early_days)))
}

/// Each free phase that is used up opens the way for as many paid packs again.
fn charity(facts: &Facts, scheme: &CharityScheme) -> Found {
    let packs = |free: bool| -> i64 {
        let given = facts.earlier_of(&scheme.drug_code).filter(|packs| packs.free == free);
        given.map(|packs| i64::from(packs.quantity)).sum()
    };
    let (paid, free) = (packs(false), packs(true));
    let rounds = scheme.free_packs.map_or(0, |phase| free / i64::from(phase.max(1)));
    let payable = i64::from(scheme.paid_packs) * (rounds + 1);
    Found::Charity { paid, free, asked: facts.asked(&scheme.drug_code), payable, scheme: scheme.clone() }
}

fn prices(facts: &Facts, drugs: &[PackPrice], tolerance_minor: i64) -> Vec<Found> {
    let of_line = |line: &super::facts::LineFacts| {
        let Some(contract) = drugs.iter().find(|price| price.drug_code == line.drug_code) else {
            return Found::NotAsked(line.drug_code.clone());
        };
        let pack_minor = contract.price_minor.saturating_add(tolerance_minor);
        Found::Price {
            line_no: line.line_no,
            quantity: line.quantity,
            gross_minor: line.gross_minor,
            most_minor: pack_minor.saturating_mul(line.quantity.into()),
            contract: contract.clone(),
        }
    };
    facts.lines.iter().map(of_line).collect()
}
