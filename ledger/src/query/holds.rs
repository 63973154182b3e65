//! Open holds: what is still held, by whom it was asked for and until when.

use std::collections::HashMap;

use jiff::Timestamp;
use jiff::civil::Date;
use tokio_postgres::GenericClient;
use uuid::Uuid;

use crate::account::AccountCode;
use crate::money::Money;

use super::{PAGE_ROWS_MAX, QueryError, row, sql};

/// A hold of which something is left.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HoldView {
    /// Its place in the journal.
    pub sequence: i64,
    /// Its id.
    pub id: Uuid,
    /// When it counts.
    pub effective_date: Date,
    /// When the ledger knew it.
    pub booked_at: Timestamp,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// The group that it is in.
    pub hold_group: Option<Uuid>,
    /// The business document.
    pub reference: String,
    /// A sentence.
    pub description: String,
    /// Who asked for it.
    pub actor: String,
    /// What is still held, by account and item.
    pub left: Vec<HeldLeg>,
}

/// Open holds, newest first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HoldPage {
    /// The holds.
    pub holds: Vec<HoldView>,
    /// The sequence before which the next page begins; `None` at the end.
    pub next: Option<i64>,
}

/// What is still held on one account and item.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HeldLeg {
    /// The account.
    pub account: AccountCode,
    /// Signed amount, debit positive.
    pub amount: Money,
    /// The open item.
    pub item: Option<String>,
}

/// The open holds before a sequence (`None` for the newest), newest first, at most `limit`; with an account, those that
/// hold something on it or on accounts below it.
///
/// Costs one probe of the entries that relate to it for each hold since the oldest one of the page, open or not.
pub async fn holds(
    client: &impl GenericClient,
    account: Option<&AccountCode>,
    before: Option<i64>,
    limit: u16,
) -> Result<HoldPage, QueryError> {
    let account = account.map(AccountCode::as_str);
    let rows_max = i64::from(limit.clamp(1, PAGE_ROWS_MAX));
    let rows = client.query(sql::HOLDS, &[&before.unwrap_or(i64::MAX), &account, &(rows_max + 1)]).await?;
    let mut places: HashMap<i64, usize> = HashMap::with_capacity(rows.len());
    let mut holds: Vec<HoldView> = Vec::new();
    for row in &rows {
        let sequence = row.try_get("sequence")?;
        let place = *places.entry(sequence).or_insert(holds.len());
        if place == holds.len() {
            holds.push(HoldView {
                sequence,
                id: row.try_get("entry_id")?,
                effective_date: row.try_get("effective_date")?,
                booked_at: row.try_get("booked_at")?,
                expires_at: row.try_get("expires_at")?,
                hold_group: row.try_get("hold_group")?,
                reference: row.try_get("reference")?,
                description: row.try_get("description")?,
                actor: row.try_get("actor")?,
                left: Vec::new(),
            });
        }
        holds[place].left.push(HeldLeg {
            account: row::account_code(row, "code")?,
            amount: Money::new(row.try_get("left_minor")?, row::currency(row)?),
            item: row.try_get("item")?,
        });
    }
    let rows_max = usize::try_from(rows_max).expect("a page has at most PAGE_ROWS_MAX rows");
    let has_more = holds.len() > rows_max;
    holds.truncate(rows_max);
    let next = holds.last().filter(|_| has_more).map(|last| last.sequence);
    Ok(HoldPage { holds, next })
}
