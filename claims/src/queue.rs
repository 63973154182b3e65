//! Work queues: which claims wait for somebody of the platform, since when, and until when they should not.
//!
//! A queue is a question about where claims stand, never a list that is kept, so that no claim is missing from it and
//! none stays. A claim waits since its last event. The longest waiting comes first, and a page goes on from the last
//! one's place. What a question costs grows with what is in the queue, not with the claims there are.

use deadpool_postgres::Client;
use jiff::{SignedDuration, Timestamp};

use crate::error::Error;
use crate::search::{ListedClaim, Place};
use crate::sql;

/// What waits.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Queue {
    /// The patient has sent the claim; its materials are to be checked.
    MaterialsToCheck,
    /// It is complete; a review is to be decided.
    ToReview,
    /// It is approved, or a pharmacy has declined or not answered; an order is to be offered.
    ToDispatch,
    /// The insurer has had it for longer than it should.
    OverdueAtInsurer,
    /// Who bears what the insurer does not cover is to be decided.
    ShortfallsToDecide,
}

/// A claim that waits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Waiting {
    /// The claim.
    pub claim: ListedClaim,
    /// Since when: its last event.
    pub since: Timestamp,
    /// Until when it should be dealt with.
    pub due_at: Timestamp,
}

/// How much waits in a queue.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct QueueCount {
    /// The queue.
    pub queue: Queue,
    /// Claims that wait.
    pub waiting: i64,
    /// Those of them that are past due.
    pub overdue: i64,
    /// Since when the first of them waits.
    pub oldest: Option<Timestamp>,
}

/// A page of a queue, the longest waiting first.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct QueuePage {
    /// The claims.
    pub waiting: Vec<Waiting>,
    /// Where the next page goes on; `taken_in_at` of the place is since when the claim waits.
    pub next: Option<Place>,
}

impl Queue {
    /// Every queue, in the order of a claim's life.
    pub const ALL: [Queue; 5] = [
        Queue::MaterialsToCheck,
        Queue::ToReview,
        Queue::ToDispatch,
        Queue::OverdueAtInsurer,
        Queue::ShortfallsToDecide,
    ];

    /// The word at every edge.
    pub fn word(self) -> &'static str {
        match self {
            Queue::MaterialsToCheck => "materials_to_check",
            Queue::ToReview => "to_review",
            Queue::ToDispatch => "to_dispatch",
            Queue::OverdueAtInsurer => "overdue_at_insurer",
            Queue::ShortfallsToDecide => "shortfalls_to_decide",
        }
    }

    /// The inverse of [`Queue::word`].
    pub fn from_word(word: &str) -> Option<Queue> {
        Queue::ALL.into_iter().find(|queue| queue.word() == word)
    }

    /// How long a claim may wait: whole days of 24 hours from its last event.
    pub fn target(self) -> SignedDuration {
        let days = match self {
            Queue::MaterialsToCheck | Queue::ToReview | Queue::ToDispatch => 1,
            Queue::OverdueAtInsurer => 30,
            Queue::ShortfallsToDecide => 5,
        };
        SignedDuration::from_hours(24 * days)
    }
}

/// How much waits at a moment, queue by queue.
pub async fn counts(client: &Client, now: Timestamp) -> Result<Vec<QueueCount>, Error> {
    let mut counts = Vec::new();
    for queue in Queue::ALL {
        counts.push(sql::queues::count(client, queue, now).await?);
    }
    Ok(counts)
}

/// What waits in a queue at a moment, after a place, at most `limit`.
pub async fn waiting(
    client: &Client,
    queue: Queue,
    now: Timestamp,
    after: Option<&Place>,
    limit: u16,
) -> Result<QueuePage, Error> {
    let mut waiting = sql::queues::waiting(client, queue, now, after, i64::from(limit) + 1).await?;
    let has_more = waiting.len() > usize::from(limit);
    waiting.truncate(limit.into());
    let next = waiting
        .last()
        .filter(|_| has_more)
        .map(|last| Place { taken_in_at: last.since, claim_no: last.claim.claim_no.clone() });
    Ok(QueuePage { waiting, next })
}
