//! What time alone does to a claim: an offer that nobody answers, an approval that nobody uses, material that does not
//! come. Pure, but for [`tick`], which takes the time as input: the same moment on the same book does the same, so that
//! it may be run again, later, or by several processes at once.

use deadpool_postgres::Client;
use dianfu_ledger::{Ledger, clock};
use jiff::Timestamp;

use crate::apply::apply;
use crate::claim::{Claim, State};
use crate::command::Command;
use crate::decide::Applied;
use crate::error::Error;
use crate::event::Event;
use crate::sql;

/// Claims that are woken in one go.
const CLAIMS_PER_TICK: i64 = 500;

/// When time alone moves a claim on, if nothing else happens before; `None` if it never does.
pub fn wakes_at(claim: &Claim) -> Option<Timestamp> {
    let progress = &claim.progress;
    let approval = progress.quote.as_ref().map(|quote| clock::end_of(quote.valid_until));
    match claim.state {
        State::OrderOffered => {
            let respond_by = progress.order.as_ref().map(|order| order.respond_by);
            respond_by.into_iter().chain(approval).min()
        }
        State::Pended => progress.awaited.as_ref().map(|awaited| clock::end_of(awaited.due_on)),
        state if state.is_held() => approval,
        _ => None,
    }
}

/// What time has brought about at a moment; `None` if it is not time yet.
pub fn due(claim: &Claim, at: Timestamp) -> Option<Command> {
    if at <= wakes_at(claim)? {
        return None;
    }
    let offer = claim.progress.order.as_ref().filter(|_| claim.state == State::OrderOffered);
    let event = match offer {
        Some(order) if at > order.respond_by => Event::OfferTimedOut { offer_no: order.offer_no },
        Some(_) | None => Event::Expired,
    };
    Some(Command::tell(claim.claim_no().clone(), event, clock::date_of(at)))
}

/// Moves on every claim whose time has come, and answers those that moved. One that is refused, because somebody else
/// has moved it meanwhile, is left for the next tick.
pub async fn tick(ledger: &Ledger, client: &mut Client, actor: &str, at: Timestamp) -> Result<Vec<Applied>, Error> {
    let mut moved = Vec::new();
    let mut after = String::new();
    loop {
        let tx = client.transaction().await?;
        let claims = sql::claims::waking(&tx, at, &after, CLAIMS_PER_TICK).await?;
        tx.rollback().await?;
        let Some(last) = claims.last() else { return Ok(moved) };
        after = last.claim_no().to_string();
        let as_of = |claim: &Claim| Some(due(claim, at)?.as_of(claim.event_no));
        let commands: Vec<Command> = claims.iter().filter_map(as_of).collect();
        let answers = apply(ledger, client, &commands, actor, at).await?;
        moved.extend(answers.into_iter().filter_map(Result::ok).filter(|applied| !applied.replayed));
    }
}
