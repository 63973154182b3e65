//! The answer to "does this file hold?", as every edge shows it: the rules that do not, and each payment's sums.

use serde::{Deserialize, Serialize};

use crate::remittance::{Party, Remittance, decimal_text};
use crate::violation::{Findings, Violation};

/// What is to be said about a file.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Verdict {
    /// Whether it is taken: written as its format demands, and all its sums hold.
    pub balanced: bool,
    /// What it is refused for, in the order of the file.
    pub errors: Vec<Violation>,
    /// What is odd and no reason to refuse it, in the order of the file.
    pub warnings: Vec<Violation>,
    /// How many errors and warnings there were beyond those listed.
    pub omitted: usize,
    /// The payments whose amounts could be read.
    pub remittances: Vec<Summary>,
}

impl Verdict {
    /// The verdict on these findings.
    pub fn new(findings: Findings, remittances: Vec<Summary>) -> Verdict {
        let Findings { errors, warnings, omitted } = findings;
        Verdict { balanced: errors.is_empty(), errors, warnings, omitted, remittances }
    }
}

/// One payment and its sums; amounts are decimal strings.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Summary {
    /// Its place in the file, from 1.
    pub transaction: usize,
    /// Where the amount paid stands.
    pub segment: usize,
    /// Who pays.
    pub payer: Party,
    /// Who is paid.
    pub payee: Party,
    /// The number that the payment and this advice share.
    pub trace: String,
    /// When it counts; `None` if the file has no such date.
    pub value_date: Option<String>,
    /// How the money moves.
    pub method: String,
    /// The currency of every amount.
    pub currency: String,
    /// What the file says is paid.
    pub paid: String,
    /// What the lines less the payee-level adjustments come to.
    pub computed: String,
    /// Sum of what the lines charge.
    pub lines_billed: String,
    /// Sum of what the lines pay.
    pub lines_paid: String,
    /// Sum of the payee-level adjustments; positive lowers the payment.
    pub adjustments: String,
    /// Claim lines.
    pub lines: usize,
    /// Service lines.
    pub services: usize,
}

impl Summary {
    /// The sums of a remittance.
    pub fn of(remittance: &Remittance) -> Summary {
        let text = |minor| decimal_text(minor, remittance.currency);
        let (lines_paid, adjustments) = (remittance.lines_paid_minor(), remittance.adjustments_minor());
        Summary {
            transaction: remittance.place.transaction,
            segment: remittance.place.segment,
            payer: remittance.payer.clone(),
            payee: remittance.payee.clone(),
            trace: remittance.trace.clone(),
            value_date: remittance.value_date().map(|date| date.to_string()),
            method: remittance.method.clone(),
            currency: remittance.currency.to_string(),
            paid: text(remittance.paid_minor.into()),
            computed: text(lines_paid - adjustments),
            lines_billed: text(remittance.lines.iter().map(|line| i128::from(line.billed_minor)).sum()),
            lines_paid: text(lines_paid),
            adjustments: text(adjustments),
            lines: remittance.lines.len(),
            services: remittance.lines.iter().map(|line| line.services.len()).sum(),
        }
    }
}
