//! The end of a year: what stands on income and expense accounts moves to retained earnings, by ordinary entries that
//! everybody sees.
//!
//! Closing the same day again moves what was posted since, if anything. Costs one pass over the postings of income and
//! expense accounts.

use std::collections::BTreeMap;

use jiff::civil::Date;
use jiff::tz::TimeZone;
use tokio_postgres::Row;

use deadpool_postgres::Transaction;

use crate::account::{AccountCode, AccountType};
use crate::decide::Outcome;
use crate::entry::{NewEntry, NewPosting, POSTINGS_MAX, Receipt, YEAR_END_REFERENCE};
use crate::error::Error;
use crate::id;
use crate::journal::sql as journal;
use crate::ledger::Ledger;
use crate::money::{Currency, Money};
use crate::rejection::Rejection;

use super::sql;

/// What became of the end of a year.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum YearEnd {
    /// These entries have moved the result; none, if there was nothing to move.
    Closed(Vec<Receipt>),
    /// It cannot be closed so.
    Refused(YearEndFault),
}

/// Why a year cannot be closed as was asked; in order of precedence.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum YearEndFault {
    /// There is no such account.
    #[error("there is no account {account} in this book")]
    AccountUnknown {
        /// The account.
        account: AccountCode,
    },
    /// Retained earnings are equity.
    #[error("account {account} is of type {}; retained earnings are equity", actual.word())]
    NotEquity {
        /// The account.
        account: AccountCode,
        /// Its type.
        actual: AccountType,
    },
    /// There is a result in a currency and no account for it.
    #[error("there is a result in {currency}, and none of the accounts given holds {currency}")]
    CurrencyWithoutAccount {
        /// The currency.
        currency: Currency,
    },
    /// More stands on one account and item than an entry can move.
    #[error("account {account}: what stands there is more than one posting can move")]
    TooMuch {
        /// The account.
        account: AccountCode,
    },
    /// The ledger refuses the entries.
    #[error(transparent)]
    Entry(Rejection),
}

impl YearEndFault {
    /// Stable code, the same at every edge.
    pub fn code(&self) -> &'static str {
        match self {
            YearEndFault::AccountUnknown { .. } => "account_unknown",
            YearEndFault::NotEquity { .. } => "not_equity",
            YearEndFault::CurrencyWithoutAccount { .. } => "currency_without_account",
            YearEndFault::TooMuch { .. } => "total_overflow",
            YearEndFault::Entry(rejection) => rejection.code(),
        }
    }
}

/// Where a currency's result goes.
struct RetainedEarnings {
    account: AccountCode,
    open_item: bool,
}

/// Moves the result of all days up to one to retained earnings, inside the caller's transaction. `retained_earnings`
/// are equity accounts, one a currency.
pub async fn close_year(
    ledger: &Ledger,
    tx: &Transaction<'_>,
    through: Date,
    retained_earnings: &[AccountCode],
    actor: &str,
) -> Result<YearEnd, Error> {
    // Nobody posts between looking and moving.
    let head = journal::lock_head(tx).await?;
    let targets = match targets(tx, retained_earnings).await? {
        Ok(targets) => targets,
        Err(fault) => return Ok(YearEnd::Refused(fault)),
    };
    let results = sql::results(tx, through).await?;
    let legs = match results.iter().map(closing_leg).collect::<Result<Result<Vec<_>, _>, Error>>()? {
        Ok(legs) => legs,
        Err(fault) => return Ok(YearEnd::Refused(fault)),
    };
    let entries = match entries(through, head.sequence, &legs, &targets, actor) {
        Ok(entries) => entries,
        Err(fault) => return Ok(YearEnd::Refused(fault)),
    };
    if entries.is_empty() {
        return Ok(YearEnd::Closed(Vec::new()));
    }
    let mut receipts = Vec::with_capacity(entries.len());
    for outcome in ledger.post_in(tx, &entries).await? {
        match outcome {
            Outcome::Posted(receipt) | Outcome::Replayed(receipt) => receipts.push(receipt),
            Outcome::Rejected(Rejection::LinkedEntryRejected { .. }) => {}
            Outcome::Rejected(rejection) => return Ok(YearEnd::Refused(YearEndFault::Entry(rejection))),
        }
    }
    Ok(YearEnd::Closed(receipts))
}

async fn targets(
    tx: &Transaction<'_>,
    given: &[AccountCode],
) -> Result<Result<BTreeMap<Currency, RetainedEarnings>, YearEndFault>, Error> {
    let codes: Vec<String> = given.iter().map(|code| code.as_str().to_owned()).collect();
    let known = journal::accounts(tx, &codes).await?;
    let mut targets = BTreeMap::new();
    for code in given {
        let account = code.clone();
        let Some(there) = known.iter().map(|known| &known.account).find(|there| there.code == *code) else {
            return Ok(Err(YearEndFault::AccountUnknown { account }));
        };
        if there.account_type != AccountType::Equity {
            return Ok(Err(YearEndFault::NotEquity { account, actual: there.account_type }));
        }
        targets.insert(there.currency, RetainedEarnings { account, open_item: there.open_item });
    }
    Ok(Ok(targets))
}

/// The leg that brings an account and item to zero.
fn closing_leg(row: &Row) -> Result<Result<NewPosting, YearEndFault>, Error> {
    let corrupt = |what: &str| Error::Corrupt(format!("{what} of an income or expense account"));
    let account = AccountCode::parse(row.get("code")).ok_or_else(|| corrupt("code"))?;
    let currency: Currency = row.get::<_, &str>("currency").parse().map_err(|_| corrupt("currency"))?;
    let net: i128 = row.get::<_, &str>("net").parse().map_err(|_| corrupt("balance"))?;
    Ok(match i64::try_from(-net) {
        Ok(minor) => Ok(NewPosting::new(account, Money::new(minor, currency), row.get("item"))),
        Err(_) => Err(YearEndFault::TooMuch { account }),
    })
}

/// Entries of one currency each, all of them tied to each other, that move the legs to retained earnings.
fn entries(
    through: Date,
    sequence: i64,
    legs: &[NewPosting],
    targets: &BTreeMap<Currency, RetainedEarnings>,
    actor: &str,
) -> Result<Vec<NewEntry>, YearEndFault> {
    let mut entries: Vec<NewEntry> = Vec::new();
    for of_currency in legs.chunk_by(|one, next| one.amount.currency == next.amount.currency) {
        let currency = of_currency[0].amount.currency;
        let Some(target) = targets.get(&currency) else {
            return Err(YearEndFault::CurrencyWithoutAccount { currency });
        };
        for part in of_currency.chunks(POSTINGS_MAX - 1) {
            let sum: i128 = part.iter().map(|leg| i128::from(leg.amount.minor)).sum();
            let minor = i64::try_from(-sum).map_err(|_| YearEndFault::TooMuch { account: target.account.clone() })?;
            let mut postings = part.to_vec();
            if minor != 0 {
                let item = target.open_item.then(|| through.year().to_string());
                postings.push(NewPosting::new(target.account.clone(), Money::new(minor, currency), item));
            }
            entries.push(entry(through, sequence, entries.len(), postings, actor));
        }
    }
    if let Some(last) = entries.last_mut() {
        last.linked = false;
    }
    Ok(entries)
}

/// Reports know it, and leave it out of results, as an adjusting entry whose reference begins so (`YEAR_ENDS` in
/// `report/sql.rs`, index `entry_year_end_idx`).
fn entry(through: Date, sequence: i64, number: usize, postings: Vec<NewPosting>, actor: &str) -> NewEntry {
    let since = through.to_zoned(TimeZone::UTC).map(|midnight| midnight.timestamp()).unwrap_or_default();
    NewEntry {
        id: id::entry_id(since, "year_end", &format!("{through} after {sequence}, {number}")),
        effective_date: Some(through),
        adjusting: true,
        reference: format!("{YEAR_END_REFERENCE}{through}"),
        description: "Result of the year to retained earnings".to_owned(),
        metadata: Some(r#"{"journal":"year_end"}"#.to_owned()),
        actor: actor.to_owned(),
        linked: true,
        postings,
        ..NewEntry::default()
    }
}
