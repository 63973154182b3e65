//! What is outstanding, item by item.

use axum::response::Response;
use dianfu_ledger::query::Items;
use serde::Deserialize;

use super::asked::{AccountQuery, FormatQuery, MomentQuery, PageQuery, account_code};
use crate::answer::Reader;
use crate::extract::Queries;
use crate::problem::Problem;
use crate::report::items::{ItemHistory, OpenItems};
use crate::wire::item::ItemHistoryBody;
use crate::wire::report::OpenItemPageBody;

/// Which items.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ItemsQuery {
    /// Also items that have come to zero.
    #[serde(default)]
    all: bool,
}

/// The items of an account and of all accounts below it, by account and item. Only settled money counts.
///
/// The pages of one list are one answer: the cursor keeps the time that the first page was known at.
#[utoipa::path(
    get, path = "/v1/open-items", tag = "reports",
    params(AccountQuery, ItemsQuery, MomentQuery, PageQuery, FormatQuery),
    responses((status = 200, body = OpenItemPageBody), (status = 404, description = "There is no such account."))
)]
pub async fn open_item_list(
    reader: Reader,
    Queries((account, items, moment, page, format)): Queries<(
        AccountQuery,
        ItemsQuery,
        MomentQuery,
        PageQuery,
        FormatQuery,
    )>,
) -> Result<Response, Problem> {
    let which = if items.all { Items::All } else { Items::Outstanding };
    let question = OpenItems { account: account.code()?, which, moment: moment.moment() };
    reader.answer_pages(question, page, format, moment.lasts()).await
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
}

/// The history of one item: every posting that named it, and what was outstanding after each.
#[utoipa::path(
    get, path = "/v1/open-items/history", tag = "reports", params(ItemQuery, MomentQuery, PageQuery, FormatQuery),
    responses((status = 200, body = ItemHistoryBody), (status = 404, description = "There is no such account."))
)]
pub async fn item_history(
    reader: Reader,
    Queries((item, moment, page, format)): Queries<(ItemQuery, MomentQuery, PageQuery, FormatQuery)>,
) -> Result<Response, Problem> {
    let ItemQuery { account, item } = item;
    let question = ItemHistory { account: account_code(&account)?, item, moment: moment.moment() };
    reader.answer_pages(question, page, format, moment.lasts()).await
}
