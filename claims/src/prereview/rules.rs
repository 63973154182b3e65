//! Rules as data, and what each finds. A rule is a variant with its parameters; its check is one arm.

use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::claim::{DrugCode, PolicyNo};

/// What an insurer's programme asks of a claim, as it is stored.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleSet {
    /// Days for which an approval may be used.
    pub approval_days: i32,
    /// The rules, in the order in which their findings are shown.
    pub rules: Vec<Rule>,
}

/// A rule and its parameters.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "rule", rename_all = "snake_case", deny_unknown_fields)]
pub enum Rule {
    /// The policy is in force on the day of the review.
    PolicyInForce,
    /// The drug is on the list, and no more packs than its cycle allows.
    DrugCovered {
        /// The list.
        drugs: Vec<CoveredDrug>,
    },
    /// The prescription is not too old, and not of tomorrow.
    PrescriptionValid {
        /// How many days after its date it may be used.
        days: i32,
    },
}

/// A drug that is covered.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoveredDrug {
    /// The drug.
    pub drug_code: DrugCode,
    /// The most packs in one cycle.
    pub packs_per_cycle: i32,
    /// The length of a cycle, in days.
    pub cycle_days: i32,
}

impl Rule {
    /// Stable code of the rule.
    pub fn code(&self) -> &'static str {
        match self {
            Rule::PolicyInForce => "policy_in_force",
            Rule::DrugCovered { .. } => "drug_covered",
            Rule::PrescriptionValid { .. } => "prescription_valid",
        }
    }
}

impl RuleSet {
    /// The longest cycle among its drugs, in days: how far back the patient's packs must be known.
    pub fn longest_cycle_days(&self) -> i32 {
        let drugs = self.rules.iter().flat_map(|rule| match rule {
            Rule::DrugCovered { drugs } => drugs.as_slice(),
            Rule::PolicyInForce | Rule::PrescriptionValid { .. } => &[],
        });
        drugs.map(|drug| drug.cycle_days).max().unwrap_or(0)
    }
}

/// What the rules see of a claim.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Facts {
    /// The day of the review.
    pub on: Date,
    /// The policy.
    pub policy_no: PolicyNo,
    /// Its first day.
    pub in_force_from: Date,
    /// Its last day.
    pub in_force_until: Date,
    /// The drug.
    pub drug_code: DrugCode,
    /// How many packs are asked for.
    pub quantity: i32,
    /// Packs of this drug that the patient got, or may yet get on earlier approvals.
    pub earlier: Vec<EarlierPacks>,
    /// The date of the prescription.
    pub prescribed_on: Date,
}

/// Packs on an earlier claim.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct EarlierPacks {
    /// When they were dispensed, or approved if they are not dispensed yet.
    pub on: Date,
    /// How many.
    pub quantity: i32,
}

/// What a rule found, in numbers and dates.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Found {
    /// Whether the policy is in force.
    Policy {
        /// It is.
        in_force: bool,
    },
    /// The drug is not on the list.
    DrugNotListed,
    /// Packs in the cycle, this claim included, against what is allowed.
    Packs {
        /// Packs in the cycle that ends on the day of the review.
        in_cycle: i64,
        /// The drug as listed.
        drug: CoveredDrug,
    },
    /// The prescription's last day.
    Prescription {
        /// Its last day.
        valid_until: Date,
    },
}

impl Rule {
    /// Applies the rule.
    pub fn find(&self, facts: &Facts) -> Found {
        match self {
            Rule::PolicyInForce => {
                Found::Policy { in_force: (facts.in_force_from..=facts.in_force_until).contains(&facts.on) }
            }
            Rule::DrugCovered { drugs } => match drugs.iter().find(|drug| drug.drug_code == facts.drug_code) {
                None => Found::DrugNotListed,
                Some(drug) => Found::Packs { in_cycle: packs_in_cycle(facts, drug.cycle_days), drug: drug.clone() },
            },
            Rule::PrescriptionValid { days } => {
                Found::Prescription { valid_until: facts.prescribed_on.saturating_add(days.days()) }
            }
        }
    }
}

impl Found {
    /// Whether the claim passes the rule.
    pub fn passes(&self, facts: &Facts) -> bool {
        match self {
            Found::Policy { in_force } => *in_force,
            Found::DrugNotListed => false,
            Found::Packs { in_cycle, drug } => *in_cycle <= i64::from(drug.packs_per_cycle),
            Found::Prescription { valid_until } => (facts.prescribed_on..=*valid_until).contains(&facts.on),
        }
    }
}

fn packs_in_cycle(facts: &Facts, cycle_days: i32) -> i64 {
    let start = facts.on.saturating_sub(cycle_days.days());
    let earlier = facts.earlier.iter().filter(|packs| packs.on > start).map(|packs| i64::from(packs.quantity));
    earlier.sum::<i64>() + i64::from(facts.quantity)
}
