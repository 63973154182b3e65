//! Rates from a CSV file: every fault with its line and column, all rates or none. Pure, one pass.
//!
//! The first line names the columns, in any order: `base`, `quote`, `date` and `rate`, and perhaps `kind` and `source`,
//! which the caller may give for all lines instead. Cells are exact: nothing is trimmed.

use std::collections::HashMap;
use std::fmt;

use jiff::civil::Date;

use super::{NewRate, Pair, RATES_MAX, RateFault, RateKind, RateValue, table, value};
use crate::chart::encoding;
use crate::chart::fault::{ChartFault, quoted, shown};
use crate::chart::sheet::{self, Row};
use crate::money::Currency;

/// The columns that a file may have; the first four it has.
pub const COLUMNS: [&str; 6] = ["base", "quote", "date", "rate", "kind", "source"];
const NEEDED: usize = 4;

/// What holds for lines that say nothing about it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Defaults {
    /// The kind.
    pub kind: RateKind,
    /// The source; if it is empty, every line must name its own.
    pub source: String,
}

/// Something that is wrong with a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SheetFault {
    /// Stable code.
    pub code: &'static str,
    /// The line, from 1.
    pub line: usize,
    /// The column, where it is one cell.
    pub column: Option<String>,
    /// What should stand there.
    pub expected: String,
    /// What stands there.
    pub actual: String,
}

impl SheetFault {
    fn at(line: usize, fault: RateFault) -> SheetFault {
        let RateFault { code, field, expected, actual } = fault;
        SheetFault { code, line, column: Some(field.to_owned()), expected, actual }
    }

    fn of(fault: ChartFault) -> SheetFault {
        let code = fault.code();
        let ChartFault { line, column, expected, actual, .. } = fault;
        SheetFault { code, line, column, expected, actual }
    }

    fn whole(code: &'static str, line: usize, expected: impl Into<String>, actual: impl Into<String>) -> SheetFault {
        SheetFault { code, line, column: None, expected: expected.into(), actual: actual.into() }
    }
}

impl fmt::Display for SheetFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if let Some(column) = &self.column {
            write!(f, ", {column}")?;
        }
        write!(f, ": expected {}; found {}", self.expected, self.actual)
    }
}

/// Reads a file; every fault of it if it has one.
pub fn read(bytes: &[u8], defaults: &Defaults) -> Result<Vec<NewRate>, Vec<SheetFault>> {
    let text = encoding::text(bytes).map_err(|fault| vec![SheetFault::of(fault)])?;
    let rows = sheet::rows(text);
    let (header, rows) = match rows.split_first() {
        Some((header, rows)) if !rows.is_empty() => (header, rows),
        Some(_) => return Err(vec![empty("a header only")]),
        None => return Err(vec![empty("nothing")]),
    };
    if rows.len() > RATES_MAX {
        let expected = format!("at most {RATES_MAX} rates");
        return Err(vec![SheetFault::whole("rate_count", 1, expected, rows.len().to_string())]);
    }
    let columns = columns(header)?;
    let mut faults = Vec::new();
    let mut rates = Vec::with_capacity(rows.len());
    let mut lines: HashMap<String, usize> = HashMap::new();
    for row in rows {
        let Some(rate) = rate(row, &columns, defaults, &mut faults) else { continue };
        let line = row.line_of(0);
        if let Some(earlier) = lines.insert(rate.name(), line) {
            let fault = RateFault::twice(&rate.name());
            faults.push(SheetFault::at(line, RateFault { actual: format!("that of line {earlier}"), ..fault }));
        }
        rates.push(rate);
    }
    if faults.is_empty() { Ok(rates) } else { Err(faults) }
}

fn empty(actual: &str) -> SheetFault {
    SheetFault::whole("file_empty", 1, "a header and at least one rate", actual)
}

/// Where each column stands.
fn columns(header: &Row) -> Result<HashMap<&str, usize>, Vec<SheetFault>> {
    if let Some(fault) = header.unclosed("the header") {
        return Err(vec![SheetFault::of(fault)]);
    }
    let mut columns = HashMap::new();
    let mut faults = Vec::new();
    for (at, name) in header.cells().enumerate() {
        if !COLUMNS.contains(&name) {
            let expected = format!("columns {}", COLUMNS.join(", "));
            faults.push(SheetFault::whole("column_unknown", 1, expected, quoted(name)));
        } else if columns.insert(name, at).is_some() {
            faults.push(SheetFault::whole("column_twice", 1, "each column once", quoted(name)));
        }
    }
    for name in &COLUMNS[..NEEDED] {
        if !columns.contains_key(name) {
            faults.push(SheetFault::whole("column_missing", 1, format!("a column {name}"), "none"));
        }
    }
    if faults.is_empty() { Ok(columns) } else { Err(faults) }
}

/// A rate of a line; every cell is checked, whatever is wrong with the others.
fn rate(
    row: &Row,
    columns: &HashMap<&str, usize>,
    defaults: &Defaults,
    faults: &mut Vec<SheetFault>,
) -> Option<NewRate> {
    let last = columns.iter().find(|(_, at)| **at + 1 == row.len()).map_or("behind the last column", |(name, _)| *name);
    if let Some(fault) = row.unclosed(last) {
        faults.push(SheetFault::of(fault));
        return None;
    }
    if row.len() != columns.len() {
        let (expected, actual) =
            (format!("{} cells, as the header has", columns.len()), format!("{} cells", row.len()));
        faults.push(SheetFault::whole("row_ragged", row.line_of(0), expected, actual));
        return None;
    }
    let cell = |name: &str| columns.get(name).and_then(|at| row.cell(*at)).unwrap_or_default();
    let mut noted = |read: Result<(), RateFault>| {
        let Err(fault) = read else { return };
        let line = columns.get(fault.field).map_or(row.line_of(0), |at| row.line_of(*at));
        faults.push(SheetFault::at(line, fault));
    };
    let mut currency = |name: &'static str| {
        let read = cell(name).parse::<Currency>().map_err(|_| RateFault::currency(name, cell(name)));
        read.map_err(|fault| noted(Err(fault))).ok()
    };
    let (base, quote) = (currency("base"), currency("quote"));
    let pair = base.zip(quote).map(|(base, quote)| Pair::new(base, quote));
    let pair = pair.and_then(|pair| pair.map_err(|fault| noted(Err(fault))).ok());
    let date = day(cell("date")).map_err(|fault| noted(Err(fault))).ok();
    let value = RateValue::parse(cell("rate")).map_err(|fault| noted(Err(fault))).ok();
    let kind = match cell("kind") {
        "" => Some(defaults.kind.clone()),
        given => given.parse().map_err(|fault| noted(Err(fault))).ok(),
    };
    let source = if cell("source").is_empty() { &defaults.source } else { cell("source") };
    let source = table::check_source(source).map(|()| source.to_owned()).map_err(|fault| noted(Err(fault))).ok();
    Some(NewRate { pair: pair?, date: date?, kind: kind?, value: value?, source: source? })
}

/// A day as ISO 8601 writes it, and nothing else.
fn day(text: &str) -> Result<Date, RateFault> {
    let read = text.parse::<Date>().ok().filter(|date| date.to_string() == text);
    value::check_date(read.ok_or_else(|| RateFault::date(&shown(text)))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read_text(text: &str) -> Result<Vec<NewRate>, Vec<String>> {
        let defaults = Defaults { kind: RateKind::spot(), source: "ECB".to_owned() };
        read(text.as_bytes(), &defaults).map_err(|faults| {
            let shown = |fault: &SheetFault| {
                format!("{} {} {}", fault.line, fault.column.as_deref().unwrap_or("-"), fault.code)
            };
            faults.iter().map(shown).collect()
        })
    }

    #[test]
    fn columns_come_in_any_order_and_kind_and_source_may_be_left_out() {
        let rates = read_text("date,rate,quote,base\n2026-04-30,7.10,CNY,USD\n2026-05-01,7.11,CNY,USD\n").unwrap();
        assert_eq!(
            rates.iter().map(NewRate::name).collect::<Vec<_>>(),
            ["USD/CNY spot 2026-04-30", "USD/CNY spot 2026-05-01"]
        );
        assert_eq!((rates[0].value.to_string().as_str(), rates[0].source.as_str()), ("7.1", "ECB"));
        let rates = read_text("\u{feff}base,quote,date,rate,kind,source\r\nUSD,CNY,2026-04-30,7.1,closing,PBOC\r\n");
        let rates = rates.unwrap();
        assert_eq!((rates[0].kind.as_str(), rates[0].source.as_str()), ("closing", "PBOC"));
    }

    #[test]
    fn every_fault_has_its_line_and_column() {
        let text = "base,quote,date,rate,kind\n\
                    USD,CNY,2026-04-30,0,spot\n\
                    USD,USD,2026-04-31,7.1,Spot\n\
                    RMB,CNY,20260430,-1,spot\n\
                    \n\
                    USD,CNY,2026-04-30,7.1\n\
                    USD,CNY,2026-05-01,7.1,spot\n\
                    USD,CNY,2026-05-01,7.2,\n\
                    USD,CNY,-009999-01-01,7.0000000000001,spot\n";
        assert_eq!(
            read_text(text).unwrap_err(),
            [
                "2 rate rate_not_positive",
                "3 quote same_currency",
                "3 date date_malformed",
                "3 kind rate_kind_malformed",
                "4 base currency_unknown",
                "4 date date_malformed",
                "4 rate rate_not_positive",
                "6 - row_ragged",
                "8 date rate_twice",
                "9 date date_malformed",
                "9 rate rate_too_many_digits",
            ]
        );
    }

    #[test]
    fn what_is_no_sheet_of_rates_is_refused_whole() {
        for (text, expected) in [
            ("", &["1 - file_empty"][..]),
            ("base,quote,date,rate\n", &["1 - file_empty"]),
            ("base,quote,day,rate,rate\nx\n", &["1 - column_unknown", "1 - column_twice", "1 - column_missing"]),
            ("base,quote,date,rate\nUSD,CNY,2026-04-30,\"7.1\n", &["2 rate quote_unclosed"]),
        ] {
            assert_eq!(read_text(text).unwrap_err(), expected, "{text}");
        }
        let defaults = Defaults { kind: RateKind::spot(), source: String::new() };
        let faults = read(b"base,quote,date,rate\nUSD,CNY,2026-04-30,7.1\n", &defaults).unwrap_err();
        assert_eq!((faults[0].code, faults[0].column.as_deref()), ("text_length", Some("source")));
        assert_eq!(read(b"\xff\xfea", &defaults).unwrap_err()[0].code, "encoding_utf16");
    }
}
