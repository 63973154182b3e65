//! What the random operations reach, asked of the model alone: a rule that they never meet is not tested.

use std::collections::BTreeMap;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use proptest_state_machine::ReferenceStateMachine;

use super::books::Expected;
use super::reference::{Answer, Reference};

/// Every code of a refusal, and what else may become of an entry.
const ANSWERS: [&str; 47] = [
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
];

#[test]
fn random_operations_meet_every_rule() {
    let mut runner = TestRunner::deterministic();
    let strategy = Reference::sequential_strategy(1..30);
    let mut met: BTreeMap<&str, u32> = BTreeMap::new();
    for _ in 0..100 {
        let (mut state, operations, _) = strategy.new_tree(&mut runner).unwrap().current();
        for operation in operations {
            state = Reference::apply(state, &operation);
            let Answer::Posted(answers) = &state.answer else { continue };
            for answer in answers.iter().flatten() {
                *met.entry(word(answer)).or_default() += 1;
            }
        }
    }
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
