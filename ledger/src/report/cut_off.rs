//! The cut-off test: entries on the wrong side, or on both sides, of the end of a period.
//!
//! A period ends with a day in UTC, on which entries are booked by the database's clock. Whatever moved money is listed
//! that was booked after the end and counts in the period; was booked in the period and counts after it; or happened in
//! the period (its value date) and counts after it, because the period was closed. Costs one pass over the entries.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, ToSpan};
use tokio_postgres::GenericClient;

use crate::money::Currency;
use crate::query::{Moment, row};

use super::manual::RegisteredEntry;
use super::{ReportError, Scope, add, sql};

/// On which side of the end an entry stands with which of its dates.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum CutOffCase {
    /// Booked after the end, counts in the period.
    BookedLate,
    /// Booked in the period, counts after it.
    BookedEarly,
    /// Happened in the period, was booked after its end and counts after it.
    Deferred,
}

impl CutOffCase {
    /// The word at every edge.
    pub fn word(self) -> &'static str {
        match self {
            CutOffCase::BookedLate => "booked_late",
            CutOffCase::BookedEarly => "booked_early",
            CutOffCase::Deferred => "deferred",
        }
    }

    fn of(entry: &RegisteredEntry, period_end: Date) -> CutOffCase {
        if entry.effective_date <= period_end {
            CutOffCase::BookedLate
        } else if entry.value_date.is_some_and(|value_date| value_date <= period_end) {
            CutOffCase::Deferred
        } else {
            CutOffCase::BookedEarly
        }
    }
}

/// An entry at the end of a period; with debits in several currencies it has several rows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CutOffRow {
    /// On which side it stands.
    pub case: CutOffCase,
    /// The entry.
    pub entry: RegisteredEntry,
    /// The currency.
    pub currency: Currency,
    /// Its debits, in minor units; its credits are as much.
    pub amount_minor: i128,
}

/// The cut-off test: rows by sequence and currency.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct CutOff {
    /// The last day of the period.
    pub period_end: Date,
    /// The entries.
    pub rows: Vec<CutOffRow>,
    /// What they come to, by case and currency.
    pub totals: Vec<(CutOffCase, Currency, i128)>,
    /// The effective date asked for.
    pub as_of: Option<Date>,
    /// When this was known.
    pub known_at: Timestamp,
}

/// The cut-off test of a period that ends with a day. The moment's `as_of` leaves out what counts later.
pub async fn cut_off(client: &impl GenericClient, period_end: Date, moment: Moment) -> Result<CutOff, ReportError> {
    let scope = Scope::resolve(client, moment).await?;
    let next_day = period_end.checked_add(1.day()).and_then(|day| day.to_zoned(TimeZone::UTC));
    let booked_before = match next_day {
        Ok(next_day) => client.query_one(sql::LAST_SEQUENCE_BEFORE, &[&next_day.timestamp()]).await?.try_get(0)?,
        Err(_) => i64::MAX, // the calendar ends: nothing is booked later
    };
    let found = client.query(sql::CUT_OFF, &[&scope.sequence, &booked_before, &period_end]).await?;
    let (mut rows, mut totals) = (Vec::new(), BTreeMap::<(CutOffCase, Currency), i128>::new());
    for row in &found {
        let entry = RegisteredEntry::read(row)?;
        if scope.as_of.is_some_and(|as_of| entry.effective_date > as_of) {
            continue;
        }
        let (case, currency) = (CutOffCase::of(&entry, period_end), row::currency(row)?);
        let amount_minor = row::sum(row, "amount")?;
        add(totals.entry((case, currency)).or_default(), amount_minor)?;
        rows.push(CutOffRow { case, entry, currency, amount_minor });
    }
    let totals = totals.into_iter().map(|((case, currency), minor)| (case, currency, minor)).collect();
    Ok(CutOff { period_end, rows, totals, as_of: scope.as_of, known_at: scope.known_at })
}
