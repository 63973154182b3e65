//! Disputes with an insurer: opened and answered here; how they end is proposed and takes two people.

use axum::{Extension, Json};
use deadpool_postgres::Client;
use dianfu_claims::claim::ClaimNo;
use dianfu_claims::insurer::InsurerRefusal;
use dianfu_claims::insurer::dispute::{self, Dispute, DisputeNo};
use dianfu_claims::registration::RegistrationRefusal;
use dianfu_ledger::clock;
use dianfu_settlement::number::NumberError;
use serde::Deserialize;

use super::may_see;
use super::money::seen;
use crate::auth::Access;
use crate::extract::{self, PathParam, QueryParams};
use crate::problem::{Kind, Problem, Violation};
use crate::routes::claims::telling;
use crate::wire::claim_told::reading::digest;
use crate::wire::dispute::{AnswerBody, DisputeBody, DisputesBody, NewDisputeBody};
use crate::wire::insurer_refusal::{conflict, misread, of_refusal};

type Answer = Result<Json<DisputeBody>, Problem>;

/// Opens a dispute about a part of a claim that its insurer will not pay. The same again is fine.
#[utoipa::path(
    put, path = "/v1/disputes/{dispute}", tag = "insurers", request_body = NewDisputeBody,
    params(("dispute" = String, Path, example = "D-1", description = "Yours: the same dispute again is the same.")),
    responses(
        (status = 200, body = DisputeBody, description = "It is open."),
        (status = 404, description = "There is no such claim."),
        (status = 409, description = "Another dispute has the number."),
        (status = 422, description = "It cannot be opened: more is disputed than is open, for one.")
    )
)]
pub async fn dispute_open(
    Extension(access): Extension<Access>,
    PathParam(number): PathParam<String>,
    extract::Json(body): extract::Json<NewDisputeBody>,
) -> Answer {
    let malformed = |error: NumberError| misread(Violation::at("number_malformed", "/path/dispute", error.to_string()));
    let dispute_no = DisputeNo::parse(&number).map_err(malformed)?;
    let mut client = access.ledger.client().await?;
    let claim = telling::seen(&access, &mut client, &body.claim_no).await?;
    let of_claim = (claim.claim_no(), claim.intake.currency);
    let new = body.read(dispute_no, &claim.intake.insurer, of_claim).map_err(misread)?;
    let opened = dispute::open(&mut client, &new, &access.actor, clock::now()).await?;
    opened.map_err(|refusal| refused(&refusal))?;
    shown(&access, &mut client, &number).await
}

/// Puts the insurer's answer on record, with what it shows. The same again is fine.
#[utoipa::path(
    post, path = "/v1/disputes/{dispute}/answer", tag = "insurers", request_body = AnswerBody,
    params(("dispute" = String, Path, example = "D-1")),
    responses(
        (status = 200, body = DisputeBody, description = "It is on record."),
        (status = 404, description = "There is no such dispute."),
        (status = 409, description = "It is over."),
        (status = 422, description = "The answer cannot be taken.")
    )
)]
pub async fn dispute_answer(
    Extension(access): Extension<Access>,
    PathParam(number): PathParam<String>,
    extract::Json(body): extract::Json<AnswerBody>,
) -> Answer {
    let mut client = access.ledger.client().await?;
    let dispute_no = found(&access, &mut client, &number).await?.opened.dispute_no;
    let AnswerBody { reason, evidence_sha256 } = body;
    let said = (reason.as_str(), digest(&evidence_sha256).map_err(misread)?);
    let answered = dispute::answered(&mut client, &dispute_no, said, &access.actor, clock::now()).await?;
    answered.map_err(|refusal| refused(&refusal))?;
    shown(&access, &mut client, &number).await
}

/// A dispute, and what has become of it.
#[utoipa::path(
    get, path = "/v1/disputes/{dispute}", tag = "insurers", params(("dispute" = String, Path, example = "D-1")),
    responses(
        (status = 200, body = DisputeBody),
        (status = 404, description = "There is no such dispute, or it is not the caller's to see.")
    )
)]
pub async fn dispute_view(Extension(access): Extension<Access>, PathParam(number): PathParam<String>) -> Answer {
    let mut client = access.ledger.client().await?;
    shown(&access, &mut client, &number).await
}

/// Which disputes.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct DisputesQuery {
    /// All about this claim, also those that are over.
    #[param(example = "CLM-1")]
    claim_no: Option<String>,
}

/// The disputes with an insurer that are not over, at most 1,000, or all about one claim.
#[utoipa::path(
    get, path = "/v1/insurers/{insurer}/disputes", tag = "insurers",
    params(("insurer" = String, Path, example = "picc"), DisputesQuery),
    responses(
        (status = 200, body = DisputesBody),
        (status = 404, description = "There is no such insurer, or it is not the caller's to see.")
    )
)]
pub async fn dispute_list(
    Extension(access): Extension<Access>,
    PathParam(insurer): PathParam<String>,
    QueryParams(query): QueryParams<DisputesQuery>,
) -> Result<Json<DisputesBody>, Problem> {
    let malformed = |error: NumberError| Problem::parameter("/query/claim_no", error.to_string());
    let claim_no = query.claim_no.as_deref().map(ClaimNo::parse).transpose().map_err(malformed)?;
    let mut client = access.ledger.client().await?;
    let (insurer, _) = seen(&access, &mut client, &insurer).await?;
    let mut disputes = match &claim_no {
        Some(claim_no) => dispute::of_claim(&mut client, claim_no).await?,
        None => dispute::running(&mut client, &insurer).await?,
    };
    disputes.retain(|dispute| dispute.opened.insurer == insurer);
    Ok(Json(DisputesBody { disputes: disputes.into_iter().map(|dispute| body(&access, dispute)).collect() }))
}

fn body(access: &Access, dispute: Dispute) -> DisputeBody {
    let body = DisputeBody::of(dispute, clock::date_of(clock::now()));
    if access.party.is_some() { body.without_people() } else { body }
}

async fn shown(access: &Access, client: &mut Client, number: &str) -> Answer {
    let dispute = found(access, client, number).await?;
    Ok(Json(body(access, dispute)))
}

async fn found(access: &Access, client: &mut Client, number: &str) -> Result<Dispute, Problem> {
    let unknown = || Problem::new(Kind::DisputeUnknown, format!("there is no dispute '{number}' to be seen"));
    let dispute_no = DisputeNo::parse(number).map_err(|_| unknown())?;
    let dispute = dispute::dispute(client, &dispute_no).await?;
    dispute.filter(|dispute| may_see(access, &dispute.opened.insurer)).ok_or_else(unknown)
}

fn refused(refusal: &InsurerRefusal) -> Problem {
    match refusal {
        InsurerRefusal::Registration(RegistrationRefusal::Conflict { difference, .. }) => {
            let field = difference.field.strip_suffix("_minor").unwrap_or(&difference.field);
            let field = field.split('/').next().unwrap_or(field);
            let violation = Violation::at(refusal.code(), format!("/{field}"), refusal.to_string());
            conflict(violation.expected(difference.first.as_str(), difference.given.as_str()))
        }
        other => of_refusal(other, ""),
    }
}
