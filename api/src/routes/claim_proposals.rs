//! What takes two people: one proposes, another accepts or turns it down. Money and rulings are two duties, with rights
//! of their own on either side.

use axum::http::StatusCode;
use axum::{Extension, Json};
use dianfu_claims::Command;
use dianfu_claims::claim::ClaimNo;
use dianfu_claims::command::Request;
use dianfu_claims::proposal::{self, Proposal, ProposalRefusal};
use dianfu_claims::read;
use dianfu_claims::search::moment;
use dianfu_ledger::clock;
use dianfu_ledger::money::Currency;
use jiff::Timestamp;
use serde::Deserialize;
use uuid::Uuid;

use super::claims::telling::{Answer, seen};
use crate::auth::Access;
use crate::extract::{self, PathParam, QueryParams};
use crate::problem::{Kind, Problem, Violation};
use crate::wire::claim_answer::AppliedBody;
use crate::wire::claim_proposal::{
    MadeProposalBody, MoneyProposalBody, ProposalPageBody, ProposalWordBody, RulingProposalBody, TurnedDownBody,
};
use crate::wire::claim_refusal::{misread, of_refusal};
use crate::wire::claim_told::asked;

/// Which proposals.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ProposalsQuery {
    /// Only those on this claim.
    #[param(example = "CLM-1")]
    claim_no: Option<String>,
    /// `next` of the page before, with the same other parameters.
    cursor: Option<String>,
    /// Rows a page: 1 to 1,000, 100 if left out.
    limit: Option<u16>,
}

/// Proposals that wait for another person, oldest first.
#[utoipa::path(
    get, path = "/v1/claim-proposals", tag = "claims", params(ProposalsQuery),
    responses((status = 200, body = ProposalPageBody))
)]
pub async fn claim_proposal_list(
    Extension(access): Extension<Access>,
    QueryParams(query): QueryParams<ProposalsQuery>,
) -> Result<Json<ProposalPageBody>, Problem> {
    let limit = extract::page_limit(query.limit)?;
    let malformed =
        |error: dianfu_settlement::number::NumberError| Problem::parameter("/query/claim_no", error.to_string());
    let claim_no = query.claim_no.as_deref().map(ClaimNo::parse).transpose().map_err(malformed)?;
    let after = query.cursor.as_deref().map_or(Ok((Timestamp::UNIX_EPOCH, Uuid::nil())), place)?;
    let mut client = access.ledger.client().await?;
    let mut waiting = proposal::waiting(&mut client, claim_no.as_ref(), after, i64::from(limit) + 1).await?;
    let has_more = waiting.len() > usize::from(limit);
    waiting.truncate(limit.into());
    let next = waiting.last().filter(|_| has_more).map(cursor);
    let numbers: Vec<&str> = waiting.iter().map(|proposal| proposal.command.claim_no.as_str()).collect();
    let claims = read::claims(&mut client, &numbers).await?;
    Ok(Json(ProposalPageBody::of(waiting, &claims, next)))
}

fn cursor(last: &Proposal) -> String {
    format!("{:x}.{}", last.made_at.as_microsecond(), last.proposal_id)
}

fn place(cursor: &str) -> Result<(Timestamp, Uuid), Problem> {
    let parse = || {
        let (micros, id) = cursor.split_once('.')?;
        Some((moment(micros)?, Uuid::try_parse(id).ok()?))
    };
    parse().ok_or_else(|| Problem::parameter("/query/cursor", "the cursor is not one of ours"))
}

/// Proposes money on a claim: who bears a shortfall, a provision, a write-off. Answers what it would do now.
#[utoipa::path(
    put, path = "/v1/money-proposals/{id}", tag = "claims", request_body = MoneyProposalBody,
    params(("id" = Uuid, Path, description = "Yours: the same proposal again is the same.")),
    responses(
        (status = 200, body = MadeProposalBody, description = "It is proposed, and waits for another person."),
        (status = 404, description = "There is no such claim."),
        (status = 409, description = "The same is proposed already, or the id is another proposal's."),
        (status = 422, description = "It cannot happen to the claim, or takes no second person.")
    )
)]
pub async fn money_propose(
    Extension(access): Extension<Access>,
    PathParam(id): PathParam<Uuid>,
    extract::Json(body): extract::Json<MoneyProposalBody>,
) -> Result<Json<MadeProposalBody>, Problem> {
    let mut client = access.ledger.client().await?;
    let claim = seen(&access, &mut client, &body.claim_no).await?;
    let told = body.into_told();
    let kind = told.event.kind();
    let pointer = format!("/event/{}", kind.word());
    if !kind.takes_two() {
        let violation = Violation::at("not_told_here", pointer, "it takes no second person: tell it at its desk");
        return Err(misread(violation.expected("shortfall_assigned, provisioned, written_off", kind.word())));
    }
    let command = told.read(&claim).map_err(misread)?;
    drop(client);
    propose(&access, id, &command, (&pointer, claim.intake.currency)).await
}

/// Proposes a ruling that takes a second person. Answers what it would do now.
#[utoipa::path(
    put, path = "/v1/ruling-proposals/{id}", tag = "claims", request_body = RulingProposalBody,
    params(("id" = Uuid, Path, description = "Yours: the same proposal again is the same.")),
    responses(
        (status = 200, body = MadeProposalBody, description = "It is proposed, and waits for another person."),
        (status = 404, description = "There is no such claim."),
        (status = 409, description = "The same is proposed already, or the id is another proposal's."),
        (status = 422, description = "It cannot be decided so.")
    )
)]
pub async fn ruling_propose(
    Extension(access): Extension<Access>,
    PathParam(id): PathParam<Uuid>,
    extract::Json(body): extract::Json<RulingProposalBody>,
) -> Result<Json<MadeProposalBody>, Problem> {
    let mut client = access.ledger.client().await?;
    let claim = seen(&access, &mut client, &body.claim_no).await?;
    drop(client);
    let RulingProposalBody { approve, reasons, on, reason, as_of_event, .. } = body;
    let command = asked(claim.claim_no(), Request::Rule { approve, reasons }, (on, &reason), as_of_event);
    propose(&access, id, &command, ("", claim.intake.currency)).await
}

async fn propose(
    access: &Access,
    id: Uuid,
    command: &Command,
    (body, currency): (&str, Currency),
) -> Result<Json<MadeProposalBody>, Problem> {
    let mut client = access.ledger.client().await?;
    let made = proposal::propose(&access.ledger, &mut client, id, command, &access.actor, clock::now()).await?;
    let applied = made.map_err(|refusal| of_refusal(&refusal, body, Some(currency)))?;
    Ok(Json(MadeProposalBody { proposal: id, would: AppliedBody::of(command.kind(), applied) }))
}

/// What a proposal is about, and so whose word it waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum About {
    Money,
    Ruling,
}

impl About {
    fn of(command: &Command) -> About {
        if command.request.is_review() { About::Ruling } else { About::Money }
    }
}

/// Accepts a proposal about money, as another person than the one who made it; it is done at once.
#[utoipa::path(
    post, path = "/v1/money-proposals/{id}/acceptance", tag = "claims", request_body = ProposalWordBody,
    params(("id" = Uuid, Path)),
    responses(
        (status = 201, body = AppliedBody, description = "It is accepted and done."),
        (status = 200, body = AppliedBody, description = "You had accepted it: the first answer again."),
        (status = 404, description = "There is no such proposal about money."),
        (status = 409, description = "It is decided already."),
        (status = 422, description = "It cannot happen to the claim any more, or you have proposed it yourself.")
    )
)]
pub async fn money_accept(
    Extension(access): Extension<Access>,
    PathParam(id): PathParam<Uuid>,
    extract::Json(body): extract::Json<ProposalWordBody>,
) -> Answer {
    accept(About::Money, &access, id, &body.reason).await
}

/// Accepts a ruling, as another person than the one who made it; it is done at once.
#[utoipa::path(
    post, path = "/v1/ruling-proposals/{id}/acceptance", tag = "claims", request_body = ProposalWordBody,
    params(("id" = Uuid, Path)),
    responses(
        (status = 201, body = AppliedBody, description = "It is accepted and done."),
        (status = 200, body = AppliedBody, description = "You had accepted it: the first answer again."),
        (status = 404, description = "There is no such proposal of a ruling."),
        (status = 409, description = "It is decided already."),
        (status = 422, description = "It cannot happen to the claim any more, or you have proposed it yourself.")
    )
)]
pub async fn ruling_accept(
    Extension(access): Extension<Access>,
    PathParam(id): PathParam<Uuid>,
    extract::Json(body): extract::Json<ProposalWordBody>,
) -> Answer {
    accept(About::Ruling, &access, id, &body.reason).await
}

async fn accept(about: About, access: &Access, id: Uuid, reason: &str) -> Answer {
    let mut client = access.ledger.client().await?;
    let found = found(&mut client, about, id).await?;
    let accepted = proposal::accept(&access.ledger, &mut client, id, (&access.actor, reason), clock::now()).await?;
    let applied = accepted.map_err(|refusal| of_proposal(refusal, id))?;
    let answer = AppliedBody::of(found.command.kind(), applied);
    let status = if answer.is_replayed() { StatusCode::OK } else { StatusCode::CREATED };
    Ok((status, Json(answer)))
}

/// Turns a proposal about money down; nothing is done.
#[utoipa::path(
    post, path = "/v1/money-proposals/{id}/turning-down", tag = "claims", request_body = ProposalWordBody,
    params(("id" = Uuid, Path)),
    responses(
        (status = 200, body = TurnedDownBody, description = "It is turned down."),
        (status = 404, description = "There is no such proposal about money."),
        (status = 409, description = "It is decided already.")
    )
)]
pub async fn money_turn_down(
    Extension(access): Extension<Access>,
    PathParam(id): PathParam<Uuid>,
    extract::Json(body): extract::Json<ProposalWordBody>,
) -> Result<Json<TurnedDownBody>, Problem> {
    turn_down(About::Money, &access, id, &body.reason).await
}

/// Turns a ruling down; nothing is done.
#[utoipa::path(
    post, path = "/v1/ruling-proposals/{id}/turning-down", tag = "claims", request_body = ProposalWordBody,
    params(("id" = Uuid, Path)),
    responses(
        (status = 200, body = TurnedDownBody, description = "It is turned down."),
        (status = 404, description = "There is no such proposal of a ruling."),
        (status = 409, description = "It is decided already.")
    )
)]
pub async fn ruling_turn_down(
    Extension(access): Extension<Access>,
    PathParam(id): PathParam<Uuid>,
    extract::Json(body): extract::Json<ProposalWordBody>,
) -> Result<Json<TurnedDownBody>, Problem> {
    turn_down(About::Ruling, &access, id, &body.reason).await
}

async fn turn_down(about: About, access: &Access, id: Uuid, reason: &str) -> Result<Json<TurnedDownBody>, Problem> {
    let mut client = access.ledger.client().await?;
    found(&mut client, about, id).await?;
    let done = proposal::turn_down(&mut client, id, (&access.actor, reason), clock::now()).await?;
    done.map_err(|refusal| of_proposal(refusal, id))?;
    Ok(Json(TurnedDownBody { proposal: id }))
}

/// Takes your own proposal about money back; nothing is done.
#[utoipa::path(
    post, path = "/v1/money-proposals/{id}/withdrawal", tag = "claims", request_body = ProposalWordBody,
    params(("id" = Uuid, Path)),
    responses(
        (status = 200, body = TurnedDownBody, description = "It is taken back."),
        (status = 404, description = "There is no such proposal about money."),
        (status = 409, description = "It is decided already."),
        (status = 422, description = "Somebody else has made it.")
    )
)]
pub async fn money_withdraw(
    Extension(access): Extension<Access>,
    PathParam(id): PathParam<Uuid>,
    extract::Json(body): extract::Json<ProposalWordBody>,
) -> Result<Json<TurnedDownBody>, Problem> {
    withdraw(About::Money, &access, id, &body.reason).await
}

/// Takes your own proposal of a ruling back; nothing is done.
#[utoipa::path(
    post, path = "/v1/ruling-proposals/{id}/withdrawal", tag = "claims", request_body = ProposalWordBody,
    params(("id" = Uuid, Path)),
    responses(
        (status = 200, body = TurnedDownBody, description = "It is taken back."),
        (status = 404, description = "There is no such proposal of a ruling."),
        (status = 409, description = "It is decided already."),
        (status = 422, description = "Somebody else has made it.")
    )
)]
pub async fn ruling_withdraw(
    Extension(access): Extension<Access>,
    PathParam(id): PathParam<Uuid>,
    extract::Json(body): extract::Json<ProposalWordBody>,
) -> Result<Json<TurnedDownBody>, Problem> {
    withdraw(About::Ruling, &access, id, &body.reason).await
}

async fn withdraw(about: About, access: &Access, id: Uuid, reason: &str) -> Result<Json<TurnedDownBody>, Problem> {
    let mut client = access.ledger.client().await?;
    let made_by = found(&mut client, about, id).await?.made_by;
    if made_by != access.actor {
        let violation = Violation::at("not_yours", "/path/id", "only who has made a proposal takes it back");
        return Err(misread(violation.expected(made_by, access.actor.as_str())));
    }
    drop(client);
    turn_down(about, access, id, reason).await
}

/// A proposal of this kind: whoever checks money has no word on rulings.
async fn found(client: &mut deadpool_postgres::Client, about: About, id: Uuid) -> Result<Proposal, Problem> {
    let found = proposal::look_up(client, id).await?;
    found.filter(|proposal| About::of(&proposal.command) == about).ok_or_else(|| unknown(id))
}

fn unknown(id: Uuid) -> Problem {
    Problem::new(Kind::ProposalUnknown, format!("there is no such proposal {id}"))
}

fn of_proposal(refusal: ProposalRefusal, id: Uuid) -> Problem {
    match refusal {
        ProposalRefusal::Unknown => unknown(id),
        ProposalRefusal::Claim(refusal) => of_refusal(&refusal, "", None),
        ProposalRefusal::Decided | ProposalRefusal::Task(_) => {
            let violation = Violation::at(refusal.code(), "/path/id", refusal.to_string());
            Problem::refused("The proposal cannot be decided", true, vec![violation])
        }
    }
}
