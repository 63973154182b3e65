//! Transfers: what an entry moves, before it is anybody's entry.

use rand::rngs::StdRng;
use rand::{Rng, RngExt, SeedableRng};
use uuid::Uuid;

use super::draw::Draw;

/// Largest amount of a transfer, in minor units; the smallest is 1.
pub const AMOUNT_MAX: i64 = 1_000;
/// When the first id was made: ids are ordered by time, as version 7 has them.
const FIRST_ID_MILLIS: u64 = 1_700_000_000_000;

/// Whose stream it is: streams of different seats share no id.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Seat {
    /// The seed.
    pub number: u64,
    /// Entries that were posted before: later ids come later.
    pub after: usize,
}

/// Numbers of two different accounts and an amount.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Transfer {
    /// The entry's id.
    pub id: Uuid,
    /// Number of the account debited.
    pub debit: usize,
    /// Number of the account credited.
    pub credit: usize,
    /// Minor units.
    pub amount_minor: i64,
}

/// An endless stream of transfers; one seat has one stream.
pub struct Transfers {
    draw: Draw,
    random: StdRng,
    millis: u64,
}

impl Transfers {
    /// The stream of a seat.
    pub fn new(draw: Draw, seat: Seat) -> Transfers {
        let after = u64::try_from(seat.after).expect("entries are counted in 64 bits");
        Transfers { draw, random: StdRng::seed_from_u64(seat.number), millis: FIRST_ID_MILLIS + after }
    }

    /// A new id, later than those before.
    pub fn id(&mut self) -> Uuid {
        self.millis += 1;
        let mut bytes = [0; 10];
        self.random.fill_bytes(&mut bytes);
        uuid::Builder::from_unix_timestamp_millis(self.millis, &bytes).into_uuid()
    }

    /// The next transfer.
    pub fn transfer(&mut self) -> Transfer {
        let id = self.id();
        let (debit, credit) = self.draw.pair(&mut self.random);
        Transfer { id, debit, credit, amount_minor: self.random.random_range(1..=AMOUNT_MAX) }
    }

    /// A number below `end`.
    pub fn below(&mut self, end: usize) -> usize {
        self.random.random_range(0..end)
    }
}

impl Iterator for Transfers {
    type Item = Transfer;

    fn next(&mut self) -> Option<Transfer> {
        Some(self.transfer())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::super::draw::Kind;
    use super::*;

    fn stream(kind: Kind, number: u64) -> Vec<Transfer> {
        Transfers::new(kind.from(100), Seat { number, after: 0 }).take(1_000).collect()
    }

    #[test]
    fn one_seat_is_one_stream_and_seats_share_no_id() {
        for kind in [Kind::Uniform, Kind::Hot, Kind::Zipf] {
            assert_eq!(stream(kind, 1), stream(kind, 1));
            let ids: HashSet<Uuid> = stream(kind, 1).iter().chain(&stream(kind, 2)).map(|one| one.id).collect();
            assert_eq!(ids.len(), 2_000);
        }
    }

    #[test]
    fn ids_come_in_order_of_time_also_of_who_comes_later() {
        let first = stream(Kind::Uniform, 1);
        assert!(first.is_sorted_by(|one, next| one.id < next.id));
        let later = Transfers::new(Kind::Uniform.from(100), Seat { number: 2, after: 1_000 }).transfer();
        assert!(first.iter().all(|one| one.id < later.id));
    }

    #[test]
    fn amounts_are_from_one_to_the_largest() {
        let amounts: HashSet<i64> = stream(Kind::Uniform, 1).iter().map(|one| one.amount_minor).collect();
        assert!(amounts.iter().all(|amount| (1..=AMOUNT_MAX).contains(amount)));
        assert!(amounts.len() > 500);
    }
}
