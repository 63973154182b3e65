//! What became of remittances: the application report, and one remittance with its lines, evidence and breaks.
//!
//! Each answer is read in one snapshot. Amounts are minor units of the row's currency; cash and what waits come from
//! the ledger, everything else from the remittance as it was taken in. Costs one pass over the lines of the remittances
//! shown, and the postings of their items.

use std::collections::HashMap;

use deadpool_postgres::{Client, Transaction};
use dianfu_ledger::account::AccountCode;
use dianfu_ledger::query::{PAGE_ROWS_MAX, outstanding};
use dianfu_settlement::chart::UNAPPLIED;
use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::IsolationLevel;
use uuid::Uuid;

use crate::breaks::Category;
use crate::error::Error;
use crate::matching::{Evidence, Outcome, Parts};
use crate::remittance::ClaimLine;
use crate::sql;
use crate::state::{Facts, RemittanceState};

pub use crate::sql::RemittanceRow;

/// One remittance in the application report.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ApplicationRow {
    /// The remittance and its sums.
    pub remittance: RemittanceRow,
    /// The cash that has come for it.
    pub cash_minor: i128,
    /// How much of the cash is where it belongs.
    pub applied_minor: i128,
    /// How much of the cash waits on 2190; negative if more was taken back than anybody can explain.
    pub unapplied_minor: i128,
    /// The cash less what the lines less the adjustments come to; not zero while cash is missing, or too much.
    pub difference_minor: i128,
    /// Where it stands.
    pub state: RemittanceState,
    /// What is wrong with its cash, if anything.
    pub cash_break: Option<Category>,
}

/// One remittance and everything that became of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RemittanceView {
    /// The remittance, its sums, and where it stands.
    pub row: ApplicationRow,
    /// Its lines, in their order.
    pub lines: Vec<LineView>,
    /// Its payee-level adjustments, in their order.
    pub adjustments: Vec<AdjustmentView>,
    /// The breaks that it left, lines first.
    pub breaks: Vec<BreakView>,
}

/// A line and what it was matched to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LineView {
    /// The line.
    pub line: ClaimLine,
    /// Its match; `None` while the remittance is not applied.
    pub matched: Option<LineMatch>,
}

/// What a line was matched to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LineMatch {
    /// What it turned out to be.
    pub outcome: Outcome,
    /// The claim, if one was found.
    pub claim_no: Option<String>,
    /// Where its money went.
    pub parts: Parts,
    /// Why.
    pub evidence: Evidence,
}

/// A payee-level adjustment and where it went.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AdjustmentView {
    /// Its order in the remittance, from 1.
    pub order: usize,
    /// Where it stands in the file.
    pub segment: usize,
    /// What it is.
    pub code: String,
    /// What it refers to.
    pub reference: String,
    /// The amount; positive lowers the payment.
    pub amount_minor: i64,
    /// The account it was booked on, if any.
    pub account: Option<String>,
    /// The item on that account.
    pub item: Option<String>,
    /// How much was booked there.
    pub booked_minor: i64,
    /// How much waits on 2190.
    pub suspense_minor: i64,
    /// Why; `None` while the remittance is not applied.
    pub reason: Option<String>,
}

/// A break on record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct BreakView {
    /// Its id.
    pub break_id: Uuid,
    /// What kind it is.
    pub category: Category,
    /// The line it is about, by its order.
    pub line: Option<usize>,
    /// The adjustment it is about, by its order.
    pub adjustment: Option<usize>,
    /// Where its money waits on 2190.
    pub item: Option<String>,
    /// How much it is about.
    pub amount_minor: i64,
    /// The day it ages from.
    pub value_date: Date,
    /// A sentence.
    pub explanation: String,
    /// When it was raised.
    pub raised_at: Timestamp,
    /// When it was explained; `None` while it is open.
    pub closed_at: Option<Timestamp>,
}

/// A page of the application report.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ApplicationPage {
    /// Its rows, in the order in which the remittances came.
    pub rows: Vec<ApplicationRow>,
    /// The remittance after which the next page starts; `None` at the end.
    pub next: Option<Uuid>,
}

/// The application report: a page of at most `limit` rows after `after`.
pub async fn application_page(
    client: &mut Client,
    insurer: Option<&PartyNo>,
    after: Option<Uuid>,
    limit: u16,
) -> Result<ApplicationPage, Error> {
    let tx = snapshot(client).await?;
    let rows_max = limit.clamp(1, PAGE_ROWS_MAX);
    let mut rows = sql::remittances(&tx, insurer, after, i64::from(rows_max) + 1).await?;
    let is_last = rows.len() <= usize::from(rows_max);
    rows.truncate(rows_max.into());
    let next = rows.last().filter(|_| !is_last).map(|last| last.remittance_id);
    Ok(ApplicationPage { rows: application_rows(&tx, rows).await?, next })
}

/// The rows of [`application_page`].
pub async fn applications(
    client: &mut Client,
    insurer: Option<&PartyNo>,
    after: Option<Uuid>,
    limit: u16,
) -> Result<Vec<ApplicationRow>, Error> {
    Ok(application_page(client, insurer, after, limit).await?.rows)
}

/// One remittance; `None` if there is none of this id.
pub async fn remittance(client: &mut Client, remittance_id: Uuid) -> Result<Option<RemittanceView>, Error> {
    let tx = snapshot(client).await?;
    let rows = sql::remittance(&tx, remittance_id).await?.into_iter().collect();
    let Some(row) = application_rows(&tx, rows).await?.pop() else { return Ok(None) };
    Ok(Some(RemittanceView {
        row,
        lines: sql::line_views(&tx, remittance_id).await?,
        adjustments: sql::adjustment_views(&tx, remittance_id).await?,
        breaks: sql::break_views(&tx, remittance_id).await?,
    }))
}

/// The id of the remittance that an insurer announced under a trace.
pub async fn remittance_id(client: &mut Client, insurer: &PartyNo, trace: &str) -> Result<Option<Uuid>, Error> {
    sql::id_of_trace(&snapshot(client).await?, insurer, trace).await
}

async fn snapshot(client: &mut Client) -> Result<Transaction<'_>, Error> {
    let builder = client.build_transaction().isolation_level(IsolationLevel::RepeatableRead);
    Ok(builder.read_only(true).start().await?)
}

async fn application_rows(tx: &Transaction<'_>, rows: Vec<RemittanceRow>) -> Result<Vec<ApplicationRow>, Error> {
    let accounts: Vec<AccountCode> = rows.iter().map(|row| UNAPPLIED.of(&row.insurer)).collect();
    let items = rows.iter().zip(&accounts).flat_map(|(row, account)| {
        let waiting = row.waiting_items.iter().map(String::as_str);
        waiting.chain([row.trace.as_str()]).map(move |item| (account, item))
    });
    let items: Vec<(&AccountCode, &str)> = items.collect();
    let open = outstanding(&**tx, &items).await?;
    let open = open.into_iter().map(|standing| ((standing.account, standing.item), standing.settled_minor));
    let open: HashMap<(AccountCode, String), i128> = open.collect();
    let on = |account: &AccountCode, item: &str| open.get(&(account.clone(), item.to_owned())).copied().unwrap_or(0);
    let row = |(row, account): (RemittanceRow, &AccountCode)| {
        let waiting: Vec<i128> = row.waiting_items.iter().map(|item| on(account, item)).collect();
        let on_trace = on(account, &row.trace);
        application_row(row, on_trace, &waiting)
    };
    Ok(rows.into_iter().zip(&accounts).map(row).collect())
}

/// `on_trace` and `waiting` are what stands on 2190, debit positive.
fn application_row(remittance: RemittanceRow, on_trace: i128, waiting: &[i128]) -> ApplicationRow {
    let facts = Facts {
        paid_minor: remittance.paid_minor,
        unapplied_minor: -on_trace,
        is_applied: remittance.entry_ids.is_some(),
        waiting: waiting.iter().filter(|minor| **minor != 0).count(),
    };
    let unapplied_minor = -on_trace - waiting.iter().sum::<i128>();
    let expected = i128::from(remittance.lines_minor) - i128::from(remittance.adjustments_minor);
    let cash_minor = facts.cash_minor();
    ApplicationRow {
        cash_minor,
        applied_minor: cash_minor - unapplied_minor,
        unapplied_minor,
        difference_minor: cash_minor - expected,
        state: facts.state(),
        cash_break: facts.cash_break(),
        remittance,
    }
}
