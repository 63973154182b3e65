//! Sealed records.

use std::collections::HashMap;

use deadpool_postgres::Transaction;
use tokio_postgres::Row;

use crate::error::Error;
use crate::vault::{Place, Sealed};

/// A [`Place`] that owns its texts.
#[derive(Clone, PartialEq, Eq, Hash, Default, Debug)]
pub struct OwnPlace {
    /// The table.
    pub table: String,
    /// The row in it.
    pub row: String,
}

impl OwnPlace {
    /// The place.
    pub fn as_place(&self) -> Place<'_> {
        Place { table: &self.table, row: &self.row }
    }
}

/// A sealed record and where it stands.
#[derive(Clone, Debug)]
pub struct SealedRow {
    /// Where it stands.
    pub place: OwnPlace,
    /// The record.
    pub sealed: Sealed,
}

/// Adds sealed records.
pub async fn insert_sealed(tx: &Transaction<'_>, rows: &[(Place<'_>, Sealed)]) -> Result<(), Error> {
    const SQL: &str = "
        INSERT INTO vault (of_table, of_row, sealed)
        SELECT of_table, of_row, sealed
        FROM unnest($1::text[], $2::text[], $3::bytea[]) AS new (of_table, of_row, sealed)";
    let tables: Vec<&str> = rows.iter().map(|(place, _)| place.table).collect();
    let keys: Vec<&str> = rows.iter().map(|(place, _)| place.row).collect();
    let sealed: Vec<&[u8]> = rows.iter().map(|(_, sealed)| sealed.as_slice()).collect();
    tx.execute(&tx.prepare_cached(SQL).await?, &[&tables, &keys, &sealed]).await?;
    Ok(())
}

/// Locks records under a key, behind a place, in the order of places; those that another transaction has locked are
/// left out.
pub async fn lock_under_key(
    tx: &Transaction<'_>,
    key_id: &str,
    after: &OwnPlace,
    limit: usize,
) -> Result<Vec<SealedRow>, Error> {
    const SQL: &str = "
        SELECT of_table, of_row, sealed
        FROM vault
        WHERE key_id = $1 AND (of_table, of_row) > ($2, $3)
        ORDER BY of_table, of_row
        LIMIT $4
        FOR NO KEY UPDATE SKIP LOCKED";
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let statement = tx.prepare_cached(SQL).await?;
    let rows = tx.query(&statement, &[&key_id, &after.table, &after.row, &limit]).await?;
    let known = |row: &Row| SealedRow {
        place: OwnPlace { table: row.get("of_table"), row: row.get("of_row") },
        sealed: row.get("sealed"),
    };
    Ok(rows.iter().map(known).collect())
}

/// Puts records in place of the same records under another key.
pub async fn rewrap(tx: &Transaction<'_>, rows: &[SealedRow]) -> Result<(), Error> {
    const SQL: &str = "
        UPDATE vault v
        SET sealed = new.sealed
        FROM unnest($1::text[], $2::text[], $3::bytea[]) AS new (of_table, of_row, sealed)
        WHERE v.of_table = new.of_table AND v.of_row = new.of_row";
    let tables: Vec<&str> = rows.iter().map(|row| row.place.table.as_str()).collect();
    let keys: Vec<&str> = rows.iter().map(|row| row.place.row.as_str()).collect();
    let sealed: Vec<&[u8]> = rows.iter().map(|row| row.sealed.as_slice()).collect();
    tx.execute(&tx.prepare_cached(SQL).await?, &[&tables, &keys, &sealed]).await?;
    Ok(())
}

/// How many records are under each key.
pub async fn records_by_key(tx: &Transaction<'_>) -> Result<Vec<(String, i64)>, Error> {
    const SQL: &str = "
        SELECT key_id, count(*) AS records
        FROM vault
        GROUP BY key_id
        ORDER BY key_id";
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[]).await?;
    Ok(rows.iter().map(|row| (row.get("key_id"), row.get("records"))).collect())
}

/// The sealed records at these places, by row; the places are of one table.
pub async fn sealed(tx: &Transaction<'_>, places: &[Place<'_>]) -> Result<HashMap<String, Sealed>, Error> {
    const SQL: &str = "
        SELECT v.of_row, v.sealed
        FROM (SELECT DISTINCT of_table, of_row FROM unnest($1::text[], $2::text[]) AS named (of_table, of_row)) wanted
        JOIN vault v USING (of_table, of_row)";
    assert!(places.windows(2).all(|pair| pair[0].table == pair[1].table), "the places are of one table");
    let tables: Vec<&str> = places.iter().map(|place| place.table).collect();
    let keys: Vec<&str> = places.iter().map(|place| place.row).collect();
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[&tables, &keys]).await?;
    Ok(rows.iter().map(|row| (row.get("of_row"), row.get("sealed"))).collect())
}
