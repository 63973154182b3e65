//! Cash that the bank shows.

use deadpool_postgres::Transaction;
use dianfu_ledger::money::Money;
use dianfu_settlement::number::PartyNo;
use jiff::civil::Date;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::{corrupt, currency};
use crate::cash::CashReceipt;
use crate::error::Error;

/// A receipt on record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredReceipt {
    /// Who paid.
    pub insurer: PartyNo,
    /// Its item on 2190.
    pub item: String,
    /// How much.
    pub amount: Money,
    /// When it counts.
    pub value_date: Date,
    /// The entry that booked it.
    pub entry_id: Uuid,
}

/// Adds a receipt. Answers whether the bank's reference is new: waits for whoever adds the same one.
pub async fn insert_receipt(tx: &Transaction<'_>, receipt: &CashReceipt<'_>, entry_id: Uuid) -> Result<bool, Error> {
    const SQL: &str = "
        INSERT INTO cash_receipt
            (bank_account, bank_reference, insurer, item, currency, amount_minor, value_date, entry_id, received_at,
             actor)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)
        ON CONFLICT ON CONSTRAINT cash_receipt_pkey DO NOTHING";
    let values: [&(dyn ToSql + Sync); 10] = [
        &receipt.bank.as_str(),
        &receipt.bank_reference,
        &receipt.insurer.as_str(),
        &receipt.item(),
        &receipt.amount.currency.code(),
        &receipt.amount.minor,
        &receipt.value_date,
        &entry_id,
        &receipt.received_at,
        &receipt.actor,
    ];
    Ok(tx.execute(&tx.prepare_cached(SQL).await?, &values).await? == 1)
}

/// The receipt under a bank's reference.
pub async fn receipt(
    tx: &Transaction<'_>,
    bank: &PartyNo,
    bank_reference: &str,
) -> Result<Option<StoredReceipt>, Error> {
    const SQL: &str = "
        SELECT insurer, item, currency, amount_minor, value_date, entry_id
        FROM cash_receipt
        WHERE bank_account = $1 AND bank_reference = $2";
    let row = tx.query_opt(&tx.prepare_cached(SQL).await?, &[&bank.as_str(), &bank_reference]).await?;
    let stored = |row: tokio_postgres::Row| {
        Ok(StoredReceipt {
            insurer: PartyNo::parse(row.get("insurer")).map_err(|_| corrupt("cash_receipt.insurer"))?,
            item: row.get("item"),
            amount: Money::new(row.get("amount_minor"), currency(&row)?),
            value_date: row.get("value_date"),
            entry_id: row.get("entry_id"),
        })
    };
    row.map(stored).transpose()
}

/// The latest value date of the receipts under an item of 2190.
pub async fn latest_value_date(tx: &Transaction<'_>, insurer: &PartyNo, item: &str) -> Result<Option<Date>, Error> {
    const SQL: &str = "
        SELECT max(value_date)
        FROM cash_receipt
        WHERE insurer = $1 AND item = $2";
    Ok(tx.query_one(&tx.prepare_cached(SQL).await?, &[&insurer.as_str(), &item]).await?.get(0))
}
