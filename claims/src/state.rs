//! What may happen to a claim, where it leads, and which journals it posts. Pure: no clock, no database.
//!
//! ```text
//! DRAFT ─> SUBMITTED ─> PRE_REVIEW ─> PRE_APPROVED ─> ORDER_OFFERED ─> ORDER_ACCEPTED ─> SHARE_DUE ─> SHARE_PAID
//!             └─> PENDED ─┘  │            ↑ ORDER_DECLINED, ORDER_TIMED_OUT ┘ │                            │
//!                            └─> PRE_REJECTED                     no share to collect ─> READY <───────────┘
//!                                                                                          │
//!   APPROVED, PARTIAL, REJECTED <── INSURER_SUBMITTED, INSURER_PENDED <── DISPENSED <──────┘
//!         └─> PART_RECOVERED, RECOVERED, SHORTFALL_OPEN, TAKEN_BACK ──> CLOSED
//! ```
//! Until the drug is dispensed a claim can be cancelled, and once it is approved it can expire; behind it the drug can
//! come back (RETURNED) at any point. Behind the insurer's decision the ledger leads ([`crate::standing`]). A
//! reimbursement goes from `PRE_APPROVED` to the insurer, and from APPROVED to FUNDED, PAID and CLOSED.
//!
//! In reading order: the graph ([`graph`]); what events come to, up to dispensing ([`before`]), at the insurer
//! ([`decision`]), for who bears a shortfall ([`shortfall`]), and when the drug comes back ([`returned`]).

mod before;
mod decision;
mod graph;
mod returned;
mod shortfall;
pub mod split;

use crate::claim::{Borne, Claim, ClaimKind, Progress, State};
use crate::event::{Event, EventKind, When};
use crate::journal_map::Journal;
use crate::refusal::{Reason, Refusal};
use crate::standing::{Outstanding, standing};

/// Where an event leads, what is known then, and what it posts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Transition {
    /// The next state; the same one if the event only adds to what is known.
    pub to: State,
    /// What has come of the claim.
    pub progress: Progress,
    /// The journals in the order of posting, all or nothing.
    pub posted: Vec<Posted>,
}

/// A journal, with what its template is told beside what is known of every claim.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Posted {
    /// The journal.
    pub journal: Journal,
    /// Amounts by the names of the template, in minor units.
    pub amounts: Vec<(&'static str, i64)>,
}

impl Posted {
    /// A journal that is told nothing more.
    fn plain(journal: Journal) -> Posted {
        Posted { journal, amounts: Vec::new() }
    }

    /// A journal that is told these amounts, too.
    fn of<const N: usize>(journal: Journal, amounts: [(&'static str, i64); N]) -> Posted {
        Posted { journal, amounts: amounts.into() }
    }
}

impl Transition {
    /// Only the state changes.
    fn to(claim: &Claim, to: State) -> Transition {
        Transition { to, progress: claim.progress.clone(), posted: Vec::new() }
    }

    /// The same with what is known now.
    fn knowing(mut self, learn: impl FnOnce(&mut Progress)) -> Transition {
        learn(&mut self.progress);
        self
    }

    /// The same with these journals.
    fn posting(self, posted: Vec<Posted>) -> Transition {
        Transition { posted, ..self }
    }
}

/// Where an event leads a claim, or why it cannot happen. `seen` is what stands in the ledger; known to those events
/// that ask for it ([`EventKind::reads_ledger`]).
pub fn next(claim: &Claim, event: &Event, when: When, seen: Option<&Outstanding>) -> Result<Transition, Refusal> {
    let refuse = |reason: Reason| reason.refuse(claim.claim_no(), Some(claim.state), event.kind());
    if !claim.state.accepts().contains(&event.kind()) {
        return Err(refuse(Reason::NotInThisState));
    }
    let nothing = Outstanding::NOTHING;
    let may_happen = is_alive(claim, event).and_then(|()| in_order(claim, event, when));
    let decided = may_happen.and_then(|()| decide(claim, event, when, seen.unwrap_or(&nothing)));
    let transition = decided.map_err(refuse)?;
    let leads_there = transition.to == claim.state || claim.state.leads_to().contains(&transition.to);
    assert!(leads_there, "{:?} does not lead to {:?}", claim.state, transition.to);
    transition.progress.assert_adds_up(claim);
    Ok(transition)
}

/// What was called off before the insurer decided, or has come back, is not decided on, and does not come back again.
/// Of what has come back nothing is lost any more, so that nothing lost is recovered.
fn is_alive(claim: &Claim, event: &Event) -> Result<(), Reason> {
    let is_called_off = claim.state == State::Closed && claim.progress.decision_no == 0;
    let is_over = is_called_off || claim.progress.returned_on.is_some();
    match event.kind() {
        EventKind::InsurerDecided | EventKind::Returned | EventKind::WrittenOffRecovered if is_over => {
            Err(Reason::NotInThisState)
        }
        _ => Ok(()),
    }
}

/// Nothing that follows on the pre-review, or on dispensing, counts before it.
fn in_order(claim: &Claim, event: &Event, When { on, .. }: When) -> Result<(), Reason> {
    let progress = &claim.progress;
    match progress.returned_on.or(progress.dispensed_on).or(progress.reviewed_on) {
        Some(earliest) if on < earliest && event.kind() != EventKind::LedgerRead => {
            Err(Reason::TooEarly { earliest, on })
        }
        Some(_) | None => Ok(()),
    }
}

fn decide(claim: &Claim, event: &Event, when: When, seen: &Outstanding) -> Result<Transition, Reason> {
    let plain = |to| Ok(Transition::to(claim, to));
    match event {
        Event::TakenIn(_) => Err(Reason::NotInThisState),
        Event::Submitted => plain(State::Submitted),
        Event::ReviewStarted => plain(State::PreReview),
        Event::MaterialRequested { number, materials, due_on } => {
            before::material_requested(claim, *number, materials, *due_on)
        }
        Event::MaterialSupplied { number } => before::material_supplied(claim, *number),
        Event::PreReviewed(verdict) => before::pre_reviewed(claim, verdict, when),
        Event::LeftToReviewer { rules } => Ok(before::left_to_reviewer(claim, rules)),
        Event::OrderOffered(order) => before::order_offered(claim, order, when),
        Event::OrderAccepted { offer_no } => before::order_accepted(claim, *offer_no, when),
        Event::OrderDeclined { offer_no } => before::order_given_up(claim, *offer_no, State::OrderDeclined),
        Event::OfferTimedOut { offer_no } => before::offer_timed_out(claim, *offer_no, when),
        Event::ShareRequested => before::share_requested(claim),
        Event::SharePaid { amount_minor, .. } => before::share_paid(claim, *amount_minor),
        Event::DrugReady => before::drug_ready(claim, when),
        Event::Dispensed => before::dispensed(claim, when),
        Event::Cancelled => Ok(before::called_off(claim, State::Cancelled)),
        Event::Expired => before::expired(claim, when),
        Event::OwedSharePaid { number, amount_minor, .. } => {
            before::owed_share_paid(claim, *number, *amount_minor, seen)
        }
        Event::ShareRecalculated { number, share_minor } => before::share_recalculated(claim, *number, *share_minor),
        Event::SentToInsurer { submitted_no } => decision::sent(claim, submitted_no),
        Event::InsurerAskedForMore { number, materials, respond_by } => {
            decision::asked_for_more(claim, *number, materials, *respond_by)
        }
        Event::MoreSentToInsurer { number } => decision::more_sent(claim, *number),
        Event::InsurerDecided { .. } => decision::decided(claim, event, seen),
        Event::ShortfallAssigned { bearer, amount_minor, number, .. } => {
            shortfall::assigned(claim, *number, *bearer, *amount_minor, seen)
        }
        Event::ClawbackPaid { number, amount_minor, .. } => {
            shortfall::clawback_paid(claim, *number, *amount_minor, seen)
        }
        Event::Provisioned { number, change_minor } => shortfall::provisioned(claim, *number, *change_minor, seen),
        Event::WrittenOff { number, debt, amount_minor } => {
            shortfall::written_off(claim, *number, *debt, *amount_minor, seen)
        }
        Event::WrittenOffRecovered { number, amount_minor, .. } => {
            shortfall::written_off_recovered(claim, *number, *amount_minor)
        }
        Event::Returned => returned::returned(claim, when, seen),
        Event::LedgerRead(outstanding) => plain(standing(claim, outstanding).ok_or(Reason::NotInThisState)?),
    }
}

impl Progress {
    /// What the platform has advanced is always borne by somebody, or open.
    fn assert_adds_up(&self, claim: &Claim) {
        if self.decision_no == 0 || claim.intake.kind == ClaimKind::Reimbursement {
            return;
        }
        let Borne { patient_minor, pharmacy_minor, platform_minor, nobody_minor } = self.borne;
        let borne_minor = patient_minor + pharmacy_minor + platform_minor + nobody_minor;
        let sum_minor = self.approved_minor + self.shortfall_minor + borne_minor;
        assert_eq!(sum_minor, claim.advance_minor() + self.excess_minor, "who bears claim {}", claim.claim_no());
    }
}

#[cfg(test)]
pub(crate) mod tests;
