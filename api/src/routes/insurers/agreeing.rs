//! What takes two people about an insurer: papers are judged, and what is proposed is accepted or turned down.

use axum::{Extension, Json};
use dianfu_claims::insurer::checklist::{self, CheckItem};
use dianfu_claims::insurer::{proposal, view};
use dianfu_ledger::clock;

use super::{Answer, named, seen};
use crate::auth::Access;
use crate::extract::{self, PathParam};
use crate::problem::Problem;
use crate::routes::asked::one_of;
use crate::wire::insurer::{InsurerBody, NumberedBody, VerdictBody, WordBody};
use crate::wire::insurer_agreed::NewProposalBody;
use crate::wire::insurer_refusal::{misread, of_refusal, unknown};

/// Judges a paper, as another person than the one who handed it in. The same verdict again is fine.
#[utoipa::path(
    post, path = "/v1/insurers/{insurer}/papers/{item}/{paper}/verdict", tag = "insurers", request_body = VerdictBody,
    params(
        ("insurer" = String, Path, example = "picc"),
        ("item" = String, Path, example = "licence"),
        ("paper" = i32, Path, example = 1)
    ),
    responses(
        (status = 200, body = InsurerBody, description = "It is judged."),
        (status = 404, description = "There is no such insurer, or no such paper."),
        (status = 409, description = "It is judged otherwise already."),
        (status = 422, description = "You have handed it in yourself.")
    )
)]
pub async fn insurer_judge(
    Extension(access): Extension<Access>,
    PathParam((insurer, item, paper)): PathParam<(String, String, i32)>,
    extract::Json(body): extract::Json<VerdictBody>,
) -> Answer {
    let insurer = named(&insurer)?;
    let item = one_of("/path/item", &item, CheckItem::from_word(&item), &CheckItem::ALL.map(CheckItem::word))?;
    let (mut client, now) = (access.ledger.client().await?, clock::now());
    let verdict = (body.accepted, body.reason.as_str());
    let judged = checklist::judge(&mut client, &insurer, (item, paper), verdict, &access.actor, now).await?;
    judged.map_err(|refusal| of_refusal(&refusal, ""))?;
    seen(&mut client, &insurer).await.map(Json)
}

/// Proposes what takes two people: going live, terms, a credit line, lifting a suspension, closing, a dispute's end.
#[utoipa::path(
    post, path = "/v1/insurers/{insurer}/proposals", tag = "insurers", request_body = NewProposalBody,
    params(("insurer" = String, Path, example = "picc")),
    responses(
        (status = 200, body = NumberedBody, description = "It waits for another person; the same again is the same."),
        (status = 404, description = "There is no such insurer."),
        (status = 422, description = "It cannot be done as everything stands.")
    )
)]
pub async fn insurer_propose(
    Extension(access): Extension<Access>,
    PathParam(insurer): PathParam<String>,
    extract::Json(body): extract::Json<NewProposalBody>,
) -> Result<Json<NumberedBody>, Problem> {
    let insurer = named(&insurer)?;
    let (mut client, now) = (access.ledger.client().await?, clock::now());
    let known = view::view(&mut client, &insurer, now).await?.ok_or_else(|| unknown(insurer.as_str()))?;
    let NewProposalBody { act, reason } = body;
    let act = act.read(known.standing.insurer.currency).map_err(misread)?;
    let place = place(&act);
    let proposed = proposal::propose(&mut client, &insurer, &act, (&reason, &access.actor), now).await?;
    let number = proposed.map_err(|refusal| of_refusal(&refusal, &place))?;
    Ok(Json(NumberedBody { number, insurer: seen(&mut client, &insurer).await? }))
}

/// The place of what is proposed.
fn place(act: &proposal::Act) -> String {
    match act {
        proposal::Act::Terms { .. } => "/act/terms/terms".to_owned(),
        act => format!("/act/{}", act.word()),
    }
}

/// Accepts a proposal, as another person than the one who made it; it is done at once.
#[utoipa::path(
    post, path = "/v1/insurers/{insurer}/proposals/{proposal}/acceptance", tag = "insurers", request_body = WordBody,
    params(("insurer" = String, Path, example = "picc"), ("proposal" = i32, Path, example = 1)),
    responses(
        (status = 200, body = InsurerBody, description = "It is accepted and done."),
        (status = 404, description = "There is no such insurer, or no such proposal."),
        (status = 409, description = "It has ended already."),
        (status = 422, description = "You have proposed it yourself, or it cannot be done any more.")
    )
)]
pub async fn insurer_accept(
    Extension(access): Extension<Access>,
    PathParam((insurer, number)): PathParam<(String, i32)>,
    extract::Json(body): extract::Json<WordBody>,
) -> Answer {
    let insurer = named(&insurer)?;
    let (mut client, word) = (access.ledger.client().await?, (body.reason.as_str(), access.actor.as_str()));
    let accepted = proposal::approve(&mut client, &insurer, number, word, clock::now()).await?;
    accepted.map_err(|refusal| of_refusal(&refusal, ""))?;
    seen(&mut client, &insurer).await.map(Json)
}

/// Turns a proposal down; nothing is done.
#[utoipa::path(
    post, path = "/v1/insurers/{insurer}/proposals/{proposal}/turning-down", tag = "insurers", request_body = WordBody,
    params(("insurer" = String, Path, example = "picc"), ("proposal" = i32, Path, example = 1)),
    responses(
        (status = 200, body = InsurerBody, description = "It is turned down."),
        (status = 404, description = "There is no such insurer, or no such proposal."),
        (status = 409, description = "It has ended already.")
    )
)]
pub async fn insurer_turn_down(
    Extension(access): Extension<Access>,
    PathParam((insurer, number)): PathParam<(String, i32)>,
    extract::Json(body): extract::Json<WordBody>,
) -> Answer {
    withdraw(&access, &insurer, number, &body.reason).await
}

/// Withdraws a proposal, as the side that makes them; nothing is done.
#[utoipa::path(
    post, path = "/v1/insurers/{insurer}/proposals/{proposal}/withdrawal", tag = "insurers", request_body = WordBody,
    params(("insurer" = String, Path, example = "picc"), ("proposal" = i32, Path, example = 1)),
    responses(
        (status = 200, body = InsurerBody, description = "It is withdrawn."),
        (status = 404, description = "There is no such insurer, or no such proposal."),
        (status = 409, description = "It has ended already.")
    )
)]
pub async fn insurer_withdraw(
    Extension(access): Extension<Access>,
    PathParam((insurer, number)): PathParam<(String, i32)>,
    extract::Json(body): extract::Json<WordBody>,
) -> Answer {
    withdraw(&access, &insurer, number, &body.reason).await
}

async fn withdraw(access: &Access, insurer: &str, number: i32, reason: &str) -> Answer {
    let insurer = named(insurer)?;
    let mut client = access.ledger.client().await?;
    let done = proposal::withdraw(&mut client, &insurer, number, (reason, &access.actor), clock::now()).await?;
    done.map_err(|refusal| of_refusal(&refusal, ""))?;
    seen(&mut client, &insurer).await.map(Json)
}
