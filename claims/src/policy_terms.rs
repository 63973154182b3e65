//! What a policy promises beyond its own row, in versions recorded by two people.

use deadpool_postgres::Client;
use jiff::Timestamp;

use crate::benefit::{TermsFault, TermsVersion};
use crate::error::Error;
use crate::registration::{RegistrationRefusal, in_range, same};
use crate::sql;
use crate::sql::parties::PolicyKey;

/// Puts a version of a policy's terms on record: the next one, counted without gaps from 1. Of those in force on the
/// day of a prescription the last counts. The same again is fine.
pub async fn record(
    client: &mut Client,
    policy: &PolicyKey,
    (version, terms): (i32, &TermsVersion),
    (made_by, checked_by): (&str, &str),
    now: Timestamp,
) -> Result<Result<(), RegistrationRefusal>, Error> {
    if made_by == checked_by {
        return Ok(Err(RegistrationRefusal::SamePerson { person: made_by.to_owned() }));
    }
    let faults: Vec<String> = terms.terms.faults().iter().map(TermsFault::to_string).collect();
    if !faults.is_empty() {
        return Ok(Err(RegistrationRefusal::Faulty { faults }));
    }
    let tx = client.transaction().await?;
    if sql::parties::policies(&tx, std::slice::from_ref(policy)).await?.is_empty() {
        return Ok(Err(RegistrationRefusal::Unknown { what: "policy", number: policy.1.to_string() }));
    }
    let recorded = sql::terms::of_policies(&tx, std::slice::from_ref(policy)).await?;
    let recorded = recorded.get(policy).map_or(0, Vec::len);
    let next = i64::try_from(recorded).unwrap_or(i64::MAX).saturating_add(1);
    if let Err(refusal) = in_range("version", version.into(), 1, next) {
        return Ok(Err(refusal));
    }
    if sql::terms::insert(&tx, policy, version, terms, (made_by, checked_by), now).await? {
        tx.commit().await?;
        return Ok(Ok(()));
    }
    let recorded = sql::terms::of_policies(&tx, std::slice::from_ref(policy)).await?;
    let place = usize::try_from(version - 1).unwrap_or(usize::MAX);
    let first = recorded.get(policy).and_then(|versions| versions.get(place));
    let first = first.ok_or_else(|| Error::Corrupt("policy_terms".to_owned()))?;
    Ok(same("terms of policy", policy.1.as_str(), first, terms))
}
