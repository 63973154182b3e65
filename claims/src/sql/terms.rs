//! What policies promise beyond their own rows.

use std::collections::HashMap;

use deadpool_postgres::Transaction;
use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;

use crate::benefit::TermsVersion;
use crate::claim::PolicyNo;
use crate::error::Error;

use super::parties::PolicyKey;
use super::{corrupt, json, number};

/// Adds a version of a policy's terms. Answers whether it is new.
pub async fn insert(
    tx: &Transaction<'_>,
    (insurer, policy_no): &PolicyKey,
    version: i32,
    terms: &TermsVersion,
    (made_by, checked_by): (&str, &str),
    now: Timestamp,
) -> Result<bool, Error> {
    const SQL: &str = "
        INSERT INTO policy_terms
            (insurer_no, policy_no, version, effective_from, enrolled_on, terms, made_by, checked_by, recorded_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)
        ON CONFLICT ON CONSTRAINT policy_terms_pkey DO NOTHING";
    let TermsVersion { effective_from, enrolled_on, terms } = terms;
    let (statement, terms) = (tx.prepare_cached(SQL).await?, json(terms)?);
    let (insurer, policy_no) = (insurer.as_str(), policy_no.as_str());
    let inserted = tx
        .execute(
            &statement,
            &[&insurer, &policy_no, &version, effective_from, enrolled_on, &terms, &made_by, &checked_by, &now],
        )
        .await?;
    Ok(inserted == 1)
}

/// The terms of these policies, each policy's by version.
pub async fn of_policies(
    tx: &Transaction<'_>,
    keys: &[PolicyKey],
) -> Result<HashMap<PolicyKey, Vec<TermsVersion>>, Error> {
    const SQL: &str = "
        SELECT t.insurer_no, t.policy_no, t.effective_from, t.enrolled_on, t.terms
        FROM (
            SELECT DISTINCT insurer_no, policy_no
            FROM unnest($1::text[], $2::text[]) AS named (insurer_no, policy_no)
        ) wanted
        JOIN policy_terms t USING (insurer_no, policy_no)
        ORDER BY t.insurer_no, t.policy_no, t.version";
    let insurers: Vec<&str> = keys.iter().map(|(insurer, _)| insurer.as_str()).collect();
    let numbers: Vec<&str> = keys.iter().map(|(_, policy_no)| policy_no.as_str()).collect();
    let mut found: HashMap<PolicyKey, Vec<TermsVersion>> = HashMap::new();
    for row in &tx.query(&tx.prepare_cached(SQL).await?, &[&insurers, &numbers]).await? {
        let insurer = number(PartyNo::parse(row.get("insurer_no")))?;
        let policy_no = number(PolicyNo::parse(row.get("policy_no")))?;
        let terms = TermsVersion {
            effective_from: row.get("effective_from"),
            enrolled_on: row.get("enrolled_on"),
            terms: serde_json::from_value(row.get("terms")).map_err(|_| corrupt("policy_terms.terms"))?,
        };
        found.entry((insurer, policy_no)).or_default().push(terms);
    }
    Ok(found)
}
