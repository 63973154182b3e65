//! The versions of an insurer's pre-review rules.

use deadpool_postgres::{Client, Transaction};
use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;

use crate::error::Error;
use crate::prereview::RuleVersion;
use crate::prereview::rules::{Rule, RuleSet};
use crate::registration::{RegistrationRefusal, in_range, same};
use crate::sql;

/// Puts a version of an insurer's rules on record. Versions are counted without gaps; of those in force on a day the
/// highest counts. The same again is fine.
pub async fn record(
    client: &mut Client,
    insurer: &PartyNo,
    version: &RuleVersion,
    (made_by, checked_by): (&str, &str),
    now: Timestamp,
) -> Result<Result<(), RegistrationRefusal>, Error> {
    if made_by == checked_by {
        return Ok(Err(RegistrationRefusal::SamePerson { person: made_by.to_owned() }));
    }
    if let Err(refusal) = check(&version.rules) {
        return Ok(Err(refusal));
    }
    let tx = client.transaction().await?;
    if sql::insurers::insurer(&tx, insurer).await?.is_none() {
        return Ok(Err(RegistrationRefusal::Unknown { what: "insurer", number: insurer.to_string() }));
    }
    if let Some(answer) = on_record(&tx, insurer, version).await? {
        return Ok(answer);
    }
    if !sql::rules::insert_version(&tx, insurer, version, (made_by, checked_by), now).await? {
        // Somebody else has recorded it at the same moment.
        let answer = on_record(&tx, insurer, version).await?;
        return answer.ok_or_else(|| Error::Corrupt("rule_version".to_owned()));
    }
    tx.commit().await?;
    Ok(Ok(()))
}

/// What is to be said of a version that is on record, or that leaves a gap; `None` if it is the next one.
async fn on_record(
    tx: &Transaction<'_>,
    insurer: &PartyNo,
    version: &RuleVersion,
) -> Result<Option<Result<(), RegistrationRefusal>>, Error> {
    let recorded = sql::rules::versions(tx, &[insurer.as_str()]).await?;
    let recorded = recorded.get(insurer).map_or(&[][..], Vec::as_slice);
    if let Some(first) = recorded.iter().find(|first| first.version == version.version) {
        return Ok(Some(same("rules", insurer.as_str(), &comparable(first), &comparable(version))));
    }
    let next = recorded.iter().map(|first| first.version).max().unwrap_or(0) + 1;
    Ok(in_range("version", version.version.into(), next.into(), next.into()).err().map(Err))
}

fn comparable(version: &RuleVersion) -> (String, &RuleSet) {
    (version.effective_from.to_string(), &version.rules)
}

fn check(rules: &RuleSet) -> Result<(), RegistrationRefusal> {
    in_range("approval_days", rules.approval_days.into(), 0, 3_650)?;
    in_range("rules", i64::try_from(rules.rules.len()).unwrap_or(i64::MAX), 1, 100)?;
    rules.rules.iter().try_for_each(|rule| match rule {
        Rule::PolicyInForce => Ok(()),
        Rule::PrescriptionValid { days } => in_range("days", (*days).into(), 0, 3_650),
        Rule::DrugCovered { drugs } => drugs.iter().try_for_each(|drug| {
            in_range("packs_per_cycle", drug.packs_per_cycle.into(), 0, i32::MAX.into())?;
            in_range("cycle_days", drug.cycle_days.into(), 1, 3_650)
        }),
    })
}
