//! A long run: book after book, each filled from a seed of its own, one step after the other.
//!
//! A step is one of the operations that the small books are filled with, and compared in the same way. Segments take
//! some dozen entries, so that most of a book is sealed and summed up while it is asked about. The run counts what it
//! has met; long enough, it must have met every rule.

use std::collections::BTreeMap;

use dianfu_tests::cut_segments;
use proptest::prelude::*;
use proptest_state_machine::{ReferenceStateMachine, StateMachineTest};

use super::coverage;
use super::machine::Machine;
use super::reference::{Reference, State};
use super::seed::{self, Seeded};

/// Steps of a run, unless the environment says otherwise.
const STEPS: u32 = 150;
/// Steps in one book.
const STEPS_A_BOOK: u32 = 150;
/// From so many steps on, a run meets every rule.
const STEPS_FOR_EVERY_RULE: u32 = 5_000;

#[test]
fn a_long_run_from_a_seed_is_answered_as_the_model_predicts() {
    let steps = seed::steps(STEPS);
    let mut met = BTreeMap::new();
    for (seed, done) in (seed::first()..).zip((0..steps).step_by(STEPS_A_BOOK.try_into().unwrap())) {
        fill(seed, STEPS_A_BOOK.min(steps - done), &mut met);
    }
    println!("{steps} steps have met {met:?}");
    if steps >= STEPS_FOR_EVERY_RULE {
        coverage::assert_every_rule(&met);
    }
}

/// Fills one book.
fn fill(seed: u64, steps: u32, met: &mut BTreeMap<&str, u32>) {
    let mut seeded = Seeded::new("long", seed);
    // The largest amounts fill an account's totals at once, so that most books have few of them.
    let (huge, segment) = seeded.draw(&(prop_oneof![3 => Just(1), 1 => Just(40)], 3..60_u32));
    let mut state = State::new(huge);
    let mut machine = Machine::init_test(&state);
    machine.on_owner(&async |owner| cut_segments(owner, segment).await);
    for _ in 0..steps {
        seeded.step();
        let operation = seeded.draw(&state.next_operation());
        state = Reference::apply(state, &operation);
        coverage::count(&state.answer, met);
        machine = Machine::apply(machine, &state, operation);
    }
    Machine::teardown(machine, state);
}
