//! Why a report cannot be made: the question itself, or the world.

use jiff::civil::Date;

use crate::account::AccountCode;
use crate::error::Error;
use crate::query::QueryError;
use crate::rate::RateMissing;

/// Why a report cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum ReportError {
    /// The range ends before it begins.
    #[error("the range ends on {to}, before it begins on {from}")]
    RangeReversed {
        /// The first day.
        from: Date,
        /// The last day.
        to: Date,
    },
    /// No account has this code or stands below it.
    #[error("there is no account {0} in this book")]
    AccountUnknown(AccountCode),
    /// A report in one currency needs a rate that is not on record.
    #[error(transparent)]
    RateMissing(#[from] RateMissing),
    /// A sum is wider than 128 bits.
    #[error("a sum is too large to be shown")]
    TooLarge,
    /// The moment or the cursor cannot be answered, or the world failed.
    #[error(transparent)]
    Query(#[from] QueryError),
}

impl ReportError {
    /// Stable code of a question that cannot be answered; `None` if the world is at fault.
    pub fn code(&self) -> Option<&'static str> {
        match self {
            ReportError::RangeReversed { .. } => Some("range_reversed"),
            ReportError::AccountUnknown(_) => Some("account_unknown"),
            ReportError::RateMissing(_) => Some(RateMissing::CODE),
            ReportError::TooLarge => Some("amount_overflow"),
            ReportError::Query(error) => error.code(),
        }
    }
}

impl From<tokio_postgres::Error> for ReportError {
    fn from(error: tokio_postgres::Error) -> ReportError {
        ReportError::Query(error.into())
    }
}

impl From<Error> for ReportError {
    fn from(error: Error) -> ReportError {
        ReportError::Query(QueryError::World(error))
    }
}
