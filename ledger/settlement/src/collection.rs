//! What a collection channel takes in and gives back: it pays out to our bank (J2b), and carries refunds to patients
//! (J20-channel).
//!
//! Each is one entry with an id of the channel's own reference, so that the same again is found. A refund looks at what
//! is owed under the head, where no payout can be made that carries it, too.

use deadpool_postgres::Transaction;
use dianfu_ledger::journal::sql::lock_head;
use dianfu_ledger::query::{entry, outstanding};
use dianfu_ledger::{Ledger, Outcome};
use uuid::Uuid;

use crate::chart::REFUND;
use crate::error::Error;
use crate::journal_map::{self, ChannelRefund, ChannelSettlement};
use crate::journals::Journals;
use crate::payout::in_range;
use crate::refusal::Refusal;
use crate::sql;

/// Books what a channel paid out and answers the entry's id. The same again is fine: the ledger knows it.
pub async fn channel_settled(
    ledger: &Ledger,
    settlement: &ChannelSettlement,
    actor: &str,
) -> Result<Result<Uuid, Refusal>, Error> {
    let mut client = ledger.client().await.map_err(Error::Ledger)?;
    let tx = client.transaction().await?;
    lock_head(&tx).await?;
    let journals = Journals::of_entry(&tx, "J2b", journal_map::channel_settlement_id(settlement)).await?;
    let entry = match journal_map::channel_settled(&journals, settlement, actor) {
        Ok(entry) => entry,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let id = entry.id;
    let outcomes = ledger.post_in(&tx, &[entry]).await?;
    if let Some(Outcome::Rejected(rejection)) = outcomes.into_iter().next() {
        return Ok(Err(Refusal::Ledger(rejection)));
    }
    tx.commit().await?;
    Ok(Ok(id))
}

/// Books a refund that the channel carried and answers the entry's id: J20-channel. Refused where less is owed to the
/// patient, and where a payout carries it that may yet pay. The same again is fine: the ledger knows it.
pub async fn refund_by_channel(
    ledger: &Ledger,
    refund: &ChannelRefund,
    actor: &str,
) -> Result<Result<Uuid, Refusal>, Error> {
    let mut client = ledger.client().await.map_err(Error::Ledger)?;
    let tx = client.transaction().await?;
    lock_head(&tx).await?;
    let id = journal_map::channel_refund_id(refund);
    if entry(&*tx, id).await?.is_none()
        && let Err(refusal) = owed(&tx, refund).await?
    {
        return Ok(Err(refusal));
    }
    let journals = Journals::of_entry(&tx, "J20-channel", id).await?;
    let refunded = match journal_map::channel_refunded(&journals, refund, actor) {
        Ok(entry) => entry,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let outcomes = ledger.post_in(&tx, &[refunded]).await?;
    if let Some(Outcome::Rejected(rejection)) = outcomes.into_iter().next() {
        return Ok(Err(Refusal::Ledger(rejection)));
    }
    tx.commit().await?;
    Ok(Ok(id))
}

/// Whether as much is owed and no payout carries it; what is refunded whole leaves the worklist.
async fn owed(tx: &Transaction<'_>, refund: &ChannelRefund) -> Result<Result<(), Refusal>, Error> {
    let account = REFUND.of(&refund.patient);
    let item = (account.clone(), refund.claim.clone());
    if !sql::items_in_flight(tx, std::slice::from_ref(&item)).await?.is_empty() {
        return Ok(Err(Refusal::ItemInFlight { account, item: refund.claim.clone() }));
    }
    let open = outstanding(&**tx, &[(&account, &refund.claim)]).await?;
    let open = open.first().map_or(0, |standing| -standing.settled_minor);
    let open = i64::try_from(open).map_err(|_| Error::Corrupt("an item stands at more than 64 bits".to_owned()))?;
    if let Err(refusal) = in_range("refunded", refund.amount_minor, 1..=open) {
        return Ok(Err(refusal));
    }
    if refund.amount_minor == open {
        sql::settle_items(tx, &[(account, &refund.claim)]).await?;
    }
    Ok(Ok(()))
}
