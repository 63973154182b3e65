//! Whether a set of rules can be meant: ranges, duplicates, drugs that are missing or unknown. Every fault has its
//! place.
//!
//! A set that names drugs has a list of them. Rules name only drugs of the list. What is asked of every drug, its
//! indication, its cycle and its price, has an entry for each drug of the list.

use std::collections::BTreeSet;
use std::fmt::Display;

use crate::claim::DrugCode;

use super::rules::{CharityScheme, Cycle, Rule, RuleSet, TestAsked};

/// What is wrong with a set of rules.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("{path} is {found}; it is to be {expected}")]
pub struct RuleFault {
    /// Where, such as `rules/3/rule/days`.
    pub path: String,
    /// Stable code of the fault.
    pub code: &'static str,
    /// What belongs there.
    pub expected: String,
    /// What stands there.
    pub found: String,
}

/// The longest of whatever is counted in days.
const DAYS_MAX: i32 = 3_650;

/// Everything that is wrong with a set of rules, in the order of its text.
pub fn check(set: &RuleSet) -> Vec<RuleFault> {
    let mut faults = Faults(Vec::new());
    faults.days("approval_days", set.approval_days);
    if let Some(minor) = set.second_person_above_minor {
        faults.amount("second_person_above_minor", minor);
    }
    if !(1..=100).contains(&set.rules.len()) {
        faults.add("rules", "out_of_range", "1 to 100 rules", set.rules.len());
    }
    let listed = listed(set);
    let mut codes = BTreeSet::new();
    for (index, entry) in set.rules.iter().enumerate() {
        let path = format!("rules/{index}/rule");
        if !codes.insert(entry.rule.code()) {
            faults.add(&path, "duplicate", "a kind of rule that is not there yet", entry.rule.code());
        }
        numbers(&path, &entry.rule, &mut faults);
        drugs(&path, &entry.rule, listed.as_ref(), &mut faults);
    }
    faults.0
}

fn listed(set: &RuleSet) -> Option<BTreeSet<&DrugCode>> {
    set.rules.iter().find_map(|entry| match &entry.rule {
        Rule::DrugListed { drugs } => Some(drugs.iter().collect()),
        _ => None,
    })
}

struct Faults(Vec<RuleFault>);

impl Faults {
    fn add(&mut self, path: &str, code: &'static str, expected: impl Display, found: impl Display) {
        let (path, expected, found) = (path.to_owned(), expected.to_string(), found.to_string());
        self.0.push(RuleFault { path, code, expected, found });
    }

    fn between(&mut self, path: &str, actual: i32, min: i32, max: i32) {
        if !(min..=max).contains(&actual) {
            self.add(path, "out_of_range", format!("between {min} and {max}"), actual);
        }
    }

    fn days(&mut self, path: &str, actual: i32) {
        self.between(path, actual, 0, DAYS_MAX);
    }

    fn amount(&mut self, path: &str, minor: i64) {
        if minor < 0 {
            self.add(path, "out_of_range", "not negative", minor);
        }
    }

    /// A list that must not be empty, and says nothing twice.
    fn list<T: PartialEq + ToString>(&mut self, path: &str, items: &[T]) {
        if items.is_empty() {
            self.add(path, "empty", "one entry at least", "empty");
        }
        for (index, item) in items.iter().enumerate() {
            if items[..index].contains(item) {
                self.add(&format!("{path}/{index}"), "duplicate", "named once", item.to_string());
            }
        }
    }
}

/// Numbers in their ranges, lists that say something.
fn numbers(path: &str, rule: &Rule, faults: &mut Faults) {
    match rule {
        Rule::PolicyInForce | Rule::PrescribedQuantity => {}
        Rule::WaitingPeriod { days } | Rule::PrescriptionValid { days } => faults.days(&format!("{path}/days"), *days),
        Rule::DrugListed { drugs } => faults.list(&format!("{path}/drugs"), drugs),
        Rule::DesignatedDoctor { doctors } => faults.list(&format!("{path}/doctors"), doctors),
        Rule::DesignatedPharmacy { pharmacies } => faults.list(&format!("{path}/pharmacies"), pharmacies),
        Rule::CapPerYear { cap_minor } => faults.amount(&format!("{path}/cap_minor"), *cap_minor),
        Rule::Indication { drugs } => {
            each(path, drugs, |at, entry| faults.list(&format!("{at}/diagnoses"), &entry.diagnoses));
        }
        Rule::GeneticTest { drugs } => each(path, drugs, |at, entry| test(&at, entry, faults)),
        Rule::QuantityPerCycle { drugs } => each(path, drugs, |at, entry| cycle(&at, entry, faults)),
        Rule::RefillNotEarly { drugs } => each(path, drugs, |at, entry| {
            faults.between(&format!("{at}/days_per_pack"), entry.days_per_pack, 1, DAYS_MAX);
            faults.days(&format!("{at}/early_days"), entry.early_days);
        }),
        Rule::CharityPhase { drugs } => each(path, drugs, |at, entry| charity(&at, entry, faults)),
        Rule::ContractPrice { drugs, tolerance_minor } => {
            faults.amount(&format!("{path}/tolerance_minor"), *tolerance_minor);
            each(path, drugs, |at, entry| faults.amount(&format!("{at}/price_minor"), entry.price_minor));
        }
        Rule::CapPerDrug { drugs } => {
            each(path, drugs, |at, entry| faults.amount(&format!("{at}/cap_minor"), entry.cap_minor));
        }
        Rule::PacksPerYear { drugs } => {
            each(path, drugs, |at, entry| faults.between(&format!("{at}/packs"), entry.packs, 0, i32::MAX));
        }
    }
}

fn each<T>(path: &str, entries: &[T], mut check: impl FnMut(String, &T)) {
    entries.iter().enumerate().for_each(|(index, entry)| check(format!("{path}/drugs/{index}"), entry));
}

fn test(at: &str, entry: &TestAsked, faults: &mut Faults) {
    faults.list(&format!("{at}/any_of"), &entry.any_of);
    if let Some(days) = entry.days_max {
        faults.days(&format!("{at}/days_max"), days);
    }
}

fn cycle(at: &str, entry: &Cycle, faults: &mut Faults) {
    faults.between(&format!("{at}/packs_per_cycle"), entry.packs_per_cycle, 0, i32::MAX);
    faults.between(&format!("{at}/cycle_days"), entry.cycle_days, 1, DAYS_MAX);
}

fn charity(at: &str, entry: &CharityScheme, faults: &mut Faults) {
    faults.between(&format!("{at}/paid_packs"), entry.paid_packs, 0, i32::MAX);
    if let Some(packs) = entry.free_packs {
        faults.between(&format!("{at}/free_packs"), packs, 1, i32::MAX);
    }
}

/// Drugs once a rule, all of the list, and all of the list where every drug is asked about.
fn drugs(path: &str, rule: &Rule, listed: Option<&BTreeSet<&DrugCode>>, faults: &mut Faults) {
    let (named, asks_of_all) = named(rule);
    let path = format!("{path}/drugs");
    let mut seen = BTreeSet::new();
    for (index, drug) in named.iter().enumerate() {
        let at = format!("{path}/{index}/drug_code");
        if !seen.insert(*drug) {
            faults.add(&at, "duplicate", "a drug that has no entry yet", drug);
        }
        if !listed.is_some_and(|listed| listed.contains(drug)) {
            faults.add(&at, "unknown_drug", "a drug of the rule drug_listed", drug);
        }
    }
    let missing = listed.into_iter().flatten().filter(|drug| asks_of_all && !seen.contains(*drug));
    for drug in missing {
        faults.add(&path, "missing_drug", format!("with an entry for listed drug {drug}"), "without one");
    }
}

/// The drugs that a rule has entries for, and whether it is to have one for each.
fn named(rule: &Rule) -> (Vec<&DrugCode>, bool) {
    match rule {
        Rule::Indication { drugs } => (drugs.iter().map(|entry| &entry.drug_code).collect(), true),
        Rule::QuantityPerCycle { drugs } => (drugs.iter().map(|entry| &entry.drug_code).collect(), true),
        Rule::ContractPrice { drugs, .. } => (drugs.iter().map(|entry| &entry.drug_code).collect(), true),
        Rule::GeneticTest { drugs } => (drugs.iter().map(|entry| &entry.drug_code).collect(), false),
        Rule::RefillNotEarly { drugs } => (drugs.iter().map(|entry| &entry.drug_code).collect(), false),
        Rule::CharityPhase { drugs } => (drugs.iter().map(|entry| &entry.drug_code).collect(), false),
        Rule::CapPerDrug { drugs } => (drugs.iter().map(|entry| &entry.drug_code).collect(), false),
        Rule::PacksPerYear { drugs } => (drugs.iter().map(|entry| &entry.drug_code).collect(), false),
        Rule::PolicyInForce
        | Rule::WaitingPeriod { .. }
        | Rule::DrugListed { .. }
        | Rule::PrescriptionValid { .. }
        | Rule::PrescribedQuantity
        | Rule::DesignatedDoctor { .. }
        | Rule::DesignatedPharmacy { .. }
        | Rule::CapPerYear { .. } => (Vec::new(), false),
    }
}
