//! What went between us and insurers about a claim, and what of it somebody has to ask about. For the platform's
//! people only; bodies are masked as they are kept.

use axum::{Extension, Json};
use dianfu_claims::claim::ClaimNo;
use dianfu_claims::ports::{desk, exchange};
use dianfu_settlement::number::NumberError;
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::claims::telling::seen;
use super::group;
use crate::app::App;
use crate::auth::{Access, Permission};
use crate::extract::{self, PathParam, QueryParams};
use crate::problem::Problem;
use crate::wire::exchange::{DiscrepancyPageBody, ExchangePageBody};

/// Routes of exchanges.
pub fn routes(app: &App) -> OpenApiRouter<App> {
    group(app, Permission::ReadQueues, |routes| routes.routes(routes!(exchange_list)).routes(routes!(discrepancy_list)))
}

/// Which page.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ExchangesQuery {
    /// Those before this number; `next` of the page before. From the youngest if left out.
    before: Option<i64>,
    /// Rows a page: 1 to 1,000, 100 if left out.
    limit: Option<u16>,
}

/// Every call to its insurer about a claim, the youngest first, with what came back.
#[utoipa::path(
    get, path = "/v1/claims/{claim_no}/exchanges", tag = "insurers",
    params(("claim_no" = String, Path, example = "CLM-1"), ExchangesQuery),
    responses((status = 200, body = ExchangePageBody), (status = 404, description = "There is no such claim."))
)]
pub async fn exchange_list(
    Extension(access): Extension<Access>,
    PathParam(claim_no): PathParam<String>,
    QueryParams(query): QueryParams<ExchangesQuery>,
) -> Result<Json<ExchangePageBody>, Problem> {
    let limit = extract::page_limit(query.limit)?;
    let mut client = access.ledger.client().await?;
    let claim = seen(&access, &mut client, &claim_no).await?;
    let exchanges = exchange::of_claim(&client, claim.claim_no(), query.before, limit.into()).await?;
    Ok(Json(ExchangePageBody::of(exchanges, limit.into())))
}

/// Which discrepancies.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DiscrepanciesQuery {
    /// Of this claim only.
    #[param(example = "CLM-1")]
    claim_no: Option<String>,
    /// Those before this number; `next` of the page before. From the youngest if left out.
    before: Option<i64>,
    /// Rows a page: 1 to 1,000, 100 if left out.
    limit: Option<u16>,
}

/// What insurers said that cannot be followed, the youngest first. It moves no money; somebody has to ask.
#[utoipa::path(
    get, path = "/v1/discrepancies", tag = "insurers", params(DiscrepanciesQuery),
    responses((status = 200, body = DiscrepancyPageBody))
)]
pub async fn discrepancy_list(
    Extension(access): Extension<Access>,
    QueryParams(query): QueryParams<DiscrepanciesQuery>,
) -> Result<Json<DiscrepancyPageBody>, Problem> {
    let limit = extract::page_limit(query.limit)?;
    let malformed = |error: NumberError| Problem::parameter("/query/claim_no", error.to_string());
    let claim_no = query.claim_no.as_deref().map(ClaimNo::parse).transpose().map_err(malformed)?;
    let client = access.ledger.client().await?;
    let found = desk::discrepancies(&client, claim_no.as_ref(), query.before, limit.into()).await?;
    Ok(Json(DiscrepancyPageBody::of(found, limit.into())))
}
