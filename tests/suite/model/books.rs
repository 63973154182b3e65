//! The model: the accounts, and the list of entries that are in the books.
//!
//! Written as plainly as the rules can be said, and apart from the program: what is asked is looked up in the list or
//! added up over it, and a refused run is taken back by cutting the list. Beside the list stand only the totals of each
//! account and the place of each id, which come and go with its entries, so that long runs stay affordable.

use std::collections::{BTreeMap, HashMap};

use dianfu_ledger::account::{AccountCode, AccountFault, AccountSetting, NewAccount};
use dianfu_ledger::entry::{EntryKind, Layer, NewEntry, NewPosting};
use dianfu_ledger::limit_group::{GroupFault, GroupOutcome, LimitGroup};
use dianfu_ledger::money::{Currency, Money};
use dianfu_ledger::opening::{AccountOutcome, SettingOutcome};
use dianfu_ledger::period::{PeriodFault, Reopening, Tightness};
use dianfu_ledger::query::Related;
use dianfu_ledger::rejection::Rejection;
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use super::time;

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
    /// When it counts; the day of booking, if nothing else was said.
    pub date: Date,
    /// The day that was asked for, if it does not count on it.
    pub value_date: Option<Date>,
    pub legs: Vec<ModelLeg>,
}

/// A leg in the books.
#[derive(Clone, Debug)]
pub struct ModelLeg {
    pub layer: Layer,
    pub posting: NewPosting,
}

impl ModelLeg {
    /// A leg in a layer.
    pub fn new(layer: Layer, posting: &NewPosting) -> ModelLeg {
        ModelLeg { layer, posting: posting.clone() }
    }

    /// Whether it gives back what was held, and so takes from the side opposite to its own.
    pub fn gives_back(&self, kind: EntryKind) -> bool {
        self.layer == Layer::Pending && kind != EntryKind::Hold
    }
}

/// What an entry must be answered. Sequences are predicted, times are not.
#[derive(Clone, PartialEq, Debug)]
pub enum Expected {
    Posted { sequence: i64, moved: Option<Money> },
    Replayed { sequence: i64, moved: Option<Money> },
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

    /// Takes away on the other side.
    pub fn give_back(&mut self, amount: Money) {
        match i128::from(amount.minor) {
            debit if debit > 0 => self.credits -= debit,
            credit => self.debits += credit,
        }
    }

    /// What a leg of an entry of a kind does.
    pub fn count(&mut self, leg: &ModelLeg, kind: EntryKind) {
        if leg.gives_back(kind) { self.give_back(leg.posting.amount) } else { self.add(leg.posting.amount) }
    }
}

/// The books.
#[derive(Clone, Debug)]
pub struct Books {
    pub accounts: BTreeMap<AccountCode, ModelAccount>,
    /// In order of posting: the first has sequence 1. Only [`Books::write`] and [`Books::cut`] change it.
    pub entries: Vec<ModelEntry>,
    totals: BTreeMap<AccountCode, BTreeMap<Layer, Sides>>,
    places: HashMap<Uuid, usize>,
    /// How far the time of the books has been moved. What is booked next is booked a moment later.
    pub now: Timestamp,
    /// Limits on several accounts together, by name.
    pub groups: BTreeMap<String, LimitGroup>,
    /// The last day that takes adjusting entries only, and the last that takes none.
    pub soft_through: Option<Date>,
    pub hard_through: Option<Date>,
}

impl Books {
    /// No account and no entry.
    pub fn new() -> Books {
        Books {
            accounts: BTreeMap::new(),
            entries: Vec::new(),
            totals: BTreeMap::new(),
            places: HashMap::new(),
            now: time::BEGINNING,
            groups: BTreeMap::new(),
            soft_through: None,
            hard_through: None,
        }
    }

    /// Puts an entry at the end of the list.
    pub fn write(&mut self, entry: ModelEntry) {
        self.places.insert(entry.given.id, self.entries.len());
        for leg in &entry.legs {
            let layers = self.totals.entry(leg.posting.account.clone()).or_default();
            layers.entry(leg.layer).or_default().count(leg, entry.given.kind);
        }
        self.entries.push(entry);
    }

    /// Takes the entries behind so many away.
    pub fn cut(&mut self, entries: usize) {
        for entry in self.entries.drain(entries..) {
            self.places.remove(&entry.given.id);
            for leg in &entry.legs {
                let mut moved = Sides::default();
                moved.count(leg, entry.given.kind);
                let layers = self.totals.get_mut(&leg.posting.account).unwrap();
                let sides = layers.get_mut(&leg.layer).unwrap();
                sides.debits -= moved.debits;
                sides.credits -= moved.credits;
            }
        }
    }

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
                    self.cut(before);
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
        let place = *self.places.get(&id)?;
        Some((i64::try_from(place).unwrap() + 1, &self.entries[place]))
    }

    /// The entries that take from one, oldest first; from a hold in a group also what ends the group.
    pub fn related(&self, id: Uuid) -> Vec<Related> {
        let hold = self.find(id).filter(|(_, entry)| entry.given.kind == EntryKind::Hold);
        let group = hold.and_then(|(_, hold)| hold.given.hold_group);
        let takes = self.entries.iter().filter(|entry| {
            let ends_group = entry.given.kind != EntryKind::Hold && group.is_some() && entry.given.hold_group == group;
            entry.given.relates_to == Some(id) || ends_group
        });
        takes.map(|entry| Related { id: entry.given.id, kind: entry.given.kind }).collect()
    }

    /// What the books have on an account: all that was moved, or all that is still held.
    pub fn sides(&self, account: &AccountCode, layer: Layer) -> Sides {
        self.totals.get(account).and_then(|layers| layers.get(&layer)).copied().unwrap_or_default()
    }

    /// Closes all days up to one. Numbers of the register are not predicted.
    pub fn close(&mut self, through: Date, how: Tightness) -> Result<(), PeriodFault> {
        let there = if how == Tightness::Soft { self.soft_through } else { self.hard_through };
        if let Some(closed_through) = there.filter(|there| through <= *there) {
            return Err(PeriodFault::ClosedAlready { closed_through });
        }
        self.soft_through = self.soft_through.max(Some(through));
        if how == Tightness::Hard {
            self.hard_through = Some(through);
        }
        Ok(())
    }

    /// Takes days back out of what is closed.
    pub fn reopen(&mut self, Reopening { from, out_of }: &Reopening) -> Result<(), PeriodFault> {
        let there = if *out_of == Tightness::Soft { self.soft_through } else { self.hard_through };
        if there.is_none_or(|there| there < *from) {
            return Err(PeriodFault::NotClosed { from: *from, closed_through: there });
        }
        let day_before = from.yesterday().unwrap();
        self.hard_through = self.hard_through.map(|there| there.min(day_before));
        if *out_of == Tightness::Soft {
            self.soft_through = self.soft_through.map(|there| there.min(day_before));
        }
        Ok(())
    }

    /// Sets a limit on several accounts together.
    pub fn set_group(&mut self, name: &str, group: &LimitGroup) -> GroupOutcome {
        let LimitGroup { currency, limits, ref accounts, .. } = *group;
        if matches!((limits.min_minor, limits.max_minor), (Some(min), Some(max)) if min > max) {
            return GroupOutcome::Refused(GroupFault::Text(AccountFault::LimitsCrossed));
        }
        if accounts.is_empty() {
            return GroupOutcome::Refused(GroupFault::AccountCount { max: 1_000, actual: 0 });
        }
        for (at, account) in accounts.iter().enumerate() {
            if accounts[..at].contains(account) {
                return GroupOutcome::Refused(GroupFault::AccountTwice { account: account.clone() });
            }
        }
        for account in accounts {
            let account = account.clone();
            let Some(known) = self.accounts.get(&account) else {
                return GroupOutcome::Refused(GroupFault::AccountUnknown { account });
            };
            let (expected, actual) = (currency, known.opened.currency);
            if expected != actual {
                return GroupOutcome::Refused(GroupFault::CurrencyMismatch { account, expected, actual });
            }
        }
        match self.groups.insert(name.to_owned(), group.clone()) {
            Some(before) if before == *group => GroupOutcome::Unchanged,
            _ => GroupOutcome::Changed,
        }
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
                () if first.account_type != given.account_type => {
                    differs("type", first.account_type.word().to_owned(), given.account_type.word().to_owned())
                }
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
        let setting = AccountSetting { limits: account.limits, ..AccountSetting::default() };
        self.accounts.insert(account.code.clone(), ModelAccount { no, opened: account.clone(), setting });
        AccountOutcome::Opened(no)
    }

    /// Changes a setting. An account is closed at zero.
    pub fn change(&mut self, code: &AccountCode, setting: AccountSetting) -> SettingOutcome {
        let crossed =
            matches!((setting.limits.min_minor, setting.limits.max_minor), (Some(min), Some(max)) if min > max);
        let settled = self.sides(code, Layer::Settled);
        let held = self.sides(code, Layer::Pending) != Sides::default();
        let Some(account) = self.accounts.get_mut(code) else { return SettingOutcome::AccountUnknown };
        if crossed {
            return SettingOutcome::Refused(AccountFault::LimitsCrossed);
        }
        if setting.closed && !account.setting.closed && (held || settled.debits != settled.credits) {
            let balance = clamped(settled.debits - settled.credits, account.opened.currency);
            return SettingOutcome::Refused(AccountFault::NotAtZero { balance, held });
        }
        if account.setting == setting {
            return SettingOutcome::Unchanged;
        }
        account.setting = setting;
        SettingOutcome::Changed
    }
}

/// An amount as well as money can show it.
pub fn clamped(minor: i128, currency: Currency) -> Money {
    let shown = i64::try_from(minor).unwrap_or(if minor < 0 { i64::MIN } else { i64::MAX });
    Money::new(shown, currency)
}
