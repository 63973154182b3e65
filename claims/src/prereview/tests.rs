//! Each rule at its edges, and how decisions explain themselves.

use jiff::civil::date;

use super::*;
use crate::claim::{Cover, DrugCode, PolicyNo};
use crate::prereview::rules::{CoveredDrug, EarlierPacks, Rule};

pub fn quote() -> Quote {
    Quote {
        deductible_minor: 100_000,
        share_minor: 480_000,
        advance_minor: 1_520_000,
        fee_minor: 20_000,
        vat_minor: 1_132,
        valid_until: date(2026, 4, 1),
        payment_days: 7,
        cover: Cover::CREDIT,
    }
}

pub fn rules() -> RuleVersion {
    let drug =
        CoveredDrug { drug_code: DrugCode::parse("osimertinib-80mg-30").unwrap(), packs_per_cycle: 1, cycle_days: 28 };
    let rules = vec![Rule::PolicyInForce, Rule::DrugCovered { drugs: vec![drug] }, Rule::PrescriptionValid { days: 7 }];
    RuleVersion { version: 3, effective_from: date(2026, 1, 1), rules: RuleSet { approval_days: 30, rules } }
}

fn facts() -> Facts {
    Facts {
        on: date(2026, 3, 2),
        policy_no: PolicyNo::parse("P-1").unwrap(),
        in_force_from: date(2026, 1, 1),
        in_force_until: date(2026, 12, 31),
        drug_code: DrugCode::parse("osimertinib-80mg-30").unwrap(),
        quantity: 1,
        earlier: vec![EarlierPacks { on: date(2026, 2, 2), quantity: 1 }],
        prescribed_on: date(2026, 2, 27),
    }
}

fn check(facts: Facts, rejected_by: &[&str]) {
    let decision = evaluate(&rules(), facts, quote());
    match decision.verdict.outcome() {
        Outcome::Approved(frozen) => assert_eq!((frozen, rejected_by), (&quote(), [].as_slice())),
        Outcome::Rejected { rules } => assert_eq!(rules, rejected_by),
    }
    assert_eq!(decision.findings.len(), 3);
    assert_eq!(decision.verdict.rules_version(), 3);
}

#[test]
fn each_rule_at_its_edges() {
    check(facts(), &[]);
    check(Facts { in_force_until: date(2026, 3, 2), ..facts() }, &[]);
    check(Facts { in_force_until: date(2026, 3, 1), ..facts() }, &["policy_in_force"]);
    check(Facts { in_force_from: date(2026, 3, 3), ..facts() }, &["policy_in_force"]);
    check(Facts { drug_code: DrugCode::parse("other").unwrap(), ..facts() }, &["drug_covered"]);
    check(Facts { quantity: 2, ..facts() }, &["drug_covered"]);
    check(Facts { earlier: vec![EarlierPacks { on: date(2026, 2, 3), quantity: 1 }], ..facts() }, &["drug_covered"]);
    check(Facts { prescribed_on: date(2026, 2, 23), ..facts() }, &[]);
    check(Facts { prescribed_on: date(2026, 2, 22), ..facts() }, &["prescription_valid"]);
    check(Facts { prescribed_on: date(2026, 3, 3), ..facts() }, &["prescription_valid"]);
}

#[test]
fn every_rule_that_says_no_is_named() {
    let facts = Facts { quantity: 5, in_force_until: date(2026, 1, 31), ..facts() };
    check(facts, &["policy_in_force", "drug_covered"]);
}

#[test]
fn a_decision_explains_itself_in_two_languages() {
    let decision = evaluate(&rules(), Facts { quantity: 2, ..facts() }, quote());
    let texts: Vec<_> = decision.findings.iter().flat_map(|found| [&found.english, &found.chinese]).collect();
    assert_eq!(
        texts,
        [
            "Policy P-1 is in force on 2026-03-02: it runs from 2026-01-01 to 2026-12-31.",
            "保单 P-1 在 2026-03-02 有效：保险期间为 2026-01-01 至 2026-12-31。",
            "Drug osimertinib-80mg-30 is covered. With this claim the patient has 2 packs in 28 days, \
             more than the 1 allowed.",
            "药品 osimertinib-80mg-30 在保障目录内。含本次申请，28 天内共 2 盒，超过限额 1 盒。",
            "The prescription of 2026-02-27 is valid on 2026-03-02: it can be used until 2026-03-06.",
            "2026-02-27 开具的处方在 2026-03-02 有效：有效期至 2026-03-06。",
        ]
    );
}

#[test]
fn rules_are_data_and_unknown_ones_are_refused() {
    let stored = serde_json::to_value(rules().rules).unwrap();
    assert_eq!(serde_json::from_value::<RuleSet>(stored.clone()).unwrap(), rules().rules);
    let mut unknown = stored;
    unknown["rules"][0]["rule"] = "astrology".into();
    assert!(serde_json::from_value::<RuleSet>(unknown).is_err());
}
