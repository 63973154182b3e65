//! Opening a document, and listing those of a claim.

use deadpool_postgres::Client;
use jiff::Timestamp;
use sha2::{Digest, Sha256};
use uuid::Uuid;
use zeroize::Zeroizing;

use super::document::Document;
use super::refusal::{DocumentRefusal, text};
use super::sealed_file::open_file;
use super::store::DocumentStore;
use crate::claim::ClaimNo;
use crate::error::Error;
use crate::sql;
use crate::vault::{Keyring, Place, open};

/// The table under which the keys of documents lie in the vault.
pub(super) const DOCUMENTS: &str = "document";

/// A document and its bytes, which are wiped when dropped. Who opens it and why is on record before it is answered;
/// `reading_id` is fresh (`id::fresh`). What does not open, or has another digest, is an error.
pub async fn fetch(
    client: &mut Client,
    keyring: &Keyring,
    store: &DocumentStore,
    document_id: Uuid,
    (reading_id, reader, reason): (Uuid, &str, &str),
    now: Timestamp,
) -> Result<Result<(Document, Zeroizing<Vec<u8>>), DocumentRefusal>, Error> {
    if let Err(refusal) = text("reason", reason, 1, 500) {
        return Ok(Err(refusal));
    }
    let tx = client.transaction().await?;
    let Some(document) = sql::documents::document(&tx, document_id).await? else {
        return Ok(Err(DocumentRefusal::DocumentUnknown { document_id }));
    };
    let row = document_id.to_string();
    let place = Place { table: DOCUMENTS, row: &row };
    let corrupt = || Error::Corrupt(format!("{DOCUMENTS}/{document_id}"));
    let sealed = sql::vault::sealed(&tx, &[place]).await?;
    let key = open(keyring, place, sealed.get(&row).ok_or_else(corrupt)?)?;
    sql::documents::insert_reading(&tx, document_id, (reading_id, reader, reason), now).await?;
    tx.commit().await?;
    let sealed = store.get(&document.object_key).await?;
    let key: &[u8; 32] = key.as_slice().try_into().map_err(|_| corrupt())?;
    let bytes = open_file(key, document_id, &sealed)?;
    if <[u8; 32]>::from(Sha256::digest(&*bytes)) != document.sha256 {
        return Err(corrupt());
    }
    Ok(Ok((document, bytes)))
}

/// Every document of a claim, also those that a later one has replaced, by kind, part and version.
pub async fn list(client: &mut Client, claim_no: &ClaimNo) -> Result<Vec<Document>, Error> {
    let tx = client.transaction().await?;
    sql::documents::of_claim(&tx, claim_no).await
}
