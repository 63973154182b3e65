//! A claim that goes from the first reviewer to a second person, and back.

use deadpool_postgres::Transaction;
use dianfu_ledger::clock;
use jiff::Timestamp;

use super::follow::next_task;
use super::moves::{TaskMove, write_in};
use super::task::{NewTask, QueueRefusal, Task, TaskKind};
use crate::claim::{Claim, ClaimNo};
use crate::error::Error;
use crate::insurer::standings_in;
use crate::sql::review_tasks as sql;

/// The first reviewer proposes an approval: the reviewer's task is done, and one for a second person opens. The claim
/// is locked.
pub(crate) async fn hand_on_in(
    tx: &Transaction<'_>,
    claim: &Claim,
    who: &str,
    now: Timestamp,
) -> Result<Result<(), QueueRefusal>, Error> {
    let now = clock::as_kept(now);
    let tasks = tasks_of(tx, claim.claim_no()).await?;
    let Some(first) = open_of(&tasks, TaskKind::First) else {
        return Ok(Err(QueueRefusal::Unknown { claim_no: claim.claim_no().clone() }));
    };
    match TaskMove::done_at_once(first, who, "proposed", now) {
        Ok(done) => pass(tx, &tasks, done, TaskKind::Second, who, now).await?,
        Err(refusal) => return Ok(Err(refusal)),
    }
    Ok(Ok(()))
}

/// What the first reviewer has proposed is turned down, or taken back: the task for a second person is over, and the
/// claim is the first reviewers' again. Nothing if there is no such task any more.
pub(crate) async fn hand_back_in(
    tx: &Transaction<'_>,
    claim_no: &ClaimNo,
    (who, is_taken_back): (&str, bool),
    now: Timestamp,
) -> Result<Result<(), QueueRefusal>, Error> {
    let now = clock::as_kept(now);
    let tasks = tasks_of(tx, claim_no).await?;
    let Some(second) = open_of(&tasks, TaskKind::Second) else { return Ok(Ok(())) };
    let ended = if is_taken_back {
        Ok(TaskMove::lapses(second, who, "taken_back", now))
    } else {
        TaskMove::done_at_once(second, who, "turned_down", now)
    };
    match ended {
        Ok(ended) => pass(tx, &tasks, ended, TaskKind::First, who, now).await?,
        Err(refusal) => return Ok(Err(refusal)),
    }
    Ok(Ok(()))
}

/// Who has a claim's task for a second person at a moment, if anybody does.
pub(crate) async fn second_of(
    tx: &Transaction<'_>,
    claim_no: &ClaimNo,
    now: Timestamp,
) -> Result<Option<String>, Error> {
    let tasks = tasks_of(tx, claim_no).await?;
    let lease = open_of(&tasks, TaskKind::Second).and_then(|task| task.lease.as_ref());
    Ok(lease.filter(|lease| now < lease.until).map(|lease| lease.by.clone()))
}

/// A task ends, and another of its claim opens.
async fn pass(
    tx: &Transaction<'_>,
    tasks: &[Task],
    ended: TaskMove,
    kind: TaskKind,
    who: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let Task { key, insurer, amount_minor, .. } = ended.task.clone();
    let standings = standings_in(tx, std::slice::from_ref(&insurer), now).await?;
    let calendar = standings.get(&insurer).map(|standing| standing.calendar.clone()).unwrap_or_default();
    let new = NewTask { claim_no: key.claim_no, kind, insurer, amount_minor, due_at: now };
    let opened = next_task(tasks, new, &calendar, (who, now));
    write_in(tx, &[&[ended, opened]], who, now).await
}

async fn tasks_of(tx: &Transaction<'_>, claim_no: &ClaimNo) -> Result<Vec<Task>, Error> {
    Ok(sql::lock_of_claims(tx, &[claim_no.as_str()]).await?.remove(claim_no).unwrap_or_default())
}

fn open_of(tasks: &[Task], kind: TaskKind) -> Option<&Task> {
    tasks.iter().find(|task| task.key.kind == kind && task.is_open())
}
