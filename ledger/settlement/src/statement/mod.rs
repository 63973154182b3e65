//! Statements of those we settle with: what became of each order of a pharmacy, and of each claim of a patient.
//!
//! A statement is shaped, purely, from the postings on the accounts of its party ([`pharmacy`], [`patient`]): each
//! posting falls under one heading by its account and by the journal that made it, and under *other* if its journal is
//! not known here. So the rows always come to what the ledger has: what stood there before, and the rows, are what
//! stands there at the end, to the fen; it is looked up and compared.
//!
//! Reading costs one pass over the postings of the party's accounts in the period, in one snapshot.

pub mod patient;
pub mod pharmacy;

use deadpool_postgres::{Client, Transaction};
use dianfu_ledger::account::AccountCode;
use dianfu_ledger::query::{Moment, balance};
use jiff::civil::Date;
use tokio_postgres::IsolationLevel;

use crate::error::Error;

/// The days of a statement; both may be left open.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Period {
    /// The first day.
    pub from: Option<Date>,
    /// The last day.
    pub to: Option<Date>,
}

/// A posting on an account of the party.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Movement {
    /// The control account, such as `2101`.
    pub control: String,
    /// The open item.
    pub item: String,
    /// The name of the template that made the entry; empty if none did.
    pub journal: String,
    /// The business document of the entry.
    pub reference: String,
    /// When it counts.
    pub on: Date,
    /// Debit positive, in minor units.
    pub amount_minor: i64,
    /// What the same entry moved on output VAT, debit positive, in minor units.
    pub vat_minor: i64,
    /// What the same entry moved on shares held for patients, debit positive, in minor units.
    pub held_minor: i64,
}

/// One snapshot for all that a statement reads.
async fn snapshot(client: &mut Client) -> Result<Transaction<'_>, Error> {
    let builder = client.build_transaction().isolation_level(IsolationLevel::RepeatableRead);
    Ok(builder.read_only(true).start().await?)
}

/// What stood on these accounts together before a period, and what at its end, debit positive, in minor units.
async fn bounds(tx: &Transaction<'_>, accounts: &[AccountCode], period: Period) -> Result<(i128, i128), Error> {
    let mut opening = 0;
    if let Some(before) = period.from.and_then(|from| from.yesterday().ok()) {
        opening = standing(tx, accounts, Some(before)).await?;
    }
    Ok((opening, standing(tx, accounts, period.to).await?))
}

async fn standing(tx: &Transaction<'_>, accounts: &[AccountCode], as_of: Option<Date>) -> Result<i128, Error> {
    let mut sum = 0;
    for account in accounts {
        let found = balance(&**tx, account, Moment { as_of, ..Moment::default() }).await?;
        sum += found.map_or(0, |balance| balance.settled.net_minor());
    }
    Ok(sum)
}

/// The rows of a statement come to what the ledger has.
fn tie(party: &str, opening: i128, moved: i128, closing: i128) -> Result<(), Error> {
    if opening + moved == closing {
        return Ok(());
    }
    Err(Error::Corrupt(format!("the statement of {party} comes to {}, the ledger to {closing}", opening + moved)))
}
