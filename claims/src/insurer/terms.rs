//! What the contract with an insurer says, in versions: when it pays, what it pays us, what it guarantees.
//!
//! A version is proposed by one person and approved by another. Of those effective on a day the highest counts. Days
//! until something is due are told by pure functions, from the terms and a calendar of bank days.

use dianfu_ledger::money::share_of;
use jiff::ToSpan;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::benefit::vat_in;
use crate::calendar::{Calendar, CalendarName};
use crate::registration::{RegistrationRefusal, in_range};

use super::bearer::{self, BearerRule};

/// How days are counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DayCount {
    /// Every day; what falls on a day without banks is due on the next bank day.
    Calendar,
    /// Bank days only.
    Bank,
}

/// What advances for an insurer are paid from.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Funding {
    /// Own money, within the insurer's credit line; the insurer pays later.
    CreditLine,
    /// The insurer's deposit (J24).
    Prefund,
}

/// What a contract says. Amounts in minor units of the insurer's currency, rates in ten-thousandths.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ContractTerms {
    /// Days from the insurer's approval until it has paid.
    pub payment_days: u16,
    /// How those days are counted.
    pub payment_days_are: DayCount,
    /// Whose bank days.
    pub calendar: CalendarName,
    /// Our fee on what the insurer approves, VAT included: 1 % is 100.
    pub fee_per_10000: i32,
    /// The VAT rate in the fee: 6 % is 600.
    pub vat_per_10000: i32,
    /// The difference that is borne on a line of a remittance without asking (J25).
    pub tolerance_per_line_minor: i64,
    /// The most of such differences on a day.
    pub tolerance_per_day_minor: i64,
    /// Days for which the answer to a coverage check guarantees, where the answer does not say.
    pub guarantee_days: u16,
    /// Bank days until the insurer has decided on a claim that was sent to it.
    pub response_days: u16,
    /// What advances are paid from.
    pub funding: Funding,
    /// Who bears what the insurer does not cover.
    pub bearers: Vec<BearerRule>,
}

/// A version of them.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TermsVersion {
    /// From 1.
    pub version: i32,
    /// Its first day.
    pub effective_from: Date,
    /// What it says.
    pub terms: ContractTerms,
    /// The proposal by which it was made.
    pub proposal_no: i32,
}

/// The fee for an approved amount, in minor units: `fee` contains `vat`.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Fee {
    /// f: what the insurer owes.
    pub fee_minor: i64,
    /// The VAT in it.
    pub vat_minor: i64,
}

/// The longest that anything may be counted.
const DAYS_MAX: i64 = 365;

impl ContractTerms {
    /// Thirty days, no fee, no tolerance, within the credit line, with the usual bearers and plain weekdays.
    pub fn plain() -> ContractTerms {
        ContractTerms {
            payment_days: 30,
            payment_days_are: DayCount::Calendar,
            calendar: CalendarName::parse("weekdays").expect("it is a name"),
            fee_per_10000: 0,
            vat_per_10000: 0,
            tolerance_per_line_minor: 0,
            tolerance_per_day_minor: 0,
            guarantee_days: 30,
            response_days: 10,
            funding: Funding::CreditLine,
            bearers: bearer::usual(),
        }
    }

    /// Refuses numbers out of their range.
    pub fn check(&self) -> Result<(), RegistrationRefusal> {
        in_range("payment_days", self.payment_days.into(), 0, DAYS_MAX)?;
        in_range("fee_per_10000", self.fee_per_10000.into(), 0, 10_000)?;
        in_range("vat_per_10000", self.vat_per_10000.into(), 0, 10_000)?;
        in_range("tolerance_per_line_minor", self.tolerance_per_line_minor, 0, i64::MAX)?;
        in_range("tolerance_per_day_minor", self.tolerance_per_day_minor, self.tolerance_per_line_minor, i64::MAX)?;
        in_range("guarantee_days", self.guarantee_days.into(), 0, DAYS_MAX)?;
        in_range("response_days", self.response_days.into(), 0, DAYS_MAX)?;
        bearer::check(&self.bearers)
    }

    /// The last day on which the answer to a coverage check of a day guarantees, where it does not say so itself.
    pub fn guaranteed_until(&self, answered_on: Date) -> Date {
        answered_on.saturating_add(i64::from(self.guarantee_days).days())
    }

    /// The fee on an approved amount, rounded once, and the VAT in it, rounded once.
    pub fn fee_on(&self, approved_minor: i64) -> Fee {
        let fee = share_of(approved_minor, self.fee_per_10000.into(), 10_000);
        let fee_minor = fee.expect("a part of an amount fits where the amount does");
        Fee { fee_minor, vat_minor: vat_in(fee_minor, self.vat_per_10000) }
    }
}

/// The day by which the insurer has paid what it approved on a day.
pub fn due_on(terms: &ContractTerms, calendar: &Calendar, approved_on: Date) -> Date {
    match terms.payment_days_are {
        DayCount::Calendar => calendar.next_bank_day(approved_on.saturating_add(i64::from(terms.payment_days).days())),
        DayCount::Bank => calendar.add_bank_days(approved_on, terms.payment_days),
    }
}

/// The day by which the insurer has decided on what was sent to it on a day.
pub fn answer_due_on(terms: &ContractTerms, calendar: &Calendar, sent_on: Date) -> Date {
    calendar.add_bank_days(sent_on, terms.response_days)
}

/// The version in force on a day: of those that are effective the highest.
pub fn in_force(versions: &[TermsVersion], on: Date) -> Option<&TermsVersion> {
    versions.iter().filter(|version| version.effective_from <= on).max_by_key(|version| version.version)
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;
    use crate::calendar::{CN_2026, parse};

    fn terms(payment_days: u16, payment_days_are: DayCount) -> ContractTerms {
        ContractTerms {
            payment_days,
            payment_days_are,
            calendar: CalendarName::parse("CN").unwrap(),
            fee_per_10000: 100,
            vat_per_10000: 600,
            tolerance_per_line_minor: 5,
            tolerance_per_day_minor: 100,
            guarantee_days: 30,
            response_days: 10,
            funding: Funding::CreditLine,
            bearers: bearer::usual(),
        }
    }

    #[test]
    fn what_is_due_falls_on_bank_days() {
        let china: Calendar = parse(CN_2026).unwrap().into_iter().collect();
        for (days, count, approved_on, expected) in [
            (30, DayCount::Calendar, date(2026, 3, 2), date(2026, 4, 1)),
            (30, DayCount::Calendar, date(2026, 1, 20), date(2026, 2, 24)),
            (0, DayCount::Calendar, date(2026, 10, 1), date(2026, 10, 8)),
            (5, DayCount::Bank, date(2026, 2, 12), date(2026, 2, 26)),
            (1, DayCount::Bank, date(2026, 2, 27), date(2026, 2, 28)),
            (3, DayCount::Bank, date(2026, 12, 30), date(2027, 1, 4)),
        ] {
            assert_eq!(due_on(&terms(days, count), &china, approved_on), expected, "{days} {count:?} {approved_on}");
        }
        assert_eq!(answer_due_on(&terms(0, DayCount::Bank), &china, date(2026, 3, 2)), date(2026, 3, 16));
        assert_eq!(terms(0, DayCount::Bank).guaranteed_until(date(2026, 3, 2)), date(2026, 4, 1));
    }

    #[test]
    fn the_fee_and_its_vat_are_each_rounded_once() {
        let fee = terms(0, DayCount::Bank).fee_on(2_000_000);
        assert_eq!(fee, Fee { fee_minor: 20_000, vat_minor: 1_132 });
        assert_eq!(terms(0, DayCount::Bank).fee_on(49), Fee { fee_minor: 0, vat_minor: 0 });
    }

    #[test]
    fn the_highest_version_in_force_counts() {
        let version = |version, effective_from| TermsVersion {
            version,
            effective_from,
            terms: terms(30, DayCount::Calendar),
            proposal_no: version,
        };
        let versions = [version(1, date(2026, 1, 1)), version(2, date(2026, 3, 1)), version(3, date(2026, 3, 1))];
        let found = |on| in_force(&versions, on).map(|version| version.version);
        assert_eq!(found(date(2025, 12, 31)), None);
        assert_eq!((found(date(2026, 2, 28)), found(date(2026, 3, 1))), (Some(1), Some(3)));
    }

    #[test]
    fn numbers_out_of_range_are_named() {
        let sane = terms(30, DayCount::Bank);
        sane.check().unwrap();
        for (change, field) in [
            ((|terms| terms.payment_days = 366) as fn(&mut ContractTerms), "payment_days"),
            (|terms| terms.fee_per_10000 = 10_001, "fee_per_10000"),
            (|terms| terms.vat_per_10000 = -1, "vat_per_10000"),
            (|terms| terms.tolerance_per_line_minor = -1, "tolerance_per_line_minor"),
            (|terms| terms.tolerance_per_day_minor = 4, "tolerance_per_day_minor"),
            (|terms| terms.guarantee_days = 366, "guarantee_days"),
            (|terms| terms.response_days = 366, "response_days"),
            (|terms| terms.bearers.clear(), "bearers"),
        ] {
            let mut changed = sane.clone();
            change(&mut changed);
            let refusal = changed.check().unwrap_err();
            assert!(refusal.to_string().starts_with(&format!("{field} is ")), "{refusal}");
        }
    }
}
