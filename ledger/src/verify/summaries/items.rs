//! What open items have come to, compared with what is on record of them.
//!
//! An item is known here by 64 bits of a hash that nobody can foresee, so that it takes 33 bytes, in a table that
//! doubles. If something differs, or there are more items than may be kept, the server is asked, which adds up every
//! item by its name in a further pass over the postings: so two items of one hash never make a finding, and that they
//! hide one is as good as impossible.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::hash::BuildHasher;

use foldhash::{fast, quality};

use crate::verify::Halt;
use crate::verify::feed::Rows;
use crate::verify::row::Posting;

use super::stored::ItemTotal;

/// As many as a table of 2^22 places takes before it grows: 140 megabytes.
const ITEMS_MAX: usize = (1 << 22) / 8 * 7;

/// The items that were posted to in what is summed up.
pub struct Items {
    by_hash: HashMap<u64, Item, fast::RandomState>,
    hashes: quality::RandomState,
    most: usize,
    are_too_many: bool,
}

#[derive(Clone, Copy, PartialEq, Eq)]
struct Item {
    total_minor: i64,
    first_date: i32,
    last_date: i32,
    due_date: Option<i32>,
}

impl Default for Items {
    fn default() -> Items {
        Items::at_most(ITEMS_MAX)
    }
}

impl Items {
    fn at_most(most: usize) -> Items {
        let hashes = quality::RandomState::default();
        Items { by_hash: HashMap::default(), hashes, most, are_too_many: false }
    }

    /// Counts a posting.
    #[inline]
    pub fn count(&mut self, posting: &Posting<'_>) {
        let Some(item) = posting.item.filter(|_| !self.are_too_many) else { return };
        let hash = self.hashes.hash_one((posting.account_no, posting.layer, item));
        let Posting { amount_minor, effective_date, due_date, .. } = *posting;
        match self.by_hash.entry(hash) {
            Entry::Occupied(mut there) => {
                let there = there.get_mut();
                // An item stays within the totals of its account, which were found to be of 64 bits.
                there.total_minor = there.total_minor.wrapping_add(amount_minor);
                there.first_date = there.first_date.min(effective_date);
                there.last_date = there.last_date.max(effective_date);
                there.due_date = there.due_date.max(due_date);
            }
            Entry::Vacant(place) => {
                let (first_date, last_date) = (effective_date, effective_date);
                place.insert(Item { total_minor: amount_minor, first_date, last_date, due_date });
                if self.by_hash.len() > self.most {
                    self.are_too_many = true;
                    self.by_hash = HashMap::default();
                }
            }
        }
    }

    /// Whether they are those on record, and no others; if there are too many to say, they are not.
    pub fn are_those_of(&mut self, rows: &mut Rows) -> Result<bool, Halt> {
        if self.are_too_many {
            return Ok(false);
        }
        while let Some(row) = rows.next()? {
            let ItemTotal { account_no, item, layer, total_minor, first_date, last_date, due_date } =
                ItemTotal::read(row)?;
            let hash = self.hashes.hash_one((account_no, layer, item));
            if self.by_hash.remove(&hash) != Some(Item { total_minor, first_date, last_date, due_date }) {
                return Ok(false);
            }
        }
        Ok(self.by_hash.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::tuples::Batch;
    use crate::verify::sql::ITEM_TOTAL;

    fn posting(item: &str, amount_minor: i64, effective_date: i32) -> Posting<'_> {
        Posting {
            sequence: 1,
            amount_minor,
            debits_after: 0,
            credits_after: 0,
            account_no: 7,
            effective_date,
            leg: 0,
            layer: 0,
            currency: "CNY",
            item: Some(item),
            due_date: None,
        }
    }

    /// A row of table `item_total`.
    fn total(item: &str, total_minor: i64, first_date: i32, last_date: i32) -> Vec<u8> {
        let field = |bytes: &[u8]| [&i32::try_from(bytes.len()).unwrap().to_be_bytes(), bytes].concat();
        let fields = [
            field(&7_i32.to_be_bytes()),
            field(item.as_bytes()),
            field(&0_i16.to_be_bytes()),
            field(&total_minor.to_be_bytes()),
            field(&first_date.to_be_bytes()),
            field(&last_date.to_be_bytes()),
            (-1_i32).to_be_bytes().to_vec(),
        ];
        [7_i16.to_be_bytes().to_vec(), fields.concat()].concat()
    }

    fn agree(items: &mut Items, totals: &[Vec<u8>]) -> bool {
        let batch = Batch::new(totals.concat());
        let mut rows = Rows::new(&ITEM_TOTAL, Box::new(std::iter::once(Ok(batch))));
        items.are_those_of(&mut rows).ok().unwrap()
    }

    #[test]
    fn items_add_up_in_any_order() {
        let postings = [posting("a", 5, 3), posting("b", -2, 1), posting("a", -5, 2), posting("b", -2, 1)];
        let counted = || {
            let mut items = Items::at_most(2);
            for posting in &postings {
                items.count(posting);
            }
            items
        };
        assert!(agree(&mut counted(), &[total("b", -4, 1, 1), total("a", 0, 2, 3)]));
        assert!(!agree(&mut counted(), &[total("a", 0, 2, 3)]));
        assert!(!agree(&mut counted(), &[total("a", 0, 2, 2), total("b", -4, 1, 1)]));
        assert!(!agree(&mut counted(), &[total("a", 0, 2, 3), total("b", -4, 1, 1), total("b", -4, 1, 1)]));
    }

    #[test]
    fn of_too_many_nothing_is_said_and_nothing_is_kept() {
        let mut items = Items::at_most(1);
        for item in ["a", "b"] {
            items.count(&posting(item, 5, 3));
        }
        assert_eq!(items.by_hash.capacity(), 0);
        assert!(!agree(&mut items, &[total("a", 5, 3, 3), total("b", 5, 3, 3)]));
    }
}
