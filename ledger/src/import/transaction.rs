//! A transaction of plain-text accounting in the making, and the entry that becomes of it.
//!
//! One posting may be without an amount: it takes what the others lack, one leg a currency. A posting of nothing moves
//! nothing and becomes no leg. What such files say besides (flags, payees, comments, tags) is kept as metadata.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::account::AccountCode;
use crate::entry::{NewEntry, NewPosting};
use crate::money::{Currency, Money};

use super::Fault;

/// A posting.
pub struct Leg {
    /// Its line.
    pub line: u64,
    /// The account.
    pub account: AccountCode,
    /// The amount, if it is given.
    pub amount: Given,
    /// The open item, if a tag names one.
    pub item: Option<String>,
    /// When that is due.
    pub due_date: Option<Date>,
    /// What else is said of it.
    pub notes: Map<String, Value>,
}

/// What a posting says about its amount.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Given {
    /// Nothing: it takes what the others lack.
    Open,
    /// That it is nothing.
    Zero,
    /// How much.
    Money(Money),
}

impl Given {
    /// Of an amount that was read; none is nothing of no commodity.
    pub fn of(money: Option<Money>) -> Given {
        money.filter(|money| money.minor != 0).map_or(Given::Zero, Given::Money)
    }
}

/// A transaction.
pub struct Transaction {
    /// Its first line.
    pub line: u64,
    /// When it counts.
    pub date: Date,
    /// Its id, if it has one.
    pub id: Option<Uuid>,
    /// The business document.
    pub reference: String,
    /// A sentence.
    pub description: String,
    /// Its tags, as metadata.
    pub tags: Map<String, Value>,
    /// What the format says besides.
    pub notes: Map<String, Value>,
    /// Its postings.
    pub legs: Vec<Leg>,
}

impl Transaction {
    /// The entry; `None` if nothing is moved. `format` is the key of what the format says besides.
    pub fn entry(mut self, format: &str) -> Result<Option<NewEntry>, Fault> {
        let postings = self.postings(&self.moves()?);
        if postings.is_empty() {
            return Ok(None);
        }
        let mut of_legs = Map::new();
        for (number, leg) in self.legs.into_iter().enumerate() {
            if !leg.notes.is_empty() {
                of_legs.insert((number + 1).to_string(), Value::Object(leg.notes));
            }
        }
        if !of_legs.is_empty() {
            self.notes.insert("postings".to_owned(), Value::Object(of_legs));
        }
        if !self.notes.is_empty() {
            add(&mut self.tags, format, Value::Object(self.notes));
        }
        Ok(Some(NewEntry {
            id: self.id.unwrap_or_default(),
            effective_date: Some(self.date),
            reference: self.reference,
            description: self.description,
            metadata: (!self.tags.is_empty()).then(|| Value::Object(self.tags).to_string()),
            postings,
            ..NewEntry::default()
        }))
    }

    /// What each posting moves, by its place; one without an amount may move several currencies.
    pub fn moves(&self) -> Result<Vec<(usize, Money)>, Fault> {
        let mut lacking: BTreeMap<Currency, i128> = BTreeMap::new();
        for leg in &self.legs {
            if let Given::Money(money) = leg.amount {
                *lacking.entry(money.currency).or_default() -= i128::from(money.minor);
            }
        }
        let mut open = self.legs.iter().filter(|leg| leg.amount == Given::Open);
        if let (Some(_), Some(second)) = (open.next(), open.next()) {
            let fault = Fault::new(second.line, "amounts_missing", "two postings of a transaction have no amount");
            return Err(fault.expected("at most one without an amount", "two"));
        }
        let mut moves = Vec::with_capacity(self.legs.len());
        for (place, leg) in self.legs.iter().enumerate() {
            match leg.amount {
                Given::Money(money) => moves.push((place, money)),
                Given::Zero => {}
                Given::Open => {
                    for (currency, minor) in lacking.iter().filter(|(_, minor)| **minor != 0) {
                        let minor = i64::try_from(*minor).map_err(|_| {
                            Fault::new(leg.line, "amount_overflow", "what the other postings lack is too large")
                                .expected("at most 9223372036854775807 minor units", minor.to_string())
                        })?;
                        moves.push((place, Money::new(minor, *currency)));
                    }
                }
            }
        }
        Ok(moves)
    }

    fn postings(&self, moves: &[(usize, Money)]) -> Vec<NewPosting> {
        let posting = |(place, amount): &(usize, Money)| {
            let Leg { account, item, due_date, .. } = &self.legs[*place];
            NewPosting { account: account.clone(), amount: *amount, item: item.clone(), due_date: *due_date }
        };
        moves.iter().map(posting).collect()
    }
}

/// `2026-05-01`, `2026/5/1`, `2026.5.1`.
pub fn day(line: u64, text: &str) -> Result<Date, Fault> {
    let mark = text.chars().find(|character| matches!(character, '-' | '/' | '.')).unwrap_or('-');
    let parts: Vec<&str> = text.split(mark).collect();
    let digits =
        |text: &str, most: usize| (1..=most).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    let whole = match parts.as_slice() {
        [year, month, of_month] if digits(year, 4) && year.len() == 4 && digits(month, 2) && digits(of_month, 2) => {
            format!("{year}-{month:0>2}-{of_month:0>2}")
        }
        _ => String::new(),
    };
    super::day(line, &whole).map_err(|fault| Fault { actual: Some(text.chars().take(40).collect()), ..fault })
}

/// The id that a tag gives a transaction.
pub fn id(line: u64, text: &str) -> Result<Uuid, Fault> {
    Uuid::parse_str(text).ok().filter(|id| !id.is_nil()).ok_or_else(|| {
        let fault = Fault::new(line, "id_malformed", "id: is an entry's id");
        fault.expected("a UUID that is not nil", text)
    })
}

/// Adds a value; what has the same key already becomes a list with it.
pub fn add(map: &mut Map<String, Value>, key: &str, value: Value) {
    match map.get_mut(key) {
        None => {
            map.insert(key.to_owned(), value);
        }
        Some(Value::Array(values)) => values.push(value),
        Some(there) => *there = Value::Array(vec![there.take(), value]),
    }
}

/// Adds a text, if there is any.
pub fn add_text(map: &mut Map<String, Value>, key: &str, text: &str) {
    if !text.is_empty() {
        add(map, key, Value::String(text.to_owned()));
    }
}
