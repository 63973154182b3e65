//! What a trial shows of a version, and what is different between two.

use super::changes::changes;
use super::trial::{CHANGES_MAX, PastDecision, Said, Trial, content_digest};
use super::*;
use crate::claim::ClaimNo;

fn past(number: usize, facts: Facts) -> PastDecision {
    let said = Said { outcome: "approved".to_owned(), rules: Vec::new(), advance_minor: facts.advance_minor() };
    PastDecision { claim_no: ClaimNo::parse(&format!("C-{number}")).unwrap(), facts, said }
}

fn tried(version: &RuleVersion, past: &[PastDecision]) -> Trial {
    let mut trial = Trial::default();
    for past in past {
        trial.add(version, past);
    }
    trial
}

#[test]
fn a_trial_names_each_decision_that_would_be_another() {
    let mut stricter = rules();
    stricter.rules.rules[4].rule = Rule::PrescriptionValid { days: 2 };
    let fresh = Facts { prescribed_on: date(2026, 3, 1), ..facts() };
    let trial = tried(&stricter, &[past(1, facts()), past(2, fresh)]);
    assert_eq!((trial.tried, trial.changed, trial.approved_no_more, trial.newly_approved), (2, 1, 1, 0));
    assert_eq!((trial.advance_before_minor, trial.advance_after_minor), (3_040_000, 1_520_000));
    let [change] = trial.changes.as_slice() else { panic!("{trial:?}") };
    assert_eq!((change.claim_no.as_str(), change.before.outcome.as_str()), ("C-1", "approved"));
    let after = Said { outcome: "rejected".to_owned(), rules: vec!["prescription_valid".to_owned()], advance_minor: 0 };
    assert_eq!(change.after, after);
    assert_eq!(
        change.english,
        ["The prescription of 2026-02-27 is not valid on 2026-03-02: it can be used until 2026-03-01."]
    );
    assert_eq!(change.chinese.len(), 1);
    assert_eq!(tried(&rules(), &[past(1, facts())]).changed, 0);
}

#[test]
fn a_trial_lists_so_many_changes_and_counts_the_others() {
    let mut stricter = rules();
    stricter.rules.rules[4].rule = Rule::PrescriptionValid { days: 0 };
    let all: Vec<PastDecision> = (0..=CHANGES_MAX).map(|number| past(number, facts())).collect();
    let trial = tried(&stricter, &all);
    assert_eq!((trial.changes.len(), trial.changed as usize), (CHANGES_MAX, CHANGES_MAX + 1));
}

#[test]
fn a_digest_is_of_number_first_day_and_rules() {
    let later = RuleVersion { effective_from: date(2026, 1, 2), ..rules() };
    let next = RuleVersion { version: 4, ..rules() };
    let mut other = rules();
    other.rules.approval_days = 31;
    assert_eq!(content_digest(&rules()), content_digest(&rules()));
    for different in [later, next, other] {
        assert_ne!(content_digest(&rules()), content_digest(&different));
    }
}

#[test]
fn what_is_different_is_told_rule_by_rule() {
    let before = rules().rules;
    let mut after = before.clone();
    after.approval_days = 31;
    after.rules[4].on_fail = OnFail::Refer;
    after.rules.remove(0);
    let different: Vec<(String, bool, bool)> = changes(Some(&before), &after)
        .into_iter()
        .map(|change| (change.rule, change.from.is_some(), change.to.is_some()))
        .collect();
    let expected =
        [("approval_days", true, true), ("prescription_valid", true, true), ("policy_in_force", true, false)];
    assert_eq!(different, expected.map(|(rule, from, to)| (rule.to_owned(), from, to)));
    assert_eq!(changes(None, &before).len(), 3 + 16);
    assert_eq!(changes(Some(&before), &before), []);
}
