//! Readers of books that come from elsewhere: bytes in, records with their lines out, and what is wrong with them.
//!
//! Pure: no database, no clock, nothing but a [`std::io::Read`]. A reader takes one record at a time, so that memory
//! does not grow with the file; it never leaves anything out: what it does not know is a [`Fault`] with the line, what
//! is expected and what is there. After a fault it goes on with the next record, so that one reading names every fault.
//!
//! Reading order: [`mod@line`] (bytes to lines), [`rows`] and [`block`] (lines to rows of cells, and to blocks), the
//! formats ([`ndjson`], [`csv`], [`opening`], [`hledger`], [`beancount`]), what accounts and currencies are called
//! elsewhere ([`names`], [`commodity`]), [`survey`], which sees what no single record shows, and [`templates`], which
//! says what becomes of the versions of templates in a file.

pub mod balances;
pub mod beancount;
mod block;
pub mod commodity;
pub mod csv;
pub mod hledger;
mod json;
pub mod line;
pub mod names;
pub mod ndjson;
pub mod opening;
pub(crate) mod rows;
pub mod source;
pub mod survey;
pub mod templates;
mod transaction;

use std::collections::HashMap;
use std::io::{self, Read};

use jiff::civil::Date;

use crate::account::{
    AccountCode, AccountFault, AccountNote, AccountType, Limits, NewAccount, NormalSide, SettingChange,
};
use crate::entry::{EntryKind, Layer, NewEntry};
use crate::limit_group::LimitGroup;
use crate::money::{Currency, MoneyError};
use crate::rejection::Rejection;
use crate::template;
use crate::template_register::TemplateFault;

use commodity::CommodityMap;
use templates::TemplateLine;

/// The longest line that is read, in bytes: the largest entry that the ledger takes has about as many.
pub const LINE_BYTES_MAX: usize = 1 << 20;

/// Something that is wrong with a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// The line, from 1; 0 if it concerns the file as a whole.
    pub line: u64,
    /// Stable code.
    pub code: &'static str,
    /// A sentence for a person.
    pub message: String,
    /// What was expected.
    pub expected: Option<String>,
    /// What is there.
    pub actual: Option<String>,
}

impl Fault {
    /// A fault with its sentence.
    pub fn new(line: u64, code: &'static str, message: impl Into<String>) -> Fault {
        Fault { line, code, message: message.into(), expected: None, actual: None }
    }

    /// With what was expected and what is there, clipped to what a person reads.
    #[must_use]
    pub fn expected(mut self, expected: impl Into<String>, actual: impl AsRef<str>) -> Fault {
        self.expected = Some(expected.into());
        self.actual = Some(clipped(actual.as_ref()));
        self
    }

    /// An amount or a currency that cannot be read.
    pub fn money(line: u64, error: &MoneyError) -> Fault {
        let fault = Fault::new(line, error.code(), error.to_string());
        match error {
            MoneyError::TooManyDecimals { expected, actual, .. } => {
                fault.expected(format!("at most {expected} decimals"), format!("{actual} decimals"))
            }
            MoneyError::UnknownCurrency(given) => fault.expected("an ISO 4217 code, such as CNY", given),
            MoneyError::NotANumber(given) => fault.expected("a decimal amount, such as 1234.50", given),
            MoneyError::TooLarge(given) => fault.expected("at most 9223372036854775807 minor units", given),
        }
    }

    /// An entry that the ledger refuses.
    pub fn rejection(line: u64, rejection: &Rejection) -> Fault {
        let fault = Fault::new(line, rejection.code(), rejection.to_string());
        match rejection.expected_actual() {
            Some((expected, actual)) => fault.expected(expected, actual),
            None => fault,
        }
    }

    /// What is wrong with a template: the first thing of it.
    pub fn template(line: u64, faults: &[template::Fault]) -> Fault {
        let fault = faults.first().expect("what is refused has a fault");
        let (expected, actual) = fault.problem.expected_actual();
        let message = format!("{fault} (at template{})", fault.pointer);
        Fault::new(line, fault.code(), message).expected(expected, actual)
    }

    /// A template that cannot be recorded or retired.
    pub fn recording(line: u64, fault: &TemplateFault) -> Fault {
        let told = Fault::new(line, fault.code(), fault.to_string());
        match fault.expected_actual() {
            Some((expected, actual)) => told.expected(expected, actual),
            None => told,
        }
    }

    /// An account that cannot be as it is described.
    pub fn account(line: u64, fault: &AccountFault) -> Fault {
        Fault::new(line, fault.code(), fault.to_string())
    }
}

/// The first characters of a text that may be long.
pub(crate) fn clipped(text: &str) -> String {
    text.chars().take(120).collect()
}

/// What a line, or several, say.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Record {
    /// An account, as far as the file describes it.
    Account(Box<AccountLine>),
    /// An entry; without an id of its own it has the nil one, and gets one from what it says ([`source`]).
    Entry(Box<NewEntry>),
    /// A version of a template, in force for the entries after it.
    Template(Box<TemplateLine>),
    /// Settings that an account has after the last entry.
    Setting(Box<SettingLine>),
    /// A limit group that is in force after the last entry.
    LimitGroup {
        /// Its name.
        name: String,
        /// The group.
        group: LimitGroup,
    },
    /// What an account must stand at by what the file says, debit positive.
    Assertion(Assertion),
}

/// An account in a file: some formats leave open what the first posting or the caller's map tells.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AccountLine {
    /// Its code.
    pub code: AccountCode,
    /// A person's name for it.
    pub name: Option<String>,
    /// What it stands for.
    pub account_type: Option<AccountType>,
    /// Its currency.
    pub currency: Option<Currency>,
    /// Its normal side, if not that of its type.
    pub normal_side: Option<NormalSide>,
    /// Whether it keeps open items.
    pub open_item: bool,
    /// Limits from the start.
    pub limits: Limits,
    /// Its place in the chart and what is known about it.
    pub note: AccountNote,
    /// What it probably stands for, by its name, where neither the file nor the caller nor the book says so.
    pub guess: Option<AccountType>,
}

impl AccountLine {
    /// An account of which nothing but the code is known.
    pub fn new(code: AccountCode) -> AccountLine {
        let (limits, note) = (Limits::default(), AccountNote::default());
        let (name, account_type, currency, normal_side) = (None, None, None, None);
        AccountLine { code, name, account_type, currency, normal_side, open_item: false, limits, note, guess: None }
    }

    /// The account as it can be opened; `None` while its type or its currency is open. Its name is its code, if it has
    /// no other.
    pub fn complete(&self) -> Option<NewAccount> {
        let (account_type, currency) = (self.account_type?, self.currency?);
        Some(NewAccount {
            code: self.code.clone(),
            name: self.name.clone().unwrap_or_else(|| self.code.to_string()),
            account_type,
            currency,
            normal_side: self.normal_side.unwrap_or(account_type.normal_side()),
            open_item: self.open_item,
            limits: self.limits,
            note: self.note.clone(),
        })
    }
}

/// Settings of an account.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SettingLine {
    /// The account.
    pub account: AccountCode,
    /// What becomes of its settings.
    pub change: SettingChange,
}

/// What accounts must stand at, together, by what the file says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Assertion {
    /// The account, or it and those below it.
    pub accounts: Vec<AccountCode>,
    /// What counts.
    pub until: Until,
    /// The currency.
    pub currency: Currency,
    /// Debits less credits.
    pub minor: i64,
}

/// What of a file counts in an assertion.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Until {
    /// What is dated before a day.
    Before(Date),
    /// What is dated before a day, and what of that day stands above in the file, less an amount: that of the last
    /// postings of the entry just above.
    Within(Date, i128),
}

/// A record and the line on which it begins.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Numbered {
    /// From 1.
    pub line: u64,
    /// What it says, or what is wrong with it.
    pub record: Result<Record, Fault>,
}

/// The formats that are read, each with what the caller says about its files.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Format {
    /// One JSON object a line: our own export.
    Ndjson,
    /// One row a posting; with the name of the books whose numbers the entries have.
    Csv(String),
    /// What accounts stood at when the book began.
    Opening(opening::Heading),
    /// A journal of hledger.
    Hledger(CommodityMap),
    /// A file of beancount.
    Beancount(CommodityMap),
}

impl Format {
    /// Whether files of this format say what accounts must stand at.
    pub fn has_assertions(&self) -> bool {
        match self {
            Format::Ndjson | Format::Csv(_) | Format::Opening(_) => false,
            Format::Hledger(_) | Format::Beancount(_) => true,
        }
    }
}

/// A file that is being read.
pub enum Reader<R> {
    /// One JSON object a line.
    Ndjson(ndjson::Reader<R>),
    /// One row a posting.
    Csv(Box<csv::Reader<R>>),
    /// One row an account or an open item.
    Opening(Box<opening::Reader<R>>),
    /// A journal of hledger.
    Hledger(Box<hledger::Reader<R>>),
    /// A file of beancount.
    Beancount(Box<beancount::Reader<R>>),
}

impl<R: Read> Reader<R> {
    /// Begins to read.
    pub fn new(format: &Format, input: R) -> Reader<R> {
        match format {
            Format::Ndjson => Reader::Ndjson(ndjson::Reader::new(input)),
            Format::Csv(source) => Reader::Csv(Box::new(csv::Reader::new(input, source))),
            Format::Opening(heading) => Reader::Opening(Box::new(opening::Reader::new(input, heading))),
            Format::Hledger(commodities) => Reader::Hledger(Box::new(hledger::Reader::new(input, commodities))),
            Format::Beancount(commodities) => Reader::Beancount(Box::new(beancount::Reader::new(input, commodities))),
        }
    }
}

impl<R: Read> Iterator for Reader<R> {
    type Item = io::Result<Numbered>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Reader::Ndjson(reader) => reader.next(),
            Reader::Csv(reader) => reader.next(),
            Reader::Opening(reader) => reader.next(),
            Reader::Hledger(reader) => reader.next(),
            Reader::Beancount(reader) => reader.next(),
        }
    }
}

/// Whether a leg is given and not one that the ledger makes up itself, such as what a capture no longer holds.
pub(crate) fn is_given(line: u64, kind: EntryKind, layer: Option<Layer>) -> Result<bool, Fault> {
    let Some(layer) = layer else { return Ok(true) };
    if kind.effect(layer).is_none() {
        let fault = Fault::new(line, "layer_impossible", format!("a {} has no such leg", kind.word()));
        return Err(fault.expected(kind.layer().word(), layer.word()));
    }
    Ok(layer == kind.layer())
}

/// The type of an account by its name, or of the nearest one above it.
pub(crate) fn account_type_in(types: &HashMap<String, AccountType>, name: &str) -> Option<AccountType> {
    let mut names = std::iter::successors(Some(name), |name| name.rsplit_once(':').map(|(above, _)| above));
    names.find_map(|name| types.get(name).copied())
}

/// A day, exactly `YYYY-MM-DD`.
pub(crate) fn day(line: u64, text: &str) -> Result<Date, Fault> {
    let has_shape = text.bytes().map(|byte| if byte.is_ascii_digit() { b'0' } else { byte }).eq(*b"0000-00-00");
    let read = if has_shape { text.parse::<Date>().ok().filter(|date| date.year() > 0) } else { None };
    read.ok_or_else(|| {
        Fault::new(line, "date_malformed", "this is not a day").expected("a day such as 2026-05-01", text)
    })
}

/// An account's code.
pub(crate) fn account_code(line: u64, text: &str) -> Result<AccountCode, Fault> {
    AccountCode::parse(text).ok_or_else(|| {
        let expected = "1 to 64 letters, digits, '-', '_' and '.', no '.' at the ends";
        Fault::new(line, "account_malformed", "this is not an account's code").expected(expected, text)
    })
}

/// A currency.
pub(crate) fn currency(line: u64, text: &str) -> Result<Currency, Fault> {
    text.parse().map_err(|error| Fault::money(line, &error))
}
