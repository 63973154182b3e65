//! Putting those who take part on record: insurers, pharmacies, patients, policies, rules.
//!
//! The same again is fine; other content under the same number is a conflict. Whoever has accounts gets them in the
//! same transaction.

use deadpool_postgres::Transaction;
use dianfu_ledger::account::{AccountFault, NewAccount};
use dianfu_ledger::money::Currency;
use dianfu_ledger::opening::{AccountOutcome, open_accounts};
use dianfu_settlement::difference::{Difference, difference};
use serde::Serialize;

use crate::error::Error;

/// Why somebody or something cannot be registered.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum RegistrationRefusal {
    /// It is on record with other content.
    #[error("{what} '{number}' is on record with another {}: there '{}', here '{}'",
        difference.field, difference.first, difference.given)]
    Conflict {
        /// What it is.
        what: &'static str,
        /// Its number.
        number: String,
        /// Where the contents differ.
        difference: Difference,
    },
    /// Something it refers to is not on record.
    #[error("there is no {what} '{number}'")]
    Unknown {
        /// What it is.
        what: &'static str,
        /// Its number.
        number: String,
    },
    /// A number is out of its range.
    #[error("{field} is {actual}; it lies between {min} and {max}")]
    OutOfRange {
        /// Which number.
        field: &'static str,
        /// The least it may be.
        min: i64,
        /// The most it may be.
        max: i64,
        /// Its value.
        actual: i64,
    },
    /// It is named twice.
    #[error("{what} '{number}' is named twice")]
    Twice {
        /// What it is.
        what: &'static str,
        /// Its number.
        number: String,
    },
    /// A policy is in another currency than those it is about.
    #[error("{what} '{number}' is in {expected}, not in {actual}")]
    CurrencyDiffers {
        /// What it is.
        what: &'static str,
        /// Its number.
        number: String,
        /// Its currency.
        expected: Currency,
        /// The policy's.
        actual: Currency,
    },
    /// A term ends before it begins.
    #[error("it is in force from {from} until {until}: it ends before it begins")]
    TermReversed {
        /// Its first day.
        from: jiff::civil::Date,
        /// Its last day.
        until: jiff::civil::Date,
    },
    /// An account of theirs cannot be opened.
    #[error("account {number}: {fault}")]
    Account {
        /// Its code.
        number: String,
        /// What is wrong with it.
        fault: AccountFault,
    },
    /// One person does what takes two.
    #[error("'{person}' made it and cannot check it: maker and checker are two people")]
    SamePerson {
        /// Who.
        person: String,
    },
    /// Rules, or terms of a policy, cannot be meant.
    #[error("{}", listed(faults))]
    Faulty {
        /// Each place with what is wrong there; one at least.
        faults: Vec<String>,
    },
    /// Rules go live after a trial, and there is none.
    #[error("version {version} of the rules of insurer '{insurer}' has not been tried on past claims")]
    Untried {
        /// The insurer.
        insurer: String,
        /// The version.
        version: i32,
    },
    /// Settlement refuses it.
    #[error("settlement refuses it: {0}")]
    Settlement(dianfu_settlement::Refusal),
}

impl RegistrationRefusal {
    /// Stable code, the same at every edge.
    pub fn code(&self) -> &'static str {
        match self {
            RegistrationRefusal::Conflict { .. } => "conflict",
            RegistrationRefusal::Unknown { .. } => "unknown",
            RegistrationRefusal::OutOfRange { .. } => "out_of_range",
            RegistrationRefusal::Twice { .. } => "twice",
            RegistrationRefusal::CurrencyDiffers { .. } => "currency_differs",
            RegistrationRefusal::TermReversed { .. } => "term_reversed",
            RegistrationRefusal::Account { fault, .. } => fault.code(),
            RegistrationRefusal::SamePerson { .. } => "same_person",
            RegistrationRefusal::Faulty { .. } => "faulty",
            RegistrationRefusal::Untried { .. } => "untried",
            RegistrationRefusal::Settlement(refusal) => refusal.code(),
        }
    }
}

fn listed(faults: &[String]) -> String {
    faults.join("; ")
}

/// Refuses a number that is out of its range.
pub(crate) fn in_range(field: &'static str, actual: i64, min: i64, max: i64) -> Result<(), RegistrationRefusal> {
    if (min..=max).contains(&actual) {
        return Ok(());
    }
    Err(RegistrationRefusal::OutOfRange { field, min, max, actual })
}

/// Refuses what is on record with other content.
pub(crate) fn same<T: Serialize>(
    what: &'static str,
    number: &str,
    first: &T,
    given: &T,
) -> Result<(), RegistrationRefusal> {
    match difference(first, given) {
        Some(difference) => Err(RegistrationRefusal::Conflict { what, number: number.to_owned(), difference }),
        None => Ok(()),
    }
}

/// Opens the accounts of who is registered; call it last, it takes the head.
pub(crate) async fn open(
    tx: &Transaction<'_>,
    accounts: &[NewAccount],
    actor: &str,
) -> Result<Result<(), RegistrationRefusal>, Error> {
    let outcomes = open_accounts(tx, accounts, actor).await?;
    let mut refusals = accounts.iter().zip(outcomes).filter_map(|(account, outcome)| match outcome {
        AccountOutcome::Conflict { field, first, given } => Some(RegistrationRefusal::Conflict {
            what: "account",
            number: account.code.to_string(),
            difference: Difference { field: field.to_owned(), first, given },
        }),
        AccountOutcome::Refused(fault) => {
            Some(RegistrationRefusal::Account { number: account.code.to_string(), fault })
        }
        AccountOutcome::Opened(_) | AccountOutcome::Existing(_) => None,
    });
    Ok(refusals.next().map_or(Ok(()), Err))
}
