//! Why something cannot be done in several currencies as was asked: a stable code, a place, expected and actual.

use std::fmt;

use crate::account::{Account, AccountCode, AccountFault};
use crate::money::Currency;
use crate::rate::RateMissing;
use crate::rejection::Rejection;

/// A mistake of the caller's.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct FxFault {
    /// Stable code, the same at every edge.
    pub code: &'static str,
    /// The field, as a JSON pointer into the request.
    pub pointer: String,
    /// A sentence for a person.
    pub message: String,
    /// What was expected.
    pub expected: Option<String>,
    /// What was found.
    pub actual: Option<String>,
}

impl FxFault {
    pub(super) fn new(code: &'static str, pointer: impl Into<String>, message: impl Into<String>) -> FxFault {
        FxFault { code, pointer: pointer.into(), message: message.into(), expected: None, actual: None }
    }

    fn expected(self, expected: impl Into<String>, actual: impl Into<String>) -> FxFault {
        FxFault { expected: Some(expected.into()), actual: Some(actual.into()), ..self }
    }

    pub(super) fn text(fault: &AccountFault) -> FxFault {
        FxFault::new(fault.code(), format!("/{}", fault.field()), fault.to_string())
    }

    pub(super) fn not_set_up() -> FxFault {
        let message = "the book has no functional currency yet; `dianfu fx setup` gives it one";
        FxFault::new("fx_not_set_up", "", message)
    }

    pub(super) fn account_unknown(pointer: &str, account: &AccountCode) -> FxFault {
        FxFault::new("account_unknown", pointer, format!("there is no account {account} in this book"))
    }

    pub(super) fn clearing_missing(account: &AccountCode, currency: Currency) -> FxFault {
        let message = format!("there is no account {account}; `dianfu fx setup --currency {currency}` opens it");
        FxFault::new("clearing_account_missing", "", message).expected(account.to_string(), "none")
    }

    pub(super) fn currency(pointer: &str, account: &Account, expected: Currency) -> FxFault {
        let (code, actual) = (&account.code, account.currency);
        let message = format!("account {code} holds {actual}, not {expected}");
        FxFault::new("currency_mismatch", pointer, message).expected(expected.code(), actual.code())
    }

    pub(super) fn rate_missing(missing: &RateMissing) -> FxFault {
        let RateMissing { pair, kind, date, nearest, .. } = missing;
        let nearest = nearest.map_or_else(|| "none".to_owned(), |nearest| format!("the nearest is of {nearest}"));
        FxFault::new(RateMissing::CODE, "/date", missing.to_string()).expected(format!("{pair} {kind} {date}"), nearest)
    }

    pub(super) fn overflow() -> FxFault {
        let message = "an amount in another currency is larger than this ledger can hold";
        FxFault::new("amount_overflow", "", message)
    }

    pub(super) fn rejection(rejection: &Rejection) -> FxFault {
        let fault = FxFault::new(rejection.code(), "", rejection.to_string());
        match rejection.expected_actual() {
            Some((expected, actual)) => fault.expected(expected, actual),
            None => fault,
        }
    }

    /// Whether the id stands for something else already.
    pub fn is_conflict(&self) -> bool {
        self.code == "id_conflict"
    }
}

impl fmt::Display for FxFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for FxFault {}
