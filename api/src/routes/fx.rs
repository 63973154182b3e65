//! Several currencies: the setup of a book, exchanges, settlements at another rate, revaluations.

use axum::http::StatusCode;
use axum::{Extension, Json};
use dianfu_ledger::fx::{FxFault, TradeKind, setup};
use dianfu_ledger::register::Signature;

use crate::auth::Access;
use crate::extract;
use crate::problem::{Kind, Problem, Violation};
use crate::wire::fx::{NewRevaluationBody, NewTradeBody, RevaluationBody, TradeBody, of_fx_fault};
use crate::wire::fx_setup::{NewSetupBody, SetupBody};

/// Sets the book up for several currencies, and opens the clearing accounts of some. The functional currency is set
/// once.
#[utoipa::path(
    put, path = "/v1/fx/setup", tag = "fx", request_body = NewSetupBody,
    responses(
        (status = 200, body = SetupBody, description = "It is in force."),
        (status = 422, description = "It cannot be as was asked.")
    )
)]
pub async fn fx_set_up(
    Extension(access): Extension<Access>,
    extract::Json(body): extract::Json<NewSetupBody>,
) -> Result<Json<SetupBody>, Problem> {
    let (setup, currencies) = body.read().map_err(|violation| refused(vec![violation]))?;
    let signature = Signature::of(&access.actor, &body.reason);
    access.ledger.set_up_currencies(&setup, &currencies, signature).await?.map_err(|fault| of_fault(&fault))?;
    view(&access).await
}

/// How the book keeps several currencies.
#[utoipa::path(
    get, path = "/v1/fx/setup", tag = "fx",
    responses((status = 200, body = SetupBody), (status = 404, description = "It keeps one currency only so far."))
)]
pub async fn fx_view_setup(Extension(access): Extension<Access>) -> Result<Json<SetupBody>, Problem> {
    view(&access).await
}

async fn view(access: &Access) -> Result<Json<SetupBody>, Problem> {
    let client = access.ledger.client().await?;
    let missing = || Problem::new(Kind::FxNotSetUp, "the book has no functional currency yet");
    Ok(Json(setup::in_force(&**client).await?.ok_or_else(missing)?.into()))
}

/// Exchanges one currency for another: one entry, balanced in each through clearing accounts, with what was gained or
/// lost. From two amounts, or from one and a rate: the one given, or that of the table.
#[utoipa::path(
    post, path = "/v1/fx/exchanges", tag = "fx", request_body = NewTradeBody,
    responses(
        (status = 201, body = TradeBody, description = "It is posted."),
        (status = 200, body = TradeBody, description = "It was in the books already, or is only rehearsed."),
        (status = 409, description = "The id is in the books for another request."),
        (status = 422, description = "It cannot be done so.")
    )
)]
pub async fn fx_exchange(
    Extension(access): Extension<Access>,
    extract::Json(body): extract::Json<NewTradeBody>,
) -> Result<(StatusCode, Json<TradeBody>), Problem> {
    trade(&access, TradeKind::Exchange, body).await
}

/// Settles in a foreign currency what was raised at another rate: the difference is realised gain or loss.
#[utoipa::path(
    post, path = "/v1/fx/settlements", tag = "fx", request_body = NewTradeBody,
    responses(
        (status = 201, body = TradeBody, description = "It is posted."),
        (status = 200, body = TradeBody, description = "It was in the books already, or is only rehearsed."),
        (status = 409, description = "The id is in the books for another request."),
        (status = 422, description = "It cannot be done so.")
    )
)]
pub async fn fx_settle(
    Extension(access): Extension<Access>,
    extract::Json(body): extract::Json<NewTradeBody>,
) -> Result<(StatusCode, Json<TradeBody>), Problem> {
    trade(&access, TradeKind::Settlement, body).await
}

async fn trade(access: &Access, kind: TradeKind, body: NewTradeBody) -> Result<(StatusCode, Json<TradeBody>), Problem> {
    may_adjust(access, body.adjusting)?;
    let (id, dry_run) = (body.id, body.dry_run);
    let functional = setup::in_force(&**access.ledger.client().await?).await?.map(|view| view.setup.functional);
    let trade = body.read(kind, functional, &access.actor).map_err(|violation| refused(vec![violation]))?;
    let traded = access.ledger.trade(&trade, !dry_run).await?;
    let body = TradeBody::new(id, traded, dry_run).map_err(|fault| of_fault(&fault))?;
    Ok((if body.is_new() { StatusCode::CREATED } else { StatusCode::OK }, Json(body)))
}

/// Values accounts of foreign currencies at the closing rate of a day. The difference to what they are carried at goes
/// to unrealised gain or loss, and is moved back on the next day. Doing it again posts what has changed since.
#[utoipa::path(
    post, path = "/v1/fx/revaluations", tag = "fx", request_body = NewRevaluationBody,
    responses(
        (status = 201, body = RevaluationBody, description = "It is posted, or rehearsed."),
        (status = 422, description = "It cannot be done so.")
    )
)]
pub async fn fx_revalue(
    Extension(access): Extension<Access>,
    extract::Json(body): extract::Json<NewRevaluationBody>,
) -> Result<(StatusCode, Json<RevaluationBody>), Problem> {
    may_adjust(&access, body.adjusting)?;
    let dry_run = body.dry_run;
    let revaluation = body.read(&access.actor).map_err(|violation| refused(vec![violation]))?;
    let revalued = access.ledger.revalue(&revaluation, !dry_run).await?;
    let body = RevaluationBody::new(revalued, dry_run).map_err(|fault| of_fault(&fault))?;
    Ok((StatusCode::CREATED, Json(body)))
}

fn may_adjust(access: &Access, adjusting: bool) -> Result<(), Problem> {
    if adjusting && !access.poster().may_adjust {
        return Err(Problem::new(Kind::Forbidden, "this token may not adjust days that are closed to others"));
    }
    Ok(())
}

fn refused(violations: Vec<Violation>) -> Problem {
    Problem::refused("It cannot be done so", false, violations)
}

fn of_fault(fault: &FxFault) -> Problem {
    Problem::refused("It cannot be done so", fault.is_conflict(), vec![of_fx_fault(fault)])
}
