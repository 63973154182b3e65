//! Reports over the whole book.

use axum::{Extension, Json};
use dianfu_ledger::query::{self, Moment};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::auth::Access;
use crate::extract::QueryParams;
use crate::problem::Problem;
use crate::wire::report::TrialBalanceBody;
use crate::wire::time;

/// One row for what.
#[derive(Clone, Copy, Default, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Level {
    /// Each account.
    #[default]
    Account,
    /// Each control account: `1101` for `1101.picc` and `1101.cpic` together.
    Control,
}

/// When, and how fine.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TrialBalanceQuery {
    /// The first day; everything dated before it is opening.
    #[serde(default, deserialize_with = "time::day")]
    #[param(value_type = Option<String>, format = Date)]
    from: Option<Date>,
    /// Only what counts up to this day; all if left out.
    #[serde(default, deserialize_with = "time::day")]
    #[param(value_type = Option<String>, format = Date)]
    as_of: Option<Date>,
    /// Only what the ledger knew at this time; now if left out.
    #[serde(default, deserialize_with = "time::instant")]
    #[param(value_type = Option<String>, format = DateTime)]
    known_at: Option<Timestamp>,
    /// One row for what; `account` if left out.
    #[serde(default)]
    #[param(inline)]
    level: Level,
}

/// Every account that has postings, with debits, credits, and totals that are zero.
#[utoipa::path(
    get, path = "/v1/reports/trial-balance", tag = "reports", params(TrialBalanceQuery),
    responses((status = 200, body = TrialBalanceBody))
)]
pub async fn trial_balance(
    Extension(access): Extension<Access>,
    QueryParams(query): QueryParams<TrialBalanceQuery>,
) -> Result<Json<TrialBalanceBody>, Problem> {
    let TrialBalanceQuery { from, as_of, known_at, level } = query;
    let client = access.ledger.client().await?;
    let report = query::trial_balance(&**client, Moment { as_of, known_at }, from).await?;
    let report = match level {
        Level::Account => report,
        Level::Control => report.by_control(),
    };
    Ok(Json(report.into()))
}
