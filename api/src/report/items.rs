//! What is outstanding: open items, the history of one, aging, suspense.

use dianfu_ledger::account::AccountCode;
use dianfu_ledger::query::{self, Items, Moment, QueryError};
use dianfu_ledger::report::ReportError;
use dianfu_ledger::report::aging::{Bucket, aged_items, aging};
use dianfu_ledger::report::suspense::suspense;
use tokio_postgres::Client;

use super::Question;
use crate::sheet::{Column, Paper, Sheet};
use crate::wire::item::{self, ItemHistoryBody};
use crate::wire::report::aging::{AgedItemsBody, AgingBody};
use crate::wire::report::suspense::SuspenseBody;
use crate::wire::report::{OpenItemBody, OpenItemPageBody};

/// What is said where no item has anything outstanding.
const NOTHING_OUTSTANDING: &str = "Nothing is outstanding.";

/// Open items.
#[derive(Clone, Debug)]
pub struct OpenItems {
    /// The account and all accounts below it; all if `None`.
    pub account: Option<AccountCode>,
    /// Which items.
    pub which: Items,
    /// When.
    pub moment: Moment,
}

impl Question for OpenItems {
    type Body = OpenItemPageBody;

    const PAPER: Paper = Paper {
        title: "Open items",
        name: "open-items",
        lead: None,
        sheet: Sheet {
            above: &[],
            rows: "items",
            columns: &[
                Column::Text("account"),
                Column::Text("item"),
                Column::Text("currency"),
                Column::Amount("outstanding"),
                Column::Day("first_date"),
                Column::Day("last_date"),
            ],
            totals: None,
            below: &["as_of", "known_at"],
            empty: NOTHING_OUTSTANDING,
        },
    };

    async fn page(&self, client: &Client, cursor: Option<&str>, limit: u16) -> Result<OpenItemPageBody, ReportError> {
        let (account, as_of) = (self.account.as_ref(), self.moment.as_of);
        let page = query::open_item_page(client, account, self.moment, self.which, cursor, limit).await?;
        // Nothing outstanding is one thing, a misspelt account another.
        if let Some(account) = account.filter(|_| page.items.is_empty())
            && query::balances(client, account, Moment::default()).await?.is_none()
        {
            return Err(ReportError::AccountUnknown(account.clone()));
        }
        let items = page.items.into_iter().map(OpenItemBody::from).collect();
        Ok(OpenItemPageBody { as_of, known_at: page.known_at, items, next: page.next })
    }
}

/// The history of an open item.
#[derive(Clone, Debug)]
pub struct ItemHistory {
    /// Its account.
    pub account: AccountCode,
    /// The item.
    pub item: String,
    /// When.
    pub moment: Moment,
}

impl Question for ItemHistory {
    type Body = ItemHistoryBody;

    const PAPER: Paper = Paper {
        title: "History of an open item",
        name: "item",
        lead: None,
        sheet: Sheet {
            above: &["account", "item", "currency", "due_date"],
            rows: "postings",
            columns: &[
                Column::Number("sequence"),
                Column::Text("entry"),
                Column::Text("kind"),
                Column::Day("effective_date"),
                Column::Text("reference"),
                Column::Text("layer"),
                Column::Amount("debit"),
                Column::Amount("credit"),
                Column::Amount("outstanding"),
            ],
            totals: None,
            below: &["outstanding", "as_of", "known_at"],
            empty: "Nothing was ever posted on this item.",
        },
    };

    async fn page(&self, client: &Client, cursor: Option<&str>, limit: u16) -> Result<ItemHistoryBody, ReportError> {
        let (after, moment) = match cursor {
            Some(cursor) => item::place(cursor, self.moment).ok_or(QueryError::CursorMalformed)?,
            None => (query::ItemPlace::default(), self.moment),
        };
        let found = query::item_history(client, &self.account, &self.item, moment, after, limit).await?;
        Ok(found.ok_or_else(|| ReportError::AccountUnknown(self.account.clone()))?.into())
    }
}

/// The aging of open items.
#[derive(Clone, Debug)]
pub struct Aging {
    /// The account and all accounts below it; all if `None`.
    pub account: Option<AccountCode>,
    /// When.
    pub moment: Moment,
}

impl Question for Aging {
    type Body = AgingBody;

    const PAPER: Paper = Paper {
        title: "Aging of open items",
        name: "aging",
        lead: None,
        sheet: Sheet {
            above: &["aged_on"],
            rows: "rows",
            columns: &[
                Column::Text("account"),
                Column::Text("name"),
                Column::Text("currency"),
                Column::Number("items"),
                Column::Amount("current"),
                Column::Amount("1-30"),
                Column::Amount("31-60"),
                Column::Amount("61-90"),
                Column::Amount("91-180"),
                Column::Amount("over-180"),
                Column::Amount("total"),
            ],
            totals: Some("totals"),
            below: &["as_of", "known_at"],
            empty: NOTHING_OUTSTANDING,
        },
    };

    async fn page(&self, client: &Client, _: Option<&str>, _: u16) -> Result<AgingBody, ReportError> {
        Ok(aging(client, self.account.as_ref(), self.moment).await?.into())
    }
}

/// The items behind an aging.
#[derive(Clone, Debug)]
pub struct AgingItems {
    /// The account and all accounts below it; all if `None`.
    pub account: Option<AccountCode>,
    /// The bucket; all if `None`.
    pub bucket: Option<Bucket>,
    /// When.
    pub moment: Moment,
}

impl Question for AgingItems {
    type Body = AgedItemsBody;

    const PAPER: Paper = Paper {
        title: "Items behind the aging",
        name: "aging-items",
        lead: None,
        sheet: Sheet {
            above: &["aged_on"],
            rows: "items",
            columns: &[
                Column::Text("account"),
                Column::Text("item"),
                Column::Text("currency"),
                Column::Amount("outstanding"),
                Column::Day("due_date"),
                Column::Day("first_date"),
                Column::Day("last_date"),
                Column::Number("days"),
                Column::Text("bucket"),
            ],
            totals: None,
            below: &["as_of", "known_at"],
            empty: NOTHING_OUTSTANDING,
        },
    };

    async fn page(&self, client: &Client, cursor: Option<&str>, limit: u16) -> Result<AgedItemsBody, ReportError> {
        Ok(aged_items(client, self.account.as_ref(), self.bucket, self.moment, cursor, limit).await?.into())
    }
}

/// What stands on suspense accounts.
#[derive(Clone, Copy, Debug)]
pub struct Suspense {
    /// When.
    pub moment: Moment,
}

impl Question for Suspense {
    type Body = SuspenseBody;

    const PAPER: Paper = Paper {
        title: "Suspense",
        name: "suspense",
        lead: None,
        sheet: Sheet {
            above: &["aged_on"],
            rows: "rows",
            columns: &[
                Column::Text("account"),
                Column::Text("name"),
                Column::Text("item"),
                Column::Text("currency"),
                Column::Amount("amount"),
                Column::Day("received"),
                Column::Day("last_date"),
                Column::Number("days"),
            ],
            totals: Some("totals"),
            below: &["as_of", "known_at"],
            empty: "Nothing waits for its place.",
        },
    };

    async fn page(&self, client: &Client, _: Option<&str>, _: u16) -> Result<SuspenseBody, ReportError> {
        Ok(suspense(client, self.moment).await?.into())
    }
}
