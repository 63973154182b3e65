//! Running totals of an account, and whether they stay within its limits.
//!
//! Totals are kept per layer and side. In the settled layer they only grow. In the pending layer they are what is
//! still outstanding: a hold adds to the side it is on, its release takes that away again, so that two holds on
//! opposite sides never hide each other from a limit.

use crate::account::{Limits, NormalSide};
use crate::entry::{Effect, Layer};

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

    /// Folds one leg in and answers the totals of its layer after it; `None` when a total would leave 64 bits, or more
    /// would be taken from a hold than is held.
    pub fn fold(&mut self, effect: Effect, amount_minor: i64) -> Option<Totals> {
        let layer = effect.layer();
        let before = self.layer(layer);
        let undoes = effect == Effect::Unhold;
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

    /// What can still come of this balance, seen from the normal side.
    pub fn span(&self, side: NormalSide) -> Span {
        let (debits, credits) = (i128::from(self.pending.debits), i128::from(self.pending.credits));
        Span::of(side, self.settled.net(), debits, credits)
    }
}

/// The lowest and the highest balance that can still come of what is settled and held: settled less what is held
/// downwards, and settled plus what is held upwards.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span {
    /// The lowest.
    pub lowest: i128,
    /// The highest.
    pub highest: i128,
}

impl Span {
    fn of(side: NormalSide, settled_net: i128, held_debits: i128, held_credits: i128) -> Span {
        let settled = side.seen_from(settled_net);
        let (upward, downward) = match side {
            NormalSide::Debit => (held_debits, held_credits),
            NormalSide::Credit => (held_credits, held_debits),
        };
        Span { lowest: settled - downward, highest: settled + upward }
    }
}

/// Totals of several accounts of one currency together, for a limit on all of them.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct GroupTotals {
    settled_net: i128,
    held_debits: i128,
    held_credits: i128,
}

impl GroupTotals {
    /// Counts an account with one balance instead of another.
    pub fn replace(&mut self, before: &Balance, after: &Balance) {
        let change = |after: i64, before: i64| i128::from(after) - i128::from(before);
        self.settled_net += after.settled.net() - before.settled.net();
        self.held_debits += change(after.pending.debits, before.pending.debits);
        self.held_credits += change(after.pending.credits, before.pending.credits);
    }

    /// What can still come of these totals, seen from a side.
    pub fn span(&self, side: NormalSide) -> Span {
        Span::of(side, self.settled_net, self.held_debits, self.held_credits)
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
pub fn breach(limits: Limits, before: Span, after: Span) -> Option<Breach> {
    let Span { lowest, highest } = after;
    if let Some(limit) = limits.min_minor.filter(|min| lowest < i128::from(*min) && lowest < before.lowest) {
        return Some(Breach::BelowMin { limit, would_be: lowest });
    }
    let max = limits.max_minor.filter(|max| highest > i128::from(*max) && highest > before.highest);
    max.map(|limit| Breach::AboveMax { limit, would_be: highest })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: Limits = Limits { min_minor: Some(0), max_minor: Some(100) };

    fn after(legs: &[(Effect, i64)]) -> Balance {
        let mut balance = Balance::default();
        for (effect, amount) in legs {
            balance.fold(*effect, *amount).unwrap();
        }
        balance
    }

    #[test]
    fn holds_on_both_sides_do_not_hide_each_other() {
        let balance = after(&[(Effect::Move, 50), (Effect::Hold, 30), (Effect::Hold, -30)]);
        assert_eq!(balance.span(NormalSide::Debit), Span { lowest: 20, highest: 80 });
        assert_eq!(balance.span(NormalSide::Credit), Span { lowest: -80, highest: -20 });
    }

    #[test]
    fn a_release_takes_away_what_its_hold_added() {
        let balance = after(&[(Effect::Hold, 30), (Effect::Hold, -20), (Effect::Unhold, -30)]);
        assert_eq!(balance.pending, Totals { debits: 0, credits: 20 });
        assert_eq!(balance.clone().fold(Effect::Unhold, -1), None);
    }

    #[test]
    fn a_limit_is_exact_and_going_back_is_free() {
        let at = |minor: i64| if minor == 0 { Balance::default() } else { after(&[(Effect::Move, minor)]) };
        let breach = |before, now| breach(LINE, at(before).span(NormalSide::Debit), at(now).span(NormalSide::Debit));
        assert_eq!(breach(0, 100), None);
        let above = Breach::AboveMax { limit: 100, would_be: 101 };
        assert_eq!(breach(0, 101), Some(above));
        let below = Breach::BelowMin { limit: 0, would_be: -1 };
        assert_eq!(breach(0, -1), Some(below));
        assert_eq!(breach(500, 400), None);
        assert_eq!(breach(-5, -4), None);
    }

    #[test]
    fn totals_never_wrap() {
        let mut balance = after(&[(Effect::Move, i64::MAX)]);
        assert_eq!(balance.fold(Effect::Move, 1), None);
        assert_eq!(balance.fold(Effect::Move, i64::MIN), None);
        assert!(balance.fold(Effect::Move, -i64::MAX).is_some());
    }
}
