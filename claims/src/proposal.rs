//! What takes two people: one proposes a command, another accepts it, and then it is applied; nobody accepts what he
//! has proposed, and the database says so.
//!
//! A proposal is tried when it is made, and what it would post is shown; nothing of it is kept but the proposal. It is
//! decided once. To accept it is one transaction with what it brings about, and can be repeated: the second time
//! answers what the first has done. A ruling that is proposed is a task of the review queue for a second person, until
//! it is decided or its claim has moved on.

use std::collections::BTreeMap;

use deadpool_postgres::{Client, Transaction};
use dianfu_ledger::Ledger;
use jiff::Timestamp;
use uuid::Uuid;

use crate::apply::{Attempt, attempt, complete_journals};
use crate::claim::{ClaimNo, State};
use crate::command::Command;
use crate::decide::Applied;
use crate::error::Error;
use crate::event::EventKind;
use crate::refusal::{Reason, Refusal};
use crate::review_queue::{self, task::QueueRefusal};
use crate::sql;

/// Who a proposal is tried with in the place of the second person, who is not known yet.
const ANYBODY: &str = "system:second-person";

/// A proposal as it is on record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proposal {
    /// Given by who proposes, so that a retry finds it.
    pub proposal_id: Uuid,
    /// What is proposed.
    pub command: Command,
    /// Who proposes it.
    pub made_by: String,
    /// When.
    pub made_at: Timestamp,
    /// What has become of it; `None` while it waits.
    pub decision: Option<ProposalDecision>,
}

/// What has become of a proposal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProposalDecision {
    /// Whether it was accepted.
    pub accepted: bool,
    /// By whom; who has proposed it can only take it back.
    pub decided_by: String,
    /// When.
    pub decided_at: Timestamp,
    /// Why.
    pub reason: String,
}

/// Proposes a command that takes two people, or that the rules ask a second person for. Answers what it would do now.
/// The same again is fine; another command under the same id is a conflict. There is a claim before something is
/// proposed of it.
pub async fn propose(
    ledger: &Ledger,
    client: &mut Client,
    proposal_id: Uuid,
    command: &Command,
    actor: &str,
    now: Timestamp,
) -> Result<Result<Applied, Refusal>, Error> {
    complete_journals(client).await?;
    let refuse = |reason: Reason| reason.refuse(&command.claim_no, None, command.kind());
    if command.kind() == EventKind::TakenIn {
        return Ok(Err(refuse(Reason::ClaimUnknown)));
    }
    let tx = client.transaction().await?;
    let second = second_person(&tx, command, now).await?;
    let tried = attempt_one(ledger, &tx, &command.clone().checked_by(&second), actor, now).await?;
    tx.rollback().await?;
    let applied = match tried {
        Ok(applied) => applied,
        Err(refusal) => return Ok(Err(refusal)),
    };
    let tx = client.transaction().await?;
    let proposal =
        Proposal { proposal_id, command: command.clone(), made_by: actor.to_owned(), made_at: now, decision: None };
    if !sql::proposals::insert(&tx, &proposal).await? {
        let first = sql::proposals::lock(&tx, proposal_id).await?;
        let is_same = first.is_some_and(|first| first.command == *command && first.made_by == actor);
        return Ok(if is_same { Ok(applied) } else { Err(refuse(Reason::AlreadyProposed)) });
    }
    if let Err(reason) = hand_on(&tx, command, actor, now).await? {
        return Ok(Err(refuse(reason)));
    }
    tx.commit().await?;
    Ok(Ok(applied))
}

/// Who a proposal is tried with as the second person: who has the claim's task for one, else anybody.
async fn second_person(tx: &Transaction<'_>, command: &Command, now: Timestamp) -> Result<String, Error> {
    if !command.is_ruling() {
        return Ok(ANYBODY.to_owned());
    }
    sql::claims::lock_claims(tx, &[command.claim_no.as_str()]).await?;
    let second = review_queue::second_of(tx, &command.claim_no, now).await?;
    Ok(second.unwrap_or_else(|| ANYBODY.to_owned()))
}

/// A ruling that is proposed waits for a second person in the queue of those who review. If the claim has moved since
/// the proposal was tried, its task is no longer open.
async fn hand_on(
    tx: &Transaction<'_>,
    command: &Command,
    actor: &str,
    now: Timestamp,
) -> Result<Result<(), Reason>, Error> {
    if !command.is_ruling() {
        return Ok(Ok(()));
    }
    let claims = sql::claims::lock_claims(tx, &[command.claim_no.as_str()]).await?;
    let Some(claim) = claims.get(&command.claim_no) else { return Ok(Err(Reason::ClaimUnknown)) };
    if claim.state != State::PreReview {
        return Ok(Err(Reason::NotInThisState));
    }
    Ok(review_queue::hand_on_in(tx, claim, actor, now).await?.map_err(Reason::from))
}

/// Accepts a proposal: applies it, checked by who accepts, who is not who made it.
pub async fn accept(
    ledger: &Ledger,
    client: &mut Client,
    proposal_id: Uuid,
    (actor, reason): (&str, &str),
    now: Timestamp,
) -> Result<Result<Applied, ProposalRefusal>, Error> {
    complete_journals(client).await?;
    let tx = client.transaction().await?;
    let Some(proposal) = sql::proposals::lock(&tx, proposal_id).await? else {
        return Ok(Err(ProposalRefusal::Unknown));
    };
    let is_replay = proposal.decision.as_ref().is_some_and(|first| first.accepted && first.decided_by == actor);
    if proposal.decision.is_some() && !is_replay {
        return Ok(Err(ProposalRefusal::Decided));
    }
    let command = proposal.command.clone().checked_by(actor);
    if proposal.made_by == actor {
        let refusal = Reason::SamePerson { person: actor.to_owned() }.refuse(&command.claim_no, None, command.kind());
        return Ok(Err(ProposalRefusal::Claim(refusal)));
    }
    let applied = match attempt_one(ledger, &tx, &command, &proposal.made_by, now).await? {
        Ok(applied) => applied,
        Err(refusal) => return Ok(Err(ProposalRefusal::Claim(refusal))),
    };
    if !is_replay {
        let decision = decision(true, actor, reason, now);
        sql::proposals::decide(&tx, proposal_id, &decision).await?;
        tx.commit().await?;
    }
    Ok(Ok(applied))
}

/// Turns a proposal down, or takes it back.
pub async fn turn_down(
    client: &mut Client,
    proposal_id: Uuid,
    (actor, reason): (&str, &str),
    now: Timestamp,
) -> Result<Result<(), ProposalRefusal>, Error> {
    let tx = client.transaction().await?;
    let Some(proposal) = sql::proposals::lock(&tx, proposal_id).await? else {
        return Ok(Err(ProposalRefusal::Unknown));
    };
    match proposal.decision {
        Some(first) if !first.accepted && first.decided_by == actor => return Ok(Ok(())),
        Some(_) => return Ok(Err(ProposalRefusal::Decided)),
        None => {}
    }
    sql::proposals::decide(&tx, proposal_id, &decision(false, actor, reason, now)).await?;
    if proposal.command.is_ruling() {
        let claim_no = &proposal.command.claim_no;
        sql::claims::lock_claims(&tx, &[claim_no.as_str()]).await?;
        let is_taken_back = proposal.made_by == actor;
        if let Err(refusal) = review_queue::hand_back_in(&tx, claim_no, (actor, is_taken_back), now).await? {
            return Ok(Err(ProposalRefusal::Task(refusal)));
        }
    }
    tx.commit().await?;
    Ok(Ok(()))
}

/// Proposals that wait, oldest first, of one claim or of all; after a moment and an id, for the next page.
pub async fn waiting(
    client: &mut Client,
    claim_no: Option<&ClaimNo>,
    after: (Timestamp, Uuid),
    limit: i64,
) -> Result<Vec<Proposal>, Error> {
    let tx = client.transaction().await?;
    sql::proposals::waiting(&tx, claim_no, after, limit).await
}

/// A proposal as it is on record; `None` if there is no such proposal.
pub async fn look_up(client: &mut Client, proposal_id: Uuid) -> Result<Option<Proposal>, Error> {
    let tx = client.transaction().await?;
    sql::proposals::lock(&tx, proposal_id).await
}

/// Why a proposal cannot be decided.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ProposalRefusal {
    /// There is no such proposal.
    #[error("there is no such proposal")]
    Unknown,
    /// It was decided before, otherwise or by somebody else.
    #[error("the proposal is decided already")]
    Decided,
    /// Somebody else reviews it as the second person.
    #[error(transparent)]
    Task(QueueRefusal),
    /// What it brings about is refused.
    #[error(transparent)]
    Claim(Refusal),
}

impl ProposalRefusal {
    /// Stable code, the same at every edge.
    pub fn code(&self) -> &'static str {
        match self {
            ProposalRefusal::Unknown => "proposal_unknown",
            ProposalRefusal::Decided => "proposal_decided",
            ProposalRefusal::Task(refusal) => refusal.code(),
            ProposalRefusal::Claim(refusal) => refusal.code(),
        }
    }
}

fn decision(accepted: bool, actor: &str, reason: &str, now: Timestamp) -> ProposalDecision {
    ProposalDecision { accepted, decided_by: actor.to_owned(), decided_at: now, reason: reason.to_owned() }
}

/// Applies one command inside the caller's transaction.
async fn attempt_one(
    ledger: &Ledger,
    tx: &Transaction<'_>,
    command: &Command,
    actor: &str,
    now: Timestamp,
) -> Result<Result<Applied, Refusal>, Error> {
    let commands = std::slice::from_ref(command);
    match attempt(ledger, tx, commands, &BTreeMap::new(), actor, now).await? {
        Attempt::Applied(answers) => answers.into_iter().next().ok_or_else(|| Error::Corrupt("no answer".to_owned())),
        Attempt::Again(refused) => {
            let reason = refused.into_values().next().map_or(Reason::StaleJournals, Reason::Ledger);
            Ok(Err(reason.refuse(&command.claim_no, None, command.kind())))
        }
    }
}
