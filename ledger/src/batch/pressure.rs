//! What waits in the queue, and how long whoever comes next would wait. Pure: the time is an argument.
//!
//! The estimate is turns that must end first, times the time that a turn takes. A turn takes whatever waits, so its
//! time says more than a rate of entries: after a quiet hour of single entries, a thousand at once still fit into one
//! turn. While a turn does not end, because somebody else holds the head or the server stalls, its time grows with the
//! clock. What was measured is forgotten as soon as nothing waits.

use std::time::{Duration, Instant};

/// Bytes of what waits that one turn takes at least: 8,192 two-leg entries.
const TURN_BYTES: usize = 4 << 20;
/// The part of the newest turn in the average: the last four turns make two thirds of it.
const NEWEST_PART: u32 = 4;

/// The state of the queue.
#[derive(Default, Debug)]
pub(super) struct Pressure {
    /// Bytes of all requests that are not answered.
    bytes: usize,
    /// How many these are.
    requests: usize,
    /// When the last turn ended; if none has since the queue was empty, when the first request came.
    since: Option<Instant>,
    /// The average time from the end of one turn to the end of the next, since the queue was empty.
    turn: Option<Duration>,
}

impl Pressure {
    /// A request has come.
    pub(super) fn come(&mut self, bytes: usize, now: Instant) {
        self.since.get_or_insert(now);
        self.bytes += bytes;
        self.requests += 1;
    }

    /// A request is answered, or given up.
    pub(super) fn gone(&mut self, bytes: usize) {
        self.bytes -= bytes;
        self.requests -= 1;
        if self.requests == 0 {
            *self = Pressure::default();
        }
    }

    /// A turn has ended, well or not; its requests are still counted.
    pub(super) fn turn_ended(&mut self, now: Instant) {
        let Some(before) = self.since.replace(now) else { return };
        let took = now.duration_since(before);
        self.turn = Some(self.turn.map_or(took, |turn| (turn * (NEWEST_PART - 1) + took) / NEWEST_PART));
    }

    /// How long a request that comes now would wait until its own turn begins.
    pub(super) fn wait(&self, now: Instant) -> Duration {
        let Some(since) = self.since else { return Duration::ZERO };
        let under_way = now.duration_since(since);
        let turn = self.turn.unwrap_or(under_way);
        let turns = u32::try_from(self.bytes / TURN_BYTES).unwrap_or(u32::MAX);
        turn.max(under_way).saturating_add(turn.saturating_mul(turns))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MS: Duration = Duration::from_millis(1);
    const ENTRY: usize = 540;

    #[test]
    fn nobody_waits_where_nothing_does() {
        assert_eq!(Pressure::default().wait(Instant::now()), Duration::ZERO);
    }

    #[test]
    fn a_burst_after_quiet_turns_fits_into_the_next_one() {
        let (mut pressure, began) = (Pressure::default(), Instant::now());
        for _ in 0..4_000 {
            pressure.come(ENTRY, began);
        }
        assert_eq!(pressure.wait(began + 2 * MS), 2 * MS);
        pressure.turn_ended(began + 30 * MS);
        assert_eq!(pressure.wait(began + 31 * MS), 30 * MS);
    }

    #[test]
    fn what_waits_is_counted_in_turns() {
        let (mut pressure, began) = (Pressure::default(), Instant::now());
        pressure.come(10 * TURN_BYTES, began);
        pressure.turn_ended(began + 100 * MS);
        assert_eq!(pressure.wait(began + 100 * MS), 1_100 * MS);
        // Slower turns count as they come.
        pressure.turn_ended(began + 600 * MS);
        assert_eq!(pressure.wait(began + 600 * MS), 2_200 * MS);
    }

    #[test]
    fn a_turn_that_does_not_end_takes_longer_and_longer() {
        let (mut pressure, began) = (Pressure::default(), Instant::now());
        pressure.come(ENTRY, began);
        pressure.turn_ended(began + 10 * MS);
        for stalled in [1_000, 5_000] {
            assert_eq!(pressure.wait(began + (10 + stalled) * MS), stalled * MS);
        }
    }

    #[test]
    fn an_empty_queue_forgets_what_was_slow() {
        let (mut pressure, began) = (Pressure::default(), Instant::now());
        pressure.come(ENTRY, began);
        pressure.come(ENTRY, began);
        pressure.turn_ended(began + 60_000 * MS);
        pressure.gone(ENTRY);
        assert_eq!(pressure.wait(began + 60_000 * MS), 60_000 * MS);
        pressure.gone(ENTRY);
        let later = began + 61_000 * MS;
        assert_eq!(pressure.wait(later), Duration::ZERO);
        pressure.come(ENTRY, later);
        assert_eq!(pressure.wait(later + MS), MS);
    }
}
