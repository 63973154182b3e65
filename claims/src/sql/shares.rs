//! How the lines of claims were shared, run by run.

use deadpool_postgres::Transaction;
use jiff::civil::Date;
use tokio_postgres::types::ToSql;

use crate::benefit::LineShare;
use crate::claim::NewClaim;
use crate::error::Error;

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
