//! Posting what came as one request or one chunk of a stream, and telling each entry's outcome at its place.

use dianfu_ledger::refusal::{self, Door, Refusal};
use dianfu_ledger::template_register::posting::{Answer, Request, Unfilled};
use dianfu_ledger::{Error, Ledger, Outcome, Rejection};
use uuid::Uuid;

use super::item::{Item, refuse_broken_runs};
use crate::problem::{self, Kind, Violation};
use crate::wire::outcome::{OutcomeBody, Status};
use crate::wire::template::of_unfilled;

/// What became of a batch.
pub struct Posted {
    /// Each item's place and outcome, in order.
    pub outcomes: Vec<(u64, OutcomeBody)>,
    /// Why the entries that were asked for have failed, if they have.
    pub error: Option<Error>,
}

enum Slot {
    Asked { place: u64, id: Uuid, form: Form },
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
    let (slots, requests) = split(items);
    let posted = if requests.is_empty() { Ok(Vec::new()) } else { ledger.post_requests(requests).await };
    match posted {
        Ok(answers) => {
            for (slot, answer) in slots.iter().filter(|slot| matches!(slot, Slot::Asked { .. })).zip(&answers) {
                if let (Slot::Asked { id, .. }, Answer::Unfilled(unfilled)) = (slot, answer) {
                    ledger.refusals().offer(not_filled(actor, *id, unfilled));
                }
            }
            let mut answers = answers.into_iter();
            let mut next = || answers.next().expect("one answer a request");
            let answer = |slot| answer(slot, |id, form| of_answer(id, next(), form));
            Posted { outcomes: slots.into_iter().map(answer).collect(), error: None }
        }
        Err(error) => {
            let failed = |id, _: &Form| OutcomeBody::not_in_the_books(Some(id), Status::Failed, of_error(&error));
            let outcomes = slots.into_iter().map(|slot| answer(slot, failed)).collect();
            Posted { outcomes, error: Some(error) }
        }
    }
}

fn split(items: Vec<Item>) -> (Vec<Slot>, Vec<Request>) {
    let (mut slots, mut requests) = (Vec::with_capacity(items.len()), Vec::with_capacity(items.len()));
    for Item { place, id, entry, .. } in items {
        match entry {
            Ok(request) => {
                slots.push(Slot::Asked { place, id: request.entry.id, form: Form::of(&request) });
                requests.push(request);
            }
            Err(violation) => slots.push(Slot::Refused { place, id, violation }),
        }
    }
    (slots, requests)
}

fn answer(slot: Slot, asked: impl FnOnce(Uuid, &Form) -> OutcomeBody) -> (u64, OutcomeBody) {
    match slot {
        Slot::Asked { place, id, form } => (place, asked(id, &form)),
        Slot::Refused { place, id, violation } => {
            (place, OutcomeBody::not_in_the_books(id, Status::Rejected, violation))
        }
    }
}

fn of_answer(id: Uuid, answer: Answer, form: &Form) -> OutcomeBody {
    let rejected = |violation| OutcomeBody::not_in_the_books(Some(id), Status::Rejected, violation);
    let outcome = match answer {
        Answer::Decided(outcome) => outcome,
        Answer::Unfilled(unfilled) => return rejected(unfilled_violations(&unfilled).remove(0)),
    };
    match outcome {
        Outcome::Posted(receipt) => OutcomeBody::in_the_books(id, Status::Posted, receipt),
        Outcome::Replayed(receipt) => OutcomeBody::in_the_books(id, Status::Replayed, receipt),
        Outcome::Rejected(rejection) => rejected(violation(&rejection, form)),
    }
}

const AGAIN: &str = "send it again with the same id";

fn of_error(error: &Error) -> Violation {
    let (kind, message) = match error {
        error if error.is_segment_unreadable() => {
            (Kind::SegmentUnreadable, "send it again with the same id when the segment's file is back")
        }
        error if error.is_retryable() => (Kind::Unavailable, AGAIN),
        _ => (Kind::Internal, AGAIN),
    };
    Violation { code: kind.code(), message: message.into(), ..Violation::default() }
}

/// What is put on record of an entry that could not be read.
pub fn unread(actor: &str, entry_id: Option<Uuid>, violation: &Violation, text: String) -> Refusal {
    Refusal {
        entry_id,
        pointer: violation.pointer.as_deref().map(str::to_owned),
        request: if text.is_empty() { refusal::Request::None } else { refusal::Request::Text(text) },
        ..Refusal::new(Door::Api, actor.to_owned(), violation.code, violation.message.to_string())
    }
}

/// What is put on record of an entry whose template could not be filled.
pub fn not_filled(actor: &str, entry_id: Uuid, unfilled: &Unfilled) -> Refusal {
    unread(actor, Some(entry_id), &unfilled_violations(unfilled).remove(0), String::new())
}

/// How a caller wrote an entry: a refusal names the field that is there.
pub struct Form {
    /// Which of its legs are debits.
    debits: Vec<bool>,
    is_by_template: bool,
}

impl Form {
    /// Of a request as it came.
    pub fn of(request: &Request) -> Form {
        let debits = request.entry.postings.iter().map(|posting| posting.amount.minor > 0).collect();
        Form { debits, is_by_template: request.filling.is_some() }
    }
}

/// A refusal of the ledger, at its place in the entry as it came.
pub fn violation(rejection: &Rejection, form: &Form) -> Violation {
    let is_debit = |leg: usize| form.debits.get(leg).copied().unwrap_or_default();
    let violation = problem::of_rejection(rejection, |leg| if is_debit(leg) { "debit" } else { "credit" });
    let pointer = violation.pointer.as_deref().unwrap_or_default();
    // Of an entry by template, the caller has written no leg.
    let pointer: Box<str> = match pointer {
        _ if !form.is_by_template => return violation,
        "/template_no" => "/template/template_no".into(),
        pointer if pointer.starts_with("/postings") => "/template".into(),
        pointer => pointer.into(),
    };
    Violation { pointer: Some(pointer), ..violation }
}

/// Why no entry came of a template, at its places in the entry as it came; one at least.
pub fn unfilled_violations(unfilled: &Unfilled) -> Vec<Violation> {
    of_unfilled(unfilled, "/template")
}
