//! How a price is shared between patient and insurer, and what the pharmacy's fee is. Pure and exact.
//!
//! U = what is left of the deductible + the patient's part of the rest, by bands, capped by what is left of the
//! patient's yearly cap; the insurer covers the rest as far as its caps go, and what is above them is the patient's
//! too ([`share`](mod@share)). Each sum is rounded once, and A = G - U, so that the parts always add up to the price.
//! Claims of one policy are shared in an order of their own ([`order`]), under terms that are data with versions
//! ([`terms`]).

pub mod terms;
pub mod share;
pub mod order;
#[cfg(test)]
mod tests;

use dianfu_ledger::money::share_of;
use jiff::ToSpan;
use jiff::civil::Date;

pub use order::{Charged, MayChange, Rerun, UsedByYear, rerun, share_all, share_next};
pub use share::{ClaimToShare, LineShare, LineToShare, Split, Used, share, split_over_lines};
pub use terms::{Band, BenefitTerms, DrugCap, PolicyTerms, SpecialBands, TermsFault, TermsVersion};

use crate::claim::{Cover, Quote};

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

/// The quote for a claim that is shared like this, at a pharmacy's terms, given on a day and valid for some days.
pub fn quote(split: &Split, fee: &FeeTerms, on: Date, valid_days: i32) -> Quote {
    let Split { deductible_minor, share_minor, advance_minor, .. } = *split;
    let (fee_minor, vat_minor) = fee.fee(share_minor + advance_minor);
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
