//! People: who works here, in which roles, and what was done by whom.

use axum::http::StatusCode;
use axum::{Extension, Json};
use dianfu_claims::act::{self, ActFilter};
use dianfu_ledger::clock;
use jiff::Timestamp;
use serde::Deserialize;

use crate::auth::conflict::duty_conflicts;
use crate::auth::operator::{self, By, OperatorNo, OperatorRefusal};
use crate::auth::{Access, Role};
use crate::extract::{self, PathParam, QueryParams};
use crate::problem::{Kind, Problem, Violation};
use crate::wire::act::ActPageBody;
use crate::wire::operator::{
    DutyConflictBody, DutyConflictsBody, NewEndingBody, NewOperatorBody, NewRoleBody, OperatorBody, OperatorsBody,
    of_refusal, role,
};
use crate::wire::time;

type Answer = Result<(StatusCode, Json<OperatorBody>), Problem>;

/// Puts a person on record. He may do nothing before he is given a role and, at the shell, a token.
#[utoipa::path(
    post, path = "/v1/operators", tag = "people", request_body = NewOperatorBody,
    responses(
        (status = 201, body = OperatorBody, description = "He is on record now."),
        (status = 200, body = OperatorBody, description = "He was on record so before."),
        (status = 409, description = "The name is somebody else's."),
        (status = 422, description = "He cannot be put on record so.")
    )
)]
pub async fn operator_create(
    Extension(access): Extension<Access>,
    extract::Json(body): extract::Json<NewOperatorBody>,
) -> Answer {
    let malformed = |message: String| refused(Violation::at("number_malformed", "/operator", message), false);
    let operator_no = OperatorNo::parse(&body.operator).map_err(|error| malformed(error.to_string()))?;
    let mut client = access.ledger.client().await?;
    let created = operator::create(&mut client, &operator_no, &body.name, by(&access, &body.reason)).await?;
    drop(client);
    done(&access, &operator_no, created).await
}

/// Gives a person a role. Nobody gives one to himself.
#[utoipa::path(
    post, path = "/v1/operators/{operator}/roles", tag = "people", request_body = NewRoleBody,
    params(("operator" = String, Path, example = "lin")),
    responses(
        (status = 201, body = OperatorBody, description = "He holds it from now on."),
        (status = 200, body = OperatorBody, description = "He holds it already."),
        (status = 404, description = "There is no such person."),
        (status = 422, description = "He cannot hold it so.")
    )
)]
pub async fn operator_grant(
    Extension(access): Extension<Access>,
    PathParam(name): PathParam<String>,
    extract::Json(body): extract::Json<NewRoleBody>,
) -> Answer {
    let operator_no = named(&name)?;
    let role: Role = role(&body.role).map_err(|violation| refused(violation, false))?;
    if operator_no.actor().eq_ignore_ascii_case(&access.actor) {
        return Err(of(&OperatorRefusal::SamePerson(operator_no)));
    }
    let mut client = access.ledger.client().await?;
    let granted = operator::grant(&mut client, &operator_no, role, body.ends_at, by(&access, &body.reason)).await?;
    drop(client);
    done(&access, &operator_no, granted).await
}

/// Ends a role of a person, or all of his time here. His tokens of it are good no more, at once.
#[utoipa::path(
    post, path = "/v1/operators/{operator}/endings", tag = "people", request_body = NewEndingBody,
    params(("operator" = String, Path, example = "lin")),
    responses(
        (status = 201, body = OperatorBody, description = "It has ended."),
        (status = 200, body = OperatorBody, description = "He had left before."),
        (status = 404, description = "There is no such person."),
        (status = 422, description = "He does not hold the role.")
    )
)]
pub async fn operator_end(
    Extension(access): Extension<Access>,
    PathParam(name): PathParam<String>,
    extract::Json(body): extract::Json<NewEndingBody>,
) -> Answer {
    let operator_no = named(&name)?;
    let role = body.role.as_deref().map(role).transpose().map_err(|violation| refused(violation, false))?;
    let mut client = access.ledger.client().await?;
    let ended = operator::end(&mut client, &operator_no, role, by(&access, &body.reason)).await?;
    drop(client);
    done(&access, &operator_no, ended).await
}

/// Everybody who was ever here, by name, with all roles.
#[utoipa::path(get, path = "/v1/operators", tag = "people", responses((status = 200, body = OperatorsBody)))]
pub async fn operator_list(Extension(access): Extension<Access>) -> Result<Json<OperatorsBody>, Problem> {
    let (client, now) = (access.ledger.client().await?, clock::now());
    let operators = operator::operators(&client).await?;
    let operators = operators.into_iter().map(|operator| OperatorBody::at(operator, now)).collect();
    Ok(Json(OperatorsBody { operators }))
}

/// One person.
#[utoipa::path(
    get, path = "/v1/operators/{operator}", tag = "people", params(("operator" = String, Path, example = "lin")),
    responses((status = 200, body = OperatorBody), (status = 404, description = "There is no such person."))
)]
pub async fn operator_view(
    Extension(access): Extension<Access>,
    PathParam(name): PathParam<String>,
) -> Result<Json<OperatorBody>, Problem> {
    view(&access, &named(&name)?).await.map(Json)
}

/// Access and duty conflicts: everybody who holds roles on both sides of what takes two people.
#[utoipa::path(
    get, path = "/v1/reports/duty-conflicts", tag = "people", responses((status = 200, body = DutyConflictsBody))
)]
pub async fn duty_conflict_list(Extension(access): Extension<Access>) -> Result<Json<DutyConflictsBody>, Problem> {
    let (client, at) = (access.ledger.client().await?, clock::now());
    let conflicts = duty_conflicts(&client, at).await?.into_iter().map(DutyConflictBody::from).collect();
    Ok(Json(DutyConflictsBody { at, conflicts }))
}

/// Which acts.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct ActsQuery {
    /// Only those of this actor.
    #[param(example = "person:lin")]
    actor: Option<String>,
    /// Only those that did this.
    #[param(example = "role_granted")]
    what: Option<String>,
    /// Only those to this kind of thing.
    #[param(example = "operator")]
    subject_kind: Option<String>,
    /// Only those to the thing of this number.
    #[param(example = "mei")]
    subject_no: Option<String>,
    /// Only those from this time on.
    #[serde(default, deserialize_with = "time::instant")]
    #[param(value_type = Option<String>, format = DateTime)]
    from: Option<Timestamp>,
    /// Only those before this time.
    #[serde(default, deserialize_with = "time::instant")]
    #[param(value_type = Option<String>, format = DateTime)]
    to: Option<Timestamp>,
    /// Those before this number; `next` of the page before. From the newest if left out.
    before: Option<i64>,
    /// Rows a page: 1 to 1,000, 100 if left out.
    limit: Option<u16>,
}

/// What people have done besides entries and events of claims, newest first, with what was before and after.
#[utoipa::path(
    get, path = "/v1/acts", tag = "audit", params(ActsQuery), responses((status = 200, body = ActPageBody))
)]
pub async fn act_list(
    Extension(access): Extension<Access>,
    QueryParams(query): QueryParams<ActsQuery>,
) -> Result<Json<ActPageBody>, Problem> {
    let limit = extract::page_limit(query.limit)?;
    let ActsQuery { actor, what, subject_kind, subject_no, from, to, before, .. } = query;
    let filter = ActFilter { actor, what, subject_kind, subject_no, from, to };
    let client = access.ledger.client().await?;
    Ok(Json(act::acts(&client, &filter, before, limit).await?.into()))
}

fn by<'a>(access: &'a Access, reason: &'a str) -> By<'a> {
    By { actor: &access.actor, reason, request_id: Some(&access.request_id), now: clock::now() }
}

/// The person of a name in the path. What is no name is nobody's.
fn named(name: &str) -> Result<OperatorNo, Problem> {
    OperatorNo::parse(name).map_err(|_| unknown(name))
}

async fn done(access: &Access, operator_no: &OperatorNo, outcome: Result<bool, OperatorRefusal>) -> Answer {
    let is_new = outcome.map_err(|refusal| of(&refusal))?;
    let status = if is_new { StatusCode::CREATED } else { StatusCode::OK };
    Ok((status, Json(view(access, operator_no).await?)))
}

async fn view(access: &Access, operator_no: &OperatorNo) -> Result<OperatorBody, Problem> {
    let client = access.ledger.client().await?;
    let found = operator::operator(&client, operator_no).await?;
    found.map(|operator| OperatorBody::at(operator, clock::now())).ok_or_else(|| unknown(operator_no.as_str()))
}

fn of(refusal: &OperatorRefusal) -> Problem {
    match refusal {
        OperatorRefusal::Unknown(name) => unknown(name.as_str()),
        refusal => refused(of_refusal(refusal), matches!(refusal, OperatorRefusal::Conflict { .. })),
    }
}

fn unknown(name: &str) -> Problem {
    Problem::new(Kind::OperatorUnknown, format!("there is nobody of the name '{name}' in this book"))
}

fn refused(violation: Violation, is_conflict: bool) -> Problem {
    Problem::refused("This cannot be done to people", is_conflict, vec![violation])
}
