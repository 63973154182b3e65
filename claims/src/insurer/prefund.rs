//! What an insurer pays in before anything is advanced for it: J24.
//!
//! A deposit is posted once for each reference of the bank, however often it is told; another amount under the same
//! reference is a conflict. What is left is the balance of 2302, which the ledger never lets fall below zero, holds
//! counted in.

use deadpool_postgres::Client;
use dianfu_ledger::entry::EntryKind;
use dianfu_ledger::journal::sql::lock_head;
use dianfu_ledger::{Ledger, Outcome, id};
use dianfu_settlement::chart::PREFUND;
use dianfu_settlement::journals::{self, Facts, Journals};
use dianfu_settlement::number::PartyNo;
use dianfu_settlement::voucher::Heading;
use jiff::civil::Date;
use tokio_postgres::GenericClient;
use uuid::Uuid;

use crate::error::Error;
use crate::registration::in_range;
use crate::sql;

use super::refusal::{InsurerRefusal, check_text, unknown};

/// A deposit, as it is seen at the bank.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Deposit {
    /// Who paid it in.
    pub insurer: PartyNo,
    /// Our bank account with clients' money that it arrived on.
    pub bank: PartyNo,
    /// The bank's reference of the receipt: unique for the bank account.
    pub bank_reference: String,
    /// How much, in minor units of the insurer's currency.
    pub amount_minor: i64,
    /// The day of the receipt.
    pub on: Date,
}

/// Books a deposit and answers the entry's id. The same again is fine: the ledger knows it.
pub async fn deposit(
    ledger: &Ledger,
    client: &mut Client,
    deposit: &Deposit,
    actor: &str,
) -> Result<Result<Uuid, InsurerRefusal>, Error> {
    if let Err(refusal) = check(deposit, actor) {
        return Ok(Err(refusal));
    }
    journals::complete(client, &["J24"]).await?;
    let tx = client.transaction().await?;
    let Some((insurer, registered_at)) = sql::insurers::registered(&tx, &deposit.insurer).await? else {
        return Ok(Err(unknown("insurer", deposit.insurer.as_str())));
    };
    lock_head(&tx).await?;
    let fact = format!("{}/{}/{}", deposit.insurer, deposit.bank, deposit.bank_reference);
    let id = id::entry_id(registered_at, &fact, "J24");
    let heading = Heading {
        id,
        journal: "J24",
        kind: EntryKind::Post,
        relates_to: None,
        on: deposit.on,
        reference: &deposit.bank_reference,
        description: None,
        actor,
    };
    let facts = Facts::new(insurer.currency)
        .party("bank", &deposit.bank)
        .party("insurer", &deposit.insurer)
        .amount("deposit", deposit.amount_minor);
    let entry = match Journals::of_entry(&tx, "J24", id).await?.entry(heading, &facts) {
        Ok(entry) => entry.expect("an amount that is not zero moves something"),
        Err(fault) => return Ok(Err(fault.into())),
    };
    if let Some(Outcome::Rejected(rejection)) = ledger.post_in(&tx, &[entry]).await?.into_iter().next() {
        return Ok(Err(InsurerRefusal::Ledger(rejection)));
    }
    tx.commit().await?;
    Ok(Ok(id))
}

fn check(deposit: &Deposit, actor: &str) -> Result<(), InsurerRefusal> {
    check_text("actor", actor)?;
    check_text("bank_reference", &deposit.bank_reference)?;
    Ok(in_range("amount_minor", deposit.amount_minor, 1, i64::MAX)?)
}

/// What is left of an insurer's deposits, in minor units.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Prefund {
    /// What was paid in and not drawn.
    pub balance_minor: i64,
    /// What of it is held for approved claims.
    pub held_minor: i64,
}

/// What is left of an insurer's deposits; `None` if it has no accounts.
pub async fn prefund(client: &impl GenericClient, insurer: &PartyNo) -> Result<Option<Prefund>, Error> {
    let balances = sql::insurers::exposure::balances(client, &[PREFUND.of(insurer)]).await?;
    let known = balances.first();
    Ok(known.map(|known| Prefund { balance_minor: -known.settled_minor, held_minor: known.held_minor }))
}
