//! How long one decision on a claim takes before money moves, of what was read: pure, on one thread, without a server.

use std::hint::black_box;
use std::time::Instant;

use anyhow::ensure;
use serde::Serialize;

use crate::measure::Latencies;
use crate::workload::prereview::{claim, decide, policy, rules};

/// Decisions that are measured.
const DECISIONS: u32 = 20_000;
/// Of a quick run.
const FEW: u32 = 500;
/// What a decision should take at most, in milliseconds.
const WANTED_MS: f64 = 1.0;

/// What was measured.
#[derive(Serialize)]
struct Figures {
    workload: &'static str,
    decisions: u32,
    rules: usize,
    p50_ms: f64,
    p99_ms: f64,
    p999_ms: f64,
    wanted_ms: f64,
    wanted_met: bool,
}

/// Decides on a claim of three lines under every rule there is, again and again, and prints how long that took.
pub fn print(quick: bool, json: bool) -> anyhow::Result<()> {
    let (rules, policy, claim) = (rules(), policy(), claim());
    let (decisions, mut latencies) = (if quick { FEW } else { DECISIONS }, Latencies::default());
    for _ in 0..decisions {
        let started = Instant::now();
        let decision = black_box(decide(black_box(&rules), black_box(&policy), black_box(&claim)));
        latencies.record(started.elapsed());
        ensure!(decision.verdict.outcome().word() == "approved", "every decision is the same: {decision:?}");
    }
    let [p50_ms, p99_ms, p999_ms] = [50.0, 99.0, 99.9].map(|percentile| latencies.percentile_ms(percentile));
    let (rules, wanted_met) = (rules.rules.rules.len(), p99_ms < WANTED_MS);
    let figures =
        Figures { workload: "DECIDE", decisions, rules, p50_ms, p99_ms, p999_ms, wanted_ms: WANTED_MS, wanted_met };
    if json {
        println!("{}", serde_json::to_string(&figures)?);
    } else {
        let met = if wanted_met { "met" } else { "missed" };
        println!("DECIDE: {decisions} decisions on a claim of 3 lines by {rules} rules, explained in two languages:");
        println!(
            "        p50 {p50_ms:.3} ms, p99 {p99_ms:.3} ms, p99.9 {p999_ms:.3} ms; p99 under {WANTED_MS} ms is {met}\n"
        );
    }
    Ok(())
}
