//! What reconciliation refuses a caller: values with a stable code and a sentence. Nothing of what was asked for is
//! done.

use dianfu_ledger::Rejection;
use dianfu_ledger::money::Currency;
use dianfu_settlement::journals::JournalFault;
use dianfu_settlement::number::PartyNo;

use crate::verdict::Verdict;

/// A refusal.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Refusal {
    /// The file is not written as its format demands, or its sums do not hold.
    #[error("the file is refused: {}", first_error(.0))]
    Unbalanced(Box<Verdict>),
    /// The insurer has no accounts in this book.
    #[error("insurer {insurer} has no accounts in this book")]
    InsurerUnknown {
        /// The insurer.
        insurer: PartyNo,
    },
    /// The document speaks of another currency than the insurer's accounts.
    #[error("{trace} is in {actual}; the accounts of insurer {insurer} are kept in {expected}")]
    CurrencyMismatch {
        /// The insurer.
        insurer: PartyNo,
        /// The remittance or receipt.
        trace: String,
        /// The accounts' currency.
        expected: Currency,
        /// The document's.
        actual: Currency,
    },
    /// Another file has announced a payment under the same trace.
    #[error(
        "insurer {insurer} announced {trace} before, in the file with SHA-256 {first_sha256}; this is another file, \
         {given_sha256}"
    )]
    DuplicateAdvice {
        /// The insurer.
        insurer: PartyNo,
        /// The trace.
        trace: String,
        /// SHA-256 of the file that came first, in hexadecimal.
        first_sha256: String,
        /// SHA-256 of this file, in hexadecimal.
        given_sha256: String,
    },
    /// No such remittance has been taken in.
    #[error("insurer {insurer} has not announced {trace}")]
    RemittanceUnknown {
        /// The insurer.
        insurer: PartyNo,
        /// The trace.
        trace: String,
    },
    /// A number of the bank's or the payer's is missing or too long.
    #[error("{field} has 1 to {bytes_max} bytes and no NUL; '{given}' does not")]
    NumberMalformed {
        /// Which number.
        field: &'static str,
        /// The longest it may be.
        bytes_max: usize,
        /// What was given, cut to 80 characters.
        given: String,
    },
    /// A receipt of nothing, or of less.
    #[error("a receipt is of more than nothing; this is of {actual_minor} minor units")]
    AmountNotPositive {
        /// The amount.
        actual_minor: i64,
    },
    /// The bank's reference was used for another receipt.
    #[error("receipt {bank_reference} is on record with another {field}: there '{first}', here '{given}'")]
    ReceiptConflict {
        /// The bank's reference.
        bank_reference: String,
        /// The first field that differs.
        field: &'static str,
        /// Its value on record.
        first: String,
        /// Its value in the request.
        given: String,
    },
    /// One person does what takes two.
    #[error("'{person}' made it and cannot check it: maker and checker are two people")]
    SamePerson {
        /// Who.
        person: String,
    },
    /// A tolerance of less than nothing.
    #[error("{field} of a tolerance is not below zero; this is {actual_minor} minor units")]
    ToleranceNegative {
        /// Which of the two.
        field: &'static str,
        /// Its value.
        actual_minor: i64,
    },
    /// The ledger refused the entries.
    #[error("the ledger refused it: {0}")]
    Ledger(Rejection),
    /// No entry comes of the book's template.
    #[error(transparent)]
    Journal(#[from] JournalFault),
}

impl Refusal {
    /// Stable code, the same at every edge.
    pub fn code(&self) -> &'static str {
        match self {
            Refusal::Unbalanced(_) => "remittance_unbalanced",
            Refusal::InsurerUnknown { .. } => "insurer_unknown",
            Refusal::CurrencyMismatch { .. } => "currency_mismatch",
            Refusal::DuplicateAdvice { .. } => "duplicate_advice",
            Refusal::RemittanceUnknown { .. } => "remittance_unknown",
            Refusal::NumberMalformed { .. } => "number_malformed",
            Refusal::AmountNotPositive { .. } => "amount_not_positive",
            Refusal::ReceiptConflict { .. } => "receipt_conflict",
            Refusal::SamePerson { .. } => "same_person",
            Refusal::ToleranceNegative { .. } => "tolerance_negative",
            Refusal::Ledger(rejection) => rejection.code(),
            Refusal::Journal(fault) => fault.code(),
        }
    }
}

fn first_error(verdict: &Verdict) -> String {
    let Some(first) = verdict.errors.first() else { return "it has no errors".to_owned() };
    let others = match verdict.errors.len() - 1 + verdict.omitted {
        0 => String::new(),
        others => format!("; and {others} more"),
    };
    format!("{} at {}: {}{others}", first.rule.name(), first.place, first.message)
}
