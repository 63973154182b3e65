//! The model: the accounts, and the list of entries that are in the books. Whatever is asked is found by adding up.
//!
//! Written as plainly as the rules can be said, and apart from the program: it keeps no totals, looks every entry up in
//! the list, and takes a refused run back by cutting the list.

use std::collections::{BTreeMap, BTreeSet};

use dianfu_ledger::account::{AccountCode, AccountFault, AccountSetting, NewAccount};
use dianfu_ledger::entry::{EntryKind, Layer, NewEntry, NewPosting};
use dianfu_ledger::money::Money;
use dianfu_ledger::opening::{AccountOutcome, SettingOutcome};
use dianfu_ledger::rejection::Rejection;
use uuid::Uuid;

/// An account: how it was opened, and the setting in force.
#[derive(Clone, Debug)]
pub struct ModelAccount {
    pub no: i32,
    pub opened: NewAccount,
    pub setting: AccountSetting,
}

/// An entry in the books: as it was given, and the legs that were written for it.
#[derive(Clone, Debug)]
pub struct ModelEntry {
    pub given: NewEntry,
    pub legs: Vec<NewPosting>,
}

/// What an entry must be answered. Sequences are predicted, times are not.
#[derive(Clone, PartialEq, Debug)]
pub enum Expected {
    Posted(i64),
    Replayed(i64),
    Rejected(Rejection),
}

/// Debits and credits of one account in one layer.
#[derive(Clone, Copy, Default, PartialEq, Eq, Debug)]
pub struct Sides {
    pub debits: i128,
    pub credits: i128,
}

impl Sides {
    /// Adds a leg to the side it is on.
    pub fn add(&mut self, amount: Money) {
        match i128::from(amount.minor) {
            debit if debit > 0 => self.debits += debit,
            credit => self.credits -= credit,
        }
    }

    /// Takes away what a leg has added.
    pub fn take(&mut self, amount: Money) {
        match i128::from(amount.minor) {
            debit if debit > 0 => self.debits -= debit,
            credit => self.credits += credit,
        }
    }
}

/// The books.
#[derive(Clone, Default, Debug)]
pub struct Books {
    pub accounts: BTreeMap<AccountCode, ModelAccount>,
    /// In order of posting: the first has sequence 1.
    pub entries: Vec<ModelEntry>,
}

impl Books {
    /// What becomes of a request: its runs one after the other, each whole or not at all.
    pub fn post(&mut self, request: &[NewEntry]) -> Vec<Expected> {
        let mut answers = Vec::new();
        let mut rest = request;
        while !rest.is_empty() {
            let linked = rest.iter().take_while(|entry| entry.linked).count();
            if linked == rest.len() {
                answers.extend(rest.iter().map(|_| Expected::Rejected(Rejection::LinkedRunOpen)));
                break;
            }
            let (run, after) = rest.split_at(linked + 1);
            answers.extend(self.post_run(run));
            rest = after;
        }
        answers
    }

    fn post_run(&mut self, run: &[NewEntry]) -> Vec<Expected> {
        let before = self.entries.len();
        let mut answers = Vec::new();
        for culprit in run {
            match self.post_entry(culprit) {
                Ok(answer) => answers.push(answer),
                Err(rejection) => {
                    self.entries.truncate(before);
                    let because = Rejection::LinkedEntryRejected { culprit: culprit.id };
                    let position = answers.len();
                    let own = |at| if at == position { rejection.clone() } else { because.clone() };
                    return (0..run.len()).map(|at| Expected::Rejected(own(at))).collect();
                }
            }
        }
        answers
    }

    /// The sequence and the entry with this id.
    pub fn find(&self, id: Uuid) -> Option<(i64, &ModelEntry)> {
        self.entries.iter().zip(1..).find(|(entry, _)| entry.given.id == id).map(|(entry, sequence)| (sequence, entry))
    }

    /// The entry that released a hold.
    pub fn released_by(&self, hold: Uuid) -> Option<Uuid> {
        let releases =
            |entry: &&ModelEntry| entry.given.kind == EntryKind::Release && entry.given.relates_to == Some(hold);
        self.entries.iter().find(releases).map(|release| release.given.id)
    }

    /// What the books have on an account: all that was posted, or all that was held and not released.
    pub fn sides(&self, account: &AccountCode, layer: Layer) -> Sides {
        let mut sides = Sides::default();
        let released: BTreeSet<Uuid> = self.entries.iter().filter_map(|entry| entry.given.relates_to).collect();
        for entry in &self.entries {
            let counts = match (layer, entry.given.kind) {
                (Layer::Settled, EntryKind::Post) => true,
                (Layer::Pending, EntryKind::Hold) => !released.contains(&entry.given.id),
                _ => false,
            };
            let legs = entry.legs.iter().filter(|leg| counts && leg.account == *account);
            legs.for_each(|leg| sides.add(leg.amount));
        }
        sides
    }

    /// Opens accounts.
    pub fn open(&mut self, accounts: &[NewAccount]) -> Vec<AccountOutcome> {
        accounts.iter().map(|account| self.open_one(account)).collect()
    }

    fn open_one(&mut self, account: &NewAccount) -> AccountOutcome {
        if let Some(there) = self.accounts.get(&account.code) {
            let differs = |field, first: String, given: String| AccountOutcome::Conflict { field, first, given };
            let (first, given) = (&there.opened, account);
            return match () {
                () if first.currency != given.currency => {
                    differs("currency", first.currency.to_string(), given.currency.to_string())
                }
                () if first.normal_side != given.normal_side => {
                    differs("normal_side", first.normal_side.letter().to_owned(), given.normal_side.letter().to_owned())
                }
                () if first.open_item != given.open_item => {
                    differs("open_item", first.open_item.to_string(), given.open_item.to_string())
                }
                () => AccountOutcome::Existing(there.no),
            };
        }
        if let (Some(min), Some(max)) = (account.limits.min_minor, account.limits.max_minor)
            && min > max
        {
            return AccountOutcome::Refused(AccountFault::LimitsCrossed);
        }
        let no = i32::try_from(self.accounts.len()).unwrap() + 1;
        let setting = AccountSetting { limits: account.limits, closed: false };
        self.accounts.insert(account.code.clone(), ModelAccount { no, opened: account.clone(), setting });
        AccountOutcome::Opened(no)
    }

    /// Changes a setting.
    pub fn change(&mut self, code: &AccountCode, setting: AccountSetting) -> SettingOutcome {
        let crossed =
            matches!((setting.limits.min_minor, setting.limits.max_minor), (Some(min), Some(max)) if min > max);
        match self.accounts.get_mut(code) {
            None => SettingOutcome::AccountUnknown,
            Some(_) if crossed => SettingOutcome::Refused(AccountFault::LimitsCrossed),
            Some(account) if account.setting == setting => SettingOutcome::Unchanged,
            Some(account) => {
                account.setting = setting;
                SettingOutcome::Changed
            }
        }
    }
}
