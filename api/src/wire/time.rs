//! Days and times as they are read.

use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Deserializer, de};

/// The beginning of year 1: what lies before it PostgreSQL need not know.
const EARLIEST: Timestamp = Timestamp::constant(-62_135_596_800, 0);

/// Reads a day, exactly `YYYY-MM-DD`; for `#[serde(deserialize_with)]`.
pub fn day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Date>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    let parse = |text: String| {
        let read = text.parse::<Date>().ok().filter(|date| date.to_string() == text && date.year() > 0);
        read.ok_or_else(|| de::Error::custom(format_args!("'{text}' is not a day such as 2026-05-01")))
    };
    text.map(parse).transpose()
}

/// Reads a day that must be there; for `#[serde(deserialize_with)]`.
pub fn that_day<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Date, D::Error> {
    day(deserializer)?.ok_or_else(|| de::Error::custom("a day such as 2026-05-01 is needed"))
}

/// Reads a time, RFC 3339 with its offset; for `#[serde(deserialize_with)]`.
pub fn instant<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    let parse = |text: String| {
        let wanted = "a time such as 2026-05-01T08:00:00Z; in a query, write the + of an offset as %2B";
        let read = text.parse::<Timestamp>().ok().filter(|time| *time >= EARLIEST);
        read.ok_or_else(|| de::Error::custom(format_args!("'{text}' is not {wanted}")))
    };
    text.map(parse).transpose()
}

/// Reads a time that must be there; for `#[serde(deserialize_with)]`.
pub fn that_instant<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Timestamp, D::Error> {
    instant(deserializer)?.ok_or_else(|| de::Error::custom("a time such as 2026-05-01T08:00:00Z is needed"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some(text: &str) -> serde_json::Value {
        serde_json::Value::from(text)
    }

    #[test]
    fn a_day_is_written_one_way() {
        assert_eq!(day(some("2026-05-01")).unwrap(), Some(jiff::civil::date(2026, 5, 1)));
        assert_eq!(day(serde_json::Value::Null).unwrap(), None);
        for wrong in [
            "",
            "2026-5-1",
            "20260501",
            "2026-02-30",
            "2026-05-01T00:00:00",
            "+002026-05-01",
            "1 May",
            "-009999-01-01",
            "0000-01-01",
        ] {
            assert!(day(some(wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_time_has_an_offset() {
        let utc = instant(some("2026-05-01T00:00:00Z")).unwrap();
        assert_eq!(instant(some("2026-05-01T08:00:00+08:00")).unwrap(), utc);
        for wrong in
            ["", "2026-05-01", "2026-05-01T00:00:00", "2026-05-01T08:00:00 08:00", "now", "-005000-01-01T00:00:00Z"]
        {
            assert!(instant(some(wrong)).is_err(), "{wrong}");
        }
    }
}
