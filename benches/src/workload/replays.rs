//! Five of a hundred entries are asked for again, word for word; one of a hundred with another amount.

use super::stream::{Asked, Expected, Step};
use super::transfers::{Transfer, Transfers};

/// Of a hundred.
const REPLAYS: usize = 5;
const CONFLICTS: usize = 1;
/// Entries that are remembered and may come again: about what two requests have.
const REMEMBERED: usize = 16_384;

/// New entries, and some of the last ones again.
pub struct Replays {
    transfers: Transfers,
    earlier: Vec<Transfer>,
    /// Where the next one is remembered once there are enough.
    oldest: usize,
}

impl Replays {
    /// Of these transfers.
    pub fn new(transfers: Transfers) -> Replays {
        Replays { transfers, earlier: Vec::with_capacity(REMEMBERED), oldest: 0 }
    }

    fn an_earlier_one(&mut self) -> Transfer {
        let place = self.transfers.below(self.earlier.len());
        self.earlier[place]
    }

    fn remember(&mut self, transfer: Transfer) {
        if self.earlier.len() < REMEMBERED {
            self.earlier.push(transfer);
        } else {
            self.earlier[self.oldest] = transfer;
            self.oldest = (self.oldest + 1) % REMEMBERED;
        }
    }
}

impl Iterator for Replays {
    type Item = Asked;

    fn next(&mut self) -> Option<Asked> {
        let chance = self.transfers.below(100);
        if chance < REPLAYS + CONFLICTS && !self.earlier.is_empty() {
            let earlier = self.an_earlier_one();
            if chance < REPLAYS {
                return Some(Asked { step: Step::Post(earlier), expected: Expected::Replayed });
            }
            let other = Transfer { amount_minor: earlier.amount_minor + 1, ..earlier };
            return Some(Asked { step: Step::Post(other), expected: Expected::Conflict });
        }
        let transfer = self.transfers.transfer();
        self.remember(transfer);
        Some(Asked::posted(Step::Post(transfer)))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashMap;

    use super::super::draw::Kind;
    use super::super::transfers::Seat;
    use super::*;

    const ENTRIES: usize = 60_000;

    #[test]
    fn what_comes_again_was_there_and_conflicts_differ() {
        let transfers = Transfers::new(Kind::Uniform.from(10), Seat { number: 1, after: 0 });
        let mut first = HashMap::new();
        let (mut replays, mut conflicts) = (0, 0);
        for asked in Replays::new(transfers).take(ENTRIES) {
            let Step::Post(transfer) = asked.step else { panic!("{asked:?}") };
            match asked.expected {
                Expected::Replayed => {
                    assert_eq!(first.get(&transfer.id), Some(&transfer));
                    replays += 1;
                }
                Expected::Conflict => {
                    assert_ne!(first[&transfer.id], transfer);
                    conflicts += 1;
                }
                Expected::Posted => assert_eq!(first.insert(transfer.id, transfer), None),
                Expected::PostedOrRefused => panic!("{asked:?}"),
            }
        }
        let near = |seen: usize, of_a_hundred: usize| {
            let expected = ENTRIES * of_a_hundred / 100;
            assert!(seen.abs_diff(expected) < 4 * expected.isqrt(), "{seen} for {expected}");
        };
        near(replays, REPLAYS);
        near(conflicts, CONFLICTS);
    }
}
