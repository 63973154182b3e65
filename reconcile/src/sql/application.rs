//! Applying a remittance: what it needs to know, and what it leaves.

use std::collections::HashMap;

use deadpool_postgres::Transaction;
use dianfu_ledger::account::AccountCode;
use dianfu_ledger::money::Currency;
use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use super::{corrupt, currency, integer, json, ordinal};
use crate::allocate::AdjustmentMatch;
use crate::breaks::Break;
use crate::error::Error;
use crate::matching::{Match, RULES, Receivable};
use crate::remittance::{ClaimLine, PayeeAdjustment, Place};

/// A remittance on record, as far as applying it needs it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredRemittance {
    /// Its id.
    pub remittance_id: Uuid,
    /// The currency of every amount.
    pub currency: Currency,
    /// What it announces.
    pub paid_minor: i64,
    /// When it counts.
    pub value_date: Date,
    /// When it came.
    pub received_at: Timestamp,
    /// The entries that applied it; `None` if it has not been applied.
    pub entry_ids: Option<Vec<Uuid>>,
}

/// The remittance under a trace.
pub async fn stored_remittance(
    tx: &Transaction<'_>,
    insurer: &PartyNo,
    trace: &str,
) -> Result<Option<StoredRemittance>, Error> {
    const SQL: &str = "
        SELECT remittance_id, currency, paid_minor, value_date, received_at, entry_ids
        FROM remittance
        LEFT JOIN remittance_application USING (remittance_id)
        WHERE insurer = $1 AND trace = $2";
    let row = tx.query_opt(&tx.prepare_cached(SQL).await?, &[&insurer.as_str(), &trace]).await?;
    let stored = |row: tokio_postgres::Row| {
        Ok(StoredRemittance {
            remittance_id: row.get("remittance_id"),
            currency: currency(&row)?,
            paid_minor: row.get("paid_minor"),
            value_date: row.get("value_date"),
            received_at: row.get("received_at"),
            entry_ids: row.get("entry_ids"),
        })
    };
    row.map(stored).transpose()
}

/// Insurer and trace of the remittances that have not been applied, oldest first.
pub async fn unapplied(tx: &Transaction<'_>) -> Result<Vec<(PartyNo, String)>, Error> {
    const SQL: &str = "
        SELECT insurer, trace
        FROM remittance r
        WHERE NOT EXISTS (
            SELECT
            FROM remittance_application a
            WHERE a.remittance_id = r.remittance_id
        )
        ORDER BY remittance_id";
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[]).await?;
    let known = |row: &tokio_postgres::Row| {
        let insurer = PartyNo::parse(row.get("insurer")).map_err(|_| corrupt("remittance.insurer"))?;
        Ok((insurer, row.get("trace")))
    };
    rows.iter().map(known).collect()
}

/// The lines of a remittance, in their order.
pub async fn lines(tx: &Transaction<'_>, remittance_id: Uuid) -> Result<Vec<ClaimLine>, Error> {
    const SQL: &str = "
        SELECT detail
        FROM remittance_line
        WHERE remittance_id = $1
        ORDER BY line_no";
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[&remittance_id]).await?;
    let line = |row: &tokio_postgres::Row| {
        serde_json::from_value(row.get("detail")).map_err(|_| corrupt("remittance_line.detail"))
    };
    rows.iter().map(line).collect()
}

/// The payee-level adjustments of a remittance, in their order.
pub async fn adjustments(tx: &Transaction<'_>, remittance_id: Uuid) -> Result<Vec<PayeeAdjustment>, Error> {
    const SQL: &str = "
        SELECT transaction_no, adjustment_no, a.segment, code, reference, amount_minor
        FROM remittance_adjustment a
        JOIN remittance USING (remittance_id)
        WHERE remittance_id = $1
        ORDER BY adjustment_no";
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[&remittance_id]).await?;
    let adjustment = |row: &tokio_postgres::Row| {
        let (segment, transaction) = (ordinal(row, "segment")?, ordinal(row, "transaction_no")?);
        Ok(PayeeAdjustment {
            place: Place { segment, transaction, claim: None, service: None },
            order: ordinal(row, "adjustment_no")?,
            code: row.get("code"),
            reference: row.get("reference"),
            amount_minor: row.get("amount_minor"),
        })
    };
    rows.iter().map(adjustment).collect()
}

/// A claim under one of the numbers it was sent under.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KnownAs {
    /// Our own number.
    pub item: String,
    /// Where its receivable stands.
    pub receivable: Receivable,
    /// The number it was sent under.
    pub submitted_no: String,
    /// The payer's own numbers of it, without those that are not known.
    pub insurer_claim_nos: Vec<String>,
    /// Its order among the claims that share its numbers.
    pub position: i32,
}

/// The claims of `account` that outsiders know by one of `submitted`, or, when given, by one of `own`.
pub async fn known_as(
    tx: &Transaction<'_>,
    insurer: &PartyNo,
    submitted: &[&str],
    own: &[&str],
) -> Result<Vec<KnownAs>, Error> {
    const SQL: &str = "
        SELECT account, item, submitted_no, min(position) AS position,
               COALESCE(
                   array_agg(insurer_claim_no ORDER BY insurer_claim_no) FILTER (WHERE insurer_claim_no <> ''), '{}'
               ) AS insurer_claim_nos
        FROM (
            -- Each half by its index: of either or both none would be used.
            SELECT account, item, submitted_no, insurer_claim_no, position
            FROM open_item_reference
            WHERE account = ANY($1) AND submitted_no = ANY($2)
            UNION
            SELECT account, item, submitted_no, insurer_claim_no, position
            FROM open_item_reference
            WHERE account = ANY($1) AND insurer_claim_no = ANY($3)
        ) known
        GROUP BY account, item, submitted_no
        ORDER BY account, item, submitted_no";
    let accounts = Receivable::ALL.map(|receivable| receivable.line().of(insurer).to_string());
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[&&accounts[..], &submitted, &own]).await?;
    let passes_through = Receivable::PassThrough.line().of(insurer);
    let known = |row: &tokio_postgres::Row| KnownAs {
        item: row.get("item"),
        receivable: if row.get::<_, &str>("account") == passes_through.as_str() {
            Receivable::PassThrough
        } else {
            Receivable::Due
        },
        submitted_no: row.get("submitted_no"),
        insurer_claim_nos: row.get("insurer_claim_nos"),
        position: row.get("position"),
    };
    Ok(rows.iter().map(known).collect())
}

/// What earlier remittances of an insurer paid on each of these claims and did not take back.
pub async fn received(tx: &Transaction<'_>, insurer: &PartyNo, items: &[&str]) -> Result<HashMap<String, i64>, Error> {
    const SQL: &str = "
        -- The items first: a payer has many remittances, and few of them paid on these.
        WITH paid AS MATERIALIZED (
            SELECT remittance_id, item, applied_minor
            FROM remittance_match
            WHERE item = ANY($2)
        )
        SELECT item, sum(applied_minor)::bigint AS received
        FROM paid
        JOIN remittance USING (remittance_id)
        WHERE insurer = $1
        GROUP BY item";
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[&insurer.as_str(), &items]).await?;
    Ok(rows.iter().map(|row| (row.get("item"), row.get("received"))).collect())
}

/// Notes that a remittance is applied.
pub async fn insert_application(
    tx: &Transaction<'_>,
    remittance_id: Uuid,
    entry_ids: &[Uuid],
    on: Date,
    (actor, now): (&str, Timestamp),
) -> Result<(), Error> {
    const SQL: &str = "
        INSERT INTO remittance_application (remittance_id, rules, entry_ids, applied_on, applied_at, actor)
        VALUES ($1, $2, $3, $4, $5, $6)";
    tx.execute(&tx.prepare_cached(SQL).await?, &[&remittance_id, &RULES, &entry_ids, &on, &now, &actor]).await?;
    Ok(())
}

/// Adds the matches of a remittance.
pub async fn insert_matches(tx: &Transaction<'_>, remittance_id: Uuid, matches: &[Match]) -> Result<(), Error> {
    const SQL: &str = "
        INSERT INTO remittance_match
            (remittance_id, line_no, outcome, item, paid_minor, applied_minor, excess_minor, suspense_minor, evidence,
             tolerated_minor)
        SELECT $1, line_no, outcome, item, applied + excess + suspense, applied, excess, suspense, evidence, tolerated
        FROM unnest(
            $2::integer[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[], $8::jsonb[], $9::bigint[]
        ) AS found (line_no, outcome, item, applied, excess, suspense, evidence, tolerated)";
    let order: Vec<i32> = matches.iter().map(|found| integer(found.order)).collect();
    let outcomes: Vec<&str> = matches.iter().map(|found| found.outcome.word()).collect();
    let items: Vec<Option<&str>> = matches.iter().map(|found| found.claim_no.as_deref()).collect();
    let applied: Vec<i64> = matches.iter().map(|found| found.parts.applied_minor).collect();
    let excess: Vec<i64> = matches.iter().map(|found| found.parts.excess_minor).collect();
    let suspense: Vec<i64> = matches.iter().map(|found| found.parts.suspense_minor).collect();
    let evidence: Vec<serde_json::Value> = matches.iter().map(|found| json(&found.evidence)).collect();
    let tolerated: Vec<i64> = matches.iter().map(|found| found.tolerated_minor).collect();
    let values: [&(dyn ToSql + Sync); 9] =
        [&remittance_id, &order, &outcomes, &items, &applied, &excess, &suspense, &evidence, &tolerated];
    tx.execute(&tx.prepare_cached(SQL).await?, &values).await?;
    Ok(())
}

/// Adds where the adjustments of a remittance went.
pub async fn insert_adjustment_matches(
    tx: &Transaction<'_>,
    remittance_id: Uuid,
    booked: &[AdjustmentMatch],
) -> Result<(), Error> {
    const SQL: &str = "
        INSERT INTO remittance_adjustment_match
            (remittance_id, adjustment_no, account, item, amount_minor, booked_minor, suspense_minor, reason)
        SELECT $1, booked.*
        FROM unnest($2::integer[], $3::text[], $4::text[], $5::bigint[], $6::bigint[], $7::bigint[], $8::text[])
            AS booked";
    let order: Vec<i32> = booked.iter().map(|booked| integer(booked.order)).collect();
    let accounts: Vec<Option<&str>> = booked.iter().map(|own| own.account.as_ref().map(AccountCode::as_str)).collect();
    let items: Vec<Option<&str>> = booked.iter().map(|booked| booked.item.as_deref()).collect();
    let amounts: Vec<i64> = booked.iter().map(|booked| booked.amount_minor).collect();
    let on_account: Vec<i64> = booked.iter().map(|booked| booked.booked_minor).collect();
    let suspense: Vec<i64> = booked.iter().map(|booked| booked.suspense_minor).collect();
    let reasons: Vec<&str> = booked.iter().map(|booked| booked.reason.as_str()).collect();
    let values: [&(dyn ToSql + Sync); 8] =
        [&remittance_id, &order, &accounts, &items, &amounts, &on_account, &suspense, &reasons];
    tx.execute(&tx.prepare_cached(SQL).await?, &values).await?;
    Ok(())
}

/// Adds the breaks of a remittance under these ids.
pub async fn insert_breaks(
    tx: &Transaction<'_>,
    insurer: &PartyNo,
    remittance: &StoredRemittance,
    breaks: &[(Uuid, &Break)],
    now: Timestamp,
) -> Result<(), Error> {
    const SQL: &str = "
        INSERT INTO reconciliation_break
            (break_id, category, insurer, remittance_id, line_no, adjustment_no, item, currency, amount_minor,
             value_date, explanation, raised_at)
        SELECT break_id, category, $1, $2, line_no, adjustment_no, item, $3, amount_minor, $4, explanation, $5
        FROM unnest($6::uuid[], $7::text[], $8::integer[], $9::integer[], $10::text[], $11::bigint[], $12::text[])
            AS raised (break_id, category, line_no, adjustment_no, item, amount_minor, explanation)";
    let ids: Vec<Uuid> = breaks.iter().map(|(id, _)| *id).collect();
    let categories: Vec<&str> = breaks.iter().map(|(_, raised)| raised.category.word()).collect();
    let lines: Vec<Option<i32>> = breaks.iter().map(|(_, raised)| raised.line.map(integer)).collect();
    let adjustments: Vec<Option<i32>> = breaks.iter().map(|(_, raised)| raised.adjustment.map(integer)).collect();
    let items: Vec<Option<&str>> = breaks.iter().map(|(_, raised)| raised.item.as_deref()).collect();
    let amounts: Vec<i64> = breaks.iter().map(|(_, raised)| raised.amount_minor).collect();
    let explanations: Vec<&str> = breaks.iter().map(|(_, raised)| raised.explanation.as_str()).collect();
    let (insurer, currency) = (insurer.as_str(), remittance.currency.code());
    let values: [&(dyn ToSql + Sync); 12] = [
        &insurer,
        &remittance.remittance_id,
        &currency,
        &remittance.value_date,
        &now,
        &ids,
        &categories,
        &lines,
        &adjustments,
        &items,
        &amounts,
        &explanations,
    ];
    tx.execute(&tx.prepare_cached(SQL).await?, &values).await?;
    Ok(())
}

/// The items on 2190 under which a remittance left money waiting.
pub async fn waiting_items(tx: &Transaction<'_>, remittance_id: Uuid) -> Result<Vec<String>, Error> {
    const SQL: &str = "
        SELECT DISTINCT item
        FROM reconciliation_break
        WHERE remittance_id = $1 AND item IS NOT NULL
        ORDER BY item";
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[&remittance_id]).await?;
    Ok(rows.iter().map(|row| row.get("item")).collect())
}
