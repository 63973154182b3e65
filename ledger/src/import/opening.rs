//! What accounts stood at when the book began, from CSV: one row an account, or one of its open items.
//!
//! Each row is an ordinary entry of two postings, the account and an opening equity account, on the day before the
//! books begin or whichever the caller names. So every opening balance can be seen, and moved back, by itself. Its id
//! comes from the day, the account and the item: taking the same file in again changes nothing, and a row that says
//! another amount than before is a conflict, never a second balance.
//!
//! Columns, in any order: `account`, `currency`, and either `balance` (debit positive) or `debit` and `credit`; if
//! wanted `item`, `due_date`, `reference`, `description`. A row of zero says that there is nothing, and makes no entry.

use std::io::{self, Read};

use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;

use crate::account::AccountCode;
use crate::entry::{NewEntry, NewPosting};
use crate::id;
use crate::money::{Currency, Money};

use super::balances::{Sides, Table};
use super::{Fault, Numbered, Record, account_code, currency, day};

const COLUMNS: [&str; 9] =
    ["account", "currency", "balance", "debit", "credit", "item", "due_date", "reference", "description"];

/// What a file of opening balances does not say itself.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Heading {
    /// The day on which the balances count.
    pub date: Date,
    /// The opening equity account; for files of several currencies one for each.
    pub against: Against,
}

/// The accounts that opening balances are posted against.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Against {
    /// One, whatever the currency.
    One(AccountCode),
    /// One for each currency.
    ByCurrency(Vec<(Currency, AccountCode)>),
}

impl Against {
    /// Reads `ACCOUNT`, or `CURRENCY=ACCOUNT,...`; the error is the part that cannot be read.
    pub fn parse(text: &str) -> Result<Against, String> {
        if !text.contains('=') {
            return AccountCode::parse(text).map(Against::One).ok_or_else(|| text.to_owned());
        }
        let part = |part: &str| {
            let (currency, code) = part.split_once('=')?;
            Some((currency.trim().parse().ok()?, AccountCode::parse(code.trim())?))
        };
        let parts = text.split(',').map(|text| part(text).ok_or_else(|| text.to_owned()));
        Ok(Against::ByCurrency(parts.collect::<Result<_, _>>()?))
    }

    fn of(&self, line: u64, currency: Currency) -> Result<&AccountCode, Fault> {
        match self {
            Against::One(code) => Ok(code),
            Against::ByCurrency(codes) => {
                let found = codes.iter().find(|(known, _)| *known == currency).map(|(_, code)| code);
                found.ok_or_else(|| {
                    let fault =
                        Fault::new(line, "against_missing", "no account is named to open this currency against");
                    fault.expected(format!("--against {currency}=ACCOUNT"), currency.code())
                })
            }
        }
    }
}

/// A file of opening balances that is being read.
pub struct Reader<R> {
    table: Table<R>,
    heading: Heading,
}

impl<R: Read> Reader<R> {
    /// Begins at the first row.
    pub fn new(input: R, heading: &Heading) -> Reader<R> {
        Reader { table: Table::new(input, &COLUMNS, &["account", "currency"]), heading: heading.clone() }
    }
}

impl<R: Read> Iterator for Reader<R> {
    type Item = io::Result<Numbered>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let (line, read) = match self.table.next_line()? {
                Err(error) => return Some(Err(error)),
                Ok((line, Err(fault))) => (line, Err(fault)),
                Ok((line, Ok(cells))) => (line, entry(line, &cells, &self.heading)),
            };
            match read {
                Ok(None) => {}
                Ok(Some(entry)) => return Some(Ok(Numbered { line, record: Ok(Record::Entry(Box::new(entry))) })),
                Err(fault) => return Some(Ok(Numbered { line, record: Err(fault) })),
            }
        }
    }
}

/// The entry of a row; `None` where it says that there is nothing.
fn entry(line: u64, cells: &super::balances::Cells<'_>, heading: &Heading) -> Result<Option<NewEntry>, Fault> {
    let account = account_code(line, cells.get("account"))?;
    let currency = currency(line, cells.get("currency"))?;
    let minor = Sides::of(cells).minor(line, currency)?;
    let text = |column| Some(cells.get(column)).filter(|text| !text.is_empty()).map(str::to_owned);
    let item = text("item");
    let due_date = text("due_date").map(|text| day(line, &text)).transpose()?;
    if minor == 0 {
        return Ok(None);
    }
    let opposite = minor.checked_neg().ok_or_else(|| {
        Fault::new(line, "amount_overflow", "this balance is too large")
            .expected("at most 9223372036854775807 minor units", minor.to_string())
    })?;
    let against = heading.against.of(line, currency)?.clone();
    let midnight = heading.date.to_zoned(TimeZone::UTC).map_or(Timestamp::UNIX_EPOCH, |zoned| zoned.timestamp());
    let fact = format!("{account} {}", item.as_deref().unwrap_or_default());
    let balance = NewPosting { account, amount: Money::new(minor, currency), item, due_date };
    Ok(Some(NewEntry {
        id: id::entry_id(midnight, "opening balance", &fact),
        effective_date: Some(heading.date),
        reference: text("reference").unwrap_or_else(|| "opening balance".to_owned()),
        description: text("description").unwrap_or_else(|| "Opening balance".to_owned()),
        postings: vec![balance, NewPosting::new(against, Money::new(opposite, currency), None)],
        ..NewEntry::default()
    }))
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    fn read(text: &str, against: &str) -> Vec<Result<NewEntry, (u64, &'static str)>> {
        let heading = Heading { date: date(2025, 12, 31), against: Against::parse(against).unwrap() };
        let records = Reader::new(text.as_bytes(), &heading).map(|record| record.unwrap());
        let entry = |record: Numbered| match record.record {
            Ok(Record::Entry(entry)) => Ok(*entry),
            Ok(other) => panic!("{other:?}"),
            Err(fault) => Err((fault.line, fault.code)),
        };
        records.map(entry).collect()
    }

    #[test]
    fn a_row_is_an_entry_against_equity() {
        let text = "account,item,due_date,currency,debit,credit\n1101.picc,CLM-1,2026-02-01,CNY,5.00,\n2101,,,CNY,,3\n";
        let read = read(text, "3900");
        let [Ok(first), Ok(second)] = read.as_slice() else { panic!("{read:?}") };
        assert_eq!(first.effective_date, Some(date(2025, 12, 31)));
        let legs = |entry: &NewEntry| {
            let leg = |leg: &NewPosting| (leg.account.to_string(), leg.amount.minor, leg.item.clone());
            entry.postings.iter().map(leg).collect::<Vec<_>>()
        };
        let picc = ("1101.picc".to_owned(), 500, Some("CLM-1".to_owned()));
        assert_eq!(legs(first), [picc, ("3900".to_owned(), -500, None)]);
        assert_eq!(legs(second), [("2101".to_owned(), -300, None), ("3900".to_owned(), 300, None)]);
        assert_eq!(first.postings[0].due_date, Some(date(2026, 2, 1)));
        assert_ne!(first.id, second.id);
    }

    #[test]
    fn a_row_of_zero_is_nothing_and_a_wrong_one_is_named() {
        let text = "account,currency,balance\n1002,CNY,0.00\n1002,CNY,x\n1 2,CNY,1\n1002,USD,-1\n";
        let expected = [Err((3, "amount_malformed")), Err((4, "account_malformed")), Err((5, "against_missing"))];
        assert_eq!(read(text, "CNY=3900"), expected);
        assert_eq!(Against::parse("CNY"), Ok(Against::One(AccountCode::parse("CNY").unwrap())));
        assert_eq!(Against::parse("CNY=3900,X=1"), Err("X=1".to_owned()));
    }
}
