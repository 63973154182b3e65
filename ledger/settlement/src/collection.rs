//! A collection channel pays out to our bank what it took in: J2b.

use dianfu_ledger::{Ledger, Outcome};
use uuid::Uuid;

use crate::error::Error;
use crate::journal_map::{self, ChannelSettlement};
use crate::refusal::Refusal;

/// Books what a channel paid out and answers the entry's id. The same again is fine: the ledger knows it.
pub async fn channel_settled(
    ledger: &Ledger,
    settlement: &ChannelSettlement,
    actor: &str,
) -> Result<Result<Uuid, Refusal>, Error> {
    let entry = match journal_map::channel_settled(settlement, actor) {
        Ok(entry) => entry,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let id = entry.id;
    let outcomes = ledger.post(vec![entry]).await?;
    let answer = outcomes.into_iter().next().map(|outcome| match outcome {
        Outcome::Posted(_) | Outcome::Replayed(_) => Ok(id),
        Outcome::Rejected(rejection) => Err(Refusal::Ledger(rejection)),
    });
    answer.ok_or_else(|| Error::Corrupt("the ledger gave no answer for an entry".to_owned()))
}
