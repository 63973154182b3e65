//! Five of a hundred entries count on a day up to ninety days back, which is what makes a past day hard to ask about.

use jiff::ToSpan;
use jiff::civil::{Date, date};

use super::stream::{Asked, Step};
use super::transfers::Transfers;

/// The day of all other entries.
pub const TODAY: Date = date(2025, 6, 30);
/// A past day with half of the others before it.
pub const PAST_DAY: Date = date(2025, 5, 16);
/// Of a hundred.
const BACKDATED: usize = 5;
const DAYS_BACK: usize = 90;

/// Entries of today, and some of days before.
pub struct Backdated {
    transfers: Transfers,
    /// The days back, from yesterday.
    days: Vec<Date>,
}

impl Backdated {
    /// Of these transfers.
    pub fn new(transfers: Transfers) -> Backdated {
        let back = |days: i64| TODAY.checked_sub(days.days()).expect("days of this year");
        Backdated { transfers, days: (1..).take(DAYS_BACK).map(back).collect() }
    }
}

impl Iterator for Backdated {
    type Item = Asked;

    fn next(&mut self) -> Option<Asked> {
        let is_back = self.transfers.below(100) < BACKDATED;
        let day = if is_back { self.days[self.transfers.below(DAYS_BACK)] } else { TODAY };
        Some(Asked::posted(Step::Dated(self.transfers.transfer(), day)))
    }
}

#[cfg(test)]
mod tests {
    use super::super::draw::Kind;
    use super::super::transfers::Seat;
    use super::*;

    #[test]
    fn one_in_twenty_is_of_a_day_before() {
        let entries = 40_000;
        let transfers = Transfers::new(Kind::Uniform.from(10), Seat { number: 1, after: 0 });
        let days = Backdated::new(transfers).take(entries).map(|asked| match asked.step {
            Step::Dated(_, day) => day,
            step => panic!("{step:?}"),
        });
        let back: Vec<Date> = days.filter(|day| *day != TODAY).collect();
        let expected = entries * BACKDATED / 100;
        assert!(back.len().abs_diff(expected) < 4 * expected.isqrt(), "{}", back.len());
        assert!(back.iter().all(|day| (date(2025, 4, 1)..TODAY).contains(day)));
        let before = back.iter().filter(|day| **day <= PAST_DAY).count();
        assert!(before.abs_diff(back.len() / 2) < back.len() / 10, "{before}");
    }
}
