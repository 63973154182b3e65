//! Tasks of reviewers: what is taken, what is listed, and what was done with them.

use dianfu_claims::claim::Claim;
use dianfu_claims::review_queue::task::{Lease, Task, TaskAct, TaskCount, TaskKind};
use dianfu_ledger::money::{Currency, decimal_text};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::problem::Violation;

/// What somebody wants to review next.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NextTask)]
pub struct NextTaskBody {
    /// For how many minutes it is taken: 1 to 480.
    #[schema(example = 60)]
    pub minutes: u32,
    /// Of which kinds: `first`, `insurer_answer`; both if left out. Approvals have one kind only.
    #[serde(default)]
    pub kinds: Option<Vec<String>>,
    /// Of whose claims; of all if left out.
    #[serde(default)]
    #[schema(example = "picc")]
    pub insurer: Option<String>,
}

/// For how long a task is taken.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TaskTaking)]
pub struct TakingBody {
    /// For how many minutes from now: 1 to 480.
    #[schema(example = 60)]
    pub minutes: u32,
}

/// Why a task is given back.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = TaskRelease)]
pub struct ReleaseBody {
    /// Why, for the record.
    #[schema(example = "needs an oncologist")]
    pub reason: String,
}

/// Who has a task.
#[derive(Serialize, ToSchema)]
#[schema(as = TaskLease)]
pub struct LeaseBody {
    #[schema(example = "person:lin")]
    by: String,
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
    /// When it is over, and the task anybody's again.
    #[schema(value_type = String, format = DateTime)]
    until: Timestamp,
}

/// A task as it stands.
#[derive(Serialize, ToSchema)]
#[schema(as = ReviewTask)]
pub struct TaskBody {
    #[schema(example = "CLM-1")]
    claim_no: String,
    /// `first`, `second` or `insurer_answer`.
    #[schema(value_type = String, example = "first")]
    kind: &'static str,
    /// Which of the claim's tasks of this kind, from 1.
    round: i32,
    #[schema(example = "picc")]
    insurer: String,
    /// What is at stake.
    #[schema(example = "20000.00")]
    amount: String,
    #[schema(value_type = String, example = "CNY")]
    currency: Currency,
    #[schema(value_type = String, format = DateTime)]
    opened_at: Timestamp,
    /// When it is to be done.
    #[schema(value_type = String, format = DateTime)]
    due_at: Timestamp,
    /// Who reviewed the claim first, of a task for a second person.
    first_reviewer: Option<String>,
    /// Who has it, or had it last.
    lease: Option<LeaseBody>,
    /// What was decided; `null` while it is open.
    outcome: Option<String>,
}

/// The task that was taken.
#[derive(Serialize, ToSchema)]
#[schema(as = TakenTask)]
pub struct TakenBody {
    /// `null` if there is none to be had.
    pub task: Option<TaskBody>,
}

/// Open tasks, those due first coming first.
#[derive(Serialize, ToSchema)]
#[schema(as = ReviewTaskPage)]
pub struct TaskPageBody {
    tasks: Vec<TaskBody>,
    /// What to send as `cursor` for the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// How many tasks of a kind are open.
#[derive(Serialize, ToSchema)]
#[schema(as = ReviewTaskCount)]
pub struct TaskCountBody {
    #[schema(value_type = String, example = "first")]
    kind: &'static str,
    open: i64,
    /// Of these, those that somebody has.
    taken: i64,
    /// Of these, those that are late.
    overdue: i64,
    /// By age: under one day, under three, under seven, older.
    #[schema(value_type = Vec<i64>, example = json!([3, 1, 0, 0]))]
    by_age: [i64; 4],
    /// When the first of them is due.
    #[schema(value_type = Option<String>, format = DateTime)]
    first_due_at: Option<Timestamp>,
}

/// How many tasks wait, kind by kind.
#[derive(Serialize, ToSchema)]
#[schema(as = ReviewTaskCounts)]
pub struct TaskCountsBody {
    /// As of this time.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// Kinds of which some are open.
    pub kinds: Vec<TaskCountBody>,
}

/// Something that was done with a task.
#[derive(Serialize, ToSchema)]
#[schema(as = ReviewTaskAct)]
pub struct TaskActBody {
    #[schema(value_type = String, example = "first")]
    kind: &'static str,
    round: i32,
    /// Counts the acts of a task, from 1.
    act_no: i32,
    /// `opened`, `taken`, `extended`, `released`, `done` or `lapsed`.
    #[schema(value_type = String, example = "taken")]
    act: &'static str,
    #[schema(example = "person:lin")]
    actor: String,
    /// Why, or with which outcome.
    reason: String,
    #[schema(value_type = String, format = DateTime)]
    at: Timestamp,
}

/// A claim's tasks and what was done with them.
#[derive(Serialize, ToSchema)]
#[schema(as = ReviewTaskHistory)]
pub struct TaskHistoryBody {
    /// The first act first.
    pub acts: Vec<TaskActBody>,
}

impl NextTaskBody {
    /// The kinds that are wanted, among those that may be.
    pub fn kinds(&self, allowed: &[TaskKind]) -> Result<Vec<TaskKind>, Violation> {
        let Some(words) = &self.kinds else { return Ok(allowed.to_vec()) };
        let expected = || allowed.iter().map(|kind| kind.word()).collect::<Vec<_>>().join(", ");
        let kind = |(at, word): (usize, &String)| {
            let kind = TaskKind::from_word(word).filter(|kind| allowed.contains(kind));
            let unknown = || {
                let message = format!("'{word}' is no kind of task here");
                Violation::at("kind_unknown", format!("/kinds/{at}"), message).expected(expected(), word.as_str())
            };
            kind.ok_or_else(unknown)
        };
        words.iter().enumerate().map(kind).collect()
    }
}

impl TaskBody {
    /// A task of this claim.
    pub fn of(task: Task, currency: Currency) -> TaskBody {
        let lease = task.lease.map(|Lease { by, since, until }| LeaseBody { by, since, until });
        TaskBody {
            claim_no: task.key.claim_no.into(),
            kind: task.key.kind.word(),
            round: task.key.round_no,
            insurer: task.insurer.into(),
            amount: decimal_text(task.amount_minor.into(), currency),
            currency,
            opened_at: task.opened_at,
            due_at: task.due_at,
            first_reviewer: task.first_reviewer,
            lease,
            outcome: task.done.map(|done| done.outcome),
        }
    }
}

impl TaskPageBody {
    /// A page of tasks of these claims.
    pub fn of(tasks: Vec<Task>, claims: &[Claim], next: Option<String>) -> TaskPageBody {
        let shown = |task: Task| {
            let claim = claims.iter().find(|claim| *claim.claim_no() == task.key.claim_no)?;
            Some(TaskBody::of(task, claim.intake.currency))
        };
        TaskPageBody { tasks: tasks.into_iter().filter_map(shown).collect(), next }
    }
}

impl From<TaskCount> for TaskCountBody {
    fn from(count: TaskCount) -> TaskCountBody {
        let TaskCount { kind, open, taken, overdue, by_age, first_due_at } = count;
        TaskCountBody { kind: kind.word(), open, taken, overdue, by_age, first_due_at }
    }
}

impl From<TaskAct> for TaskActBody {
    fn from(act: TaskAct) -> TaskActBody {
        let TaskAct { key, act_no, act, actor, reason, acted_at } = act;
        let (kind, round) = (key.kind.word(), key.round_no);
        TaskActBody { kind, round, act_no, act: act.word(), actor, reason, at: acted_at }
    }
}
