//! Folding: a leg into a balance, and a batch that is durable into the state.

use std::hint::black_box;

use criterion::{BatchSize, Criterion, Throughput};
use dianfu_ledger::account::Limits;
use dianfu_ledger::balance::Balance;
use dianfu_ledger::decide::{Journaled, decide};
use dianfu_ledger::entry::Effect;

use crate::input::{BATCH, LAST_SEQUENCE, booked_at, elements, entries, state};

/// Legs one after the other into one balance; and what a batch leaves behind into the state.
pub fn bench(criterion: &mut Criterion) {
    let entries = entries();
    let mut group = criterion.benchmark_group("fold");

    let legs: Vec<i64> = entries.iter().flat_map(|entry| &entry.postings).map(|leg| leg.amount.minor).collect();
    group.throughput(Throughput::Elements(elements(legs.len())));
    group.bench_function("balance", |bencher| bencher.iter(|| balance_of(black_box(&legs))));
    assert_eq!(balance_of(&legs).settled.net(), 0, "a batch balances");

    let (mut into, journaled) = (state(Limits::default()), Journaled::default());
    let after = decide(&into, &journaled, &[&entries], booked_at()).after;
    let last_sequence = Some(LAST_SEQUENCE + i64::try_from(BATCH).expect("a batch is small"));
    into.fold(after.clone(), last_sequence);
    assert_eq!((into.sequence, into.brief(after[0].0).balance), (LAST_SEQUENCE + 8_000, after[0].1));
    group.throughput(Throughput::Elements(elements(after.len())));
    group.bench_function("state", |bencher| {
        bencher.iter_batched(|| after.clone(), |after| into.fold(after, last_sequence), BatchSize::SmallInput);
    });
    group.finish();
}

fn balance_of(legs: &[i64]) -> Balance {
    let mut balance = Balance::default();
    for minor in legs {
        balance.fold(Effect::Move, *minor).expect("a batch fits in 64 bits");
    }
    balance
}
