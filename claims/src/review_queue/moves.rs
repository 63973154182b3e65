//! What is written of a task: how it stands behind an act, and the act.

use std::collections::HashMap;

use deadpool_postgres::Transaction;
use jiff::Timestamp;

use super::task::{Act, NewTask, QueueRefusal, Task, TaskAct, TaskKey};
use crate::claim::ClaimNo;
use crate::error::Error;
use crate::sql::review_tasks as sql;

/// A task behind an act on it, and the act: what is written of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TaskMove {
    /// The task as it stands then.
    pub task: Task,
    /// What was done.
    pub act: TaskAct,
}

impl TaskMove {
    /// A task that comes into the queue, `round_no` of its kind on its claim. Who took the claim in, and who reviewed
    /// it first, is for the database to say.
    pub fn opens(new: &NewTask, round_no: i32, actor: &str, now: Timestamp) -> TaskMove {
        let NewTask { claim_no, kind, insurer, amount_minor, due_at } = new.clone();
        let task = Task {
            key: TaskKey { claim_no, kind, round_no },
            insurer,
            amount_minor,
            opened_at: now,
            due_at,
            intake_by: String::new(),
            first_reviewer: None,
            lease: None,
            done: None,
            act_no: 0,
        };
        TaskMove::of(task, Act::Opened, (actor, ""), now)
    }

    /// What comes of a task, as its next act.
    pub fn of(task: Task, act: Act, (actor, reason): (&str, &str), now: Timestamp) -> TaskMove {
        let act_no = task.act_no + 1;
        let (key, actor, reason) = (task.key.clone(), actor.to_owned(), reason.to_owned());
        TaskMove { task: Task { act_no, ..task }, act: TaskAct { key, act_no, act, actor, reason, acted_at: now } }
    }

    /// The task is done at once by somebody ([`Task::done_at_once`]).
    pub fn done_at_once(task: &Task, who: &str, outcome: &str, now: Timestamp) -> Result<TaskMove, QueueRefusal> {
        Ok(TaskMove::of(task.done_at_once(who, outcome, now)?, Act::Done, (who, outcome), now))
    }

    /// There is nothing left to review, and why.
    pub fn lapses(task: &Task, who: &str, why: &str, now: Timestamp) -> TaskMove {
        TaskMove::of(task.lapsed(who, now), Act::Lapsed, (who, why), now)
    }

    /// The task that comes into the queue with it, if one does.
    pub fn opened(&self) -> Option<NewTask> {
        let Task { key, insurer, amount_minor, due_at, .. } = &self.task;
        let new = || NewTask {
            claim_no: key.claim_no.clone(),
            kind: key.kind,
            insurer: insurer.clone(),
            amount_minor: *amount_minor,
            due_at: *due_at,
        };
        (self.act.act == Act::Opened).then(new)
    }
}

/// Writes what becomes of tasks of a batch of claims: `moves` are those of one event after another. Nothing is asked of
/// the database if nothing moves, and the same however many claims have one event each.
pub(crate) async fn write_in(
    tx: &Transaction<'_>,
    moves: &[&[TaskMove]],
    actor: &str,
    now: Timestamp,
) -> Result<(), Error> {
    for wave in waves(moves) {
        let (opened, ended): (Vec<&TaskMove>, Vec<&TaskMove>) =
            wave.into_iter().partition(|moved| moved.act.act == Act::Opened);
        if !ended.is_empty() {
            sql::move_on(tx, &ended).await?;
        }
        let opened: Vec<NewTask> = opened.into_iter().filter_map(TaskMove::opened).collect();
        if !opened.is_empty() {
            sql::insert(tx, &opened.iter().collect::<Vec<&NewTask>>(), actor, now).await?;
        }
    }
    Ok(())
}

/// The moves, so that a claim's events come one after the other.
fn waves<'a>(moves: &[&'a [TaskMove]]) -> Vec<Vec<&'a TaskMove>> {
    let mut waves: Vec<Vec<&TaskMove>> = Vec::new();
    let mut events: HashMap<&ClaimNo, usize> = HashMap::new();
    for of_event in moves {
        let Some(first) = of_event.first() else { continue };
        let wave = events.entry(&first.task.key.claim_no).or_default();
        if waves.len() == *wave {
            waves.push(Vec::new());
        }
        waves[*wave].extend(of_event.iter());
        *wave += 1;
    }
    waves
}
