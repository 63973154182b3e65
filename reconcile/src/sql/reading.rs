//! Reading remittances for reports.

use deadpool_postgres::Transaction;
use dianfu_ledger::money::Currency;
use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::Row;
use uuid::Uuid;

use super::{corrupt, currency, ordinal};
use crate::error::Error;
use crate::matching::Parts;
use crate::report::{AdjustmentView, BreakView, LineMatch, LineView};

/// A remittance with its sums, as far as the database adds them up.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RemittanceRow {
    /// Its id.
    pub remittance_id: Uuid,
    /// Who sent it.
    pub insurer: PartyNo,
    /// Its trace.
    pub trace: String,
    /// SHA-256 of its file.
    pub digest: Vec<u8>,
    /// The payer as the file names it.
    pub payer: String,
    /// The payee as the file names it.
    pub payee: String,
    /// How the money moves.
    pub method: String,
    /// The currency of every amount.
    pub currency: Currency,
    /// What it announces.
    pub paid_minor: i64,
    /// When it counts.
    pub value_date: Date,
    /// When it came.
    pub received_at: Timestamp,
    /// Who brought it.
    pub actor: String,
    /// Sum of what the lines pay.
    pub lines_minor: i64,
    /// Sum of the payee-level adjustments.
    pub adjustments_minor: i64,
    /// The entries that applied it; `None` if it has not been applied.
    pub entry_ids: Option<Vec<Uuid>>,
    /// The items on 2190 under which it left money waiting.
    pub waiting_items: Vec<String>,
}

/// Remittances by id, which is by the time they came: those of `insurer`, or of all, after `after`.
pub async fn remittances(
    tx: &Transaction<'_>,
    insurer: Option<&PartyNo>,
    after: Option<Uuid>,
    limit: i64,
) -> Result<Vec<RemittanceRow>, Error> {
    const SQL: &str = include_str!("remittances.sql");
    let insurer = insurer.map(PartyNo::as_str);
    let after = after.unwrap_or(Uuid::nil());
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[&insurer, &after, &None::<Uuid>, &limit]).await?;
    rows.iter().map(remittance_row).collect()
}

/// The remittance of an id.
pub async fn remittance(tx: &Transaction<'_>, remittance_id: Uuid) -> Result<Option<RemittanceRow>, Error> {
    const SQL: &str = include_str!("remittances.sql");
    let statement = tx.prepare_cached(SQL).await?;
    let row = tx.query_opt(&statement, &[&None::<&str>, &Uuid::nil(), &Some(remittance_id), &1_i64]).await?;
    row.as_ref().map(remittance_row).transpose()
}

/// The id of the remittance under a trace.
pub async fn id_of_trace(tx: &Transaction<'_>, insurer: &PartyNo, trace: &str) -> Result<Option<Uuid>, Error> {
    const SQL: &str = "
        SELECT remittance_id
        FROM remittance
        WHERE insurer = $1 AND trace = $2";
    let row = tx.query_opt(&tx.prepare_cached(SQL).await?, &[&insurer.as_str(), &trace]).await?;
    Ok(row.map(|row| row.get("remittance_id")))
}

fn remittance_row(row: &Row) -> Result<RemittanceRow, Error> {
    Ok(RemittanceRow {
        remittance_id: row.get("remittance_id"),
        insurer: PartyNo::parse(row.get("insurer")).map_err(|_| corrupt("remittance.insurer"))?,
        trace: row.get("trace"),
        digest: row.get("digest"),
        payer: row.get("payer"),
        payee: row.get("payee"),
        method: row.get("method"),
        currency: currency(row)?,
        paid_minor: row.get("paid_minor"),
        value_date: row.get("value_date"),
        received_at: row.get("received_at"),
        actor: row.get("actor"),
        lines_minor: row.get("lines_minor"),
        adjustments_minor: row.get("adjustments_minor"),
        entry_ids: row.get("entry_ids"),
        waiting_items: row.get("waiting_items"),
    })
}

/// The lines of a remittance with their matches, in their order.
pub async fn line_views(tx: &Transaction<'_>, remittance_id: Uuid) -> Result<Vec<LineView>, Error> {
    const SQL: &str = "
        SELECT detail, outcome, item, applied_minor, excess_minor, suspense_minor, evidence
        FROM remittance_line
        LEFT JOIN remittance_match USING (remittance_id, line_no)
        WHERE remittance_id = $1
        ORDER BY line_no";
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[&remittance_id]).await?;
    let view = |row: &Row| {
        let line = serde_json::from_value(row.get("detail")).map_err(|_| corrupt("remittance_line.detail"))?;
        Ok(LineView { line, matched: line_match(row)? })
    };
    rows.iter().map(view).collect()
}

fn line_match(row: &Row) -> Result<Option<LineMatch>, Error> {
    let Some(outcome) = row.get::<_, Option<&str>>("outcome") else { return Ok(None) };
    Ok(Some(LineMatch {
        outcome: word(outcome, "remittance_match.outcome")?,
        claim_no: row.get("item"),
        parts: Parts {
            applied_minor: row.get("applied_minor"),
            excess_minor: row.get("excess_minor"),
            suspense_minor: row.get("suspense_minor"),
        },
        evidence: serde_json::from_value(row.get("evidence")).map_err(|_| corrupt("remittance_match.evidence"))?,
    }))
}

/// The payee-level adjustments of a remittance and where they went, in their order.
pub async fn adjustment_views(tx: &Transaction<'_>, remittance_id: Uuid) -> Result<Vec<AdjustmentView>, Error> {
    const SQL: &str = "
        SELECT adjustment_no, segment, code, reference, a.amount_minor, account, item,
               COALESCE(booked_minor, 0) AS booked_minor, COALESCE(suspense_minor, 0) AS suspense_minor, reason
        FROM remittance_adjustment a
        LEFT JOIN remittance_adjustment_match USING (remittance_id, adjustment_no)
        WHERE remittance_id = $1
        ORDER BY adjustment_no";
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[&remittance_id]).await?;
    let view = |row: &Row| {
        Ok(AdjustmentView {
            order: ordinal(row, "adjustment_no")?,
            segment: ordinal(row, "segment")?,
            code: row.get("code"),
            reference: row.get("reference"),
            amount_minor: row.get("amount_minor"),
            account: row.get("account"),
            item: row.get("item"),
            booked_minor: row.get("booked_minor"),
            suspense_minor: row.get("suspense_minor"),
            reason: row.get("reason"),
        })
    };
    rows.iter().map(view).collect()
}

/// The breaks that a remittance left, lines first.
pub async fn break_views(tx: &Transaction<'_>, remittance_id: Uuid) -> Result<Vec<BreakView>, Error> {
    const SQL: &str = "
        SELECT break_id, category, line_no, adjustment_no, item, amount_minor, value_date, explanation, raised_at,
               closed_at
        FROM reconciliation_break
        LEFT JOIN reconciliation_break_closure USING (break_id)
        WHERE remittance_id = $1
        ORDER BY line_no NULLS LAST, adjustment_no, category";
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[&remittance_id]).await?;
    let count = |row: &Row, column: &str| {
        let number = row.get::<_, Option<i32>>(column).map(usize::try_from).transpose();
        number.map_err(|_| corrupt(column))
    };
    let view = |row: &Row| {
        Ok(BreakView {
            break_id: row.get("break_id"),
            category: word(row.get("category"), "reconciliation_break.category")?,
            line: count(row, "line_no")?,
            adjustment: count(row, "adjustment_no")?,
            item: row.get("item"),
            amount_minor: row.get("amount_minor"),
            value_date: row.get("value_date"),
            explanation: row.get("explanation"),
            raised_at: row.get("raised_at"),
            closed_at: row.get("closed_at"),
        })
    };
    rows.iter().map(view).collect()
}

fn word<T: serde::de::DeserializeOwned>(word: &str, column: &str) -> Result<T, Error> {
    serde_json::from_value(serde_json::Value::from(word)).map_err(|_| corrupt(column))
}
