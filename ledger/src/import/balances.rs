//! CSV files of balances: a few columns by name, one row an account. Read for opening balances and parallel runs.

use std::io::{self, Read};

use crate::money::{Currency, Money};

use super::Fault;
use super::rows::{Row, Rows, check_separator};

/// The rows of a file behind its header, one at a time.
pub struct Table<R> {
    rows: Rows<R>,
    known: &'static [&'static str],
    required: &'static [&'static str],
    /// Where each known column stands.
    places: Option<Vec<Option<usize>>>,
    width: usize,
    is_over: bool,
}

/// The cells of a row by the names of their columns.
pub struct Cells<'a> {
    row: &'a Row,
    known: &'static [&'static str],
    places: &'a [Option<usize>],
}

impl Cells<'_> {
    /// A cell; empty if the file has no such column.
    pub fn get(&self, column: &str) -> &str {
        let place = self.known.iter().position(|known| *known == column).and_then(|known| self.places[known]);
        place.map_or("", |place| self.row.cell(place))
    }
}

impl<R: Read> Table<R> {
    /// Begins at the header. Of `known` columns, those `required` must be there, and either `balance`, or `debit` and
    /// `credit`.
    pub fn new(input: R, known: &'static [&'static str], required: &'static [&'static str]) -> Table<R> {
        Table { rows: Rows::new(input), known, required, places: None, width: 0, is_over: false }
    }

    /// The next row with its line, or what is wrong with it; `None` at the end.
    pub fn next_line(&mut self) -> Option<io::Result<(u64, Result<Cells<'_>, Fault>)>> {
        if self.places.is_none() && !self.is_over {
            match self.header() {
                Ok(Ok(places)) => self.places = Some(places),
                Ok(Err(fault)) => {
                    self.is_over = true;
                    return Some(Ok((fault.line, Err(fault))));
                }
                Err(error) => return Some(Err(error)),
            }
        }
        let places = self.places.as_deref().filter(|_| !self.is_over)?;
        match self.rows.next_row() {
            Err(error) => Some(Err(error)),
            Ok(None) => None,
            Ok(Some(Err(fault))) => Some(Ok((fault.line, Err(fault)))),
            Ok(Some(Ok(row))) if row.len() != self.width => {
                let fault = Fault::new(row.line(), "row_ragged", "this row has more or fewer cells than the header");
                let fault = fault.expected(format!("{} cells", self.width), format!("{} cells", row.len()));
                Some(Ok((row.line(), Err(fault))))
            }
            Ok(Some(Ok(row))) => Some(Ok((row.line(), Ok(Cells { row, known: self.known, places })))),
        }
    }

    fn header(&mut self) -> io::Result<Result<Vec<Option<usize>>, Fault>> {
        let row = match self.rows.next_row()? {
            None => {
                let fault = Fault::new(1, "file_empty", "the file has no row of column names");
                return Ok(Err(fault.expected(self.known.join(","), "nothing")));
            }
            Some(Err(fault)) => return Ok(Err(fault)),
            Some(Ok(row)) => row,
        };
        if let Err(fault) = check_separator(row) {
            return Ok(Err(fault));
        }
        self.width = row.len();
        let names: Vec<&str> = (0..row.len()).map(|place| row.cell(place)).collect();
        let mut places = vec![None; self.known.len()];
        for (place, name) in names.iter().enumerate() {
            let Some(known) = self.known.iter().position(|known| known == name) else {
                let fault = Fault::new(row.line(), "column_unknown", format!("column {} is not known", place + 1));
                return Ok(Err(fault.expected(format!("one of {}", self.known.join(", ")), name)));
            };
            if places[known].replace(place).is_some() {
                let fault = Fault::new(row.line(), "column_twice", format!("two columns are called {name}"));
                return Ok(Err(fault.expected("each column once", name)));
            }
        }
        let has = |name: &str| names.contains(&name);
        let one_way = if has("balance") { !has("debit") && !has("credit") } else { has("debit") && has("credit") };
        let missing = self.required.iter().copied().find(|name| !has(name));
        match missing.or((!one_way).then_some("either balance, or debit and credit")) {
            None => Ok(Ok(places)),
            Some(missing) => {
                let fault = Fault::new(row.line(), "column_missing", "the header lacks a column");
                Ok(Err(fault.expected(missing, names.join(","))))
            }
        }
    }
}

/// What a row says of an amount, on one side, on both, or signed.
pub struct Sides<'a> {
    balance: &'a str,
    debit: &'a str,
    credit: &'a str,
}

impl<'a> Sides<'a> {
    /// Of a row.
    pub fn of(cells: &'a Cells<'_>) -> Sides<'a> {
        Sides { balance: cells.get("balance"), debit: cells.get("debit"), credit: cells.get("credit") }
    }

    /// Debits less credits.
    pub fn minor(&self, line: u64, currency: Currency) -> Result<i64, Fault> {
        let read = |text: &str| match text {
            "" => Ok(0),
            text => Money::parse(text, currency).map(|money| money.minor).map_err(|error| Fault::money(line, &error)),
        };
        if [self.balance, self.debit, self.credit].iter().all(|text| text.is_empty()) {
            let fault = Fault::new(line, "amount_missing", "this row has no amount");
            return Err(fault.expected("a balance; 0 for none", "empty cells"));
        }
        let (balance, debit, credit) = (read(self.balance)?, read(self.debit)?, read(self.credit)?);
        let net = debit.checked_sub(credit).and_then(|net| net.checked_add(balance));
        net.ok_or_else(|| {
            let fault = Fault::new(line, "amount_overflow", "this balance is too large");
            fault.expected("at most 9223372036854775807 minor units", "more")
        })
    }
}
