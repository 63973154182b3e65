//! Decides a batch of commands in order, purely, on what is known of their claims.
//!
//! A refused command changes nothing and never fails its neighbours. A fact that is on record gets its first answer
//! again, or a conflict that names what differs. What a command brings about is a [`Step`]; writing it is another's
//! work.

use std::collections::{BTreeMap, HashMap};

use dianfu_ledger::Rejection;
use dianfu_ledger::entry::NewEntry;
use dianfu_settlement::difference::difference;
use dianfu_settlement::journals::Journals;
use dianfu_settlement::payable::NewPayable;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use uuid::Uuid;

use crate::claim::{Claim, ClaimNo, NewClaim, State};
use crate::command::{self, Command, Request};
use crate::event::{Bearer, Event, EventKind};
use crate::intake;
use crate::journal_map;
use crate::prereview::Decision;
use crate::refusal::{Reason, Refusal};
use crate::review::ReviewBook;
use crate::standing::Outstanding;
use crate::state::next;

/// An event as it is on record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RecordedEvent {
    /// Its number.
    pub event_no: i32,
    /// What happened.
    pub event: Event,
    /// The state before; `None` for the first event.
    pub from: Option<State>,
    /// The state after.
    pub to: State,
    /// The day on which it counts.
    pub on: Date,
    /// Why.
    pub reason: String,
    /// SHA-256 of the document that proves it.
    pub evidence_sha256: Option<[u8; 32]>,
    /// The entries posted with it.
    pub entry_ids: Vec<Uuid>,
    /// Who told it.
    pub actor: String,
    /// When it was recorded.
    pub recorded_at: Timestamp,
}

/// What a command has come to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Applied {
    /// The claim.
    pub claim_no: ClaimNo,
    /// Number of the event; of the last one if nothing happened.
    pub event_no: i32,
    /// The state before; `None` for a claim that was taken in.
    pub from: Option<State>,
    /// The state after.
    pub to: State,
    /// The entries posted with it, in order.
    pub entry_ids: Vec<Uuid>,
    /// Whether this call changed nothing: it was on record, or a look at the ledger brought no news.
    pub replayed: bool,
}

/// What a command brings about, to be written.
#[derive(Debug)]
pub struct Step {
    /// The command, by its place in the batch.
    pub at: usize,
    /// The claim after the event.
    pub claim: Claim,
    /// The state before; `None` for a claim that is taken in.
    pub from: Option<State>,
    /// What happened.
    pub event: Event,
    /// The name under which the claim remembers it.
    pub fact: String,
    /// The day on which it counts.
    pub on: Date,
    /// Why.
    pub reason: String,
    /// SHA-256 of the document that proves it.
    pub evidence_sha256: Option<[u8; 32]>,
    /// Who checked it, where it takes two people.
    pub checked_by: Option<String>,
    /// What it posts: one linked run.
    pub entries: Vec<NewEntry>,
    /// The payables it raises.
    pub payables: Vec<NewPayable>,
    /// What pre-review decided.
    pub decision: Option<Decision>,
}

impl Step {
    /// The ids of its entries, in order.
    pub fn entry_ids(&self) -> Vec<Uuid> {
        self.entries.iter().map(|entry| entry.id).collect()
    }
}

/// What is known before a batch is decided.
#[derive(Debug, Default)]
pub struct Known {
    /// The claims, locked.
    pub claims: HashMap<ClaimNo, Claim>,
    /// What is on record under the names that the batch tells.
    pub facts: HashMap<(ClaimNo, String), RecordedEvent>,
    /// What reviews, and claims to be taken in, need to know.
    pub book: ReviewBook,
    /// The templates of a claim's journals that are in force.
    pub journals: Journals,
    /// What stands in the ledger, of claims on which an order is to be paid less.
    pub outstanding: HashMap<ClaimNo, Outstanding>,
}

/// Everything a batch decides.
#[derive(Debug, Default)]
pub struct Decided {
    /// One a command, in order.
    pub answers: Vec<Result<Applied, Refusal>>,
    /// What to write, in order.
    pub steps: Vec<Step>,
}

/// Decides commands in order. `refused_by_ledger` are those, by place, whose entries the ledger has refused.
pub fn decide(
    known: &mut Known,
    commands: &[Command],
    refused_by_ledger: &BTreeMap<usize, Rejection>,
    actor: &str,
    now: Timestamp,
) -> Decided {
    let mut decided = Decided::default();
    for (at, command) in commands.iter().enumerate() {
        let state = known.claims.get(&command.claim_no).map(|claim| claim.state);
        let outcome = match refused_by_ledger.get(&at) {
            Some(rejection) => Err(Reason::Ledger(rejection.clone())),
            None => one(known, at, command, actor, now),
        };
        let answer = match outcome {
            Ok(Outcome::Step(step)) => {
                let applied = applied(&step);
                known.remember(&step, actor, now);
                decided.steps.push(*step);
                Ok(applied)
            }
            Ok(Outcome::Nothing(applied)) => Ok(applied),
            Err(reason) => Err(reason.refuse(&command.claim_no, state, command.kind())),
        };
        decided.answers.push(answer);
    }
    decided
}

enum Outcome {
    Step(Box<Step>),
    Nothing(Applied),
}

fn one(known: &mut Known, at: usize, command: &Command, actor: &str, now: Timestamp) -> Result<Outcome, Reason> {
    if let Some(first) = on_record(known, command)? {
        return Ok(Outcome::Nothing(first));
    }
    command::check(command, actor)?;
    if let Request::Tell(Event::TakenIn(intake)) = &command.request {
        let claim = take_in(known, command, intake, now)?;
        let event = Event::TakenIn(intake.clone());
        return Ok(Outcome::Step(Box::new(step(at, command, claim, None, event, None))));
    }
    let claim = known.claims.get(&command.claim_no).ok_or(Reason::ClaimUnknown)?;
    let (event, decision) = match &command.request {
        Request::Tell(event) => (event.clone(), None),
        Request::Review if claim.state.accepts().contains(&EventKind::PreReviewed) => {
            let decision = known.book.review(claim, command.on)?;
            (Event::PreReviewed(decision.verdict.clone()), Some(decision))
        }
        Request::Review => return Err(Reason::NotInThisState),
    };
    order_is_open(claim, &event, known.outstanding.get(&command.claim_no))?;
    let transition = next(claim, &event, command.on).map_err(|refusal| refusal.reason)?;
    if event.kind() == EventKind::LedgerRead && transition.to == claim.state {
        return Ok(Outcome::Nothing(unchanged(claim)));
    }
    let after = claim.after(&event, command.on, transition.to);
    let day_and_actor = (command.on, actor);
    let entries = journal_map::entries(&known.journals, &after, &event, day_and_actor, &transition.journals)?;
    let payables = journal_map::payables(&after, &transition.journals, command.on);
    let step = step(at, command, after, Some(claim.state), event, decision);
    Ok(Outcome::Step(Box::new(Step { entries, payables, ..step })))
}

fn step(
    at: usize,
    command: &Command,
    claim: Claim,
    from: Option<State>,
    event: Event,
    decision: Option<Decision>,
) -> Step {
    let fact = command.fact().unwrap_or_else(|| format!("{}/{}", event.kind().word(), claim.event_no));
    Step {
        at,
        claim,
        from,
        event,
        fact,
        on: command.on,
        reason: command.reason.clone(),
        evidence_sha256: command.evidence_sha256,
        checked_by: command.checked_by().map(str::to_owned),
        entries: Vec::new(),
        payables: Vec::new(),
        decision,
    }
}

/// The first answer to a command whose fact is on record with the same content. A review has no content of its own.
fn on_record(known: &Known, command: &Command) -> Result<Option<Applied>, Reason> {
    let Some(fact) = command.fact() else { return Ok(None) };
    let Some(first) = known.facts.get(&(command.claim_no.clone(), fact)) else { return Ok(None) };
    if let Request::Tell(event) = &command.request {
        let recorded = Content::of(&first.event, first.on, first.evidence_sha256);
        let told = Content::of(event, command.on, command.evidence_sha256);
        if let Some(difference) = difference(&recorded, &told) {
            return Err(Reason::Conflict(difference));
        }
    }
    Ok(Some(Applied {
        claim_no: command.claim_no.clone(),
        event_no: first.event_no,
        from: first.from,
        to: first.to,
        entry_ids: first.entry_ids.clone(),
        replayed: true,
    }))
}

/// What makes a fact the same fact: not who tells it, and not in which words.
#[derive(Serialize)]
struct Content<'a> {
    #[serde(flatten)]
    event: &'a Event,
    on: Date,
    evidence_sha256: Option<String>,
}

impl Content<'_> {
    fn of(event: &Event, on: Date, evidence_sha256: Option<[u8; 32]>) -> Content<'_> {
        let hex = |hash: [u8; 32]| hash.map(|byte| format!("{byte:02x}")).concat();
        Content { event, on, evidence_sha256: evidence_sha256.map(hex) }
    }
}

fn take_in(known: &Known, command: &Command, intake: &NewClaim, now: Timestamp) -> Result<Claim, Reason> {
    if known.claims.contains_key(&command.claim_no) {
        return Err(Reason::NotInThisState);
    }
    intake::check(intake)?;
    let policy = known.book.policies.get(&(intake.insurer.clone(), intake.policy_no.clone()));
    let policy_no = || intake.policy_no.to_string();
    let policy = policy.filter(|policy| policy.patient == intake.patient);
    let policy = policy.ok_or_else(|| Reason::PartyUnknown { what: "policy", number: policy_no() })?;
    let pharmacy_no = || intake.pharmacy.to_string();
    let pharmacy = known.book.pharmacies.get(&intake.pharmacy);
    let pharmacy = pharmacy.ok_or_else(|| Reason::PartyUnknown { what: "pharmacy", number: pharmacy_no() })?;
    let actual = intake.currency;
    if policy.currency != actual {
        let (what, number, expected) = ("policy", policy_no(), policy.currency);
        return Err(Reason::CurrencyDiffers { what, number, expected, actual });
    }
    if pharmacy.currency != actual {
        let (what, number, expected) = ("pharmacy", pharmacy_no(), pharmacy.currency);
        return Err(Reason::CurrencyDiffers { what, number, expected, actual });
    }
    Ok(Claim::taken_in(intake.clone(), now))
}

/// An order is paid less only as far as it is open and no payout carries it.
fn order_is_open(claim: &Claim, event: &Event, outstanding: Option<&Outstanding>) -> Result<(), Reason> {
    let Event::ShortfallAssigned { bearer: Bearer::PharmacyUnpaidOrder, amount_minor, .. } = event else {
        return Ok(());
    };
    let (open_minor, in_flight) = outstanding.map_or((0, false), |seen| (seen.payable_minor, seen.in_flight));
    if !in_flight && *amount_minor <= open_minor {
        return Ok(());
    }
    Err(Reason::OrderNotOpen { open: claim.money(open_minor), in_flight, wanted: claim.money(*amount_minor) })
}

fn applied(step: &Step) -> Applied {
    Applied {
        claim_no: step.claim.claim_no().clone(),
        event_no: step.claim.event_no,
        from: step.from,
        to: step.claim.state,
        entry_ids: step.entry_ids(),
        replayed: false,
    }
}

fn unchanged(claim: &Claim) -> Applied {
    Applied {
        claim_no: claim.claim_no().clone(),
        event_no: claim.event_no,
        from: Some(claim.state),
        to: claim.state,
        entry_ids: Vec::new(),
        replayed: true,
    }
}

impl Known {
    /// Later commands of the batch see what this step brought about.
    fn remember(&mut self, step: &Step, actor: &str, now: Timestamp) {
        let claim_no = step.claim.claim_no();
        if let Event::ShortfallAssigned { bearer: Bearer::PharmacyUnpaidOrder, amount_minor, .. } = &step.event
            && let Some(outstanding) = self.outstanding.get_mut(claim_no)
        {
            outstanding.payable_minor -= amount_minor;
        }
        let recorded = RecordedEvent {
            event_no: step.claim.event_no,
            event: step.event.clone(),
            from: step.from,
            to: step.claim.state,
            on: step.on,
            reason: step.reason.clone(),
            evidence_sha256: step.evidence_sha256,
            entry_ids: step.entry_ids(),
            actor: actor.to_owned(),
            recorded_at: now,
        };
        self.facts.insert((claim_no.clone(), step.fact.clone()), recorded);
        self.claims.insert(claim_no.clone(), step.claim.clone());
    }
}
