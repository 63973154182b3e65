//! Puts rows in order that lie on the disk nearly in order.
//!
//! Rows lie as they were written, but a page that one session has left half empty may be filled by the next, so that a
//! turn's rows lie before those of an earlier turn. Keys are dense: it is known which row comes next. What comes too
//! early waits here. This is only for speed: whatever comes of it, a row that is found wrong is looked at again in the
//! order of a sort ([`super::verify`]).

use std::collections::BTreeMap;

use crate::journal::tuples::{Tuple, TupleError};

/// Bytes of rows that may wait. What two sessions mix is some commits long; more is for the server to sort.
const WAITING_BYTES_MAX: usize = 64 << 20;
/// Where the leg stands in the bytes of a posting: behind the number of fields and six fields that always have values,
/// four of eight bytes and two of four.
const LEG: std::ops::Range<usize> = 66..72;

/// The keys of a table, dense from the first to the last.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Keys {
    /// The first column, from 1.
    Number,
    /// The first column, from 1, and for each the leg, from 0.
    Legs,
}

type Key = (i64, i16);

impl Keys {
    fn of(self, row: &[u8]) -> Result<Key, TupleError> {
        let number: i64 = Tuple::already_split(row).fields().get()?;
        let leg = match self {
            Keys::Number => 0,
            Keys::Legs => row.get(LEG).and_then(|leg| leg.last_chunk()).map_or(0, |leg| i16::from_be_bytes(*leg)),
        };
        Ok((number, leg))
    }

    /// Whether nothing can stand between two keys.
    fn is_next(self, last: Key, key: Key) -> bool {
        let is_next_number = last.0.checked_add(1) == Some(key.0) && key.1 == 0;
        is_next_number || (self == Keys::Legs && last.0 == key.0 && last.1.checked_add(1) == Some(key.1))
    }
}

/// The rows of a table on their way into order.
pub struct Sorter {
    keys: Keys,
    last: Key,
    waiting: BTreeMap<Key, Vec<u8>>,
    waiting_bytes: usize,
}

/// Too much is out of order.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct TooMixed;

impl Sorter {
    /// Nothing has come yet.
    pub fn new(keys: Keys) -> Sorter {
        Sorter { keys, last: (0, 0), waiting: BTreeMap::new(), waiting_bytes: 0 }
    }

    /// Takes a row in; appends to `out` what has its turn now.
    pub fn push(&mut self, row: &[u8], out: &mut Vec<u8>) -> Result<(), TooMixed> {
        let key = self.keys.of(row).map_err(|_| TooMixed)?;
        // A row that comes too late is a second one of its key: passed on, for the check to name it.
        if key > self.last && !self.keys.is_next(self.last, key) {
            self.waiting_bytes += row.len();
            let is_second = self.waiting.insert(key, row.to_vec()).is_some();
            return if is_second || self.waiting_bytes > WAITING_BYTES_MAX { Err(TooMixed) } else { Ok(()) };
        }
        out.extend_from_slice(row);
        self.last = self.last.max(key);
        while let Some(first) = self.waiting.first_entry().filter(|first| self.keys.is_next(self.last, *first.key())) {
            let (key, row) = first.remove_entry();
            self.waiting_bytes -= row.len();
            out.extend(row);
            self.last = key;
        }
        Ok(())
    }

    /// What is left, in order.
    pub fn finish(self, out: &mut Vec<u8>) {
        out.extend(self.waiting.into_values().flatten());
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn posting(sequence: i64, leg: i16) -> Vec<u8> {
        let eight = |value: i64| [8_i32.to_be_bytes().as_slice(), &value.to_be_bytes()].concat();
        let four = |value: i32| [4_i32.to_be_bytes().as_slice(), &value.to_be_bytes()].concat();
        let leg = [2_i32.to_be_bytes().as_slice(), &leg.to_be_bytes()].concat();
        let fields = [eight(sequence), eight(1), eight(2), eight(3), four(4), four(5), leg];
        [7_i16.to_be_bytes().to_vec(), fields.concat()].concat()
    }

    fn sorted(keys: &[Key]) -> Result<Vec<Key>, TooMixed> {
        let (mut sorter, mut out) = (Sorter::new(Keys::Legs), Vec::new());
        for (sequence, leg) in keys {
            sorter.push(&posting(*sequence, *leg), &mut out)?;
        }
        sorter.finish(&mut out);
        let size = posting(1, 0).len();
        Ok(out.chunks(size).map(|row| Keys::Legs.of(row).unwrap()).collect())
    }

    #[test]
    fn what_is_in_order_stays_so_and_what_comes_early_waits() {
        let order = [(1, 0), (1, 1), (2, 0), (2, 1), (2, 2), (3, 0), (3, 1)];
        assert_eq!(sorted(&order), Ok(order.to_vec()));
        let mixed = [(2, 1), (2, 2), (3, 0), (1, 0), (1, 1), (2, 0), (3, 1)];
        assert_eq!(sorted(&mixed), Ok(order.to_vec()));
    }

    #[test]
    fn nothing_is_lost_whatever_is_wrong() {
        assert_eq!(sorted(&[(1, 0), (1, 1), (1, 0), (2, 0)]), Ok(vec![(1, 0), (1, 1), (1, 0), (2, 0)]));
        assert_eq!(sorted(&[(1, 0), (9, 1), (-7, 0), (4, 3)]), Ok(vec![(1, 0), (-7, 0), (4, 3), (9, 1)]));
        assert_eq!(sorted(&[(1, 0), (9, 1), (9, 1)]), Err(TooMixed));
    }

    #[test]
    fn what_waits_is_bounded() {
        let (mut sorter, mut out) = (Sorter::new(Keys::Number), Vec::new());
        let row = |sequence: i64| [posting(sequence, 0), vec![0; 1 << 20]].concat();
        let pushed = (2..100).map(|sequence| sorter.push(&row(sequence), &mut out)).take_while(Result::is_ok).count();
        assert!((32..=64).contains(&pushed), "{pushed}");
    }
}
