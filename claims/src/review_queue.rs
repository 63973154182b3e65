//! The queue of those who review: take what is due first, decide it, or give it back.
//!
//! A task belongs to a claim. Who takes it has it for a time (a lease: data, told by who asks) and alone; when the time
//! is over, the next who asks gets it. The second person above a limit is neither the first reviewer nor who took the
//! claim in. The database holds the same: two people who ask at once get two tasks, or one of them a refusal.
//!
//! The queue fills itself and empties itself: a claim that the rules leave to a reviewer opens a task in the same
//! transaction, and the event that decides the claim, or calls it off, ends it ([`follow`](mod@follow)). An approval
//! that takes two people ends the task of the first reviewer when it is proposed, and opens one for a second person;
//! who turns it down gives the claim back to the first.
//!
//! Who decides need not have taken the task: deciding takes it and does it at once. What another has taken is refused.
//!
//! Every step locks the task it is about, decides on its values ([`task`]), and writes the task and the act on record.

pub mod task;
pub mod moves;
pub mod follow;
mod hand;

pub(crate) use hand::{hand_back_in, hand_on_in, second_of};

use deadpool_postgres::{Client, Transaction};
use dianfu_ledger::clock;
use dianfu_settlement::number::PartyNo;
use jiff::{Timestamp, ToSpan};

use crate::claim::ClaimNo;
use crate::error::Error;
use crate::sql::review_tasks as sql;
use moves::TaskMove;
use task::{Act, Lease, NewTask, QueueRefusal, Task, TaskAct, TaskCount, TaskKey, TaskKind};

/// The longest time for which a task may be taken, in minutes.
pub const LEASE_MINUTES_MAX: u32 = 480;
/// The most tasks of one page.
pub const PAGE_MAX: u32 = 1_000;

/// What somebody wants to review.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wanted {
    /// Of which kinds.
    pub kinds: Vec<TaskKind>,
    /// Of whose claims; `None` for all.
    pub insurer: Option<PartyNo>,
}

/// Opens tasks inside the caller's transaction. A claim has at most one open task of a kind: who asks again gets the
/// same. Answers one a task.
pub async fn open_in(
    tx: &Transaction<'_>,
    tasks: &[NewTask],
    actor: &str,
    now: Timestamp,
) -> Result<Vec<Result<TaskKey, QueueRefusal>>, Error> {
    let now = clock::as_kept(now);
    let claims: Vec<&str> = tasks.iter().map(|task| task.claim_no.as_str()).collect();
    let reviewed = sql::claims_with_first_review(tx, &claims).await?;
    let can_open = |task: &&NewTask| task.kind != TaskKind::Second || reviewed.contains(&task.claim_no);
    let openable: Vec<&NewTask> = tasks.iter().filter(can_open).collect();
    sql::insert(tx, &openable, actor, now).await?;
    let open = sql::open_keys(tx, &claims).await?;
    let answer = |task: &NewTask| {
        let found = open.iter().find(|key| key.claim_no == task.claim_no && key.kind == task.kind);
        found.cloned().ok_or_else(|| QueueRefusal::NoFirstReview { claim_no: task.claim_no.clone() })
    };
    Ok(tasks.iter().map(answer).collect())
}

/// Takes the task that is due first of those that `who` may have and nobody has; `None` if there is none.
pub async fn take_next(
    client: &mut Client,
    who: &str,
    wanted: &Wanted,
    lease_minutes: u32,
    now: Timestamp,
) -> Result<Result<Option<Task>, QueueRefusal>, Error> {
    let now = clock::as_kept(now);
    let lease = match lease(who, lease_minutes, now) {
        Ok(lease) => lease,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let tx = client.transaction().await?;
    let Some(task) = sql::lock_next(&tx, who, wanted, now).await? else { return Ok(Ok(None)) };
    let taken = TaskMove::of(Task { lease: Some(lease), ..task }, Act::Taken, (who, ""), now);
    sql::move_on(&tx, &[&taken]).await?;
    tx.commit().await?;
    Ok(Ok(Some(taken.task)))
}

/// Takes this task, or takes it for longer.
pub async fn take(
    client: &mut Client,
    key: &TaskKey,
    who: &str,
    lease_minutes: u32,
    now: Timestamp,
) -> Result<Result<Task, QueueRefusal>, Error> {
    let now = clock::as_kept(now);
    let lease = match lease(who, lease_minutes, now) {
        Ok(lease) => lease,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let tx = client.transaction().await?;
    let step = |task: &Task| {
        task.may_be_taken(who, now)?;
        let act = if task.is_with(who, now) { Act::Extended } else { Act::Taken };
        Ok((Task { lease: Some(lease), ..task.clone() }, act))
    };
    let answer = move_on(&tx, key, (who, ""), now, step).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Gives a task back to the queue, for a reason.
pub async fn release(
    client: &mut Client,
    key: &TaskKey,
    who: &str,
    reason: &str,
    now: Timestamp,
) -> Result<Result<Task, QueueRefusal>, Error> {
    let now = clock::as_kept(now);
    let tx = client.transaction().await?;
    let step = |task: &Task| {
        task.may_be_moved(who, now)?;
        Ok((Task { lease: None, ..task.clone() }, Act::Released))
    };
    let answer = move_on(&tx, key, (who, reason), now, step).await?;
    tx.commit().await?;
    Ok(answer)
}

/// Finishes a task inside the caller's transaction, with the decision that it was for. `outcome` is a word for it, such
/// as `approved`.
pub async fn finish_in(
    tx: &Transaction<'_>,
    key: &TaskKey,
    (who, outcome): (&str, &str),
    now: Timestamp,
) -> Result<Result<Task, QueueRefusal>, Error> {
    let now = clock::as_kept(now);
    let step = |task: &Task| {
        task.may_be_moved(who, now)?;
        Ok((task.done(who, outcome, now), Act::Done))
    };
    move_on(tx, key, (who, outcome), now, step).await
}

/// Which tasks to list.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Filter {
    /// Of which kinds; none for all.
    pub kinds: Vec<TaskKind>,
    /// Of whose claims; `None` for all.
    pub insurer: Option<PartyNo>,
    /// Taken by whom; `None` for all.
    pub taken_by: Option<String>,
    /// Due before when; `None` for all.
    pub due_before: Option<Timestamp>,
}

/// Where a list goes on: behind this task.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Place {
    /// When the last task listed is due.
    pub due_at: Timestamp,
    /// Its key.
    pub key: TaskKey,
}

/// Open tasks, those due first coming first, behind a place: what is due never changes, so a list goes on where it was
/// left, whatever happens between its pages. At most [`PAGE_MAX`].
pub async fn list(
    client: &mut Client,
    filter: &Filter,
    after: Option<&Place>,
    most: u32,
) -> Result<(Vec<Task>, Option<Place>), Error> {
    let tx = client.transaction().await?;
    let most = most.clamp(1, PAGE_MAX);
    let tasks = sql::list(&tx, filter, after, most.into()).await?;
    let is_full = u32::try_from(tasks.len()).is_ok_and(|listed| listed == most);
    let last = tasks.last().filter(|_| is_full);
    let next = last.map(|task| Place { due_at: task.due_at, key: task.key.clone() });
    Ok((tasks, next))
}

/// How many tasks of each kind are open, taken and overdue, and how old they are.
pub async fn counts(client: &mut Client, now: Timestamp) -> Result<Vec<TaskCount>, Error> {
    let tx = client.transaction().await?;
    sql::counts(&tx, now).await
}

/// A claim's tasks and what was done with them, the first act first.
pub async fn history(client: &mut Client, claim_no: &ClaimNo) -> Result<Vec<TaskAct>, Error> {
    let tx = client.transaction().await?;
    sql::acts(&tx, claim_no).await
}

async fn move_on(
    tx: &Transaction<'_>,
    key: &TaskKey,
    by: (&str, &str),
    now: Timestamp,
    step: impl FnOnce(&Task) -> Result<(Task, Act), QueueRefusal>,
) -> Result<Result<Task, QueueRefusal>, Error> {
    let Some(task) = sql::lock(tx, key).await? else {
        return Ok(Err(QueueRefusal::Unknown { claim_no: key.claim_no.clone() }));
    };
    let (moved, act) = match step(&task) {
        Ok(step) => step,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let moved = TaskMove::of(moved, act, by, now);
    sql::move_on(tx, &[&moved]).await?;
    Ok(Ok(moved.task))
}

fn lease(who: &str, minutes: u32, now: Timestamp) -> Result<Lease, QueueRefusal> {
    if !(1..=LEASE_MINUTES_MAX).contains(&minutes) {
        return Err(QueueRefusal::LeaseLength { minutes, max: LEASE_MINUTES_MAX });
    }
    let until = now.saturating_add(i64::from(minutes).minutes()).unwrap_or(Timestamp::MAX);
    Ok(Lease { by: who.to_owned(), since: now, until })
}
