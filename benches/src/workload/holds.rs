//! A request of holds, then a request of captures of them all.

use uuid::Uuid;

use super::stream::{Asked, Step};
use super::transfers::Transfers;

/// A row of holds, the row of their captures, and so on.
pub struct Holds {
    transfers: Transfers,
    in_a_row: usize,
    /// Held, and not captured yet.
    held: Vec<Uuid>,
    capturing: bool,
}

impl Holds {
    /// Of these transfers, so many in a row.
    pub fn new(transfers: Transfers, in_a_row: usize) -> Holds {
        Holds { transfers, in_a_row, held: Vec::with_capacity(in_a_row), capturing: false }
    }
}

impl Iterator for Holds {
    type Item = Asked;

    fn next(&mut self) -> Option<Asked> {
        self.capturing = if self.capturing { !self.held.is_empty() } else { self.held.len() == self.in_a_row };
        if self.capturing {
            let hold = self.held.pop().expect("captures go on while something is held");
            return Some(Asked::posted(Step::Capture { id: self.transfers.id(), hold }));
        }
        let transfer = self.transfers.transfer();
        self.held.push(transfer.id);
        Some(Asked::posted(Step::Hold(transfer)))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::draw::Kind;
    use super::super::transfers::Seat;
    use super::*;

    #[test]
    fn every_capture_is_of_a_hold_before_it_and_takes_it_once() {
        let transfers = Transfers::new(Kind::Uniform.from(10), Seat { number: 1, after: 0 });
        let (mut held, mut captures) = (HashSet::new(), 0);
        for asked in Holds::new(transfers, 500).take(6 * 500) {
            match asked.step {
                Step::Hold(transfer) => assert!(held.insert(transfer.id)),
                Step::Capture { hold, .. } => {
                    assert!(held.remove(&hold));
                    captures += 1;
                }
                step => panic!("{step:?}"),
            }
        }
        assert_eq!((held.len(), captures), (0, 3 * 500));
    }
}
