//! Insurers: their rows and locks; what is on record about them stands in the modules below.

pub mod disputes;
pub mod exposure;
pub mod papers;
pub mod proposals;
pub mod standing;
pub mod statement;

use deadpool_postgres::Transaction;
use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;
use tokio_postgres::Row;

use crate::error::Error;
use crate::insurer::Insurer;

use super::{corrupt, currency, number};

/// Adds an insurer. Answers whether it is new.
pub async fn insert(tx: &Transaction<'_>, insurer: &Insurer, actor: &str, now: Timestamp) -> Result<bool, Error> {
    const SQL: &str = "
        INSERT INTO insurer (insurer_no, name, currency, registered_at, actor)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT ON CONSTRAINT insurer_pkey DO NOTHING";
    let Insurer { insurer_no, name, currency } = insurer;
    let statement = tx.prepare_cached(SQL).await?;
    let inserted = tx.execute(&statement, &[&insurer_no.as_str(), name, &currency.code(), &now, &actor]).await?;
    Ok(inserted == 1)
}

/// An insurer as it is on record.
pub async fn insurer(tx: &Transaction<'_>, insurer_no: &PartyNo) -> Result<Option<Insurer>, Error> {
    Ok(registered(tx, insurer_no).await?.map(|(insurer, _)| insurer))
}

/// An insurer as it is on record, and when it was registered.
pub async fn registered(tx: &Transaction<'_>, insurer_no: &PartyNo) -> Result<Option<(Insurer, Timestamp)>, Error> {
    const SQL: &str = "
        SELECT insurer_no, name, currency, registered_at
        FROM insurer
        WHERE insurer_no = $1";
    let row = tx.query_opt(&tx.prepare_cached(SQL).await?, &[&insurer_no.as_str()]).await?;
    row.map(|row| Ok((known(&row)?, row.get("registered_at")))).transpose()
}

/// The numbers of all insurers, in their order.
pub async fn numbers(tx: &Transaction<'_>) -> Result<Vec<PartyNo>, Error> {
    const SQL: &str = "
        SELECT insurer_no
        FROM insurer
        ORDER BY insurer_no";
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[]).await?;
    rows.iter().map(|row| number(PartyNo::parse(row.get("insurer_no")))).collect()
}

/// An insurer, locked until the end of the transaction: waits for all who rely on it, and they wait for us.
pub async fn lock(tx: &Transaction<'_>, insurer_no: &PartyNo) -> Result<Option<Insurer>, Error> {
    const SQL: &str = "
        SELECT insurer_no, name, currency
        FROM insurer
        WHERE insurer_no = $1
        FOR UPDATE";
    let row = tx.query_opt(&tx.prepare_cached(SQL).await?, &[&insurer_no.as_str()]).await?;
    row.map(|row| known(&row)).transpose()
}

/// Insurers that the transaction relies on: nobody changes them before its end. In the order of their numbers, so that
/// two transactions never wait for each other.
pub async fn lock_for_share(tx: &Transaction<'_>, numbers: &[&str]) -> Result<Vec<Insurer>, Error> {
    const SQL: &str = "
        SELECT insurer_no, name, currency
        FROM insurer
        WHERE insurer_no = ANY ($1)
        ORDER BY insurer_no
        FOR SHARE";
    tx.query(&tx.prepare_cached(SQL).await?, &[&numbers]).await?.iter().map(known).collect()
}

fn known(row: &Row) -> Result<Insurer, Error> {
    let insurer_no = number(PartyNo::parse(row.get("insurer_no")))?;
    Ok(Insurer { insurer_no, name: row.get("name"), currency: currency(row)? })
}

/// A digest as it is on record.
pub(super) fn digest(row: &Row, column: &str) -> Result<[u8; 32], Error> {
    row.get::<_, &[u8]>(column).try_into().map_err(|_| corrupt(column))
}
