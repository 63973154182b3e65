//! What the rules see of a claim, its policy and its patient. Stored with the decision, so that it can be judged again.

use std::collections::BTreeMap;

use dianfu_ledger::money::{Currency, Money};
use dianfu_settlement::number::PartyNo;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::benefit::Used;
use crate::claim::{DiagnosisCode, DrugCode, PolicyNo};

/// What the rules see. Amounts in minor units of the claim's currency.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Facts {
    /// The day of the review.
    pub on: Date,
    /// The currency of all amounts.
    pub currency: Currency,
    /// The policy.
    pub policy: PolicyFacts,
    /// Who dispenses.
    pub pharmacy: PartyNo,
    /// Who prescribed; `None` where nobody has said it.
    pub doctor: Option<PartyNo>,
    /// The diagnosis; `None` where nobody has said it.
    pub diagnosis: Option<DiagnosisCode>,
    /// The date of the prescription.
    pub prescribed_on: Date,
    /// The results of tests that are on file.
    pub tests: Vec<TestFact>,
    /// What is claimed, by line.
    pub lines: Vec<LineFacts>,
    /// Packs of these drugs that the patient got, or may yet get on earlier approvals, the earliest first.
    pub earlier: Vec<EarlierPacks>,
}

/// A policy, and what is used up of it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PolicyFacts {
    /// The policy.
    pub policy_no: PolicyNo,
    /// Its first day.
    pub in_force_from: Date,
    /// Its last day.
    pub in_force_until: Date,
    /// Since when the patient is insured without a gap.
    pub enrolled_on: Date,
    /// The first day of its year in which the prescription lies.
    pub year_from: Date,
    /// What earlier claims have used up of that year.
    pub used: Used,
}

/// The result of a test.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestFact {
    /// What was tested, such as `EGFR`.
    pub test: String,
    /// Whether it was found.
    pub positive: bool,
    /// When.
    pub tested_on: Date,
}

/// A line of the claim.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LineFacts {
    /// Its number.
    pub line_no: i32,
    /// The drug.
    pub drug_code: DrugCode,
    /// How many packs are asked for.
    pub quantity: i32,
    /// How many the prescription is for; `None` where nobody has said it.
    pub prescribed_quantity: Option<i32>,
    /// The price of all of them.
    pub gross_minor: i64,
    /// What the insurer would cover of it.
    pub advance_minor: i64,
}

/// Packs on an earlier claim, or given for nothing.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EarlierPacks {
    /// The drug.
    pub drug_code: DrugCode,
    /// When they were dispensed, or approved if they are not dispensed yet.
    pub on: Date,
    /// The date of their prescription, which places them in a year.
    pub prescribed_on: Date,
    /// How many.
    pub quantity: i32,
    /// Whether they were given for nothing, in the free phase of a charity scheme.
    pub free: bool,
}

impl Facts {
    /// The drugs of the claim, each once, in the order of its lines.
    pub fn drugs(&self) -> Vec<&DrugCode> {
        let mut drugs: Vec<&DrugCode> = Vec::new();
        for line in &self.lines {
            if !drugs.contains(&&line.drug_code) {
                drugs.push(&line.drug_code);
            }
        }
        drugs
    }

    /// Packs of a drug that the claim asks for, over all lines.
    pub fn asked(&self, drug_code: &DrugCode) -> i64 {
        self.lines_of(drug_code).map(|line| i64::from(line.quantity)).sum()
    }

    /// What the insurer would cover of a drug, over all lines, in minor units.
    pub fn advance_of(&self, drug_code: &DrugCode) -> i64 {
        self.lines_of(drug_code).map(|line| line.advance_minor).sum()
    }

    /// What the insurer would cover of the claim, in minor units.
    pub fn advance_minor(&self) -> i64 {
        self.lines.iter().map(|line| line.advance_minor).sum()
    }

    /// Earlier packs of a drug, the earliest first.
    pub fn earlier_of(&self, drug_code: &DrugCode) -> impl Iterator<Item = &EarlierPacks> {
        self.earlier.iter().filter(move |packs| packs.drug_code == *drug_code)
    }

    /// What was covered of a drug in the policy's year before, in minor units.
    pub fn used_of(&self, drug_code: &DrugCode) -> i64 {
        let of_drugs: &BTreeMap<DrugCode, i64> = &self.policy.used.advance_of_drug_minor;
        of_drugs.get(drug_code).copied().unwrap_or(0)
    }

    /// An amount of the claim, in words for people.
    pub fn money(&self, minor: i64) -> Money {
        Money::new(minor, self.currency)
    }

    fn lines_of(&self, drug_code: &DrugCode) -> impl Iterator<Item = &LineFacts> {
        self.lines.iter().filter(move |line| line.drug_code == *drug_code)
    }
}
