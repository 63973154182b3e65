//! Decides a batch of entries in order, purely: no clock, no database, no randomness.
//!
//! Promises: rules apply in the order of [`Rejection`]; a refused entry changes nothing and never fails its
//! neighbours; a run of linked entries is accepted whole or not at all; an accepted entry sums to zero in each
//! currency and keeps every account within its limits. The state is not changed: accepted entries live in an overlay
//! ([`Decided::after`]) that the caller folds in once they are durable.
//!
//! Costs one hash look-up and a few additions a leg. Bounded by the caller's batch.

mod content;
mod legs;
mod overlay;

use std::collections::HashMap;

use foldhash::fast::RandomState;
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use crate::account::AccountNo;
use crate::balance::Balance;
use crate::clock;
use crate::entry::{EntryKind, NewEntry, Receipt};
use crate::journal::state::{Slot, State};
use crate::money::{Currency, Money};
use crate::rejection::Rejection;

use self::content::First;
use self::overlay::Overlay;

/// What became of one entry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// It is in the books now.
    Posted(Receipt),
    /// It was in the books already, with the same content: the first answer again.
    Replayed(Receipt),
    /// It is refused; nothing of it is in the books.
    Rejected(Rejection),
}

/// A leg of an entry that is in the books, or of a hold to be released.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredLeg {
    /// Number of the account.
    pub account_no: AccountNo,
    /// Its code.
    pub account: crate::account::AccountCode,
    /// Signed amount, debit positive.
    pub amount: Money,
    /// The open item.
    pub item: Option<String>,
}

/// An entry as it is in the books, as far as a replay or a release needs it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredEntry {
    /// The content.
    pub kind: EntryKind,
    /// When it counts.
    pub effective_date: Date,
    /// The business document.
    pub reference: String,
    /// A sentence.
    pub description: String,
    /// JSON text.
    pub metadata: Option<String>,
    /// The hold of a release.
    pub relates_to: Option<Uuid>,
    /// Its legs, in order.
    pub legs: Vec<StoredLeg>,
    /// Its place.
    pub receipt: Receipt,
}

/// What the journal already holds under the ids of a batch; empty while nobody has looked.
#[derive(Default, Debug)]
pub struct Journaled {
    /// Entries by id: those a batch repeats and the holds it releases.
    pub entries: HashMap<Uuid, StoredEntry>,
    /// For each hold that has been released: the entry that released it.
    pub released_by: HashMap<Uuid, Uuid>,
}

/// A leg to be written, with its account's totals after it.
#[derive(Debug)]
pub struct Leg<'a> {
    /// The entry's sequence.
    pub sequence: i64,
    /// Position in the entry, from 0.
    pub leg: i16,
    /// The account.
    pub account_no: AccountNo,
    /// The kind of its entry, which decides the layer.
    pub kind: EntryKind,
    /// Signed amount.
    pub amount: Money,
    /// The entry's effective date.
    pub effective_date: Date,
    /// The open item.
    pub item: Option<&'a str>,
    /// Debits of the account in the layer after this leg.
    pub debits_after: i64,
    /// Credits of the account in the layer after this leg.
    pub credits_after: i64,
}

/// An entry to be written.
#[derive(Debug)]
pub struct Accepted<'a> {
    /// As the caller gave it.
    pub entry: &'a NewEntry,
    /// Its place.
    pub sequence: i64,
    /// When it counts.
    pub effective_date: Date,
}

/// Everything a batch decides: one outcome an entry, and what to write.
#[derive(Debug)]
pub struct Decided<'a> {
    /// One an entry, in the order of the requests.
    pub outcomes: Vec<Outcome>,
    /// Entries to write, by sequence.
    pub entries: Vec<Accepted<'a>>,
    /// Legs to write, by sequence and leg.
    pub legs: Vec<Leg<'a>>,
    /// The balances after the batch, of the accounts it touches.
    pub after: Vec<(Slot, Balance)>,
}

impl Decided<'_> {
    /// Whether an entry was refused.
    pub fn any_rejected(&self) -> bool {
        self.outcomes.iter().any(|outcome| matches!(outcome, Outcome::Rejected(_)))
    }
}

/// Decides `requests`, each a caller's entries in order, on top of `state`. The first accepted entry gets the
/// sequence after the state's; all get `booked_at`.
pub fn decide<'a>(
    state: &'a State,
    journaled: &'a Journaled,
    requests: &[&'a [NewEntry]],
    booked_at: Timestamp,
) -> Decided<'a> {
    let n_entries = requests.iter().map(|request| request.len()).sum();
    let n_legs = requests.iter().flat_map(|request| request.iter()).map(|entry| entry.postings.len()).sum();
    let mut batch = Batch {
        state,
        journaled,
        booked_at,
        booked_on: clock::date_of(booked_at),
        overlay: Overlay::with_capacity(state.len().min(n_legs)),
        accepted_by_id: HashMap::with_capacity_and_hasher(n_entries, RandomState::default()),
        released_by: HashMap::new(),
        decided: Decided {
            outcomes: Vec::with_capacity(n_entries),
            entries: Vec::with_capacity(n_entries),
            legs: Vec::with_capacity(n_legs),
            after: Vec::new(),
        },
    };
    for request in requests {
        batch.request(request);
    }
    batch.decided.after = batch.overlay.into_balances();
    batch.decided
}

struct Batch<'a> {
    state: &'a State,
    journaled: &'a Journaled,
    booked_at: Timestamp,
    booked_on: Date,
    overlay: Overlay,
    accepted_by_id: HashMap<Uuid, usize, RandomState>,
    released_by: HashMap<Uuid, Uuid>,
    decided: Decided<'a>,
}

impl<'a> Batch<'a> {
    fn request(&mut self, entries: &'a [NewEntry]) {
        for run in entries.chunk_by(|entry, _| entry.linked) {
            if run.last().is_some_and(|last| last.linked) {
                let refused = run.iter().map(|_| Outcome::Rejected(Rejection::LinkedRunOpen));
                self.decided.outcomes.extend(refused);
            } else {
                self.run(run);
            }
        }
    }

    fn run(&mut self, run: &'a [NewEntry]) {
        let first_outcome = self.decided.outcomes.len();
        let first_entry = self.decided.entries.len();
        let first_leg = self.decided.legs.len();
        self.overlay.mark();
        for (position, entry) in run.iter().enumerate() {
            match self.entry(entry) {
                Ok(outcome) => self.decided.outcomes.push(outcome),
                Err(rejection) => {
                    self.undo_to(first_outcome, first_entry, first_leg);
                    self.refuse_run(run, position, &rejection);
                    return;
                }
            }
        }
    }

    fn undo_to(&mut self, first_outcome: usize, first_entry: usize, first_leg: usize) {
        for undone in &self.decided.entries[first_entry..] {
            self.accepted_by_id.remove(&undone.entry.id);
            if let Some(hold) = undone.entry.relates_to {
                self.released_by.remove(&hold);
            }
        }
        self.overlay.undo_to_mark();
        self.decided.outcomes.truncate(first_outcome);
        self.decided.entries.truncate(first_entry);
        self.decided.legs.truncate(first_leg);
    }

    fn refuse_run(&mut self, run: &[NewEntry], culprit: usize, rejection: &Rejection) {
        let because = Rejection::LinkedEntryRejected { culprit: run[culprit].id };
        for position in 0..run.len() {
            let own = if position == culprit { rejection } else { &because };
            self.decided.outcomes.push(Outcome::Rejected(own.clone()));
        }
    }

    fn entry(&mut self, entry: &'a NewEntry) -> Result<Outcome, Rejection> {
        if entry.id.is_nil() {
            return Err(Rejection::IdNil);
        }
        if let Some(receipt) = self.already_in_books(entry)? {
            return Ok(Outcome::Replayed(receipt));
        }
        content::check(entry, self.booked_on)?;
        let sequence = self.next_sequence();
        let effective_date = entry.effective_date.unwrap_or(self.booked_on);
        let accepted = Accepted { entry, sequence, effective_date };
        match entry.kind {
            EntryKind::Post | EntryKind::Hold => self.post(&accepted)?,
            EntryKind::Release => self.release(&accepted)?,
        }
        self.accepted_by_id.insert(entry.id, self.decided.entries.len());
        self.decided.entries.push(accepted);
        Ok(Outcome::Posted(Receipt { sequence, booked_at: self.booked_at }))
    }

    fn next_sequence(&self) -> i64 {
        let accepted = i64::try_from(self.decided.entries.len()).expect("a batch fits in memory");
        self.state.sequence.checked_add(accepted + 1).expect("a journal ends long before 2^63 entries")
    }

    /// The receipt of an entry that is in the books, or earlier in this batch, with the same content.
    fn already_in_books(&self, entry: &NewEntry) -> Result<Option<Receipt>, Rejection> {
        if let Some(stored) = self.journaled.entries.get(&entry.id) {
            content::is_same(entry, &First::stored(stored))?;
            return Ok(Some(stored.receipt));
        }
        let Some(&earlier) = self.accepted_by_id.get(&entry.id) else { return Ok(None) };
        let earlier = &self.decided.entries[earlier];
        content::is_same(entry, &First::accepted(earlier))?;
        Ok(Some(Receipt { sequence: earlier.sequence, booked_at: self.booked_at }))
    }
}

/// Money that shows `minor` as well as 64 bits can.
fn clamped(minor: i128, currency: Currency) -> Money {
    let bounded = minor.clamp(i128::from(i64::MIN), i128::from(i64::MAX));
    Money::new(i64::try_from(bounded).expect("it is clamped"), currency)
}

#[cfg(test)]
mod tests;
