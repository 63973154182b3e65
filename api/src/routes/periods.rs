//! Periods: what is closed, closing more, and taking days back.

use axum::http::StatusCode;
use axum::{Extension, Json};
use dianfu_ledger::period::{self, PeriodOutcome, YearEnd};
use dianfu_ledger::register::Signature;

use crate::auth::Access;
use crate::extract::{self, PathParam};
use crate::problem::{Problem, Violation};
use crate::wire::control::{
    ApprovalBody, NewClosingBody, NewReopeningBody, NewYearEndBody, PeriodsBody, RecordedBody, YearEndBody,
    of_period_fault,
};

/// What is closed, and everything that was ever done about it: who, when, and why.
#[utoipa::path(get, path = "/v1/periods", tag = "periods", responses((status = 200, body = PeriodsBody)))]
pub async fn period_list(Extension(access): Extension<Access>) -> Result<Json<PeriodsBody>, Problem> {
    let client = access.ledger.client().await?;
    Ok(Json(period::history(&**client).await?.into()))
}

/// Closes all days up to one. Softly: adjusters may still post. Hard: nobody may, and the trial balance is sealed.
#[utoipa::path(
    post, path = "/v1/periods/closings", tag = "periods", request_body = NewClosingBody,
    responses(
        (status = 201, body = RecordedBody, description = "They are closed from now on."),
        (status = 422, description = "They cannot be closed so.")
    )
)]
pub async fn period_close(
    Extension(access): Extension<Access>,
    extract::Json(body): extract::Json<NewClosingBody>,
) -> Result<(StatusCode, Json<RecordedBody>), Problem> {
    let signature = Signature::of(&access.actor, &body.reason);
    recorded(access.ledger.close_period(body.through, body.how.into(), signature).await?)
}

/// Proposes to take days back. Nothing changes before another person agrees.
#[utoipa::path(
    post, path = "/v1/periods/reopenings", tag = "periods", request_body = NewReopeningBody,
    responses(
        (status = 201, body = RecordedBody, description = "It is proposed under this number."),
        (status = 422, description = "These days are not closed so.")
    )
)]
pub async fn reopening_propose(
    Extension(access): Extension<Access>,
    extract::Json(body): extract::Json<NewReopeningBody>,
) -> Result<(StatusCode, Json<RecordedBody>), Problem> {
    let signature = Signature::of(&access.actor, &body.reason);
    recorded(access.ledger.propose_reopening(&body.reopening(), signature).await?)
}

/// Agrees to a proposal, as another person than the one who made it.
#[utoipa::path(
    post, path = "/v1/periods/reopenings/{proposal}/approval", tag = "periods", request_body = ApprovalBody,
    params(("proposal" = i64, Path, example = 3)),
    responses(
        (status = 201, body = RecordedBody, description = "The days are taken back from now on."),
        (status = 422, description = "There is no such proposal, it is overtaken, or it is the caller's own.")
    )
)]
pub async fn reopening_approve(
    Extension(access): Extension<Access>,
    PathParam(proposal): PathParam<i64>,
    extract::Json(body): extract::Json<ApprovalBody>,
) -> Result<(StatusCode, Json<RecordedBody>), Problem> {
    let signature = Signature::of(&access.actor, &body.reason);
    recorded(access.ledger.reopen_period(proposal, signature).await?)
}

/// Moves what stands on income and expense accounts at the end of a day to retained earnings, by ordinary entries.
/// Doing it again moves what was posted since.
#[utoipa::path(
    post, path = "/v1/periods/year-ends", tag = "periods", request_body = NewYearEndBody,
    responses(
        (status = 201, body = YearEndBody, description = "These entries have moved the result."),
        (status = 422, description = "The result cannot be moved so.")
    )
)]
pub async fn year_end(
    Extension(access): Extension<Access>,
    extract::Json(body): extract::Json<NewYearEndBody>,
) -> Result<(StatusCode, Json<YearEndBody>), Problem> {
    let refused = |violation| Problem::refused("The year cannot be closed so", false, vec![violation]);
    let accounts = body.retained_earnings().map_err(&refused)?;
    match access.ledger.close_year(body.through, &accounts, &access.actor).await? {
        YearEnd::Closed(receipts) => Ok((StatusCode::CREATED, Json(receipts.into()))),
        YearEnd::Refused(fault) => Err(refused(Violation::at(fault.code(), "", fault.to_string()))),
    }
}

fn recorded(outcome: PeriodOutcome) -> Result<(StatusCode, Json<RecordedBody>), Problem> {
    match outcome {
        PeriodOutcome::Recorded(record) => Ok((StatusCode::CREATED, Json(RecordedBody { record }))),
        PeriodOutcome::Refused(fault) => {
            Err(Problem::refused("The days cannot be closed or taken back so", false, vec![of_period_fault(&fault)]))
        }
    }
}
