//! What a review needs to know of earlier claims, and what it decided.

use std::collections::HashMap;

use deadpool_postgres::Transaction;
use dianfu_settlement::number::PartyNo;
use jiff::civil::Date;
use serde_json::Value;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::benefit::UsedByYear;
use crate::claim::{DrugCode, NewClaim, PolicyNo};
use crate::error::Error;
use crate::prereview::Decision;
use crate::prereview::explain::Finding;
use crate::prereview::facts::EarlierPacks;
use crate::rule_quality::RuleQuality;

use super::parties::PolicyKey;
use super::{json, number};

/// A year of a policy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PolicyYear {
    /// The policy.
    pub policy: PolicyKey,
    /// Its first day.
    pub from: Date,
    /// The first day of the next.
    pub before: Date,
}

/// What is used up of these years by claims that were dispensed or may yet be: by the last run of each.
pub async fn used(tx: &Transaction<'_>, years: &[PolicyYear]) -> Result<HashMap<PolicyKey, UsedByYear>, Error> {
    let insurers: Vec<&str> = years.iter().map(|year| year.policy.0.as_str()).collect();
    let numbers: Vec<&str> = years.iter().map(|year| year.policy.1.as_str()).collect();
    let from: Vec<Date> = years.iter().map(|year| year.from).collect();
    let before: Vec<Date> = years.iter().map(|year| year.before).collect();
    let statement = tx.prepare_cached(include_str!("used.sql")).await?;
    let mut found: HashMap<PolicyKey, UsedByYear> = HashMap::new();
    for row in &tx.query(&statement, &[&insurers, &numbers, &from, &before]).await? {
        let insurer = number(PartyNo::parse(row.get("insurer_no")))?;
        let policy_no = number(PolicyNo::parse(row.get("policy_no")))?;
        let drug = number(DrugCode::parse(row.get("drug_code")))?;
        let used = found.entry((insurer, policy_no)).or_default().entry(row.get("year_from")).or_default();
        used.deductible_minor += row.get::<_, i64>("deductible_minor");
        used.behind_deductible_minor += row.get::<_, i64>("behind_deductible_minor");
        used.counted_minor += row.get::<_, i64>("counted_minor");
        used.advance_minor += row.get::<_, i64>("advance_minor");
        used.advance_of_drug_minor.insert(drug, row.get("advance_minor"));
    }
    Ok(found)
}

/// Packs that these patients got, may yet get, or were given for nothing, the earliest first.
pub async fn packs(tx: &Transaction<'_>, patients: &[&str]) -> Result<HashMap<PartyNo, Vec<EarlierPacks>>, Error> {
    let statement = tx.prepare_cached(include_str!("packs.sql")).await?;
    let mut found: HashMap<PartyNo, Vec<EarlierPacks>> = HashMap::new();
    for row in &tx.query(&statement, &[&patients]).await? {
        let patient = number(PartyNo::parse(row.get("patient_no")))?;
        let packs = EarlierPacks {
            drug_code: number(DrugCode::parse(row.get("drug_code")))?,
            on: row.get("happened_on"),
            prescribed_on: row.get("prescribed_on"),
            quantity: row.get("quantity"),
            free: row.get("free"),
        };
        found.entry(patient).or_default().push(packs);
    }
    Ok(found)
}

/// A decision and the event that brought it.
#[derive(Debug)]
pub struct DecisionRow<'a> {
    /// The claim as it was taken in.
    pub intake: &'a NewClaim,
    /// The event.
    pub event_no: i32,
    /// The decision.
    pub decision: &'a Decision,
}

/// Writes decisions with their explanations. The codes of rules have no blanks, so that a list of them is one text.
pub async fn insert_decisions(tx: &Transaction<'_>, rows: &[DecisionRow<'_>]) -> Result<(), Error> {
    const SQL: &str = "
        INSERT INTO decision
            (claim_no, event_no, insurer_no, rules_version, outcome, rules_fired, advance_minor, ruling, facts,
             findings, english, chinese)
        SELECT claim_no, event_no, insurer_no, rules_version, outcome, string_to_array(fired, ' '), advance_minor,
               ruling, facts, findings, english, chinese
        FROM unnest(
            $1::text[], $2::integer[], $3::text[], $4::integer[], $5::text[], $6::text[], $7::bigint[], $8::jsonb[],
            $9::jsonb[], $10::jsonb[], $11::text[], $12::text[]
        ) AS made (claim_no, event_no, insurer_no, rules_version, outcome, fired, advance_minor, ruling, facts,
                   findings, english, chinese)";
    if rows.is_empty() {
        return Ok(());
    }
    let decisions = || rows.iter().map(|row| row.decision);
    let lines = |text: fn(&Finding) -> &str| -> Vec<String> {
        decisions().map(|made| made.findings.iter().map(text).collect::<Vec<&str>>().join("\n")).collect()
    };
    let claims: Vec<&str> = rows.iter().map(|row| row.intake.claim_no.as_str()).collect();
    let events: Vec<i32> = rows.iter().map(|row| row.event_no).collect();
    let insurers: Vec<&str> = rows.iter().map(|row| row.intake.insurer.as_str()).collect();
    let versions: Vec<i32> = decisions().map(|made| made.verdict.rules_version()).collect();
    let outcomes: Vec<&str> = decisions().map(|made| made.verdict.outcome().word()).collect();
    let fired: Vec<String> = decisions().map(|made| made.verdict.rules_fired().join(" ")).collect();
    let advances: Vec<i64> = decisions().map(Decision::advance_minor).collect();
    let ruling = |made: &Decision| made.ruling.as_ref().map(json).transpose();
    let rulings: Vec<Option<Value>> = decisions().map(ruling).collect::<Result<_, _>>()?;
    let facts: Vec<Value> = decisions().map(|made| json(&made.facts)).collect::<Result<_, _>>()?;
    let findings: Vec<Value> = decisions().map(|made| json(&made.findings)).collect::<Result<_, _>>()?;
    let (english, chinese) = (lines(|found| &found.english), lines(|found| &found.chinese));
    let values: [&(dyn ToSql + Sync); 12] = [
        &claims, &events, &insurers, &versions, &outcomes, &fired, &advances, &rulings, &facts, &findings, &english,
        &chinese,
    ];
    tx.execute(&tx.prepare_cached(SQL).await?, &values).await?;
    Ok(())
}

/// What each version of an insurer's rules decided and what came of it, by version.
pub async fn quality(tx: &Transaction<'_>, insurer: &PartyNo) -> Result<Vec<RuleQuality>, Error> {
    let statement = tx.prepare_cached(include_str!("rule_quality.sql")).await?;
    let quality = |row: &Row| RuleQuality {
        version: row.get("rules_version"),
        approved: row.get("approved"),
        rejected: row.get("rejected"),
        referred: row.get("referred"),
        ruled: row.get("ruled"),
        borne_claims: row.get("borne_claims"),
        borne_minor: row.get("borne_minor"),
    };
    Ok(tx.query(&statement, &[&insurer.as_str()]).await?.iter().map(quality).collect())
}
