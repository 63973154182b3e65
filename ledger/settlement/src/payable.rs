//! What is to be paid out: who raises an open item that we owe says here when it is due and to whom. How much it is
//! worth is told by the ledger alone.

use deadpool_postgres::Transaction;
use dianfu_ledger::account::AccountCode;
use dianfu_ledger::money::Currency;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::error::Error;
use crate::number::PartyNo;
use crate::sql;

/// An open item that we owe.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewPayable {
    /// The account that owes it, such as `2101.red-cross`.
    pub account: AccountCode,
    /// The open item.
    pub item: String,
    /// Whom it is owed to.
    pub payee: PartyNo,
    /// The account's currency.
    pub currency: Currency,
    /// The part of it that is an advance, in minor units: our own money covers it until the insurer pays.
    pub advance_minor: i64,
    /// From when it may be paid.
    pub due_on: Date,
}

/// Puts payables on record inside the transaction that raises them; those on record stay as they are, and are looked
/// at again when they are due, because something is owed on them again.
pub async fn raise_in(tx: &Transaction<'_>, payables: &[NewPayable], now: Timestamp) -> Result<(), Error> {
    if payables.is_empty() { Ok(()) } else { sql::insert_payables(tx, payables, now).await }
}

/// Which of these items are in a payout on which the bank's last word is not spoken: they may yet be open again.
pub async fn in_flight(
    tx: &Transaction<'_>,
    items: &[(AccountCode, String)],
) -> Result<Vec<(AccountCode, String)>, Error> {
    sql::items_in_flight(tx, items).await
}
