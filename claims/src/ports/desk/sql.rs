//! The statements of the desk.

use std::collections::HashMap;

use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::Json;

use super::discrepancy::{Discrepancy, Found, Kind};
use super::news::Decision;
use crate::claim::ClaimNo;
use crate::error::Error;

type Client = deadpool_postgres::Client;

/// Takes errands that are due, that nobody holds, and whose insurer can be reached, by claim; answers their claims and
/// how often each has failed. Two at once: who comes second waits for the first and then finds the errand held. All
/// take them in the same order.
pub async fn take(
    client: &Client,
    (now, held_until): (Timestamp, Timestamp),
    limit: i64,
) -> Result<HashMap<ClaimNo, i32>, Error> {
    const SQL: &str = "
        INSERT INTO insurer_errand (claim_no, next_at, held_until)
        SELECT claim_no, $1, $2
        FROM claim
        LEFT JOIN insurer_errand USING (claim_no)
        WHERE state IN (
            'DISPENSED', 'INSURER_SUBMITTED', 'INSURER_PENDED', 'APPROVED', 'PARTIAL', 'REJECTED', 'PART_RECOVERED',
            'SHORTFALL_OPEN')
            AND (next_at IS NULL OR next_at <= $1 AND held_until <= $1)
            AND EXISTS (SELECT FROM insurer_endpoint WHERE insurer_endpoint.insurer_no = claim.insurer_no)
        ORDER BY claim_no
        LIMIT $3
        ON CONFLICT ON CONSTRAINT insurer_errand_pkey DO UPDATE
        SET held_until = $2
        WHERE insurer_errand.next_at <= $1 AND insurer_errand.held_until <= $1
        RETURNING claim_no, failures";
    let statement = client.prepare_cached(SQL).await?;
    let rows = client.query(&statement, &[&now, &held_until, &limit]).await?;
    rows.iter().map(|row| Ok((claim_no(row)?, row.try_get("failures")?))).collect()
}

/// Gives errands back: when they are due again, and how often each has failed in a row.
pub async fn give_back(
    client: &Client,
    errands: &[(&ClaimNo, Timestamp, i32)],
    now: Timestamp,
) -> Result<(), tokio_postgres::Error> {
    const SQL: &str = "
        UPDATE insurer_errand
        SET next_at = given.next_at, held_until = $4, failures = given.failures
        FROM unnest($1::text[], $2::timestamptz[], $3::integer[]) AS given (claim_no, next_at, failures)
        WHERE insurer_errand.claim_no = given.claim_no";
    let claims: Vec<&str> = errands.iter().map(|(claim_no, ..)| claim_no.as_str()).collect();
    let times: Vec<Timestamp> = errands.iter().map(|(_, next_at, _)| *next_at).collect();
    let failures: Vec<i32> = errands.iter().map(|(.., failures)| *failures).collect();
    client.execute(&client.prepare_cached(SQL).await?, &[&claims, &times, &failures, &now]).await?;
    Ok(())
}

/// The digest of the proof with which each of these claims was dispensed.
pub async fn proofs(client: &Client, claims: &[&str]) -> Result<HashMap<ClaimNo, [u8; 32]>, Error> {
    const SQL: &str = "
        SELECT claim_no, evidence_sha256
        FROM claim_event
        WHERE claim_no = ANY ($1) AND event = 'dispensed'";
    let rows = client.query(&client.prepare_cached(SQL).await?, &[&claims]).await?;
    let proof = |row: &Row| {
        let digest: &[u8] = row.try_get("evidence_sha256")?;
        let digest = digest.try_into().map_err(|_| Error::Corrupt("evidence_sha256".to_owned()))?;
        Ok((claim_no(row)?, digest))
    };
    rows.iter().map(proof).collect()
}

/// Records decisions as they are heard; a number that was heard before keeps its first content.
pub async fn hear(
    client: &Client,
    heard: &[(&ClaimNo, &Decision, i64)],
    now: Timestamp,
) -> Result<(), tokio_postgres::Error> {
    const SQL: &str = "
        INSERT INTO insurer_heard (claim_no, decision_no, decision, exchange_no, heard_at)
        SELECT claim_no, decision_no, decision, exchange_no, $5
        FROM unnest($1::text[], $2::integer[], $3::json[], $4::bigint[])
            AS given (claim_no, decision_no, decision, exchange_no)
        ORDER BY claim_no, decision_no
        ON CONFLICT ON CONSTRAINT insurer_heard_pkey DO NOTHING";
    let claims: Vec<&str> = heard.iter().map(|(claim_no, ..)| claim_no.as_str()).collect();
    let numbers: Vec<i32> = heard.iter().map(|(_, decision, _)| decision.decision_no).collect();
    let decisions: Vec<Json<&Decision>> = heard.iter().map(|(_, decision, _)| Json(*decision)).collect();
    let exchanges: Vec<i64> = heard.iter().map(|(.., exchange_no)| *exchange_no).collect();
    client.execute(&client.prepare_cached(SQL).await?, &[&claims, &numbers, &decisions, &exchanges, &now]).await?;
    Ok(())
}

/// A decision on record, the call that brought it, and whether the claim was told.
pub struct Heard {
    pub decision: Decision,
    pub exchange_no: i64,
    pub is_told: bool,
}

/// Every decision on these claims, in the order of their numbers.
pub async fn heard(client: &Client, claims: &[&str]) -> Result<HashMap<ClaimNo, Vec<Heard>>, Error> {
    const SQL: &str = "
        SELECT claim_no, decision, exchange_no, EXISTS (
            SELECT FROM claim_event
            WHERE claim_event.claim_no = insurer_heard.claim_no
              AND fact = 'insurer_decided/' || insurer_heard.decision_no) AS is_told
        FROM insurer_heard
        WHERE claim_no = ANY ($1)
        ORDER BY claim_no, decision_no";
    let rows = client.query(&client.prepare_cached(SQL).await?, &[&claims]).await?;
    let mut heard: HashMap<ClaimNo, Vec<Heard>> = HashMap::new();
    for row in &rows {
        let Json(decision): Json<Decision> = row.try_get("decision")?;
        let is_told = row.try_get("is_told")?;
        let exchange_no = row.try_get("exchange_no")?;
        heard.entry(claim_no(row)?).or_default().push(Heard { decision, exchange_no, is_told });
    }
    Ok(heard)
}

/// Records discrepancies; one that is on record stays as it was found first.
pub async fn insert_discrepancies(
    client: &Client,
    found: &[Found],
    now: Timestamp,
) -> Result<(), tokio_postgres::Error> {
    const SQL: &str = "
        INSERT INTO insurer_discrepancy (claim_no, kind, content_sha256, expected, actual, exchange_no, found_at)
        SELECT claim_no, kind, content_sha256, expected, actual, exchange_no, $7
        FROM unnest($1::text[], $2::text[], $3::bytea[], $4::json[], $5::json[], $6::bigint[])
            AS given (claim_no, kind, content_sha256, expected, actual, exchange_no)
        ORDER BY claim_no, content_sha256
        ON CONFLICT ON CONSTRAINT insurer_discrepancy_content_key DO NOTHING";
    let claims: Vec<&str> = found.iter().map(|found| found.claim_no.as_str()).collect();
    let kinds: Vec<&str> = found.iter().map(|found| found.kind.word()).collect();
    let digests: Vec<Vec<u8>> = found.iter().map(|found| found.digest().to_vec()).collect();
    let expected: Vec<_> = found.iter().map(|found| Json(&found.expected)).collect();
    let actual: Vec<_> = found.iter().map(|found| Json(&found.actual)).collect();
    let exchanges: Vec<i64> = found.iter().map(|found| found.exchange_no).collect();
    let statement = client.prepare_cached(SQL).await?;
    client.execute(&statement, &[&claims, &kinds, &digests, &expected, &actual, &exchanges, &now]).await?;
    Ok(())
}

/// Discrepancies before a number, the youngest first, of one claim or of all.
pub async fn discrepancies(
    client: &Client,
    of: Option<&ClaimNo>,
    before: i64,
    limit: i64,
) -> Result<Vec<Discrepancy>, Error> {
    const SQL: &str = "
        SELECT discrepancy_no, claim_no, kind, expected, actual, exchange_no, found_at
        FROM insurer_discrepancy
        WHERE ($1::text IS NULL OR claim_no = $1) AND discrepancy_no < $2
        ORDER BY discrepancy_no DESC
        LIMIT $3";
    let statement = client.prepare_cached(SQL).await?;
    let rows = client.query(&statement, &[&of.map(ClaimNo::as_str), &before, &limit]).await?;
    let discrepancy = |row: &Row| {
        let (Json(expected), Json(actual)) = (row.try_get("expected")?, row.try_get("actual")?);
        let kind = Kind::from_word(row.try_get("kind")?).ok_or_else(|| Error::Corrupt("kind".to_owned()))?;
        Ok(Discrepancy {
            discrepancy_no: row.try_get("discrepancy_no")?,
            claim_no: claim_no(row)?,
            kind,
            expected,
            actual,
            exchange_no: row.try_get("exchange_no")?,
            found_at: row.try_get("found_at")?,
        })
    };
    rows.iter().map(discrepancy).collect()
}

fn claim_no(row: &Row) -> Result<ClaimNo, Error> {
    ClaimNo::parse(row.try_get("claim_no")?).map_err(|error| Error::Corrupt(error.to_string()))
}
