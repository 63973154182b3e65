//! What has happened to a claim, as each desk tells it: the platform's intake and money desks, and those outside, each
//! of its own claims. One way behind all of them.

use axum::http::StatusCode;
use axum::{Extension, Json};
use deadpool_postgres::Client;
use dianfu_claims::claim::{Claim, ClaimNo};
use dianfu_claims::event::EventKind;
use dianfu_claims::{Command, apply, read};
use dianfu_ledger::clock;
use dianfu_ledger::money::Currency;

use crate::auth::Access;
use crate::extract::{self, PathParam};
use crate::problem::{Problem, Violation};
use crate::wire::claim_answer::AppliedBody;
use crate::wire::claim_refusal::{misread, of_refusal, unknown};
use crate::wire::claim_told::TellBody;

use EventKind as E;

/// What a telling route answers.
pub type Answer = Result<(StatusCode, Json<AppliedBody>), Problem>;

/// Who tells, and so what may be told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Desk {
    Intake,
    Insurer,
    Pharmacy,
    Patient,
    Money,
}

impl Desk {
    fn tells(self) -> &'static [EventKind] {
        match self {
            Desk::Intake => &[
                E::Submitted,
                E::ReviewStarted,
                E::MaterialRequested,
                E::MaterialSupplied,
                E::ShareRequested,
                E::SharePaid,
                E::SentToInsurer,
                E::MoreSentToInsurer,
                E::Cancelled,
            ],
            Desk::Insurer => &[E::InsurerAskedForMore, E::InsurerDecided],
            Desk::Pharmacy => &[E::OrderAccepted, E::OrderDeclined, E::DrugReady, E::Dispensed, E::Returned],
            Desk::Patient => &[E::Submitted, E::MaterialSupplied, E::Cancelled],
            Desk::Money => &[E::OwedSharePaid, E::ShareRecalculated, E::ClawbackPaid, E::WrittenOffRecovered],
        }
    }

    fn check(self, kind: EventKind) -> Result<(), Violation> {
        if self.tells().contains(&kind) {
            return Ok(());
        }
        let pointer = format!("/event/{}", kind.word());
        if kind.takes_two() {
            let way = "it takes two people: propose it with PUT /v1/money-proposals/{id}, and another accepts it";
            return Err(Violation::at("second_person_needed", pointer, way));
        }
        let words: Vec<&str> = self.tells().iter().map(|kind| kind.word()).collect();
        let message = "this is not told here, but by another desk";
        Err(Violation::at("not_told_here", pointer, message).expected(words.join(", "), kind.word()))
    }
}

/// Tells what the platform's intake knows: sent off, materials, the share, sent to the insurer, called off.
///
/// What is told once more is answered as the first time; with other content it is refused and names the difference.
#[utoipa::path(
    post, path = "/v1/claims/{claim_no}/intake-events", tag = "claims", request_body = TellBody,
    params(("claim_no" = String, Path, example = "CLM-1")),
    responses(
        (status = 201, body = AppliedBody, description = "It is on record, with its entries."),
        (status = 200, body = AppliedBody, description = "It was on record: the first answer again."),
        (status = 404, description = "There is no such claim, or it is not the caller's to see."),
        (status = 409, description = "It is on record with other content, or the claim has moved meanwhile."),
        (status = 422, description = "It cannot happen to the claim; nothing is done.")
    )
)]
pub async fn claim_tell_intake(
    Extension(access): Extension<Access>,
    PathParam(claim_no): PathParam<String>,
    extract::Json(body): extract::Json<TellBody>,
) -> Answer {
    tell(Desk::Intake, &access, &claim_no, body).await
}

/// Tells what the insurer says of its own claim: a decision, or that it wants to see more.
#[utoipa::path(
    post, path = "/v1/claims/{claim_no}/insurer-events", tag = "claims", request_body = TellBody,
    params(("claim_no" = String, Path, example = "CLM-1")),
    responses(
        (status = 201, body = AppliedBody, description = "It is on record, with its entries."),
        (status = 200, body = AppliedBody, description = "It was on record: the first answer again."),
        (status = 404, description = "There is no such claim, or it is not the caller's to see."),
        (status = 409, description = "It is on record with other content, or the claim has moved meanwhile."),
        (status = 422, description = "It cannot happen to the claim; nothing is done.")
    )
)]
pub async fn claim_tell_insurer(
    Extension(access): Extension<Access>,
    PathParam(claim_no): PathParam<String>,
    extract::Json(body): extract::Json<TellBody>,
) -> Answer {
    tell(Desk::Insurer, &access, &claim_no, body).await
}

/// Tells what the pharmacy says of its own order: taken or declined, ready, dispensed, returned.
#[utoipa::path(
    post, path = "/v1/claims/{claim_no}/pharmacy-events", tag = "claims", request_body = TellBody,
    params(("claim_no" = String, Path, example = "CLM-1")),
    responses(
        (status = 201, body = AppliedBody, description = "It is on record, with its entries."),
        (status = 200, body = AppliedBody, description = "It was on record: the first answer again."),
        (status = 404, description = "There is no such claim, or it is not the caller's to see."),
        (status = 409, description = "It is on record with other content, or the claim has moved meanwhile."),
        (status = 422, description = "It cannot happen to the claim; nothing is done.")
    )
)]
pub async fn claim_tell_pharmacy(
    Extension(access): Extension<Access>,
    PathParam(claim_no): PathParam<String>,
    extract::Json(body): extract::Json<TellBody>,
) -> Answer {
    tell(Desk::Pharmacy, &access, &claim_no, body).await
}

/// Tells what the patient says of the patient's own claim: sent off, material there, called off.
#[utoipa::path(
    post, path = "/v1/claims/{claim_no}/patient-events", tag = "claims", request_body = TellBody,
    params(("claim_no" = String, Path, example = "CLM-1")),
    responses(
        (status = 201, body = AppliedBody, description = "It is on record, with its entries."),
        (status = 200, body = AppliedBody, description = "It was on record: the first answer again."),
        (status = 404, description = "There is no such claim, or it is not the caller's to see."),
        (status = 409, description = "It is on record with other content, or the claim has moved meanwhile."),
        (status = 422, description = "It cannot happen to the claim; nothing is done.")
    )
)]
pub async fn claim_tell_patient(
    Extension(access): Extension<Access>,
    PathParam(claim_no): PathParam<String>,
    extract::Json(body): extract::Json<TellBody>,
) -> Answer {
    tell(Desk::Patient, &access, &claim_no, body).await
}

/// Tells what finance knows: money that has come in, a share worked out anew. What takes two people is proposed.
#[utoipa::path(
    post, path = "/v1/claims/{claim_no}/money-events", tag = "claims", request_body = TellBody,
    params(("claim_no" = String, Path, example = "CLM-1")),
    responses(
        (status = 201, body = AppliedBody, description = "It is on record, with its entries."),
        (status = 200, body = AppliedBody, description = "It was on record: the first answer again."),
        (status = 404, description = "There is no such claim."),
        (status = 409, description = "It is on record with other content, or the claim has moved meanwhile."),
        (status = 422, description = "It cannot happen to the claim, or takes two people; nothing is done.")
    )
)]
pub async fn claim_tell_money(
    Extension(access): Extension<Access>,
    PathParam(claim_no): PathParam<String>,
    extract::Json(body): extract::Json<TellBody>,
) -> Answer {
    tell(Desk::Money, &access, &claim_no, body).await
}

async fn tell(desk: Desk, access: &Access, claim_no: &str, body: TellBody) -> Answer {
    let mut client = access.ledger.client().await?;
    let claim = seen(access, &mut client, claim_no).await?;
    let kind = body.event.kind();
    desk.check(kind).map_err(misread)?;
    let command = body.read(&claim).map_err(misread)?;
    carry_out(access, &mut client, &command, (&format!("/event/{}", kind.word()), Some(claim.intake.currency))).await
}

/// The claim of a number in the path, if it is the caller's to see: a party's own, and those whose order it is offered.
pub(in crate::routes) async fn seen(access: &Access, client: &mut Client, claim_no: &str) -> Result<Claim, Problem> {
    let number = ClaimNo::parse(claim_no).map_err(|_| unknown(claim_no))?;
    let claim = read::claim(client, &number).await?.filter(|claim| may_see(access, claim));
    claim.ok_or_else(|| unknown(claim_no))
}

/// Whether a claim is the caller's to see.
pub(in crate::routes) fn may_see(access: &Access, claim: &Claim) -> bool {
    let (insurer, patient) = (&claim.intake.insurer, &claim.intake.patient);
    [&claim.intake.pharmacy, claim.pharmacy()].into_iter().any(|pharmacy| access.may_see(insurer, pharmacy, patient))
}

/// Applies one command; `body` is the place of what it brings.
pub(super) async fn carry_out(
    access: &Access,
    client: &mut Client,
    command: &Command,
    (body, currency): (&str, Option<Currency>),
) -> Answer {
    let commands = std::slice::from_ref(command);
    let answers = apply(&access.ledger, client, commands, &access.actor, clock::now()).await?;
    let answer = answers.into_iter().next().expect("one command has one answer");
    let applied = answer.map_err(|refusal| of_refusal(&refusal, body, currency))?;
    let answer = AppliedBody::of(command.kind(), applied);
    let status = if answer.is_replayed() { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, Json(answer)))
}
