//! Balances as a batch would leave them, on top of the state, with one mark to go back to.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use foldhash::fast::RandomState;

use crate::balance::Balance;
use crate::journal::state::{Slot, State};

/// Balances that differ from the state's, and how to undo what came after the mark.
pub struct Overlay {
    balances: HashMap<Slot, Balance, RandomState>,
    undo: Vec<(Slot, Option<Balance>)>,
}

impl Overlay {
    /// With room for so many slots.
    pub fn with_capacity(slots: usize) -> Overlay {
        Overlay { balances: HashMap::with_capacity_and_hasher(slots, RandomState::default()), undo: Vec::new() }
    }

    /// The balance of a slot as it stands in this batch.
    pub fn balance(&self, state: &State, slot: Slot) -> Balance {
        self.balances.get(&slot).copied().unwrap_or_else(|| state.account(slot).balance)
    }

    /// Sets the balance of a slot.
    pub fn set(&mut self, slot: Slot, balance: Balance) {
        let before = match self.balances.entry(slot) {
            Entry::Occupied(mut there) => Some(there.insert(balance)),
            Entry::Vacant(free) => {
                free.insert(balance);
                None
            }
        };
        self.undo.push((slot, before));
    }

    /// Forgets how to undo what came so far.
    pub fn mark(&mut self) {
        self.undo.clear();
    }

    /// Undoes everything since the mark.
    pub fn undo_to_mark(&mut self) {
        while let Some((slot, before)) = self.undo.pop() {
            match before {
                Some(balance) => self.balances.insert(slot, balance),
                None => self.balances.remove(&slot),
            };
        }
    }

    /// The balances of all touched slots, in order of slot.
    pub fn into_balances(self) -> Vec<(Slot, Balance)> {
        let mut balances: Vec<_> = self.balances.into_iter().collect();
        balances.sort_unstable_by_key(|(slot, _)| *slot);
        balances
    }
}
