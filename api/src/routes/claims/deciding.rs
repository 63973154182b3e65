//! Deciding on claims: the rules, a reviewer, and who is to dispense.

use axum::Extension;
use dianfu_claims::command::Request;
use dianfu_settlement::number::PartyNo;

use super::telling::{Answer, carry_out, seen};
use crate::auth::Access;
use crate::extract::{self, PathParam};
use crate::problem::Violation;
use crate::wire::claim_answer::AppliedBody;
use crate::wire::claim_asked::{OfferBody, ReviewBody, RulingBody};
use crate::wire::claim_refusal::misread;
use crate::wire::claim_told::asked;

/// Lets the rules in force decide: approved, rejected, or left to a reviewer. A claim that is decided is answered as
/// the first time.
#[utoipa::path(
    post, path = "/v1/claims/{claim_no}/review", tag = "claims", request_body = ReviewBody,
    params(("claim_no" = String, Path, example = "CLM-1")),
    responses(
        (status = 201, body = AppliedBody, description = "The rules have spoken."),
        (status = 200, body = AppliedBody, description = "They had spoken: the first answer again."),
        (status = 404, description = "There is no such claim."),
        (status = 409, description = "The claim has moved meanwhile."),
        (status = 422, description = "It cannot be reviewed; nothing is done.")
    )
)]
pub async fn claim_review(
    Extension(access): Extension<Access>,
    PathParam(claim_no): PathParam<String>,
    extract::Json(body): extract::Json<ReviewBody>,
) -> Answer {
    let mut client = access.ledger.client().await?;
    let claim = seen(&access, &mut client, &claim_no).await?;
    let command = asked(claim.claim_no(), Request::Review, (body.on, &body.reason), body.as_of_event);
    carry_out(&access, &mut client, &command, ("", Some(claim.intake.currency))).await
}

/// Decides what the rules leave to a reviewer. Above the rules' limit it takes a second person, and is proposed with
/// PUT /v1/ruling-proposals/{id}.
#[utoipa::path(
    post, path = "/v1/claims/{claim_no}/ruling", tag = "claims", request_body = RulingBody,
    params(("claim_no" = String, Path, example = "CLM-1")),
    responses(
        (status = 201, body = AppliedBody, description = "It is decided."),
        (status = 200, body = AppliedBody, description = "It was decided: the first answer again."),
        (status = 404, description = "There is no such claim."),
        (status = 409, description = "The claim has moved meanwhile."),
        (status = 422, description = "It cannot be decided so; nothing is done.")
    )
)]
pub async fn claim_rule(
    Extension(access): Extension<Access>,
    PathParam(claim_no): PathParam<String>,
    extract::Json(body): extract::Json<RulingBody>,
) -> Answer {
    let mut client = access.ledger.client().await?;
    let claim = seen(&access, &mut client, &claim_no).await?;
    let RulingBody { approve, reasons, on, reason, as_of_event } = body;
    let command = asked(claim.claim_no(), Request::Rule { approve, reasons }, (on, &reason), as_of_event);
    carry_out(&access, &mut client, &command, ("", Some(claim.intake.currency))).await
}

/// Offers the order to a pharmacy, on its terms. The same offer again is answered as the first time.
#[utoipa::path(
    post, path = "/v1/claims/{claim_no}/offers", tag = "claims", request_body = OfferBody,
    params(("claim_no" = String, Path, example = "CLM-1")),
    responses(
        (status = 201, body = AppliedBody, description = "It is offered."),
        (status = 200, body = AppliedBody, description = "It was offered: the first answer again."),
        (status = 404, description = "There is no such claim."),
        (status = 409, description = "Another offer has this number, or the claim has moved meanwhile."),
        (status = 422, description = "It cannot be offered so; nothing is done.")
    )
)]
pub async fn order_offer(
    Extension(access): Extension<Access>,
    PathParam(claim_no): PathParam<String>,
    extract::Json(body): extract::Json<OfferBody>,
) -> Answer {
    let mut client = access.ledger.client().await?;
    let claim = seen(&access, &mut client, &claim_no).await?;
    let malformed = |message: String| misread(Violation::at("number_malformed", "/pharmacy", message));
    let pharmacy = PartyNo::parse(&body.pharmacy).map_err(|error| malformed(error.to_string()))?;
    let offer = Request::Offer { offer_no: body.offer_no, pharmacy, respond_by: body.respond_by };
    let command = asked(claim.claim_no(), offer, (body.on, &body.reason), body.as_of_event);
    carry_out(&access, &mut client, &command, ("", Some(claim.intake.currency))).await
}
