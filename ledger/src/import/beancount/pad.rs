//! What `pad` directives insert: the entry that makes the next `balance` of an account come true.
//!
//! As in beancount: a pad counts for the balances of its account, each currency once, that are dated behind it and not
//! behind the account's next pad; what it has inserted counts for those that follow.

use std::collections::{BTreeMap, HashMap, HashSet};

use jiff::civil::Date;

use crate::account::AccountCode;
use crate::entry::{NewEntry, NewPosting};
use crate::import::{Fault, Numbered, Record};
use crate::money::{Currency, Money};

use super::{Balance, Pad};

/// What accounts move by day.
#[derive(Default)]
pub(super) struct Sums(HashMap<(AccountCode, Currency), BTreeMap<Date, i128>>);

impl Sums {
    /// Adds an entry's postings.
    pub(super) fn add(&mut self, entry: &NewEntry) {
        let Some(date) = entry.effective_date else { return };
        for posting in &entry.postings {
            let days = self.0.entry((posting.account.clone(), posting.amount.currency)).or_default();
            *days.entry(date).or_default() += i128::from(posting.amount.minor);
        }
    }

    fn before(&self, accounts: &[AccountCode], currency: Currency, date: Date) -> i128 {
        let of_account = |account: &AccountCode| {
            let days = self.0.get(&(account.clone(), currency));
            days.map_or(0, |days| days.range(..date).map(|(_, sum)| sum).sum::<i128>())
        };
        accounts.iter().map(of_account).sum()
    }
}

/// All pads of a file, and what is asserted.
pub(super) struct Pads<'a> {
    pub(super) pads: &'a [Pad],
    pub(super) balances: &'a [Balance],
}

impl Pads<'_> {
    /// The entries in place of the pads; `below` names the accounts of a name.
    pub(super) fn entries(&self, sums: &mut Sums, below: impl Fn(&str) -> Vec<AccountCode>) -> Vec<Numbered> {
        let mut pads: Vec<&Pad> = self.pads.iter().collect();
        pads.sort_by_key(|pad| pad.date);
        let mut balances: Vec<&Balance> = self.balances.iter().collect();
        balances.sort_by_key(|balance| balance.date);
        let mut records = Vec::new();
        for (place, pad) in pads.iter().enumerate() {
            let next = pads[place + 1..].iter().find(|next| next.account == pad.account).map(|next| next.date);
            let is_its = |balance: &&&Balance| {
                balance.account == pad.account
                    && balance.date > pad.date
                    && next.is_none_or(|next| balance.date <= next)
            };
            let mut padded: HashSet<Currency> = HashSet::new();
            for balance in balances.iter().filter(is_its) {
                let currency = balance.stands.currency;
                let accounts = below(&pad.account);
                let lacks = i128::from(balance.stands.minor) - sums.before(&accounts, currency, balance.date);
                let (Some(account), true) = (accounts.into_iter().next(), padded.insert(currency) && lacks != 0) else {
                    continue;
                };
                let record = entry(pad, account, Money::new(0, currency), lacks).map(|entry| {
                    sums.add(&entry);
                    Record::Entry(Box::new(entry))
                });
                records.push(Numbered { line: pad.line, record });
            }
        }
        records
    }
}

fn entry(pad: &Pad, account: AccountCode, nothing: Money, lacks: i128) -> Result<NewEntry, Fault> {
    let (Ok(minor), Ok(opposite)) = (i64::try_from(lacks), i64::try_from(-lacks)) else {
        let fault = Fault::new(pad.line, "amount_overflow", "what is to be padded is too large");
        return Err(fault.expected("at most 9223372036854775807 minor units", lacks.to_string()));
    };
    let amount = |minor| Money { minor, ..nothing };
    Ok(NewEntry {
        effective_date: Some(pad.date),
        description: format!("Padding of {account} by {}", amount(minor)),
        metadata: Some("{\"beancount\":{\"flag\":\"P\"}}".to_owned()),
        postings: vec![
            NewPosting::new(account, amount(minor), None),
            NewPosting::new(pad.from.clone(), amount(opposite), None),
        ],
        ..NewEntry::default()
    })
}
