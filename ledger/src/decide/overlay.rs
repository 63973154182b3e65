//! Values as a batch would leave them, on top of what the state has, with one mark to go back to.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;

use foldhash::fast::RandomState;

use crate::balance::Balance;
use crate::journal::state::Slot;

/// Values that differ from the state's, and how to undo what came after the mark.
pub struct Overlay<K, V> {
    values: HashMap<K, V, RandomState>,
    undo: Vec<(K, Option<V>)>,
}

impl<K: Copy + Eq + Hash + Ord, V> Overlay<K, V> {
    /// With room for so many keys.
    pub fn with_capacity(keys: usize) -> Overlay<K, V> {
        Overlay { values: HashMap::with_capacity_and_hasher(keys, RandomState::default()), undo: Vec::new() }
    }

    /// The value of a key as it stands in this batch, if it differs from the state's.
    pub fn get(&self, key: K) -> Option<&V> {
        self.values.get(&key)
    }

    /// Sets the value of a key.
    pub fn set(&mut self, key: K, value: V) {
        let before = match self.values.entry(key) {
            Entry::Occupied(mut there) => Some(there.insert(value)),
            Entry::Vacant(free) => {
                free.insert(value);
                None
            }
        };
        self.undo.push((key, before));
    }

    /// Forgets how to undo what came so far.
    pub fn mark(&mut self) {
        self.undo.clear();
    }

    /// Undoes everything since the mark.
    pub fn undo_to_mark(&mut self) {
        while let Some((key, before)) = self.undo.pop() {
            match before {
                Some(value) => self.values.insert(key, value),
                None => self.values.remove(&key),
            };
        }
    }
}

/// Balances as a batch would leave them, on top of what the state has, with one mark to go back to.
pub struct Balances {
    places: Places,
    values: Vec<(Slot, Balance)>,
    /// The place of each balance that was changed since the mark, and what it was; `None` if it was not there.
    undo: Vec<(u32, Option<Balance>)>,
}

/// Where the balance of a slot is: for most batches a list by slot, which needs no hashing; for a small one of many
/// accounts the list would cost more than the batch.
enum Places {
    /// One more than the place; 0 where there is none.
    BySlot(Vec<u32>),
    Hashed(HashMap<Slot, u32, RandomState>),
}

/// Accounts a leg up to which a list by slot pays.
const ACCOUNTS_A_LEG: usize = 32;

impl Balances {
    /// None yet, for a batch of so many legs on some of so many accounts.
    pub fn new(accounts: usize, legs: usize) -> Balances {
        let most = accounts.min(legs);
        let places = if accounts / ACCOUNTS_A_LEG <= legs {
            Places::BySlot(vec![0; accounts])
        } else {
            Places::Hashed(HashMap::with_capacity_and_hasher(most, RandomState::default()))
        };
        Balances { places, values: Vec::with_capacity(most), undo: Vec::new() }
    }

    /// The balance of a slot as it stands in this batch, if it differs from the state's.
    pub fn get(&self, slot: Slot) -> Option<Balance> {
        self.place(slot).map(|place| self.values[place as usize].1)
    }

    /// Sets the balance of a slot.
    pub fn set(&mut self, slot: Slot, balance: Balance) {
        if let Some(place) = self.place(slot) {
            let before = std::mem::replace(&mut self.values[place as usize].1, balance);
            self.undo.push((place, Some(before)));
            return;
        }
        let place = u32::try_from(self.values.len()).expect("the accounts of a batch are counted in 32 bits");
        self.values.push((slot, balance));
        self.undo.push((place, None));
        match &mut self.places {
            Places::BySlot(places) => places[slot] = place + 1,
            Places::Hashed(places) => {
                places.insert(slot, place);
            }
        }
    }

    /// Forgets how to undo what came so far.
    pub fn mark(&mut self) {
        self.undo.clear();
    }

    /// Undoes everything since the mark.
    pub fn undo_to_mark(&mut self) {
        while let Some((place, before)) = self.undo.pop() {
            match before {
                Some(balance) => self.values[place as usize].1 = balance,
                None => self.forget_last(),
            }
        }
    }

    /// The balances of all slots.
    pub fn into_values(self) -> Vec<(Slot, Balance)> {
        self.values
    }

    fn place(&self, slot: Slot) -> Option<u32> {
        match &self.places {
            Places::BySlot(places) => places[slot].checked_sub(1),
            Places::Hashed(places) => places.get(&slot).copied(),
        }
    }

    /// Balances come one behind the other, so the one to be forgotten is the last.
    fn forget_last(&mut self) {
        let Some((slot, _)) = self.values.pop() else { return };
        match &mut self.places {
            Places::BySlot(places) => places[slot] = 0,
            Places::Hashed(places) => {
                places.remove(&slot);
            }
        }
    }
}
