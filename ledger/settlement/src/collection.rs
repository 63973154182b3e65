//! A collection channel pays out to our bank what it took in: J2b.

use dianfu_ledger::journal::sql::lock_head;
use dianfu_ledger::{Ledger, Outcome};
use uuid::Uuid;

use crate::error::Error;
use crate::journal_map::{self, ChannelSettlement};
use crate::journals::Journals;
use crate::refusal::Refusal;

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
