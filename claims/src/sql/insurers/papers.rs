//! Papers of an insurer's checklist, and what was found of them.

use deadpool_postgres::Transaction;
use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::error::Error;
use crate::insurer::checklist::{CheckItem, Checklist, NewPaper, Paper, Verdict};
use crate::sql::corrupt;

use super::digest;

/// All papers of an insurer, by item and number.
pub async fn papers(tx: &Transaction<'_>, insurer: &PartyNo) -> Result<Checklist, Error> {
    const SQL: &str = "
        SELECT p.item, p.paper_no, p.evidence_sha256, p.note, p.expires_on, p.submitted_by, p.submitted_at,
               v.accepted, v.reason, v.judged_by, v.judged_at
        FROM insurer_paper p
        LEFT JOIN insurer_paper_verdict v USING (insurer_no, item, paper_no)
        WHERE p.insurer_no = $1
        ORDER BY p.item, p.paper_no";
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[&insurer.as_str()]).await?;
    Ok(Checklist(rows.iter().map(paper).collect::<Result<_, _>>()?))
}

fn paper(row: &Row) -> Result<Paper, Error> {
    let verdict = row.get::<_, Option<bool>>("accepted").map(|accepted| Verdict {
        accepted,
        reason: row.get("reason"),
        judged_by: row.get("judged_by"),
        judged_at: row.get("judged_at"),
    });
    Ok(Paper {
        paper: NewPaper {
            item: CheckItem::from_word(row.get("item")).ok_or_else(|| corrupt("insurer_paper.item"))?,
            evidence_sha256: digest(row, "evidence_sha256")?,
            note: row.get("note"),
            expires_on: row.get("expires_on"),
        },
        paper_no: row.get("paper_no"),
        submitted_by: row.get("submitted_by"),
        submitted_at: row.get("submitted_at"),
        verdict,
    })
}

/// Adds a paper.
pub async fn insert_paper(
    tx: &Transaction<'_>,
    insurer: &PartyNo,
    paper_no: i32,
    paper: &NewPaper,
    actor: &str,
    now: Timestamp,
) -> Result<(), Error> {
    const SQL: &str = "
        INSERT INTO insurer_paper
            (insurer_no, item, paper_no, evidence_sha256, note, expires_on, submitted_by, submitted_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let NewPaper { item, evidence_sha256, note, expires_on } = paper;
    let (number, item, evidence) = (insurer.as_str(), item.word(), evidence_sha256.as_slice());
    let values: [&(dyn ToSql + Sync); 8] = [&number, &item, &paper_no, &evidence, note, expires_on, &actor, &now];
    tx.execute(&tx.prepare_cached(SQL).await?, &values).await?;
    Ok(())
}

/// Adds what was found of a paper.
pub async fn insert_verdict(
    tx: &Transaction<'_>,
    insurer: &PartyNo,
    paper: &Paper,
    verdict: &Verdict,
) -> Result<(), Error> {
    const SQL: &str = "
        INSERT INTO insurer_paper_verdict
            (insurer_no, item, paper_no, accepted, reason, submitted_by, judged_by, judged_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let Verdict { accepted, reason, judged_by, judged_at } = verdict;
    let (number, item) = (insurer.as_str(), paper.paper.item.word());
    let Paper { paper_no, submitted_by, .. } = paper;
    let values: [&(dyn ToSql + Sync); 8] =
        [&number, &item, paper_no, accepted, reason, submitted_by, judged_by, judged_at];
    tx.execute(&tx.prepare_cached(SQL).await?, &values).await?;
    Ok(())
}
