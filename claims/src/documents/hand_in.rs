//! Handing in a document: look into it, seal it, store it, put it on record.

use bytes::Bytes;
use deadpool_postgres::{Client, Transaction};
use jiff::Timestamp;
use jiff::civil::Date;
use tokio::task::spawn_blocking;
use uuid::Uuid;

use super::document::{Document, MediaType};
use super::inspect::{Inspected, inspect};
use super::refusal::DocumentRefusal;
use super::sealed_file::{DocumentDraw, seal_file};
use super::store::DocumentStore;
use crate::claim::ClaimNo;
use crate::error::Error;
use crate::materials::{MaterialKind, Verdict};
use crate::sql;
use crate::vault::{Keyring, Place, seal};

/// The most files of one kind.
pub const PARTS_MAX: i32 = 50;

/// A document that is handed in.
#[derive(Clone, Debug)]
pub struct HandIn {
    /// Its id: fresh (`id::fresh`), and the same when the same is tried again.
    pub document_id: Uuid,
    /// Which claim it is for.
    pub claim_no: ClaimNo,
    /// What it is.
    pub kind: MaterialKind,
    /// Which file of that kind, from 1 to [`PARTS_MAX`].
    pub part: i32,
    /// The day that it was issued on.
    pub issued_on: Date,
    /// Its own last day, where it has one.
    pub expires_on: Option<Date>,
    /// What it says it is, where that is known.
    pub declared: Option<MediaType>,
    /// Its SHA-256, where that was announced.
    pub announced: Option<[u8; 32]>,
    /// Who hands it in.
    pub actor: String,
}

/// A document that is on record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Handed {
    /// The document.
    pub document: Document,
    /// Whether the same was on record already.
    pub repeated: bool,
}

/// Hands in a document, today being `on`. The same file again, for the same part with the same days, is the document
/// that is there. Costs two transactions and one object; if anything fails between them, an object is left for
/// [`super::sweep`](fn@super::sweep) and nothing is on record.
pub async fn hand_in(
    client: &mut Client,
    keyring: &Keyring,
    store: &DocumentStore,
    new: HandIn,
    bytes: Bytes,
    draw: DocumentDraw,
    (on, now): (Date, Timestamp),
) -> Result<Result<Handed, DocumentRefusal>, Error> {
    if let Err(refusal) = check(&new, on) {
        return Ok(Err(refusal));
    }
    let (declared, announced, document_id) = (new.declared, new.announced, new.document_id);
    let looked_at = bytes.clone();
    // Inflating and sealing 20 MB keep a core busy for a moment.
    let inspected = spawn_blocking(move || inspect(&looked_at, declared, announced.as_ref())).await;
    let inspected = match inspected.expect("looking into bytes does not panic") {
        Ok(inspected) => inspected,
        Err(refusal) => return Ok(Err(refusal.into())),
    };
    let new = document(new, inspected, bytes.len(), draw.object, now);
    let tx = client.transaction().await?;
    if let Some(answer) = on_record(&tx, &new).await? {
        return Ok(answer);
    }
    tx.rollback().await?;
    let sealing = spawn_blocking(move || (seal_file(&draw, document_id, &bytes), draw)).await;
    let (sealed, draw) = sealing.expect("sealing does not panic");
    store.put(&new.object_key, sealed).await?;
    record(client, keyring, store, new, &draw).await
}

fn check(new: &HandIn, on: Date) -> Result<(), DocumentRefusal> {
    if !(1..=PARTS_MAX).contains(&new.part) {
        let (max, actual) = (PARTS_MAX.into(), new.part.into());
        return Err(DocumentRefusal::OutOfRange { field: "part", min: 1, max, actual });
    }
    if new.issued_on > on {
        return Err(DocumentRefusal::IssuedLater { issued_on: new.issued_on, on });
    }
    match new.expires_on {
        Some(expires_on) if expires_on < on => Err(DocumentRefusal::Expired { expires_on, expected: on }),
        Some(_) | None => Ok(()),
    }
}

fn document(new: HandIn, inspected: Inspected, size: usize, object: [u8; 8], now: Timestamp) -> Document {
    let HandIn { document_id, claim_no, kind, part, issued_on, expires_on, actor, .. } = new;
    let name = u64::from_be_bytes(object);
    Document {
        object_key: format!("{:02x}/{document_id}-{name:016x}", object[7]),
        document_id,
        claim_no,
        kind,
        part,
        version: 1,
        issued_on,
        expires_on,
        media_type: inspected.media_type,
        size_bytes: i64::try_from(size).expect("an upload has few bytes"),
        sha256: inspected.sha256,
        actor,
        recorded_at: dianfu_ledger::clock::as_kept(now),
        verdict: Verdict::Unseen,
    }
}

/// What there is to say without a new row: there is no such claim, or the same is on record. Locks the claim.
async fn on_record(tx: &Transaction<'_>, new: &Document) -> Result<Option<Result<Handed, DocumentRefusal>>, Error> {
    if !sql::documents::lock_claim(tx, &new.claim_no).await? {
        return Ok(Some(Err(DocumentRefusal::ClaimUnknown { claim_no: new.claim_no.clone() })));
    }
    if let Some(first) = sql::documents::document(tx, new.document_id).await? {
        let document_id = new.document_id;
        return Ok(Some(match other_field(&first, new) {
            Some(field) => Err(DocumentRefusal::Conflict { document_id, field }),
            None => Ok(Handed { document: first, repeated: true }),
        }));
    }
    let last = sql::documents::last_version(tx, &new.claim_no, new.kind, new.part).await?;
    let same = last.filter(|last| other_field(last, new).is_none());
    Ok(same.map(|document| Ok(Handed { document, repeated: true })))
}

/// The first field in which two documents differ as they were handed in.
fn other_field(first: &Document, new: &Document) -> Option<&'static str> {
    let fields = [
        ("claim_no", first.claim_no == new.claim_no),
        ("kind", first.kind == new.kind),
        ("part", first.part == new.part),
        ("sha256", first.sha256 == new.sha256),
        ("issued_on", first.issued_on == new.issued_on),
        ("expires_on", first.expires_on == new.expires_on),
    ];
    fields.into_iter().find(|(_, is_same)| !is_same).map(|(field, _)| field)
}

async fn record(
    client: &mut Client,
    keyring: &Keyring,
    store: &DocumentStore,
    mut new: Document,
    draw: &DocumentDraw,
) -> Result<Result<Handed, DocumentRefusal>, Error> {
    let tx = client.transaction().await?;
    if let Some(answer) = on_record(&tx, &new).await? {
        // Somebody else has handed it in meanwhile: the object that was just stored is nobody's.
        store.remove(&new.object_key).await?;
        return Ok(answer);
    }
    let last = sql::documents::last_version(&tx, &new.claim_no, new.kind, new.part).await?;
    new.version = last.map_or(1, |last| last.version + 1);
    let row = new.document_id.to_string();
    let place = Place { table: super::fetch::DOCUMENTS, row: &row };
    let sealed_key = seal(keyring, place, &draw.file_key, &draw.seal);
    sql::documents::insert_document(&tx, &new).await?;
    sql::vault::insert_sealed(&tx, &[(place, sealed_key)]).await?;
    tx.commit().await?;
    Ok(Ok(Handed { document: new, repeated: false }))
}
