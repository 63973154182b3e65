//! Documents, what reviewers say of them, and who opened them.

use std::collections::HashSet;

use deadpool_postgres::Transaction;
use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use crate::claim::ClaimNo;
use crate::documents::{Document, MediaType, Review};
use crate::error::Error;
use crate::materials::{MaterialKind, Verdict};

use super::{corrupt, number};

/// A document's columns, and the last word on it.
const DOCUMENTS: &str = "
    SELECT d.document_id, d.claim_no, d.kind, d.part, d.version, d.issued_on, d.expires_on, d.media_type, d.size_bytes,
           d.sha256, d.object_key, d.actor, d.recorded_at, r.accepted, r.reason
    FROM document d
    LEFT JOIN LATERAL (
        SELECT accepted, reason
        FROM document_review
        WHERE document_id = d.document_id
        ORDER BY review_no DESC
        LIMIT 1
    ) r ON true";

/// Locks a claim, so that documents are handed in for it one after the other. Answers whether there is one.
pub async fn lock_claim(tx: &Transaction<'_>, claim_no: &ClaimNo) -> Result<bool, Error> {
    const SQL: &str = "
        SELECT claim_no
        FROM claim
        WHERE claim_no = $1
        FOR NO KEY UPDATE";
    Ok(tx.query_opt(&tx.prepare_cached(SQL).await?, &[&claim_no.as_str()]).await?.is_some())
}

/// Adds a document.
pub async fn insert_document(tx: &Transaction<'_>, document: &Document) -> Result<(), Error> {
    const SQL: &str = "
        INSERT INTO document
            (document_id, claim_no, kind, part, version, issued_on, expires_on, media_type, size_bytes, sha256,
             object_key, actor, recorded_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)";
    let values: [&(dyn ToSql + Sync); 13] = [
        &document.document_id,
        &document.claim_no.as_str(),
        &document.kind.word(),
        &document.part,
        &document.version,
        &document.issued_on,
        &document.expires_on,
        &document.media_type.word(),
        &document.size_bytes,
        &document.sha256.as_slice(),
        &document.object_key,
        &document.actor,
        &document.recorded_at,
    ];
    tx.execute(&tx.prepare_cached(SQL).await?, &values).await?;
    Ok(())
}

/// A document.
pub async fn document(tx: &Transaction<'_>, document_id: Uuid) -> Result<Option<Document>, Error> {
    let sql = format!("{DOCUMENTS} WHERE d.document_id = $1");
    let row = tx.query_opt(&tx.prepare_cached(&sql).await?, &[&document_id]).await?;
    row.as_ref().map(known).transpose()
}

/// The last version of a part of a kind.
pub async fn last_version(
    tx: &Transaction<'_>,
    claim_no: &ClaimNo,
    kind: MaterialKind,
    part: i32,
) -> Result<Option<Document>, Error> {
    let sql = format!(
        "{DOCUMENTS} WHERE d.claim_no = $1 AND d.kind = $2 AND d.part = $3
         ORDER BY d.version DESC
         LIMIT 1"
    );
    let row = tx.query_opt(&tx.prepare_cached(&sql).await?, &[&claim_no.as_str(), &kind.word(), &part]).await?;
    row.as_ref().map(known).transpose()
}

/// Every document of a claim, by kind, part and version.
pub async fn of_claim(tx: &Transaction<'_>, claim_no: &ClaimNo) -> Result<Vec<Document>, Error> {
    let sql = format!("{DOCUMENTS} WHERE d.claim_no = $1 ORDER BY d.kind, d.part, d.version");
    tx.query(&tx.prepare_cached(&sql).await?, &[&claim_no.as_str()]).await?.iter().map(known).collect()
}

/// The last version of every part that was handed in for these claims.
pub async fn in_front(tx: &Transaction<'_>, claims: &[&str]) -> Result<Vec<Document>, Error> {
    let sql = format!(
        "{DOCUMENTS} WHERE d.claim_no = ANY ($1)
             AND NOT EXISTS (
                 SELECT
                 FROM document l
                 WHERE l.claim_no = d.claim_no AND l.kind = d.kind AND l.part = d.part AND l.version > d.version)
         ORDER BY d.claim_no, d.kind, d.part"
    );
    tx.query(&tx.prepare_cached(&sql).await?, &[&claims]).await?.iter().map(known).collect()
}

/// Adds a reviewer's word. The claim is locked, so that words are counted without gaps.
pub async fn insert_review(tx: &Transaction<'_>, review: &Review, now: Timestamp) -> Result<(), Error> {
    const SQL: &str = "
        INSERT INTO document_review (document_id, review_no, accepted, reason, reviewer, reviewed_at)
        SELECT $1, COALESCE(max(review_no), 0) + 1, $2, $3, $4, $5
        FROM document_review
        WHERE document_id = $1";
    let Review { document_id, accepted, reason, reviewer } = review;
    let values: [&(dyn ToSql + Sync); 5] = [document_id, accepted, reason, reviewer, &now];
    tx.execute(&tx.prepare_cached(SQL).await?, &values).await?;
    Ok(())
}

/// Puts on record that a document was opened.
pub async fn insert_reading(
    tx: &Transaction<'_>,
    document_id: Uuid,
    (reading_id, reader, reason): (Uuid, &str, &str),
    now: Timestamp,
) -> Result<(), Error> {
    const SQL: &str = "
        INSERT INTO document_reading (reading_id, document_id, reader, reason, read_at)
        VALUES ($1, $2, $3, $4, $5)";
    let values: [&(dyn ToSql + Sync); 5] = [&reading_id, &document_id, &reader, &reason, &now];
    tx.execute(&tx.prepare_cached(SQL).await?, &values).await?;
    Ok(())
}

/// Those of these objects that a document names.
pub async fn known_objects(tx: &Transaction<'_>, keys: &[String]) -> Result<HashSet<String>, Error> {
    const SQL: &str = "
        SELECT object_key
        FROM document
        WHERE object_key = ANY ($1)";
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[&keys]).await?;
    Ok(rows.iter().map(|row| row.get("object_key")).collect())
}

fn known(row: &Row) -> Result<Document, Error> {
    let accepted: Option<bool> = row.get("accepted");
    let verdict = match accepted {
        None => Verdict::Unseen,
        Some(true) => Verdict::Accepted,
        Some(false) => Verdict::Rejected(row.get("reason")),
    };
    Ok(Document {
        document_id: row.get("document_id"),
        claim_no: number(ClaimNo::parse(row.get("claim_no")))?,
        kind: MaterialKind::from_word(row.get("kind")).ok_or_else(|| corrupt("document.kind"))?,
        part: row.get("part"),
        version: row.get("version"),
        issued_on: row.get("issued_on"),
        expires_on: row.get("expires_on"),
        media_type: MediaType::from_word(row.get("media_type")).ok_or_else(|| corrupt("document.media_type"))?,
        size_bytes: row.get("size_bytes"),
        sha256: row.get::<_, &[u8]>("sha256").try_into().map_err(|_| corrupt("document.sha256"))?,
        object_key: row.get("object_key"),
        actor: row.get("actor"),
        recorded_at: row.get("recorded_at"),
        verdict,
    })
}
