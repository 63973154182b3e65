//! The only place that reads the wall clock. Everything else takes the time as an argument.

use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Timestamp, Unit};

/// Now.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// An instant as the database keeps it, to the microsecond: what is told of it now and later is the same.
pub fn as_kept(instant: Timestamp) -> Timestamp {
    instant.round(Unit::Microsecond).unwrap_or(instant)
}

/// The civil date of an instant in the books' time zone (UTC).
pub fn date_of(instant: Timestamp) -> Date {
    instant.to_zoned(TimeZone::UTC).date()
}
