//! What an account holds of a foreign currency and what it cost: the weighted average. Pure.

use crate::money::share_of_sum;

/// A quantity in minor units of a foreign currency, debit positive, and its carrying amount in minor units of the
/// functional one.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Holding {
    /// How much there is; below zero for what is owed.
    pub quantity_minor: i128,
    /// At what it is carried.
    pub cost_minor: i128,
}

impl Holding {
    /// By how much the cost changes when a quantity worth a value comes in (both positive) or goes out (both negative).
    ///
    /// What comes in, in the direction of what is there, comes at its value. What goes out takes its share of the cost,
    /// the last of it all that is left. What goes beyond zero takes all of the cost, and the rest comes in at its share
    /// of the value. `None` if a product does not fit.
    pub fn cost_of(self, quantity_minor: i128, value_minor: i128) -> Option<i128> {
        let (there, moved) = (self.quantity_minor, quantity_minor);
        if there.signum() * moved.signum() >= 0 {
            return Some(value_minor);
        }
        let (there, moved) = (there.checked_abs()?, moved.checked_abs()?);
        if moved <= there {
            return share_of_sum(self.cost_minor, moved, there)?.checked_neg();
        }
        let closing = share_of_sum(value_minor, there, moved)?;
        value_minor.checked_sub(closing)?.checked_sub(self.cost_minor)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn holding(quantity_minor: i128, cost_minor: i128) -> Holding {
        Holding { quantity_minor, cost_minor }
    }

    /// 100 USD bought for 720 CNY and 50 for 375 are 150 at 7.30: 60 sold take 438, whatever was got for them.
    #[test]
    fn what_goes_out_takes_its_share_of_the_cost() {
        assert_eq!(holding(0, 0).cost_of(10_000, 72_000), Some(72_000));
        assert_eq!(holding(10_000, 72_000).cost_of(5_000, 37_500), Some(37_500));
        assert_eq!(holding(15_000, 109_500).cost_of(-6_000, -50_000), Some(-43_800));
        assert_eq!(holding(9_000, 65_700).cost_of(-9_000, -1), Some(-65_700));
    }

    /// 100 USD owed at 700 CNY: paying 40 takes 280 of the debt; receiving 150 for 1,080 when 100 are owed leaves 50
    /// at 360, the share of 50 in what was paid.
    #[test]
    fn a_debt_is_the_same_with_the_other_sign() {
        assert_eq!(holding(-10_000, -70_000).cost_of(4_000, 28_800), Some(28_000));
        assert_eq!(holding(-10_000, -70_000).cost_of(15_000, 108_000), Some(36_000 + 70_000));
    }

    proptest! {
        /// A holding that is sold off in any parts ends at no cost, and never changes the sign of its cost before.
        #[test]
        fn the_last_part_takes_what_is_left(
            cost in 0..1_000_000_000_000_i128,
            parts in prop::collection::vec(1..1_000_000_i128, 1..9),
            value in 0..1_000_000_i128,
        ) {
            let mut left = holding(parts.iter().sum(), cost);
            for part in parts {
                let change = left.cost_of(-part, -value).unwrap();
                prop_assert!(change <= 0 && left.cost_minor + change >= 0);
                left = holding(left.quantity_minor - part, left.cost_minor + change);
            }
            prop_assert_eq!(left, Holding::default());
        }
    }
}
