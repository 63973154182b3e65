//! Which part of the journal an answer reads. The reasoning stands in [`crate::query`].

use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::GenericClient;

use crate::error::Error;

use super::{QueryError, sql};

/// The two sides of the instant a question is about. The default is now, with whatever is dated in the future.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Moment {
    /// Only what counts up to this effective date; `None` for everything, whatever its date.
    pub as_of: Option<Date>,
    /// Only what the ledger knew at this time; `None` for now.
    pub known_at: Option<Timestamp>,
}

impl Moment {
    /// The horizon of the first page of a list, which a cursor has kept. A later page may repeat the time of the first,
    /// but not name another.
    pub(super) fn pinned(self, sequence: i64, known_at: Timestamp) -> Result<Horizon, QueryError> {
        if self.known_at.is_none_or(|asked| whole_microseconds(asked) == known_at) {
            return Ok(Horizon { sequence, known_at, as_of: self.as_of });
        }
        Err(QueryError::CursorMalformed)
    }
}

/// The part of the journal that an answer reads: entries up to a sequence and an effective date. It never changes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Horizon {
    /// The last entry that counts; 0 if none does.
    pub sequence: i64,
    /// The time asked for, or when the last entry was booked; in whole microseconds. Asking with it gives the same.
    pub known_at: Timestamp,
    /// The effective date asked for.
    pub as_of: Option<Date>,
}

/// Resolves a moment. One statement for now, two for a time the head has passed, four for a later one.
pub async fn horizon(client: &impl GenericClient, moment: Moment) -> Result<Horizon, QueryError> {
    let as_of = moment.as_of;
    let head = client.query_one(sql::HEAD, &[]).await?;
    let booked_at: Timestamp = head.try_get("booked_at")?;
    let Some(known_at) = moment.known_at.map(whole_microseconds) else {
        return Ok(Horizon { sequence: head.try_get("sequence")?, known_at: booked_at, as_of });
    };
    if known_at > booked_at {
        wait_for_turns_in_flight(client, known_at).await?;
    }
    let last = client.query_opt(sql::LAST_SEQUENCE_KNOWN_AT, &[&known_at]).await?;
    let sequence = last.map_or(Ok(0), |row| row.try_get("last_sequence"))?;
    Ok(Horizon { sequence, known_at, as_of })
}

/// Returns when every turn that books at or before `known_at` has ended.
async fn wait_for_turns_in_flight(client: &impl GenericClient, known_at: Timestamp) -> Result<(), QueryError> {
    // Lanes first: a turn that runs ahead locks the head later, and must not find it locked by who waits for it.
    let lanes = client.query(sql::LANES_FOR_SHARE, &[]).await?;
    client.query_one(sql::HEAD_FOR_SHARE, &[]).await?;
    let clocks = lanes.iter().map(|lane| lane.try_get::<_, Timestamp>("clock")).collect::<Result<Vec<_>, _>>()?;
    let clock = clocks.into_iter().min().ok_or_else(|| Error::Corrupt("lane has no rows".to_owned()))?;
    // Also refused when equal: the next turn may book within the same microsecond.
    if known_at >= clock { Err(QueryError::KnownAtInFuture { known_at, clock }) } else { Ok(()) }
}

/// The database keeps microseconds: what was known at a time was known at the whole microsecond before it.
fn whole_microseconds(time: Timestamp) -> Timestamp {
    let micros = time.as_nanosecond().div_euclid(1_000);
    i64::try_from(micros).ok().and_then(|micros| Timestamp::from_microsecond(micros).ok()).unwrap_or(Timestamp::MIN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_is_cut_to_the_microsecond_before_it() {
        let cut = |text: &str| whole_microseconds(text.parse().unwrap()).to_string();
        assert_eq!(cut("2024-05-01T00:00:00.0000019Z"), "2024-05-01T00:00:00.000001Z");
        assert_eq!(cut("1969-12-31T23:59:59.9999991Z"), "1969-12-31T23:59:59.999999Z");
        assert_eq!(whole_microseconds(Timestamp::MIN), Timestamp::MIN);
        assert!(whole_microseconds(Timestamp::MAX) <= Timestamp::MAX);
    }
}
