//! Holds that are open.

use axum::{Extension, Json};
use dianfu_ledger::account::AccountCode;
use dianfu_ledger::query;
use serde::Deserialize;

use crate::auth::Access;
use crate::extract::{self, QueryParams};
use crate::problem::Problem;
use crate::wire::control::{HoldBody, HoldPageBody};

/// Which holds.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct HoldsQuery {
    /// Only holds that hold something on this account, or on accounts below it.
    #[param(example = "1101.picc")]
    account: Option<String>,
    /// Holds before this sequence; `next` of the page before. From the newest if left out.
    before: Option<i64>,
    /// Rows a page: 1 to 1,000, 100 if left out.
    limit: Option<u16>,
}

/// Holds of which something is left, newest first.
#[utoipa::path(
    get, path = "/v1/holds", tag = "entries", params(HoldsQuery),
    responses((status = 200, body = HoldPageBody))
)]
pub async fn hold_list(
    Extension(access): Extension<Access>,
    QueryParams(query): QueryParams<HoldsQuery>,
) -> Result<Json<HoldPageBody>, Problem> {
    let limit = extract::page_limit(query.limit)?;
    let malformed = || Problem::parameter("/query/account", "it is not the code of an account");
    let account = query.account.map(|code| AccountCode::parse(&code).ok_or_else(malformed)).transpose()?;
    let client = access.ledger.client().await?;
    let page = query::holds(&**client, account.as_ref(), query.before, limit).await?;
    Ok(Json(HoldPageBody { holds: page.holds.into_iter().map(HoldBody::from).collect(), next: page.next }))
}
