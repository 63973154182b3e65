//! A remittance, whatever format it came in: one payment, the claims it pays for, and what is set off against it.
//!
//! Amounts are signed minor units of the remittance's one currency. Every value keeps its [`Place`], so that whoever
//! judges the value later can say where it stands.

use std::fmt;

use dianfu_ledger::money::Currency;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// What begins an item of our own on 2190; no trace does.
pub const OWN_ITEM: char = '*';

/// Where something stands in its file. Everything is counted from 1.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Place {
    /// Segment over the whole file.
    pub segment: usize,
    /// Transaction (one remittance) in the file.
    pub transaction: usize,
    /// Claim line in the transaction.
    pub claim: Option<usize>,
    /// Service line in the claim line.
    pub service: Option<usize>,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ST {}", self.transaction)?;
        if let Some(claim) = self.claim {
            write!(f, ", CLP {claim}")?;
        }
        if let Some(service) = self.service {
            write!(f, ", SVC {service}")?;
        }
        Ok(())
    }
}

/// The payer or the payee, as the file names it.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Party {
    /// Its name; empty if the file has none.
    pub name: String,
    /// Its identification; empty if the file has none.
    pub id: String,
}

/// One payment and what it is for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Remittance {
    /// Where the amount paid stands.
    pub place: Place,
    /// Where the trace stands.
    pub trace_place: Place,
    /// Who pays.
    pub payer: Party,
    /// Who is paid.
    pub payee: Party,
    /// The number that the payment and this advice share.
    pub trace: String,
    /// Who gave that number.
    pub originator: String,
    /// What is paid in the end; never negative in a remittance that holds.
    pub paid_minor: i64,
    /// What this document does, such as `I` (advice only) or `H` (notification, no money moves).
    pub handling: String,
    /// How the money moves, such as `ACH`, `CHK`, or `NON` for none.
    pub method: String,
    /// The currency of every amount.
    pub currency: Currency,
    /// When the money moves, if the file tells it in a way that is a date.
    pub payment_date: Option<Date>,
    /// When the file was made, likewise.
    pub production_date: Option<Date>,
    /// The claims paid, in the order of the file.
    pub lines: Vec<ClaimLine>,
    /// What is set off against the payee as a whole.
    pub adjustments: Vec<PayeeAdjustment>,
}

impl Remittance {
    /// When it counts: the payment date, or else the production date.
    pub fn value_date(&self) -> Option<Date> {
        self.payment_date.or(self.production_date)
    }

    /// Sum of what the lines pay.
    pub fn lines_paid_minor(&self) -> i128 {
        self.lines.iter().map(|line| i128::from(line.paid_minor)).sum()
    }

    /// Sum of the payee-level adjustments; positive lowers the payment.
    pub fn adjustments_minor(&self) -> i128 {
        self.adjustments.iter().map(|adjustment| i128::from(adjustment.amount_minor)).sum()
    }
}

/// What is paid for one claim.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ClaimLine {
    /// Where it starts.
    pub place: Place,
    /// Its order in the remittance, from 1.
    pub order: usize,
    /// The number under which the claim was sent, echoed.
    pub claim_no: String,
    /// What the payer did with it: [`REVERSAL`] takes an earlier payment back.
    pub status: String,
    /// What was charged.
    pub billed_minor: i64,
    /// What is paid; negative in a reversal.
    pub paid_minor: i64,
    /// What the patient owes, if the file says it.
    pub patient_minor: Option<i64>,
    /// The payer's own number of the claim; empty if the file has none.
    pub insurer_claim_no: String,
    /// The patient, family name first; `None` if the file has none.
    pub patient_name: Option<String>,
    /// Reductions of the claim as a whole.
    pub adjustments: Vec<LineAdjustment>,
    /// What was done for it, one by one; may be empty.
    pub services: Vec<ServiceLine>,
}

/// The status of a line that takes an earlier payment back.
pub const REVERSAL: &str = "22";

/// What is paid for one product or service of a claim.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct ServiceLine {
    /// Where it starts.
    pub place: Place,
    /// The product or service, qualifier first, as the file writes it.
    pub product: String,
    /// What was charged.
    pub billed_minor: i64,
    /// What is paid.
    pub paid_minor: i64,
    /// Reductions of this service.
    pub adjustments: Vec<LineAdjustment>,
}

/// The group of reductions that the patient has to bear.
pub const PATIENT_RESPONSIBILITY: &str = "PR";

/// One reduction, with its group and reason. A negative amount is an increase.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct LineAdjustment {
    /// Who bears it, such as [`PATIENT_RESPONSIBILITY`].
    pub group: String,
    /// The reason code.
    pub reason: String,
    /// What is taken off.
    pub amount_minor: i64,
}

/// One amount set off against the payee. A positive amount lowers the payment, a negative one raises it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct PayeeAdjustment {
    /// Where it stands.
    pub place: Place,
    /// Its order in the remittance, from 1.
    pub order: usize,
    /// What it is, such as `WO` for the recovery of an overpayment.
    pub code: String,
    /// What it refers to; empty if the file has nothing.
    pub reference: String,
    /// The amount.
    pub amount_minor: i64,
}

/// A sum of minor units as a decimal string; sums of many amounts may be wider than one amount.
pub fn decimal_text(minor: i128, currency: Currency) -> String {
    let decimals = currency.decimals() as usize;
    let digits = format!("{:0>width$}", minor.unsigned_abs(), width = decimals + 1);
    let (whole, fraction) = digits.split_at(digits.len() - decimals);
    let sign = if minor < 0 { "-" } else { "" };
    let point = if decimals == 0 { "" } else { "." };
    format!("{sign}{whole}{point}{fraction}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sums_print_like_amounts() {
        for (minor, text) in [(0, "0.00"), (7, "0.07"), (-7, "-0.07"), (-123, "-1.23"), (150_000, "1500.00")] {
            assert_eq!(decimal_text(minor, Currency::USD), text);
        }
        assert_eq!(decimal_text(i128::from(i64::MAX) * 2, Currency::USD), "184467440737095516.14");
        assert_eq!(decimal_text(-5, "JPY".parse().unwrap()), "-5");
        assert_eq!(decimal_text(5, "KWD".parse().unwrap()), "0.005");
    }
}
