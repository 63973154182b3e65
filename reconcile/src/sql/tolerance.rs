//! What is tolerated of insurers.

use deadpool_postgres::Transaction;
use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::error::Error;
use crate::tolerance::Tolerance;

/// Adds the next version of an insurer's tolerance.
pub async fn insert_tolerance(
    tx: &Transaction<'_>,
    insurer: &PartyNo,
    tolerance: Tolerance,
    (made_by, checked_by): (&str, &str),
    now: Timestamp,
) -> Result<(), Error> {
    const SQL: &str = "
        INSERT INTO remittance_tolerance
            (insurer, version, per_line_minor, per_day_minor, made_by, checked_by, recorded_at)
        SELECT $1, COALESCE(max(version), 0) + 1, $2, $3, $4, $5, $6
        FROM remittance_tolerance
        WHERE insurer = $1";
    let Tolerance { per_line_minor, per_day_minor } = tolerance;
    let statement = tx.prepare_cached(SQL).await?;
    tx.execute(&statement, &[&insurer.as_str(), &per_line_minor, &per_day_minor, &made_by, &checked_by, &now]).await?;
    Ok(())
}

/// The tolerance of an insurer in force, none if none is on record, and what was tolerated of it on a day, up and down
/// together, in minor units.
pub async fn tolerance(tx: &Transaction<'_>, insurer: &PartyNo, on: Date) -> Result<(Tolerance, i64), Error> {
    const SQL: &str = "
        SELECT per_line_minor, per_day_minor, (
                   SELECT COALESCE(sum(abs(m.tolerated_minor)), 0)::bigint
                   FROM remittance_application a
                   JOIN remittance r USING (remittance_id)
                   JOIN remittance_match m USING (remittance_id)
                   WHERE a.applied_on = $2 AND r.insurer = $1 AND m.tolerated_minor <> 0
               ) AS used_minor
        FROM remittance_tolerance
        WHERE insurer = $1
        ORDER BY version DESC
        LIMIT 1";
    let row = tx.query_opt(&tx.prepare_cached(SQL).await?, &[&insurer.as_str(), &on]).await?;
    let in_force = row.map(|row| {
        let (per_line_minor, per_day_minor) = (row.get("per_line_minor"), row.get("per_day_minor"));
        (Tolerance { per_line_minor, per_day_minor }, row.get("used_minor"))
    });
    Ok(in_force.unwrap_or_default())
}
