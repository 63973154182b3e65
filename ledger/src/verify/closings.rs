//! Closings: every entry counts on a day that was open to it, and what was sealed follows from the journal.

use tokio_postgres::Transaction;

use crate::journal::state::Closed;
use crate::period::{self, Closing};

use super::row::{Entry, Head};
use super::{Finding, Halt, Place, Rule, sql};

/// The closings on record, and the one that is in force for the next entry.
pub struct Closings {
    all: Vec<(Place, i64, Closing)>,
    passed: usize,
    now: Closed,
}

impl Closings {
    /// Reads them; they are few.
    pub async fn read(tx: &Transaction<'_>) -> Result<Closings, Halt> {
        let mut all = Vec::new();
        for row in tx.query(sql::CLOSINGS, &[]).await? {
            let place = Place::Register { register_no: row.get("register_no") };
            let content: &str = row.get("content");
            let closing = Closing::parse(content).map_err(|_| Finding {
                place,
                rule: Rule::Readable,
                expected: "a closing".to_owned(),
                actual: content.to_owned(),
            })?;
            all.push((place, row.get("after_sequence"), closing));
        }
        Ok(Closings { all, passed: 0, now: Closed::default() })
    }

    /// Entries come in order of sequence.
    pub fn check(&mut self, entry: &Entry) -> Result<(), Finding> {
        while let Some((_, after_sequence, closing)) = self.all.get(self.passed)
            && *after_sequence < entry.sequence
        {
            self.now = closing.closed();
            self.passed += 1;
        }
        let closed_through = if entry.adjusting { self.now.hard_through } else { self.now.soft_through };
        match closed_through.filter(|closed_through| entry.effective_date <= *closed_through) {
            None => Ok(()),
            Some(closed_through) => Err(Finding {
                place: entry.place(),
                rule: Rule::DayOpen,
                expected: format!("a day after {closed_through}"),
                actual: entry.effective_date.to_string(),
            }),
        }
    }

    /// The head must say what the last closing says.
    pub fn check_head(&self, head: &Head) -> Result<(), Finding> {
        let last = self.all.last().map(|(_, _, closing)| closing.closed()).unwrap_or_default();
        let shown = |closed: Closed| {
            let day = |day: Option<jiff::civil::Date>| day.map_or_else(|| "no day".to_owned(), |day| day.to_string());
            format!("closed softly through {}, hard through {}", day(closed.soft_through), day(closed.hard_through))
        };
        Finding::unless_equal(Place::Head, Rule::HeadIsLast, &shown(last), &shown(head.closed))
    }

    /// Makes every sealed trial balance up again. Costs one pass over the postings a seal.
    pub async fn check_seals(&self, tx: &Transaction<'_>) -> Result<(), Halt> {
        for (place, _, closing) in &self.all {
            let Some(sealed) = &closing.trial_balance else { continue };
            let again = period::seal(tx, sealed.as_of, Some(sealed.known_at)).await?;
            let texts = [&again, sealed].map(|seal| serde_json::to_string(seal).expect("days and texts are JSON"));
            Finding::unless_equal(*place, Rule::SealedTrialBalance, &texts[0], &texts[1])?;
        }
        Ok(())
    }
}
