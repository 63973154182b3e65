//! What became of what was asked for, counted, and compared with what the stream says must become of it.

use std::ops::AddAssign;

use anyhow::{bail, ensure};
use dianfu_ledger::{Outcome, Rejection};

use crate::workload::stream::Expected;

/// Entries by outcome.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Counts {
    /// In the books now.
    pub posted: usize,
    /// In the books already.
    pub replayed: usize,
    /// In the books already, with other content.
    pub conflicts: usize,
    /// Refused by a limit.
    pub refused: usize,
}

impl Counts {
    /// All of them.
    pub fn answered(&self) -> usize {
        self.posted + self.replayed + self.conflicts + self.refused
    }

    /// Counts the outcomes of one request. One that must not be is an error.
    pub fn count(&mut self, outcomes: &[Outcome], expected: &[Expected]) -> anyhow::Result<()> {
        ensure!(outcomes.len() == expected.len(), "{} outcomes of {} entries", outcomes.len(), expected.len());
        for (outcome, expected) in outcomes.iter().zip(expected) {
            let place = match (outcome, expected) {
                (Outcome::Posted(_), Expected::Posted | Expected::PostedOrRefused) => &mut self.posted,
                (Outcome::Replayed(_), Expected::Replayed) => &mut self.replayed,
                (Outcome::Rejected(Rejection::IdConflict { .. }), Expected::Conflict) => &mut self.conflicts,
                (Outcome::Rejected(Rejection::BelowMinimum { .. }), Expected::PostedOrRefused) => &mut self.refused,
                _ => bail!("an entry that must be {expected:?} is {outcome:?}"),
            };
            *place += 1;
        }
        Ok(())
    }
}

impl AddAssign for Counts {
    fn add_assign(&mut self, other: Counts) {
        self.posted += other.posted;
        self.replayed += other.replayed;
        self.conflicts += other.conflicts;
        self.refused += other.refused;
    }
}

#[cfg(test)]
mod tests {
    use dianfu_ledger::entry::Receipt;
    use jiff::Timestamp;

    use super::*;

    #[test]
    fn what_must_not_be_is_an_error() {
        let receipt = Receipt { sequence: 1, booked_at: Timestamp::UNIX_EPOCH, moved: None };
        let outcomes = [Outcome::Posted(receipt), Outcome::Replayed(receipt)];
        let mut counts = Counts::default();
        counts.count(&outcomes, &[Expected::PostedOrRefused, Expected::Replayed]).unwrap();
        assert_eq!(counts, Counts { posted: 1, replayed: 1, ..Counts::default() });
        for wrong in [Expected::Replayed, Expected::Conflict] {
            assert!(counts.count(&outcomes[..1], &[wrong]).is_err());
        }
        assert!(counts.count(&outcomes, &[Expected::Posted]).is_err());
    }
}
