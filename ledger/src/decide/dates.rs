//! The day on which an entry counts: its own, unless that day is closed.

use jiff::civil::{Date, date};

use crate::entry::NewEntry;
use crate::journal::state::Closed;
use crate::rejection::Rejection;

/// The earliest effective date: before it no business of today was done.
const EARLIEST: Date = date(1970, 1, 1);
/// The latest effective date, in days past the booking date: a year, and a day for the time zones.
const FUTURE_DAYS_MAX: i64 = 366;

/// When an entry counts.
#[derive(Clone, Copy, Debug)]
pub struct Dates {
    /// The day on which it counts.
    pub effective_date: Date,
    /// The day asked for, if that is closed.
    pub value_date: Option<Date>,
}

/// The latest day that an entry may be dated.
pub fn latest(booked_on: Date) -> Date {
    booked_on.saturating_add(jiff::Span::new().days(FUTURE_DAYS_MAX))
}

/// Refuses a day that is absurd.
pub fn check(given: Option<Date>, latest: Date) -> Result<(), Rejection> {
    match given {
        Some(given) if !(EARLIEST..=latest).contains(&given) => {
            Err(Rejection::EffectiveDateOutOfRange { given, earliest: EARLIEST, latest })
        }
        Some(_) | None => Ok(()),
    }
}

/// The day asked for, or today; if it is closed to the entry, the first open day for one that may come late.
pub fn of(entry: &NewEntry, booked_on: Date, closed: Closed) -> Result<Dates, Rejection> {
    let date = entry.effective_date.unwrap_or(booked_on);
    let closed_through = if entry.adjusting { closed.hard_through } else { closed.soft_through };
    match closed_through.filter(|closed_through| date <= *closed_through) {
        None => Ok(Dates { effective_date: date, value_date: None }),
        Some(closed_through) if entry.late => {
            Ok(Dates { effective_date: day_after(closed_through), value_date: Some(date) })
        }
        Some(closed_through) => {
            let adjusters_only = closed.hard_through.is_none_or(|hard_through| date > hard_through);
            Err(Rejection::PeriodClosed { date, closed_through, adjusters_only })
        }
    }
}

/// The day of the ledger's own entries, which nothing can refuse: the first open day from `earliest` on.
pub fn of_own(earliest: Date, closed: Closed) -> Dates {
    let first_open = closed.soft_through.map_or(earliest, day_after);
    Dates { effective_date: earliest.max(first_open), value_date: None }
}

fn day_after(date: Date) -> Date {
    date.saturating_add(jiff::Span::new().days(1))
}
