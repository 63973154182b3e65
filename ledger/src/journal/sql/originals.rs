//! Statements about earlier entries: those that are repeated, those that later ones take from, and holds that end.

use std::collections::HashMap;

use deadpool_postgres::Transaction;
use jiff::Timestamp;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::decide::{StoredEntry, StoredLeg};
use crate::entry::EntryKind;
use crate::error::Error;
use crate::money::Money;

use super::{account_code, layer, parsed};

/// The entries with these sequences.
pub async fn entries(tx: &Transaction<'_>, sequences: &[i64]) -> Result<Vec<(Uuid, StoredEntry)>, Error> {
    const SQL: &str = "
        SELECT entry_id, sequence, kind, effective_date, booked_at, value_date, relates_to, hold_group, expires_at,
               at_most_minor, adjusting, reference, description, metadata::text AS metadata
        FROM entries_of($1)";
    const LEGS: &str = "
        SELECT p.sequence, p.amount_minor, p.account_no, p.currency, p.layer, p.item, p.due_date, a.code
        FROM postings_of($1) p
        JOIN account a USING (account_no)
        ORDER BY p.sequence, p.leg";
    if sequences.is_empty() {
        return Ok(Vec::new());
    }
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[&sequences]).await?;
    let legs = tx.query(&tx.prepare_cached(LEGS).await?, &[&sequences]).await?;
    let mut legs_by_sequence: HashMap<i64, Vec<StoredLeg>> = HashMap::new();
    for row in &legs {
        legs_by_sequence.entry(row.get("sequence")).or_default().push(stored_leg(row)?);
    }
    rows.iter()
        .map(|row| {
            let legs = legs_by_sequence.remove(&row.get("sequence")).unwrap_or_default();
            Ok((row.get("entry_id"), stored_entry(row, legs)?))
        })
        .collect()
}

/// These entries, all that they take from, and all that takes from any of those, however far: their sequences where
/// links have them, and their ids where not.
pub async fn families(tx: &Transaction<'_>, originals: &[Uuid]) -> Result<(Vec<i64>, Vec<Uuid>), Error> {
    const SQL: &str = "
        SELECT entry_id, sequence
        FROM entry_families($1) AS family (entry_id)
        LEFT JOIN entry_link USING (entry_id)";
    let (mut sequences, mut unlinked) = (Vec::new(), Vec::new());
    for row in &tx.query(&tx.prepare_cached(SQL).await?, &[&originals]).await? {
        match row.get("sequence") {
            Some(sequence) => sequences.push(sequence),
            None => unlinked.push(row.get("entry_id")),
        }
    }
    Ok((sequences, unlinked))
}

/// The entries that name one of these groups of holds, oldest first: the group, the entry, its kind.
pub async fn group_entries(tx: &Transaction<'_>, groups: &[Uuid]) -> Result<Vec<(Uuid, Uuid, EntryKind)>, Error> {
    const SQL: &str = "
        SELECT hold_group, entry_id, kind
        FROM entry_link
        WHERE hold_group = ANY ($1)
        ORDER BY sequence";
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[&groups]).await?;
    rows.iter().map(|row| Ok((row.get("hold_group"), row.get("entry_id"), entry_kind(row)?))).collect()
}

/// Holds that end by themselves, by time and id: those after `after` and up to a time, at most so many.
pub async fn holds_due(
    tx: &Transaction<'_>,
    after: (Timestamp, Uuid),
    until: Timestamp,
    at_most: i64,
) -> Result<Vec<(Timestamp, Uuid)>, Error> {
    const SQL: &str = "
        SELECT expires_at, entry_id
        FROM entry_link
        WHERE expires_at >= $1 AND (expires_at, entry_id) > ($1, $2) AND expires_at <= $3
        ORDER BY expires_at, entry_id
        LIMIT $4";
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[&after.0, &after.1, &until, &at_most]).await?;
    Ok(rows.iter().map(|row| (row.get("expires_at"), row.get("entry_id"))).collect())
}

/// Puts on the head when the next hold ends by itself after a time; answers it.
pub async fn move_next_expiry(tx: &Transaction<'_>, after: Timestamp) -> Result<Option<Timestamp>, Error> {
    const SQL: &str = "
        UPDATE head
        SET next_expiry = (SELECT min(expires_at) FROM entry_link WHERE expires_at > $1)
        RETURNING next_expiry";
    Ok(tx.query_one(&tx.prepare_cached(SQL).await?, &[&after]).await?.get("next_expiry"))
}

/// Whether holds wait for a turn to end them.
pub async fn are_holds_due(client: &deadpool_postgres::Client) -> Result<bool, Error> {
    const SQL: &str = "SELECT COALESCE(next_expiry <= clock_timestamp(), false) FROM head";
    Ok(client.query_one(&client.prepare_cached(SQL).await?, &[]).await?.get(0))
}

fn stored_entry(row: &Row, legs: Vec<StoredLeg>) -> Result<StoredEntry, Error> {
    Ok(StoredEntry {
        kind: entry_kind(row)?,
        effective_date: row.get("effective_date"),
        value_date: row.get("value_date"),
        adjusting: row.get("adjusting"),
        reference: row.get("reference"),
        description: row.get("description"),
        metadata: row.get("metadata"),
        relates_to: row.get("relates_to"),
        hold_group: row.get("hold_group"),
        expires_at: row.get("expires_at"),
        at_most_minor: row.get("at_most_minor"),
        legs,
        sequence: row.get("sequence"),
        booked_at: row.get("booked_at"),
    })
}

fn entry_kind(row: &Row) -> Result<EntryKind, Error> {
    EntryKind::from_number(row.get("kind")).ok_or_else(|| Error::Corrupt("entry.kind".to_owned()))
}

fn stored_leg(row: &Row) -> Result<StoredLeg, Error> {
    Ok(StoredLeg {
        account_no: row.get("account_no"),
        account: account_code(row)?,
        amount: Money::new(row.get("amount_minor"), parsed(row.get("currency"))?),
        item: row.get("item"),
        due_date: row.get("due_date"),
        layer: layer(row)?,
    })
}
