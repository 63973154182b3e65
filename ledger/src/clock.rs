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

/// The instant at which a day is over in the books' time zone (UTC); the last one there is if there is no day behind
/// it.
pub fn end_of(day: Date) -> Timestamp {
    let tomorrow = day.tomorrow().and_then(|next| next.to_zoned(TimeZone::UTC));
    tomorrow.map_or(Timestamp::MAX, |midnight| midnight.timestamp())
}

/// The civil date of an instant in the books' time zone (UTC).
pub fn date_of(instant: Timestamp) -> Date {
    instant.to_zoned(TimeZone::UTC).date()
}
