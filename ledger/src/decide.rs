//! Decides a batch of entries in order, purely: no clock, no database, no randomness.
//!
//! Promises: rules apply in the order of [`Rejection`]; a refused entry changes nothing and never fails its
//! neighbours; a run of linked entries is accepted whole or not at all; an accepted entry sums to zero in each
//! currency and keeps every account within its limits. The state is not changed: accepted entries live in an overlay
//! ([`Decided::after`]) that the caller folds in once they are durable.
//!
//! Costs one hash look-up and a few additions a leg. Bounded by the caller's batch.

mod content;
mod dates;
mod legs;
mod overlay;
mod remainder;
mod taking;

use std::collections::HashMap;

use foldhash::fast::RandomState;
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use crate::account::AccountNo;
use crate::balance::{Balance, GroupTotals};
use crate::clock;
use crate::entry::{EntryKind, Layer, NewEntry, Receipt};
use crate::journal::state::{GroupSlot, Slot, State};
use crate::money::{Currency, Money};
use crate::rejection::Rejection;

use self::content::First;
use self::dates::Dates;
use self::overlay::{Balances, Overlay};
use self::remainder::Remainders;

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
    /// When the item is due.
    pub due_date: Option<Date>,
    /// The layer in which it counts.
    pub layer: Layer,
}

/// An entry as it is in the books, as far as a replay, or an entry that takes from it, needs it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredEntry {
    /// The content.
    pub kind: EntryKind,
    /// When it counts.
    pub effective_date: Date,
    /// The day asked for, if that was closed.
    pub value_date: Option<Date>,
    /// Whether it adjusts a closed period.
    pub adjusting: bool,
    /// The business document.
    pub reference: String,
    /// A sentence.
    pub description: String,
    /// JSON text.
    pub metadata: Option<String>,
    /// The entry from which it takes.
    pub relates_to: Option<Uuid>,
    /// The group of holds that it joins or ends.
    pub hold_group: Option<Uuid>,
    /// When the hold ends by itself.
    pub expires_at: Option<Timestamp>,
    /// How much was asked for, if as much as possible was to be moved; [`ALL_THAT_IS_LEFT`] without postings.
    pub at_most_minor: Option<i64>,
    /// Its legs, in order.
    pub legs: Vec<StoredLeg>,
    /// Its place in the journal.
    pub sequence: i64,
    /// When the ledger knew it.
    pub booked_at: Timestamp,
}

impl StoredEntry {
    /// The first answer again.
    fn receipt(&self) -> Receipt {
        let asked_for_most = self.at_most_minor.is_some() && !self.kind.relates();
        let moved = self.legs.first().filter(|_| asked_for_most).map(|leg| leg.amount.without_sign());
        Receipt { sequence: self.sequence, booked_at: self.booked_at, moved }
    }
}

/// What an entry without postings asks for: as much as is left, whatever that is.
pub const ALL_THAT_IS_LEFT: i64 = i64::MAX;

/// What the journal already holds under the ids of a batch; empty while nobody has looked.
#[derive(Default, Debug)]
pub struct Journaled {
    /// Entries by id: those a batch repeats, and with each that it takes from, all that this one takes from and all
    /// that has been taken from it, however far.
    pub entries: HashMap<Uuid, StoredEntry>,
    /// The groups of holds that the batch names, and those of the holds that it takes from.
    pub groups: HashMap<Uuid, HoldGroup>,
}

/// Holds that are captured or released together.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct HoldGroup {
    /// The holds, in order of posting.
    pub holds: Vec<Uuid>,
    /// The entry that captured or released them all, and what it is.
    pub ended_by: Option<(Uuid, EntryKind)>,
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
    /// The layer in which it counts.
    pub layer: Layer,
    /// Signed amount.
    pub amount: Money,
    /// The entry's effective date.
    pub effective_date: Date,
    /// The open item.
    pub item: Option<&'a str>,
    /// When the item is due.
    pub due_date: Option<Date>,
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
    /// The day asked for, if that is closed.
    pub value_date: Option<Date>,
    /// How much was asked for, if as much as possible is moved.
    pub at_most_minor: Option<i64>,
    /// Where its legs are in [`Decided::legs`].
    pub first_leg: usize,
    /// One past its last leg.
    pub end_leg: usize,
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
    /// Whether an entry was refused for an account that the state does not know: it may be in the book all the same.
    pub fn met_unknown(&self) -> bool {
        let is_unknown = |outcome: &Outcome| matches!(outcome, Outcome::Rejected(Rejection::AccountUnknown { .. }));
        self.outcomes.iter().any(is_unknown)
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
    let mut batch = Batch::new(state, journaled, booked_at, n_entries, n_legs);
    for request in requests {
        batch.request(request);
    }
    batch.finish()
}

/// Decides the end of holds whose time is over, `expiries`, one a hold. What has ended already gets no entry.
pub fn expire<'a>(
    state: &'a State,
    journaled: &'a Journaled,
    expiries: &'a [NewEntry],
    booked_at: Timestamp,
) -> Decided<'a> {
    let mut batch = Batch::new(state, journaled, booked_at, expiries.len(), 2 * expiries.len());
    for expiry in expiries {
        batch.mark();
        let ended = batch.expire(expiry);
        assert!(
            matches!(ended, Ok(()) | Err(Rejection::NothingLeft { .. })),
            "giving back what is held passes no limit: {ended:?}"
        );
    }
    batch.finish()
}

struct Batch<'a> {
    state: &'a State,
    journaled: &'a Journaled,
    booked_at: Timestamp,
    booked_on: Date,
    latest_date: Date,
    balances: Balances,
    groups: Overlay<GroupSlot, GroupTotals>,
    remainders: Remainders<'a>,
    accepted_by_id: HashMap<Uuid, usize, RandomState>,
    decided: Decided<'a>,
}

impl<'a> Batch<'a> {
    fn new(
        state: &'a State,
        journaled: &'a Journaled,
        booked_at: Timestamp,
        n_entries: usize,
        n_legs: usize,
    ) -> Batch<'a> {
        Batch {
            state,
            journaled,
            booked_at,
            booked_on: clock::date_of(booked_at),
            latest_date: dates::latest(clock::date_of(booked_at)),
            balances: Balances::new(state.len(), n_legs),
            groups: Overlay::with_capacity(0),
            remainders: Remainders::new(state, journaled),
            accepted_by_id: HashMap::with_capacity_and_hasher(n_entries, RandomState::default()),
            decided: Decided {
                outcomes: Vec::with_capacity(n_entries),
                entries: Vec::with_capacity(n_entries),
                legs: Vec::with_capacity(n_legs),
                after: Vec::new(),
            },
        }
    }

    fn finish(mut self) -> Decided<'a> {
        self.decided.after = self.balances.into_values();
        self.decided
    }

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
        self.mark();
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

    fn mark(&mut self) {
        self.balances.mark();
        self.groups.mark();
        self.remainders.mark();
    }

    fn undo_to(&mut self, first_outcome: usize, first_entry: usize, first_leg: usize) {
        for undone in &self.decided.entries[first_entry..] {
            self.accepted_by_id.remove(&undone.entry.id);
        }
        self.balances.undo_to_mark();
        self.groups.undo_to_mark();
        self.remainders.undo_to_mark();
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
        content::check(entry, self.booked_at, self.latest_date)?;
        self.state.check_template(entry)?;
        let dates = dates::of(entry, self.booked_on, self.state.closed)?;
        let moved = match entry.kind {
            EntryKind::Post | EntryKind::Hold => self.post(entry, dates)?,
            EntryKind::Release | EntryKind::Capture | EntryKind::Reversal => {
                self.take(entry, dates)?;
                None
            }
            EntryKind::Expiry => unreachable!("content::check refuses what is the ledger's own"),
        };
        Ok(Outcome::Posted(Receipt { sequence: self.last_sequence(), booked_at: self.booked_at, moved }))
    }

    /// Puts an entry behind the accepted ones, its legs being those from `first_leg` on.
    fn accept(&mut self, entry: &'a NewEntry, dates: Dates, at_most_minor: Option<i64>, first_leg: usize) {
        let Dates { effective_date, value_date } = dates;
        let (sequence, end_leg) = (self.next_sequence(), self.decided.legs.len());
        let accepted = Accepted { entry, sequence, effective_date, value_date, at_most_minor, first_leg, end_leg };
        self.accepted_by_id.insert(entry.id, self.decided.entries.len());
        self.decided.entries.push(accepted);
    }

    fn last_sequence(&self) -> i64 {
        self.decided.entries.last().map_or(self.state.sequence, |last| last.sequence)
    }

    fn next_sequence(&self) -> i64 {
        let accepted = i64::try_from(self.decided.entries.len()).expect("a batch fits in memory");
        self.state.sequence.checked_add(accepted + 1).expect("a journal ends long before 2^63 entries")
    }

    /// The receipt of an entry that is in the books, or earlier in this batch, with the same content.
    fn already_in_books(&self, entry: &NewEntry) -> Result<Option<Receipt>, Rejection> {
        if let Some(stored) = self.journaled.entries.get(&entry.id) {
            content::is_same(entry, &First::stored(stored))?;
            return Ok(Some(stored.receipt()));
        }
        let Some(&earlier) = self.accepted_by_id.get(&entry.id) else { return Ok(None) };
        let earlier = &self.decided.entries[earlier];
        let legs = &self.decided.legs[earlier.first_leg..earlier.end_leg];
        content::is_same(entry, &First::accepted(earlier, legs))?;
        let moved = earlier.entry.at_most.then(|| legs[0].amount.without_sign());
        Ok(Some(Receipt { sequence: earlier.sequence, booked_at: self.booked_at, moved }))
    }
}

/// Money that shows `minor` as well as 64 bits can.
fn clamped(minor: i128, currency: Currency) -> Money {
    let bounded = minor.clamp(i128::from(i64::MIN), i128::from(i64::MAX));
    Money::new(i64::try_from(bounded).expect("it is clamped"), currency)
}

#[cfg(test)]
mod tests;
