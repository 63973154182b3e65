//! Disputes and their steps.

use std::collections::HashMap;

use deadpool_postgres::Transaction;
use dianfu_ledger::money::Currency;
use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::claim::ClaimNo;
use crate::error::Error;
use crate::insurer::dispute::{Dispute, DisputeNo, DisputeState, DisputeStep, NewDispute};
use crate::sql::{corrupt, currency, number};

use super::digest;

/// The insurer and the currency of a claim.
pub async fn claim(tx: &Transaction<'_>, claim_no: &ClaimNo) -> Result<Option<(PartyNo, Currency)>, Error> {
    const SQL: &str = "
        SELECT insurer_no, currency
        FROM claim
        WHERE claim_no = $1";
    let row = tx.query_opt(&tx.prepare_cached(SQL).await?, &[&claim_no.as_str()]).await?;
    row.map(|row| Ok((number(PartyNo::parse(row.get("insurer_no")))?, currency(&row)?))).transpose()
}

/// A dispute as it stands.
pub async fn dispute(tx: &Transaction<'_>, dispute_no: &DisputeNo) -> Result<Option<Dispute>, Error> {
    const SQL: &str = "
        SELECT *
        FROM dispute
        WHERE dispute_no = $1";
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[&dispute_no.as_str()]).await?;
    Ok(with_steps(tx, &rows).await?.pop())
}

/// The disputes of a claim, in the order of their numbers.
pub async fn of_claim(tx: &Transaction<'_>, claim_no: &ClaimNo) -> Result<Vec<Dispute>, Error> {
    const SQL: &str = "
        SELECT *
        FROM dispute
        WHERE claim_no = $1
        ORDER BY dispute_no";
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[&claim_no.as_str()]).await?;
    with_steps(tx, &rows).await
}

/// Disputes with an insurer that are not over, by the day on which it has to answer; at most `limit`.
pub async fn running(tx: &Transaction<'_>, insurer: &PartyNo, limit: i64) -> Result<Vec<Dispute>, Error> {
    const SQL: &str = "
        SELECT d.*
        FROM dispute d
        WHERE insurer_no = $1
          AND NOT EXISTS (SELECT FROM dispute_step s WHERE s.dispute_no = d.dispute_no AND s.won_minor IS NOT NULL)
        ORDER BY due_on, dispute_no
        LIMIT $2";
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[&insurer.as_str(), &limit]).await?;
    with_steps(tx, &rows).await
}

async fn with_steps(tx: &Transaction<'_>, rows: &[Row]) -> Result<Vec<Dispute>, Error> {
    const SQL: &str = "
        SELECT *
        FROM dispute_step
        WHERE dispute_no = ANY ($1)
        ORDER BY dispute_no, step_no";
    let numbers: Vec<&str> = rows.iter().map(|row| row.get("dispute_no")).collect();
    let mut steps: HashMap<String, Vec<DisputeStep>> = HashMap::new();
    for row in &tx.query(&tx.prepare_cached(SQL).await?, &[&numbers]).await? {
        steps.entry(row.get("dispute_no")).or_default().push(step(row)?);
    }
    let whole = |row: &Row| opened(row, steps.remove(row.get::<_, &str>("dispute_no")).unwrap_or_default());
    rows.iter().map(whole).collect()
}

fn opened(row: &Row, steps: Vec<DisputeStep>) -> Result<Dispute, Error> {
    let opened = NewDispute {
        dispute_no: number(DisputeNo::parse(row.get("dispute_no")))?,
        insurer: number(PartyNo::parse(row.get("insurer_no")))?,
        claim_no: number(ClaimNo::parse(row.get("claim_no")))?,
        cause: row.get("cause"),
        amount_minor: row.get("amount_minor"),
        due_on: row.get("due_on"),
        reason: row.get("reason"),
        evidence_sha256: digest(row, "evidence_sha256")?,
    };
    let (opened_by, opened_at) = (row.get("opened_by"), row.get("opened_at"));
    Ok(Dispute { opened, currency: currency(row)?, opened_by, opened_at, steps })
}

fn step(row: &Row) -> Result<DisputeStep, Error> {
    let is_shown = row.get::<_, Option<&[u8]>>("evidence_sha256").is_some();
    Ok(DisputeStep {
        step_no: row.get("step_no"),
        to: DisputeState::from_word(row.get("to_state")).ok_or_else(|| corrupt("dispute_step.to_state"))?,
        won_minor: row.get("won_minor"),
        reason: row.get("reason"),
        evidence_sha256: is_shown.then(|| digest(row, "evidence_sha256")).transpose()?,
        proposal_no: row.get("proposal_no"),
        actor: row.get("actor"),
        recorded_at: row.get("recorded_at"),
    })
}

/// Adds a dispute.
pub async fn insert(
    tx: &Transaction<'_>,
    dispute: &NewDispute,
    currency: Currency,
    actor: &str,
    now: Timestamp,
) -> Result<(), Error> {
    const SQL: &str = "
        INSERT INTO dispute
            (dispute_no, insurer_no, claim_no, cause, currency, amount_minor, due_on, reason, evidence_sha256,
             opened_by, opened_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    let NewDispute { dispute_no, insurer, claim_no, cause, amount_minor, due_on, reason, evidence_sha256 } = dispute;
    let values: [&(dyn ToSql + Sync); 11] = [
        &dispute_no.as_str(),
        &insurer.as_str(),
        &claim_no.as_str(),
        cause,
        &currency.code(),
        amount_minor,
        due_on,
        reason,
        &evidence_sha256.as_slice(),
        &actor,
        &now,
    ];
    tx.execute(&tx.prepare_cached(SQL).await?, &values).await?;
    Ok(())
}

/// Adds the next step of a dispute.
pub async fn insert_step(tx: &Transaction<'_>, dispute: &Dispute, step: &DisputeStep) -> Result<(), Error> {
    const SQL: &str = "
        INSERT INTO dispute_step
            (dispute_no, step_no, insurer_no, from_state, to_state, won_minor, reason, evidence_sha256, proposal_no,
             actor, recorded_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)";
    let NewDispute { dispute_no, insurer, .. } = &dispute.opened;
    let DisputeStep { step_no, to, won_minor, reason, evidence_sha256, proposal_no, actor, recorded_at } = step;
    let evidence = evidence_sha256.as_ref().map(<[u8; 32]>::as_slice);
    let values: [&(dyn ToSql + Sync); 11] = [
        &dispute_no.as_str(),
        step_no,
        &insurer.as_str(),
        &dispute.state().word(),
        &to.word(),
        won_minor,
        reason,
        &evidence,
        proposal_no,
        actor,
        recorded_at,
    ];
    tx.execute(&tx.prepare_cached(SQL).await?, &values).await?;
    Ok(())
}
