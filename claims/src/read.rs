//! What is on record of a claim, for those who ask.

use deadpool_postgres::Client;
use tokio_postgres::GenericClient;

use crate::claim::{Claim, ClaimNo};
use crate::decide::RecordedEvent;
use crate::error::Error;
use crate::sql;

/// A claim and everything that happened to it, in order; `None` if there is no such claim.
pub async fn story(client: &mut Client, claim_no: &ClaimNo) -> Result<Option<(Claim, Vec<RecordedEvent>)>, Error> {
    let tx = client.transaction().await?;
    let Some(claim) = sql::claims::claims(&tx, &[claim_no.as_str()]).await?.pop() else { return Ok(None) };
    let mut events = sql::claims::events(&tx, claim_no).await?;
    // What happened between the two statements is left for the next question.
    events.retain(|event| event.event_no <= claim.event_no);
    Ok(Some((claim, events)))
}

/// A claim as it stands; `None` if there is no such claim.
pub async fn claim(client: &mut Client, claim_no: &ClaimNo) -> Result<Option<Claim>, Error> {
    Ok(claims(client, &[claim_no.as_str()]).await?.pop())
}

/// These claims as they stand, by number; those that there are.
pub async fn claims(client: &mut Client, numbers: &[&str]) -> Result<Vec<Claim>, Error> {
    let tx = client.transaction().await?;
    sql::claims::claims(&tx, numbers).await
}

/// Whether there is a claim in the book that may move on by itself: by time, by what others post, or by its insurer.
pub async fn is_any_under_way(client: &impl GenericClient) -> Result<bool, Error> {
    sql::claims::is_any_under_way(client).await
}
