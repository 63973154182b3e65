//! Trial balances of past days, made up again on the way through the journal.
//!
//! A sealed trial balance counts what was posted before it and counts up to its day. The days of all seals that are
//! still to come part the calendar; the sums of each part are kept by account, and parts that no seal parts any more
//! become one. Memory is the accounts that are posted to in each part; entries come nearly in order of their days, so
//! that few parts are in use at a time.

use std::collections::BTreeMap;

use jiff::Timestamp;
use jiff::civil::Date;

use crate::account::{AccountCode, NormalSide};
use crate::entry::Layer;
use crate::journal::codec::postgres_days;
use crate::money::Currency;
use crate::period::TrialBalanceSeal;
use crate::query::{TrialBalance, TrialBalanceRow};

use super::accounts::Accounts;
use super::row::Posting;

/// Debits and credits by account, by their place among the accounts.
type Sums = Vec<(i128, i128)>;

/// The seals to come, and the sums that they will need.
#[derive(Default)]
pub struct Seals {
    /// How many seals to come are of this day.
    expected: BTreeMap<i32, usize>,
    /// Sums of the postings that count up to this day and after the day before it here.
    parts: BTreeMap<i32, Sums>,
}

impl Seals {
    /// There will be a seal of this day.
    pub fn expect(&mut self, as_of: i32) {
        *self.expected.entry(as_of).or_default() += 1;
    }

    /// Counts a posting.
    #[inline]
    pub fn count(&mut self, posting: &Posting<'_>) {
        if self.expected.is_empty() || posting.layer != Layer::Settled.number() {
            return;
        }
        let Some((&day, _)) = self.expected.range(posting.effective_date..).next() else { return };
        let sums = self.parts.entry(day).or_default();
        let index = usize::try_from(posting.account_no - 1).expect("the posting's account was checked");
        if sums.len() <= index {
            sums.resize(index + 1, (0, 0));
        }
        let amount = i128::from(posting.amount_minor);
        if amount > 0 { sums[index].0 += amount } else { sums[index].1 -= amount }
    }

    /// The seal of a day, and one fewer to come.
    pub fn make(&mut self, as_of: Date, known_at: Timestamp, accounts: &Accounts) -> TrialBalanceSeal {
        let day = postgres_days(as_of);
        let mut total = Sums::new();
        self.parts.range(..=day).for_each(|(_, sums)| add(&mut total, sums));
        let trial_balance = TrialBalance { rows: rows(&total, accounts), from: None, as_of: Some(as_of), known_at };
        self.pass(day);
        TrialBalanceSeal::of(&trial_balance, as_of)
    }

    fn pass(&mut self, day: i32) {
        let left = self.expected.get_mut(&day).map_or(0, |left| {
            *left -= 1;
            *left
        });
        if left > 0 {
            return;
        }
        self.expected.remove(&day);
        let Some(sums) = self.parts.remove(&day) else { return };
        // What counts up to this day counts up to the next one.
        if let Some((&next, _)) = self.expected.range(day..).next() {
            add(self.parts.entry(next).or_default(), &sums);
        }
    }
}

fn add(total: &mut Sums, sums: &Sums) {
    if total.len() < sums.len() {
        total.resize(sums.len(), (0, 0));
    }
    for (total, (debits, credits)) in total.iter_mut().zip(sums) {
        *total = (total.0 + debits, total.1 + credits);
    }
}

fn rows(total: &Sums, accounts: &Accounts) -> Vec<TrialBalanceRow> {
    let posted = total.iter().enumerate().filter(|(_, sums)| **sums != (0, 0));
    let row = |(index, &(debits_minor, credits_minor)): (usize, &(i128, i128))| {
        let code = accounts.currency(index);
        Some(TrialBalanceRow {
            account: AccountCode::parse(&accounts.codes()[index])?,
            name: String::new(),
            normal_side: NormalSide::Debit,
            currency: str::from_utf8(&code).ok()?.parse::<Currency>().ok()?,
            opening_minor: 0,
            debits_minor,
            credits_minor,
        })
    };
    let mut rows: Vec<TrialBalanceRow> = posted.filter_map(row).collect();
    rows.sort_by(|one, other| one.account.as_str().cmp(other.account.as_str()));
    rows
}
