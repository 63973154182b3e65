//! So many a minute. Pure: the time is an argument.

use std::time::{Duration, Instant};

const WINDOW: Duration = Duration::from_mins(1);

/// What was taken since the window began.
#[derive(Clone, Copy, Default, Debug)]
pub(super) struct Quota {
    window: Option<Instant>,
    taken: u32,
}

impl Quota {
    /// Takes one, if there is one left in this minute.
    pub(super) fn take(&mut self, a_minute: u32, now: Instant) -> bool {
        if self.window.is_none_or(|began| now.duration_since(began) >= WINDOW) {
            *self = Quota { window: Some(now), taken: 0 };
        }
        let is_left = self.taken < a_minute;
        self.taken = self.taken.saturating_add(u32::from(is_left));
        is_left
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_minute_has_so_many() {
        let began = Instant::now();
        let mut quota = Quota::default();
        assert_eq!([0, 1, 59].map(|s| quota.take(2, began + Duration::from_secs(s))), [true, true, false]);
        assert_eq!([60, 61, 62].map(|s| quota.take(2, began + Duration::from_secs(s))), [true, true, false]);
    }
}
