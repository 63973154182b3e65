//! What an event of a claim does to the claim's tasks. Pure.
//!
//! What the rules leave to a reviewer comes into the queue; what a reviewer decides, or asks more material for, is done
//! with it; and a claim that moves on without a reviewer has nothing left to review. Nobody must have taken a task to
//! decide, but what another has taken is the other's to decide.

use jiff::Timestamp;

use super::moves::TaskMove;
use super::task::{NewTask, QueueRefusal, Task, TaskKind};
use crate::calendar::Calendar;
use crate::claim::{Claim, State};
use crate::event::Event;
use crate::prereview::{Decision, Outcome};
use crate::working_clock::WorkingClock;

/// An event of a claim that may concern its tasks.
#[derive(Clone, Copy, Debug)]
pub struct Happened<'a> {
    /// The claim before it.
    pub claim: &'a Claim,
    /// What happens.
    pub event: &'a Event,
    /// Where it leads.
    pub to: State,
    /// What pre-review or people have decided.
    pub decision: Option<&'a Decision>,
    /// Who tells it.
    pub actor: &'a str,
    /// Who has checked it.
    pub checked_by: Option<&'a str>,
    /// When.
    pub at: Timestamp,
}

/// What becomes of a claim's tasks. `tasks` are all that the claim has had; `calendar` is that of its insurer.
pub fn follow(
    tasks: &[Task],
    happened: &Happened<'_>,
    calendar: Option<&Calendar>,
) -> Result<Vec<TaskMove>, QueueRefusal> {
    let open: Vec<&Task> = tasks.iter().filter(|task| task.is_open() && is_review(task)).collect();
    if matches!(happened.event, Event::LeftToReviewer { .. }) {
        return Ok(if open.is_empty() { vec![opens(tasks, happened, calendar)] } else { Vec::new() });
    }
    if happened.claim.state != State::PreReview || happened.to == State::PreReview {
        return Ok(Vec::new());
    }
    open.into_iter().map(|task| ends(task, happened)).collect()
}

/// The next task of a kind behind those that a claim has had: its target goes on where theirs ended.
pub fn next_task(tasks: &[Task], new: NewTask, calendar: &Calendar, (actor, at): (&str, Timestamp)) -> TaskMove {
    let of_kind = || tasks.iter().filter(|task| task.key.kind == new.kind);
    let spans: Vec<(Timestamp, Timestamp)> = of_kind().filter_map(Task::span).collect();
    let due_at = WorkingClock::of(calendar).due_behind(&spans, at, new.kind.target_minutes());
    let round_no = 1 + i32::try_from(of_kind().count()).expect("nobody reviews a claim two billion times");
    TaskMove::opens(&NewTask { due_at, ..new }, round_no, actor, at)
}

fn opens(tasks: &[Task], happened: &Happened<'_>, calendar: Option<&Calendar>) -> TaskMove {
    let Happened { claim, decision, actor, at, .. } = *happened;
    let new = NewTask {
        claim_no: claim.claim_no().clone(),
        kind: TaskKind::First,
        insurer: claim.intake.insurer.clone(),
        amount_minor: decision.map_or(0, |decision| decision.facts.advance_minor()),
        due_at: at,
    };
    next_task(tasks, new, calendar.unwrap_or(&Calendar::default()), (actor, at))
}

fn ends(task: &Task, happened: &Happened<'_>) -> Result<TaskMove, QueueRefusal> {
    let Happened { event, decision, actor, checked_by, at, .. } = *happened;
    let lapses = |why: &str| Ok(TaskMove::lapses(task, actor, why, at));
    let word = event.kind().word();
    let ruled = decision.filter(|decision| decision.ruling.is_some()).map(|decision| decision.verdict.outcome());
    let outcome = match ruled {
        Some(Outcome::Approved(_)) => "approved",
        Some(Outcome::Rejected { .. } | Outcome::Referred { .. }) => "rejected",
        None if matches!(event, Event::MaterialRequested { .. }) => word,
        None => return lapses(word),
    };
    match (task.key.kind, checked_by) {
        (TaskKind::Second, Some(second)) => TaskMove::done_at_once(task, second, outcome, at),
        // The first reviewer has thought better of it: nothing is left for a second person.
        (TaskKind::Second, None) if task.is_of(actor) && task.lease_of_another(actor, at).is_none() => lapses(outcome),
        _ => TaskMove::done_at_once(task, actor, outcome, at),
    }
}

fn is_review(task: &Task) -> bool {
    matches!(task.key.kind, TaskKind::First | TaskKind::Second)
}
