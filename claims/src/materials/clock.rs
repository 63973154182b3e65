//! A clock that stands still while somebody else has the word. Pure: times are arguments.
//!
//! A claim's clock starts when it is taken in, stops when more is asked for and starts again when it is there; what has
//! elapsed is the sum of the spans in which it ran. The clock is worked out from what is on record, never kept.

use jiff::{SignedDuration, Timestamp};

/// What happens to a clock.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Turn {
    /// It starts, or goes on; nothing where it runs.
    Starts,
    /// It stops; nothing where it stands.
    Stops,
}

/// A turn that lies before the one before it.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the turn at {later_told} was told after one at {earlier_told}: turns come in the order of time")]
pub struct ClockFault {
    /// The turn told first.
    pub earlier_told: Timestamp,
    /// The turn told next, which lies before it.
    pub later_told: Timestamp,
}

/// Where a clock stands.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Clock {
    /// What had elapsed when it last started.
    elapsed: SignedDuration,
    running_since: Option<Timestamp>,
}

impl Clock {
    /// The clock behind these turns.
    pub fn of(turns: &[(Timestamp, Turn)]) -> Result<Clock, ClockFault> {
        if let Some(pair) = turns.windows(2).find(|pair| pair[1].0 < pair[0].0) {
            return Err(ClockFault { earlier_told: pair[0].0, later_told: pair[1].0 });
        }
        Ok(turns.iter().fold(Clock::default(), |clock, (at, turn)| clock.turned(*at, *turn)))
    }

    fn turned(self, at: Timestamp, turn: Turn) -> Clock {
        match (turn, self.running_since) {
            (Turn::Starts, None) => Clock { running_since: Some(at), ..self },
            (Turn::Stops, Some(_)) => Clock { elapsed: self.elapsed(at), running_since: None },
            (Turn::Starts, Some(_)) | (Turn::Stops, None) => self,
        }
    }

    /// Whether it runs.
    pub fn is_running(&self) -> bool {
        self.running_since.is_some()
    }

    /// What has elapsed at an instant, which is not before its last turn.
    pub fn elapsed(&self, at: Timestamp) -> SignedDuration {
        let running = self.running_since.map_or(SignedDuration::ZERO, |since| at.duration_since(since));
        self.elapsed.saturating_add(running.max(SignedDuration::ZERO))
    }

    /// When so much has elapsed, if it goes on running; `None` while it stands.
    pub fn due_at(&self, target: SignedDuration) -> Option<Timestamp> {
        let left = target.saturating_sub(self.elapsed);
        self.running_since.map(|since| since.saturating_add(left).unwrap_or(Timestamp::MAX))
    }

    /// Whether more than so much has elapsed at an instant.
    pub fn is_over(&self, target: SignedDuration, at: Timestamp) -> bool {
        self.elapsed(at) > target
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hour: i64) -> Timestamp {
        Timestamp::from_second(1_700_000_000 + hour * 3_600).unwrap()
    }

    fn hours(hours: i64) -> SignedDuration {
        SignedDuration::from_hours(hours)
    }

    #[test]
    fn what_has_elapsed_is_the_sum_of_what_it_ran() {
        use Turn::{Starts, Stops};
        for (turns, now, elapsed, is_running) in [
            (vec![], 5, 0, false),
            (vec![(0, Starts)], 5, 5, true),
            (vec![(0, Starts), (2, Stops)], 5, 2, false),
            (vec![(0, Starts), (2, Stops), (10, Starts)], 12, 4, true),
            (vec![(0, Starts), (2, Stops), (10, Starts), (11, Stops), (20, Starts), (20, Stops)], 90, 3, false),
            // What is told twice is nothing new.
            (vec![(0, Starts), (1, Starts), (2, Stops), (3, Stops)], 5, 2, false),
            (vec![(0, Stops), (1, Starts)], 5, 4, true),
        ] {
            let turns: Vec<(Timestamp, Turn)> = turns.into_iter().map(|(hour, turn)| (at(hour), turn)).collect();
            let clock = Clock::of(&turns).unwrap();
            assert_eq!((clock.elapsed(at(now)), clock.is_running()), (hours(elapsed), is_running), "{turns:?}");
        }
    }

    #[test]
    fn a_deadline_moves_while_it_stands() {
        use Turn::{Starts, Stops};
        let clock = Clock::of(&[(at(0), Starts)]).unwrap();
        assert_eq!(clock.due_at(hours(24)), Some(at(24)));
        assert_eq!((clock.is_over(hours(24), at(24)), clock.is_over(hours(24), at(25))), (false, true));
        let stopped = Clock::of(&[(at(0), Starts), (at(10), Stops)]).unwrap();
        assert_eq!((stopped.due_at(hours(24)), stopped.is_over(hours(24), at(1_000))), (None, false));
        let again = Clock::of(&[(at(0), Starts), (at(10), Stops), (at(100), Starts)]).unwrap();
        assert_eq!(again.due_at(hours(24)), Some(at(114)));
    }

    #[test]
    fn turns_come_in_the_order_of_time() {
        let fault = Clock::of(&[(at(2), Turn::Starts), (at(1), Turn::Stops)]).unwrap_err();
        assert_eq!((fault.earlier_told, fault.later_told), (at(2), at(1)));
    }
}
