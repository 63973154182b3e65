//! What a command brings about: what it tells, or what comes of what it asks for.

use jiff::Timestamp;

use super::{Known, in_currency};
use crate::benefit::UsedByYear;
use crate::claim::{Claim, ClaimKind, NewClaim, Order, State};
use crate::command::{Command, Request};
use crate::coverage::covers;
use crate::event::{Event, EventKind};
use crate::insurer::bearer::agrees;
use crate::insurer::modules::Module;
use crate::insurer::standing::need_of;
use crate::insurer::{Need, Standing};
use crate::materials::Lack;
use crate::prereview::ruling::Ruling;
use crate::prereview::{Decision, Outcome};
use crate::refusal::Reason;
use crate::review::Reviewed;
use crate::review_queue::follow::{Happened, follow};
use crate::review_queue::moves::TaskMove;
use dianfu_settlement::number::PartyNo;

/// What a command brings about.
pub(super) struct Asked {
    /// What happens.
    pub event: Event,
    /// What pre-review decided.
    pub decision: Option<Decision>,
    /// What is used up of the policy if it is granted.
    pub grant: Option<UsedByYear>,
}

/// What an event wants of the insurer, the insurer has to take part in.
pub(super) fn permitted(known: &Known, kind: EventKind, intake: &NewClaim) -> Result<(), Reason> {
    match need_of(kind, intake.kind) {
        Some(need) => Ok(insurer(known, intake)?.permits(need)?),
        None => Ok(()),
    }
}

fn insurer<'a>(known: &'a Known, intake: &NewClaim) -> Result<&'a Standing, Reason> {
    let unknown = || Reason::PartyUnknown { what: "insurer", number: intake.insurer.to_string() };
    known.insurers.get(&intake.insurer).ok_or_else(unknown)
}

/// What the command brings about for a claim that takes it.
pub(super) fn asked(known: &Known, claim: &Claim, command: &Command, actor: &str) -> Result<Asked, Reason> {
    let plain = |event| Asked { event, decision: None, grant: None };
    match &command.request {
        Request::Tell(event) => {
            borne_as_agreed(known, claim, command, event)?;
            Ok(plain(event.clone()))
        }
        Request::Review => reviewed(known, claim, command, known.book.review(claim, command.on)?),
        Request::Rule { .. } if claim.progress.left_to_reviewer.is_empty() => Err(Reason::NotLeftToReviewer),
        Request::Rule { approve, reasons } => {
            let (approve, reasons, second) = (*approve, reasons.clone(), command.checked_by.clone());
            let ruling = Ruling { approve, reasons, reviewer: actor.to_owned(), second };
            reviewed(known, claim, command, known.book.rule(claim, command.on, &ruling)?)
        }
        Request::Offer { offer_no, pharmacy, respond_by } => {
            Ok(plain(Event::OrderOffered(order(known, claim, (*offer_no, pharmacy, *respond_by))?)))
        }
    }
}

/// Who bears a shortfall is for the insurer's contract to say.
fn borne_as_agreed(known: &Known, claim: &Claim, command: &Command, event: &Event) -> Result<(), Reason> {
    let Event::ShortfallAssigned { bearer, grounds, .. } = event else { return Ok(()) };
    let is_proven = command.evidence_sha256.is_some() && !command.reason.trim().is_empty();
    agrees(&insurer(known, &claim.intake)?.bearers(), grounds, *bearer, is_proven)?;
    Ok(())
}

/// A claim that passes is covered as the insurer's contract says, and an advance is made only where the insurer takes
/// part in it and, if it is asked, has guaranteed it. One that the rules do not decide is left to a reviewer.
fn reviewed(known: &Known, claim: &Claim, command: &Command, reviewed: Reviewed) -> Result<Asked, Reason> {
    let Reviewed { mut decision, used } = reviewed;
    let standing = insurer(known, &claim.intake)?;
    if let Outcome::Approved(quote) = &mut decision.verdict.outcome {
        quote.cover = standing.cover();
        if claim.intake.kind == ClaimKind::DirectPay {
            standing.permits(Need::Advance)?;
            guaranteed(known, claim, command, quote.advance_minor, standing)?;
        }
    }
    let event = match decision.verdict.outcome() {
        Outcome::Approved(_) | Outcome::Rejected { .. } => Event::PreReviewed(decision.verdict.clone()),
        Outcome::Referred { rules } => Event::LeftToReviewer { rules: rules.clone() },
    };
    let grant = matches!(decision.verdict.outcome(), Outcome::Approved(_)).then_some(used);
    Ok(Asked { event, decision: Some(decision), grant })
}

fn guaranteed(
    known: &Known,
    claim: &Claim,
    command: &Command,
    advance_minor: i64,
    standing: &Standing,
) -> Result<(), Reason> {
    if !standing.module_on(Module::CoverageCheck) {
        return Ok(());
    }
    let key = (claim.intake.insurer.clone(), claim.intake.policy_no.clone());
    covers(known.coverage.get(&key), &key.1, claim.money(advance_minor), command.on)?;
    Ok(())
}

/// The order as a pharmacy is offered it, on its own terms.
fn order(
    known: &Known,
    claim: &Claim,
    (offer_no, pharmacy, respond_by): (i32, &PartyNo, Timestamp),
) -> Result<Order, Reason> {
    let unknown = || Reason::PartyUnknown { what: "pharmacy", number: pharmacy.to_string() };
    let terms = known.book.pharmacies.get(pharmacy).ok_or_else(unknown)?;
    in_currency("pharmacy", pharmacy.as_str(), terms.currency, claim.intake.currency)?;
    let (fee_minor, vat_minor) = terms.fee_terms().fee(claim.intake.gross_minor);
    let (pharmacy, payment_days) = (pharmacy.clone(), terms.payment_days);
    Ok(Order { offer_no, pharmacy, respond_by, fee_minor, vat_minor, payment_days })
}

/// A claim comes into review only if nothing that it needs is lacking.
pub(super) fn is_complete(known: &Known, claim: &Claim, to: State) -> Result<(), Reason> {
    if to != State::PreReview || claim.state == State::PreReview {
        return Ok(());
    }
    let Some(found) = known.lacking.get(claim.claim_no()) else { return Ok(()) };
    let kinds = |lacks: &[Lack]| lacks.iter().map(|lack| lack.kind).collect();
    let (missing, expired, rejected) = (kinds(&found.missing), kinds(&found.expired), kinds(&found.rejected));
    Err(Reason::MaterialsLacking { missing, expired, rejected })
}

/// What becomes of the claim's review tasks with an event.
pub(super) fn tasks(known: &Known, happened: &Happened<'_>) -> Result<Vec<TaskMove>, Reason> {
    let claim = happened.claim;
    let tasks = known.tasks.get(claim.claim_no()).map_or(&[][..], Vec::as_slice);
    let calendar = known.insurers.get(&claim.intake.insurer).map(|standing| &*standing.calendar);
    Ok(follow(tasks, happened, calendar)?)
}

impl Known {
    /// Later commands of the batch see what has become of tasks.
    pub(super) fn remember_tasks(&mut self, moves: &[TaskMove]) {
        for moved in moves {
            let tasks = self.tasks.entry(moved.task.key.claim_no.clone()).or_default();
            match tasks.iter_mut().find(|task| task.key == moved.task.key) {
                Some(task) => *task = moved.task.clone(),
                None => tasks.push(moved.task.clone()),
            }
        }
    }
}
