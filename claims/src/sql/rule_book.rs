//! The versions of insurers' rules: proposed, tried on past decisions, live.

use std::collections::HashMap;

use deadpool_postgres::Transaction;
use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::claim::ClaimNo;
use crate::error::Error;
use crate::prereview::RuleVersion;
use crate::prereview::trial::{PastDecision, Said, Trial};
use crate::rule_book::Proposal;

use super::{corrupt, json, number};

/// Whether an insurer is on record. Others that ask wait until this transaction ends.
pub async fn lock_insurer(tx: &Transaction<'_>, insurer: &PartyNo) -> Result<bool, Error> {
    const SQL: &str = "
        SELECT 1
        FROM insurer
        WHERE insurer_no = $1
        FOR NO KEY UPDATE";
    Ok(tx.query_opt(&tx.prepare_cached(SQL).await?, &[&insurer.as_str()]).await?.is_some())
}

/// The highest live version of an insurer's rules; 0 for none.
pub async fn last_version(tx: &Transaction<'_>, insurer: &PartyNo) -> Result<i32, Error> {
    const SQL: &str = "
        SELECT COALESCE(max(version), 0) AS version
        FROM rule_version
        WHERE insurer_no = $1";
    Ok(tx.query_one(&tx.prepare_cached(SQL).await?, &[&insurer.as_str()]).await?.get("version"))
}

/// Adds a proposal. Answers whether it is new.
pub async fn insert_proposal(
    tx: &Transaction<'_>,
    insurer: &PartyNo,
    version: &RuleVersion,
    content_sha256: &[u8; 32],
    made_by: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    const SQL: &str = "
        INSERT INTO rule_proposal (insurer_no, version, content_sha256, effective_from, rules, made_by, proposed_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT ON CONSTRAINT rule_proposal_pkey DO NOTHING";
    let rules = json(&version.rules)?;
    let RuleVersion { version, effective_from, .. } = version;
    let values: [&(dyn ToSql + Sync); 7] =
        [&insurer.as_str(), version, &content_sha256.as_slice(), effective_from, &rules, &made_by, &now];
    Ok(tx.execute(&tx.prepare_cached(SQL).await?, &values).await? == 1)
}

/// The proposals of a version, the oldest first.
pub async fn proposals(tx: &Transaction<'_>, insurer: &PartyNo, version: i32) -> Result<Vec<Proposal>, Error> {
    const SQL: &str = "
        SELECT p.version, p.content_sha256, p.effective_from, p.rules, p.made_by, max(t.trial_no) AS trial_no
        FROM rule_proposal p
        LEFT JOIN rule_trial t USING (insurer_no, version, content_sha256)
        WHERE p.insurer_no = $1 AND p.version = $2
        GROUP BY p.insurer_no, p.version, p.content_sha256
        ORDER BY p.proposed_at, p.content_sha256";
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[&insurer.as_str(), &version]).await?;
    let proposal = |row: &Row| {
        Ok(Proposal {
            version: version_of(row)?,
            content_sha256: digest(row.get("content_sha256"))?,
            made_by: row.get("made_by"),
            trial_no: row.get("trial_no"),
        })
    };
    rows.iter().map(proposal).collect()
}

/// Adds a trial of a proposal under this number. Answers whether it is new: somebody else may have it meanwhile.
pub async fn insert_trial(
    tx: &Transaction<'_>,
    insurer: &PartyNo,
    proposal: &Proposal,
    (trial_no, trial): (i32, &Trial),
    run_by: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    const SQL: &str = "
        INSERT INTO rule_trial
            (insurer_no, version, content_sha256, trial_no, tried, changed, result, result_sha256, run_by, run_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT ON CONSTRAINT rule_trial_pkey DO NOTHING";
    let (result, result_sha256) = (json(trial)?, trial.digest());
    let values: [&(dyn ToSql + Sync); 10] = [
        &insurer.as_str(),
        &proposal.version.version,
        &proposal.content_sha256.as_slice(),
        &trial_no,
        &i64::from(trial.tried),
        &i64::from(trial.changed),
        &result,
        &result_sha256.as_slice(),
        &run_by,
        &now,
    ];
    Ok(tx.execute(&tx.prepare_cached(SQL).await?, &values).await? == 1)
}

/// The last trial of a proposal.
pub async fn last_trial(
    tx: &Transaction<'_>,
    insurer: &PartyNo,
    version: i32,
    content_sha256: &[u8; 32],
) -> Result<Option<Trial>, Error> {
    const SQL: &str = "
        SELECT result
        FROM rule_trial
        WHERE insurer_no = $1 AND version = $2 AND content_sha256 = $3
        ORDER BY trial_no DESC
        LIMIT 1";
    let statement = tx.prepare_cached(SQL).await?;
    let row = tx.query_opt(&statement, &[&insurer.as_str(), &version, &content_sha256.as_slice()]).await?;
    let read = |row: Row| serde_json::from_value(row.get("result")).map_err(|_| corrupt("rule_trial.result"));
    row.map(read).transpose()
}

/// Makes a proposal live, resting on its last trial.
pub async fn insert_version(
    tx: &Transaction<'_>,
    insurer: &PartyNo,
    proposal: &Proposal,
    trial_no: i32,
    checked_by: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    const SQL: &str = "
        INSERT INTO rule_version (insurer_no, version, content_sha256, trial_no, made_by, checked_by, recorded_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT ON CONSTRAINT rule_version_pkey DO NOTHING";
    let values: [&(dyn ToSql + Sync); 7] = [
        &insurer.as_str(),
        &proposal.version.version,
        &proposal.content_sha256.as_slice(),
        &trial_no,
        &proposal.made_by,
        &checked_by,
        &now,
    ];
    Ok(tx.execute(&tx.prepare_cached(SQL).await?, &values).await? == 1)
}

/// Every live version of these insurers' rules, by version.
pub async fn versions(tx: &Transaction<'_>, insurers: &[&str]) -> Result<HashMap<PartyNo, Vec<RuleVersion>>, Error> {
    const SQL: &str = "
        SELECT v.insurer_no, p.version, p.effective_from, p.rules
        FROM rule_version v
        JOIN rule_proposal p USING (insurer_no, version, content_sha256)
        WHERE v.insurer_no = ANY ($1)
        ORDER BY v.insurer_no, v.version";
    let mut found: HashMap<PartyNo, Vec<RuleVersion>> = HashMap::new();
    for row in &tx.query(&tx.prepare_cached(SQL).await?, &[&insurers]).await? {
        found.entry(number(PartyNo::parse(row.get("insurer_no")))?).or_default().push(version_of(row)?);
    }
    Ok(found)
}

/// A live version and who made it so.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LiveVersion {
    /// The version.
    pub version: RuleVersion,
    /// Who proposed it.
    pub made_by: String,
    /// Who made it live.
    pub checked_by: String,
    /// When.
    pub recorded_at: Timestamp,
}

/// Every live version of an insurer's rules with its people, by version.
pub async fn live(tx: &Transaction<'_>, insurer: &PartyNo) -> Result<Vec<LiveVersion>, Error> {
    const SQL: &str = "
        SELECT p.version, p.effective_from, p.rules, v.made_by, v.checked_by, v.recorded_at
        FROM rule_version v
        JOIN rule_proposal p USING (insurer_no, version, content_sha256)
        WHERE v.insurer_no = $1
        ORDER BY v.version";
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[&insurer.as_str()]).await?;
    let known = |row: &Row| {
        Ok(LiveVersion {
            version: version_of(row)?,
            made_by: row.get("made_by"),
            checked_by: row.get("checked_by"),
            recorded_at: row.get("recorded_at"),
        })
    };
    rows.iter().map(known).collect()
}

/// Where reading past decisions goes on: behind this claim and event.
pub type PastCursor = (String, i32);

/// Decisions that rules made of an insurer's claims, behind a place, in the order of claims and events.
pub async fn past_decisions(
    tx: &Transaction<'_>,
    insurer: &PartyNo,
    (claim_no, event_no): &PastCursor,
    most: i64,
) -> Result<(Vec<PastDecision>, PastCursor), Error> {
    const SQL: &str = "
        SELECT claim_no, event_no, outcome, rules_fired, advance_minor, facts
        FROM decision
        WHERE insurer_no = $1 AND ruling IS NULL AND (claim_no, event_no) > ($2, $3)
        ORDER BY claim_no, event_no
        LIMIT $4";
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[&insurer.as_str(), claim_no, event_no, &most]).await?;
    let past = |row: &Row| {
        Ok(PastDecision {
            claim_no: number(ClaimNo::parse(row.get("claim_no")))?,
            facts: serde_json::from_value(row.get("facts")).map_err(|_| corrupt("decision.facts"))?,
            said: Said {
                outcome: row.get("outcome"),
                rules: row.get("rules_fired"),
                advance_minor: row.get("advance_minor"),
            },
        })
    };
    let place = |row: &Row| (row.get("claim_no"), row.get("event_no"));
    let cursor = rows.last().map_or_else(|| (claim_no.clone(), *event_no), place);
    Ok((rows.iter().map(past).collect::<Result<_, Error>>()?, cursor))
}

fn version_of(row: &Row) -> Result<RuleVersion, Error> {
    let rules = serde_json::from_value(row.get("rules")).map_err(|_| corrupt("rule_proposal.rules"))?;
    Ok(RuleVersion { version: row.get("version"), effective_from: row.get("effective_from"), rules })
}

fn digest(bytes: &[u8]) -> Result<[u8; 32], Error> {
    bytes.try_into().map_err(|_| corrupt("rule_proposal.content_sha256"))
}
