//! What moved on the accounts of a party.

use deadpool_postgres::Transaction;
use dianfu_ledger::account::AccountCode;
use tokio_postgres::Row;

use crate::error::Error;
use crate::statement::{Movement, Period};

/// The postings on the items of these accounts in a period, in order, each with the journal of its entry.
pub async fn movements(tx: &Transaction<'_>, accounts: &[AccountCode], period: Period) -> Result<Vec<Movement>, Error> {
    const SQL: &str = include_str!("movements.sql");
    let accounts: Vec<&str> = accounts.iter().map(AccountCode::as_str).collect();
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[&accounts, &period.from, &period.to]).await?;
    let movement = |row: &Row| Movement {
        control: row.get("control"),
        item: row.get("item"),
        journal: row.get("journal"),
        reference: row.get("reference"),
        on: row.get("effective_date"),
        amount_minor: row.get("amount_minor"),
        vat_minor: row.get("vat_minor"),
        held_minor: row.get("held_minor"),
    };
    Ok(rows.iter().map(movement).collect())
}
