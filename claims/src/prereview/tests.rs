//! Each rule at its edges, and how decisions explain themselves.

mod checks;
mod edges;
mod rulings;
mod trials;
mod words;

use dianfu_ledger::money::Currency;
use dianfu_settlement::number::PartyNo;
use jiff::civil::date;

use super::*;
use crate::benefit::{DrugCap, Used};
use crate::claim::{Cover, DiagnosisCode, DrugCode, PolicyNo};
use facts::{EarlierPacks, LineFacts, PolicyFacts, TestFact};
use rules::{CharityScheme, Cycle, Indication, PackPrice, PacksAllowed, Rule, Supply, TestAsked};

pub fn quote() -> Quote {
    Quote {
        deductible_minor: 100_000,
        share_minor: 480_000,
        advance_minor: 1_520_000,
        fee_minor: 20_000,
        vat_minor: 1_132,
        valid_until: date(2026, 4, 1),
        payment_days: 7,
        cover: Cover::CREDIT_LINE,
    }
}

pub fn drug() -> DrugCode {
    DrugCode::parse("osimertinib-80mg-30").unwrap()
}

fn party(number: &str) -> PartyNo {
    PartyNo::parse(number).unwrap()
}

fn icd(code: &str) -> DiagnosisCode {
    DiagnosisCode::parse(code).unwrap()
}

/// Every rule, each so that the claim of [`facts`] just passes.
fn every_rule() -> Vec<Rule> {
    let drug_code = drug();
    vec![
        Rule::PolicyInForce,
        Rule::WaitingPeriod { days: 57 },
        Rule::DrugListed { drugs: vec![drug()] },
        Rule::Indication { drugs: vec![Indication { drug_code: drug(), diagnoses: vec![icd("C33"), icd("C34")] }] },
        Rule::PrescriptionValid { days: 3 },
        Rule::PrescribedQuantity,
        Rule::GeneticTest {
            drugs: vec![TestAsked {
                drug_code: drug(),
                any_of: vec!["EGFR".to_owned(), "T790M".to_owned()],
                days_max: Some(60),
            }],
        },
        Rule::QuantityPerCycle { drugs: vec![Cycle { drug_code: drug(), packs_per_cycle: 1, cycle_days: 28 }] },
        Rule::RefillNotEarly { drugs: vec![Supply { drug_code: drug(), days_per_pack: 30, early_days: 2 }] },
        Rule::CharityPhase { drugs: vec![CharityScheme { drug_code: drug(), paid_packs: 2, free_packs: Some(3) }] },
        Rule::ContractPrice {
            drugs: vec![PackPrice { drug_code: drug(), price_minor: 1_999_000 }],
            tolerance_minor: 1_000,
        },
        Rule::DesignatedDoctor { doctors: vec![party("dr-chen")] },
        Rule::DesignatedPharmacy { pharmacies: vec![party("red-cross")] },
        Rule::CapPerYear { cap_minor: 3_040_000 },
        Rule::CapPerDrug { drugs: vec![DrugCap { drug_code, cap_minor: 3_040_000 }] },
        Rule::PacksPerYear { drugs: vec![PacksAllowed { drug_code: drug(), packs: 2 }] },
    ]
}

fn version(set: RuleSet) -> RuleVersion {
    RuleVersion { version: 3, effective_from: date(2026, 1, 1), rules: set }
}

pub fn rules() -> RuleVersion {
    version(RuleSet::deciding(30, every_rule()))
}

/// A second pack, 28 days after the first, at the worked figures.
fn facts() -> Facts {
    let used =
        Used { advance_minor: 1_520_000, advance_of_drug_minor: [(drug(), 1_520_000)].into(), ..Used::default() };
    Facts {
        on: date(2026, 3, 2),
        currency: Currency::CNY,
        policy: PolicyFacts {
            policy_no: PolicyNo::parse("P-1").unwrap(),
            in_force_from: date(2026, 1, 1),
            in_force_until: date(2026, 12, 31),
            enrolled_on: date(2026, 1, 1),
            year_from: date(2026, 1, 1),
            used,
        },
        pharmacy: party("red-cross"),
        doctor: Some(party("dr-chen")),
        diagnosis: Some(icd("C34.9")),
        prescribed_on: date(2026, 2, 27),
        tests: vec![TestFact { test: "EGFR".to_owned(), positive: true, tested_on: date(2026, 1, 5) }],
        lines: vec![LineFacts {
            line_no: 1,
            drug_code: drug(),
            quantity: 1,
            prescribed_quantity: Some(1),
            gross_minor: 2_000_000,
            advance_minor: 1_520_000,
        }],
        earlier: vec![packs(date(2026, 2, 2), 1)],
    }
}

fn packs(on: Date, quantity: i32) -> EarlierPacks {
    EarlierPacks { drug_code: drug(), on, prescribed_on: on, quantity, free: false }
}

fn offer() -> Offer {
    Offer { quote: quote(), shares: Vec::new() }
}

fn decided(set: RuleSet, facts: Facts) -> Decision {
    evaluate(&version(set), facts, offer())
}

/// Which rules fire on the facts, if all of them reject.
fn fired(facts: Facts) -> Vec<String> {
    decided(rules().rules, facts).verdict.rules_fired().to_vec()
}

#[test]
fn a_claim_that_passes_every_rule_is_approved_at_the_quote() {
    let decision = evaluate(&rules(), facts(), offer());
    assert_eq!(decision.verdict.outcome(), &Outcome::Approved(quote()));
    assert_eq!((decision.findings.len(), decision.verdict.rules_version()), (16, 3));
    assert_eq!((decision.second_person, decision.materials().len()), (false, 0));
}

#[test]
fn a_failed_rule_rejects_or_refers_as_it_says() {
    let late = Facts { on: date(2026, 3, 3), ..facts() };
    let mut set = rules().rules;
    let outcome = |set: &RuleSet| decided(set.clone(), late.clone()).verdict.outcome().clone();
    let named = || vec!["prescription_valid".to_owned()];
    assert_eq!(outcome(&set), Outcome::Rejected { rules: named() });
    set.rules[4].on_fail = OnFail::Refer;
    assert_eq!(outcome(&set), Outcome::Referred { rules: named() });
}

#[test]
fn a_rule_that_rejects_counts_before_one_that_refers_and_before_what_is_unknown() {
    let mut set = rules().rules;
    set.rules[4].on_fail = OnFail::Refer;
    let bad = Facts { on: date(2027, 1, 1), doctor: None, ..facts() };
    let bad = Facts { policy: PolicyFacts { year_from: date(2026, 1, 1), ..bad.policy }, ..bad };
    let Outcome::Rejected { rules } = decided(set, bad).verdict.outcome().clone() else { panic!() };
    assert_eq!(rules, ["policy_in_force", "genetic_test"]);
}

#[test]
fn what_is_unknown_is_referred_and_names_the_material() {
    let unknown = Facts { diagnosis: None, tests: Vec::new(), doctor: None, ..facts() };
    let decision = decided(rules().rules, unknown);
    let Outcome::Referred { rules } = decision.verdict.outcome() else { panic!("{decision:?}") };
    assert_eq!(rules, &["indication", "genetic_test", "designated_doctor"]);
    assert_eq!(decision.materials(), ["diagnosis_proof", "genetic_test", "prescription"]);
}

#[test]
fn above_the_limit_it_takes_a_second_person() {
    let with = |limit| RuleSet { second_person_above_minor: Some(limit), ..rules().rules };
    assert_eq!(decided(with(1_520_000), facts()).verdict.outcome().word(), "approved");
    let above = decided(with(1_519_999), facts());
    assert_eq!(above.verdict.rules_fired(), [SECOND_PERSON]);
    assert!(above.second_person && above.verdict.outcome().word() == "referred");
}

#[test]
fn rules_that_do_not_decide_alone_leave_everything_to_people() {
    let advising = RuleSet { auto_decide: false, ..rules().rules };
    let passed = decided(advising.clone(), facts());
    assert_eq!(
        (passed.verdict.outcome().word(), passed.verdict.rules_fired()),
        ("referred", &[NOT_AUTOMATIC.to_owned()][..])
    );
    let failed = decided(advising, Facts { on: date(2026, 3, 3), ..facts() });
    assert_eq!(failed.verdict.rules_fired(), ["prescription_valid", NOT_AUTOMATIC]);
}

#[test]
fn rules_are_data_and_unknown_ones_are_refused() {
    let stored = serde_json::to_value(rules().rules).unwrap();
    assert_eq!(serde_json::from_value::<RuleSet>(stored.clone()).unwrap(), rules().rules);
    let mut unknown = stored.clone();
    unknown["rules"][0]["rule"]["rule"] = "astrology".into();
    assert!(serde_json::from_value::<RuleSet>(unknown).is_err());
    let mut more = stored;
    more["rules"][1]["rule"]["hours"] = 3.into();
    assert!(serde_json::from_value::<RuleSet>(more).is_err());
}
