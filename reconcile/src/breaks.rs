//! Differences that somebody must explain.

use serde::{Deserialize, Serialize};

/// What kind of difference it is. The queue knows all of them; an applied remittance raises some.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Category {
    /// An advice came, its cash did not.
    MissingCash,
    /// Cash came, its advice did not.
    MissingAdvice,
    /// No claim was sent under a line's number.
    UnknownClaim,
    /// A second advice under the same trace.
    DuplicateAdvice,
    /// More cash than the advice tells.
    DuplicateCash,
    /// A line pays less than is due.
    ShortPaid,
    /// A line, or an adjustment that nobody can explain, pays more than is due.
    OverPaid,
    /// A reversal takes back what was never received.
    ReversalUnlinked,
    /// An adjustment takes back what we do not owe.
    TakebackUnexpected,
    /// A fee or penalty to be looked at.
    FeeVariance,
    /// A tax or levy to be looked at.
    TaxVariance,
    /// A document speaks of another currency than its account.
    CurrencyMismatch,
    /// Several claims could be meant.
    Ambiguous,
    /// A part of the cash came.
    SplitIncomplete,
    /// A payout that the bank has not confirmed.
    PayoutUnconfirmed,
    /// A payout that came back.
    PayoutReturned,
    /// Explained by time alone.
    Timing,
    /// Within the tolerance for rounding.
    Rounding,
    /// Open for too long.
    Stale,
    /// A bank statement is missing.
    StatementGap,
    /// A bank statement does not add up.
    BalanceBreak,
}

impl Category {
    /// The word at every edge and in the database.
    pub fn word(self) -> &'static str {
        match self {
            Category::MissingCash => "MISSING_CASH",
            Category::MissingAdvice => "MISSING_ADVICE",
            Category::UnknownClaim => "UNKNOWN_CLAIM",
            Category::DuplicateAdvice => "DUPLICATE_ADVICE",
            Category::DuplicateCash => "DUPLICATE_CASH",
            Category::ShortPaid => "SHORT_PAID",
            Category::OverPaid => "OVER_PAID",
            Category::ReversalUnlinked => "REVERSAL_UNLINKED",
            Category::TakebackUnexpected => "TAKEBACK_UNEXPECTED",
            Category::FeeVariance => "FEE_VARIANCE",
            Category::TaxVariance => "TAX_VARIANCE",
            Category::CurrencyMismatch => "CURRENCY_MISMATCH",
            Category::Ambiguous => "AMBIGUOUS",
            Category::SplitIncomplete => "SPLIT_INCOMPLETE",
            Category::PayoutUnconfirmed => "PAYOUT_UNCONFIRMED",
            Category::PayoutReturned => "PAYOUT_RETURNED",
            Category::Timing => "TIMING",
            Category::Rounding => "ROUNDING",
            Category::Stale => "STALE",
            Category::StatementGap => "STATEMENT_GAP",
            Category::BalanceBreak => "BALANCE_BREAK",
        }
    }
}

/// A difference found while a remittance was applied.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Break {
    /// What kind it is.
    pub category: Category,
    /// The line it is about, by its order.
    pub line: Option<usize>,
    /// The payee-level adjustment it is about, by its order.
    pub adjustment: Option<usize>,
    /// Where its money waits on 2190; `None` if it waits nowhere.
    pub item: Option<String>,
    /// How much it is about; negative where money was taken back or withheld.
    pub amount_minor: i64,
    /// A sentence for a person.
    pub explanation: String,
}
