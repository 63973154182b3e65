//! Suspending an insurer: one person, and at once.
//!
//! The insurer's row is locked FOR UPDATE. Whoever relies on the insurer holds it FOR SHARE until its transaction ends,
//! so the suspension waits for those, and counts for every one that comes after it.

use deadpool_postgres::Client;
use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;

use crate::error::Error;
use crate::sql;

use super::refusal::{InsurerRefusal, check_text, unknown};
use super::stage::{Stage, StageAct, next, stage};

/// Suspends an insurer: no new advances, and what was begun goes on. Suspended already is fine.
pub async fn suspend(
    client: &mut Client,
    insurer: &PartyNo,
    (reason, actor): (&str, &str),
    now: Timestamp,
) -> Result<Result<(), InsurerRefusal>, Error> {
    if let Err(refusal) = check_text("actor", actor).and_then(|()| check_text("reason", reason)) {
        return Ok(Err(refusal));
    }
    let tx = client.transaction().await?;
    if sql::insurers::lock(&tx, insurer).await?.is_none() {
        return Ok(Err(unknown("insurer", insurer.as_str())));
    }
    let steps = sql::insurers::standing::steps(&tx, &[insurer.as_str()]).await?;
    let view = stage(steps.get(insurer).map_or(&[], Vec::as_slice));
    if view.stage == Stage::Suspended {
        return Ok(Ok(()));
    }
    if next(view.stage, StageAct::Suspend).is_none() {
        let (insurer, stage, act) = (insurer.to_string(), view.stage, StageAct::Suspend.word());
        return Ok(Err(InsurerRefusal::NotInThisStage { insurer, stage, act }));
    }
    let by = sql::insurers::standing::By { proposal_no: None, actor };
    sql::insurers::standing::insert_step(&tx, insurer, StageAct::Suspend, (reason, by), now).await?;
    tx.commit().await?;
    Ok(Ok(()))
}
