//! Calendars of bank days.

use std::collections::HashMap;

use deadpool_postgres::Transaction;
use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::types::ToSql;

use crate::calendar::{Calendar, CalendarName, DayKind};
use crate::error::Error;

use super::{corrupt, number};

/// Adds a revision of each day that is something else than was said of it last. Answers how many there are.
pub async fn insert_days(
    tx: &Transaction<'_>,
    calendar: &CalendarName,
    days: &[(Date, DayKind)],
    actor: &str,
    now: Timestamp,
) -> Result<u64, Error> {
    const SQL: &str = "
        INSERT INTO bank_holiday (calendar, day, revision, kind, actor, recorded_at)
        SELECT $1, said.day, COALESCE(last.revision, 0) + 1, said.kind, $4, $5
        FROM unnest($2::date[], $3::text[]) AS said (day, kind)
        LEFT JOIN LATERAL (
            SELECT revision, kind
            FROM bank_holiday
            WHERE calendar = $1 AND day = said.day
            ORDER BY revision DESC
            LIMIT 1
        ) last ON true
        WHERE said.kind IS DISTINCT FROM COALESCE(last.kind, 'plain')";
    let (dates, kinds): (Vec<Date>, Vec<&str>) = days.iter().map(|(day, kind)| (*day, kind.word())).unzip();
    let values: [&(dyn ToSql + Sync); 5] = [&calendar.as_str(), &dates, &kinds, &actor, &now];
    Ok(tx.execute(&tx.prepare_cached(SQL).await?, &values).await?)
}

/// These calendars, as they are on record; one that nobody has loaded is left out.
pub async fn calendars(tx: &Transaction<'_>, names: &[&str]) -> Result<HashMap<CalendarName, Calendar>, Error> {
    const SQL: &str = "
        SELECT DISTINCT ON (calendar, day) calendar, day, kind
        FROM bank_holiday
        WHERE calendar = ANY ($1)
        ORDER BY calendar, day, revision DESC";
    let mut days: HashMap<CalendarName, Vec<(Date, DayKind)>> = HashMap::new();
    for row in &tx.query(&tx.prepare_cached(SQL).await?, &[&names]).await? {
        let name = number(CalendarName::parse(row.get("calendar")))?;
        let kind = DayKind::from_word(row.get("kind")).ok_or_else(|| corrupt("bank_holiday.kind"))?;
        days.entry(name).or_default().push((row.get("day"), kind));
    }
    Ok(days.into_iter().map(|(name, days)| (name, days.into_iter().collect())).collect())
}
