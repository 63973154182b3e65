//! Journals of hledger: what `hledger print` and our own export write, and what people write by hand.
//!
//! Taken over: transactions with date (`2026-05-01`, `2026/5/1`, `2026.5.1`), secondary date, status, code, description
//! (`payee | note`), comments and tags; postings with an amount in any order of number and commodity, or one without;
//! assertions (`=`, `==`); `account` and `commodity` directives, `decimal-mark`, comments of every kind. `payee` and
//! `tag` only declare names.
//!
//! The code is the entry's reference, unless a tag `reference:` is; a tag `id:` its id. On a posting the tag `item:`
//! names its open item and `due:` when that is due. All other tags become metadata, under their names; status,
//! secondary date, payee, note, comments and what postings say besides stand under the key `hledger`.
//!
//! An account's name is its code with colons for dots ([`names`](super::names)); the tags `code:`, `name:`, `type:`,
//! `stands-for:` (our own words for types), `currency:`, `side:` and `open-item:` of an `account` directive say more.
//! What an account stands for follows from its `type:`, that of one above it, or its root (`assets`, `expenses`).
//!
//! Everything else is refused with its line: prices and costs (each currency of an entry sums to zero by itself here;
//! an exchange goes through an exchange account), virtual postings, balance assignments, dates of single postings,
//! `include`, `alias` and other directives. In a file that has a line [`ENCODED`], texts are written as in URLs.

mod directive;
mod tags;
#[cfg(test)]
mod tests;
mod transaction;

use std::collections::{HashMap, HashSet, VecDeque};
use std::io::{self, Read};

use super::block::{Block, Blocks, Strings};
use super::commodity::{Amount, CommodityMap, DecimalMark};
use super::names::{Names, type_of_root};
use super::{AccountLine, Fault, Numbered, Record, account_type_in};
use crate::account::{AccountCode, AccountType};
use crate::money::Money;

/// The comment by which a file says that its texts are written as in URLs: `%3B` for `;`. Our export has it.
pub const ENCODED: &str = "; texts: percent-encoded";

/// A journal that is being read.
pub struct Reader<R> {
    blocks: Blocks<R>,
    known: Known,
    ready: VecDeque<Numbered>,
    /// Whether the lines are those of a `comment` block.
    in_comment: bool,
    is_over: bool,
}

/// What the lines so far have told about those that follow.
#[derive(Default)]
struct Known {
    commodities: CommodityMap,
    names: Names,
    mark: DecimalMark,
    marks: HashMap<String, char>,
    is_encoded: bool,
    /// Types by the names of accounts, as directives tell them.
    types: HashMap<String, AccountType>,
    declared: HashSet<String>,
    /// Accounts by their names that postings use, with the line of the first.
    used: Vec<(u64, String, AccountCode)>,
    seen: HashSet<String>,
}

impl<R: Read> Reader<R> {
    /// Begins at the first line.
    pub fn new(input: R, commodities: &CommodityMap) -> Reader<R> {
        let known = Known { commodities: commodities.clone(), ..Known::default() };
        let (blocks, ready) = (Blocks::new(input, Strings::OneLine), VecDeque::new());
        Reader { blocks, known, ready, in_comment: false, is_over: false }
    }

    fn take(&mut self, block: &Block) {
        if self.in_comment {
            self.in_comment = block.head != "end comment";
            return;
        }
        self.in_comment = block.head == "comment" || block.head.starts_with("comment ");
        if self.in_comment {
            return;
        }
        let read = if block.head.starts_with(|first: char| first.is_ascii_digit()) {
            transaction::read(block, &mut self.known)
        } else if block.head.starts_with([';', '#', '*']) {
            self.known.is_encoded |= block.head == ENCODED;
            directive::without_body(block).map(|()| Vec::new())
        } else {
            directive::read(block, &mut self.known)
        };
        match read {
            Ok(records) => self.ready.extend(records),
            Err(faults) => {
                self.ready.extend(faults.into_iter().map(|fault| Numbered { line: fault.line, record: Err(fault) }));
            }
        }
    }

    /// At the end of the file: the accounts that are used and not declared, with what their names let guess.
    fn finish(&mut self) {
        self.is_over = true;
        if self.in_comment {
            let fault = Fault::new(self.blocks.line(), "comment_unclosed", "a comment block has no end");
            let fault = fault.expected("a line `end comment`", "the end of the file");
            self.ready.push_back(Numbered { line: fault.line, record: Err(fault) });
        }
        for (line, name, code) in std::mem::take(&mut self.known.used) {
            if !self.known.declared.contains(&name) {
                let guess = self.known.type_of(&name);
                let account = AccountLine { guess, ..AccountLine::new(code) };
                if guess.is_some() {
                    self.ready.push_back(Numbered { line, record: Ok(Record::Account(Box::new(account))) });
                }
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
                Ok(Some(Err(fault))) if self.in_comment && fault.code == "line_indented" => {}
                Ok(Some(Err(fault))) => return Some(Ok(Numbered { line: fault.line, record: Err(fault) })),
                Ok(Some(Ok(block))) => self.take(&block),
            }
        }
    }
}

impl Known {
    /// A text as it is meant.
    fn text(&self, line: u64, text: &str) -> Result<String, Fault> {
        if !self.is_encoded || !text.contains('%') {
            return Ok(text.to_owned());
        }
        decoded(text).ok_or_else(|| {
            let fault = Fault::new(line, "escape_malformed", "texts of this file are written as in URLs");
            fault.expected("% and two hexadecimal digits, and UTF-8", text)
        })
    }

    /// The account of a name that a posting uses.
    fn account(&mut self, line: u64, name: &str) -> Result<AccountCode, Fault> {
        let code = self.names.code(line, name)?;
        if self.seen.insert(name.to_owned()) {
            self.used.push((line, name.to_owned(), code.clone()));
        }
        Ok(code)
    }

    fn money(&self, line: u64, text: &str) -> Result<Option<Money>, Fault> {
        let amount = Amount::parse(line, text)?;
        let mark = self.mark.or_else(|| self.marks.get(amount.commodity).copied());
        amount.money(line, mark, &self.commodities)
    }

    /// What an account stands for: by its directive, or that of one above it, or its root.
    fn type_of(&self, name: &str) -> Option<AccountType> {
        account_type_in(&self.types, name).or_else(|| type_of_root(name))
    }
}

/// Undoes the escaping with the rule for URLs.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((first, tail)) = rest.split_first() {
        rest = tail;
        if *first == b'%' {
            let digits = std::str::from_utf8(tail.get(..2)?).ok()?;
            let is_hex = digits.bytes().all(|digit| digit.is_ascii_hexdigit());
            bytes.push(u8::from_str_radix(digits, 16).ok().filter(|_| is_hex)?);
            rest = &tail[2..];
        } else {
            bytes.push(*first);
        }
    }
    String::from_utf8(bytes).ok()
}
