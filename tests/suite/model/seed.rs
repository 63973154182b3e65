//! Seeds, and how a failure tells its own.
//!
//! Everything that is drawn in a run comes from its seed. A run that fails says which seed, and up to which step, does
//! the same again: `DIANFU_MODEL_SEED=… DIANFU_MODEL_STEPS=… cargo test -p dianfu-tests --test suite model::NAME`.

use std::cell::Cell;
use std::str::FromStr;

use dianfu_ledger::id;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// The variable that names the first seed of a run; without it one is drawn.
const SEED: &str = "DIANFU_MODEL_SEED";
/// The variable that says how many steps a run takes.
const STEPS: &str = "DIANFU_MODEL_STEPS";

/// The first seed of a run.
pub fn first() -> u64 {
    given(SEED).unwrap_or_else(|| u64::from(id::fresh().as_fields().0) << 16)
}

/// The steps of a run, unless the environment says otherwise.
pub fn steps(unless: u32) -> u32 {
    given(STEPS).unwrap_or(unless)
}

fn given<T: FromStr>(variable: &str) -> Option<T> {
    let text = std::env::var(variable).ok()?;
    Some(text.parse().unwrap_or_else(|_| panic!("{variable} is a whole number, not '{text}'")))
}

/// What is drawn from a seed, and how far that has gone. Dropped by a failure, it says how to see it again.
pub struct Seeded {
    runner: TestRunner,
    test: &'static str,
    seed: u64,
    step: Cell<u32>,
}

impl Seeded {
    /// A run of one test.
    pub fn new(test: &'static str, seed: u64) -> Seeded {
        let bytes: Vec<u8> = (0..4).flat_map(|word: u64| (seed ^ word).to_be_bytes()).collect();
        let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
        let config = Config { failure_persistence: None, ..Config::default() };
        Seeded { runner: TestRunner::new_with_rng(config, rng), test, seed, step: Cell::new(0) }
    }

    /// Draws a value.
    pub fn draw<S: Strategy>(&mut self, strategy: &S) -> S::Value {
        strategy.new_tree(&mut self.runner).unwrap().current()
    }

    /// Says that the next step begins.
    pub fn step(&self) {
        self.step.set(self.step.get() + 1);
    }
}

impl Drop for Seeded {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let (seed, steps, test) = (self.seed, self.step.get(), self.test);
            eprintln!("again: {SEED}={seed} {STEPS}={steps} cargo test -p dianfu-tests --test suite model::{test}");
        }
    }
}
