//! An insurer's money: deposits before anything is advanced, and its statement.

use axum::{Extension, Json};
use deadpool_postgres::Client;
use dianfu_claims::insurer::{InsurerRefusal, prefund, statement, view};
use dianfu_ledger::money::Currency;
use dianfu_ledger::{Rejection, clock};
use dianfu_settlement::number::PartyNo;
use jiff::civil::Date;
use serde::Deserialize;

use super::{may_see, named};
use crate::auth::Access;
use crate::extract::{self, PathParam, QueryParams};
use crate::problem::{Problem, Violation, of_rejection};
use crate::wire::insurer_money::{DepositBody, NewDepositBody, PrefundBody, StatementBody};
use crate::wire::insurer_refusal::{misread, of_refusal, unknown};
use crate::wire::time;

/// Books what an insurer has paid in (J24). The same again is the same deposit.
#[utoipa::path(
    post, path = "/v1/insurers/{insurer}/deposits", tag = "insurers", request_body = NewDepositBody,
    params(("insurer" = String, Path, example = "picc")),
    responses(
        (status = 200, body = DepositBody, description = "It is booked, now or before."),
        (status = 404, description = "There is no such insurer."),
        (status = 409, description = "Another deposit is booked under the bank's reference."),
        (status = 422, description = "The ledger does not take it.")
    )
)]
pub async fn insurer_deposit(
    Extension(access): Extension<Access>,
    PathParam(insurer): PathParam<String>,
    extract::Json(body): extract::Json<NewDepositBody>,
) -> Result<Json<DepositBody>, Problem> {
    let mut client = access.ledger.client().await?;
    let (insurer, currency) = seen(&access, &mut client, &insurer).await?;
    let deposit = body.read(insurer, currency).map_err(misread)?;
    let booked = prefund::deposit(&access.ledger, &mut client, &deposit, &access.actor).await?;
    let entry = booked.map_err(|refusal| refused(&refusal))?;
    Ok(Json(DepositBody { entry, prefund: left(&client, &deposit.insurer, currency).await? }))
}

fn refused(refusal: &InsurerRefusal) -> Problem {
    let InsurerRefusal::Ledger(rejection) = refusal else { return of_refusal(refusal, "") };
    let violation = of_rejection(rejection, |_| "amount");
    let pointer = match rejection {
        Rejection::AccountUnknown { .. } => "/bank",
        Rejection::IdConflict { field, .. } if field.starts_with("postings") => "/amount",
        _ => "/on",
    };
    let violation = Violation { pointer: Some(pointer.into()), ..violation };
    let is_conflict = matches!(rejection, Rejection::IdConflict { .. });
    Problem::refused("The deposit cannot be booked", is_conflict, vec![violation])
}

/// What is left of an insurer's deposits.
#[utoipa::path(
    get, path = "/v1/insurers/{insurer}/prefund", tag = "insurers",
    params(("insurer" = String, Path, example = "picc")),
    responses(
        (status = 200, body = PrefundBody),
        (status = 404, description = "There is no such insurer, or it is not the caller's to see.")
    )
)]
pub async fn insurer_prefund(
    Extension(access): Extension<Access>,
    PathParam(insurer): PathParam<String>,
) -> Result<Json<PrefundBody>, Problem> {
    let mut client = access.ledger.client().await?;
    let (insurer, currency) = seen(&access, &mut client, &insurer).await?;
    left(&client, &insurer, currency).await.map(Json)
}

async fn left(client: &Client, insurer: &PartyNo, currency: Currency) -> Result<PrefundBody, Problem> {
    let left = prefund::prefund(&***client, insurer).await?;
    left.map(|left| PrefundBody::of(left, currency)).ok_or_else(|| unknown(insurer.as_str()))
}

/// Which days.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct PeriodQuery {
    /// The first day.
    #[serde(deserialize_with = "time::that_day")]
    #[param(value_type = String, format = Date, example = "2026-03-01")]
    from: Date,
    /// The last day.
    #[serde(deserialize_with = "time::that_day")]
    #[param(value_type = String, format = Date, example = "2026-03-31")]
    to: Date,
}

/// The statement of an insurer: what stood on each of its accounts, what moved by claim and journal, what stands now.
#[utoipa::path(
    get, path = "/v1/insurers/{insurer}/statement", tag = "insurers",
    params(("insurer" = String, Path, example = "picc"), PeriodQuery),
    responses(
        (status = 200, body = StatementBody),
        (status = 404, description = "There is no such insurer, or it is not the caller's to see.")
    )
)]
pub async fn insurer_statement(
    Extension(access): Extension<Access>,
    PathParam(insurer): PathParam<String>,
    QueryParams(query): QueryParams<PeriodQuery>,
) -> Result<Json<StatementBody>, Problem> {
    let PeriodQuery { from, to } = query;
    if from > to {
        return Err(dianfu_ledger::report::ReportError::RangeReversed { from, to }.into());
    }
    let mut client = access.ledger.client().await?;
    let (insurer, currency) = seen(&access, &mut client, &insurer).await?;
    let statement = statement::statement(&**client, &insurer, (from, to), None).await?;
    Ok(Json(StatementBody::of(statement, currency)))
}

/// An insurer that the caller may see, and its currency.
pub(super) async fn seen(access: &Access, client: &mut Client, insurer: &str) -> Result<(PartyNo, Currency), Problem> {
    let insurer = named(insurer)?;
    let known = view::view(client, &insurer, clock::now()).await?.filter(|_| may_see(access, &insurer));
    let known = known.ok_or_else(|| unknown(insurer.as_str()))?;
    Ok((insurer, known.standing.insurer.currency))
}
