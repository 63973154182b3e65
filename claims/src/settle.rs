//! Moves claims on behind the insurer's decision, by what the ledger says is outstanding, until they are closed.
//!
//! Safe to run at any time, by any number of processes, and again: it takes no input but the books, and a look that
//! brings no news writes nothing. A claim is closed under the head lock, so that no item can be opened between the look
//! and the closing.

use std::collections::BTreeMap;

use deadpool_postgres::Client;
use dianfu_ledger::Ledger;
use dianfu_ledger::journal::sql::lock_head;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::apply::{Attempt, COMMANDS_MAX, attempt};
use crate::claim::{Claim, ClaimNo};
use crate::command::Command;
use crate::decide::Applied;
use crate::error::Error;
use crate::event::{Event, EventKind};
use crate::look::look;
use crate::refusal::{Reason, Refusal};
use crate::sql;
use crate::standing::standing;

/// Claims that are looked at in one go: each has about a dozen accounts to look at.
const CLAIMS_PER_LOOK: i64 = 500;
/// The longest way that one look at a time can lead: PARTIAL, RECOVERED, CLOSED, and a last look that brings no news.
const LOOKS_MAX: usize = 3;

/// Looks at these claims, closed ones too, and moves them on: one answer a claim with what came of its last move.
pub async fn settle(
    ledger: &Ledger,
    client: &mut Client,
    claims: &[ClaimNo],
    (on, actor): (Date, &str),
    now: Timestamp,
) -> Result<Vec<Result<Applied, Refusal>>, Error> {
    let mut answers = Vec::with_capacity(claims.len());
    for chunk in claims.chunks(COMMANDS_MAX) {
        answers.extend(settle_chunk(ledger, client, chunk, (on, actor), now).await?);
    }
    Ok(answers)
}

/// Looks at every claim that is not closed and moves on those whose items have changed; answers those that moved.
pub async fn settle_open(
    ledger: &Ledger,
    client: &mut Client,
    (on, actor): (Date, &str),
    now: Timestamp,
) -> Result<Vec<Applied>, Error> {
    let mut moved = Vec::new();
    let mut after = String::new();
    loop {
        // A first look without locks: most claims wait for others, and the head is wanted by those who post.
        let tx = client.transaction().await?;
        let claims = sql::claims::unsettled(&tx, &after, CLAIMS_PER_LOOK).await?;
        let Some(last) = claims.last() else { return Ok(moved) };
        after = last.claim_no().to_string();
        let seen = look(&tx, &claims.iter().collect::<Vec<&Claim>>()).await?;
        tx.rollback().await?;
        let has_news = |claim: &&Claim| {
            seen.get(claim.claim_no()).and_then(|open| standing(claim, open)).is_some_and(|to| to != claim.state)
        };
        let news: Vec<ClaimNo> = claims.iter().filter(has_news).map(|claim| claim.claim_no().clone()).collect();
        let answers = settle(ledger, client, &news, (on, actor), now).await?;
        moved.extend(answers.into_iter().filter(has_moved).filter_map(Result::ok));
    }
}

async fn settle_chunk(
    ledger: &Ledger,
    client: &mut Client,
    claims: &[ClaimNo],
    (on, actor): (Date, &str),
    now: Timestamp,
) -> Result<Vec<Result<Applied, Refusal>>, Error> {
    let mut answers = settle_once(ledger, client, claims, (on, actor), now).await?;
    let mut news = answers.iter().any(has_moved);
    for _ in 1..LOOKS_MAX {
        if !news {
            break;
        }
        let latest = settle_once(ledger, client, claims, (on, actor), now).await?;
        news = latest.iter().any(has_moved);
        for (answer, latest) in answers.iter_mut().zip(latest).filter(|(_, latest)| has_moved(latest)) {
            *answer = latest;
        }
    }
    Ok(answers)
}

fn has_moved(answer: &Result<Applied, Refusal>) -> bool {
    answer.as_ref().is_ok_and(|applied| !applied.replayed)
}

async fn settle_once(
    ledger: &Ledger,
    client: &mut Client,
    claims: &[ClaimNo],
    (on, actor): (Date, &str),
    now: Timestamp,
) -> Result<Vec<Result<Applied, Refusal>>, Error> {
    let tx = client.transaction().await?;
    let numbers: Vec<&str> = claims.iter().map(ClaimNo::as_str).collect();
    let locked = sql::claims::lock_claims(&tx, &numbers).await?;
    lock_head(&tx).await?;
    let seen = look(&tx, &locked.values().collect::<Vec<&Claim>>()).await?;
    let known: Vec<&ClaimNo> = claims.iter().filter(|claim_no| seen.contains_key(claim_no)).collect();
    let tell = |claim_no: &&ClaimNo| Command::tell((*claim_no).clone(), Event::LedgerRead(seen[*claim_no]), on);
    let commands: Vec<Command> = known.iter().map(tell).collect();
    let Attempt::Applied(applied) = attempt(ledger, &tx, &commands, &BTreeMap::new(), actor, now).await? else {
        return Err(Error::Corrupt("a look at the ledger posts nothing and takes in no claim".to_owned()));
    };
    tx.commit().await?;
    let mut applied = applied.into_iter();
    let mut answer = |claim_no: &ClaimNo| {
        let unknown = || Err(Reason::ClaimUnknown.refuse(claim_no, None, EventKind::LedgerRead));
        if seen.contains_key(claim_no) { applied.next() } else { Some(unknown()) }
    };
    Ok(claims.iter().filter_map(&mut answer).collect())
}
