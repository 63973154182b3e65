//! What cannot be meant is named by its place.

use super::check::check;
use super::*;

fn faults(set: &RuleSet) -> Vec<(String, &'static str)> {
    check(set).into_iter().map(|fault| (fault.path, fault.code)).collect()
}

fn of(rules: Vec<Rule>) -> Vec<(String, &'static str)> {
    faults(&RuleSet::deciding(30, rules))
}

#[test]
fn a_set_of_every_rule_is_sound() {
    assert_eq!(check(&rules().rules), []);
}

#[test]
fn numbers_lie_in_their_ranges() {
    let set = RuleSet {
        approval_days: -1,
        second_person_above_minor: Some(-1),
        ..RuleSet::deciding(
            0,
            vec![
                Rule::WaitingPeriod { days: 3_651 },
                Rule::PrescriptionValid { days: -1 },
                Rule::CapPerYear { cap_minor: -1 },
                Rule::DesignatedDoctor { doctors: vec![] },
                Rule::DesignatedPharmacy { pharmacies: vec![party("a"), party("a")] },
            ],
        )
    };
    let expected = [
        ("approval_days", "out_of_range"),
        ("second_person_above_minor", "out_of_range"),
        ("rules/0/rule/days", "out_of_range"),
        ("rules/1/rule/days", "out_of_range"),
        ("rules/2/rule/cap_minor", "out_of_range"),
        ("rules/3/rule/doctors", "empty"),
        ("rules/4/rule/pharmacies/1", "duplicate"),
    ];
    assert_eq!(faults(&set), expected.map(|(path, code)| (path.to_owned(), code)));
    assert_eq!(of(vec![]), [("rules".to_owned(), "out_of_range")]);
    let sentence = check(&set)[2].to_string();
    assert_eq!(sentence, "rules/0/rule/days is 3651; it is to be between 0 and 3650");
}

#[test]
fn entries_of_drugs_lie_in_their_ranges() {
    let drug_code = drug;
    let at = |index: usize, field: &str| format!("rules/{index}/rule/drugs/0/{field}");
    let found = of(vec![
        Rule::DrugListed { drugs: vec![drug()] },
        Rule::Indication { drugs: vec![Indication { drug_code: drug_code(), diagnoses: vec![] }] },
        Rule::GeneticTest { drugs: vec![TestAsked { drug_code: drug_code(), any_of: vec![], days_max: Some(-1) }] },
        Rule::QuantityPerCycle { drugs: vec![Cycle { drug_code: drug_code(), packs_per_cycle: -1, cycle_days: 0 }] },
        Rule::RefillNotEarly { drugs: vec![Supply { drug_code: drug_code(), days_per_pack: 0, early_days: -1 }] },
        Rule::CharityPhase {
            drugs: vec![CharityScheme { drug_code: drug_code(), paid_packs: -1, free_packs: Some(0) }],
        },
        Rule::ContractPrice { drugs: vec![PackPrice { drug_code: drug_code(), price_minor: -1 }], tolerance_minor: 0 },
        Rule::CapPerDrug { drugs: vec![DrugCap { drug_code: drug_code(), cap_minor: -1 }] },
        Rule::PacksPerYear { drugs: vec![PacksAllowed { drug_code: drug_code(), packs: -1 }] },
    ]);
    let paths: Vec<String> = found.into_iter().map(|(path, _)| path).collect();
    let expected = [
        at(1, "diagnoses"),
        at(2, "any_of"),
        at(2, "days_max"),
        at(3, "packs_per_cycle"),
        at(3, "cycle_days"),
        at(4, "days_per_pack"),
        at(4, "early_days"),
        at(5, "paid_packs"),
        at(5, "free_packs"),
        at(6, "price_minor"),
        at(7, "cap_minor"),
        at(8, "packs"),
    ];
    assert_eq!(paths, expected);
}

#[test]
fn rules_name_listed_drugs_each_once_and_all_where_all_are_asked_about() {
    let other = DrugCode::parse("other").unwrap();
    let cycle = |drug_code| Cycle { drug_code, packs_per_cycle: 1, cycle_days: 28 };
    let supply = |drug_code| Supply { drug_code, days_per_pack: 30, early_days: 2 };
    let found = of(vec![
        Rule::DrugListed { drugs: vec![drug(), other.clone(), drug()] },
        Rule::QuantityPerCycle { drugs: vec![cycle(drug()), cycle(drug())] },
        Rule::RefillNotEarly { drugs: vec![supply(DrugCode::parse("unlisted").unwrap())] },
        Rule::PolicyInForce,
        Rule::PolicyInForce,
    ]);
    let expected = [
        ("rules/0/rule/drugs/2", "duplicate"),
        ("rules/1/rule/drugs/1/drug_code", "duplicate"),
        ("rules/1/rule/drugs", "missing_drug"),
        ("rules/2/rule/drugs/0/drug_code", "unknown_drug"),
        ("rules/4/rule", "duplicate"),
    ];
    assert_eq!(found, expected.map(|(path, code)| (path.to_owned(), code)));
    let no_list = of(vec![Rule::RefillNotEarly { drugs: vec![supply(drug())] }]);
    assert_eq!(no_list, [("rules/0/rule/drugs/0/drug_code".to_owned(), "unknown_drug")]);
}
