//! Proposals: what one person wants to do and another has to accept.

use deadpool_postgres::Transaction;
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::claim::ClaimNo;
use crate::error::Error;
use crate::proposal::{Proposal, ProposalDecision};

use super::{corrupt, json};

/// Adds a proposal; answers whether it is new.
pub async fn insert(tx: &Transaction<'_>, proposal: &Proposal) -> Result<bool, Error> {
    const SQL: &str = "
        INSERT INTO claim_proposal (proposal_id, claim_no, fact, command, made_by, made_at)
        VALUES ($1, $2, $3, $4, $5, $6)
        ON CONFLICT DO NOTHING";
    let Proposal { proposal_id, command, made_by, made_at, .. } = proposal;
    let (claim_no, fact) = (command.claim_no.as_str(), command.fact());
    let statement = tx.prepare_cached(SQL).await?;
    let inserted = tx.execute(&statement, &[proposal_id, &claim_no, &fact, &json(command)?, made_by, made_at]).await?;
    Ok(inserted == 1)
}

/// A proposal, locked until the end of the transaction, so that it is decided once.
pub async fn lock(tx: &Transaction<'_>, proposal_id: Uuid) -> Result<Option<Proposal>, Error> {
    const SQL: &str = "
        SELECT *
        FROM claim_proposal
        WHERE proposal_id = $1
        FOR UPDATE";
    tx.query_opt(&tx.prepare_cached(SQL).await?, &[&proposal_id]).await?.as_ref().map(proposal).transpose()
}

/// Decides a proposal.
pub async fn decide(tx: &Transaction<'_>, proposal_id: Uuid, decision: &ProposalDecision) -> Result<(), Error> {
    const SQL: &str = "
        UPDATE claim_proposal
        SET accepted = $2, decided_by = $3, decided_at = $4, decision_reason = $5
        WHERE proposal_id = $1";
    let ProposalDecision { accepted, decided_by, decided_at, reason } = decision;
    let statement = tx.prepare_cached(SQL).await?;
    tx.execute(&statement, &[&proposal_id, accepted, decided_by, decided_at, reason]).await?;
    Ok(())
}

/// Proposals that wait, oldest first, behind a moment and an id.
pub async fn waiting(
    tx: &Transaction<'_>,
    claim_no: Option<&ClaimNo>,
    (after, after_id): (Timestamp, Uuid),
    limit: i64,
) -> Result<Vec<Proposal>, Error> {
    const SQL: &str = "
        SELECT *
        FROM claim_proposal
        WHERE accepted IS NULL
          AND ($1::text IS NULL OR claim_no = $1)
          AND (made_at, proposal_id) > ($2, $3)
        ORDER BY made_at, proposal_id
        LIMIT $4";
    let claim_no = claim_no.map(ClaimNo::as_str);
    let statement = tx.prepare_cached(SQL).await?;
    tx.query(&statement, &[&claim_no, &after, &after_id, &limit]).await?.iter().map(proposal).collect()
}

fn proposal(row: &Row) -> Result<Proposal, Error> {
    let command = serde_json::from_value(row.get("command")).map_err(|_| corrupt("claim_proposal.command"))?;
    let accepted: Option<bool> = row.get("accepted");
    let decision = accepted.map(|accepted| ProposalDecision {
        accepted,
        decided_by: row.get("decided_by"),
        decided_at: row.get("decided_at"),
        reason: row.get("decision_reason"),
    });
    let (proposal_id, made_by, made_at) = (row.get("proposal_id"), row.get("made_by"), row.get("made_at"));
    Ok(Proposal { proposal_id, command, made_by, made_at, decision })
}
