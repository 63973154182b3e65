//! The register: what is on record about a book besides its accounts. Limit groups, closings, templates, rates.
//!
//! A row is a kind, a name and JSON; for each kind and name the last row is in force. Rows are chained by hash, never
//! changed, and written under the head's lock, so that every turn knows what was in force for it. Costs two small
//! statements a row; none of them is on the posting path.

use deadpool_postgres::Transaction;
use jiff::Timestamp;
use tokio_postgres::GenericClient;

use crate::account::{AccountFault, check_text};
use crate::entry::{DESCRIPTION_BYTES_MAX, REFERENCE_BYTES_MAX};
use crate::error::Error;
use crate::journal::codec::RegisterRow;
use crate::journal::sql::{self, Head};

/// Who puts something on record, and why.
#[derive(Clone, Copy, Debug)]
pub struct Signature<'a> {
    /// Who proposed it, if two people had to agree.
    pub proposed_by: Option<&'a str>,
    /// Who records it.
    pub actor: &'a str,
    /// Why.
    pub reason: &'a str,
}

impl<'a> Signature<'a> {
    /// One person's.
    pub fn of(actor: &'a str, reason: &'a str) -> Signature<'a> {
        Signature { proposed_by: None, actor, reason }
    }

    /// Refuses a text that is missing, too long, or cannot be stored.
    pub fn check(&self) -> Result<(), AccountFault> {
        check_text("actor", self.actor, REFERENCE_BYTES_MAX)?;
        check_text("reason", self.reason, DESCRIPTION_BYTES_MAX)
    }
}

/// A row of the register, as it is read.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Record {
    /// Dense number over all kinds.
    pub register_no: i64,
    /// Which one of its kind.
    pub name: String,
    /// JSON text.
    pub content: String,
    /// In force for the entries after this one.
    pub after_sequence: i64,
    /// Who proposed it, if two people had to agree.
    pub proposed_by: Option<String>,
    /// When it was recorded.
    pub recorded_at: Timestamp,
    /// Who recorded it.
    pub actor: String,
    /// Why.
    pub reason: String,
}

/// Puts a row on the register; the caller holds the head, which is moved.
pub(crate) async fn record(
    tx: &Transaction<'_>,
    head: &mut Head,
    kind: &str,
    name: &str,
    content: &str,
    signature: Signature<'_>,
    recorded_at: Timestamp,
) -> Result<i64, Error> {
    let row = RegisterRow {
        register_no: head.register_no + 1,
        kind,
        name,
        content,
        after_sequence: head.sequence,
        proposed_by: signature.proposed_by,
        recorded_at,
        actor: signature.actor,
        reason: signature.reason,
    };
    let hash = row.hash(&head.register_hash);
    sql::insert_register(tx, &row, &hash).await?;
    (head.register_no, head.register_hash) = (row.register_no, hash);
    Ok(row.register_no)
}

/// Puts rows of one kind on the register, each a name and its content, in their order; the caller holds the head, which
/// is moved. One statement, however many they are.
pub(crate) async fn record_many(
    tx: &Transaction<'_>,
    head: &mut Head,
    kind: &str,
    rows: &[(&str, String)],
    signature: Signature<'_>,
    recorded_at: Timestamp,
) -> Result<(), Error> {
    let mut hashed = Vec::with_capacity(rows.len());
    for (name, content) in rows {
        let row = RegisterRow {
            register_no: head.register_no + 1,
            kind,
            name,
            content,
            after_sequence: head.sequence,
            proposed_by: signature.proposed_by,
            recorded_at,
            actor: signature.actor,
            reason: signature.reason,
        };
        let hash = row.hash(&head.register_hash);
        (head.register_no, head.register_hash) = (row.register_no, hash);
        hashed.push((row, hash));
    }
    sql::insert_register_rows(tx, &hashed).await
}

/// What is in force of a kind, by name.
pub async fn in_force(client: &impl GenericClient, kind: &str) -> Result<Vec<Record>, Error> {
    sql::records_in_force(client, kind).await
}

/// All that was ever on record of a kind, under whatever name, oldest first.
pub async fn all(client: &impl GenericClient, kind: &str) -> Result<Vec<Record>, Error> {
    sql::records_of_kind(client, kind).await
}

/// All that was ever on record under a kind and name, oldest first.
pub async fn history(client: &impl GenericClient, kind: &str, name: &str) -> Result<Vec<Record>, Error> {
    sql::records_of(client, kind, name).await
}
