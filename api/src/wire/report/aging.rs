//! The aging of open items, and the items behind it.

use dianfu_ledger::money::{Currency, decimal_text};
use dianfu_ledger::report::aging::{AgedItem, AgedItems, Aging, AgingRow, Bucket, Buckets};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;

use crate::sheet::{Listed, listed};

/// What is outstanding, by how long it has been due. Amounts are debits less credits.
#[derive(Serialize, ToSchema)]
#[schema(as = Aging)]
pub struct AgingBody {
    /// The day to which ages are counted: `as_of`, or the day of `known_at`.
    #[schema(value_type = String, format = Date)]
    aged_on: Date,
    /// The last effective date that counts; null for all.
    #[schema(value_type = Option<String>, format = Date)]
    as_of: Option<Date>,
    /// When this was known: ask with it for the same answer again.
    #[schema(value_type = String, format = DateTime)]
    known_at: Timestamp,
    /// The accounts that have something outstanding, by code.
    rows: Vec<AgingRowBody>,
    /// One a currency.
    totals: Vec<AgingTotalBody>,
}

listed!(AgingBody, rows: AgingRowBody);

/// One account.
#[derive(Serialize, ToSchema)]
#[schema(as = AgingRow)]
pub struct AgingRowBody {
    #[schema(example = "1102.picc")]
    account: String,
    name: String,
    #[schema(value_type = String, example = "CNY")]
    currency: Currency,
    /// How many items.
    items: i64,
    #[serde(flatten)]
    buckets: BucketsBody,
}

/// All accounts of one currency.
#[derive(Serialize, ToSchema)]
#[schema(as = AgingTotal)]
pub struct AgingTotalBody {
    #[schema(value_type = String, example = "CNY")]
    currency: Currency,
    /// How many items.
    items: i64,
    #[serde(flatten)]
    buckets: BucketsBody,
}

/// Amounts by how many days they have been due.
#[derive(Serialize, ToSchema)]
#[schema(as = AgingBuckets)]
pub struct BucketsBody {
    /// Not due yet, or due on the very day.
    current: String,
    #[serde(rename = "1-30")]
    to_30: String,
    #[serde(rename = "31-60")]
    to_60: String,
    #[serde(rename = "61-90")]
    to_90: String,
    #[serde(rename = "91-180")]
    to_180: String,
    #[serde(rename = "over-180")]
    over_180: String,
    /// All buckets together.
    total: String,
}

impl BucketsBody {
    fn of(buckets: &Buckets, currency: Currency) -> BucketsBody {
        let text = |bucket| decimal_text(buckets.of(bucket), currency);
        BucketsBody {
            current: text(Bucket::Current),
            to_30: text(Bucket::To30),
            to_60: text(Bucket::To60),
            to_90: text(Bucket::To90),
            to_180: text(Bucket::To180),
            over_180: text(Bucket::Over180),
            total: decimal_text(buckets.total_minor, currency),
        }
    }
}

impl From<Aging> for AgingBody {
    fn from(aging: Aging) -> AgingBody {
        let row = |row: AgingRow| AgingRowBody {
            account: row.account.to_string(),
            name: row.name,
            currency: row.currency,
            items: row.buckets.items,
            buckets: BucketsBody::of(&row.buckets, row.currency),
        };
        let total = |(currency, buckets): (Currency, Buckets)| AgingTotalBody {
            currency,
            items: buckets.items,
            buckets: BucketsBody::of(&buckets, currency),
        };
        AgingBody {
            aged_on: aging.aged_on,
            as_of: aging.as_of,
            known_at: aging.known_at,
            rows: aging.rows.into_iter().map(row).collect(),
            totals: aging.totals.into_iter().map(total).collect(),
        }
    }
}

/// A page of the items behind an aging, by account and item.
#[derive(Serialize, ToSchema)]
#[schema(as = AgedItems)]
pub struct AgedItemsBody {
    /// The day to which ages are counted.
    #[schema(value_type = String, format = Date)]
    aged_on: Date,
    /// The last effective date that counts; null for all.
    #[schema(value_type = Option<String>, format = Date)]
    as_of: Option<Date>,
    /// When this was known.
    #[schema(value_type = String, format = DateTime)]
    known_at: Timestamp,
    /// The items.
    items: Vec<AgedItemBody>,
    /// The cursor of the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

listed!(AgedItemsBody, items: AgedItemBody, next);

/// One item.
#[derive(Serialize, ToSchema)]
#[schema(as = AgedItem)]
pub struct AgedItemBody {
    #[schema(example = "1102.picc")]
    account: String,
    #[schema(example = "CLM-2026-000017")]
    item: String,
    #[schema(value_type = String, example = "CNY")]
    currency: Currency,
    /// Debits less credits.
    outstanding: String,
    /// The latest due date that its postings give.
    #[schema(value_type = Option<String>, format = Date)]
    due_date: Option<Date>,
    /// The earliest effective date among its postings.
    #[schema(value_type = String, format = Date)]
    first_date: Date,
    /// The latest.
    #[schema(value_type = String, format = Date)]
    last_date: Date,
    /// Days since it was due, or since its first day; negative before.
    days: i64,
    /// `current`, `1-30`, `31-60`, `61-90`, `91-180` or `over-180`.
    bucket: &'static str,
}

impl From<AgedItems> for AgedItemsBody {
    fn from(page: AgedItems) -> AgedItemsBody {
        let item = |item: AgedItem| AgedItemBody {
            account: item.account.to_string(),
            outstanding: decimal_text(item.outstanding_minor, item.currency),
            currency: item.currency,
            due_date: item.due_date,
            first_date: item.first_date,
            last_date: item.last_date,
            days: item.days,
            bucket: item.bucket.word(),
            item: item.item,
        };
        AgedItemsBody {
            aged_on: page.aged_on,
            as_of: page.as_of,
            known_at: page.known_at,
            items: page.items.into_iter().map(item).collect(),
            next: page.next,
        }
    }
}
