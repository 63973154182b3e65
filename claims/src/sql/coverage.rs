//! Answers to coverage checks.

use std::collections::HashMap;

use deadpool_postgres::Transaction;
use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::claim::PolicyNo;
use crate::coverage::{CoverageAnswer, VerifyNo};
use crate::error::Error;

use super::insurers::digest;
use super::parties::PolicyKey;
use super::{currency, number};

/// Adds those of these answers that are not on record under their references.
pub async fn insert(
    tx: &Transaction<'_>,
    answers: &[&CoverageAnswer],
    actor: &str,
    now: Timestamp,
) -> Result<(), Error> {
    const SQL: &str = "
        INSERT INTO coverage_answer
            (insurer_no, verify_no, policy_no, patient_no, currency, in_force, guaranteed_minor, valid_until,
             answered_at, exchange_sha256, actor, recorded_at)
        SELECT answer.*, $11, $12
        FROM unnest(
            $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::boolean[], $7::bigint[], $8::date[],
            $9::timestamptz[], $10::bytea[]
        ) AS answer
        ON CONFLICT ON CONSTRAINT coverage_answer_pkey DO NOTHING";
    let texts = |of: fn(&CoverageAnswer) -> &str| -> Vec<&str> { answers.iter().map(|answer| of(answer)).collect() };
    let insurers = texts(|answer| answer.insurer.as_str());
    let verify_nos = texts(|answer| answer.verify_no.as_str());
    let policy_nos = texts(|answer| answer.policy_no.as_str());
    let patients = texts(|answer| answer.patient.as_str());
    let currencies = texts(|answer| answer.currency.code());
    let in_force: Vec<bool> = answers.iter().map(|answer| answer.in_force).collect();
    let guaranteed: Vec<i64> = answers.iter().map(|answer| answer.guaranteed_minor).collect();
    let valid_until: Vec<Date> = answers.iter().map(|answer| answer.valid_until).collect();
    let answered_at: Vec<Timestamp> = answers.iter().map(|answer| answer.answered_at).collect();
    let exchanges: Vec<&[u8]> = answers.iter().map(|answer| answer.exchange_sha256.as_slice()).collect();
    let values: [&(dyn ToSql + Sync); 12] = [
        &insurers,
        &verify_nos,
        &policy_nos,
        &patients,
        &currencies,
        &in_force,
        &guaranteed,
        &valid_until,
        &answered_at,
        &exchanges,
        &actor,
        &now,
    ];
    tx.execute(&tx.prepare_cached(SQL).await?, &values).await?;
    Ok(())
}

/// What is on record under the references of these answers.
pub async fn recorded(
    tx: &Transaction<'_>,
    answers: &[&CoverageAnswer],
) -> Result<HashMap<(PartyNo, VerifyNo), CoverageAnswer>, Error> {
    const SQL: &str = "
        SELECT c.*
        FROM (
            SELECT DISTINCT insurer_no, verify_no
            FROM unnest($1::text[], $2::text[]) AS named (insurer_no, verify_no)
        ) wanted
        JOIN coverage_answer c USING (insurer_no, verify_no)";
    let insurers: Vec<&str> = answers.iter().map(|answer| answer.insurer.as_str()).collect();
    let numbers: Vec<&str> = answers.iter().map(|answer| answer.verify_no.as_str()).collect();
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[&insurers, &numbers]).await?;
    let keyed = |row: &Row| answer(row).map(|known| ((known.insurer.clone(), known.verify_no.clone()), known));
    rows.iter().map(keyed).collect()
}

/// The newest answer for each of these policies.
pub async fn newest(tx: &Transaction<'_>, policies: &[PolicyKey]) -> Result<HashMap<PolicyKey, CoverageAnswer>, Error> {
    const SQL: &str = "
        SELECT newest.*
        FROM (
            SELECT DISTINCT insurer_no, policy_no
            FROM unnest($1::text[], $2::text[]) AS named (insurer_no, policy_no)
        ) wanted
        CROSS JOIN LATERAL (
            SELECT *
            FROM coverage_answer
            WHERE insurer_no = wanted.insurer_no AND policy_no = wanted.policy_no
            ORDER BY answered_at DESC, recorded_at DESC, verify_no DESC
            LIMIT 1
        ) newest";
    let insurers: Vec<&str> = policies.iter().map(|(insurer, _)| insurer.as_str()).collect();
    let numbers: Vec<&str> = policies.iter().map(|(_, policy_no)| policy_no.as_str()).collect();
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[&insurers, &numbers]).await?;
    let keyed = |row: &Row| answer(row).map(|known| ((known.insurer.clone(), known.policy_no.clone()), known));
    rows.iter().map(keyed).collect()
}

fn answer(row: &Row) -> Result<CoverageAnswer, Error> {
    Ok(CoverageAnswer {
        insurer: number(PartyNo::parse(row.get("insurer_no")))?,
        verify_no: number(VerifyNo::parse(row.get("verify_no")))?,
        policy_no: number(PolicyNo::parse(row.get("policy_no")))?,
        patient: number(PartyNo::parse(row.get("patient_no")))?,
        currency: currency(row)?,
        in_force: row.get("in_force"),
        guaranteed_minor: row.get("guaranteed_minor"),
        valid_until: row.get("valid_until"),
        answered_at: row.get("answered_at"),
        exchange_sha256: digest(row, "exchange_sha256")?,
    })
}
