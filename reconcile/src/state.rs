//! Where a remittance stands: derived from facts, never stored.

use serde::{Deserialize, Serialize};

use crate::breaks::Category;

/// Where a remittance stands. One that was refused is none, and one that is being taken in is not there yet.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum RemittanceState {
    /// It holds; its cash has not come, or not all of it.
    Validated,
    /// Its cash is there; it can be applied.
    Funded,
    /// It is applied, and some of its money waits for somebody to explain it.
    PartApplied,
    /// It is applied, and all of its money is where it belongs.
    Applied,
}

impl RemittanceState {
    /// The word at every edge.
    pub fn word(self) -> &'static str {
        match self {
            RemittanceState::Validated => "VALIDATED",
            RemittanceState::Funded => "FUNDED",
            RemittanceState::PartApplied => "PART_APPLIED",
            RemittanceState::Applied => "APPLIED",
        }
    }
}

/// What is known of a remittance.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Facts {
    /// What it announces.
    pub paid_minor: i64,
    /// What stands on 2190 under its trace: cash that has not been applied.
    pub unapplied_minor: i128,
    /// Whether it has been applied.
    pub is_applied: bool,
    /// How many of its lines and adjustments have money waiting on 2190.
    pub waiting: usize,
}

impl Facts {
    /// The cash that has come for it, applied or not.
    pub fn cash_minor(&self) -> i128 {
        self.unapplied_minor + if self.is_applied { i128::from(self.paid_minor) } else { 0 }
    }

    /// Whether all its cash is there.
    pub fn is_funded(&self) -> bool {
        self.cash_minor() >= i128::from(self.paid_minor)
    }

    /// Where it stands.
    pub fn state(&self) -> RemittanceState {
        match (self.is_applied, self.is_funded(), self.waiting) {
            (true, _, 0) => RemittanceState::Applied,
            (true, _, _) => RemittanceState::PartApplied,
            (false, true, _) => RemittanceState::Funded,
            (false, false, _) => RemittanceState::Validated,
        }
    }

    /// What is wrong with its cash, if anything: none, a part, or more than announced.
    pub fn cash_break(&self) -> Option<Category> {
        let (cash, paid) = (self.cash_minor(), i128::from(self.paid_minor));
        match () {
            () if cash > paid => Some(Category::DuplicateCash),
            () if cash == paid => None,
            () if cash <= 0 => Some(Category::MissingCash),
            () => Some(Category::SplitIncomplete),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(paid_minor: i64, unapplied_minor: i128, is_applied: bool, waiting: usize, expected: &str) {
        let facts = Facts { paid_minor, unapplied_minor, is_applied, waiting };
        let cash_break = facts.cash_break().map_or("", Category::word);
        assert_eq!(format!("{} {cash_break}", facts.state().word()).trim(), expected, "{facts:?}");
    }

    #[test]
    fn the_state_follows_from_the_facts() {
        check(100, 0, false, 0, "VALIDATED MISSING_CASH");
        check(100, 60, false, 0, "VALIDATED SPLIT_INCOMPLETE");
        check(100, 100, false, 0, "FUNDED");
        check(100, 200, false, 0, "FUNDED DUPLICATE_CASH");
        check(0, 0, false, 0, "FUNDED");
        check(100, 0, true, 0, "APPLIED");
        check(100, 0, true, 2, "PART_APPLIED");
        check(100, 100, true, 0, "APPLIED DUPLICATE_CASH");
    }
}
