//! What is left of the entries that a batch takes from: of a hold what is still held, of another entry what it has
//! moved and nothing has moved back.
//!
//! What is left is a fold too: of a hold, its pending legs and those of all that relate to it; of another entry, its
//! settled legs and those of its reversals, of their reversals, and so on. All legs are signed, so that each takes away
//! what the one before has added.

use std::collections::HashMap;

use jiff::civil::Date;
use uuid::Uuid;

use crate::account::AccountCode;
use crate::entry::{EntryKind, Layer};
use crate::journal::state::{Slot, State};
use crate::money::Money;

use super::overlay::Overlay;
use super::{Decided, HoldGroup, Journaled, StoredEntry};

/// What is left on one account and item; nothing if the amount is zero.
#[derive(Clone, Copy, Debug)]
pub struct Left<'a> {
    pub slot: Slot,
    pub item: Option<&'a str>,
    pub due_date: Option<Date>,
    pub amount: Money,
}

/// What is left of an entry.
#[derive(Clone, Debug)]
pub struct Remainder<'a> {
    pub kind: EntryKind,
    pub effective_date: Date,
    pub relates_to: Option<Uuid>,
    pub legs: Vec<Left<'a>>,
    /// The last entry that took from it, and what it is.
    pub last: Option<(Uuid, EntryKind)>,
}

impl<'a> Remainder<'a> {
    /// The layer in which it counts what is left.
    pub fn layer(&self) -> Layer {
        if self.kind == EntryKind::Hold { Layer::Pending } else { Layer::Settled }
    }

    /// Folds one leg in.
    pub fn fold(&mut self, leg: Left<'a>) {
        match self.legs.iter_mut().find(|known| known.slot == leg.slot && known.item == leg.item) {
            Some(known) => {
                let sum = known.amount.minor.checked_add(leg.amount.minor);
                known.amount.minor = sum.expect("what is left is no more than the account's total");
            }
            None => self.legs.push(leg),
        }
    }

    /// Whether nothing is left.
    pub fn is_empty(&self) -> bool {
        self.legs.iter().all(|leg| leg.amount.minor == 0)
    }
}

/// What is left as it stands in a batch.
pub struct Remainders<'a> {
    state: &'a State,
    journaled: &'a Journaled,
    /// For each entry in the journal, those that relate to it directly.
    related: HashMap<Uuid, Vec<Uuid>>,
    left: Overlay<Uuid, Remainder<'a>>,
    groups: Overlay<Uuid, HoldGroup>,
}

impl<'a> Remainders<'a> {
    /// As the journal has it.
    pub fn new(state: &'a State, journaled: &'a Journaled) -> Remainders<'a> {
        let mut related: HashMap<Uuid, Vec<Uuid>> = HashMap::new();
        for (id, entry) in &journaled.entries {
            if let Some(original) = entry.relates_to {
                related.entry(original).or_default().push(*id);
            }
        }
        Remainders {
            state,
            journaled,
            related,
            left: Overlay::with_capacity(journaled.entries.len()),
            groups: Overlay::with_capacity(journaled.groups.len()),
        }
    }

    /// Forgets how to undo what came so far.
    pub fn mark(&mut self) {
        self.left.mark();
        self.groups.mark();
    }

    /// Undoes everything since the mark.
    pub fn undo_to_mark(&mut self) {
        self.left.undo_to_mark();
        self.groups.undo_to_mark();
    }

    /// What is left of an entry that is in the journal or was accepted in this batch, where `accepted` has its place;
    /// `None` if there is no such entry.
    pub fn of(&mut self, id: Uuid, accepted: Option<usize>, decided: &Decided<'a>) -> Option<Remainder<'a>> {
        if let Some(known) = self.left.get(id) {
            return Some(known.clone());
        }
        let remainder = match (self.journaled.entries.get(&id), accepted) {
            (Some(stored), _) => self.stored(id, stored),
            (None, Some(place)) => self.accepted(place, decided),
            (None, None) => return None,
        };
        self.left.set(id, remainder.clone());
        Some(remainder)
    }

    /// Sets what is left of an entry.
    pub fn set(&mut self, id: Uuid, remainder: Remainder<'a>) {
        self.left.set(id, remainder);
    }

    /// A group of holds; without holds if there is none.
    pub fn group(&self, group: Uuid) -> HoldGroup {
        let known = self.groups.get(group).or_else(|| self.journaled.groups.get(&group));
        known.cloned().unwrap_or_default()
    }

    /// Sets a group of holds.
    pub fn set_group(&mut self, group: Uuid, now: HoldGroup) {
        self.groups.set(group, now);
    }

    fn stored(&self, id: Uuid, stored: &'a StoredEntry) -> Remainder<'a> {
        let StoredEntry { kind, effective_date, relates_to, .. } = *stored;
        let mut remainder = Remainder { kind, effective_date, relates_to, legs: Vec::new(), last: None };
        let mut last = 0;
        let mut family = vec![id];
        while let Some(member) = family.pop() {
            let Some(entry) = self.journaled.entries.get(&member) else { continue };
            self.fold_stored(&mut remainder, entry);
            if entry.relates_to == Some(id) && entry.sequence > last {
                (last, remainder.last) = (entry.sequence, Some((member, entry.kind)));
            }
            family.extend(self.related.get(&member).into_iter().flatten());
        }
        let ended_by = stored.hold_group.and_then(|group| self.journaled.groups.get(&group)?.ended_by);
        // What ends a group takes nothing from a hold that was at its end before.
        if kind == EntryKind::Hold && ended_by.is_some() && !remainder.is_empty() {
            (remainder.legs, remainder.last) = (Vec::new(), ended_by);
        }
        remainder
    }

    fn fold_stored(&self, remainder: &mut Remainder<'a>, entry: &'a StoredEntry) {
        let layer = remainder.layer();
        for leg in entry.legs.iter().filter(|leg| leg.layer == layer) {
            let slot = slot_of(self.state, &leg.account);
            remainder.fold(Left { slot, item: leg.item.as_deref(), due_date: leg.due_date, amount: leg.amount });
        }
    }

    /// Nothing has been taken from it yet: else it would be known.
    fn accepted(&self, place: usize, decided: &Decided<'a>) -> Remainder<'a> {
        let accepted = &decided.entries[place];
        let entry = accepted.entry;
        let (kind, relates_to, effective_date) = (entry.kind, entry.relates_to, accepted.effective_date);
        let mut remainder = Remainder { kind, effective_date, relates_to, legs: Vec::new(), last: None };
        let layer = remainder.layer();
        for leg in decided.legs[accepted.first_leg..accepted.end_leg].iter().filter(|leg| leg.layer == layer) {
            let slot = self.state.slot_by_no(leg.account_no).expect("an accepted leg is on a known account");
            remainder.fold(Left { slot, item: leg.item, due_date: leg.due_date, amount: leg.amount });
        }
        remainder
    }
}

fn slot_of(state: &State, account: &AccountCode) -> Slot {
    state.slot(account).expect("the turn loads the accounts of the entries that it looks up")
}
