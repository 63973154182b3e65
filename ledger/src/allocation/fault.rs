//! Why nothing is shared out.

use crate::account::AccountCode;
use crate::money::{Currency, Money};
use crate::rejection::Rejection;

/// Why nothing is shared out; in order of precedence.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum AllocationFault {
    /// There is no such account.
    #[error("there is no account {account} in this book")]
    AccountUnknown {
        /// The account.
        account: AccountCode,
    },
    /// The account holds another currency.
    #[error("account {account} holds {expected}, not {actual}")]
    CurrencyMismatch {
        /// The account.
        account: AccountCode,
        /// What it holds.
        expected: Currency,
        /// What was given.
        actual: Currency,
    },
    /// The account keeps no open items.
    #[error("account {account} keeps no open items")]
    NoOpenItems {
        /// The account.
        account: AccountCode,
    },
    /// No item gives.
    #[error("name at least one item that gives")]
    NothingGives,
    /// More items than one entry has postings.
    #[error("an allocation has at most {max} items; this has {actual}")]
    TooManyItems {
        /// How many there are.
        actual: usize,
        /// The most.
        max: usize,
    },
    /// An item is named twice.
    #[error("item '{item}' is named twice")]
    ItemTwice {
        /// The item.
        item: String,
    },
    /// An amount is no positive one.
    #[error("item '{item}': {given} is not above zero")]
    AmountNotPositive {
        /// The item.
        item: String,
        /// What was given.
        given: Money,
    },
    /// Nothing stands on an item.
    #[error("nothing stands on item '{item}'")]
    NothingOutstanding {
        /// The item.
        item: String,
    },
    /// An item stands on the wrong side.
    #[error("item '{item}' stands at {outstanding}; what gives stands on one side and what takes on the other")]
    WrongSide {
        /// The item.
        item: String,
        /// What stands on it, debit positive.
        outstanding: Money,
    },
    /// More is asked of an item than stands on it.
    #[error("item '{item}': {asked} is more than the {outstanding} that stands on it")]
    MoreThanOutstanding {
        /// The item.
        item: String,
        /// What stands on it, without sign.
        outstanding: Money,
        /// What was asked, without sign.
        asked: Money,
    },
    /// There is no item that could take anything.
    #[error("no item of the account takes what is to be shared out")]
    NothingTakes,
    /// An amount that was asked for cannot be moved whole, because the other side has less.
    #[error("item '{item}': of {asked} only {moved} can be moved, the other side has no more")]
    NotWhole {
        /// The item.
        item: String,
        /// What was asked.
        asked: Money,
        /// What could be moved.
        moved: Money,
    },
    /// The ledger refuses the entry.
    #[error(transparent)]
    Entry(Rejection),
}

impl AllocationFault {
    /// Stable code, the same at every edge.
    pub fn code(&self) -> &'static str {
        match self {
            AllocationFault::AccountUnknown { .. } => "account_unknown",
            AllocationFault::CurrencyMismatch { .. } => "currency_mismatch",
            AllocationFault::NoOpenItems { .. } => "item_not_allowed",
            AllocationFault::NothingGives => "nothing_gives",
            AllocationFault::TooManyItems { .. } => "posting_count",
            AllocationFault::ItemTwice { .. } => "item_twice",
            AllocationFault::AmountNotPositive { .. } => "amount_not_positive",
            AllocationFault::NothingOutstanding { .. } => "nothing_outstanding",
            AllocationFault::WrongSide { .. } => "item_on_wrong_side",
            AllocationFault::MoreThanOutstanding { .. } => "more_than_outstanding",
            AllocationFault::NothingTakes => "nothing_takes",
            AllocationFault::NotWhole { .. } => "amount_not_whole",
            AllocationFault::Entry(rejection) => rejection.code(),
        }
    }

    /// What was expected and what was found, where there are two such things.
    pub fn expected_actual(&self) -> Option<(String, String)> {
        match self {
            AllocationFault::CurrencyMismatch { expected, actual, .. } => {
                Some((expected.to_string(), actual.to_string()))
            }
            AllocationFault::TooManyItems { actual, max } => Some((format!("at most {max}"), actual.to_string())),
            AllocationFault::AmountNotPositive { given, .. } => {
                Some(("an amount above zero".to_owned(), given.to_decimal_string()))
            }
            AllocationFault::MoreThanOutstanding { outstanding, asked, .. } => {
                Some((format!("at most {}", outstanding.to_decimal_string()), asked.to_decimal_string()))
            }
            AllocationFault::NotWhole { asked, moved, .. } => {
                Some((format!("at most {}", moved.to_decimal_string()), asked.to_decimal_string()))
            }
            AllocationFault::Entry(rejection) => rejection.expected_actual(),
            AllocationFault::AccountUnknown { .. }
            | AllocationFault::NoOpenItems { .. }
            | AllocationFault::NothingGives
            | AllocationFault::ItemTwice { .. }
            | AllocationFault::NothingOutstanding { .. }
            | AllocationFault::WrongSide { .. }
            | AllocationFault::NothingTakes => None,
        }
    }

    /// The item at fault.
    pub fn item(&self) -> Option<&str> {
        match self {
            AllocationFault::ItemTwice { item }
            | AllocationFault::AmountNotPositive { item, .. }
            | AllocationFault::NothingOutstanding { item }
            | AllocationFault::WrongSide { item, .. }
            | AllocationFault::MoreThanOutstanding { item, .. }
            | AllocationFault::NotWhole { item, .. } => Some(item),
            AllocationFault::AccountUnknown { .. }
            | AllocationFault::CurrencyMismatch { .. }
            | AllocationFault::NoOpenItems { .. }
            | AllocationFault::NothingGives
            | AllocationFault::TooManyItems { .. }
            | AllocationFault::NothingTakes
            | AllocationFault::Entry(_) => None,
        }
    }
}
