//! Files of beancount: what `bean-query print`, other programs and our own export write, and what people write by hand.
//!
//! Taken over: transactions with flag, payee, narration, tags, links and metadata, postings with an amount or one
//! without; `open`, `close` and `commodity`; `balance`, which is checked; `pad`, which becomes the entry that beancount
//! would insert. Of the options those that change no entry. Texts may go on over several lines.
//!
//! On a transaction the metadata `id` is the entry's id and `reference` its reference; on a posting `item` names its
//! open item and `due` when that is due. The narration is the description. All other metadata becomes the entry's,
//! under its name; flag, payee, tags, links and the metadata of postings stand under the key `beancount`.
//!
//! An account's name is its code with colons for dots ([`names`](super::names)); the metadata `code`, `name`,
//! `stands-for`, `side` and `open-item` of its `open` say more. An account that is closed in the file is closed after
//! the last entry, and must be at zero then.
//!
//! Everything else is refused with its line: prices and costs (each currency of an entry sums to zero by itself here;
//! an exchange goes through an exchange account), arithmetic, tolerances, `plugin`, `include`, `pushtag`, and the
//! directives that are no bookkeeping (`note`, `document`, `event`, `price`, `query`, `custom`).

mod directive;
mod pad;
#[cfg(test)]
mod tests;
mod token;
mod transaction;

use std::collections::{HashSet, VecDeque};
use std::io::{self, Read};

use jiff::civil::Date;

use super::block::{Block, Blocks, Strings};
use super::commodity::{Amount, CommodityMap};
use super::names::{Names, type_of_root};
use super::{AccountLine, Assertion, Fault, Numbered, Record, Until};
use crate::account::AccountCode;
use crate::money::Money;

use pad::{Pads, Sums};

/// A file that is being read.
pub struct Reader<R> {
    blocks: Blocks<R>,
    known: Known,
    ready: VecDeque<Numbered>,
    is_over: bool,
}

/// What the lines so far have told, and what is left to do at the end.
#[derive(Default)]
struct Known {
    commodities: CommodityMap,
    names: Names,
    opened: HashSet<String>,
    /// Accounts by their names, with the line of the first use.
    used: Vec<(u64, String, AccountCode)>,
    seen: HashSet<String>,
    sums: Sums,
    pads: Vec<Pad>,
    balances: Vec<Balance>,
}

/// A `pad` directive.
struct Pad {
    line: u64,
    date: Date,
    account: String,
    from: AccountCode,
}

/// A `balance` directive.
struct Balance {
    line: u64,
    date: Date,
    account: String,
    stands: Money,
}

impl<R: Read> Reader<R> {
    /// Begins at the first line.
    pub fn new(input: R, commodities: &CommodityMap) -> Reader<R> {
        let known = Known { commodities: commodities.clone(), ..Known::default() };
        let (blocks, ready) = (Blocks::new(input, Strings::ManyLines), VecDeque::new());
        Reader { blocks, known, ready, is_over: false }
    }

    fn take(&mut self, block: &Block) {
        let read = match block.head.as_bytes() {
            // Comments, and the headings of an outline.
            [b';' | b'*' | b'#', ..] => directive::without_body(block).map(|()| Vec::new()),
            [first, ..] if first.is_ascii_digit() => directive::dated(block, &mut self.known),
            _ => directive::undated(block).map(|()| Vec::new()),
        };
        match read {
            Ok(records) => {
                for record in &records {
                    if let Ok(Record::Entry(entry)) = &record.record {
                        self.known.sums.add(entry);
                    }
                }
                self.ready.extend(records);
            }
            Err(faults) => {
                self.ready.extend(faults.into_iter().map(|fault| Numbered { line: fault.line, record: Err(fault) }));
            }
        }
    }

    /// At the end of the file: what pads insert, what balances assert, and the accounts that are never opened.
    fn finish(&mut self) {
        self.is_over = true;
        let Known { names, pads, balances, sums, .. } = &mut self.known;
        let names = names.sorted();
        // The account itself, and those below it: all names that begin with it and a colon.
        let below = |name: &str| -> Vec<AccountCode> {
            let (first, last) = (format!("{name}:"), format!("{name};"));
            let codes = names.range(first.as_str()..last.as_str()).map(|(_, code)| (*code).clone());
            names.get(name).map(|code| (*code).clone()).into_iter().chain(codes).collect()
        };
        self.ready.extend(Pads { pads, balances }.entries(sums, below));
        let assertions = balances.iter().map(|Balance { line, date, account, stands }| {
            let (accounts, until) = (below(account), Until::Before(*date));
            let assertion = Assertion { accounts, until, currency: stands.currency, minor: stands.minor };
            Numbered { line: *line, record: Ok(Record::Assertion(assertion)) }
        });
        self.ready.extend(assertions);
        for (line, name, code) in std::mem::take(&mut self.known.used) {
            let guess = type_of_root(&name).filter(|_| !self.known.opened.contains(&name));
            if guess.is_some() {
                let account = AccountLine { guess, ..AccountLine::new(code) };
                self.ready.push_back(Numbered { line, record: Ok(Record::Account(Box::new(account))) });
            }
        }
    }
}

impl<R: Read> Iterator for Reader<R> {
    type Item = io::Result<Numbered>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(ready) = self.ready.pop_front() {
                return Some(Ok(ready));
            }
            if self.is_over {
                return None;
            }
            match self.blocks.next_block() {
                Err(error) => {
                    self.is_over = true;
                    return Some(Err(error));
                }
                Ok(None) => self.finish(),
                Ok(Some(Err(fault))) => return Some(Ok(Numbered { line: fault.line, record: Err(fault) })),
                Ok(Some(Ok(block))) => self.take(&block),
            }
        }
    }
}

impl Known {
    /// The account of a name that a posting uses.
    fn account(&mut self, line: u64, name: &str) -> Result<AccountCode, Fault> {
        let code = self.names.code(line, name)?;
        if self.seen.insert(name.to_owned()) {
            self.used.push((line, name.to_owned(), code.clone()));
        }
        Ok(code)
    }

    /// A number and a currency.
    fn money(&self, line: u64, number: &str, commodity: &str) -> Result<Money, Fault> {
        let number = Amount::parse(line, number)?;
        let amount = Amount { commodity, ..number };
        amount.money(line, Some('.'), &self.commodities)?.ok_or_else(|| {
            let fault = Fault::new(line, "commodity_missing", "this amount has no currency");
            fault.expected("a number and a currency, such as 15200.00 CNY", &amount.number)
        })
    }
}
