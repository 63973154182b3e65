//! The history of an open item.

use dianfu_ledger::money::{Currency, decimal_text};
use dianfu_ledger::query::{ItemHistory, ItemPlace, ItemRow, Moment};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::sheet::{Listed, listed};

/// One posting on an item.
#[derive(Serialize, ToSchema)]
#[schema(as = ItemPosting)]
pub struct ItemPostingBody {
    sequence: i64,
    entry: Uuid,
    /// What the entry does: `post`, `hold`, `release`, `capture`, `expiry`, `reversal`.
    kind: &'static str,
    /// The entry from which it takes.
    relates_to: Option<Uuid>,
    #[schema(value_type = String, format = Date)]
    effective_date: Date,
    #[schema(value_type = String, format = DateTime)]
    booked_at: Timestamp,
    reference: String,
    description: String,
    /// Whether it has moved money (`settled`) or holds it (`pending`).
    layer: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "15200.00")]
    debit: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    credit: Option<String>,
    /// When the item is due from here on.
    #[schema(value_type = Option<String>, format = Date)]
    due_date: Option<Date>,
    /// What is outstanding after it, debit positive; what is held does not count.
    #[schema(example = "15200.00")]
    outstanding: String,
}

/// An item with its postings, in order of booking.
#[derive(Serialize, ToSchema)]
#[schema(as = ItemHistory)]
pub struct ItemHistoryBody {
    #[schema(example = "1102.picc")]
    account: String,
    #[schema(example = "CLM-17")]
    item: String,
    #[schema(value_type = String, example = "CNY")]
    currency: Currency,
    /// What is outstanding, debit positive.
    outstanding: String,
    #[schema(value_type = Option<String>, format = Date)]
    due_date: Option<Date>,
    #[schema(value_type = Option<String>, format = Date)]
    as_of: Option<Date>,
    #[schema(value_type = String, format = DateTime)]
    known_at: Timestamp,
    postings: Vec<ItemPostingBody>,
    /// The cursor of the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

listed!(ItemHistoryBody, postings: ItemPostingBody, next);

impl From<ItemHistory> for ItemHistoryBody {
    fn from(history: ItemHistory) -> ItemHistoryBody {
        let currency = history.currency;
        ItemHistoryBody {
            account: history.account.to_string(),
            item: history.item,
            currency,
            outstanding: decimal_text(history.outstanding_minor, currency),
            due_date: history.due_date,
            as_of: history.as_of,
            known_at: history.known_at,
            postings: history.rows.into_iter().map(|row| posting(row, currency)).collect(),
            next: history
                .next
                .map(|ItemPlace { sequence, leg }| format!("{sequence}.{leg}.{}", history.known_at.as_microsecond())),
        }
    }
}

/// Reads a cursor that [`ItemHistoryBody`] gave out: the place behind which the list goes on, and the moment at which
/// its first page was known. The moment asked for may repeat that time, but not name another.
pub fn place(cursor: &str, asked: Moment) -> Option<(ItemPlace, Moment)> {
    let (place, micros) = cursor.rsplit_once('.')?;
    let (sequence, leg) = place.split_once('.')?;
    let place = ItemPlace { sequence: sequence.parse().ok()?, leg: leg.parse().ok()? };
    let known_at = Timestamp::from_microsecond(micros.parse().ok()?).ok()?;
    let is_same = asked.known_at.is_none_or(|asked| asked.as_microsecond() == known_at.as_microsecond());
    is_same.then_some((place, Moment { known_at: Some(known_at), ..asked }))
}

fn posting(row: ItemRow, currency: Currency) -> ItemPostingBody {
    let amount = Some(row.amount.without_sign().to_decimal_string());
    let (debit, credit) = if row.amount.minor > 0 { (amount, None) } else { (None, amount) };
    ItemPostingBody {
        sequence: row.sequence,
        entry: row.entry_id,
        kind: row.kind.word(),
        relates_to: row.relates_to,
        effective_date: row.effective_date,
        booked_at: row.booked_at,
        reference: row.reference,
        description: row.description,
        layer: row.layer.word(),
        debit,
        credit,
        due_date: row.due_date,
        outstanding: decimal_text(row.outstanding_minor, currency),
    }
}
