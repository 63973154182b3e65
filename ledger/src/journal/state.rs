//! What a process knows of a book: the accounts it has touched, with their totals as of one sequence.
//!
//! Accounts are read when they are first touched; entries of other processes are folded in by the turn. Memory grows
//! with the accounts touched, never with the journal. The state is ahead of COMMIT by a turn or two, and dropped if one
//! of them fails.

use std::collections::{HashMap, HashSet};

use foldhash::fast::RandomState;
use jiff::civil::Date;

use crate::account::{Account, AccountCode, AccountNo, AccountSetting, Limits, NormalSide};
use crate::balance::{Balance, GroupTotals};
use crate::entry::NewEntry;
use crate::money::Currency;
use crate::rejection::Rejection;

use super::ids::Ids;
use super::lately::Lately;

/// An account and its totals, as they are taken in.
#[derive(Clone, Debug)]
pub struct KnownAccount {
    /// Identity and settings.
    pub account: Account,
    /// Totals after the last entry the state knows.
    pub balance: Balance,
}

/// What nearly every leg needs to know of its account, in one place of the memory: accounts are come upon in any order,
/// and fetching them is what a leg costs most.
#[derive(Clone, Copy, Debug)]
pub struct Brief {
    /// Totals after the last entry the state knows.
    pub balance: Balance,
    /// Number.
    pub no: AccountNo,
    /// The one currency it holds.
    pub currency: Currency,
    /// Whether every posting must name an open item.
    pub open_item: bool,
    /// Whether it has limits, is in a limit group, or is closed or frozen.
    pub is_restricted: bool,
}

/// A group of accounts with a limit on what stands on all of them together.
#[derive(Clone, Debug)]
pub struct KnownGroup {
    /// Its name in the register.
    pub name: String,
    /// The one currency of its accounts.
    pub currency: Currency,
    /// The side from which the limits are seen.
    pub normal_side: NormalSide,
    /// The limits in force.
    pub limits: Limits,
    /// Its accounts' totals together.
    pub totals: GroupTotals,
}

/// Position of a limit group in the state.
pub type GroupSlot = usize;

/// Up to which days the books are closed.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Closed {
    /// Days up to this one take adjusting entries only.
    pub soft_through: Option<Date>,
    /// Days up to this one take no entry; never later than the other.
    pub hard_through: Option<Date>,
}

/// Position of an account in the state: dense, stable while the state lives.
pub type Slot = usize;

/// The accounts touched so far and the place in the journal up to which their totals count.
#[derive(Default, Debug)]
pub struct State {
    briefs: Vec<Brief>,
    accounts: Vec<Account>,
    /// The limit groups that each account is in.
    groups_of: Vec<Vec<GroupSlot>>,
    slot_by_code: HashMap<AccountCode, Slot, RandomState>,
    slot_by_no: HashMap<AccountNo, Slot, RandomState>,
    groups: Vec<KnownGroup>,
    /// The versions of templates that are in force; `None` while no entry has named one.
    templates: Option<HashSet<i32, RandomState>>,
    /// Up to which days the books are closed, as the head has it.
    pub closed: Closed,
    /// The last entry that is folded in.
    pub sequence: i64,
    /// The last rows that are folded in.
    pub known: Known,
    /// Which ids are in the books up to there; `None` in a state that asks the database each time.
    pub ids: Option<Ids>,
    /// What was decided on it last.
    pub lately: Lately,
}

/// The last row of each chain that a state knows: whether the state belongs to the book as it is.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Known {
    /// The last commit.
    pub commit_no: i64,
    /// Its hash.
    pub hash: [u8; 32],
    /// The last account that was opened.
    pub account_no: AccountNo,
    /// Its hash.
    pub account_hash: [u8; 32],
    /// The last account setting.
    pub setting_no: i64,
    /// Its hash.
    pub setting_hash: [u8; 32],
    /// The last row of the register.
    pub register_no: i64,
    /// Its hash.
    pub register_hash: [u8; 32],
}

impl State {
    /// A state that keeps in mind which ids are in the books.
    pub fn with_ids(ids: Ids) -> State {
        State { ids: Some(ids), ..State::default() }
    }

    /// Whether it knows nothing of any book.
    pub fn is_new(&self) -> bool {
        self.accounts.is_empty() && !self.ids.as_ref().is_some_and(Ids::is_known)
    }

    /// Forgets all that it knows.
    pub fn forget_all(&mut self) {
        self.forget_accounts();
        if let Some(ids) = &mut self.ids {
            ids.forget();
        }
    }

    /// Forgets the accounts.
    pub fn forget_accounts(&mut self) {
        *self = State { ids: self.ids.take(), ..State::default() };
    }

    /// The slot of an account, if it has been touched.
    pub fn slot(&self, code: &AccountCode) -> Option<Slot> {
        self.slot_by_code.get(code).copied()
    }

    /// The slot of an account by its number, if it has been touched.
    pub fn slot_by_no(&self, no: AccountNo) -> Option<Slot> {
        self.slot_by_no.get(&no).copied()
    }

    /// What nearly every leg needs to know of the account in a slot.
    pub fn brief(&self, slot: Slot) -> &Brief {
        &self.briefs[slot]
    }

    /// The account in a slot.
    pub fn account(&self, slot: Slot) -> &Account {
        &self.accounts[slot]
    }

    /// The limit groups that the account in a slot is in.
    pub fn groups_of(&self, slot: Slot) -> &[GroupSlot] {
        &self.groups_of[slot]
    }

    /// How many accounts are known.
    pub fn len(&self) -> usize {
        self.accounts.len()
    }

    /// Whether no account is known yet.
    pub fn is_empty(&self) -> bool {
        self.accounts.is_empty()
    }

    /// Takes in an account that was read as of [`State::sequence`].
    pub fn insert(&mut self, known: KnownAccount) {
        let KnownAccount { account, balance } = known;
        let slot = self.accounts.len();
        self.slot_by_code.insert(account.code.clone(), slot);
        self.slot_by_no.insert(account.no, slot);
        let Account { no, currency, open_item, .. } = account;
        self.briefs.push(Brief { balance, no, currency, open_item, is_restricted: false });
        self.accounts.push(account);
        self.groups_of.push(Vec::new());
        self.mark_restricted(slot);
    }

    fn mark_restricted(&mut self, slot: Slot) {
        let is_plain = self.accounts[slot].setting == AccountSetting::default() && self.groups_of[slot].is_empty();
        self.briefs[slot].is_restricted = !is_plain;
    }

    /// Takes in a newer setting of an account, if the account is known.
    pub fn set_setting(&mut self, no: AccountNo, setting: AccountSetting) {
        if let Some(slot) = self.slot_by_no(no) {
            self.accounts[slot].setting = setting;
            self.mark_restricted(slot);
        }
    }

    /// Sets the balance of a slot: what a committed turn, ours or another process's, has left there.
    pub fn set_balance(&mut self, slot: Slot, balance: Balance) {
        let brief = &mut self.briefs[slot];
        if brief.is_restricted {
            for &group in &self.groups_of[slot] {
                self.groups[group].totals.replace(&brief.balance, &balance);
            }
        }
        brief.balance = balance;
    }

    /// Folds in a batch: the balances that it leaves behind, and its last entry, if it has one.
    pub fn fold(&mut self, after: Vec<(Slot, Balance)>, last_sequence: Option<i64>) {
        for (slot, balance) in after {
            self.set_balance(slot, balance);
        }
        self.sequence = last_sequence.unwrap_or(self.sequence);
    }

    /// The limit group in a slot.
    pub fn group(&self, group: GroupSlot) -> &KnownGroup {
        &self.groups[group]
    }

    /// Whether it is known which templates are in force.
    pub fn knows_templates(&self) -> bool {
        self.templates.is_some()
    }

    /// Takes in which templates are in force, as of the register's last row.
    pub fn set_templates(&mut self, in_force: impl IntoIterator<Item = i32>) {
        self.templates = Some(in_force.into_iter().collect());
    }

    /// Takes in that a version of a template is in force in the place of another.
    pub fn replace_template(&mut self, before: Option<i32>, now: Option<i32>) {
        let in_force = self.templates.get_or_insert_default();
        in_force.retain(|template_no| Some(*template_no) != before);
        in_force.extend(now);
    }

    /// Forgets which templates are in force.
    pub fn forget_templates(&mut self) {
        self.templates = None;
    }

    /// Refuses an entry of a template that is not in force.
    pub fn check_template(&self, entry: &NewEntry) -> Result<(), Rejection> {
        let is_in_force = |no: &i32| self.templates.as_ref().is_some_and(|in_force| in_force.contains(no));
        match entry.template_no.filter(|no| !is_in_force(no)) {
            Some(template_no) => Err(Rejection::TemplateNotInForce { template_no }),
            None => Ok(()),
        }
    }

    /// Whether a limit group is known.
    pub fn knows_group(&self, name: &str) -> bool {
        self.groups.iter().any(|group| group.name == name)
    }

    /// Takes in a limit group with its accounts, which are known; its totals are made up here.
    pub fn insert_group(&mut self, group: KnownGroup, accounts: &[Slot]) {
        let slot = self.groups.len();
        self.groups.push(group);
        for &account in accounts {
            self.groups_of[account].push(slot);
            self.groups[slot].totals.replace(&Balance::default(), &self.briefs[account].balance);
            self.mark_restricted(account);
        }
    }
}
