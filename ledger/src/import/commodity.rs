//! Amounts as plain-text accounting writes them: a number with or without group marks, and a commodity in front or
//! behind.
//!
//! A commodity is a currency if it is its ISO 4217 code, or if the caller says so (`$=USD`): a sign alone is not enough
//! to know whose dollar it is. A number is taken only if it can be read in one way: a lone comma is a decimal mark to
//! some and a group mark to others, so it needs a declared mark.

use std::collections::HashMap;

use crate::money::{Currency, Money};

use super::Fault;

/// Which commodities are which currencies, besides those that are ISO 4217 codes: `$=USD,元=CNY`.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct CommodityMap {
    currencies: HashMap<String, Currency>,
}

impl CommodityMap {
    /// Reads `COMMODITY=CODE,...`; the error is the part that cannot be read.
    pub fn parse(text: &str) -> Result<CommodityMap, String> {
        let part = |part: &str| {
            let (commodity, code) = part.split_once('=').ok_or_else(|| part.to_owned())?;
            let currency = code.trim().parse().map_err(|_| part.to_owned())?;
            Ok((commodity.trim().to_owned(), currency))
        };
        Ok(CommodityMap { currencies: text.split(',').map(part).collect::<Result<_, String>>()? })
    }

    /// The currency of a commodity.
    pub fn currency(&self, line: u64, commodity: &str) -> Result<Currency, Fault> {
        if let Some(currency) = self.currencies.get(commodity) {
            return Ok(*currency);
        }
        commodity.parse().map_err(|_| {
            let fault = Fault::new(line, "commodity_unknown", "nothing tells which currency this commodity is");
            fault.expected("an ISO 4217 code, or --commodity COMMODITY=CODE", commodity)
        })
    }
}

/// The decimal mark of numbers; the other of `.` and `,` parts groups of digits.
pub type DecimalMark = Option<char>;

/// A number with a commodity, as it stands in a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Amount<'a> {
    /// The sign and the digits, with whatever marks.
    pub number: String,
    /// The commodity; empty if there is none.
    pub commodity: &'a str,
}

impl<'a> Amount<'a> {
    /// Takes an amount apart: `-5.00 CNY`, `CNY -5.00`, `-$5`, `$-5`, `5`, `5 "a b"`.
    pub fn parse(line: u64, text: &'a str) -> Result<Amount<'a>, Fault> {
        let malformed = || {
            let fault = Fault::new(line, "amount_malformed", "this is not an amount");
            fault.expected("a number and a commodity, such as -15200.00 CNY", text)
        };
        let text = text.trim();
        let (outer_sign, rest) = sign(text);
        let is_number = |character: char| character.is_ascii_digit() || matches!(character, '.' | ',');
        if rest.starts_with(is_number) {
            let end = rest.find(|character| !is_number(character)).unwrap_or(rest.len());
            let (number, behind) = rest.split_at(end);
            let commodity = commodity(behind.trim()).ok_or_else(malformed)?;
            return Ok(Amount { number: format!("{outer_sign}{number}"), commodity });
        }
        let begin = rest.find(|character: char| is_number(character) || matches!(character, '-' | '+'));
        let (before, number) = rest.split_at(begin.ok_or_else(malformed)?);
        let (inner_sign, number) = sign(number);
        let is_whole = !number.is_empty() && number.chars().all(is_number);
        let signs = if outer_sign == inner_sign { "" } else { "-" };
        let before = before.trim();
        match commodity(before).filter(|_| is_whole && !before.is_empty()) {
            Some(commodity) => Ok(Amount { number: format!("{signs}{number}"), commodity }),
            None => Err(malformed()),
        }
    }

    /// The amount as money; `None` if it is nothing of no commodity.
    pub fn money(&self, line: u64, mark: DecimalMark, commodities: &CommodityMap) -> Result<Option<Money>, Fault> {
        let number = plain_number(line, &self.number, mark)?;
        if self.commodity.is_empty() {
            if number.bytes().all(|byte| matches!(byte, b'0' | b'.' | b'-')) {
                return Ok(None);
            }
            let fault = Fault::new(line, "commodity_missing", "this amount has no commodity");
            return Err(fault.expected("a number and a commodity, such as 15200.00 CNY", &self.number));
        }
        let currency = commodities.currency(line, self.commodity)?;
        Money::parse(&number, currency).map(Some).map_err(|error| Fault::money(line, &error))
    }
}

fn sign(text: &str) -> (&'static str, &str) {
    match (text.strip_prefix('-'), text.strip_prefix('+')) {
        (Some(rest), _) => ("-", rest.trim_start()),
        (None, Some(rest)) => ("", rest.trim_start()),
        (None, None) => ("", text),
    }
}

/// The name of a commodity without its quotes.
fn commodity(text: &str) -> Option<&str> {
    if let Some(quoted) = text.strip_prefix('"') {
        return quoted.strip_suffix('"').filter(|name| !name.is_empty() && !name.contains('"'));
    }
    let ends_name = |character: char| {
        character.is_ascii_digit() || character.is_whitespace() || "-+.,;@*/(){}=\"".contains(character)
    };
    (!text.contains(ends_name)).then_some(text)
}

/// A number without group marks, with a point as its decimal mark.
fn plain_number(line: u64, number: &str, mark: DecimalMark) -> Result<String, Fault> {
    let malformed = |expected: &str| {
        let fault = Fault::new(line, "amount_malformed", "this number cannot be read in one way only");
        Err(fault.expected(expected, number))
    };
    let digits = number.strip_prefix('-').unwrap_or(number);
    let mark = match (mark, digits.rfind(['.', ','])) {
        (_, None) => return Ok(number.to_owned()),
        (Some(mark), _) => mark,
        (None, Some(at)) => {
            let last = if digits[at..].starts_with('.') { '.' } else { ',' };
            let is_alone = !digits.contains(if last == '.' { ',' } else { '.' });
            if last == ',' && is_alone {
                return malformed("a point, or a line `decimal-mark .` or `decimal-mark ,` above");
            }
            last
        }
    };
    let (whole, fraction) = digits.split_once(mark).unwrap_or((digits, ""));
    let group = if mark == '.' { ',' } else { '.' };
    let mut groups = whole.split(group);
    let first = groups.next().unwrap_or_default();
    let rest: Vec<&str> = groups.collect();
    let are_groups = (rest.is_empty() || (1..=3).contains(&first.len()))
        && rest.iter().rev().skip(1).all(|digits| matches!(digits.len(), 2 | 3))
        && rest.last().is_none_or(|last| last.len() == 3);
    if !are_groups || fraction.contains(['.', ',']) {
        return malformed("groups of three digits, and one decimal mark");
    }
    let sign = if number.starts_with('-') { "-" } else { "" };
    let whole = whole.replace(group, "");
    let whole = if whole.is_empty() { "0" } else { &whole };
    let point = if fraction.is_empty() { "" } else { "." };
    Ok(format!("{sign}{whole}{point}{fraction}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, mark: DecimalMark) -> Result<Option<String>, &'static str> {
        let commodities = CommodityMap::parse("$=USD,元=CNY,my yen=JPY").unwrap();
        let money = Amount::parse(1, text).and_then(|amount| amount.money(1, mark, &commodities));
        money.map(|money| money.map(|money| money.to_string())).map_err(|fault| fault.code)
    }

    #[test]
    fn amounts_are_read_in_every_order() {
        for (text, expected) in [
            ("5.00 CNY", "5.00 CNY"),
            ("-5 CNY", "-5.00 CNY"),
            ("- 5CNY", "-5.00 CNY"),
            ("CNY -5.5", "-5.50 CNY"),
            ("-$5", "-5.00 USD"),
            ("$-5", "-5.00 USD"),
            ("$ +5.", "5.00 USD"),
            ("-$-5", "5.00 USD"),
            ("元1,234,567.80", "1234567.80 CNY"),
            ("1.234,50 CNY", "1234.50 CNY"),
            ("12,34,567.00 CNY", "1234567.00 CNY"),
            ("7 \"my yen\"", "7 JPY"),
            (".5 CNY", "0.50 CNY"),
        ] {
            assert_eq!(read(text, None), Ok(Some(expected.to_owned())), "{text}");
        }
        assert_eq!(read("0", None), Ok(None));
        assert_eq!(read("1,50 CNY", Some(',')), Ok(Some("1.50 CNY".to_owned())));
        assert_eq!(read("1,500 CNY", Some('.')), Ok(Some("1500.00 CNY".to_owned())));
    }

    #[test]
    fn what_can_be_read_in_two_ways_is_not_read() {
        for (text, mark, code) in [
            ("1,500 CNY", None, "amount_malformed"),
            ("1,50 CNY", Some('.'), "amount_malformed"),
            ("1.2.3 CNY", None, "amount_malformed"),
            ("1,0000.00 CNY", None, "amount_malformed"),
            ("5 CNY 3", None, "amount_malformed"),
            ("CNY", None, "amount_malformed"),
            ("", None, "amount_malformed"),
            ("1e3 CNY", None, "amount_malformed"),
            ("5", None, "commodity_missing"),
            ("5 £", None, "commodity_unknown"),
            ("5.001 CNY", None, "amount_too_many_decimals"),
        ] {
            assert_eq!(read(text, mark), Err(code), "{text}");
        }
        assert_eq!(CommodityMap::parse("$"), Err("$".to_owned()));
    }
}
