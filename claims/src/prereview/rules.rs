//! Rules as data. A rule is a variant with its parameters; what it finds is in [`find`](super::find).
//!
//! A rule about drugs has an entry for each drug that it is about, and asks nothing of the others. Amounts are minor
//! units of the insurer's currency.

use dianfu_settlement::number::PartyNo;
use serde::{Deserialize, Serialize};

use crate::benefit::DrugCap;
use crate::claim::{DiagnosisCode, DrugCode};

/// What an insurer's programme asks of a claim, as it is stored.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleSet {
    /// Days for which an approval may be used.
    pub approval_days: i32,
    /// Above which advance an approval takes a second person; `None` for never.
    pub second_person_above_minor: Option<i64>,
    /// Whether the rules decide alone where they can; otherwise a reviewer decides every claim and they advise.
    pub auto_decide: bool,
    /// The rules, in the order in which their findings are shown; each kind at most once.
    pub rules: Vec<RuleEntry>,
}

/// A rule, and what becomes of a claim that fails it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RuleEntry {
    /// The rule.
    pub rule: Rule,
    /// What becomes of a claim that fails it.
    pub on_fail: OnFail,
}

/// What becomes of a claim that fails a rule.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnFail {
    /// It is rejected. No reviewer can let it pass.
    Reject,
    /// A reviewer decides.
    Refer,
}

/// A rule and its parameters.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "rule", rename_all = "snake_case", deny_unknown_fields)]
pub enum Rule {
    /// The policy is in force on the day of the review.
    PolicyInForce,
    /// The prescription is of a day after the first days of the insurance.
    WaitingPeriod {
        /// How many days nothing is covered, from the day of enrolment.
        days: i32,
    },
    /// The drug is on the list.
    DrugListed {
        /// The list.
        drugs: Vec<DrugCode>,
    },
    /// The drug is for the diagnosis.
    Indication {
        /// The drugs and what they are for.
        drugs: Vec<Indication>,
    },
    /// The prescription is not too old, and not of tomorrow.
    PrescriptionValid {
        /// How many days after its date it may be used.
        days: i32,
    },
    /// No more packs than prescribed.
    PrescribedQuantity,
    /// A test says that the drug can work.
    GeneticTest {
        /// The drugs and their tests.
        drugs: Vec<TestAsked>,
    },
    /// No more packs than the drug's cycle takes.
    QuantityPerCycle {
        /// The drugs and their cycles.
        drugs: Vec<Cycle>,
    },
    /// No refill long before the earlier packs are used up.
    RefillNotEarly {
        /// The drugs and how long they last.
        drugs: Vec<Supply>,
    },
    /// No pack that a charity scheme gives for nothing.
    CharityPhase {
        /// The drugs and their schemes.
        drugs: Vec<CharityScheme>,
    },
    /// No price above the contract's.
    ContractPrice {
        /// The drugs and their prices.
        drugs: Vec<PackPrice>,
        /// What a pack may cost more.
        tolerance_minor: i64,
    },
    /// The doctor is one of those who may prescribe.
    DesignatedDoctor {
        /// The doctors.
        doctors: Vec<PartyNo>,
    },
    /// The pharmacy is one of those that may dispense.
    DesignatedPharmacy {
        /// The pharmacies.
        pharmacies: Vec<PartyNo>,
    },
    /// The programme covers no more of one policy in a year.
    CapPerYear {
        /// The most.
        cap_minor: i64,
    },
    /// The programme covers no more of one drug and policy in a year.
    CapPerDrug {
        /// The drugs and the most of each.
        drugs: Vec<DrugCap>,
    },
    /// No more packs of one drug and policy in a year.
    PacksPerYear {
        /// The drugs and the most of each.
        drugs: Vec<PacksAllowed>,
    },
}

/// What a drug is for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Indication {
    /// The drug.
    pub drug_code: DrugCode,
    /// The diagnoses, or the branches in which they lie.
    pub diagnoses: Vec<DiagnosisCode>,
}

/// A test that a drug takes.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TestAsked {
    /// The drug.
    pub drug_code: DrugCode,
    /// The tests of which one is to be positive, such as `EGFR`.
    pub any_of: Vec<String>,
    /// How old the result may be on the day of the review; `None` for any age.
    pub days_max: Option<i32>,
}

/// A drug's cycle.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cycle {
    /// The drug.
    pub drug_code: DrugCode,
    /// The most packs in one cycle.
    pub packs_per_cycle: i32,
    /// The length of a cycle, in days.
    pub cycle_days: i32,
}

/// How long a drug lasts.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Supply {
    /// The drug.
    pub drug_code: DrugCode,
    /// Days for which a pack lasts.
    pub days_per_pack: i32,
    /// How many days before the last pack is used up a refill may come.
    pub early_days: i32,
}

/// A charity scheme: so many packs are paid, then so many are free, and so on.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CharityScheme {
    /// The drug.
    pub drug_code: DrugCode,
    /// Packs until the free phase.
    pub paid_packs: i32,
    /// Packs of the free phase; `None` where it does not end.
    pub free_packs: Option<i32>,
}

/// What a pack costs by contract.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PackPrice {
    /// The drug.
    pub drug_code: DrugCode,
    /// The price of a pack.
    pub price_minor: i64,
}

/// The most packs of a drug.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PacksAllowed {
    /// The drug.
    pub drug_code: DrugCode,
    /// The most packs.
    pub packs: i32,
}

impl Rule {
    /// Stable code of the rule.
    pub fn code(&self) -> &'static str {
        match self {
            Rule::PolicyInForce => "policy_in_force",
            Rule::WaitingPeriod { .. } => "waiting_period",
            Rule::DrugListed { .. } => "drug_listed",
            Rule::Indication { .. } => "indication",
            Rule::PrescriptionValid { .. } => "prescription_valid",
            Rule::PrescribedQuantity => "prescribed_quantity",
            Rule::GeneticTest { .. } => "genetic_test",
            Rule::QuantityPerCycle { .. } => "quantity_per_cycle",
            Rule::RefillNotEarly { .. } => "refill_not_early",
            Rule::CharityPhase { .. } => "charity_phase",
            Rule::ContractPrice { .. } => "contract_price",
            Rule::DesignatedDoctor { .. } => "designated_doctor",
            Rule::DesignatedPharmacy { .. } => "designated_pharmacy",
            Rule::CapPerYear { .. } => "cap_per_year",
            Rule::CapPerDrug { .. } => "cap_per_drug",
            Rule::PacksPerYear { .. } => "packs_per_year",
        }
    }
}

impl RuleSet {
    /// Rules that decide alone, reject what fails them, and take no second person.
    pub fn deciding(approval_days: i32, rules: Vec<Rule>) -> RuleSet {
        let rules = rules.into_iter().map(|rule| RuleEntry { rule, on_fail: OnFail::Reject }).collect();
        RuleSet { approval_days, second_person_above_minor: None, auto_decide: true, rules }
    }
}
