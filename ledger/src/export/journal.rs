//! The journal as it is read for every export: whole entries, in order of sequence, a piece at a time.
//!
//! The server sorts a piece at a time and rows are handed over as they arrive, so that memory grows neither here nor
//! there with the journal.

use std::pin::pin;

use futures_util::TryStreamExt;
use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::types::ToSql;
use tokio_postgres::{GenericClient, Row};

use crate::account::{Account, AccountNote, AccountSetting, Limits};
use crate::balance::Totals;
use crate::money::Money;
use crate::query::{EntryView, Horizon, Moment, PostingView, QueryError, horizon, row};

use super::{ExportError, sql};

/// Entries read with one statement: what the server sorts at a time.
const PIECE_ENTRIES: i64 = 1 << 17;
/// Entries after which the caller is told how far it is.
const TELL_ENTRIES: i64 = 1 << 10;

/// Which entries are exported.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Span {
    /// Only what is dated up to a day and known at a time.
    pub moment: Moment,
    /// Only entries after this sequence; 0 for all.
    pub after: i64,
    /// Only entries up to this sequence.
    pub until: Option<i64>,
}

/// The part of the journal that an export reads; it never changes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Extent {
    /// Up to which entry, known when, dated up to which day.
    pub horizon: Horizon,
    /// The sequence after which it begins.
    pub after: i64,
    /// The last sequence it has looked at: where a later export goes on.
    pub last: i64,
}

/// How far an export is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Progress {
    /// Sequences behind it.
    pub done: u64,
    /// Sequences in all.
    pub total: u64,
}

/// An account with all that is in force for it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChartAccount {
    /// The account.
    pub account: Account,
    /// Its place in the chart, and what is known about it.
    pub note: AccountNote,
}

impl Span {
    /// Resolves it to sequences.
    pub async fn extent(&self, client: &impl GenericClient) -> Result<Extent, QueryError> {
        let horizon = horizon(client, self.moment).await?;
        let last = self.until.map_or(horizon.sequence, |until| until.min(horizon.sequence));
        Ok(Extent { horizon, after: self.after.max(0), last: last.max(self.after.max(0)) })
    }
}

/// Hands over every entry of an extent with all its legs, and tells how far it is.
pub async fn each_entry(
    client: &impl GenericClient,
    extent: &Extent,
    mut progress: impl FnMut(Progress),
    mut take: impl FnMut(EntryView) -> Result<(), ExportError>,
) -> Result<u64, ExportError> {
    let done = |sequence: i64| Progress {
        done: (sequence - extent.after).unsigned_abs(),
        total: (extent.last - extent.after).unsigned_abs(),
    };
    let (mut entries, mut first) = (0, extent.after + 1);
    while first <= extent.last {
        let last = extent.last.min(first.saturating_add(PIECE_ENTRIES - 1));
        let parameters: [&(dyn ToSql + Sync); 3] = [&first, &last, &extent.horizon.as_of];
        let mut rows = pin!(client.query_raw(sql::JOURNAL, parameters).await?);
        let mut current: Option<EntryView> = None;
        while let Some(row) = rows.try_next().await? {
            let sequence: i64 = row.try_get("sequence")?;
            let is_next = current.as_ref().is_none_or(|current| current.sequence != sequence);
            let whole = if is_next { current.replace(entry_view(&row)?) } else { None };
            if let Some(whole) = whole {
                entries += 1;
                if whole.sequence % TELL_ENTRIES == 0 {
                    progress(done(whole.sequence));
                }
                take(whole)?;
            }
            current.as_mut().expect("it was put there just now").postings.push(posting_view(&row)?);
        }
        if let Some(whole) = current {
            entries += 1;
            take(whole)?;
        }
        progress(done(last));
        first = last + 1;
    }
    Ok(entries)
}

/// The chart as it was known at a time, in the order in which accounts were opened.
pub async fn chart(client: &impl GenericClient, known_at: Option<Timestamp>) -> Result<Vec<ChartAccount>, QueryError> {
    let rows = client.query(sql::CHART, &[&known_at]).await?;
    rows.iter().map(chart_account).collect()
}

fn chart_account(row: &Row) -> Result<ChartAccount, QueryError> {
    let account = Account {
        no: row.try_get("account_no")?,
        code: row::account_code(row, "code")?,
        name: row.try_get("name")?,
        account_type: row::account_type(row)?,
        currency: row::currency(row)?,
        normal_side: row::normal_side(row)?,
        open_item: row.try_get("open_item")?,
        setting: AccountSetting {
            limits: Limits { min_minor: row.try_get("min_minor")?, max_minor: row.try_get("max_minor")? },
            closed: row.try_get("closed")?,
            frozen: row::frozen(row)?,
        },
    };
    let note = AccountNote { parent: row.try_get("parent")?, metadata: row.try_get("metadata")? };
    Ok(ChartAccount { account, note })
}

fn entry_view(row: &Row) -> Result<EntryView, QueryError> {
    Ok(EntryView {
        sequence: row.try_get("sequence")?,
        id: row.try_get("entry_id")?,
        kind: row::kind(row)?,
        effective_date: row.try_get::<_, Date>("effective_date")?,
        booked_at: row.try_get("booked_at")?,
        value_date: row.try_get("value_date")?,
        relates_to: row.try_get("relates_to")?,
        related: Vec::new(),
        hold_group: row.try_get("hold_group")?,
        expires_at: row.try_get("expires_at")?,
        at_most: asked(row)?,
        adjusting: row.try_get("adjusting")?,
        template_no: row.try_get("template_no")?,
        reference: row.try_get("reference")?,
        description: row.try_get("description")?,
        metadata: row.try_get("metadata")?,
        actor: row.try_get("actor")?,
        postings: Vec::with_capacity(2),
    })
}

/// How much was asked for, if less was moved; what takes from another asks for what is left.
fn asked(row: &Row) -> Result<Option<Money>, QueryError> {
    let (asked, kind): (Option<i64>, _) = (row.try_get("at_most_minor")?, row::kind(row)?);
    match asked.filter(|_| !kind.relates()) {
        Some(minor) => Ok(Some(Money::new(minor, row::currency(row)?))),
        None => Ok(None),
    }
}

fn posting_view(row: &Row) -> Result<PostingView, QueryError> {
    Ok(PostingView {
        leg: row.try_get("leg")?,
        account: row::account_code(row, "code")?,
        layer: row::layer(row)?,
        amount: Money::new(row.try_get("amount_minor")?, row::currency(row)?),
        item: row.try_get("item")?,
        due_date: row.try_get("due_date")?,
        after: Totals { debits: row.try_get("debits_after")?, credits: row.try_get("credits_after")? },
    })
}
