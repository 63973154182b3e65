//! Decides a batch of commands in order, purely, on what is known of their claims.
//!
//! A refused command changes nothing and never fails its neighbours. A fact that is on record gets its first answer
//! again, or a conflict that names what differs. What a command brings about is a [`Step`]; writing it is another's
//! work.

mod asked;

use std::collections::{BTreeMap, HashMap};

use dianfu_ledger::Rejection;
use dianfu_ledger::entry::NewEntry;
use dianfu_ledger::money::Currency;
use dianfu_settlement::difference::{Difference, difference};
use dianfu_settlement::journals::Journals;
use dianfu_settlement::number::PartyNo;
use dianfu_settlement::payable::NewPayable;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use uuid::Uuid;

use crate::actor::may_tell;
use crate::benefit::UsedByYear;
use crate::claim::{Claim, ClaimNo, NewClaim, Order, State};
use crate::command::{self, Command, Request};
use crate::coverage::CoverageAnswer;
use crate::event::{Event, EventKind, When};
use crate::insurer::Standing;
use crate::intake;
use crate::journal_map::{self, Posting};
use crate::materials::Completeness;
use crate::prereview::{Decision, Outcome as Judged};
use crate::refusal::{Reason, Refusal};
use crate::review::{self, ReviewBook};
use crate::review_queue::follow::Happened;
use crate::review_queue::moves::TaskMove;
use crate::review_queue::task::Task;
use crate::sql::parties::PolicyKey;
use crate::standing::Outstanding;
use crate::state::{Transition, next};

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
    /// What is used up of the policy, if pre-review has granted something.
    pub grant: Option<UsedByYear>,
    /// What becomes of the claim's review tasks.
    pub tasks: Vec<TaskMove>,
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
    /// How the insurers stand, of commands that ask something of them.
    pub insurers: HashMap<PartyNo, Standing>,
    /// What insurers have guaranteed, by policy, of claims to be reviewed.
    pub coverage: HashMap<PolicyKey, CoverageAnswer>,
    /// What stands in the ledger, of claims whose events ask for it.
    pub outstanding: HashMap<ClaimNo, Outstanding>,
    /// What is lacking of claims that are not complete and may come into review.
    pub lacking: HashMap<ClaimNo, Completeness>,
    /// The review tasks of claims whose commands may move them, locked.
    pub tasks: HashMap<ClaimNo, Vec<Task>>,
}

/// Everything a batch decides.
#[derive(Debug, Default)]
pub struct Decided {
    /// One a command, in order.
    pub answers: Vec<Result<Applied, Refusal>>,
    /// What to write, in order.
    pub steps: Vec<Step>,
}

/// Decides commands: those of one claim in their order, and claims that are reviewed in an order of their own
/// ([`review::in_order`]), so that no permutation of a batch changes what is granted. `refused_by_ledger` are those, by
/// place, whose entries the ledger has refused.
pub fn decide(
    known: &mut Known,
    commands: &[Command],
    refused_by_ledger: &BTreeMap<usize, Rejection>,
    actor: &str,
    now: Timestamp,
) -> Decided {
    let mut steps = Vec::new();
    let mut answers: Vec<(usize, Result<Applied, Refusal>)> = Vec::with_capacity(commands.len());
    for at in order(known, commands) {
        let command = &commands[at];
        let state = known.claims.get(&command.claim_no).map(|claim| claim.state);
        let outcome = match refused_by_ledger.get(&at) {
            Some(rejection) => Err(Reason::Ledger(rejection.clone())),
            None => one(known, at, command, actor, now),
        };
        let answer = match outcome {
            Ok(Outcome::Step(step)) => {
                let applied = applied(&step);
                known.remember(&step, actor, now);
                steps.push(*step);
                Ok(applied)
            }
            Ok(Outcome::Nothing(applied)) => Ok(applied),
            Err(reason) => Err(reason.refuse(&command.claim_no, state, command.kind())),
        };
        answers.push((at, answer));
    }
    answers.sort_unstable_by_key(|(at, _)| *at);
    Decided { answers: answers.into_iter().map(|(_, answer)| answer).collect(), steps }
}

/// The places of the commands, in the order in which they are decided.
fn order(known: &Known, commands: &[Command]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..commands.len()).collect();
    if !commands.iter().any(|command| command.request.is_review()) {
        return order;
    }
    let taken_in = commands.iter().filter_map(|command| match &command.request {
        Request::Tell(Event::TakenIn(intake)) => Some((&command.claim_no, intake)),
        Request::Tell(_) | Request::Review | Request::Rule { .. } | Request::Offer { .. } => None,
    });
    let on_record = known.claims.iter().map(|(claim_no, claim)| (claim_no, &claim.intake));
    let intakes: HashMap<&ClaimNo, &NewClaim> = taken_in.chain(on_record).collect();
    order.sort_by_key(|at| intakes.get(&commands[*at].claim_no).map(|intake| review::in_order(intake)));
    order
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
        may_tell(actor, command.kind(), intake, &intake.pharmacy)?;
        intake::check(intake)?;
        asked::permitted(known, command.kind(), intake)?;
        let claim = take_in(known, command, intake, now)?;
        let event = Event::TakenIn(intake.clone());
        return Ok(Outcome::Step(Box::new(step(at, command, claim, None, event, None))));
    }
    let claim = known.claims.get(&command.claim_no).cloned().ok_or(Reason::ClaimUnknown)?;
    may_tell(actor, command.kind(), &claim.intake, claim.pharmacy())?;
    is_current(&claim, command.as_of_event)?;
    if !claim.state.accepts().contains(&command.kind()) {
        return Err(Reason::NotInThisState);
    }
    asked::permitted(known, command.kind(), &claim.intake)?;
    let asked::Asked { event, decision, grant } = asked::asked(known, &claim, command, actor)?;
    let seen = known.outstanding.get(&command.claim_no);
    let transition = next(&claim, &event, When { on: command.on, at: now }, seen).map_err(|refusal| refusal.reason)?;
    asked::is_complete(known, &claim, transition.to)?;
    if is_no_news(&claim, &event, &transition) {
        return Ok(Outcome::Nothing(unchanged(&claim)));
    }
    let happened = Happened {
        claim: &claim,
        event: &event,
        to: transition.to,
        decision: decision.as_ref(),
        actor,
        checked_by: command.checked_by.as_deref(),
        at: now,
    };
    let tasks = asked::tasks(known, &happened)?;
    let (from, event_no) = (claim.state, claim.event_no + 1);
    let after = Claim { state: transition.to, event_no, progress: transition.progress, ..claim };
    let insurer_due_on = known.insurers.get(&after.intake.insurer).map(|standing| standing.due_on(command.on));
    let posting = Posting { on: command.on, insurer_due_on, actor };
    let entries = journal_map::entries(&known.journals, &after, &event, posting, &transition.posted)?;
    let payables = journal_map::payables(&after, &transition.posted, command.on);
    let step = step(at, command, after, Some(from), event, decision);
    Ok(Outcome::Step(Box::new(Step { entries, payables, grant, tasks, ..step })))
}

/// A look at the ledger that moves nothing, and rules that leave a claim to a reviewer as they have before.
fn is_no_news(claim: &Claim, event: &Event, transition: &Transition) -> bool {
    match event.kind() {
        EventKind::LedgerRead => transition.to == claim.state,
        EventKind::LeftToReviewer => claim.progress.left_to_reviewer == transition.progress.left_to_reviewer,
        _ => false,
    }
}

/// Two people who look at the same claim do not both decide.
fn is_current(claim: &Claim, as_of_event: Option<i32>) -> Result<(), Reason> {
    match as_of_event {
        Some(expected) if expected != claim.event_no => Err(Reason::StaleVersion { expected, actual: claim.event_no }),
        Some(_) | None => Ok(()),
    }
}

fn step(
    at: usize,
    command: &Command,
    claim: Claim,
    from: Option<State>,
    event: Event,
    decision: Option<Decision>,
) -> Step {
    let of_event = || format!("{}/{}", event.kind().word(), claim.event_no);
    let fact = command.fact().filter(|_| event.kind() == command.kind()).unwrap_or_else(of_event);
    Step {
        at,
        claim,
        from,
        event,
        fact,
        on: command.on,
        reason: command.reason.clone(),
        evidence_sha256: command.evidence_sha256,
        checked_by: command.checked_by.clone(),
        entries: Vec::new(),
        payables: Vec::new(),
        decision,
        grant: None,
        tasks: Vec::new(),
    }
}

/// The first answer to a command whose fact is on record with the same content. A review has no content of its own, a
/// ruling is told apart by whether it approves, an offer by pharmacy and moment.
fn on_record(known: &Known, command: &Command) -> Result<Option<Applied>, Reason> {
    let Some(fact) = command.fact() else { return Ok(None) };
    let Some(first) = known.facts.get(&(command.claim_no.clone(), fact)) else { return Ok(None) };
    if let Some(difference) = otherwise_ruled(&command.request, &first.event) {
        return Err(Reason::Conflict(difference));
    }
    let told = match (&command.request, &first.event) {
        (Request::Tell(event), _) => Some(event.clone()),
        (Request::Offer { pharmacy, respond_by, .. }, Event::OrderOffered(order)) => {
            Some(Event::OrderOffered(Order { pharmacy: pharmacy.clone(), respond_by: *respond_by, ..order.clone() }))
        }
        (Request::Review | Request::Rule { .. } | Request::Offer { .. }, _) => None,
    };
    if let Some(event) = told {
        let recorded = Content::of(&first.event, first.on, first.evidence_sha256);
        let told = Content::of(&event, command.on, command.evidence_sha256);
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

/// A ruling that contradicts what was decided before.
fn otherwise_ruled(request: &Request, recorded: &Event) -> Option<Difference> {
    let (Request::Rule { approve, .. }, Event::PreReviewed(verdict)) = (request, recorded) else { return None };
    let approved = matches!(verdict.outcome(), Judged::Approved(_));
    let (first, given) = (approved.to_string(), approve.to_string());
    (approved != *approve).then(|| Difference { field: "approve".to_owned(), first, given })
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
    let policy = known.book.policies.get(&(intake.insurer.clone(), intake.policy_no.clone()));
    let policy_no = || intake.policy_no.to_string();
    let policy = policy.filter(|policy| policy.patient == intake.patient);
    let policy = policy.ok_or_else(|| Reason::PartyUnknown { what: "policy", number: policy_no() })?;
    let pharmacy_no = || intake.pharmacy.to_string();
    let pharmacy = known.book.pharmacies.get(&intake.pharmacy);
    let pharmacy = pharmacy.ok_or_else(|| Reason::PartyUnknown { what: "pharmacy", number: pharmacy_no() })?;
    in_currency("policy", intake.policy_no.as_str(), policy.currency, intake.currency)?;
    in_currency("pharmacy", intake.pharmacy.as_str(), pharmacy.currency, intake.currency)?;
    Ok(Claim::taken_in(intake.clone(), now))
}

fn in_currency(what: &'static str, number: &str, expected: Currency, actual: Currency) -> Result<(), Reason> {
    if expected == actual {
        return Ok(());
    }
    Err(Reason::CurrencyDiffers { what, number: number.to_owned(), expected, actual })
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
        if let (Some(used), Some(decision)) = (&step.grant, &step.decision) {
            self.book.grant(&step.claim.intake, decision, used.clone());
        }
        self.remember_tasks(&step.tasks);
        if step.from.is_none() {
            self.outstanding.insert(claim_no.clone(), Outstanding::NOTHING);
        }
        if let Some(outstanding) = self.outstanding.get_mut(claim_no) {
            outstanding.add(&step.entries, claim_no.as_str());
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
