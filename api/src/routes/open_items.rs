//! What is outstanding, item by item.

use axum::{Extension, Json};
use dianfu_ledger::account::AccountCode;
use dianfu_ledger::query::{self, Items, Moment};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;

use crate::auth::Access;
use crate::extract::{self, QueryParams};
use crate::problem::{Kind, Problem};
use crate::wire::item::{self, ItemHistoryBody};
use crate::wire::report::{OpenItemBody, OpenItemPageBody};
use crate::wire::time;

/// Which items.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct OpenItemsQuery {
    /// The account; `1102` stands for all accounts below it too.
    #[param(example = "1102.picc")]
    account: String,
    /// Also items that have come to zero.
    #[serde(default)]
    all: bool,
    /// Only what counts up to this day; all if left out.
    #[serde(default, deserialize_with = "time::day")]
    #[param(value_type = Option<String>, format = Date)]
    as_of: Option<Date>,
    /// Only what the ledger knew at this time; now if left out. A cursor keeps the time of its first page.
    #[serde(default, deserialize_with = "time::instant")]
    #[param(value_type = Option<String>, format = DateTime)]
    known_at: Option<Timestamp>,
    /// `next` of the page before, with the same other parameters.
    cursor: Option<String>,
    /// Rows a page: 1 to 1,000, 100 if left out.
    limit: Option<u16>,
}

/// The items of an account and of all accounts below it, by account and item. Only settled money counts.
///
/// The pages of one list are one answer: the cursor keeps the time that the first page was known at.
#[utoipa::path(
    get, path = "/v1/open-items", tag = "reports", params(OpenItemsQuery),
    responses((status = 200, body = OpenItemPageBody), (status = 404, description = "There is no such account."))
)]
pub async fn open_item_list(
    Extension(access): Extension<Access>,
    QueryParams(query): QueryParams<OpenItemsQuery>,
) -> Result<Json<OpenItemPageBody>, Problem> {
    let OpenItemsQuery { account, all, as_of, known_at, cursor, limit } = query;
    let limit = extract::page_limit(limit)?;
    let account = AccountCode::parse(&account)
        .ok_or_else(|| Problem::parameter("/query/account", "account is a code such as 1102.picc"))?;
    let which = if all { Items::All } else { Items::Outstanding };
    let client = access.ledger.client().await?;
    let moment = Moment { as_of, known_at };
    let page = query::open_item_page(&**client, &account, moment, which, cursor.as_deref(), limit).await?;
    // Nothing outstanding is one thing, a misspelt account another.
    if page.items.is_empty() && query::balances(&**client, &account, Moment::default()).await?.is_none() {
        return Err(Problem::new(Kind::AccountUnknown, format!("there is no account {account} in this book")));
    }
    let items = page.items.into_iter().map(OpenItemBody::from).collect();
    Ok(Json(OpenItemPageBody { as_of, known_at: page.known_at, items, next: page.next }))
}

/// Which item.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ItemQuery {
    /// Its account.
    #[param(example = "1102.picc")]
    account: String,
    /// The item.
    #[param(example = "CLM-17")]
    item: String,
    /// Only what counts up to this day; all if left out.
    #[serde(default, deserialize_with = "time::day")]
    #[param(value_type = Option<String>, format = Date)]
    as_of: Option<Date>,
    /// Only what the ledger knew at this time; now if left out. Give the first page's for the pages after it.
    #[serde(default, deserialize_with = "time::instant")]
    #[param(value_type = Option<String>, format = DateTime)]
    known_at: Option<Timestamp>,
    /// `next` of the page before.
    cursor: Option<String>,
    /// Rows a page: 1 to 1,000, 100 if left out.
    limit: Option<u16>,
}

/// The history of one item: every posting that named it, and what was outstanding after each.
#[utoipa::path(
    get, path = "/v1/open-items/history", tag = "reports", params(ItemQuery),
    responses((status = 200, body = ItemHistoryBody), (status = 404, description = "There is no such account."))
)]
pub async fn item_history(
    Extension(access): Extension<Access>,
    QueryParams(query): QueryParams<ItemQuery>,
) -> Result<Json<ItemHistoryBody>, Problem> {
    let ItemQuery { account, item, as_of, known_at, cursor, limit } = query;
    let limit = extract::page_limit(limit)?;
    let account = AccountCode::parse(&account)
        .ok_or_else(|| Problem::parameter("/query/account", "account is a code such as 1102.picc"))?;
    let after = cursor.map(|cursor| item::place(&cursor).ok_or(query::QueryError::CursorMalformed)).transpose()?;
    let client = access.ledger.client().await?;
    let moment = Moment { as_of, known_at };
    let found = query::item_history(&**client, &account, &item, moment, after.unwrap_or_default(), limit).await?;
    let unknown = || Problem::new(Kind::AccountUnknown, format!("there is no account {account} in this book"));
    Ok(Json(found.ok_or_else(unknown)?.into()))
}
