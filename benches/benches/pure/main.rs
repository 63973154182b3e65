//! The pure hot paths alone, without a server: what the processor can do at most. `cargo bench -p dianfu-benches`.
//!
//! Inputs are drawn from seeds and look like the real thing; each is looked at before it is measured, so that nothing
//! is fast because it is refused at once. Rates are per entry, leg, line, amount or decision. Beside what a turn costs
//! in `./run bench` they show which part of it is ours.

mod decide;
mod encode;
mod fold;
mod input;
mod matching;
mod parse;
mod prereview;
/// What is decided on; `./run bench claims` measures the same.
#[path = "../../src/workload/prereview.rs"]
mod case;

use criterion::Criterion;
use mimalloc::MiMalloc;

/// The one that the program itself has.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() {
    let mut criterion = Criterion::default().configure_from_args();
    decide::bench(&mut criterion);
    fold::bench(&mut criterion);
    encode::bench(&mut criterion);
    parse::bench(&mut criterion);
    matching::bench(&mut criterion);
    prereview::bench(&mut criterion);
    criterion.final_summary();
}
