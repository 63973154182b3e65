//! Which part of the journal and of the chart a report reads.
//!
//! Without a time asked for, a report is known at the latest of what was last booked, opened or recorded about an
//! account: all three happen under the head's lock, by the database's clock, so that whatever happens later is later.
//! One small statement; with a time those of [`horizon`](fn@crate::query::horizon).

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use tokio_postgres::GenericClient;

use crate::query::{self, Moment};

use super::{ReportError, sql};

/// Entries up to a sequence and an effective date, and the chart as it was then. It never changes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Scope {
    /// The last entry that counts; 0 if none does.
    pub sequence: i64,
    /// When this was known. Asking with it gives the same.
    pub known_at: Timestamp,
    /// The last effective date that counts; `None` for all.
    pub as_of: Option<Date>,
}

impl Scope {
    /// Resolves a moment.
    pub async fn resolve(client: &impl GenericClient, moment: Moment) -> Result<Scope, ReportError> {
        let as_of = moment.as_of;
        if moment.known_at.is_some() {
            let horizon = query::horizon(client, moment).await?;
            return Ok(Scope { sequence: horizon.sequence, known_at: horizon.known_at, as_of });
        }
        let now = client.query_one(sql::NOW, &[]).await?;
        Ok(Scope { sequence: now.try_get("sequence")?, known_at: now.try_get("known_at")?, as_of })
    }

    /// The day to which ages are counted: the effective date asked for, or the day (UTC) of the time known at.
    pub fn day(&self) -> Date {
        self.as_of.unwrap_or_else(|| self.known_at.to_zoned(TimeZone::UTC).date())
    }
}

/// The days of a report on what has moved: from `from` to the moment's `as_of`, both included.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Period {
    /// The first day; `None` for the beginning.
    pub from: Option<Date>,
    /// The moment; its `as_of` is the last day.
    pub moment: Moment,
}

impl Period {
    /// Resolves the moment, and refuses a range that ends before it begins.
    pub async fn resolve(&self, client: &impl GenericClient) -> Result<Scope, ReportError> {
        self.check()?;
        Scope::resolve(client, self.moment).await
    }

    /// Refuses a range that ends before it begins.
    pub fn check(&self) -> Result<(), ReportError> {
        match (self.from, self.moment.as_of) {
            (Some(from), Some(to)) if to < from => Err(ReportError::RangeReversed { from, to }),
            _ => Ok(()),
        }
    }
}
