//! Values as a batch would leave them, on top of what the state has, with one mark to go back to.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::Hash;

use foldhash::fast::RandomState;

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

    /// The values of all keys, in order of key.
    pub fn into_values(self) -> Vec<(K, V)> {
        let mut values: Vec<_> = self.values.into_iter().collect();
        values.sort_unstable_by_key(|(key, _)| *key);
        values
    }
}
