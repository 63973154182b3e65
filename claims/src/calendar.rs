//! Bank days: Monday to Friday, but for what a calendar says of single days.
//!
//! A calendar is data: holidays, and the weekend days on which banks work to make up for them. One without days is
//! Monday to Friday. The arithmetic is pure and costs the days that it passes; it never leaves the range of dates.

use std::collections::{BTreeMap, HashSet};

use deadpool_postgres::Client;
use dianfu_settlement::number_type;
use jiff::Timestamp;
use jiff::civil::{Date, Weekday};

use crate::error::Error;
use crate::registration::{RegistrationRefusal, in_range};
use crate::sql;

number_type!(
    /// A calendar of bank days, such as `CN`.
    CalendarName,
    "a calendar's name",
    20
);

/// Mainland China in 2026, as the State Council announced it on 4 November 2025, make-up days included: for
/// [`parse`].
pub const CN_2026: &str = include_str!("../calendars/cn-2026.csv");

/// The most days that are loaded at once.
pub const DAYS_MAX: usize = 10_000;

/// What a calendar says of a day.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DayKind {
    /// No bank day, whatever its weekday.
    Holiday,
    /// A bank day, whatever its weekday.
    Workday,
    /// What its weekday says: takes back what was said before.
    Plain,
}

impl DayKind {
    /// Every kind.
    pub const ALL: [DayKind; 3] = [DayKind::Holiday, DayKind::Workday, DayKind::Plain];

    /// The word for it, in the database and at every edge.
    pub fn word(self) -> &'static str {
        match self {
            DayKind::Holiday => "holiday",
            DayKind::Workday => "workday",
            DayKind::Plain => "plain",
        }
    }

    /// The inverse of [`DayKind::word`].
    pub fn from_word(word: &str) -> Option<DayKind> {
        DayKind::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// Which days are bank days.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Calendar(BTreeMap<Date, DayKind>);

impl FromIterator<(Date, DayKind)> for Calendar {
    fn from_iter<T: IntoIterator<Item = (Date, DayKind)>>(days: T) -> Calendar {
        Calendar(days.into_iter().collect())
    }
}

impl Calendar {
    /// Whether banks work on a day.
    pub fn is_bank_day(&self, day: Date) -> bool {
        match self.0.get(&day).copied().unwrap_or(DayKind::Plain) {
            DayKind::Holiday => false,
            DayKind::Workday => true,
            DayKind::Plain => !matches!(day.weekday(), Weekday::Saturday | Weekday::Sunday),
        }
    }

    /// The day itself if it is a bank day, else the first one behind it.
    pub fn next_bank_day(&self, day: Date) -> Date {
        let mut found = day;
        while !self.is_bank_day(found) {
            let Ok(next) = found.tomorrow() else { return found };
            found = next;
        }
        found
    }

    /// The bank day that is this many bank days behind a day; of none, the next bank day.
    pub fn add_bank_days(&self, day: Date, bank_days: u16) -> Date {
        let mut found = day;
        for _ in 0..bank_days {
            let Ok(next) = found.tomorrow() else { return found };
            found = self.next_bank_day(next);
        }
        self.next_bank_day(found)
    }
}

/// Why a calendar cannot be read or loaded.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum CalendarFault {
    /// A line is not a day and what it is.
    #[error("line {line}: '{actual}' is not a date, a comma, and holiday, workday or plain")]
    Line {
        /// Its number, from 1.
        line: usize,
        /// What it says, cut to 80 characters.
        actual: String,
    },
    /// A day is named twice.
    #[error("line {line}: {day} was named before")]
    DayTwice {
        /// The line of the second, from 1.
        line: usize,
        /// The day.
        day: Date,
    },
}

impl CalendarFault {
    /// Stable code, the same at every edge.
    pub fn code(&self) -> &'static str {
        match self {
            CalendarFault::Line { .. } => "calendar_line",
            CalendarFault::DayTwice { .. } => "calendar_day_twice",
        }
    }
}

/// Reads a calendar: a line `2026-10-01,holiday` for each day that differs. Empty lines count for nothing.
pub fn parse(text: &str) -> Result<Vec<(Date, DayKind)>, CalendarFault> {
    let mut days: BTreeMap<Date, DayKind> = BTreeMap::new();
    for (line, content) in (1..).zip(text.lines()).filter(|(_, content)| !content.trim().is_empty()) {
        let day = content
            .trim()
            .split_once(',')
            .and_then(|(day, kind)| Some((day.trim().parse::<Date>().ok()?, DayKind::from_word(kind.trim())?)));
        let malformed = || CalendarFault::Line { line, actual: content.chars().take(80).collect() };
        let (day, kind) = day.ok_or_else(malformed)?;
        if days.insert(day, kind).is_some() {
            return Err(CalendarFault::DayTwice { line, day });
        }
    }
    Ok(days.into_iter().collect())
}

/// Puts days of a calendar on record; what was said of them before no longer counts, and stays on record. Answers how
/// many of them say something new. At most [`DAYS_MAX`].
pub async fn load(
    client: &mut Client,
    calendar: &CalendarName,
    days: &[(Date, DayKind)],
    actor: &str,
    now: Timestamp,
) -> Result<Result<u64, RegistrationRefusal>, Error> {
    let count = i64::try_from(days.len()).unwrap_or(i64::MAX);
    let max = i64::try_from(DAYS_MAX).unwrap_or(i64::MAX);
    if let Err(refusal) = in_range("days", count, 1, max) {
        return Ok(Err(refusal));
    }
    let mut seen = HashSet::new();
    if let Some((day, _)) = days.iter().find(|(day, _)| !seen.insert(*day)) {
        return Ok(Err(RegistrationRefusal::Twice { what: "day", number: day.to_string() }));
    }
    let tx = client.transaction().await?;
    let loaded = sql::calendar::insert_days(&tx, calendar, days, actor, now).await?;
    tx.commit().await?;
    Ok(Ok(loaded))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    fn china() -> Calendar {
        parse(CN_2026).unwrap().into_iter().collect()
    }

    #[test]
    fn without_days_banks_work_from_monday_to_friday() {
        let plain = Calendar::default();
        let week = (2..=8).map(|day| plain.is_bank_day(date(2026, 3, day)));
        assert_eq!(week.collect::<Vec<_>>(), [true, true, true, true, true, false, false]);
        assert_eq!(plain.next_bank_day(date(2026, 3, 7)), date(2026, 3, 9));
        assert_eq!(plain.add_bank_days(date(2026, 3, 7), 0), date(2026, 3, 9));
        assert_eq!(plain.add_bank_days(date(2026, 3, 6), 1), date(2026, 3, 9));
        assert_eq!(plain.add_bank_days(date(2026, 3, 2), 10), date(2026, 3, 16));
    }

    #[test]
    fn make_up_days_count_and_holidays_do_not() {
        let china = china();
        // Spring Festival: the Saturdays before and after it are worked.
        assert!(china.is_bank_day(date(2026, 2, 14)) && !china.is_bank_day(date(2026, 2, 16)));
        assert_eq!(china.add_bank_days(date(2026, 2, 13), 1), date(2026, 2, 14));
        assert_eq!(china.add_bank_days(date(2026, 2, 14), 1), date(2026, 2, 24));
        assert_eq!(china.add_bank_days(date(2026, 2, 13), 6), date(2026, 2, 28));
        assert_eq!(china.next_bank_day(date(2026, 10, 1)), date(2026, 10, 8));
        assert_eq!(china.add_bank_days(date(2026, 10, 8), 2), date(2026, 10, 10));
    }

    #[test]
    fn a_year_ends_and_the_next_is_counted_on() {
        // 2025 has no days here: its last ones are what their weekdays say.
        assert_eq!(china().add_bank_days(date(2025, 12, 31), 1), date(2026, 1, 4));
        assert_eq!(china().add_bank_days(date(2026, 12, 31), 1), date(2027, 1, 1));
        assert_eq!(Calendar::default().add_bank_days(Date::MAX, 7), Date::MAX);
    }

    #[test]
    fn a_plain_day_takes_back_what_was_said() {
        let calendar: Calendar = [(date(2026, 3, 4), DayKind::Plain)].into_iter().collect();
        assert!(calendar.is_bank_day(date(2026, 3, 4)));
    }

    #[test]
    fn a_line_that_says_nothing_is_told_with_its_number() {
        let fault = parse("2026-10-01,holiday\n\n2026-10-02,feast").unwrap_err();
        assert_eq!(
            fault.to_string(),
            "line 3: '2026-10-02,feast' is not a date, a comma, and holiday, workday or plain"
        );
        let fault = parse("2026-10-01,holiday\n2026-10-01,workday").unwrap_err();
        assert_eq!(
            (fault.code(), fault.to_string()),
            ("calendar_day_twice", "line 2: 2026-10-01 was named before".into())
        );
    }

    proptest! {
        #[test]
        fn bank_days_add_up(offset in 0_i64..700, first in 0_u16..40, then in 0_u16..40) {
            let (china, day) = (china(), date(2025, 6, 1).saturating_add(jiff::ToSpan::days(offset)));
            let there = china.add_bank_days(china.add_bank_days(day, first), then);
            prop_assert!(china.is_bank_day(there));
            // From a day without banks, the first leg ends on the next bank day only if it counts none.
            let begin = if first == 0 { china.next_bank_day(day) } else { day };
            prop_assert_eq!(there, china.add_bank_days(begin, first + then));
        }
    }
}
