//! What one person proposes about an insurer and another approves.

use deadpool_postgres::Transaction;
use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::error::Error;
use crate::insurer::proposal::{Act, Proposal, ProposalEnd};
use crate::sql::corrupt;

/// All proposals about an insurer, in order.
pub async fn proposals(tx: &Transaction<'_>, insurer: &PartyNo) -> Result<Vec<Proposal>, Error> {
    const SQL: &str = "
        SELECT p.proposal_no, p.content, p.reason, p.proposed_by, p.proposed_at,
               e.approved, e.reason AS end_reason, e.ended_by, e.ended_at
        FROM insurer_proposal p
        LEFT JOIN insurer_proposal_end e USING (insurer_no, proposal_no)
        WHERE p.insurer_no = $1
        ORDER BY p.proposal_no";
    tx.query(&tx.prepare_cached(SQL).await?, &[&insurer.as_str()]).await?.iter().map(proposal).collect()
}

fn proposal(row: &Row) -> Result<Proposal, Error> {
    let act: Act = serde_json::from_value(row.get("content")).map_err(|_| corrupt("insurer_proposal.content"))?;
    let end = row.get::<_, Option<bool>>("approved").map(|approved| ProposalEnd {
        approved,
        reason: row.get("end_reason"),
        ended_by: row.get("ended_by"),
        ended_at: row.get("ended_at"),
    });
    Ok(Proposal {
        proposal_no: row.get("proposal_no"),
        act,
        reason: row.get("reason"),
        proposed_by: row.get("proposed_by"),
        proposed_at: row.get("proposed_at"),
        end,
    })
}

/// Adds a proposal.
pub async fn insert_proposal(
    tx: &Transaction<'_>,
    insurer: &PartyNo,
    proposal_no: i32,
    act: &Act,
    (reason, actor): (&str, &str),
    now: Timestamp,
) -> Result<(), Error> {
    const SQL: &str = "
        INSERT INTO insurer_proposal (insurer_no, proposal_no, act, content, reason, proposed_by, proposed_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let content = serde_json::to_value(act).map_err(|error| Error::Corrupt(error.to_string()))?;
    let (number, word) = (insurer.as_str(), act.word());
    let values: [&(dyn ToSql + Sync); 7] = [&number, &proposal_no, &word, &content, &reason, &actor, &now];
    tx.execute(&tx.prepare_cached(SQL).await?, &values).await?;
    Ok(())
}

/// Adds how a proposal ended.
pub async fn insert_end(
    tx: &Transaction<'_>,
    insurer: &PartyNo,
    proposal: &Proposal,
    end: &ProposalEnd,
) -> Result<(), Error> {
    const SQL: &str = "
        INSERT INTO insurer_proposal_end
            (insurer_no, proposal_no, act, approved, reason, proposed_by, ended_by, ended_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let Proposal { proposal_no, act, proposed_by, .. } = proposal;
    let ProposalEnd { approved, reason, ended_by, ended_at } = end;
    let (number, word) = (insurer.as_str(), act.word());
    let values: [&(dyn ToSql + Sync); 8] =
        [&number, proposal_no, &word, approved, reason, proposed_by, ended_by, ended_at];
    tx.execute(&tx.prepare_cached(SQL).await?, &values).await?;
    Ok(())
}
