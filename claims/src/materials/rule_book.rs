//! Putting versions of rules on record: one person makes them, another checks them.

use deadpool_postgres::Client;
use jiff::Timestamp;

use super::refusal::{MaterialRefusal, in_range};
use super::rules::MaterialRules;
use crate::error::Error;
use crate::sql;

/// Puts a version on record. Versions of a scope are counted without gaps; the same again is fine.
pub async fn record(
    client: &mut Client,
    rules: &MaterialRules,
    (made_by, checked_by): (&str, &str),
    now: Timestamp,
) -> Result<Result<(), MaterialRefusal>, Error> {
    if made_by == checked_by {
        return Ok(Err(MaterialRefusal::SamePerson { person: made_by.to_owned() }));
    }
    if let Err(refusal) = rules.check() {
        return Ok(Err(refusal));
    }
    let tx = client.transaction().await?;
    // Who inserts the same version at the same moment waits for the other, and then finds it.
    let last = sql::materials::last_version(&tx, &rules.scope).await?;
    let next = i64::from(last.as_ref().map_or(0, |last| last.version)) + 1;
    if i64::from(rules.version) >= next {
        if let Err(refusal) = in_range("version", rules.version.into(), next, next) {
            return Ok(Err(refusal));
        }
        if sql::materials::insert_rules(&tx, rules, (made_by, checked_by), now).await? {
            tx.commit().await?;
            return Ok(Ok(()));
        }
    }
    let first = sql::materials::rules(&tx, &rules.scope, rules.version).await?;
    if first.as_ref() == Some(rules) {
        return Ok(Ok(()));
    }
    let (scope, version) = (rules.scope.to_string(), rules.version);
    Ok(Err(MaterialRefusal::Conflict { scope, version }))
}
