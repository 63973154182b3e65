//! What pharmacies owe us, and what of it batches set off.

use std::collections::BTreeSet;

use deadpool_postgres::Transaction;
use dianfu_ledger::account::AccountCode;
use dianfu_ledger::money::Currency;
use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::number;
use crate::batch::Batch;
use crate::chart::{PHARMACY_OWES, PHARMACY_PAYABLE};
use crate::error::Error;
use crate::netting::{Netting, Receivable};
use crate::number::{BatchNo, PartyNo};

/// What these pharmacies owe us in a currency, by item. Costs one pass over the items of their accounts.
pub async fn receivables(
    tx: &Transaction<'_>,
    pharmacies: &BTreeSet<&PartyNo>,
    currency: Currency,
) -> Result<Vec<Receivable>, Error> {
    const SQL: &str = "
        WITH debtor AS MATERIALIZED (
            SELECT account_no, pharmacy
            FROM unnest($1::text[], $2::text[]) AS named (pharmacy, code)
            JOIN account USING (code)
            WHERE currency = $3
        )
        SELECT pharmacy, item, first_date, outstanding::bigint AS open_minor
        FROM items_as_of(ARRAY(SELECT account_no FROM debtor), NULL, 9223372036854775807)
        JOIN debtor USING (account_no)
        WHERE outstanding > 0
        ORDER BY pharmacy, item";
    let accounts: Vec<AccountCode> = pharmacies.iter().map(|pharmacy| PHARMACY_OWES.of(pharmacy)).collect();
    let accounts: Vec<&str> = accounts.iter().map(AccountCode::as_str).collect();
    let pharmacies: Vec<&str> = pharmacies.iter().map(|pharmacy| pharmacy.as_str()).collect();
    let values: [&(dyn ToSql + Sync); 3] = [&pharmacies, &accounts, &currency.code()];
    let receivable = |row: &Row| {
        Ok(Receivable {
            pharmacy: number(PartyNo::parse(row.get("pharmacy")))?,
            item: row.get("item"),
            since: row.get("first_date"),
            open_minor: row.get("open_minor"),
        })
    };
    tx.query(&tx.prepare_cached(SQL).await?, &values).await?.iter().map(receivable).collect()
}

/// Writes what a batch sets off, in order, with the entry of each.
pub async fn insert_nettings(
    tx: &Transaction<'_>,
    batch: &Batch,
    nettings: &[(&Netting, Uuid)],
    (on, checked_by): (Date, &str),
    now: Timestamp,
) -> Result<(), Error> {
    const SQL: &str = "
        INSERT INTO payout_netting
            (batch_no, netting_no, pharmacy, account, item, debt_account, debt_item, amount_minor, advance_minor,
             entry_id, netted_on, made_by, checked_by, recorded_at)
        SELECT $1, netting_no, pharmacy, account, item, debt_account, debt_item, amount_minor, advance_minor,
               entry_id, $10, $11, $12, $13
        FROM unnest(
            $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::bigint[], $8::bigint[], $9::uuid[]
        ) WITH ORDINALITY AS netted (pharmacy, account, item, debt_account, debt_item, amount_minor, advance_minor,
                                     entry_id, netting_no)";
    let of = |text: fn(&Netting) -> String| nettings.iter().map(|(netting, _)| text(netting)).collect::<Vec<String>>();
    let accounts = of(|netting| PHARMACY_PAYABLE.of(&netting.pharmacy).to_string());
    let debt_accounts = of(|netting| PHARMACY_OWES.of(&netting.pharmacy).to_string());
    let pharmacies: Vec<&str> = nettings.iter().map(|(netting, _)| netting.pharmacy.as_str()).collect();
    let items: Vec<&str> = nettings.iter().map(|(netting, _)| netting.order.as_str()).collect();
    let debts: Vec<&str> = nettings.iter().map(|(netting, _)| netting.debt.as_str()).collect();
    let amounts: Vec<i64> = nettings.iter().map(|(netting, _)| netting.amount_minor).collect();
    let advances: Vec<i64> = nettings.iter().map(|(netting, _)| netting.advance_minor).collect();
    let entries: Vec<Uuid> = nettings.iter().map(|(_, entry_id)| *entry_id).collect();
    let values: [&(dyn ToSql + Sync); 13] = [
        &batch.batch_no.as_str(),
        &pharmacies,
        &accounts,
        &items,
        &debt_accounts,
        &debts,
        &amounts,
        &advances,
        &entries,
        &on,
        &batch.made_by,
        &checked_by,
        &now,
    ];
    tx.execute(&tx.prepare_cached(SQL).await?, &values).await?;
    Ok(())
}

/// What a batch has set off, in order.
pub async fn nettings_of_batch(tx: &Transaction<'_>, batch_no: &BatchNo) -> Result<Vec<Netting>, Error> {
    const SQL: &str = "
        SELECT pharmacy, item, debt_item, amount_minor, advance_minor
        FROM payout_netting
        WHERE batch_no = $1
        ORDER BY netting_no";
    let netting = |row: &Row| {
        Ok(Netting {
            pharmacy: number(PartyNo::parse(row.get("pharmacy")))?,
            order: row.get("item"),
            debt: row.get("debt_item"),
            amount_minor: row.get("amount_minor"),
            advance_minor: row.get("advance_minor"),
        })
    };
    tx.query(&tx.prepare_cached(SQL).await?, &[&batch_no.as_str()]).await?.iter().map(netting).collect()
}

/// Takes these items off the worklist of payables.
pub async fn settle_items(tx: &Transaction<'_>, items: &[(AccountCode, &str)]) -> Result<(), Error> {
    const SQL: &str = "
        UPDATE payable
        SET settled = true
        FROM unnest($1::text[], $2::text[]) AS done (account, item)
        WHERE payable.account = done.account
          AND payable.item = done.item
          AND NOT payable.settled";
    let accounts: Vec<&str> = items.iter().map(|(account, _)| account.as_str()).collect();
    let items: Vec<&str> = items.iter().map(|(_, item)| *item).collect();
    tx.execute(&tx.prepare_cached(SQL).await?, &[&accounts, &items]).await?;
    Ok(())
}
