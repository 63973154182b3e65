//! An insurer's pre-review rules: proposed by one person, tried on past claims, made live by another.

use axum::{Extension, Json};
use deadpool_postgres::Client;
use dianfu_claims::insurer::view;
use dianfu_claims::rule_book;
use dianfu_claims::rule_quality::rule_quality;
use dianfu_ledger::clock;
use dianfu_ledger::money::Currency;
use dianfu_settlement::number::PartyNo;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::{group, insurers};
use crate::app::App;
use crate::auth::{Access, Permission};
use crate::extract::{self, PathParam};
use crate::problem::{Kind, Problem};
use crate::wire::claim_told::reading::digest;
use crate::wire::insurer_refusal::{misread, of_registration, unknown};
use crate::wire::rules::{NewRulesBody, QualitiesBody, QualityBody, RuleBookBody, RulesProposalBody, TrialBody};

/// Routes of rules, each with the right it needs.
pub fn routes(app: &App) -> OpenApiRouter<App> {
    let reading = group(app, Permission::ReadQueues, |routes| {
        routes.routes(routes!(rules_view)).routes(routes!(rules_trial_view)).routes(routes!(rules_quality))
    });
    let managing =
        group(app, Permission::ManageRules, |routes| routes.routes(routes!(rules_propose)).routes(routes!(rules_try)));
    let approving = group(app, Permission::ApproveRules, |routes| routes.routes(routes!(rules_accept)));
    reading.merge(managing).merge(approving)
}

/// The rules of an insurer: live versions, what the next one may be, and the change log.
#[utoipa::path(
    get, path = "/v1/insurers/{insurer}/rules", tag = "rules", params(("insurer" = String, Path, example = "picc")),
    responses((status = 200, body = RuleBookBody), (status = 404, description = "There is no such insurer."))
)]
pub async fn rules_view(
    Extension(access): Extension<Access>,
    PathParam(insurer): PathParam<String>,
) -> Result<Json<RuleBookBody>, Problem> {
    let mut client = access.ledger.client().await?;
    let (insurer, currency) = found(&mut client, &insurer).await?;
    shown(&mut client, &insurer, currency).await.map(Json)
}

/// Proposes a version; it waits to be tried and made live. The same again is fine.
#[utoipa::path(
    put, path = "/v1/insurers/{insurer}/rules/{version}", tag = "rules", request_body = NewRulesBody,
    params(("insurer" = String, Path, example = "picc"), ("version" = i32, Path, example = 1)),
    responses(
        (status = 200, body = RulesProposalBody, description = "It is proposed."),
        (status = 404, description = "There is no such insurer."),
        (status = 409, description = "The version is live with other content, or it is somebody else's proposal."),
        (status = 422, description = "The rules cannot be meant, or another version is next.")
    )
)]
pub async fn rules_propose(
    Extension(access): Extension<Access>,
    PathParam((insurer, version)): PathParam<(String, i32)>,
    extract::Json(body): extract::Json<NewRulesBody>,
) -> Result<Json<RulesProposalBody>, Problem> {
    let mut client = access.ledger.client().await?;
    let (insurer, currency) = found(&mut client, &insurer).await?;
    let version = body.read(version, currency).map_err(misread)?;
    let proposed = rule_book::propose(&mut client, &insurer, &version, &access.actor, clock::now()).await?;
    let content = proposed.map_err(|refusal| of_registration(&refusal, ""))?;
    let proposals = rule_book::proposals(&mut client, &insurer, version.version).await?;
    let own = proposals.iter().find(|proposal| proposal.content_sha256 == content);
    let own = own.ok_or_else(|| no_proposal(version.version))?;
    Ok(Json(RulesProposalBody::of(own, currency)))
}

/// Tries a proposal on the insurer's past claims, and keeps what it shows.
#[utoipa::path(
    post, path = "/v1/insurers/{insurer}/rules/{version}/proposals/{digest}/trial", tag = "rules",
    params(
        ("insurer" = String, Path, example = "picc"),
        ("version" = i32, Path, example = 1),
        ("digest" = String, Path, description = "The proposal's `content_sha256`.")
    ),
    responses((status = 200, body = TrialBody), (status = 404, description = "There is no such insurer or proposal."))
)]
pub async fn rules_try(
    Extension(access): Extension<Access>,
    PathParam((insurer, version, content)): PathParam<(String, i32, String)>,
) -> Result<Json<TrialBody>, Problem> {
    let mut client = access.ledger.client().await?;
    let (insurer, currency) = found(&mut client, &insurer).await?;
    let content = digest(&content).map_err(|_| no_proposal(version))?;
    let now = clock::now();
    let tried = rule_book::try_on_past(&mut client, &insurer, (version, &content), &access.actor, now).await?;
    let trial = tried.map_err(|refusal| of_registration(&refusal, ""))?;
    Ok(Json(TrialBody::of(trial, currency)))
}

/// What the last trial of a proposal showed.
#[utoipa::path(
    get, path = "/v1/insurers/{insurer}/rules/{version}/proposals/{digest}/trial", tag = "rules",
    params(
        ("insurer" = String, Path, example = "picc"),
        ("version" = i32, Path, example = 1),
        ("digest" = String, Path, description = "The proposal's `content_sha256`.")
    ),
    responses((status = 200, body = TrialBody), (status = 404, description = "It was not tried, or is not there."))
)]
pub async fn rules_trial_view(
    Extension(access): Extension<Access>,
    PathParam((insurer, version, content)): PathParam<(String, i32, String)>,
) -> Result<Json<TrialBody>, Problem> {
    let mut client = access.ledger.client().await?;
    let (insurer, currency) = found(&mut client, &insurer).await?;
    let content = digest(&content).map_err(|_| no_proposal(version))?;
    let trial = rule_book::last_trial(&mut client, &insurer, (version, &content)).await?;
    Ok(Json(TrialBody::of(trial.ok_or_else(|| no_proposal(version))?, currency)))
}

/// Makes a proposal live, as another person than its maker, after a trial of exactly it. The same again is fine.
#[utoipa::path(
    post, path = "/v1/insurers/{insurer}/rules/{version}/proposals/{digest}/acceptance", tag = "rules",
    params(
        ("insurer" = String, Path, example = "picc"),
        ("version" = i32, Path, example = 1),
        ("digest" = String, Path, description = "The proposal's `content_sha256`.")
    ),
    responses(
        (status = 200, body = RuleBookBody, description = "It is live."),
        (status = 404, description = "There is no such insurer or proposal."),
        (status = 409, description = "Another proposal of the version is live."),
        (status = 422, description = "It is your own, or was not tried.")
    )
)]
pub async fn rules_accept(
    Extension(access): Extension<Access>,
    PathParam((insurer, version, content)): PathParam<(String, i32, String)>,
) -> Result<Json<RuleBookBody>, Problem> {
    let mut client = access.ledger.client().await?;
    let (insurer, currency) = found(&mut client, &insurer).await?;
    let content = digest(&content).map_err(|_| no_proposal(version))?;
    let now = clock::now();
    let live = rule_book::go_live(&mut client, &insurer, (version, &content), &access.actor, now).await?;
    live.map_err(|refusal| of_registration(&refusal, ""))?;
    shown(&mut client, &insurer, currency).await.map(Json)
}

/// How well each version decides: what it said, where people decided, what the platform bears of it.
#[utoipa::path(
    get, path = "/v1/insurers/{insurer}/rule-quality", tag = "rules",
    params(("insurer" = String, Path, example = "picc")),
    responses((status = 200, body = QualitiesBody), (status = 404, description = "There is no such insurer."))
)]
pub async fn rules_quality(
    Extension(access): Extension<Access>,
    PathParam(insurer): PathParam<String>,
) -> Result<Json<QualitiesBody>, Problem> {
    let mut client = access.ledger.client().await?;
    let (insurer, currency) = found(&mut client, &insurer).await?;
    let versions = rule_quality(&mut client, &insurer).await?;
    Ok(Json(QualitiesBody { versions: versions.iter().map(|one| QualityBody::of(one, currency)).collect() }))
}

async fn found(client: &mut Client, insurer: &str) -> Result<(PartyNo, Currency), Problem> {
    let insurer = insurers::named(insurer)?;
    let known = view::view(client, &insurer, clock::now()).await?;
    let known = known.ok_or_else(|| unknown(insurer.as_str()))?;
    Ok((insurer, known.standing.insurer.currency))
}

async fn shown(client: &mut Client, insurer: &PartyNo, currency: Currency) -> Result<RuleBookBody, Problem> {
    Ok(RuleBookBody::of(rule_book::book(client, insurer).await?, currency))
}

fn no_proposal(version: i32) -> Problem {
    Problem::new(Kind::ProposalUnknown, format!("there is no such proposal of version {version}, or it was not tried"))
}
