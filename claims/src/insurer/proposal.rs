//! What takes two people: one proposes, another approves, and with the approval it is done.
//!
//! Approving locks the insurer's row, checks again what was checked when it was proposed, and writes the end of the
//! proposal and what comes of it in one transaction; the database takes what comes of it only with an approved end.
//! A limit in the ledger is changed last: that takes the head.

use deadpool_postgres::{Client, Transaction};
use dianfu_ledger::clock;
use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::registration::in_range;
use crate::sql;

use super::dispute::{self, DisputeNo};
use super::refusal::{InsurerRefusal, check_text, check_two, unknown};
use super::stage::{StageAct, next, stage};
use super::terms::{ContractTerms, in_force};
use super::{Insurer, credit_line};

/// What may be proposed. Amounts in minor units of the insurer's currency.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "act", rename_all = "snake_case", deny_unknown_fields)]
pub enum Act {
    /// The insurer goes live.
    GoLive,
    /// Its suspension is lifted.
    Lift,
    /// The contract is over.
    Close,
    /// The next version of its contract terms.
    Terms {
        /// Its first day.
        effective_from: Date,
        /// What it says.
        terms: Box<ContractTerms>,
    },
    /// Another credit line, from now on.
    CreditLine {
        /// The most that may be committed, advanced, due and disputed together.
        max_minor: i64,
    },
    /// How a dispute ends. The claim's own event moves the money.
    EndDispute {
        /// The dispute.
        dispute_no: DisputeNo,
        /// What the insurer owes after all; nothing if the dispute is lost.
        won_minor: i64,
    },
}

impl Act {
    /// The word for it, in the database and at every edge.
    pub fn word(&self) -> &'static str {
        match self {
            Act::GoLive => "go_live",
            Act::Lift => "lift",
            Act::Close => "close",
            Act::Terms { .. } => "terms",
            Act::CreditLine { .. } => "credit_line",
            Act::EndDispute { .. } => "end_dispute",
        }
    }

    fn stage_act(&self) -> Option<StageAct> {
        match self {
            Act::GoLive => Some(StageAct::GoLive),
            Act::Lift => Some(StageAct::Lift),
            Act::Close => Some(StageAct::Close),
            Act::Terms { .. } | Act::CreditLine { .. } | Act::EndDispute { .. } => None,
        }
    }
}

/// A proposal on record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Proposal {
    /// From 1 for each insurer.
    pub proposal_no: i32,
    /// What is proposed.
    pub act: Act,
    /// Why.
    pub reason: String,
    /// By whom.
    pub proposed_by: String,
    /// When.
    pub proposed_at: Timestamp,
    /// How it ended, once it has.
    pub end: Option<ProposalEnd>,
}

/// How a proposal ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ProposalEnd {
    /// Whether it was approved; otherwise it was withdrawn.
    pub approved: bool,
    /// Why.
    pub reason: String,
    /// By whom.
    pub ended_by: String,
    /// When.
    pub ended_at: Timestamp,
}

/// Proposes something and answers the proposal's number. The same again by the same person, while it is open, is the
/// same proposal.
pub async fn propose(
    client: &mut Client,
    insurer: &PartyNo,
    act: &Act,
    (reason, actor): (&str, &str),
    now: Timestamp,
) -> Result<Result<i32, InsurerRefusal>, Error> {
    if let Err(refusal) = check_text("actor", actor).and_then(|()| check_text("reason", reason)) {
        return Ok(Err(refusal));
    }
    let tx = client.transaction().await?;
    let Some(known) = sql::insurers::lock(&tx, insurer).await? else {
        return Ok(Err(unknown("insurer", insurer.as_str())));
    };
    if let Err(refusal) = check(&tx, &known, act, clock::date_of(now)).await? {
        return Ok(Err(refusal));
    }
    let proposals = sql::insurers::proposals::proposals(&tx, insurer).await?;
    let is_same = |known: &&Proposal| known.end.is_none() && known.act == *act && known.proposed_by == actor;
    if let Some(known) = proposals.iter().find(is_same) {
        return Ok(Ok(known.proposal_no));
    }
    let proposal_no = proposals.last().map_or(0, |last| last.proposal_no) + 1;
    sql::insurers::proposals::insert_proposal(&tx, insurer, proposal_no, act, (reason, actor), now).await?;
    tx.commit().await?;
    Ok(Ok(proposal_no))
}

/// Approves a proposal as another person, and does what it says. The same again by the same person is fine.
pub async fn approve(
    client: &mut Client,
    insurer: &PartyNo,
    proposal_no: i32,
    (reason, actor): (&str, &str),
    now: Timestamp,
) -> Result<Result<(), InsurerRefusal>, Error> {
    end(client, insurer, proposal_no, true, (reason, actor), now).await
}

/// Withdraws a proposal; whoever made it may do so, too. Nothing comes of it. The same again is fine.
pub async fn withdraw(
    client: &mut Client,
    insurer: &PartyNo,
    proposal_no: i32,
    (reason, actor): (&str, &str),
    now: Timestamp,
) -> Result<Result<(), InsurerRefusal>, Error> {
    end(client, insurer, proposal_no, false, (reason, actor), now).await
}

async fn end(
    client: &mut Client,
    insurer: &PartyNo,
    proposal_no: i32,
    approved: bool,
    (reason, actor): (&str, &str),
    now: Timestamp,
) -> Result<Result<(), InsurerRefusal>, Error> {
    if let Err(refusal) = check_text("actor", actor).and_then(|()| check_text("reason", reason)) {
        return Ok(Err(refusal));
    }
    let tx = client.transaction().await?;
    let Some(known) = sql::insurers::lock(&tx, insurer).await? else {
        return Ok(Err(unknown("insurer", insurer.as_str())));
    };
    let proposals = sql::insurers::proposals::proposals(&tx, insurer).await?;
    let Some(proposal) = proposals.iter().find(|proposal| proposal.proposal_no == proposal_no) else {
        return Ok(Err(unknown("proposal", &proposal_no.to_string())));
    };
    if let Err(refusal) = if approved { check_two(&proposal.proposed_by, actor) } else { Ok(()) } {
        return Ok(Err(refusal));
    }
    if let Some(end) = &proposal.end {
        let ended = InsurerRefusal::ProposalEnded { proposal_no, approved: end.approved };
        return Ok(if end.approved == approved && end.ended_by == actor { Ok(()) } else { Err(ended) });
    }
    let end = ProposalEnd { approved, reason: reason.to_owned(), ended_by: actor.to_owned(), ended_at: now };
    if !approved {
        sql::insurers::proposals::insert_end(&tx, insurer, proposal, &end).await?;
        tx.commit().await?;
        return Ok(Ok(()));
    }
    if let Err(refusal) = check(&tx, &known, &proposal.act, clock::date_of(now)).await? {
        return Ok(Err(refusal));
    }
    sql::insurers::proposals::insert_end(&tx, insurer, proposal, &end).await?;
    if let Err(refusal) = take_effect(&tx, &known, proposal, &end).await? {
        return Ok(Err(refusal));
    }
    tx.commit().await?;
    Ok(Ok(()))
}

/// Whether an act may be done as everything stands; the insurer's row is locked.
async fn check(
    tx: &Transaction<'_>,
    insurer: &Insurer,
    act: &Act,
    on: Date,
) -> Result<Result<(), InsurerRefusal>, Error> {
    let number = &insurer.insurer_no;
    if let Some(stage_act) = act.stage_act() {
        let steps = sql::insurers::standing::steps(tx, &[number.as_str()]).await?;
        let view = stage(steps.get(number).map_or(&[], Vec::as_slice));
        if next(view.stage, stage_act).is_none() {
            let (insurer, stage, act) = (number.to_string(), view.stage, act.word());
            return Ok(Err(InsurerRefusal::NotInThisStage { insurer, stage, act }));
        }
    }
    match act {
        Act::GoLive | Act::Lift => check_papers(tx, number, on).await,
        Act::Close => credit_line::check_nothing_open(tx, insurer).await,
        Act::Terms { effective_from, terms } => {
            if let Err(refusal) = terms.check() {
                return Ok(Err(refusal.into()));
            }
            let versions = sql::insurers::standing::terms(tx, &[number.as_str()]).await?;
            let last = versions.get(number).and_then(|versions| versions.iter().max_by_key(|known| known.version));
            let earliest = last.map_or(Date::MIN, |last| last.effective_from);
            let effective_from = *effective_from;
            let out_of_order = InsurerRefusal::TermsOutOfOrder { earliest, effective_from };
            Ok(if effective_from < earliest { Err(out_of_order) } else { Ok(()) })
        }
        Act::CreditLine { max_minor } => Ok(in_range("credit_line", *max_minor, 0, i64::MAX).map_err(Into::into)),
        Act::EndDispute { dispute_no, won_minor } => dispute::check_end(tx, number, dispute_no, *won_minor).await,
    }
}

/// All papers are accepted and none has expired, and there are terms in force.
async fn check_papers(tx: &Transaction<'_>, insurer: &PartyNo, on: Date) -> Result<Result<(), InsurerRefusal>, Error> {
    let unmet = sql::insurers::papers::papers(tx, insurer).await?.unmet(on);
    if !unmet.is_empty() {
        return Ok(Err(InsurerRefusal::ChecklistOpen(unmet)));
    }
    let versions = sql::insurers::standing::terms(tx, &[insurer.as_str()]).await?;
    let terms = versions.get(insurer).and_then(|versions| in_force(versions, on));
    Ok(if terms.is_none() { Err(InsurerRefusal::TermsMissing { on }) } else { Ok(()) })
}

/// Does what a proposal says; its end is written.
async fn take_effect(
    tx: &Transaction<'_>,
    insurer: &Insurer,
    proposal: &Proposal,
    end: &ProposalEnd,
) -> Result<Result<(), InsurerRefusal>, Error> {
    let number = &insurer.insurer_no;
    match &proposal.act {
        Act::GoLive | Act::Lift | Act::Close => {
            let act = proposal.act.stage_act().expect("these acts lead from stage to stage");
            let by = sql::insurers::standing::By { proposal_no: Some(proposal.proposal_no), actor: &end.ended_by };
            sql::insurers::standing::insert_step(tx, number, act, (&proposal.reason, by), end.ended_at).await?;
        }
        Act::Terms { effective_from, terms } => {
            let (proposal_no, recorded_at) = (proposal.proposal_no, end.ended_at);
            sql::insurers::standing::insert_terms(tx, number, *effective_from, terms, proposal_no, recorded_at).await?;
        }
        Act::CreditLine { max_minor } => {
            let people = (Some(proposal.proposed_by.as_str()), end.ended_by.as_str());
            return credit_line::set(tx, insurer, *max_minor, people, &proposal.reason).await;
        }
        Act::EndDispute { dispute_no, won_minor } => {
            dispute::end(tx, dispute_no, *won_minor, proposal, end).await?;
        }
    }
    Ok(Ok(()))
}
