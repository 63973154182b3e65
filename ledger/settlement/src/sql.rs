//! Every statement of settlement, one function each, on the caller's transaction.
//!
//! Statements take arrays; one is the case of length one. None locks a row: whoever decides on what it reads here has
//! locked the head first ([`dianfu_ledger::journal::sql::lock_head`]), because what is open changes by posting alone.

mod netting;
mod statement;

pub use netting::*;
pub use statement::*;

use std::collections::HashMap;

use deadpool_postgres::Transaction;
use dianfu_ledger::account::AccountCode;
use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::batch::{Batch, Pays};
use crate::error::Error;
use crate::number::{BatchNo, NumberError, PartyNo, PayoutId};
use crate::payable::NewPayable;
use crate::payee::{NewPayee, NewPayeeAccount, PayeeAccount};
use crate::payout::{DatedFact, Fact, Payout, PayoutItem};
use crate::plan::Due;
use crate::record::{RecordedFact, StoredFact};

/// Adds a payee. Answers whether it is new.
pub async fn insert_payee(tx: &Transaction<'_>, payee: &NewPayee, actor: &str, now: Timestamp) -> Result<bool, Error> {
    const SQL: &str = "
        INSERT INTO payee (payee, name, withheld_per_10000, recorded_at, actor)
        VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT ON CONSTRAINT payee_pkey DO NOTHING";
    let NewPayee { payee, name, withheld_per_10000 } = payee;
    let statement = tx.prepare_cached(SQL).await?;
    let inserted = tx.execute(&statement, &[&payee.as_str(), name, withheld_per_10000, &now, &actor]).await?;
    Ok(inserted == 1)
}

/// A payee as it is on record.
pub async fn payee(tx: &Transaction<'_>, payee: &PartyNo) -> Result<Option<NewPayee>, Error> {
    const SQL: &str = "
        SELECT payee, name, withheld_per_10000
        FROM payee
        WHERE payee = $1";
    let row = tx.query_opt(&tx.prepare_cached(SQL).await?, &[&payee.as_str()]).await?;
    let known = |row: Row| {
        Ok(NewPayee {
            payee: number(PartyNo::parse(row.get("payee")))?,
            name: row.get("name"),
            withheld_per_10000: row.get("withheld_per_10000"),
        })
    };
    row.map(known).transpose()
}

/// Adds a version of a payee's bank details. Answers whether it is new.
pub async fn insert_payee_account(
    tx: &Transaction<'_>,
    account: &NewPayeeAccount,
    made_by: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    const SQL: &str = "
        INSERT INTO payee_account
            (payee, version, holder, bank_code, account_no, made_by, checked_by, recorded_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT ON CONSTRAINT payee_account_pkey DO NOTHING";
    let NewPayeeAccount { payee, version, details, checked_by } = account;
    let PayeeAccount { holder, bank_code, account_no } = details;
    let statement = tx.prepare_cached(SQL).await?;
    let inserted = tx
        .execute(&statement, &[&payee.as_str(), version, holder, bank_code, account_no, &made_by, checked_by, &now])
        .await?;
    Ok(inserted == 1)
}

/// The bank details of a payee in one version.
pub async fn payee_account(tx: &Transaction<'_>, payee: &PartyNo, version: i32) -> Result<Option<PayeeAccount>, Error> {
    const SQL: &str = "
        SELECT holder, bank_code, account_no
        FROM payee_account
        WHERE payee = $1 AND version = $2";
    let row = tx.query_opt(&tx.prepare_cached(SQL).await?, &[&payee.as_str(), &version]).await?;
    Ok(row.map(|row| PayeeAccount {
        holder: row.get("holder"),
        bank_code: row.get("bank_code"),
        account_no: row.get("account_no"),
    }))
}

/// The newest version of a payee's bank details; 0 if there is none.
pub async fn newest_account_version(tx: &Transaction<'_>, payee: &PartyNo) -> Result<i32, Error> {
    const SQL: &str = "
        SELECT COALESCE(max(version), 0)
        FROM payee_account
        WHERE payee = $1";
    Ok(tx.query_one(&tx.prepare_cached(SQL).await?, &[&payee.as_str()]).await?.get(0))
}

/// Adds payables; those on record stay as they are.
pub async fn insert_payables(tx: &Transaction<'_>, payables: &[NewPayable], now: Timestamp) -> Result<(), Error> {
    const SQL: &str = "
        INSERT INTO payable (account, item, control, payee, currency, advance_minor, due_on, recorded_at)
        SELECT DISTINCT ON (account, item)
               account, item, split_part(account, '.', 1), payee, currency, advance_minor, due_on, $7
        FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::bigint[], $6::date[])
            AS raised (account, item, payee, currency, advance_minor, due_on)
        ON CONFLICT ON CONSTRAINT payable_pkey DO UPDATE SET settled = false WHERE payable.settled";
    let accounts: Vec<&str> = payables.iter().map(|payable| payable.account.as_str()).collect();
    let items: Vec<&str> = payables.iter().map(|payable| payable.item.as_str()).collect();
    let payees: Vec<&str> = payables.iter().map(|payable| payable.payee.as_str()).collect();
    let currencies: Vec<&str> = payables.iter().map(|payable| payable.currency.code()).collect();
    let advances: Vec<i64> = payables.iter().map(|payable| payable.advance_minor).collect();
    let dates: Vec<Date> = payables.iter().map(|payable| payable.due_on).collect();
    let statement = tx.prepare_cached(SQL).await?;
    tx.execute(&statement, &[&accounts, &items, &payees, &currencies, &advances, &dates, &now]).await?;
    Ok(())
}

/// What is due under a batch's cut-off and in no payout that may still pay it.
pub async fn due(tx: &Transaction<'_>, batch: &Batch) -> Result<Vec<Due>, Error> {
    const SQL: &str = include_str!("sql/due.sql");
    let (control, currency) = (batch.pays.line().code, batch.currency.code());
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[&control, &currency, &batch.cut_off]).await?;
    rows.iter().map(due_item).collect()
}

fn due_item(row: &Row) -> Result<Due, Error> {
    Ok(Due {
        account: account_code(row)?,
        item: row.get("item"),
        payee: number(PartyNo::parse(row.get("payee")))?,
        withheld_per_10000: row.get("withheld_per_10000"),
        payee_account_version: row.get("payee_account_version"),
        due_on: row.get("due_on"),
        open_minor: row.get("open_minor"),
        advance_left_minor: row.get("advance_left_minor"),
    })
}

/// Which of these items are in a payout that may still pay them.
pub async fn items_in_flight(
    tx: &Transaction<'_>,
    items: &[(AccountCode, String)],
) -> Result<Vec<(AccountCode, String)>, Error> {
    const SQL: &str = "
        SELECT account, item
        FROM payout_item
        WHERE live AND (account, item) IN (
            SELECT account, item
            FROM unnest($1::text[], $2::text[]) AS wanted (account, item)
        )";
    let accounts: Vec<&str> = items.iter().map(|(account, _)| account.as_str()).collect();
    let names: Vec<&str> = items.iter().map(|(_, item)| item.as_str()).collect();
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[&accounts, &names]).await?;
    rows.iter().map(|row| Ok((account_code(row)?, row.get("item")))).collect()
}

/// Adds a proposed batch. Answers whether it is new.
pub async fn insert_batch(tx: &Transaction<'_>, batch: &Batch) -> Result<bool, Error> {
    const SQL: &str = "
        INSERT INTO payout_batch (batch_no, control, currency, bank, cut_off, made_by, made_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)
        ON CONFLICT ON CONSTRAINT payout_batch_pkey DO NOTHING";
    let Batch { batch_no, pays, currency, bank, cut_off, made_by, made_at } = batch;
    let (control, currency) = (pays.line().code, currency.code());
    let statement = tx.prepare_cached(SQL).await?;
    let values: [&(dyn tokio_postgres::types::ToSql + Sync); 7] =
        [&batch_no.as_str(), &control, &currency, &bank.as_str(), cut_off, made_by, made_at];
    Ok(tx.execute(&statement, &values).await? == 1)
}

/// A batch as it was proposed.
pub async fn batch(tx: &Transaction<'_>, batch_no: &BatchNo) -> Result<Option<Batch>, Error> {
    const SQL: &str = "
        SELECT batch_no, control, currency, bank, cut_off, made_by, made_at
        FROM payout_batch
        WHERE batch_no = $1";
    let row = tx.query_opt(&tx.prepare_cached(SQL).await?, &[&batch_no.as_str()]).await?;
    let proposed = |row: Row| {
        Ok(Batch {
            batch_no: number(BatchNo::parse(row.get("batch_no")))?,
            pays: Pays::from_control(row.get("control")).ok_or_else(|| corrupt("payout_batch.control"))?,
            currency: currency(&row)?,
            bank: number(PartyNo::parse(row.get("bank")))?,
            cut_off: row.get("cut_off"),
            made_by: row.get("made_by"),
            made_at: row.get("made_at"),
        })
    };
    row.map(proposed).transpose()
}

/// The numbers of the payouts of a batch, in order.
pub async fn payouts_of_batch(tx: &Transaction<'_>, batch_no: &BatchNo) -> Result<Vec<PayoutId>, Error> {
    const SQL: &str = "
        SELECT payout_id
        FROM payout
        WHERE batch_no = $1
        ORDER BY payout_id";
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[&batch_no.as_str()]).await?;
    rows.iter().map(|row| number(PayoutId::parse(row.get("payout_id")))).collect()
}

/// Writes payouts with their items.
pub async fn insert_payouts(
    tx: &Transaction<'_>,
    payouts: &[Payout],
    made_by: &str,
    checked_by: &str,
) -> Result<(), Error> {
    const SQL: &str = "
        INSERT INTO payout
            (payout_id, batch_no, reissue_of, payee, payee_account_version, bank, currency, gross_minor, withheld_minor,
             made_by, checked_by, created_at)
        SELECT payout_id, batch_no, reissue_of, payee, payee_account_version, bank, currency, gross_minor,
               withheld_minor, $10, $11, created_at
        FROM unnest(
            $1::text[], $2::text[], $3::text[], $4::text[], $5::integer[], $6::text[], $7::text[], $8::bigint[],
            $9::bigint[], $12::timestamptz[]
        ) AS made (payout_id, batch_no, reissue_of, payee, payee_account_version, bank, currency, gross_minor,
                   withheld_minor, created_at)";
    let ids: Vec<&str> = payouts.iter().map(|payout| payout.payout_id.as_str()).collect();
    let batches: Vec<Option<&str>> =
        payouts.iter().map(|payout| payout.batch_no.as_ref().map(BatchNo::as_str)).collect();
    let reissues: Vec<Option<&str>> =
        payouts.iter().map(|payout| payout.reissue_of.as_ref().map(PayoutId::as_str)).collect();
    let payees: Vec<&str> = payouts.iter().map(|payout| payout.payee.as_str()).collect();
    let versions: Vec<i32> = payouts.iter().map(|payout| payout.payee_account_version).collect();
    let banks: Vec<&str> = payouts.iter().map(|payout| payout.bank.as_str()).collect();
    let currencies: Vec<&str> = payouts.iter().map(|payout| payout.currency.code()).collect();
    let gross: Vec<i64> = payouts.iter().map(|payout| payout.gross_minor).collect();
    let withheld: Vec<i64> = payouts.iter().map(|payout| payout.withheld_minor).collect();
    let times: Vec<Timestamp> = payouts.iter().map(|payout| payout.created_at).collect();
    let statement = tx.prepare_cached(SQL).await?;
    let values: [&(dyn tokio_postgres::types::ToSql + Sync); 12] = [
        &ids,
        &batches,
        &reissues,
        &payees,
        &versions,
        &banks,
        &currencies,
        &gross,
        &withheld,
        &made_by,
        &checked_by,
        &times,
    ];
    tx.execute(&statement, &values).await?;
    insert_items(tx, payouts).await
}

async fn insert_items(tx: &Transaction<'_>, payouts: &[Payout]) -> Result<(), Error> {
    const SQL: &str = "
        INSERT INTO payout_item (payout_id, account, item, amount_minor, advance_minor, live)
        SELECT payout_id, account, item, amount_minor, advance_minor, true
        FROM unnest($1::text[], $2::text[], $3::text[], $4::bigint[], $5::bigint[])
            AS paid (payout_id, account, item, amount_minor, advance_minor)";
    let all = || payouts.iter().flat_map(|payout| payout.items.iter().map(move |item| (payout, item)));
    let ids: Vec<&str> = all().map(|(payout, _)| payout.payout_id.as_str()).collect();
    let accounts: Vec<&str> = all().map(|(_, item)| item.account.as_str()).collect();
    let items: Vec<&str> = all().map(|(_, item)| item.item.as_str()).collect();
    let amounts: Vec<i64> = all().map(|(_, item)| item.amount_minor).collect();
    let advances: Vec<i64> = all().map(|(_, item)| item.advance_minor).collect();
    let statement = tx.prepare_cached(SQL).await?;
    tx.execute(&statement, &[&ids, &accounts, &items, &amounts, &advances]).await?;
    Ok(())
}

/// Writes facts with the entries that they post.
pub async fn insert_facts(
    tx: &Transaction<'_>,
    facts: &[RecordedFact<'_>],
    actor: &str,
    now: Timestamp,
) -> Result<(), Error> {
    const SQL: &str = "
        INSERT INTO payout_fact
            (payout_id, kind, happened_on, content, evidence_sha256, entry_ids, actor, recorded_at)
        SELECT payout_id, content ->> 'fact', happened_on, content, evidence_sha256,
               CASE WHEN entry_id IS NULL THEN '{}' ELSE ARRAY[entry_id] END, $6, $7
        FROM unnest($1::text[], $2::date[], $3::jsonb[], $4::bytea[], $5::uuid[])
            AS told (payout_id, happened_on, content, evidence_sha256, entry_id)";
    let ids: Vec<&str> = facts.iter().map(|told| told.payout_id.as_str()).collect();
    let dates: Vec<Date> = facts.iter().map(|told| told.on).collect();
    let contents = facts.iter().map(|told| serde_json::to_value(told.fact)).collect::<Result<Vec<_>, _>>();
    let contents = contents.map_err(|error| Error::Corrupt(error.to_string()))?;
    let evidence: Vec<Option<&[u8]>> = facts.iter().map(|told| told.evidence_sha256.map(|hash| &hash[..])).collect();
    let entries: Vec<Option<Uuid>> = facts.iter().map(|told| told.entry_id).collect();
    let statement = tx.prepare_cached(SQL).await?;
    tx.execute(&statement, &[&ids, &dates, &contents, &evidence, &entries, &actor, &now]).await?;
    Ok(())
}

/// Payouts with their items, by number.
pub async fn payouts(tx: &Transaction<'_>, ids: &[PayoutId]) -> Result<HashMap<PayoutId, Payout>, Error> {
    const SQL: &str = "
        SELECT payout_id, batch_no, reissue_of, payee, payee_account_version, bank, currency, gross_minor,
               withheld_minor, created_at
        FROM payout
        WHERE payout_id = ANY ($1)";
    const ITEMS: &str = "
        SELECT payout_id, account, item, amount_minor, advance_minor
        FROM payout_item
        WHERE payout_id = ANY ($1)
        ORDER BY payout_id, account, item";
    let ids: Vec<&str> = ids.iter().map(PayoutId::as_str).collect();
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[&ids]).await?;
    let mut found = HashMap::with_capacity(rows.len());
    for row in &rows {
        let payout = payout(row)?;
        found.insert(payout.payout_id.clone(), payout);
    }
    for row in &tx.query(&tx.prepare_cached(ITEMS).await?, &[&ids]).await? {
        let payout_id = number(PayoutId::parse(row.get("payout_id")))?;
        let payout = found.get_mut(&payout_id).ok_or_else(|| corrupt("payout_item.payout_id"))?;
        payout.items.push(PayoutItem {
            account: account_code(row)?,
            item: row.get("item"),
            amount_minor: row.get("amount_minor"),
            advance_minor: row.get("advance_minor"),
        });
    }
    Ok(found)
}

fn payout(row: &Row) -> Result<Payout, Error> {
    let optional = |column: &str| row.get::<_, Option<&str>>(column);
    Ok(Payout {
        payout_id: number(PayoutId::parse(row.get("payout_id")))?,
        batch_no: number(optional("batch_no").map(BatchNo::parse).transpose())?,
        reissue_of: number(optional("reissue_of").map(PayoutId::parse).transpose())?,
        payee: number(PartyNo::parse(row.get("payee")))?,
        payee_account_version: row.get("payee_account_version"),
        bank: number(PartyNo::parse(row.get("bank")))?,
        currency: currency(row)?,
        gross_minor: row.get("gross_minor"),
        withheld_minor: row.get("withheld_minor"),
        created_at: row.get("created_at"),
        items: Vec::new(),
    })
}

/// What is known of payouts, in the order of recording.
pub async fn facts(tx: &Transaction<'_>, ids: &[PayoutId]) -> Result<HashMap<PayoutId, Vec<StoredFact>>, Error> {
    const SQL: &str = "
        SELECT payout_id, happened_on, content, entry_ids, recorded_at
        FROM payout_fact
        WHERE payout_id = ANY ($1)
        ORDER BY payout_id, recorded_at";
    let ids: Vec<&str> = ids.iter().map(PayoutId::as_str).collect();
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[&ids]).await?;
    let mut found: HashMap<PayoutId, Vec<StoredFact>> = HashMap::new();
    for row in &rows {
        let payout_id = number(PayoutId::parse(row.get("payout_id")))?;
        let fact: Fact = serde_json::from_value(row.get("content")).map_err(|_| corrupt("payout_fact.content"))?;
        let dated = DatedFact { fact, on: row.get("happened_on") };
        found.entry(payout_id).or_default().push(StoredFact { dated, entry_ids: row.get("entry_ids") });
    }
    Ok(found)
}

/// The items of these payouts may be paid by others from now on.
pub async fn free_items(tx: &Transaction<'_>, ids: &[&str]) -> Result<(), Error> {
    const SQL: &str = "
        UPDATE payout_item
        SET live = false
        WHERE live AND payout_id = ANY ($1)";
    tx.execute(&tx.prepare_cached(SQL).await?, &[&ids]).await?;
    Ok(())
}

/// Takes what these payouts have paid off the worklist of payables.
pub async fn settle_payables(tx: &Transaction<'_>, ids: &[&str]) -> Result<(), Error> {
    const SQL: &str = "
        UPDATE payable
        SET settled = true
        FROM payout_item
        WHERE payout_item.payout_id = ANY ($1)
          AND payable.account = payout_item.account
          AND payable.item = payout_item.item
          AND NOT payable.settled";
    tx.execute(&tx.prepare_cached(SQL).await?, &[&ids]).await?;
    Ok(())
}

fn account_code(row: &Row) -> Result<AccountCode, Error> {
    AccountCode::parse(row.get("account")).ok_or_else(|| corrupt("account"))
}

fn currency(row: &Row) -> Result<dianfu_ledger::money::Currency, Error> {
    row.get::<_, &str>("currency").parse().map_err(|_| corrupt("currency"))
}

fn number<T>(parsed: Result<T, NumberError>) -> Result<T, Error> {
    parsed.map_err(|error| Error::Corrupt(error.to_string()))
}

fn corrupt(column: &str) -> Error {
    Error::Corrupt(column.to_owned())
}
