//! What a reviewer says of a document: it will do, or it will not and why.

use deadpool_postgres::Client;
use jiff::Timestamp;
use uuid::Uuid;

use super::refusal::{DocumentRefusal, text};
use crate::error::Error;
use crate::materials::Verdict;
use crate::sql;

/// A reviewer's word.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Review {
    /// The document.
    pub document_id: Uuid,
    /// It will do.
    pub accepted: bool,
    /// Why it will not, for who handed it in to read; may be empty where it will.
    pub reason: String,
    /// Whose word it is: not of who handed it in.
    pub reviewer: String,
}

/// Puts a reviewer's word on record. The last word counts; the same again is fine.
pub async fn review(
    client: &mut Client,
    review: &Review,
    now: Timestamp,
) -> Result<Result<(), DocumentRefusal>, Error> {
    let document_id = review.document_id;
    if let Err(refusal) = text("reason", &review.reason, usize::from(!review.accepted), 500) {
        return Ok(Err(refusal));
    }
    let tx = client.transaction().await?;
    let Some(document) = sql::documents::document(&tx, document_id).await? else {
        return Ok(Err(DocumentRefusal::DocumentUnknown { document_id }));
    };
    if document.actor == review.reviewer {
        return Ok(Err(DocumentRefusal::SamePerson { person: review.reviewer.clone() }));
    }
    // From here on nobody replaces it and nobody else judges it.
    sql::documents::lock_claim(&tx, &document.claim_no).await?;
    let last = sql::documents::last_version(&tx, &document.claim_no, document.kind, document.part).await?;
    let last = last.ok_or_else(|| Error::Corrupt(format!("document/{document_id}")))?;
    if last.document_id != document_id {
        return Ok(Err(DocumentRefusal::Replaced { version: last.version }));
    }
    let said = if review.accepted { Verdict::Accepted } else { Verdict::Rejected(review.reason.clone()) };
    if last.verdict != said {
        sql::documents::insert_review(&tx, review, now).await?;
    }
    tx.commit().await?;
    Ok(Ok(()))
}
