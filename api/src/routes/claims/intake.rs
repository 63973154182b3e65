//! Taking claims in: by the platform's people, and by patients for themselves.

use axum::Extension;
use dianfu_claims::claim::ClaimNo;
use dianfu_claims::command::Request;
use dianfu_claims::event::Event;
use dianfu_claims::read;

use super::telling::{Answer, carry_out, may_see};
use crate::auth::Access;
use crate::extract::{self, PathParam};
use crate::problem::Problem;
use crate::wire::claim_answer::AppliedBody;
use crate::wire::claim_intake::NewClaimBody;
use crate::wire::claim_refusal::{misread, taken};

/// Takes a claim in, under a number of ours. The same again is answered as the first time.
#[utoipa::path(
    put, path = "/v1/claims/{claim_no}", tag = "claims", request_body = NewClaimBody,
    params(("claim_no" = String, Path, example = "CLM-1")),
    responses(
        (status = 201, body = AppliedBody, description = "It is taken in."),
        (status = 200, body = AppliedBody, description = "It was taken in before: the first answer again."),
        (status = 409, description = "The number is that of another claim."),
        (status = 422, description = "It cannot be taken in; nothing is done.")
    )
)]
pub async fn claim_take_in(
    Extension(access): Extension<Access>,
    PathParam(claim_no): PathParam<String>,
    extract::Json(body): extract::Json<NewClaimBody>,
) -> Answer {
    take_in(&access, &claim_no, body).await
}

/// Takes in a claim of the patient who asks. The same again is answered as the first time.
#[utoipa::path(
    put, path = "/v1/own-claims/{claim_no}", tag = "claims", request_body = NewClaimBody,
    params(("claim_no" = String, Path, example = "CLM-1")),
    responses(
        (status = 201, body = AppliedBody, description = "It is taken in."),
        (status = 200, body = AppliedBody, description = "It was taken in before: the first answer again."),
        (status = 409, description = "The number is that of another claim."),
        (status = 422, description = "It cannot be taken in, or is not the caller's own; nothing is done.")
    )
)]
pub async fn claim_take_in_own(
    Extension(access): Extension<Access>,
    PathParam(claim_no): PathParam<String>,
    extract::Json(body): extract::Json<NewClaimBody>,
) -> Answer {
    take_in(&access, &claim_no, body).await
}

async fn take_in(access: &Access, claim_no: &str, body: NewClaimBody) -> Answer {
    let number = ClaimNo::parse(claim_no).map_err(|error| Problem::parameter("/path/claim_no", error.to_string()))?;
    let command = body.read(&number).map_err(misread)?;
    let mut client = access.ledger.client().await?;
    let first = read::claim(&mut client, &number).await?;
    if first.as_ref().is_some_and(|first| !may_see(access, first)) {
        return Err(taken(claim_no));
    }
    let currency = match &command.request {
        Request::Tell(Event::TakenIn(intake)) => Some(intake.currency),
        _ => None,
    };
    carry_out(access, &mut client, &command, ("", currency)).await
}
