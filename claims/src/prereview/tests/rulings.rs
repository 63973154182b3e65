//! What people decide of a claim that is left to them.

use super::ruling::{Ruling, ruled};
use super::*;

fn approval(reasons: &[&str], second: Option<&str>) -> Ruling {
    let reasons = reasons.iter().map(|reason| (*reason).to_owned()).collect();
    Ruling { approve: true, reasons, reviewer: "wang".to_owned(), second: second.map(str::to_owned) }
}

fn refused(set: RuleSet, facts: Facts, ruling: &Ruling) -> String {
    let refusal = ruled(&version(set), facts, offer(), ruling).unwrap_err();
    format!("{}: {refusal}", refusal.code())
}

#[test]
fn people_let_pass_what_the_rules_leave_to_them_for_a_reason() {
    let unknown = Facts { doctor: None, ..facts() };
    let set = rules().rules;
    let decision = ruled(&version(set.clone()), unknown.clone(), offer(), &approval(&["doctor_known"], None)).unwrap();
    assert_eq!(decision.verdict.outcome(), &Outcome::Approved(quote()));
    assert_eq!(decision.ruling, Some(approval(&["doctor_known"], None)));
    assert!(refused(set, unknown, &approval(&[], None)).starts_with("reason_missing: "));
}

#[test]
fn people_reject_for_reasons() {
    let rejection = |reasons: &[&str]| Ruling { approve: false, ..approval(reasons, None) };
    let set = rules().rules;
    let decision = ruled(&version(set.clone()), facts(), offer(), &rejection(&["forged"])).unwrap();
    assert_eq!(decision.verdict.outcome(), &Outcome::Rejected { rules: vec!["forged".to_owned()] });
    assert!(refused(set.clone(), facts(), &rejection(&[])).starts_with("reason_missing: "));
    assert!(refused(set, facts(), &rejection(&["not a code"])).starts_with("reason_malformed: "));
}

#[test]
fn nobody_lets_pass_what_a_rule_rejects() {
    let late = Facts { on: date(2026, 3, 3), ..facts() };
    for auto_decide in [true, false] {
        let set = RuleSet { auto_decide, ..rules().rules };
        let sentence = refused(set, late.clone(), &approval(&["kind"], Some("li")));
        assert_eq!(
            sentence,
            "rules_say_no: the rules reject the claim (prescription_valid), and no reviewer lets it pass"
        );
    }
}

#[test]
fn above_the_limit_the_second_person_is_another() {
    let set = RuleSet { second_person_above_minor: Some(1_000_000), ..rules().rules };
    let sentence = refused(set.clone(), facts(), &approval(&[], None));
    assert_eq!(
        sentence,
        "second_person_missing: an advance of 1520000 takes a second person; 1000000 is the most without one"
    );
    assert!(refused(set.clone(), facts(), &approval(&[], Some("wang"))).starts_with("same_person: "));
    let decision = ruled(&version(set), facts(), offer(), &approval(&[], Some("li"))).unwrap();
    assert_eq!(decision.verdict.outcome().word(), "approved");
}
