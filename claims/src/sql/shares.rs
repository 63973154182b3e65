//! How the lines of claims were shared, run by run.

use std::collections::HashMap;

use deadpool_postgres::Transaction;
use jiff::civil::Date;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::benefit::{Charged, ClaimToShare, LineShare, LineToShare, MayChange, Rerun};
use crate::claim::{ClaimNo, DiagnosisCode, DrugCode, NewClaim};
use crate::error::Error;

use super::number;
use super::parties::PolicyKey;

/// A line of a claim in one run.
#[derive(Debug)]
pub struct ShareRow<'a> {
    /// The claim as it was taken in.
    pub intake: &'a NewClaim,
    /// The run: 1 for the quote.
    pub run_no: i32,
    /// Packs on the line.
    pub quantity: i32,
    /// How it is shared.
    pub share: &'a LineShare,
}

/// Writes how lines are shared.
pub async fn insert_shares(tx: &Transaction<'_>, rows: &[ShareRow<'_>]) -> Result<(), Error> {
    const SQL: &str = "
        INSERT INTO claim_share
            (claim_no, run_no, line_no, insurer_no, policy_no, patient_no, prescribed_on, drug_code, quantity,
             gross_minor, share_minor, advance_minor, deductible_minor, counted_minor)
        SELECT *
        FROM unnest(
            $1::text[], $2::integer[], $3::integer[], $4::text[], $5::text[], $6::text[], $7::date[], $8::text[],
            $9::integer[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::bigint[])";
    if rows.is_empty() {
        return Ok(());
    }
    let texts = |of: fn(&NewClaim) -> &str| -> Vec<&str> { rows.iter().map(|row| of(row.intake)).collect() };
    let amounts = |of: fn(&LineShare) -> i64| -> Vec<i64> { rows.iter().map(|row| of(row.share)).collect() };
    let numbers = |of: fn(&ShareRow<'_>) -> i32| -> Vec<i32> { rows.iter().map(of).collect() };
    let days: Vec<Date> = rows.iter().map(|row| row.intake.prescription.prescribed_on).collect();
    let drugs: Vec<&str> = rows.iter().map(|row| row.share.drug_code.as_str()).collect();
    let values: [&(dyn ToSql + Sync); 14] = [
        &texts(|intake| intake.claim_no.as_str()),
        &numbers(|row| row.run_no),
        &numbers(|row| row.share.line_no),
        &texts(|intake| intake.insurer.as_str()),
        &texts(|intake| intake.policy_no.as_str()),
        &texts(|intake| intake.patient.as_str()),
        &days,
        &drugs,
        &numbers(|row| row.quantity),
        &amounts(|share| share.gross_minor),
        &amounts(|share| share.share_minor),
        &amounts(|share| share.advance_minor),
        &amounts(|share| share.deductible_minor),
        &amounts(|share| share.counted_minor),
    ];
    tx.execute(&tx.prepare_cached(SQL).await?, &values).await?;
    Ok(())
}

/// The claims of a policy that count, and how each was shared by its last run; none of them may change yet.
pub async fn charged(tx: &Transaction<'_>, (insurer, policy_no): &PolicyKey) -> Result<Vec<Charged>, Error> {
    let statement = tx.prepare_cached(include_str!("charged.sql")).await?;
    let mut claims: Vec<Charged> = Vec::new();
    for row in &tx.query(&statement, &[&insurer.as_str(), &policy_no.as_str()]).await? {
        let claim_no = number(ClaimNo::parse(row.get("claim_no")))?;
        if claims.last().is_none_or(|last| last.claim.claim_no != claim_no) {
            let (claim, may_change) = (claim_of(row, claim_no)?, MayChange::No);
            claims.push(Charged { claim, share_minor: 0, lines: Vec::new(), may_change });
        }
        let Some(last) = claims.last_mut() else { continue };
        let line = line_of(row)?;
        let LineShare { line_no, drug_code, gross_minor, .. } = line.clone();
        last.share_minor += line.share_minor;
        last.claim.lines.push(LineToShare { line_no, drug_code, gross_minor });
        last.lines.push(line);
    }
    Ok(claims)
}

/// The last count of recalculations of each of these claims that has had one.
pub async fn last_counts(tx: &Transaction<'_>, claims: &[&str]) -> Result<HashMap<ClaimNo, i32>, Error> {
    const SQL: &str = "
        SELECT claim_no, max((content ->> 'number')::integer) AS number
        FROM claim_event
        WHERE claim_no = ANY ($1) AND event = 'share_recalculated'
        GROUP BY claim_no";
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[&claims]).await?;
    rows.iter().map(|row| Ok((number(ClaimNo::parse(row.get("claim_no")))?, row.get("number")))).collect()
}

fn line_of(row: &Row) -> Result<LineShare, Error> {
    Ok(LineShare {
        line_no: row.get("line_no"),
        drug_code: number(DrugCode::parse(row.get("drug_code")))?,
        gross_minor: row.get("gross_minor"),
        share_minor: row.get("share_minor"),
        advance_minor: row.get("advance_minor"),
        deductible_minor: row.get("deductible_minor"),
        counted_minor: row.get("counted_minor"),
    })
}

fn claim_of(row: &Row, claim_no: ClaimNo) -> Result<ClaimToShare, Error> {
    let diagnosis = Some(number(DiagnosisCode::parse(row.get("diagnosis")))?);
    Ok(ClaimToShare { claim_no, prescribed_on: row.get("prescribed_on"), diagnosis, lines: Vec::new() })
}

/// Adds the next run of claims: everything as in the last one, except how the lines are shared.
pub async fn insert_runs(tx: &Transaction<'_>, reruns: &[&Rerun]) -> Result<(), Error> {
    const SQL: &str = "
        INSERT INTO claim_share
            (claim_no, run_no, line_no, insurer_no, policy_no, patient_no, prescribed_on, drug_code, quantity,
             gross_minor, share_minor, advance_minor, deductible_minor, counted_minor)
        SELECT claim_no, s.run_no + 1, line_no, s.insurer_no, s.policy_no, s.patient_no, s.prescribed_on, s.drug_code,
               s.quantity, s.gross_minor, n.share_minor, n.advance_minor, n.deductible_minor, n.counted_minor
        FROM unnest($1::text[], $2::integer[], $3::bigint[], $4::bigint[], $5::bigint[], $6::bigint[])
            AS n (claim_no, line_no, share_minor, advance_minor, deductible_minor, counted_minor)
        JOIN claim_share s USING (claim_no, line_no)
        WHERE s.run_no = (SELECT max(last.run_no) FROM claim_share last WHERE last.claim_no = s.claim_no)";
    let rows: Vec<(&Rerun, &LineShare)> =
        reruns.iter().flat_map(|again| again.split.lines.iter().map(move |line| (*again, line))).collect();
    let claims: Vec<&str> = rows.iter().map(|(again, _)| again.claim_no.as_str()).collect();
    let lines: Vec<i32> = rows.iter().map(|(_, line)| line.line_no).collect();
    let amounts = |of: fn(&LineShare) -> i64| -> Vec<i64> { rows.iter().map(|(_, line)| of(line)).collect() };
    let values: [&(dyn ToSql + Sync); 6] = [
        &claims,
        &lines,
        &amounts(|line| line.share_minor),
        &amounts(|line| line.advance_minor),
        &amounts(|line| line.deductible_minor),
        &amounts(|line| line.counted_minor),
    ];
    tx.execute(&tx.prepare_cached(SQL).await?, &values).await?;
    Ok(())
}
