//! Deciding a batch: rules, limits, running totals.

use std::hint::black_box;

use criterion::{Criterion, Throughput};
use dianfu_ledger::Outcome;
use dianfu_ledger::account::Limits;
use dianfu_ledger::decide::{Decided, Journaled, decide};
use dianfu_ledger::entry::NewEntry;
use dianfu_ledger::journal::state::State;

use crate::input::{ACCOUNTS, BATCH, booked_at, elements, entries, state};

/// So wide that nothing reaches them, and every leg is held against them.
const WIDE: Limits = Limits { min_minor: Some(i64::MIN), max_minor: Some(i64::MAX) };
/// No account may be overdrawn: some entries are refused, and the rest of the batch goes on.
const NO_OVERDRAFT: Limits = Limits { min_minor: Some(0), max_minor: None };

/// A batch without limits, with limits, and with refusals.
pub fn bench(criterion: &mut Criterion) {
    let entries = entries();
    let mut group = criterion.benchmark_group("decide");
    group.throughput(Throughput::Elements(elements(BATCH)));
    for (name, limits) in [("no_limits", Limits::default()), ("limits", WIDE), ("refusals", NO_OVERDRAFT)] {
        let (state, journaled) = (state(limits), Journaled::default());
        look(name, &decided(&state, &journaled, &entries));
        group.bench_function(name, |bencher| {
            bencher.iter(|| decided(black_box(&state), &journaled, black_box(&entries)));
        });
    }
    group.finish();
}

fn decided<'a>(state: &'a State, journaled: &'a Journaled, entries: &'a [NewEntry]) -> Decided<'a> {
    decide(state, journaled, &[entries], booked_at())
}

/// That the batch is what its name says.
fn look(name: &str, decided: &Decided<'_>) {
    let posted = decided.outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Posted(_))).count();
    let refused = BATCH - posted;
    match name {
        "refusals" => assert!((BATCH / 50..BATCH / 5).contains(&refused), "{refused} of {BATCH} are refused"),
        _ => assert_eq!(refused, 0, "{name}"),
    }
    assert!(decided.after.len() <= ACCOUNTS && decided.legs.len() == 2 * posted);
}
