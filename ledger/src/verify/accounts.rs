//! Accounts and their running totals, derived again, and whether they were open to what was posted.

use crate::account::{Frozen, Limits, NormalSide};
use crate::balance::{Balance, Breach, Span, Totals, breach};
use crate::entry::{Effect, Layer};

use super::feed::Rows;
use super::limits::{Change, Changes, Groups};
use super::row::{self, Posting, check_chained};
use super::{Finding, Halt, Place, Rule, sql};

/// Three letters of ISO 4217.
pub type CurrencyCode = [u8; 3];

/// The last row of a chain that was checked.
pub struct Tip {
    pub no: i64,
    pub hash: [u8; 32],
}

/// The accounts of the book by number, each with its totals after the last posting that was checked.
pub struct Accounts {
    by_number: Vec<Account>,
    codes: Vec<Box<str>>,
    /// By number, too: whether anything was ever held.
    were_held: Vec<bool>,
    changes: Changes,
    groups: Groups,
    /// The accounts with limits that the entry in hand has touched, as they were before it.
    touched: Vec<(usize, Balance)>,
}

#[derive(Clone)]
struct Account {
    currency: CurrencyCode,
    open_item: bool,
    side: NormalSide,
    closed: bool,
    frozen: Frozen,
    /// Whether the account or a group that it is in has limits.
    limited: bool,
    limits: Limits,
    balance: Balance,
}

impl Accounts {
    /// Reads all accounts, which must be numbered without gaps and chained.
    pub fn read(rows: &mut Rows) -> Result<(Accounts, Tip), Halt> {
        let (mut accounts, mut codes) = (Vec::new(), Vec::new());
        let mut tip = Tip { no: 0, hash: [0; 32] };
        while let Some(row) = rows.next()? {
            let number = row::number(row);
            let place = Place::Account { account_no: i32::try_from(number).unwrap_or(0) };
            Finding::unless_equal(place, Rule::Dense, &(tip.no + 1), &number)?;
            tip = Tip { no: number, hash: check_chained(row, &sql::ACCOUNT, place, &tip.hash)? };
            let row::Account { code, currency, normal_side, open_item } = row::Account::read(row, place)?;
            let unknown = |expected: &str, actual: &str| Finding {
                place,
                rule: Rule::Readable,
                expected: expected.to_owned(),
                actual: actual.to_owned(),
            };
            let of_iso = currency.as_bytes().try_into().map_err(|_| unknown("three letters of ISO 4217", currency))?;
            let side = NormalSide::from_letter(normal_side).ok_or_else(|| unknown("D or C", normal_side))?;
            codes.push(code.into());
            accounts.push(Account {
                currency: of_iso,
                open_item,
                side,
                closed: false,
                frozen: Frozen::None,
                limited: false,
                limits: Limits::default(),
                balance: Balance::default(),
            });
        }
        let (changes, groups) = (Changes::default(), Groups::default());
        let were_held = vec![false; accounts.len()];
        Ok((Accounts { by_number: accounts, codes, were_held, changes, groups, touched: Vec::new() }, tip))
    }

    /// The codes, by number from 1.
    pub fn codes(&self) -> &[Box<str>] {
        &self.codes
    }

    /// The currency of an account.
    pub fn currency(&self, index: usize) -> CurrencyCode {
        self.by_number[index].currency
    }

    /// Checks that settings are numbered without gaps, belong to accounts, and are chained; keeps what they say.
    pub fn check_settings(&mut self, rows: &mut Rows) -> Result<Tip, Halt> {
        let mut tip = Tip { no: 0, hash: [0; 32] };
        while let Some(row) = rows.next()? {
            let setting_no = row::number(row);
            let place = Place::Setting { setting_no };
            Finding::unless_equal(place, Rule::Dense, &(tip.no + 1), &setting_no)?;
            let setting = row::Setting::read(row, place)?;
            let account = self.index(place, setting.account_no)?;
            tip = Tip { no: setting_no, hash: check_chained(row, &sql::SETTING, place, &tip.hash)? };
            let frozen = Frozen::from_word(setting.frozen).ok_or_else(|| Finding {
                place,
                rule: Rule::Readable,
                expected: "none, in, out or both".to_owned(),
                actual: setting.frozen.to_owned(),
            })?;
            let limits = Limits { min_minor: setting.min_minor, max_minor: setting.max_minor };
            let change = Change::Setting { account, limits, closed: setting.closed, frozen };
            self.changes.push(setting.after_sequence, change);
        }
        Ok(tip)
    }

    /// What the register says of limit groups.
    pub fn changes(&mut self) -> &mut Changes {
        &mut self.changes
    }

    /// Puts in force what is in force for this entry.
    pub fn begin(&mut self, sequence: i64) {
        while let Some(change) = self.changes.next_before(sequence) {
            match change {
                Change::Setting { account, limits, closed, frozen } => {
                    let account = &mut self.by_number[account];
                    (account.limits, account.closed, account.frozen) = (limits, closed, frozen);
                    account.limited |= limits != Limits::default();
                }
                Change::Group { name, side, limits, members } => {
                    for member in &members {
                        self.by_number[*member].limited = true;
                    }
                    let accounts = &self.by_number;
                    self.groups.set(name, side, limits, members, |member| accounts[member].balance);
                }
            }
        }
    }

    /// Checks a posting against its account and folds it in; answers its currency.
    pub fn check(&mut self, effect: Effect, posting: &Posting<'_>) -> Result<CurrencyCode, Finding> {
        let place = posting.place();
        let index = self.index(place, posting.account_no)?;
        let account = &mut self.by_number[index];
        if posting.currency.as_bytes() != account.currency {
            let expected = String::from_utf8_lossy(&account.currency).into_owned();
            return Err(Finding { place, rule: Rule::Currency, expected, actual: posting.currency.to_owned() });
        }
        if posting.item.is_some() != account.open_item {
            let expected = if account.open_item { "an item" } else { "no item" }.to_owned();
            let actual = posting.item.unwrap_or("no item").to_owned();
            return Err(Finding { place, rule: Rule::Item, expected, actual });
        }
        account.check_open(effect, posting)?;
        if account.limited && self.touched.iter().all(|(touched, _)| *touched != index) {
            self.touched.push((index, account.balance));
        }
        let layer = effect.layer();
        if layer == Layer::Pending {
            self.were_held[index] = true;
        }
        let Totals { debits, credits } = account.balance.layer(layer);
        let (debits, credits) = after_leg((debits.into(), credits.into()), effect, posting.amount_minor);
        Finding::unless_equal(place, Rule::DebitsAfter, &debits, &posting.debits_after.into())?;
        Finding::unless_equal(place, Rule::CreditsAfter, &credits, &posting.credits_after.into())?;
        account.balance.set_layer(layer, Totals { debits: posting.debits_after, credits: posting.credits_after });
        Ok(account.currency)
    }

    /// Behind an entry's last posting: no account and no group may have passed a limit by it.
    pub fn end(&mut self, place: Place) -> Result<(), Finding> {
        let passed = |of: &str, limits: Limits, before: Span, after: Span| match breach(limits, before, after) {
            None => Ok(()),
            Some(breach) => Err(passed_limit(place, of, breach)),
        };
        for (index, before) in self.touched.drain(..) {
            let Account { side, limits, balance, .. } = self.by_number[index];
            passed(&self.codes[index], limits, before.span(side), balance.span(side))?;
            self.groups.replace(index, &before, &balance);
        }
        self.groups.check_touched(|name, limits, before, after| passed(name, limits, before, after))
    }

    /// The totals of every account and layer that was posted to: by number of the account, the settled layer first.
    pub fn totals(&self) -> impl Iterator<Item = (i32, Layer, Totals)> {
        let accounts = self.by_number.iter().zip(&self.were_held);
        (1..).zip(accounts).flat_map(|(account_no, (account, was_held))| {
            let Balance { settled, pending } = account.balance;
            let settled = (settled != Totals::default()).then_some((account_no, Layer::Settled, settled));
            let pending = was_held.then_some((account_no, Layer::Pending, pending));
            [settled, pending].into_iter().flatten()
        })
    }

    fn index(&self, place: Place, account_no: i32) -> Result<usize, Finding> {
        let index = usize::try_from(account_no).ok().and_then(|no| no.checked_sub(1));
        index.filter(|index| *index < self.by_number.len()).ok_or_else(|| Finding {
            place,
            rule: Rule::Known,
            expected: "an account".to_owned(),
            actual: format!("account {account_no}"),
        })
    }
}

impl Account {
    /// What is held can always be given back.
    fn check_open(&self, effect: Effect, posting: &Posting<'_>) -> Result<(), Finding> {
        if effect == Effect::Unhold || (!self.closed && self.frozen == Frozen::None) {
            return Ok(());
        }
        let raises = self.side.seen_from(posting.amount_minor.into()) > 0;
        if !self.closed && !self.frozen.refuses(raises) {
            return Ok(());
        }
        let (expected, actual) = (
            if self.closed { "nothing on a closed account" } else { "nothing against the freeze" }.to_owned(),
            posting.amount_minor.to_string(),
        );
        Err(Finding { place: posting.place(), rule: Rule::AccountOpen, expected, actual })
    }
}

/// Debits and credits after a leg, wide, so that a wrong row cannot overflow them. A leg adds to its side; one that
/// takes from a hold takes away, from the other side than its own sign.
pub fn after_leg((debits, credits): (i128, i128), effect: Effect, amount_minor: i64) -> (i128, i128) {
    let amount = i128::from(amount_minor);
    if (amount > 0) == (effect != Effect::Unhold) { (debits + amount, credits) } else { (debits, credits - amount) }
}

fn passed_limit(place: Place, of: &str, breach: Breach) -> Finding {
    let (expected, actual) = match breach {
        Breach::BelowMin { limit, would_be } => (format!("at least {limit} on {of}"), would_be.to_string()),
        Breach::AboveMax { limit, would_be } => (format!("at most {limit} on {of}"), would_be.to_string()),
    };
    Finding { place, rule: Rule::WithinLimits, expected, actual }
}
