//! What time alone does to a claim: an offer that nobody answers, an approval that nobody uses, material that does not
//! come. Pure, but for [`tick`], which takes the time as input: the same moment on the same book does the same, so that
//! it may be run again, later, or by several processes at once.

use deadpool_postgres::Client;
use dianfu_ledger::Ledger;
use jiff::civil::Date;
use jiff::tz::{Offset, TimeZone};
use jiff::{Timestamp, ToSpan};

use crate::apply::apply;
use crate::claim::{Claim, State};
use crate::command::Command;
use crate::decide::Applied;
use crate::error::Error;
use crate::event::Event;
use crate::sql;

/// Where a day begins and ends: in China, which has one time and no summer time.
pub const BUSINESS_OFFSET: Offset = Offset::constant(8);
/// Claims that are woken in one go.
const CLAIMS_PER_TICK: i64 = 500;

/// When time alone moves a claim on, if nothing else happens before; `None` if it never does.
pub fn wakes_at(claim: &Claim) -> Option<Timestamp> {
    let progress = &claim.progress;
    let approval = progress.quote.as_ref().map(|quote| end_of(quote.valid_until));
    match claim.state {
        State::OrderOffered => {
            let respond_by = progress.order.as_ref().map(|order| order.respond_by);
            respond_by.into_iter().chain(approval).min()
        }
        State::Pended => progress.awaited.as_ref().map(|awaited| end_of(awaited.due_on)),
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
    Some(Command::tell(claim.claim_no().clone(), event, day_of(at)))
}

/// The day that a moment is in.
pub fn day_of(at: Timestamp) -> Date {
    at.to_zoned(TimeZone::fixed(BUSINESS_OFFSET)).date()
}

/// The moment at which a day is over.
fn end_of(day: Date) -> Timestamp {
    let next = day.saturating_add(1.day()).to_zoned(TimeZone::fixed(BUSINESS_OFFSET));
    next.map_or(Timestamp::MAX, |midnight| midnight.timestamp())
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
        moved.extend(answers.into_iter().filter_map(Result::ok));
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    #[test]
    fn a_day_is_over_at_midnight_in_china() {
        assert_eq!(end_of(date(2026, 4, 1)).to_string(), "2026-04-01T16:00:00Z");
        assert_eq!(day_of("2026-04-01T15:59:59Z".parse().unwrap()), date(2026, 4, 1));
        assert_eq!(day_of("2026-04-01T16:00:00Z".parse().unwrap()), date(2026, 4, 2));
    }
}
