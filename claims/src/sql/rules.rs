//! The rules, what a review needs to know of earlier claims, and what it decided.

use std::collections::HashMap;

use deadpool_postgres::Transaction;
use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::claim::{ClaimNo, DrugCode, PolicyNo};
use crate::error::Error;
use crate::prereview::explain::Finding;
use crate::prereview::rules::EarlierPacks;
use crate::prereview::{Decision, RuleVersion};
use crate::review::Used;

use super::parties::PolicyKey;
use super::{corrupt, json, number};

/// Adds a version of an insurer's rules. Answers whether it is new.
pub async fn insert_version(
    tx: &Transaction<'_>,
    insurer: &PartyNo,
    version: &RuleVersion,
    (made_by, checked_by): (&str, &str),
    now: Timestamp,
) -> Result<bool, Error> {
    const SQL: &str = "
        INSERT INTO rule_version (insurer_no, version, effective_from, rules, made_by, checked_by, recorded_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT ON CONSTRAINT rule_version_pkey DO NOTHING";
    let rules = json(&version.rules)?;
    let statement = tx.prepare_cached(SQL).await?;
    let RuleVersion { version, effective_from, .. } = version;
    let values: [&(dyn ToSql + Sync); 7] =
        [&insurer.as_str(), version, effective_from, &rules, &made_by, &checked_by, &now];
    Ok(tx.execute(&statement, &values).await? == 1)
}

/// Every version of these insurers' rules, by version.
pub async fn versions(tx: &Transaction<'_>, insurers: &[&str]) -> Result<HashMap<PartyNo, Vec<RuleVersion>>, Error> {
    const SQL: &str = "
        SELECT insurer_no, version, effective_from, rules
        FROM rule_version
        WHERE insurer_no = ANY ($1)
        ORDER BY insurer_no, version";
    let mut found: HashMap<PartyNo, Vec<RuleVersion>> = HashMap::new();
    for row in &tx.query(&tx.prepare_cached(SQL).await?, &[&insurers]).await? {
        let insurer = number(PartyNo::parse(row.get("insurer_no")))?;
        let rules = serde_json::from_value(row.get("rules")).map_err(|_| corrupt("rule_version.rules"))?;
        let version = RuleVersion { version: row.get("version"), effective_from: row.get("effective_from"), rules };
        found.entry(insurer).or_default().push(version);
    }
    Ok(found)
}

/// What is used up of these policies by claims that were dispensed or may yet be.
pub async fn used(tx: &Transaction<'_>, keys: &[PolicyKey]) -> Result<HashMap<PolicyKey, Used>, Error> {
    const SQL: &str = "
        SELECT c.insurer_no, c.policy_no,
               COALESCE(sum(c.deductible_minor), 0)::bigint AS deductible_minor,
               COALESCE(sum(c.share_minor), 0)::bigint AS share_minor,
               COALESCE(sum(c.advance_minor), 0)::bigint AS advance_minor
        FROM (
            SELECT DISTINCT insurer_no, policy_no
            FROM unnest($1::text[], $2::text[]) AS named (insurer_no, policy_no)
        ) wanted
        JOIN claim c USING (insurer_no, policy_no)
        WHERE c.dispensed_on IS NOT NULL OR c.state IN ('PRE_APPROVED', 'SHARE_DUE', 'SHARE_PAID', 'READY')
        GROUP BY c.insurer_no, c.policy_no";
    let insurers: Vec<&str> = keys.iter().map(|(insurer, _)| insurer.as_str()).collect();
    let numbers: Vec<&str> = keys.iter().map(|(_, policy_no)| policy_no.as_str()).collect();
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[&insurers, &numbers]).await?;
    let sums = |row: &Row| {
        let insurer = number(PartyNo::parse(row.get("insurer_no")))?;
        let policy_no = number(PolicyNo::parse(row.get("policy_no")))?;
        let used = Used {
            deductible_minor: row.get("deductible_minor"),
            share_minor: row.get("share_minor"),
            advance_minor: row.get("advance_minor"),
        };
        Ok(((insurer, policy_no), used))
    };
    rows.iter().map(sums).collect()
}

/// A patient and a drug.
pub type PacksKey = (PartyNo, DrugCode);

/// Packs that these patients got of these drugs, or may yet get, since a day.
pub async fn packs(
    tx: &Transaction<'_>,
    keys: &[PacksKey],
    since: Date,
) -> Result<HashMap<PacksKey, Vec<EarlierPacks>>, Error> {
    const SQL: &str = "
        SELECT c.patient_no, l.drug_code, COALESCE(c.dispensed_on, c.reviewed_on) AS happened_on, l.quantity
        FROM (
            SELECT DISTINCT patient_no, drug_code
            FROM unnest($1::text[], $2::text[]) AS named (patient_no, drug_code)
        ) wanted
        JOIN claim c USING (patient_no)
        JOIN claim_line l USING (claim_no, drug_code)
        WHERE (c.dispensed_on IS NOT NULL OR c.state IN ('PRE_APPROVED', 'SHARE_DUE', 'SHARE_PAID', 'READY'))
          AND COALESCE(c.dispensed_on, c.reviewed_on) >= $3
        ORDER BY happened_on, c.claim_no, l.line_no";
    let patients: Vec<&str> = keys.iter().map(|(patient, _)| patient.as_str()).collect();
    let drugs: Vec<&str> = keys.iter().map(|(_, drug)| drug.as_str()).collect();
    let mut found: HashMap<PacksKey, Vec<EarlierPacks>> = HashMap::new();
    for row in &tx.query(&tx.prepare_cached(SQL).await?, &[&patients, &drugs, &since]).await? {
        let patient = number(PartyNo::parse(row.get("patient_no")))?;
        let drug = number(DrugCode::parse(row.get("drug_code")))?;
        let packs = EarlierPacks { on: row.get("happened_on"), quantity: row.get("quantity") };
        found.entry((patient, drug)).or_default().push(packs);
    }
    Ok(found)
}

/// A decision and the event that brought it.
#[derive(Debug)]
pub struct DecisionRow<'a> {
    /// The claim.
    pub claim_no: &'a ClaimNo,
    /// The event.
    pub event_no: i32,
    /// Whose rules decided.
    pub insurer: &'a PartyNo,
    /// The decision.
    pub decision: &'a Decision,
}

/// Writes decisions with their explanations. The codes of rules have no blanks, so that a list of them is one text.
pub async fn insert_decisions(tx: &Transaction<'_>, rows: &[DecisionRow<'_>]) -> Result<(), Error> {
    const SQL: &str = "
        INSERT INTO decision
            (claim_no, event_no, insurer_no, rules_version, approved, rules_fired, facts, findings, english, chinese)
        SELECT claim_no, event_no, insurer_no, rules_version, fired = '', string_to_array(fired, ' '), facts, findings,
               english, chinese
        FROM unnest(
            $1::text[], $2::integer[], $3::text[], $4::integer[], $5::text[], $6::jsonb[], $7::jsonb[], $8::text[],
            $9::text[]
        ) AS made (claim_no, event_no, insurer_no, rules_version, fired, facts, findings, english, chinese)";
    if rows.is_empty() {
        return Ok(());
    }
    let decisions = || rows.iter().map(|row| row.decision);
    let lines = |text: fn(&Finding) -> &str| -> Vec<String> {
        decisions().map(|made| made.findings.iter().map(text).collect::<Vec<&str>>().join("\n")).collect()
    };
    let claims: Vec<&str> = rows.iter().map(|row| row.claim_no.as_str()).collect();
    let events: Vec<i32> = rows.iter().map(|row| row.event_no).collect();
    let insurers: Vec<&str> = rows.iter().map(|row| row.insurer.as_str()).collect();
    let versions: Vec<i32> = decisions().map(|made| made.verdict.rules_version()).collect();
    let fired: Vec<String> = decisions().map(|made| made.verdict.rules_fired().join(" ")).collect();
    let facts: Vec<Value> = decisions().map(|made| json(&made.facts)).collect::<Result<_, _>>()?;
    let findings: Vec<Value> = decisions().map(|made| json(&made.findings)).collect::<Result<_, _>>()?;
    let (english, chinese) = (lines(|found| &found.english), lines(|found| &found.chinese));
    let values: [&(dyn ToSql + Sync); 9] =
        [&claims, &events, &insurers, &versions, &fired, &facts, &findings, &english, &chinese];
    tx.execute(&tx.prepare_cached(SQL).await?, &values).await?;
    Ok(())
}
