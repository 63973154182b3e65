//! Posting what came as one request or one chunk of a stream, and telling each entry's outcome at its place.

use dianfu_ledger::entry::NewEntry;
use dianfu_ledger::refusal::{Door, Refusal, Request};
use dianfu_ledger::{Error, Ledger, Outcome, Rejection};
use uuid::Uuid;

use super::item::{Item, refuse_broken_runs};
use crate::problem::{self, Kind, Violation};
use crate::wire::outcome::{OutcomeBody, Status};

/// What became of a batch.
pub struct Posted {
    /// Each item's place and outcome, in order.
    pub outcomes: Vec<(u64, OutcomeBody)>,
    /// Why the entries that were asked for have failed, if they have.
    pub error: Option<Error>,
}

enum Slot {
    Asked { place: u64, id: Uuid, debits: Vec<bool> },
    Refused { place: u64, id: Option<Uuid>, violation: Violation },
}

/// Posts what can be posted of an actor's items; what cannot be read goes on record.
pub async fn post(ledger: &Ledger, actor: &str, mut items: Vec<Item>) -> Posted {
    refuse_broken_runs(&mut items);
    for item in &items {
        if let Err(violation) = &item.entry {
            ledger.refusals().offer(unread(actor, item.id, violation, item.text.clone()));
        }
    }
    let (slots, entries) = split(items);
    let posted = if entries.is_empty() { Ok(Vec::new()) } else { ledger.post(entries).await };
    match posted {
        Ok(outcomes) => {
            let mut outcomes = outcomes.into_iter();
            let mut next = || outcomes.next().expect("one outcome an entry");
            let answer = |slot| answer(slot, |id, debits| of_outcome(id, next(), debits));
            Posted { outcomes: slots.into_iter().map(answer).collect(), error: None }
        }
        Err(error) => {
            let failed = |id, _: &[bool]| OutcomeBody::not_in_the_books(Some(id), Status::Failed, of_error(&error));
            let outcomes = slots.into_iter().map(|slot| answer(slot, failed)).collect();
            Posted { outcomes, error: Some(error) }
        }
    }
}

fn split(items: Vec<Item>) -> (Vec<Slot>, Vec<NewEntry>) {
    let (mut slots, mut entries) = (Vec::with_capacity(items.len()), Vec::with_capacity(items.len()));
    for Item { place, id, entry, .. } in items {
        match entry {
            Ok(entry) => {
                slots.push(Slot::Asked { place, id: entry.id, debits: debits(&entry) });
                entries.push(entry);
            }
            Err(violation) => slots.push(Slot::Refused { place, id, violation }),
        }
    }
    (slots, entries)
}

fn answer(slot: Slot, asked: impl FnOnce(Uuid, &[bool]) -> OutcomeBody) -> (u64, OutcomeBody) {
    match slot {
        Slot::Asked { place, id, debits } => (place, asked(id, &debits)),
        Slot::Refused { place, id, violation } => {
            (place, OutcomeBody::not_in_the_books(id, Status::Rejected, violation))
        }
    }
}

fn of_outcome(id: Uuid, outcome: Outcome, debits: &[bool]) -> OutcomeBody {
    match outcome {
        Outcome::Posted(receipt) => OutcomeBody::in_the_books(id, Status::Posted, receipt),
        Outcome::Replayed(receipt) => OutcomeBody::in_the_books(id, Status::Replayed, receipt),
        Outcome::Rejected(rejection) => {
            OutcomeBody::not_in_the_books(Some(id), Status::Rejected, violation(&rejection, debits))
        }
    }
}

fn of_error(error: &Error) -> Violation {
    let kind = if error.is_retryable() { Kind::Unavailable } else { Kind::Internal };
    Violation { code: kind.code(), message: "send it again with the same id".into(), ..Violation::default() }
}

/// What is put on record of an entry that could not be read.
pub fn unread(actor: &str, entry_id: Option<Uuid>, violation: &Violation, text: String) -> Refusal {
    Refusal {
        entry_id,
        pointer: violation.pointer.as_deref().map(str::to_owned),
        request: if text.is_empty() { Request::None } else { Request::Text(text) },
        ..Refusal::new(Door::Api, actor.to_owned(), violation.code, violation.message.to_string())
    }
}

/// Which legs of an entry are debits: a refusal names the field that the caller wrote.
pub fn debits(entry: &NewEntry) -> Vec<bool> {
    entry.postings.iter().map(|posting| posting.amount.minor > 0).collect()
}

/// A refusal of the ledger, at its place in the entry as it came.
pub fn violation(rejection: &Rejection, debits: &[bool]) -> Violation {
    let is_debit = |leg: usize| debits.get(leg).copied().unwrap_or_default();
    problem::of_rejection(rejection, |leg| if is_debit(leg) { "debit" } else { "credit" })
}
