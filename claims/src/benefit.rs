//! How a price is shared between patient and insurer, and what the pharmacy's fee is. Pure and exact.
//!
//! U = what is left of the deductible + coinsurance of the rest, capped by what is left of the patient's yearly cap;
//! the insurer covers the rest as far as its yearly benefit goes, and what is above that is the patient's too. Each
//! product is rounded once ([`share_of`]), and A = G - U, so that the parts always add up to the price.

use dianfu_ledger::money::share_of;
use jiff::ToSpan;
use jiff::civil::Date;

use crate::claim::{Cover, Quote};

/// What a policy leaves a patient to pay, as it stands before the claim. Amounts in minor units, none negative.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Terms {
    /// What is left of the year's deductible.
    pub deductible_left_minor: i64,
    /// The patient's part of the rest, in ten-thousandths: 20 % is 2,000.
    pub coinsurance_per_10000: i32,
    /// What is left of the most that the patient pays in the year; `None` without such a cap.
    pub share_cap_left_minor: Option<i64>,
    /// What is left of the most that the insurer covers in the year; `None` without such a limit.
    pub benefit_left_minor: Option<i64>,
}

/// A price, shared. Amounts in minor units.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Split {
    /// The part of the share that uses up the deductible.
    pub deductible_minor: i64,
    /// U.
    pub share_minor: i64,
    /// A.
    pub advance_minor: i64,
}

/// Shares a price that is not negative.
pub fn split(gross_minor: i64, terms: &Terms) -> Split {
    let deductible_minor = gross_minor.min(terms.deductible_left_minor.max(0));
    let rest_minor = gross_minor - deductible_minor;
    let coinsurance_minor = part_of(rest_minor, terms.coinsurance_per_10000);
    let uncapped_minor = deductible_minor + coinsurance_minor;
    let capped_minor = terms.share_cap_left_minor.map_or(uncapped_minor, |cap| uncapped_minor.min(cap.max(0)));
    let covered_minor = gross_minor - capped_minor;
    let advance_minor = terms.benefit_left_minor.map_or(covered_minor, |limit| covered_minor.min(limit.max(0)));
    let share_minor = gross_minor - advance_minor;
    Split { deductible_minor: deductible_minor.min(share_minor), share_minor, advance_minor }
}

/// A pharmacy's terms.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct FeeTerms {
    /// The service fee on the price, VAT included, in ten-thousandths: 1 % is 100.
    pub fee_per_10000: i32,
    /// The VAT rate, in ten-thousandths: 6 % is 600.
    pub vat_per_10000: i32,
    /// Days from dispensing until the pharmacy is paid.
    pub payment_days: i32,
}

impl FeeTerms {
    /// The fee on a price and the VAT in it, in minor units.
    pub fn fee(&self, gross_minor: i64) -> (i64, i64) {
        let fee_minor = part_of(gross_minor, self.fee_per_10000);
        (fee_minor, vat_in(fee_minor, self.vat_per_10000))
    }
}

/// The quote for a price under a policy's and a pharmacy's terms, given on a day and valid for some days.
pub fn quote(gross_minor: i64, terms: &Terms, fee: &FeeTerms, on: Date, valid_days: i32) -> Quote {
    let Split { deductible_minor, share_minor, advance_minor } = split(gross_minor, terms);
    let (fee_minor, vat_minor) = fee.fee(gross_minor);
    Quote {
        deductible_minor,
        share_minor,
        advance_minor,
        fee_minor,
        vat_minor,
        valid_until: on.saturating_add(valid_days.days()),
        payment_days: fee.payment_days,
        cover: Cover::CREDIT_LINE,
    }
}

/// The VAT contained in an amount: `amount * r / (1 + r)`, rounded once.
pub fn vat_in(amount_minor: i64, vat_per_10000: i32) -> i64 {
    let rate = i64::from(vat_per_10000);
    share_of(amount_minor, rate, 10_000 + rate).expect("a part of an amount fits where the amount does")
}

fn part_of(amount_minor: i64, per_10000: i32) -> i64 {
    share_of(amount_minor, i64::from(per_10000), 10_000).expect("a part of an amount fits where the amount does")
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;

    use super::*;

    const TERMS: Terms = Terms {
        deductible_left_minor: 100_000,
        coinsurance_per_10000: 2_000,
        share_cap_left_minor: None,
        benefit_left_minor: None,
    };

    fn check(gross_minor: i64, terms: Terms, deductible_minor: i64, share_minor: i64, advance_minor: i64) {
        assert_eq!(split(gross_minor, &terms), Split { deductible_minor, share_minor, advance_minor });
    }

    #[test]
    fn the_worked_example() {
        check(2_000_000, TERMS, 100_000, 480_000, 1_520_000);
        let fee = FeeTerms { fee_per_10000: 100, vat_per_10000: 600, payment_days: 7 };
        let quote = quote(2_000_000, &TERMS, &fee, date(2026, 3, 2), 30);
        assert_eq!((quote.fee_minor, quote.vat_minor, quote.fee_minor - quote.vat_minor), (20_000, 1_132, 18_868));
        assert_eq!(quote.valid_until, date(2026, 4, 1));
    }

    #[test]
    fn deductible_caps_and_limits() {
        check(80_000, TERMS, 80_000, 80_000, 0);
        check(100_000, TERMS, 100_000, 100_000, 0);
        check(100_001, TERMS, 100_000, 100_000, 1);
        check(100_003, TERMS, 100_000, 100_001, 2);
        check(2_000_000, Terms { share_cap_left_minor: Some(300_000), ..TERMS }, 100_000, 300_000, 1_700_000);
        check(2_000_000, Terms { share_cap_left_minor: Some(0), ..TERMS }, 0, 0, 2_000_000);
        check(2_000_000, Terms { benefit_left_minor: Some(1_000_000), ..TERMS }, 100_000, 1_000_000, 1_000_000);
        check(2_000_000, Terms { deductible_left_minor: 0, coinsurance_per_10000: 0, ..TERMS }, 0, 0, 2_000_000);
        check(i64::MAX, Terms { coinsurance_per_10000: 10_000, ..TERMS }, 100_000, i64::MAX, 0);
    }

    proptest! {
        #[test]
        fn the_parts_are_the_price_and_never_negative(
            gross_minor in 0_i64..=i64::MAX,
            deductible_left_minor in 0_i64..=i64::MAX,
            coinsurance_per_10000 in 0..=10_000,
            share_cap_left_minor in proptest::option::of(0_i64..=i64::MAX),
            benefit_left_minor in proptest::option::of(0_i64..=i64::MAX),
        ) {
            let terms =
                Terms { deductible_left_minor, coinsurance_per_10000, share_cap_left_minor, benefit_left_minor };
            let split = split(gross_minor, &terms);
            prop_assert_eq!(split.share_minor.checked_add(split.advance_minor), Some(gross_minor));
            prop_assert!(split.advance_minor >= 0 && split.share_minor >= split.deductible_minor);
            prop_assert!((0..=deductible_left_minor).contains(&split.deductible_minor));
            prop_assert!(benefit_left_minor.is_none_or(|limit| split.advance_minor <= limit));
        }

        #[test]
        fn vat_and_income_are_the_fee(fee_minor in 0_i64..=i64::MAX, vat_per_10000 in 0..=10_000) {
            let vat = vat_in(fee_minor, vat_per_10000);
            prop_assert!((0..=fee_minor).contains(&vat));
        }
    }
}
