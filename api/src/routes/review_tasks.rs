//! The queue of those who review. Who takes a task has it alone, for a time. Reviewers take first reviews and insurers'
//! answers, approvers what takes a second person. Below: [`taking`].

mod taking;

use axum::{Extension, Json};
use dianfu_claims::claim::ClaimNo;
use dianfu_claims::read;
use dianfu_claims::review_queue::task::{TaskKey, TaskKind};
use dianfu_claims::review_queue::{self, Filter, Place};
use dianfu_claims::search::moment;
use dianfu_ledger::clock;
use dianfu_settlement::number::{NumberError, PartyNo};
use jiff::Timestamp;
use serde::Deserialize;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::asked::one_of;
use super::claims::telling::seen;
use super::group;
use crate::app::App;
use crate::auth::{Access, Permission};
use crate::extract::{self, PathParam, QueryParams};
use crate::problem::Problem;
use crate::wire::review_task::{TaskCountBody, TaskCountsBody, TaskHistoryBody, TaskPageBody};
use crate::wire::time;

/// Routes of tasks, each with the right it needs.
pub fn routes(app: &App) -> OpenApiRouter<App> {
    let reading = group(app, Permission::ReadQueues, |routes| {
        routes
            .routes(routes!(review_task_list))
            .routes(routes!(review_task_counts))
            .routes(routes!(review_task_history))
    });
    let reviewing = group(app, Permission::ReviewClaims, |routes| {
        routes
            .routes(routes!(taking::review_take_next))
            .routes(routes!(taking::review_take))
            .routes(routes!(taking::review_release))
    });
    let approving = group(app, Permission::ApproveClaims, |routes| {
        routes
            .routes(routes!(taking::approval_take_next))
            .routes(routes!(taking::approval_take))
            .routes(routes!(taking::approval_release))
    });
    reading.merge(reviewing).merge(approving)
}

/// Which tasks.
#[derive(Deserialize, utoipa::IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub struct TasksQuery {
    /// `first`, `second` or `insurer_answer`, or several of them with commas between.
    #[param(example = "first")]
    kind: Option<String>,
    /// Of this insurer's claims.
    #[param(example = "picc")]
    insurer: Option<String>,
    /// Taken by this person last, as in `lease`.
    #[param(example = "person:lin")]
    taken_by: Option<String>,
    /// Due before this time.
    #[serde(default, deserialize_with = "time::instant")]
    #[param(value_type = Option<String>, format = DateTime)]
    due_before: Option<Timestamp>,
    /// `next` of the page before, with the same other parameters.
    cursor: Option<String>,
    /// Rows a page: 1 to 1,000, 100 if left out.
    limit: Option<u16>,
}

impl TasksQuery {
    fn filter(self) -> Result<Filter, Problem> {
        let malformed = |error: NumberError| Problem::parameter("/query/insurer", error.to_string());
        Ok(Filter {
            kinds: self.kind.as_deref().map_or(Ok(Vec::new()), kinds)?,
            insurer: self.insurer.as_deref().map(PartyNo::parse).transpose().map_err(malformed)?,
            taken_by: self.taken_by,
            due_before: self.due_before,
        })
    }
}

fn kinds(words: &str) -> Result<Vec<TaskKind>, Problem> {
    let kind = |word| one_of("/query/kind", word, TaskKind::from_word(word), &TaskKind::ALL.map(TaskKind::word));
    words.split(',').map(kind).collect()
}

/// Open tasks, those due first coming first. A page stays what it is, whatever happens meanwhile.
#[utoipa::path(
    get, path = "/v1/review-tasks", tag = "reviews", params(TasksQuery), responses((status = 200, body = TaskPageBody))
)]
pub async fn review_task_list(
    Extension(access): Extension<Access>,
    QueryParams(query): QueryParams<TasksQuery>,
) -> Result<Json<TaskPageBody>, Problem> {
    let (limit, after) = (extract::page_limit(query.limit)?, query.cursor.as_deref().map(place).transpose()?);
    let filter = query.filter()?;
    let mut client = access.ledger.client().await?;
    let (tasks, next) = review_queue::list(&mut client, &filter, after.as_ref(), limit.into()).await?;
    let numbers: Vec<&str> = tasks.iter().map(|task| task.key.claim_no.as_str()).collect();
    let claims = read::claims(&mut client, &numbers).await?;
    Ok(Json(TaskPageBody::of(tasks, &claims, next.as_ref().map(cursor))))
}

/// A place as an opaque text. A claim's number comes last: it may have any character of its own.
fn cursor(place: &Place) -> String {
    let TaskKey { claim_no, kind, round_no } = &place.key;
    format!("{:x}.{}.{round_no:x}.{claim_no}", place.due_at.as_microsecond(), kind.word())
}

fn place(cursor: &str) -> Result<Place, Problem> {
    let parse = || {
        let mut parts = cursor.splitn(4, '.');
        let due_at = moment(parts.next()?)?;
        let kind = TaskKind::from_word(parts.next()?)?;
        let round_no = i32::from_str_radix(parts.next()?, 16).ok()?;
        let claim_no = ClaimNo::parse(parts.next()?).ok()?;
        Some(Place { due_at, key: TaskKey { claim_no, kind, round_no } })
    };
    parse().ok_or_else(|| Problem::parameter("/query/cursor", "the cursor is not one of ours"))
}

/// How many tasks of each kind are open, taken and late, and how old they are.
#[utoipa::path(
    get, path = "/v1/review-task-counts", tag = "reviews", responses((status = 200, body = TaskCountsBody))
)]
pub async fn review_task_counts(Extension(access): Extension<Access>) -> Result<Json<TaskCountsBody>, Problem> {
    let (mut client, at) = (access.ledger.client().await?, clock::now());
    let kinds = review_queue::counts(&mut client, at).await?.into_iter().map(TaskCountBody::from).collect();
    Ok(Json(TaskCountsBody { at, kinds }))
}

/// A claim's tasks and what was done with them, the first act first.
#[utoipa::path(
    get, path = "/v1/claims/{claim_no}/review-tasks", tag = "reviews",
    params(("claim_no" = String, Path, example = "CLM-1")),
    responses((status = 200, body = TaskHistoryBody), (status = 404, description = "There is no such claim."))
)]
pub async fn review_task_history(
    Extension(access): Extension<Access>,
    PathParam(claim_no): PathParam<String>,
) -> Result<Json<TaskHistoryBody>, Problem> {
    let mut client = access.ledger.client().await?;
    let claim = seen(&access, &mut client, &claim_no).await?;
    let acts = review_queue::history(&mut client, claim.claim_no()).await?;
    Ok(Json(TaskHistoryBody { acts: acts.into_iter().map(Into::into).collect() }))
}
