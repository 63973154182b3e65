//! What no single record of a file shows: ids that come twice, accounts that nobody opens, sums that a file asserts.
//!
//! Pure. Takes the records of one reading in order, then answers what the file needs of the book. Memory: the ids of
//! the entries, the accounts, the templates, what later entries take from, and the first [`FAULTS_KEPT`]
//! faults.

use std::collections::{BTreeMap, HashMap, HashSet};

use foldhash::fast::RandomState;
use jiff::civil::Date;
use uuid::Uuid;

use crate::account::{AccountCode, AccountType, NewAccount};
use crate::entry::NewEntry;
use crate::limit_group::LimitGroup;
use crate::money::{Currency, decimal_text};
use crate::template_register::TemplateNo;

use super::names::TypeMap;
use super::templates::TemplateLine;
use super::{AccountLine, Assertion, Fault, Numbered, Record, SettingLine, Until};

/// Faults that are kept; those after them are counted.
pub const FAULTS_KEPT: usize = 10_000;

/// Faults in the order of their finding, the first of them with all they say.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Faults {
    kept: Vec<Fault>,
    total: u64,
}

impl Faults {
    /// Adds one.
    pub fn push(&mut self, fault: Fault) {
        self.total += 1;
        if self.kept.len() < FAULTS_KEPT {
            self.kept.push(fault);
        }
    }

    /// How many there are.
    pub fn total(&self) -> u64 {
        self.total
    }

    /// Those that were kept, by line.
    pub fn by_line(mut self) -> Vec<Fault> {
        self.kept.sort_by_key(|fault| fault.line); // stable: faults of one line as they were found
        self.kept
    }
}

/// The first posting on an account.
#[derive(Clone, Debug)]
struct Posted {
    line: u64,
    currency: Currency,
    has_item: bool,
}

/// A file as far as it has been read.
#[derive(Default)]
pub struct Survey {
    entries: u64,
    ids: HashSet<Uuid, RandomState>,
    described: Vec<(u64, AccountLine)>,
    places: HashMap<AccountCode, usize, RandomState>,
    posted: HashMap<AccountCode, Posted, RandomState>,
    posted_in_order: Vec<AccountCode>,
    templates: Vec<(u64, TemplateLine)>,
    last_made: HashMap<TemplateNo, Uuid>,
    settings: Vec<(u64, SettingLine)>,
    limit_groups: Vec<(u64, String, LimitGroup)>,
    taken: HashSet<Uuid, RandomState>,
    sums: HashMap<(AccountCode, Currency), BTreeMap<Date, i128>, RandomState>,
    assertions: Vec<(u64, Assertion)>,
    keeps_sums: bool,
    faults: Faults,
}

/// What a file is and needs.
#[derive(Default)]
pub struct Surveyed {
    /// How many entries it has that can be read.
    pub entries: u64,
    /// Accounts to open, with the lines that call for them.
    pub accounts: Vec<(u64, NewAccount)>,
    /// Accounts that the file names without a currency and never posts to: nothing tells which it would be.
    pub unopened: Vec<AccountCode>,
    /// Versions of templates, each in force for the entries after its line.
    pub templates: Vec<(u64, TemplateLine)>,
    /// The last entry that each version has made.
    pub last_made: HashMap<TemplateNo, Uuid>,
    /// Settings after the last entry.
    pub settings: Vec<(u64, SettingLine)>,
    /// Limit groups after the last entry.
    pub limit_groups: Vec<(u64, String, LimitGroup)>,
    /// The entries, and groups of holds, that other entries take from.
    pub taken: HashSet<Uuid, RandomState>,
    /// What is wrong.
    pub faults: Faults,
}

impl Survey {
    /// Of a file whose format has assertions, or not: what they need is kept only then.
    pub fn new(has_assertions: bool) -> Survey {
        Survey { keeps_sums: has_assertions, ..Survey::default() }
    }

    /// Takes in the next record.
    pub fn take(&mut self, numbered: Numbered) {
        let line = numbered.line;
        match numbered.record {
            Err(fault) => self.faults.push(fault),
            Ok(Record::Account(account)) => self.account(line, *account),
            Ok(Record::Entry(entry)) => self.entry(line, &entry),
            Ok(Record::Template(template)) => self.templates.push((line, *template)),
            Ok(Record::Setting(setting)) => self.settings.push((line, *setting)),
            Ok(Record::LimitGroup { name, group }) => self.limit_groups.push((line, name, group)),
            Ok(Record::Assertion(assertion)) => self.assertion(line, assertion),
        }
    }

    fn account(&mut self, line: u64, account: AccountLine) {
        if let Some(first) = self.places.get(&account.code) {
            let message = format!("account {} is described twice", account.code);
            let fault = Fault::new(line, "account_twice", message);
            self.faults.push(fault.expected("once", format!("first on line {}", self.described[*first].0)));
            return;
        }
        self.places.insert(account.code.clone(), self.described.len());
        self.described.push((line, account));
    }

    fn entry(&mut self, line: u64, entry: &NewEntry) {
        self.entries += 1;
        if let Some(template_no) = entry.template_no {
            self.last_made.insert(template_no, entry.id);
        }
        if !self.ids.insert(entry.id) {
            let fault = Fault::new(line, "id_twice", "the file has another entry with this id before");
            self.faults.push(fault.expected("an id of its own", entry.id.to_string()));
        }
        if entry.kind.relates() {
            self.taken.extend(entry.relates_to);
        }
        self.taken.extend(entry.hold_group);
        for posting in &entry.postings {
            let currency = posting.amount.currency;
            if !self.posted.contains_key(&posting.account) {
                let posted = Posted { line, currency, has_item: posting.item.is_some() };
                self.posted.insert(posting.account.clone(), posted);
                self.posted_in_order.push(posting.account.clone());
            }
            if let (true, Some(date)) = (self.keeps_sums, entry.effective_date) {
                let days = self.sums.entry((posting.account.clone(), currency)).or_default();
                *days.entry(date).or_default() += i128::from(posting.amount.minor);
            }
        }
    }

    /// Of an assertion about the middle of a day, what counts of that day is known now and no longer at the end.
    fn assertion(&mut self, line: u64, mut assertion: Assertion) {
        if let Until::Within(day, above) = &mut assertion.until {
            let of_day = |account: &AccountCode| {
                let days = self.sums.get(&(account.clone(), assertion.currency))?;
                days.get(day).copied()
            };
            *above = assertion.accounts.iter().filter_map(of_day).sum::<i128>() - *above;
        }
        self.assertions.push((line, assertion));
    }

    /// The accounts that the file names.
    pub fn codes(&self) -> impl Iterator<Item = &AccountCode> {
        self.described.iter().map(|(_, account)| &account.code).chain(&self.posted_in_order)
    }

    /// Everything together, at the end of the file. `types` tells what accounts stand for that the file does not
    /// describe; `is_known` which are open.
    pub fn finish(mut self, types: &TypeMap, is_known: impl Fn(&AccountCode) -> bool) -> Surveyed {
        // What cannot be read is missing in the sums: what is wrong with them is told when all can be read.
        if self.faults.total() == 0 {
            self.check_assertions();
            self.check_closed();
        }
        let mut surveyed = Surveyed::default();
        for (line, account) in std::mem::take(&mut self.described) {
            self.open_described(line, account, types, &is_known, &mut surveyed);
        }
        for code in std::mem::take(&mut self.posted_in_order) {
            if !self.places.contains_key(&code) && !is_known(&code) {
                self.open_posted(code, types, &mut surveyed);
            }
        }
        self.check_named(&is_known);
        let Survey { entries, templates, last_made, settings, limit_groups, taken, faults, .. } = self;
        Surveyed { entries, templates, last_made, settings, limit_groups, taken, faults, ..surveyed }
    }

    fn open_described(
        &mut self,
        line: u64,
        mut account: AccountLine,
        types: &TypeMap,
        is_known: &impl Fn(&AccountCode) -> bool,
        surveyed: &mut Surveyed,
    ) {
        let posted = self.posted.get(&account.code);
        account.currency = account.currency.or(posted.map(|posted| posted.currency));
        if account.account_type.is_none() {
            if is_known(&account.code) {
                return; // The book knows it better.
            }
            account.open_item |= posted.is_some_and(|posted| posted.has_item);
            account.account_type = types.of(account.code.as_str()).or(account.guess);
        }
        if let Some(account) = account.complete() {
            surveyed.accounts.push((line, account));
        } else if is_known(&account.code) {
            // Nothing more is needed of it.
        } else if account.currency.is_none() {
            surveyed.unopened.push(account.code);
        } else {
            self.faults.push(type_open(line, &account.code));
            surveyed.accounts.extend(stand_in(&account).map(|account| (line, account)));
        }
    }

    fn open_posted(&mut self, code: AccountCode, types: &TypeMap, surveyed: &mut Surveyed) {
        let Posted { line, currency, has_item } = self.posted[&code];
        let account_type = types.of(code.as_str());
        let mut account = AccountLine::new(code);
        (account.account_type, account.currency, account.open_item) = (account_type, Some(currency), has_item);
        if let Some(account) = account.complete() {
            surveyed.accounts.push((line, account));
            return;
        }
        let message = format!("there is no account {} in the book, and the file opens none", account.code);
        let fault = Fault::new(line, "account_unknown", message);
        self.faults.push(fault.expected("an open account, or --open-accounts PREFIX=TYPE", account.code.as_str()));
        surveyed.accounts.extend(stand_in(&account).map(|account| (line, account)));
    }

    /// Settings and limit groups are of accounts that are there.
    fn check_named(&mut self, is_known: &impl Fn(&AccountCode) -> bool) {
        let is_there = |code: &AccountCode| self.places.contains_key(code) || is_known(code);
        let of_settings = self.settings.iter().map(|(line, setting)| (*line, &setting.account));
        let groups = self.limit_groups.iter();
        let of_groups = groups.flat_map(|(line, _, group)| group.accounts.iter().map(|account| (*line, account)));
        let missing = of_settings.chain(of_groups).filter(|(_, code)| !is_there(code));
        let faults: Vec<Fault> = missing
            .map(|(line, code)| {
                let message = format!("there is no account {code} in the book, and the file opens none");
                Fault::new(line, "account_unknown", message).expected("an open account", code.as_str())
            })
            .collect();
        for fault in faults {
            self.faults.push(fault);
        }
    }

    fn check_assertions(&mut self) {
        for (line, assertion) in std::mem::take(&mut self.assertions) {
            let Assertion { accounts, until, currency, minor } = assertion;
            let (before, above) = match until {
                Until::Before(day) => (day, 0),
                Until::Within(day, above) => (day, above),
            };
            let of_account = |account: &AccountCode| {
                let days = self.sums.get(&(account.clone(), currency));
                days.map_or(0, |days| days.range(..before).map(|(_, sum)| sum).sum::<i128>())
            };
            let sum = above + accounts.iter().map(of_account).sum::<i128>();
            if sum != i128::from(minor) {
                let account = accounts.first().map(ToString::to_string).unwrap_or_default();
                let message = format!("account {account} does not stand at what the file asserts");
                let fault = Fault::new(line, "assertion_failed", message);
                let (expected, actual) = (decimal_text(minor.into(), currency), decimal_text(sum, currency));
                self.faults.push(fault.expected(format!("{expected} {currency}"), format!("{actual} {currency}")));
            }
        }
    }

    /// What a file closes stands at zero at its end: told before anything is posted, where sums are kept.
    fn check_closed(&mut self) {
        if !self.keeps_sums {
            return;
        }
        let closed = self.settings.iter().filter(|(_, setting)| setting.change.closed == Some(true));
        let mut faults = Vec::new();
        for (line, setting) in closed {
            let sums = self.sums.iter().filter(|((account, _), _)| *account == setting.account);
            for ((account, currency), days) in sums {
                let sum: i128 = days.values().sum();
                if sum != 0 {
                    let fault =
                        Fault::new(*line, "not_at_zero", format!("account {account} is closed and not at zero"));
                    faults.push(fault.expected("0", format!("{} {currency}", decimal_text(sum, *currency))));
                }
            }
        }
        for fault in faults {
            self.faults.push(fault);
        }
    }
}

/// In place of an account that cannot be opened, so that its absence is told once and not with every posting; a file
/// with a fault is not posted.
fn stand_in(account: &AccountLine) -> Option<NewAccount> {
    AccountLine { account_type: Some(AccountType::Asset), ..account.clone() }.complete()
}

fn type_open(line: u64, code: &AccountCode) -> Fault {
    let message = format!("nothing tells whether account {code} is an asset, a liability, or what else");
    Fault::new(line, "account_type_open", message).expected("a type, or --open-accounts PREFIX=TYPE", "none")
}
