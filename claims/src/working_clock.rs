//! Working time: when a time target is due, and how much of it is used up. Pure.
//!
//! A target is a number of working minutes. The clock runs on bank days between opening and closing, at one offset from
//! UTC, and stands still otherwise. It stands still while somebody else is waited for, too: what was used up before
//! counts, and the target goes on with what is left ([`WorkingClock::due_behind`]).

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::{Offset, offset};
use jiff::{Timestamp, ToSpan};

use crate::calendar::Calendar;

/// When people work.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct WorkingClock<'a> {
    /// The offset of their clocks from UTC.
    pub offset: Offset,
    /// When a working day begins.
    pub opens_at: Time,
    /// When it ends; later on the same day.
    pub closes_at: Time,
    /// The days on which they work.
    pub calendar: &'a Calendar,
}

/// How many days are looked at for the next working day: longer than any holiday.
const DAYS_MAX: u32 = 366;

impl WorkingClock<'_> {
    /// The working hours of the platform: from nine to six in Beijing, on the bank days of a calendar.
    pub fn of(calendar: &Calendar) -> WorkingClock<'_> {
        let [opens_at, closes_at] = [Time::constant(9, 0, 0, 0), Time::constant(18, 0, 0, 0)];
        WorkingClock { offset: offset(8), opens_at, closes_at, calendar }
    }

    /// When a target is due that goes on now, behind the spans in which it has run before: at once if they have used it
    /// up.
    pub fn due_behind(&self, spans: &[(Timestamp, Timestamp)], now: Timestamp, minutes: u32) -> Timestamp {
        let used: i64 = spans.iter().map(|(since, until)| self.minutes_between(*since, *until)).sum();
        self.due_at(now, u32::try_from(i64::from(minutes) - used).unwrap_or(0))
    }

    /// The moment at which so many working minutes have passed since another: at the end of a day rather than at the
    /// beginning of the next. A target of nothing is due at once.
    pub fn due_at(&self, since: Timestamp, minutes: u32) -> Timestamp {
        let mut left = i64::from(minutes) * 60;
        if left == 0 {
            return since;
        }
        let mut at = self.offset.to_datetime(since);
        let mut idle_days = 0;
        while idle_days < DAYS_MAX {
            let (begins, ends) = self.hours_of(at);
            let open = seconds(begins, ends);
            if open >= left {
                return self.moment(begins.saturating_add(left.seconds()));
            }
            idle_days = if open > 0 { 0 } else { idle_days + 1 };
            left -= open;
            at = at.date().saturating_add(1.day()).at(0, 0, 0, 0);
        }
        self.moment(at)
    }

    /// How many whole working minutes lie between two moments; none if the second is not later.
    pub fn minutes_between(&self, since: Timestamp, until: Timestamp) -> i64 {
        let (mut at, until) = (self.offset.to_datetime(since), self.offset.to_datetime(until));
        let mut passed = 0;
        while at < until {
            let (begins, ends) = self.hours_of(at);
            passed += seconds(begins, ends.min(until));
            at = at.date().saturating_add(1.day()).at(0, 0, 0, 0);
        }
        passed / 60
    }

    /// What is left of the working hours of a day from a moment on; an empty time if nothing is.
    fn hours_of(&self, at: DateTime) -> (DateTime, DateTime) {
        let day: Date = at.date();
        let (opens, closes) = (day.to_datetime(self.opens_at), day.to_datetime(self.closes_at));
        if self.calendar.is_bank_day(day) { (at.max(opens), closes) } else { (at, at) }
    }

    fn moment(&self, at: DateTime) -> Timestamp {
        self.offset.to_timestamp(at).unwrap_or(Timestamp::MAX)
    }
}

fn seconds(begins: DateTime, ends: DateTime) -> i64 {
    begins.duration_until(ends).as_secs().max(0)
}

#[cfg(test)]
mod tests {
    use std::sync::LazyLock;

    use jiff::civil::date;

    use super::*;
    use crate::calendar::DayKind;

    static CALENDAR: LazyLock<Calendar> = LazyLock::new(|| {
        let holidays = [date(2026, 10, 1), date(2026, 10, 2)].map(|day| (day, DayKind::Holiday));
        holidays.into_iter().chain([(date(2026, 10, 10), DayKind::Workday)]).collect()
    });

    fn clock() -> WorkingClock<'static> {
        WorkingClock::of(&CALENDAR)
    }

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn the_clock_runs_in_working_hours_alone() {
        for (since, minutes, due) in [
            ("2026-09-28T09:00+08", 60, "2026-09-28T10:00+08"),
            ("2026-09-28T08:00+08", 60, "2026-09-28T10:00+08"),
            ("2026-09-28T17:30+08", 30, "2026-09-28T18:00+08"),
            ("2026-09-28T17:30+08", 31, "2026-09-29T09:01+08"),
            ("2026-09-28T19:00+08", 1, "2026-09-29T09:01+08"),
            ("2026-09-28T19:00+08", 0, "2026-09-28T19:00+08"),
            ("2026-09-30T17:00+08", 61, "2026-10-05T09:01+08"),
            ("2026-10-09T17:00+08", 61, "2026-10-10T09:01+08"),
            ("2026-10-10T17:00+08", 61, "2026-10-12T09:01+08"),
            ("2026-09-28T09:00+08", 5 * 540, "2026-10-06T18:00+08"),
        ] {
            assert_eq!(clock().due_at(at(since), minutes), at(due), "{since} {minutes}");
        }
    }

    #[test]
    fn what_is_used_up_and_what_is_left_are_the_target() {
        let (since, until) = (at("2026-09-30T17:00+08"), at("2026-10-05T11:30+08"));
        assert_eq!(clock().minutes_between(since, until), 60 + 150);
        assert_eq!(clock().minutes_between(until, since), 0);
        assert_eq!(clock().due_behind(&[(since, until)], until, 600), clock().due_at(since, 600));
    }

    #[test]
    fn a_target_goes_on_with_what_is_left_of_it() {
        let [first, second, now] = ["2026-09-28T17:00+08", "2026-09-29T09:30+08", "2026-10-05T09:00+08"].map(at);
        for (spans, due) in [
            (&[][..], "2026-10-05T11:00+08"),
            (&[(first, second)], "2026-10-05T09:30+08"),
            (&[(first, second), (first, second)], "2026-10-05T09:00+08"),
        ] {
            assert_eq!(clock().due_behind(spans, now, 120), at(due), "{spans:?}");
        }
    }

    #[test]
    fn nobody_ever_works_is_still_an_answer() {
        let clock = WorkingClock { closes_at: Time::constant(9, 0, 0, 0), ..clock() };
        assert!(clock.due_at(at("2026-09-28T09:00+08"), 1) > at("2027-09-01T00:00+08"));
    }
}
