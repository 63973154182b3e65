//! The circuit breaker of one insurer: who fails again and again is left alone for a while, then tried once. Pure.
//!
//! ```text
//! closed ──failures in a row──> open ──its time is over──> half-open ──answered──> closed
//!                                 ^────────────failed─────────┘
//! ```

use jiff::{SignedDuration, Timestamp};

/// When a circuit opens, and for how long.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Patience {
    /// Failures in a row that open it.
    pub failures_max: u32,
    /// How long it stays open, and how long one trial has to come back.
    pub open_for: SignedDuration,
}

/// How it stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Breaker {
    /// Calls pass.
    Closed {
        /// In a row, until now.
        failures: u32,
    },
    /// No call passes before then.
    Open {
        /// Until when.
        until: Timestamp,
    },
    /// One call is on trial. If nothing is heard of it until then, the next one is.
    HalfOpen {
        /// Until when.
        until: Timestamp,
    },
}

impl Default for Breaker {
    fn default() -> Breaker {
        Breaker::Closed { failures: 0 }
    }
}

impl Breaker {
    /// How it stands when a call passes now; if none may, the time from which one may.
    pub fn pass(self, patience: Patience, now: Timestamp) -> Result<Breaker, Timestamp> {
        match self {
            Breaker::Closed { .. } => Ok(self),
            Breaker::Open { until } | Breaker::HalfOpen { until } if now < until => Err(until),
            Breaker::Open { .. } | Breaker::HalfOpen { .. } => Ok(Breaker::HalfOpen { until: later(now, patience) }),
        }
    }

    /// How it stands when a call has been answered, whatever the answer says.
    #[must_use]
    pub fn answered(self) -> Breaker {
        Breaker::default()
    }

    /// How it stands when a call has failed.
    #[must_use]
    pub fn failed(self, patience: Patience, now: Timestamp) -> Breaker {
        match self {
            Breaker::Closed { failures } if failures + 1 < patience.failures_max => {
                Breaker::Closed { failures: failures + 1 }
            }
            // Calls that passed before it opened do not make it stay open longer.
            Breaker::Open { .. } => self,
            Breaker::Closed { .. } | Breaker::HalfOpen { .. } => Breaker::Open { until: later(now, patience) },
        }
    }
}

fn later(now: Timestamp, patience: Patience) -> Timestamp {
    now.checked_add(patience.open_for).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATIENCE: Patience = Patience { failures_max: 3, open_for: SignedDuration::from_secs(30) };

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn failed(breaker: Breaker, times: u32, second: i64) -> Breaker {
        (0..times).fold(breaker, |breaker, _| breaker.failed(PATIENCE, at(second)))
    }

    #[test]
    fn failures_in_a_row_open_it_and_an_answer_between_them_does_not() {
        let twice = failed(Breaker::default(), 2, 0);
        assert_eq!(twice.pass(PATIENCE, at(0)), Ok(twice));
        let opened = failed(twice, 1, 0);
        assert_eq!(opened, Breaker::Open { until: at(30) });
        assert_eq!(opened.pass(PATIENCE, at(29)), Err(at(30)));
        assert_eq!(failed(twice.answered(), 2, 0), twice);
        // Late failures of calls that were under way change nothing.
        assert_eq!(failed(opened, 5, 20), opened);
    }

    #[test]
    fn when_its_time_is_over_one_call_passes_at_a_time() {
        let opened = failed(Breaker::default(), 3, 0);
        let on_trial = opened.pass(PATIENCE, at(30)).unwrap();
        assert_eq!(on_trial, Breaker::HalfOpen { until: at(60) });
        assert_eq!(on_trial.pass(PATIENCE, at(31)), Err(at(60)));
        assert_eq!(on_trial.answered(), Breaker::default());
        assert_eq!(on_trial.failed(PATIENCE, at(40)), Breaker::Open { until: at(70) });
        // A trial of which nothing is heard does not keep it shut for ever.
        assert_eq!(on_trial.pass(PATIENCE, at(60)), Ok(Breaker::HalfOpen { until: at(90) }));
    }
}
