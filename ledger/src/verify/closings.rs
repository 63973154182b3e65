//! Closings: every entry counts on a day that was open to it, and what was sealed follows from the journal.

use crate::journal::codec::{from_postgres_micros, postgres_days};
use crate::period::{Closing, TrialBalanceSeal};

use super::accounts::Accounts;
use super::row::{self, Entry, Head, Posting, Record};
use super::seals::Seals;
use super::{Finding, Place, Rule};

/// Up to which days the books are closed, softly and hard.
type Closed = (Option<i32>, Option<i32>);

/// The closings on record, and the one that is in force for the entry in hand.
#[derive(Default)]
pub struct Closings {
    all: Vec<(Place, i64, Closing)>,
    passed: usize,
    now: Closed,
    seals: Seals,
    made: Vec<(Place, TrialBalanceSeal, TrialBalanceSeal)>,
}

impl Closings {
    /// Takes in a row of the register that is a closing; they come in order.
    pub fn push(&mut self, place: Place, record: &Record<'_>) -> Result<(), Finding> {
        let closing = Closing::parse(record.content).map_err(|_| Finding {
            place,
            rule: Rule::Readable,
            expected: "a closing".to_owned(),
            actual: record.content.to_owned(),
        })?;
        if let Some(sealed) = &closing.trial_balance {
            self.seals.expect(postgres_days(sealed.as_of));
        }
        self.all.push((place, record.after_sequence, closing));
        Ok(())
    }

    /// Puts in force what is in force for this entry; `booked_at` is the time of the commit before.
    pub fn begin(&mut self, sequence: i64, booked_at: i64, accounts: &Accounts) {
        while let Some((place, after_sequence, closing)) = self.all.get(self.passed)
            && *after_sequence < sequence
        {
            self.now = closed(closing);
            if let Some(sealed) = &closing.trial_balance {
                let known_at = from_postgres_micros(booked_at).unwrap_or_default();
                let again = self.seals.make(sealed.as_of, known_at, accounts);
                self.made.push((*place, again, sealed.clone()));
            }
            self.passed += 1;
        }
    }

    /// Whether the entry's day was open to it.
    pub fn check(&self, entry: &Entry) -> Result<(), Finding> {
        let closed_through = if entry.adjusting { self.now.1 } else { self.now.0 };
        match closed_through.filter(|closed_through| entry.effective_date <= *closed_through) {
            None => Ok(()),
            Some(closed_through) => Err(Finding {
                place: entry.place(),
                rule: Rule::DayOpen,
                expected: format!("a day after {}", row::day(closed_through)),
                actual: row::day(entry.effective_date),
            }),
        }
    }

    /// Counts a posting of settled money in the trial balances that are still to be sealed.
    pub fn count(&mut self, posting: &Posting<'_>) {
        self.seals.count(posting);
    }

    /// The head must say what the last closing says.
    pub fn check_head(&self, head: &Head) -> Result<(), Finding> {
        let last = self.all.last().map(|(_, _, closing)| closed(closing)).unwrap_or_default();
        let shown = |(soft, hard): Closed| {
            let day = |day: Option<i32>| day.map_or_else(|| "no day".to_owned(), row::day);
            format!("closed softly through {}, hard through {}", day(soft), day(hard))
        };
        let actual = (head.soft_closed_through, head.hard_closed_through);
        Finding::unless_equal(Place::Head, Rule::HeadIsLast, &shown(last), &shown(actual))
    }

    /// What was sealed must be what was made up again.
    pub fn check_seals(&self) -> Result<(), Finding> {
        for (place, again, sealed) in &self.made {
            let texts = [again, sealed].map(|seal| serde_json::to_string(seal).expect("days and texts are JSON"));
            Finding::unless_equal(*place, Rule::SealedTrialBalance, &texts[0], &texts[1])?;
        }
        Ok(())
    }
}

fn closed(closing: &Closing) -> Closed {
    (closing.soft_through.map(postgres_days), closing.hard_through.map(postgres_days))
}
