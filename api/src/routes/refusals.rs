//! Refused requests.

use axum::{Extension, Json};
use dianfu_ledger::refusal::{self, Door, RefusalFilter};
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use crate::auth::Access;
use crate::extract::{self, QueryParams};
use crate::problem::Problem;
use crate::wire::refusal::RefusalPageBody;
use crate::wire::time;

/// Which refusals.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct RefusalsQuery {
    /// Only those of this actor.
    #[param(example = "person:lin")]
    actor: Option<String>,
    /// Only those with this code.
    #[param(example = "below_minimum")]
    code: Option<String>,
    /// Only those at this door: `post`, `post_in`, `api`, `gate` or `recorder`.
    door: Option<String>,
    /// Only those of the entry with this id.
    entry_id: Option<Uuid>,
    /// Only those from this time on.
    #[serde(default, deserialize_with = "time::instant")]
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Only those before this time.
    #[serde(default, deserialize_with = "time::instant")]
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
    /// Those before this number; `next` of the page before. From the newest if left out.
    before: Option<i64>,
    /// Rows a page: 1 to 1,000, 100 if left out.
    limit: Option<u16>,
}

/// Refused requests, newest first: entries that the rules refused, also inside transactions that were rolled back, what
/// could not be read as an entry, and who was turned away.
///
/// They are put on record behind the refusal. A crash may lose those of its last moment; what there is no room for is
/// counted in a row with code `refusals_not_recorded`. A minute takes at most 600 attempts at the gate and 10,000
/// unreadable entries a process.
#[utoipa::path(
    get, path = "/v1/refusals", tag = "audit", params(RefusalsQuery),
    responses((status = 200, body = RefusalPageBody))
)]
pub async fn refusal_list(
    Extension(access): Extension<Access>,
    QueryParams(query): QueryParams<RefusalsQuery>,
) -> Result<Json<RefusalPageBody>, Problem> {
    let limit = extract::page_limit(query.limit)?;
    let unknown = || Problem::parameter("/query/door", "it is one of post, post_in, api, gate and recorder");
    let door = query.door.map(|word| Door::from_word(&word).ok_or_else(unknown)).transpose()?;
    let RefusalsQuery { actor, code, entry_id, from, to, before, .. } = query;
    let filter = RefusalFilter { actor, code, door, entry_id, from, to };
    access.ledger.refusals().settle().await;
    let client = access.ledger.client().await?;
    let page = refusal::refusals(&**client, &filter, before, limit).await?;
    Ok(Json(page.try_into().map_err(Problem::internal)?))
}
