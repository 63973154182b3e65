//! What busy accounts have come to in one segment, day by day.

use std::collections::{BTreeMap, HashMap};

use foldhash::fast::RandomState;

use crate::entry::Effect;
use crate::verify::accounts::after_leg;
use crate::verify::row::Posting;

use super::NO_TOTAL;
use super::stored::{Total, shown};

/// The days of the accounts and layers that have any on record: an account has all of its days there, or none.
#[derive(Default)]
pub struct Days {
    of_accounts: HashMap<(i32, i16), BTreeMap<i32, Day>, RandomState>,
}

/// What is on record of a day, if anything, and what its postings have come to.
#[derive(Default)]
struct Day {
    stored: Option<Total>,
    debits: i128,
    credits: i128,
}

impl Days {
    /// Takes in what is on record.
    pub fn expect(&mut self, total: &Total, day: i32) {
        let days = self.of_accounts.entry((total.account_no, total.layer)).or_default();
        days.insert(day, Day { stored: Some(*total), ..Day::default() });
    }

    /// Counts a posting.
    #[inline]
    pub fn count(&mut self, effect: Effect, posting: &Posting<'_>) {
        let Some(days) = self.of_accounts.get_mut(&(posting.account_no, posting.layer)) else { return };
        let day = days.entry(posting.effective_date).or_default();
        (day.debits, day.credits) = after_leg((day.debits, day.credits), effect, posting.amount_minor);
    }

    /// The first day that has come to something else than is on record: what it is, what is expected, what is there.
    pub fn first_wrong(&self) -> Option<(String, String, String)> {
        let wrong_days = self.of_accounts.iter().filter_map(|(account, days)| {
            let wrong = |(day, it): (&i32, &Day)| it.is_wrong().then_some((*account, *day));
            days.iter().find_map(wrong)
        });
        let ((account_no, layer), day) = wrong_days.min()?;
        let Day { stored, debits, credits } = &self.of_accounts[&(account_no, layer)][&day];
        let what = Total { segment_no: 0, account_no, layer, day: Some(day), debits: 0, credits: 0 }.what();
        let there = stored.map_or_else(|| NO_TOTAL.to_owned(), |stored| stored.shown());
        Some((what, shown(*debits, *credits), there))
    }
}

impl Day {
    /// A day without postings has no total.
    fn is_wrong(&self) -> bool {
        let moved = (self.debits, self.credits);
        self.stored.is_none_or(|stored| moved != (stored.debits.into(), stored.credits.into()))
    }
}
