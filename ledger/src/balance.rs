//! Running totals of an account, and whether they stay within its limits.
//!
//! Totals are kept per layer and side. In the settled layer they only grow. In the pending layer they are what is
//! still outstanding: a hold adds to the side it is on, its release takes that away again, so that two holds on
//! opposite sides never hide each other from a limit.

use crate::account::{Limits, NormalSide};
use crate::entry::{EntryKind, Layer};

/// Debits and credits of one account in one layer, in minor units; neither is ever negative.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Totals {
    /// Sum of debits.
    pub debits: i64,
    /// Sum of credits, as a positive number.
    pub credits: i64,
}

impl Totals {
    /// Debits less credits.
    pub fn net(self) -> i128 {
        i128::from(self.debits) - i128::from(self.credits)
    }
}

/// Totals of one account in both layers.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Balance {
    /// Money that has moved.
    pub settled: Totals,
    /// Money that is held.
    pub pending: Totals,
}

impl Balance {
    /// The totals of one layer.
    pub fn layer(&self, layer: Layer) -> Totals {
        match layer {
            Layer::Settled => self.settled,
            Layer::Pending => self.pending,
        }
    }

    /// Sets the totals of one layer.
    pub fn set_layer(&mut self, layer: Layer, totals: Totals) {
        match layer {
            Layer::Settled => self.settled = totals,
            Layer::Pending => self.pending = totals,
        }
    }

    /// Folds one leg in and answers the totals of its layer after it; `None` when a total would leave 64 bits, or a
    /// release would undo more than is held.
    pub fn fold(&mut self, kind: EntryKind, amount_minor: i64) -> Option<Totals> {
        let layer = kind.layer();
        let before = self.layer(layer);
        let undoes = kind == EntryKind::Release;
        let on_debit_side = (amount_minor > 0) != undoes;
        let change = if undoes { amount_minor.checked_abs()?.checked_neg()? } else { amount_minor.checked_abs()? };
        let after = if on_debit_side {
            Totals { debits: before.debits.checked_add(change)?, ..before }
        } else {
            Totals { credits: before.credits.checked_add(change)?, ..before }
        };
        if after.debits < 0 || after.credits < 0 {
            return None;
        }
        self.set_layer(layer, after);
        Some(after)
    }

    /// The highest balance that can still come of this, seen from the normal side: settled plus what is held upwards.
    pub fn highest(&self, side: NormalSide) -> i128 {
        let upward = match side {
            NormalSide::Debit => self.pending.debits,
            NormalSide::Credit => self.pending.credits,
        };
        side.seen_from(self.settled.net()) + i128::from(upward)
    }

    /// The lowest balance that can still come of this, seen from the normal side: settled less what is held downwards.
    pub fn lowest(&self, side: NormalSide) -> i128 {
        let downward = match side {
            NormalSide::Debit => self.pending.credits,
            NormalSide::Credit => self.pending.debits,
        };
        side.seen_from(self.settled.net()) - i128::from(downward)
    }
}

/// A limit that a change would pass.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Breach {
    /// The balance would fall below the minimum.
    BelowMin {
        /// The minimum.
        limit: i64,
        /// The balance there would be.
        would_be: i128,
    },
    /// The balance would rise above the maximum.
    AboveMax {
        /// The maximum.
        limit: i64,
        /// The balance there would be.
        would_be: i128,
    },
}

/// The limit that going from `before` to `after` would pass. A change that brings a balance closer to a limit it is
/// already past is no breach: lowering a limit stops new use and breaks nothing.
pub fn breach(limits: Limits, side: NormalSide, before: &Balance, after: &Balance) -> Option<Breach> {
    let (low_before, low) = (before.lowest(side), after.lowest(side));
    if let Some(limit) = limits.min_minor.filter(|min| low < i128::from(*min) && low < low_before) {
        return Some(Breach::BelowMin { limit, would_be: low });
    }
    let (high_before, high) = (before.highest(side), after.highest(side));
    let max = limits.max_minor.filter(|max| high > i128::from(*max) && high > high_before);
    max.map(|limit| Breach::AboveMax { limit, would_be: high })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: Limits = Limits { min_minor: Some(0), max_minor: Some(100) };

    fn after(legs: &[(EntryKind, i64)]) -> Balance {
        let mut balance = Balance::default();
        for (kind, amount) in legs {
            balance.fold(*kind, *amount).unwrap();
        }
        balance
    }

    #[test]
    fn holds_on_both_sides_do_not_hide_each_other() {
        let balance = after(&[(EntryKind::Post, 50), (EntryKind::Hold, 30), (EntryKind::Hold, -30)]);
        assert_eq!((balance.lowest(NormalSide::Debit), balance.highest(NormalSide::Debit)), (20, 80));
        assert_eq!((balance.lowest(NormalSide::Credit), balance.highest(NormalSide::Credit)), (-80, -20));
    }

    #[test]
    fn a_release_takes_away_what_its_hold_added() {
        let balance = after(&[(EntryKind::Hold, 30), (EntryKind::Hold, -20), (EntryKind::Release, -30)]);
        assert_eq!(balance.pending, Totals { debits: 0, credits: 20 });
        assert_eq!(balance.clone().fold(EntryKind::Release, -1), None);
    }

    #[test]
    fn a_limit_is_exact_and_going_back_is_free() {
        let start = Balance::default();
        let at = |minor| after(&[(EntryKind::Post, minor)]);
        assert_eq!(breach(LINE, NormalSide::Debit, &start, &at(100)), None);
        let above = Breach::AboveMax { limit: 100, would_be: 101 };
        assert_eq!(breach(LINE, NormalSide::Debit, &start, &at(101)), Some(above));
        let below = Breach::BelowMin { limit: 0, would_be: -1 };
        assert_eq!(breach(LINE, NormalSide::Debit, &start, &at(-1)), Some(below));
        assert_eq!(breach(LINE, NormalSide::Debit, &at(500), &at(400)), None);
        assert_eq!(breach(LINE, NormalSide::Debit, &at(-5), &at(-4)), None);
    }

    #[test]
    fn totals_never_wrap() {
        let mut balance = after(&[(EntryKind::Post, i64::MAX)]);
        assert_eq!(balance.fold(EntryKind::Post, 1), None);
        assert_eq!(balance.fold(EntryKind::Post, i64::MIN), None);
        assert!(balance.fold(EntryKind::Post, -i64::MAX).is_some());
    }
}
