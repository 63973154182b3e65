//! Taking a task, and giving it back. Deciding ends it.

use axum::{Extension, Json};
use deadpool_postgres::Client;
use dianfu_claims::claim::ClaimNo;
use dianfu_claims::read;
use dianfu_claims::review_queue::task::{QueueRefusal, Task, TaskKey, TaskKind};
use dianfu_claims::review_queue::{self, Wanted};
use dianfu_ledger::clock;
use dianfu_settlement::number::{NumberError, PartyNo};

use crate::auth::Access;
use crate::extract::{self, PathParam};
use crate::problem::{Kind, Problem, Violation};
use crate::routes::asked::one_of;
use crate::wire::review_task::{NextTaskBody, ReleaseBody, TakenBody, TakingBody, TaskBody};

/// What reviewers take.
const OF_REVIEWERS: [TaskKind; 2] = [TaskKind::First, TaskKind::InsurerAnswer];
/// What approvers take.
const OF_APPROVERS: [TaskKind; 1] = [TaskKind::Second];

type Answer = Result<Json<TaskBody>, Problem>;

/// Takes the review that is due first of those that nobody has.
#[utoipa::path(
    post, path = "/v1/review-tasks/taking", tag = "reviews", request_body = NextTaskBody,
    responses(
        (status = 200, body = TakenBody, description = "It is yours for the time, or there is none."),
        (status = 422, description = "It cannot be taken so.")
    )
)]
pub async fn review_take_next(
    Extension(access): Extension<Access>,
    extract::Json(body): extract::Json<NextTaskBody>,
) -> Result<Json<TakenBody>, Problem> {
    take_next(&access, &body, &OF_REVIEWERS).await
}

/// Takes the approval that is due first of those that nobody has, and that another person has reviewed.
#[utoipa::path(
    post, path = "/v1/approval-tasks/taking", tag = "reviews", request_body = NextTaskBody,
    responses(
        (status = 200, body = TakenBody, description = "It is yours for the time, or there is none."),
        (status = 422, description = "It cannot be taken so.")
    )
)]
pub async fn approval_take_next(
    Extension(access): Extension<Access>,
    extract::Json(body): extract::Json<NextTaskBody>,
) -> Result<Json<TakenBody>, Problem> {
    take_next(&access, &body, &OF_APPROVERS).await
}

async fn take_next(access: &Access, body: &NextTaskBody, allowed: &[TaskKind]) -> Result<Json<TakenBody>, Problem> {
    let malformed = |error: NumberError| misread(Violation::at("number_malformed", "/insurer", error.to_string()));
    let insurer = body.insurer.as_deref().map(PartyNo::parse).transpose().map_err(malformed)?;
    let wanted = Wanted { kinds: body.kinds(allowed).map_err(misread)?, insurer };
    let mut client = access.ledger.client().await?;
    let taken = review_queue::take_next(&mut client, &access.actor, &wanted, body.minutes, clock::now()).await?;
    let task = match taken.map_err(|refusal| refused(&refusal))? {
        Some(task) => Some(shown(&mut client, task).await?),
        None => None,
    };
    Ok(Json(TakenBody { task }))
}

/// Takes this review, or has it for longer.
#[utoipa::path(
    post, path = "/v1/review-tasks/{claim_no}/{kind}/{round}/taking", tag = "reviews", request_body = TakingBody,
    params(
        ("claim_no" = String, Path, example = "CLM-1"),
        ("kind" = String, Path, example = "first"),
        ("round" = i32, Path, example = 1)
    ),
    responses(
        (status = 200, body = TaskBody, description = "It is yours for the time."),
        (status = 404, description = "There is no such task."),
        (status = 409, description = "It is done, or somebody else has it."),
        (status = 422, description = "It cannot be taken so.")
    )
)]
pub async fn review_take(
    Extension(access): Extension<Access>,
    PathParam((claim_no, kind, round)): PathParam<(String, String, i32)>,
    extract::Json(body): extract::Json<TakingBody>,
) -> Answer {
    let kind = of_reviewers(&kind)?;
    take(&access, (&claim_no, kind, round), body.minutes).await
}

/// Takes this approval, or has it for longer.
#[utoipa::path(
    post, path = "/v1/approval-tasks/{claim_no}/{round}/taking", tag = "reviews", request_body = TakingBody,
    params(("claim_no" = String, Path, example = "CLM-1"), ("round" = i32, Path, example = 1)),
    responses(
        (status = 200, body = TaskBody, description = "It is yours for the time."),
        (status = 404, description = "There is no such task."),
        (status = 409, description = "It is done, or somebody else has it."),
        (status = 422, description = "It cannot be taken so, or you have reviewed the claim yourself.")
    )
)]
pub async fn approval_take(
    Extension(access): Extension<Access>,
    PathParam((claim_no, round)): PathParam<(String, i32)>,
    extract::Json(body): extract::Json<TakingBody>,
) -> Answer {
    take(&access, (&claim_no, TaskKind::Second, round), body.minutes).await
}

async fn take(access: &Access, key: (&str, TaskKind, i32), minutes: u32) -> Answer {
    let key = named(key)?;
    let mut client = access.ledger.client().await?;
    let taken = review_queue::take(&mut client, &key, &access.actor, minutes, clock::now()).await?;
    shown(&mut client, taken.map_err(|refusal| refused(&refusal))?).await.map(Json)
}

/// Gives a review back to the queue.
#[utoipa::path(
    post, path = "/v1/review-tasks/{claim_no}/{kind}/{round}/release", tag = "reviews", request_body = ReleaseBody,
    params(
        ("claim_no" = String, Path, example = "CLM-1"),
        ("kind" = String, Path, example = "first"),
        ("round" = i32, Path, example = 1)
    ),
    responses(
        (status = 200, body = TaskBody, description = "It is anybody's again."),
        (status = 404, description = "There is no such task."),
        (status = 409, description = "It is done, or you do not have it.")
    )
)]
pub async fn review_release(
    Extension(access): Extension<Access>,
    PathParam((claim_no, kind, round)): PathParam<(String, String, i32)>,
    extract::Json(body): extract::Json<ReleaseBody>,
) -> Answer {
    let kind = of_reviewers(&kind)?;
    release(&access, (&claim_no, kind, round), &body.reason).await
}

/// Gives an approval back to the queue.
#[utoipa::path(
    post, path = "/v1/approval-tasks/{claim_no}/{round}/release", tag = "reviews", request_body = ReleaseBody,
    params(("claim_no" = String, Path, example = "CLM-1"), ("round" = i32, Path, example = 1)),
    responses(
        (status = 200, body = TaskBody, description = "It is anybody's again."),
        (status = 404, description = "There is no such task."),
        (status = 409, description = "It is done, or you do not have it.")
    )
)]
pub async fn approval_release(
    Extension(access): Extension<Access>,
    PathParam((claim_no, round)): PathParam<(String, i32)>,
    extract::Json(body): extract::Json<ReleaseBody>,
) -> Answer {
    release(&access, (&claim_no, TaskKind::Second, round), &body.reason).await
}

async fn release(access: &Access, key: (&str, TaskKind, i32), reason: &str) -> Answer {
    let key = named(key)?;
    if !(1..=REASON_BYTES_MAX).contains(&reason.len()) {
        let expected = format!("1 to {REASON_BYTES_MAX} bytes");
        let violation = Violation::at("text_length", "/reason", format!("a reason has {expected}"));
        return Err(misread(violation.expected(expected, format!("{} bytes", reason.len()))));
    }
    let mut client = access.ledger.client().await?;
    let released = review_queue::release(&mut client, &key, &access.actor, reason, clock::now()).await?;
    shown(&mut client, released.map_err(|refusal| refused(&refusal))?).await.map(Json)
}

/// The longest reason.
const REASON_BYTES_MAX: usize = 500;

fn of_reviewers(word: &str) -> Result<TaskKind, Problem> {
    let kind = TaskKind::from_word(word).filter(|kind| OF_REVIEWERS.contains(kind));
    one_of("/path/kind", word, kind, &OF_REVIEWERS.map(TaskKind::word))
}

/// The key of a task in the path. What is no claim's number is no task's.
fn named((claim_no, kind, round_no): (&str, TaskKind, i32)) -> Result<TaskKey, Problem> {
    let claim_no = ClaimNo::parse(claim_no).map_err(|_| unknown(claim_no))?;
    Ok(TaskKey { claim_no, kind, round_no })
}

async fn shown(client: &mut Client, task: Task) -> Result<TaskBody, Problem> {
    let claim = read::claim(client, &task.key.claim_no).await?;
    let claim = claim.ok_or_else(|| unknown(task.key.claim_no.as_str()))?;
    Ok(TaskBody::of(task, claim.intake.currency))
}

fn unknown(claim_no: &str) -> Problem {
    Problem::new(Kind::TaskUnknown, format!("claim '{claim_no}' has no such task"))
}

fn misread(violation: Violation) -> Problem {
    Problem::refused("The task cannot be moved", false, vec![violation])
}

/// 404 for a task that is not there, 409 for one that has moved or is another's, 422 for what nobody may.
fn refused(refusal: &QueueRefusal) -> Problem {
    let at = |pointer: &str| Violation::at(refusal.code(), pointer, refusal.to_string());
    let (is_conflict, violation) = match refusal {
        QueueRefusal::Unknown { claim_no } => return unknown(claim_no.as_str()),
        QueueRefusal::LeaseLength { minutes, max } => {
            (false, at("/minutes").expected(format!("1 to {max}"), minutes.to_string()))
        }
        QueueRefusal::SecondIsAnother { who } => (false, at("/path/claim_no").expected("another person", who.as_str())),
        QueueRefusal::NoFirstReview { .. } => (false, at("/path/claim_no")),
        QueueRefusal::Done { .. }
        | QueueRefusal::Taken { .. }
        | QueueRefusal::NotTaken { .. }
        | QueueRefusal::LeaseOver { .. } => (true, at("/path/claim_no")),
    };
    Problem::refused("The task cannot be moved", is_conflict, vec![violation])
}
