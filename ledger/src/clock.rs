//! The only place that reads the wall clock. Everything else takes the time as an argument.

use jiff::civil::Date;
use jiff::{Timestamp, tz::TimeZone};

/// Now.
#[expect(clippy::disallowed_methods, reason = "the one place that reads the clock")]
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// The civil date of an instant in the books' time zone (UTC).
pub fn date_of(instant: Timestamp) -> Date {
    instant.to_zoned(TimeZone::UTC).date()
}
