//! The elements of one segment as values; what cannot be read is told with its place.

use std::ops::RangeInclusive;

use dianfu_ledger::money::{Currency, MoneyError};
use jiff::civil::Date;

use crate::remittance::Place;
use crate::violation::{Findings, Rule, Violation};

use super::amount;
use super::tokens::Segment;

/// A segment being read: where it stands, and where to tell what is wrong with it.
pub struct Fields<'s, 'a> {
    /// The segment.
    pub segment: Segment<'a>,
    /// Where it stands.
    pub place: Place,
    /// The currency of its amounts.
    pub currency: Currency,
    /// Whether something could not be read on which money hangs.
    pub spoiled: bool,
    findings: &'s mut Findings,
}

impl<'s, 'a> Fields<'s, 'a> {
    /// The fields of `segment`.
    pub fn new(segment: Segment<'a>, place: Place, currency: Currency, findings: &'s mut Findings) -> Self {
        Fields { segment, place, currency, spoiled: false, findings }
    }

    /// A text that may be empty; blanks that fill an element up are no part of it.
    pub fn text(&self, position: usize) -> String {
        self.segment.element(position).trim_matches(' ').to_owned()
    }

    /// A text that must be there.
    pub fn required(&mut self, position: usize, what: &str) -> String {
        let text = self.text(position);
        if text.is_empty() {
            self.error(position, &format!("{what} is missing"), what);
        }
        text
    }

    /// Tells a number of a document that is longer than the format allows: it names items, which have a longest length.
    pub fn bounded(&mut self, position: usize, text: &str, bytes_max: usize) {
        if text.len() > bytes_max {
            self.error(position, "the number is longer than it may be", &format!("at most {bytes_max} bytes"));
        }
    }

    /// An amount that must be there; 0, and the segment spoiled, if it cannot be read.
    pub fn amount(&mut self, position: usize, what: &str) -> i64 {
        let element = self.segment.element(position);
        if element.is_empty() {
            self.spoiled = true;
            self.error(position, &format!("{what} is missing"), "an amount");
            return 0;
        }
        match amount::minor_units(element, self.currency) {
            Ok(minor) => minor,
            Err(error) => {
                self.spoiled = true;
                let violation = self.violation(Rule::R9, position, &format!("{what}: {error}"));
                self.findings.error(violation.expected(expected_amount(&error, self.currency), element));
                0
            }
        }
    }

    /// An amount that may be left out.
    pub fn optional_amount(&mut self, position: usize, what: &str) -> Option<i64> {
        let left_out = self.segment.element(position).is_empty();
        (!left_out).then(|| self.amount(position, what))
    }

    /// A date (`CCYYMMDD`); one that is missing or is none is a warning.
    pub fn date(&mut self, position: usize, what: &str) -> Option<Date> {
        let element = self.segment.element(position);
        let date = civil_date(element);
        if date.is_none() {
            let message = format!("{what} is no date of the calendar");
            let violation = self.violation(Rule::Syntax, position, &message);
            self.findings.warning(violation.expected("a date as CCYYMMDD", element));
        }
        date
    }

    /// Tells an error about an element.
    pub fn error(&mut self, position: usize, message: &str, expected: &str) {
        let actual = self.segment.element(position);
        let violation = self.violation(Rule::Syntax, position, message).expected(expected, actual);
        self.findings.error(violation);
    }

    /// Tells an error about an element that makes the sums meaningless.
    pub fn spoil(&mut self, position: usize, message: &str, expected: &str) {
        self.spoiled = true;
        self.error(position, message, expected);
    }

    /// Tells something odd about an element.
    pub fn warning(&mut self, position: usize, message: &str, expected: &str) {
        let actual = self.segment.element(position);
        let violation = self.violation(Rule::Syntax, position, message).expected(expected, actual);
        self.findings.warning(violation);
    }

    /// Tells that the segment as a whole is wrong where it stands.
    pub fn misplaced(&mut self, message: &str, expected: &str) {
        let place = format!("{}, {}", self.place, self.segment.id());
        let violation = Violation::new(Rule::Syntax, self.segment.number, place).says(message);
        self.findings.error(violation.expected(expected, self.segment.text));
    }

    fn violation(&self, rule: Rule, position: usize, message: &str) -> Violation {
        let place = format!("{}, {}{position:02}", self.place, self.segment.id());
        Violation::new(rule, self.segment.number, place).says(message)
    }
}

fn expected_amount(error: &MoneyError, currency: Currency) -> String {
    match error {
        MoneyError::TooManyDecimals { expected, .. } => format!("at most {expected} decimals in {currency}"),
        MoneyError::TooLarge(_) => "an amount within 64 bits of minor units".to_owned(),
        MoneyError::NotANumber(_) | MoneyError::UnknownCurrency(_) => "digits with at most one point".to_owned(),
    }
}

/// A date outside of them is a mistake, or says that there is none.
const YEARS: RangeInclusive<i16> = 1980..=2100;

fn civil_date(text: &str) -> Option<Date> {
    if text.len() != 8 || !text.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let (year, month, day) = (text[..4].parse().ok()?, text[4..6].parse().ok()?, text[6..].parse().ok()?);
    Date::new(year, month, day).ok().filter(|date| YEARS.contains(&date.year()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_days_of_the_calendar() {
        assert_eq!(civil_date("20240229"), Some(jiff::civil::date(2024, 2, 29)));
        for not in ["", "20002316", "20230229", "2024-1-1", "2024022", "２０２４", "99991231", "00000101"] {
            assert_eq!(civil_date(not), None, "{not}");
        }
    }
}
