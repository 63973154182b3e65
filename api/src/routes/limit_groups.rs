//! Limits on what stands on several accounts together.

use axum::{Extension, Json};
use dianfu_ledger::limit_group::{self, GroupOutcome};
use dianfu_ledger::register::Signature;

use crate::auth::Access;
use crate::extract::{self, PathParam};
use crate::problem::{Kind, Problem};
use crate::wire::control::{LimitGroupBody, LimitGroupsBody, NewLimitGroupBody, of_group_fault};

/// Sets limits on several accounts together, from now on. Lowering a limit below what is used stops further use.
#[utoipa::path(
    put, path = "/v1/limit-groups/{name}", tag = "limits", request_body = NewLimitGroupBody,
    params(("name" = String, Path, example = "credit line of picc")),
    responses(
        (status = 200, body = LimitGroupBody, description = "It is in force."),
        (status = 422, description = "It cannot be as was asked.")
    )
)]
pub async fn limit_group_set(
    Extension(access): Extension<Access>,
    PathParam(name): PathParam<String>,
    extract::Json(body): extract::Json<NewLimitGroupBody>,
) -> Result<Json<LimitGroupBody>, Problem> {
    let refused = |violation| Problem::refused("The limit cannot be set", false, vec![violation]);
    let reason = body.reason.clone();
    let group = body.into_group().map_err(&refused)?;
    match access.ledger.set_limit_group(&name, &group, Signature::of(&access.actor, &reason)).await? {
        GroupOutcome::Changed | GroupOutcome::Unchanged => find(&access, &name).await.map(Json),
        GroupOutcome::Refused(fault) => Err(refused(of_group_fault(&fault))),
    }
}

/// The limit groups in force, by name.
#[utoipa::path(
    get, path = "/v1/limit-groups", tag = "limits",
    responses((status = 200, body = LimitGroupsBody))
)]
pub async fn limit_group_list(Extension(access): Extension<Access>) -> Result<Json<LimitGroupsBody>, Problem> {
    let client = access.ledger.client().await?;
    let groups = limit_group::in_force(&**client).await?;
    Ok(Json(LimitGroupsBody { limit_groups: groups.into_iter().map(LimitGroupBody::from).collect() }))
}

/// One limit group.
#[utoipa::path(
    get, path = "/v1/limit-groups/{name}", tag = "limits",
    params(("name" = String, Path, example = "credit line of picc")),
    responses((status = 200, body = LimitGroupBody), (status = 404, description = "There is no such group."))
)]
pub async fn limit_group_view(
    Extension(access): Extension<Access>,
    PathParam(name): PathParam<String>,
) -> Result<Json<LimitGroupBody>, Problem> {
    find(&access, &name).await.map(Json)
}

/// Everything that was ever set under a name, oldest first; the last is in force, if it has a limit.
#[utoipa::path(
    get, path = "/v1/limit-groups/{name}/history", tag = "limits",
    params(("name" = String, Path, example = "credit line of picc")),
    responses((status = 200, body = LimitGroupsBody), (status = 404, description = "There is no such group."))
)]
pub async fn limit_group_history(
    Extension(access): Extension<Access>,
    PathParam(name): PathParam<String>,
) -> Result<Json<LimitGroupsBody>, Problem> {
    let client = access.ledger.client().await?;
    let groups = limit_group::history(&**client, &name).await?;
    if groups.is_empty() {
        return Err(unknown());
    }
    Ok(Json(LimitGroupsBody { limit_groups: groups.into_iter().map(LimitGroupBody::from).collect() }))
}

fn unknown() -> Problem {
    Problem::new(Kind::LimitGroupUnknown, "there is no such limit group in this book")
}

async fn find(access: &Access, name: &str) -> Result<LimitGroupBody, Problem> {
    let client = access.ledger.client().await?;
    let found = limit_group::in_force(&**client).await?.into_iter().find(|group| group.name == name);
    found.map(LimitGroupBody::from).ok_or_else(unknown)
}
