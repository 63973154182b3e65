//! A task, and who may do what with it at a moment. Pure.

use dianfu_settlement::number::PartyNo;
use jiff::{Timestamp, ToSpan};

use crate::claim::ClaimNo;

/// The outcome of a task that nobody did, because its claim has moved on.
pub const LAPSED: &str = "lapsed";

/// How long who does a task without having taken it has it, in minutes: it is done at once.
const AT_ONCE_MINUTES: i64 = 1;

/// What there is to review.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum TaskKind {
    /// A claim that the rules leave to a reviewer.
    First,
    /// An approval that takes a second person.
    Second,
    /// An answer of the insurer that somebody must look at.
    InsurerAnswer,
}

impl TaskKind {
    /// Every kind.
    pub const ALL: [TaskKind; 3] = [TaskKind::First, TaskKind::Second, TaskKind::InsurerAnswer];

    /// The word for it, in the database and at every edge.
    pub fn word(self) -> &'static str {
        match self {
            TaskKind::First => "first",
            TaskKind::Second => "second",
            TaskKind::InsurerAnswer => "insurer_answer",
        }
    }

    /// Within how many working minutes ([`crate::working_clock`]) it is to be done: a day has 540.
    pub fn target_minutes(self) -> u32 {
        match self {
            TaskKind::First => 540,
            TaskKind::Second => 270,
            TaskKind::InsurerAnswer => 1_080,
        }
    }

    /// The inverse of [`TaskKind::word`].
    pub fn from_word(word: &str) -> Option<TaskKind> {
        TaskKind::ALL.into_iter().find(|kind| kind.word() == word)
    }
}

/// What was done with a task.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Act {
    /// It came into the queue.
    Opened,
    /// Somebody took it.
    Taken,
    /// Who has it has it for longer.
    Extended,
    /// Who had it gave it back.
    Released,
    /// It is done.
    Done,
    /// The claim has moved on, and there is nothing left to review.
    Lapsed,
}

impl Act {
    /// Every act, in the order of a task's life.
    pub const ALL: [Act; 6] = [Act::Opened, Act::Taken, Act::Extended, Act::Released, Act::Done, Act::Lapsed];

    /// The word for it, in the database and at every edge.
    pub fn word(self) -> &'static str {
        match self {
            Act::Opened => "opened",
            Act::Taken => "taken",
            Act::Extended => "extended",
            Act::Released => "released",
            Act::Done => "done",
            Act::Lapsed => LAPSED,
        }
    }

    /// The inverse of [`Act::word`].
    pub fn from_word(word: &str) -> Option<Act> {
        Act::ALL.into_iter().find(|act| act.word() == word)
    }
}

/// A task that is to come into the queue.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewTask {
    /// The claim.
    pub claim_no: ClaimNo,
    /// What there is to review.
    pub kind: TaskKind,
    /// Whose claim it is.
    pub insurer: PartyNo,
    /// What is at stake, in minor units of the claim's currency.
    pub amount_minor: i64,
    /// When it is to be done ([`crate::working_clock`]).
    pub due_at: Timestamp,
}

/// What a task is known by.
#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub struct TaskKey {
    /// The claim.
    pub claim_no: ClaimNo,
    /// What there is to review.
    pub kind: TaskKind,
    /// Which of the claim's tasks of this kind, from 1.
    pub round_no: i32,
}

/// Who has a task, and for how long.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Lease {
    /// Who.
    pub by: String,
    /// Since when.
    pub since: Timestamp,
    /// Until when: at this moment it is over.
    pub until: Timestamp,
}

/// What became of a task.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Done {
    /// Who did it.
    pub by: String,
    /// When.
    pub at: Timestamp,
    /// A word for what was decided; [`LAPSED`] if there was nothing left to decide.
    pub outcome: String,
}

/// A task as it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Task {
    /// What it is known by.
    pub key: TaskKey,
    /// Whose claim it is.
    pub insurer: PartyNo,
    /// What is at stake, in minor units of the claim's currency.
    pub amount_minor: i64,
    /// When it came into the queue.
    pub opened_at: Timestamp,
    /// When it is to be done.
    pub due_at: Timestamp,
    /// Who took the claim in.
    pub intake_by: String,
    /// Who reviewed the claim first, of a task for a second person.
    pub first_reviewer: Option<String>,
    /// Who has it, or had it last.
    pub lease: Option<Lease>,
    /// What became of it.
    pub done: Option<Done>,
    /// Number of its last act, from 1.
    pub act_no: i32,
}

/// An act on a task, as it is on record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TaskAct {
    /// The task.
    pub key: TaskKey,
    /// Counts the acts of a task, from 1.
    pub act_no: i32,
    /// What was done.
    pub act: Act,
    /// Who did it.
    pub actor: String,
    /// Why, or with which outcome; may be empty.
    pub reason: String,
    /// When.
    pub acted_at: Timestamp,
}

/// How many tasks of a kind are open.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TaskCount {
    /// The kind.
    pub kind: TaskKind,
    /// Open tasks, whoever has them.
    pub open: i64,
    /// Of these, those that somebody has.
    pub taken: i64,
    /// Of these, those that are late.
    pub overdue: i64,
    /// Open tasks by age: under one day, under three, under seven, older.
    pub by_age: [i64; 4],
    /// When the first of them is due.
    pub first_due_at: Option<Timestamp>,
}

/// Why something cannot be done with a task.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum QueueRefusal {
    /// There is no such task.
    #[error("claim {claim_no} has no such task")]
    Unknown {
        /// The claim.
        claim_no: ClaimNo,
    },
    /// It is done.
    #[error("'{by}' has done it at {at}")]
    Done {
        /// Who.
        by: String,
        /// When.
        at: Timestamp,
    },
    /// Somebody else has it.
    #[error("'{by}' has it until {until}")]
    Taken {
        /// Who.
        by: String,
        /// Until when.
        until: Timestamp,
    },
    /// Who asks has not taken it.
    #[error("'{who}' has not taken it")]
    NotTaken {
        /// Who.
        who: String,
    },
    /// Who asks has had it too long.
    #[error("'{who}' had it until {until}")]
    LeaseOver {
        /// Who.
        who: String,
        /// Until when.
        until: Timestamp,
    },
    /// The second person must be another.
    #[error("'{who}' has taken the claim in or reviewed it first: the second person is another")]
    SecondIsAnother {
        /// Who.
        who: String,
    },
    /// There is nothing for a second person yet.
    #[error("claim {claim_no} has no first review that is done")]
    NoFirstReview {
        /// The claim.
        claim_no: ClaimNo,
    },
    /// A task is taken for a time.
    #[error("a task is taken for 1 to {max} minutes, not for {minutes}")]
    LeaseLength {
        /// What was asked for.
        minutes: u32,
        /// The longest.
        max: u32,
    },
}

impl QueueRefusal {
    /// Stable code, the same at every edge.
    pub fn code(&self) -> &'static str {
        match self {
            QueueRefusal::Unknown { .. } => "task_unknown",
            QueueRefusal::Done { .. } => "task_done",
            QueueRefusal::Taken { .. } => "task_taken",
            QueueRefusal::NotTaken { .. } => "task_not_taken",
            QueueRefusal::LeaseOver { .. } => "lease_over",
            QueueRefusal::SecondIsAnother { .. } => "second_is_another",
            QueueRefusal::NoFirstReview { .. } => "no_first_review",
            QueueRefusal::LeaseLength { .. } => "lease_length",
        }
    }
}

impl Task {
    /// Whether somebody has it at a moment.
    pub fn is_with(&self, who: &str, now: Timestamp) -> bool {
        self.lease.as_ref().is_some_and(|lease| lease.by == who && now < lease.until)
    }

    /// Who else has it at a moment, and until when.
    pub fn lease_of_another(&self, who: &str, now: Timestamp) -> Option<&Lease> {
        self.lease.as_ref().filter(|lease| lease.by != who && now < lease.until)
    }

    /// Whether somebody took the claim in or reviewed it first, and so is no second person.
    pub fn is_of(&self, who: &str) -> bool {
        self.first_reviewer.as_deref() == Some(who) || self.intake_by == who
    }

    /// Whether somebody may take it, or have it for longer.
    pub fn may_be_taken(&self, who: &str, now: Timestamp) -> Result<(), QueueRefusal> {
        self.check_open()?;
        if let Some(lease) = self.lease_of_another(who, now) {
            return Err(QueueRefusal::Taken { by: lease.by.clone(), until: lease.until });
        }
        if self.key.kind == TaskKind::Second && self.is_of(who) {
            return Err(QueueRefusal::SecondIsAnother { who: who.to_owned() });
        }
        Ok(())
    }

    /// Whether somebody may give it back or finish it.
    pub fn may_be_moved(&self, who: &str, now: Timestamp) -> Result<(), QueueRefusal> {
        self.check_open()?;
        match &self.lease {
            Some(lease) if lease.by == who && now < lease.until => Ok(()),
            Some(lease) if lease.by == who => Err(QueueRefusal::LeaseOver { who: who.to_owned(), until: lease.until }),
            Some(_) | None => Err(QueueRefusal::NotTaken { who: who.to_owned() }),
        }
    }

    /// The task once it is done.
    #[must_use]
    pub fn done(&self, who: &str, outcome: &str, now: Timestamp) -> Task {
        let done = Done { by: who.to_owned(), at: now, outcome: outcome.to_owned() };
        Task { done: Some(done), ..self.clone() }
    }

    /// The task once it is done by somebody who may take it: nobody must have taken a task to do it, but what another
    /// has is the other's to do.
    pub fn done_at_once(&self, who: &str, outcome: &str, now: Timestamp) -> Result<Task, QueueRefusal> {
        self.may_be_taken(who, now)?;
        let until = now.saturating_add(AT_ONCE_MINUTES.minutes()).unwrap_or(Timestamp::MAX);
        let taken = || Lease { by: who.to_owned(), since: now, until };
        let lease = self.lease.clone().filter(|_| self.is_with(who, now)).unwrap_or_else(taken);
        Ok(Task { lease: Some(lease), ..self.clone() }.done(who, outcome, now))
    }

    /// The task once there is nothing left to review, whoever has it.
    #[must_use]
    pub fn lapsed(&self, who: &str, now: Timestamp) -> Task {
        self.done(who, LAPSED, now)
    }

    /// Whether nothing has become of it yet.
    pub fn is_open(&self) -> bool {
        self.done.is_none()
    }

    /// What of its target it has used up: from when it came into the queue until it was done.
    pub fn span(&self) -> Option<(Timestamp, Timestamp)> {
        self.done.as_ref().map(|done| (self.opened_at, done.at))
    }

    fn check_open(&self) -> Result<(), QueueRefusal> {
        match &self.done {
            Some(done) => Err(QueueRefusal::Done { by: done.by.clone(), at: done.at }),
            None => Ok(()),
        }
    }
}
