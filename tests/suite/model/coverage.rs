//! What the random operations reach, asked of the model alone: a rule that they never meet is not tested.

use std::collections::BTreeMap;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use proptest_state_machine::ReferenceStateMachine;

use super::books::Expected;
use super::reference::{Answer, Reference};

/// Every code of a refusal, and what else may become of an entry.
const ANSWERS: [&str; 58] = [
    "posted",
    "moved",
    "replayed",
    "linked_run_open",
    "id_nil",
    "id_conflict",
    "text_too_long",
    "text_has_nul",
    "metadata_malformed",
    "effective_date_out_of_range",
    "kind_reserved",
    "posting_count",
    "relates_to_missing",
    "relates_to_not_allowed",
    "hold_group_not_allowed",
    "expiry_not_allowed",
    "expiry_passed",
    "at_most_not_allowed",
    "period_closed",
    "amount_zero",
    "account_unknown",
    "account_closed",
    "account_frozen",
    "currency_mismatch",
    "item_required",
    "item_not_allowed",
    "due_date_not_allowed",
    "account_on_both_sides",
    "unbalanced",
    "hold_unknown",
    "original_unknown",
    "hold_group_unknown",
    "not_a_hold",
    "not_reversible",
    "hold_group_ended",
    "hold_released",
    "hold_captured",
    "hold_expired",
    "already_reversed",
    "not_in_original",
    "more_than_left",
    "dated_before_original",
    "total_overflow",
    "below_minimum",
    "above_maximum",
    "group_below_minimum",
    "group_above_maximum",
    "linked_entry_rejected",
    "allocated",
    "allocation replayed",
    "nothing_gives",
    "item_twice",
    "amount_not_positive",
    "nothing_outstanding",
    "item_on_wrong_side",
    "more_than_outstanding",
    "nothing_takes",
    "amount_not_whole",
];

#[test]
fn random_operations_meet_every_rule() {
    let mut runner = TestRunner::deterministic();
    let strategy = Reference::sequential_strategy(1..40);
    let mut met: BTreeMap<&str, u32> = BTreeMap::new();
    for _ in 0..200 {
        let (mut state, operations, _) = strategy.new_tree(&mut runner).unwrap().current();
        for operation in operations {
            state = Reference::apply(state, &operation);
            count(&state.answer, &mut met);
        }
    }
    assert_every_rule(&met);
}

/// Counts what became of each entry.
pub fn count(answer: &Answer, met: &mut BTreeMap<&str, u32>) {
    let words: Vec<&str> = match answer {
        Answer::Posted(answers) => answers.iter().flatten().map(word).collect(),
        Answer::Allocated(Ok((Expected::Posted { .. }, _))) => vec!["allocated"],
        Answer::Allocated(Ok(_)) => vec!["allocation replayed"],
        Answer::Allocated(Err(fault)) => vec![fault.code()],
        Answer::Opened(_) | Answer::Changed(_) | Answer::GroupSet(_) | Answer::Period(_) | Answer::Done => return,
    };
    for word in words {
        *met.entry(word).or_default() += 1;
    }
}

/// Each of [`ANSWERS`] was met.
pub fn assert_every_rule(met: &BTreeMap<&str, u32>) {
    let never: Vec<_> = ANSWERS.iter().filter(|answer| !met.contains_key(*answer)).collect();
    assert!(never.is_empty(), "never met {never:?}; met {met:?}");
}

fn word(answer: &Expected) -> &'static str {
    match answer {
        Expected::Posted { moved: None, .. } => "posted",
        Expected::Posted { moved: Some(_), .. } => "moved",
        Expected::Replayed { .. } => "replayed",
        Expected::Rejected(rejection) => rejection.code(),
    }
}
