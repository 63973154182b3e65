//! Each rule at both of its edges: the last claim that passes, and the first that does not.

use super::*;

/// The facts with one thing changed, and the rules that fire on them.
fn check(change: impl FnOnce(&mut Facts), expected: &[&str]) {
    let mut facts = facts();
    change(&mut facts);
    assert_eq!(fired(facts.clone()), expected, "{facts:?}");
}

#[test]
fn the_policy_is_in_force_from_its_first_day_to_its_last() {
    check(|facts| facts.policy.in_force_until = date(2026, 3, 2), &[]);
    check(|facts| facts.policy.in_force_until = date(2026, 3, 1), &["policy_in_force"]);
    check(|facts| facts.policy.in_force_from = date(2026, 3, 2), &[]);
    check(|facts| facts.policy.in_force_from = date(2026, 3, 3), &["policy_in_force"]);
}

#[test]
fn the_waiting_period_ends_with_its_last_day() {
    check(|facts| facts.policy.enrolled_on = date(2026, 1, 2), &["waiting_period"]);
    check(|facts| facts.policy.enrolled_on = date(2025, 12, 31), &[]);
}

#[test]
fn a_drug_that_is_not_listed_is_asked_nothing_more() {
    check(|facts| facts.lines[0].drug_code = DrugCode::parse("other").unwrap(), &["drug_listed"]);
}

#[test]
fn a_diagnosis_lies_in_the_branch_of_an_indication() {
    check(|facts| facts.diagnosis = Some(icd("C33")), &[]);
    check(|facts| facts.diagnosis = Some(icd("C35")), &["indication"]);
    check(|facts| facts.diagnosis = None, &["indication"]);
}

#[test]
fn a_prescription_is_used_from_its_day_until_its_last() {
    check(|facts| facts.prescribed_on = date(2026, 3, 2), &[]);
    check(|facts| facts.prescribed_on = date(2026, 3, 3), &["prescription_valid"]);
    check(|facts| facts.prescribed_on = date(2026, 2, 26), &["waiting_period", "prescription_valid"]);
}

#[test]
fn no_more_packs_than_prescribed() {
    check(|facts| facts.lines[0].prescribed_quantity = Some(2), &[]);
    check(|facts| facts.lines[0].prescribed_quantity = Some(0), &["prescribed_quantity"]);
    check(|facts| facts.lines[0].prescribed_quantity = None, &["prescribed_quantity"]);
}

#[test]
fn a_test_is_positive_not_too_old_and_not_of_tomorrow() {
    let result = |test: &str, positive, tested_on| TestFact { test: test.to_owned(), positive, tested_on };
    check(|facts| facts.tests = vec![result("T790M", true, date(2026, 1, 1))], &[]);
    check(|facts| facts.tests = vec![result("EGFR", true, date(2025, 12, 31))], &["genetic_test"]);
    check(|facts| facts.tests = vec![result("EGFR", true, date(2026, 3, 2))], &[]);
    check(|facts| facts.tests = vec![result("EGFR", true, date(2026, 3, 3))], &["genetic_test"]);
    check(|facts| facts.tests = vec![result("EGFR", false, date(2026, 2, 1))], &["genetic_test"]);
    check(|facts| facts.tests = vec![result("ALK", true, date(2026, 2, 1))], &["genetic_test"]);
    check(|facts| facts.tests.push(result("T790M", false, date(2026, 2, 1))), &[]);
}

#[test]
fn packs_are_counted_in_the_cycle_that_ends_today() {
    check(|facts| facts.earlier[0].on = date(2026, 2, 3), &["quantity_per_cycle", "refill_not_early"]);
    check(|facts| facts.earlier[0].on = date(2026, 2, 2), &[]);
}

#[test]
fn a_refill_comes_when_earlier_packs_are_nearly_used_up() {
    // Two packs that overlap last 60 days from the first.
    let earlier = vec![packs(date(2026, 1, 3), 1), packs(date(2026, 1, 20), 1)];
    let mut facts = facts();
    facts.earlier = earlier;
    let refill = |facts: &Facts| fired(facts.clone()).contains(&"refill_not_early".to_owned());
    assert!(!refill(&facts));
    facts.on = date(2026, 3, 1);
    assert!(refill(&facts));
    facts.earlier.clear();
    assert!(!refill(&facts));
}

#[test]
fn a_charity_scheme_pays_by_turns() {
    let given = |free: i32| EarlierPacks { free: true, quantity: free, ..packs(date(2025, 6, 1), 1) };
    let paid = |quantity: i32| packs(date(2025, 6, 1), quantity);
    check(|facts| facts.earlier = vec![paid(1)], &[]);
    check(|facts| facts.earlier = vec![paid(2)], &["charity_phase"]);
    check(|facts| facts.earlier = vec![paid(2), given(2)], &["charity_phase"]);
    check(|facts| facts.earlier = vec![paid(2), given(3)], &[]);
    check(|facts| facts.earlier = vec![paid(3), given(3)], &[]);
    check(|facts| facts.earlier = vec![paid(4), given(3)], &["charity_phase"]);
}

#[test]
fn a_price_is_the_contracts_and_its_tolerance() {
    check(|facts| facts.lines[0].gross_minor = 2_000_000, &[]);
    check(|facts| facts.lines[0].gross_minor = 2_000_001, &["contract_price"]);
    check(|facts| facts.lines[0].gross_minor = 1, &[]);
}

#[test]
fn doctors_and_pharmacies_are_designated() {
    check(|facts| facts.doctor = Some(party("dr-no")), &["designated_doctor"]);
    check(|facts| facts.doctor = None, &["designated_doctor"]);
    check(|facts| facts.pharmacy = party("other"), &["designated_pharmacy"]);
}

#[test]
fn caps_hold_for_the_year_and_for_the_drug() {
    check(|facts| facts.policy.used.advance_minor += 1, &["cap_per_year"]);
    check(|facts| facts.lines[0].advance_minor += 1, &["cap_per_year", "cap_per_drug"]);
    check(|facts| facts.policy.used.advance_of_drug_minor = [(drug(), 1_520_001)].into(), &["cap_per_drug"]);
}

#[test]
fn packs_of_the_year_are_counted_by_their_prescriptions() {
    let old = |prescribed_on| EarlierPacks { prescribed_on, ..packs(date(2025, 1, 1), 1) };
    let without_charity = |earlier: EarlierPacks| {
        let mut facts = facts();
        facts.earlier.insert(0, earlier);
        fired(facts).contains(&"packs_per_year".to_owned())
    };
    assert!(without_charity(old(date(2026, 1, 1))));
    assert!(!without_charity(old(date(2025, 12, 31))));
    assert!(!without_charity(EarlierPacks { free: true, ..old(date(2026, 1, 1)) }));
}

#[test]
fn lines_of_one_drug_count_together() {
    check(
        |facts| {
            let half = LineFacts { gross_minor: 1_000_000, advance_minor: 760_000, ..facts.lines[0].clone() };
            facts.lines = vec![half.clone(), LineFacts { line_no: 2, ..half }];
        },
        &["quantity_per_cycle", "charity_phase", "packs_per_year"],
    );
}
