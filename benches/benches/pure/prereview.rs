//! Deciding a claim: sharing it under its policy, and asking every rule, with explanations in two languages.

use std::hint::black_box;

use criterion::{Criterion, Throughput};

use crate::case::{claim, decide, policy, rules};

/// A claim of three lines under every rule there is, with two years of earlier packs.
pub fn bench(criterion: &mut Criterion) {
    let (rules, policy, claim) = (rules(), policy(), claim());
    let decision = decide(&rules, &policy, &claim);
    assert_eq!(decision.verdict.outcome().word(), "approved", "{decision:?}");
    assert!(decision.findings.len() > rules.rules.rules.len());

    let mut group = criterion.benchmark_group("prereview");
    group.throughput(Throughput::Elements(1));
    group.bench_function("decision", |bencher| {
        bencher.iter(|| decide(black_box(&rules), black_box(&policy), black_box(&claim)));
    });
    group.finish();
}
