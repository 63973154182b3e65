//! Disputes with an insurer: a part of a claim that it will not pay and that we do not take from it.
//!
//! A dispute is a record with states; the money stays on 1109 meanwhile and is moved by the claim's own events once the
//! dispute has ended (J10d what is won, J10a to J10c the rest). Disputes of a claim never come to more than is open on
//! its 1109. An end is proposed and approved by two people ([`super::proposal::Act::EndDispute`]).

use deadpool_postgres::{Client, Transaction};
use dianfu_ledger::money::{Currency, Money};
use dianfu_ledger::query;
use dianfu_settlement::chart::SHORTFALL;
use dianfu_settlement::number::PartyNo;
use dianfu_settlement::number_type;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;

use crate::claim::ClaimNo;
use crate::error::Error;
use crate::registration::{in_range, same};
use crate::sql;

use super::proposal::{Proposal, ProposalEnd};
use super::refusal::{InsurerRefusal, check_text, unknown};

number_type!(
    /// A dispute, under a number of ours.
    DisputeNo,
    "a dispute number",
    40
);

/// The most disputes with one insurer that are listed as not over.
pub const RUNNING_MAX: i64 = 1_000;

/// Where a dispute stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DisputeState {
    /// The insurer has to answer.
    Open,
    /// It has answered; we have to decide.
    Answered,
    /// It owes what was disputed after all, or a part of it.
    Won,
    /// It does not.
    Lost,
}

impl DisputeState {
    /// Every state.
    pub const ALL: [DisputeState; 4] =
        [DisputeState::Open, DisputeState::Answered, DisputeState::Won, DisputeState::Lost];

    /// The word for it, in the database and at every edge.
    pub fn word(self) -> &'static str {
        match self {
            DisputeState::Open => "OPEN",
            DisputeState::Answered => "ANSWERED",
            DisputeState::Won => "WON",
            DisputeState::Lost => "LOST",
        }
    }

    /// The inverse of [`DisputeState::word`].
    pub fn from_word(word: &str) -> Option<DisputeState> {
        DisputeState::ALL.into_iter().find(|state| state.word() == word)
    }

    /// Whether it is over.
    pub fn is_end(self) -> bool {
        match self {
            DisputeState::Open | DisputeState::Answered => false,
            DisputeState::Won | DisputeState::Lost => true,
        }
    }
}

/// A dispute to be opened.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct NewDispute {
    /// Its number.
    pub dispute_no: DisputeNo,
    /// With whom.
    pub insurer: PartyNo,
    /// About which claim.
    pub claim_no: ClaimNo,
    /// The cause, as a code of the contract's bearer table or of the insurer's.
    pub cause: String,
    /// How much, in minor units of the claim's currency.
    pub amount_minor: i64,
    /// The last day on which the insurer may answer.
    pub due_on: Date,
    /// Why we do not take it.
    pub reason: String,
    /// SHA-256 of what we show.
    pub evidence_sha256: [u8; 32],
}

/// A step on record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DisputeStep {
    /// From 1, without gaps.
    pub step_no: i32,
    /// Where it led to.
    pub to: DisputeState,
    /// What is won, at the end.
    pub won_minor: Option<i64>,
    /// What was said.
    pub reason: String,
    /// SHA-256 of what was shown.
    pub evidence_sha256: Option<[u8; 32]>,
    /// The proposal by which it ended.
    pub proposal_no: Option<i32>,
    /// Who recorded it.
    pub actor: String,
    /// When.
    pub recorded_at: Timestamp,
}

/// A dispute as it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Dispute {
    /// As it was opened.
    pub opened: NewDispute,
    /// The currency of its amounts.
    pub currency: Currency,
    /// Who opened it.
    pub opened_by: String,
    /// When.
    pub opened_at: Timestamp,
    /// What happened since, in order.
    pub steps: Vec<DisputeStep>,
}

impl Dispute {
    /// Where it stands: where its last step led to.
    pub fn state(&self) -> DisputeState {
        self.steps.last().map_or(DisputeState::Open, |step| step.to)
    }

    /// Whether the insurer has not answered in time.
    pub fn is_overdue(&self, on: Date) -> bool {
        self.state() == DisputeState::Open && self.opened.due_on < on
    }
}

/// Opens a dispute. The same again is fine.
pub async fn open(
    client: &mut Client,
    dispute: &NewDispute,
    actor: &str,
    now: Timestamp,
) -> Result<Result<(), InsurerRefusal>, Error> {
    if let Err(refusal) = check(dispute, actor) {
        return Ok(Err(refusal));
    }
    let tx = client.transaction().await?;
    let insurer = dispute.insurer.as_str();
    if sql::insurers::lock(&tx, &dispute.insurer).await?.is_none() {
        return Ok(Err(unknown("insurer", insurer)));
    }
    if let Some(first) = sql::insurers::disputes::dispute(&tx, &dispute.dispute_no).await? {
        let same = same("dispute", dispute.dispute_no.as_str(), &first.opened, dispute);
        return Ok(same.map_err(Into::into));
    }
    let Some((of, currency)) = sql::insurers::disputes::claim(&tx, &dispute.claim_no).await? else {
        return Ok(Err(unknown("claim", dispute.claim_no.as_str())));
    };
    if of != dispute.insurer {
        let (claim_no, insurer) = (dispute.claim_no.to_string(), of.to_string());
        return Ok(Err(InsurerRefusal::ClaimOfAnother { claim_no, insurer }));
    }
    let open_minor = not_disputed(&tx, dispute).await?;
    if dispute.amount_minor > open_minor {
        let [open, wanted] = [open_minor, dispute.amount_minor].map(|minor| Money::new(minor, currency));
        return Ok(Err(InsurerRefusal::DisputeExceedsOpen { open, wanted }));
    }
    sql::insurers::disputes::insert(&tx, dispute, currency, actor, now).await?;
    tx.commit().await?;
    Ok(Ok(()))
}

fn check(dispute: &NewDispute, actor: &str) -> Result<(), InsurerRefusal> {
    check_text("actor", actor)?;
    check_text("cause", &dispute.cause)?;
    check_text("reason", &dispute.reason)?;
    Ok(in_range("amount_minor", dispute.amount_minor, 1, i64::MAX)?)
}

/// What is open on 1109 of the claim, less what disputes that are not over are about.
async fn not_disputed(tx: &Transaction<'_>, dispute: &NewDispute) -> Result<i64, Error> {
    let account = SHORTFALL.of(&dispute.insurer);
    let open = query::outstanding(&**tx, &[(&account, dispute.claim_no.as_str())]).await?;
    let open_minor: i128 = open.iter().map(|item| item.settled_minor).sum();
    let running = sql::insurers::disputes::of_claim(tx, &dispute.claim_no).await?;
    let disputed = running.iter().filter(|known| !known.state().is_end());
    let disputed_minor: i128 = disputed.map(|known| i128::from(known.opened.amount_minor)).sum();
    let left = open_minor - disputed_minor;
    i64::try_from(left).map_err(|_| Error::Corrupt(format!("what is open on {account} is absurd")))
}

/// Puts the insurer's answer on record, with its evidence. The same again is fine.
pub async fn answered(
    client: &mut Client,
    dispute_no: &DisputeNo,
    (reason, evidence_sha256): (&str, [u8; 32]),
    actor: &str,
    now: Timestamp,
) -> Result<Result<(), InsurerRefusal>, Error> {
    if let Err(refusal) = check_text("actor", actor).and_then(|()| check_text("reason", reason)) {
        return Ok(Err(refusal));
    }
    let tx = client.transaction().await?;
    let Some(dispute) = lock(&tx, dispute_no).await? else {
        return Ok(Err(unknown("dispute", dispute_no.as_str())));
    };
    let said = dispute.steps.last().map(|step| (step.to, step.reason.as_str(), step.evidence_sha256));
    if said == Some((DisputeState::Answered, reason, Some(evidence_sha256))) {
        return Ok(Ok(()));
    }
    let state = dispute.state();
    if state.is_end() {
        return Ok(Err(InsurerRefusal::DisputeEnded { dispute_no: dispute_no.to_string(), state }));
    }
    let step = DisputeStep {
        step_no: next_no(&dispute),
        to: DisputeState::Answered,
        won_minor: None,
        reason: reason.to_owned(),
        evidence_sha256: Some(evidence_sha256),
        proposal_no: None,
        actor: actor.to_owned(),
        recorded_at: now,
    };
    sql::insurers::disputes::insert_step(&tx, &dispute, &step).await?;
    tx.commit().await?;
    Ok(Ok(()))
}

/// A dispute as it stands; `None` if there is none of this number.
pub async fn dispute(client: &mut Client, dispute_no: &DisputeNo) -> Result<Option<Dispute>, Error> {
    let tx = client.transaction().await?;
    sql::insurers::disputes::dispute(&tx, dispute_no).await
}

/// Every dispute about a claim, in the order of their numbers.
pub async fn of_claim(client: &mut Client, claim_no: &ClaimNo) -> Result<Vec<Dispute>, Error> {
    let tx = client.transaction().await?;
    sql::insurers::disputes::of_claim(&tx, claim_no).await
}

/// Disputes with an insurer that are not over, those it has to answer first coming first; at most [`RUNNING_MAX`].
pub async fn running(client: &mut Client, insurer: &PartyNo) -> Result<Vec<Dispute>, Error> {
    let tx = client.transaction().await?;
    sql::insurers::disputes::running(&tx, insurer, RUNNING_MAX).await
}

/// A dispute, behind the lock of its insurer's row.
async fn lock(tx: &Transaction<'_>, dispute_no: &DisputeNo) -> Result<Option<Dispute>, Error> {
    let Some(dispute) = sql::insurers::disputes::dispute(tx, dispute_no).await? else { return Ok(None) };
    sql::insurers::lock(tx, &dispute.opened.insurer).await?;
    sql::insurers::disputes::dispute(tx, dispute_no).await
}

/// Whether a dispute may end like this; the insurer's row is locked.
pub(super) async fn check_end(
    tx: &Transaction<'_>,
    insurer: &PartyNo,
    dispute_no: &DisputeNo,
    won_minor: i64,
) -> Result<Result<(), InsurerRefusal>, Error> {
    let dispute = sql::insurers::disputes::dispute(tx, dispute_no).await?;
    let Some(dispute) = dispute.filter(|dispute| dispute.opened.insurer == *insurer) else {
        return Ok(Err(unknown("dispute", dispute_no.as_str())));
    };
    let state = dispute.state();
    if state.is_end() {
        return Ok(Err(InsurerRefusal::DisputeEnded { dispute_no: dispute_no.to_string(), state }));
    }
    Ok(in_range("won_minor", won_minor, 0, dispute.opened.amount_minor).map_err(Into::into))
}

/// Ends a dispute by an approved proposal.
pub(super) async fn end(
    tx: &Transaction<'_>,
    dispute_no: &DisputeNo,
    won_minor: i64,
    proposal: &Proposal,
    end: &ProposalEnd,
) -> Result<(), Error> {
    let dispute = sql::insurers::disputes::dispute(tx, dispute_no).await?;
    let dispute = dispute.ok_or_else(|| Error::Corrupt(format!("dispute {dispute_no} is there and is not")))?;
    let step = DisputeStep {
        step_no: next_no(&dispute),
        to: if won_minor > 0 { DisputeState::Won } else { DisputeState::Lost },
        won_minor: Some(won_minor),
        reason: proposal.reason.clone(),
        evidence_sha256: None,
        proposal_no: Some(proposal.proposal_no),
        actor: end.ended_by.clone(),
        recorded_at: end.ended_at,
    };
    sql::insurers::disputes::insert_step(tx, &dispute, &step).await
}

fn next_no(dispute: &Dispute) -> i32 {
    dispute.steps.last().map_or(0, |step| step.step_no) + 1
}
