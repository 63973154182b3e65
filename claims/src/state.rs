//! What may happen to a claim, where it leads, and which journals it posts. Pure: no clock, no database.
//!
//! ```text
//! SUBMITTED ─> PRE_REVIEW ─> PRE_APPROVED ─> SHARE_DUE ─> SHARE_PAID ─> READY ─> DISPENSED ─> INSURER_SUBMITTED
//!                  │              └──────────── no share to collect ───────┘                        │
//!                  └─> PRE_REJECTED                                               APPROVED, PARTIAL, REJECTED
//!                                                                                                   │
//!                              CLOSED <─ RECOVERED <─ PART_RECOVERED, SHORTFALL_OPEN, TAKEN_BACK <──┘
//! ```
//! Until the drug is dispensed a claim can be cancelled, and once it is approved it can expire. Behind the insurer's
//! decision the ledger leads ([`crate::standing`]).

use jiff::civil::Date;

use crate::claim::{Claim, Quote, ShareCollector, State};
use crate::event::{Bearer, Event, EventKind};
use crate::intake::{range, text};
use crate::journal_map::Journal;
use crate::prereview::Outcome;
use crate::refusal::{Reason, Refusal};
use crate::standing::standing;

/// Where an event leads and what it posts, in the order of posting.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Transition {
    /// The next state; the same one if the event only adds to what is known.
    pub to: State,
    /// The journals, all or nothing.
    pub journals: Vec<Journal>,
}

impl State {
    /// What a claim in this state takes.
    pub fn accepts(self) -> &'static [EventKind] {
        use EventKind as E;
        match self {
            State::Submitted => &[E::ReviewStarted, E::Cancelled],
            State::PreReview => &[E::PreReviewed, E::Cancelled],
            State::PreRejected => &[],
            State::PreApproved => &[E::ShareRequested, E::DrugReady, E::Cancelled, E::Expired],
            State::ShareDue => &[E::SharePaid, E::Cancelled, E::Expired],
            State::SharePaid => &[E::DrugReady, E::Cancelled, E::Expired],
            State::Ready => &[E::Dispensed, E::Cancelled, E::Expired],
            State::Dispensed => &[E::SentToInsurer],
            State::InsurerSubmitted => &[E::InsurerDecided],
            State::Partial | State::Rejected | State::PartRecovered | State::ShortfallOpen => {
                &[E::ShortfallAssigned, E::LedgerRead]
            }
            State::Approved
            | State::Recovered
            | State::TakenBack
            | State::Cancelled
            | State::Expired
            | State::Closed => &[E::LedgerRead],
        }
    }

    /// Where a claim in this state may go in one step; the database holds the same list and refuses every other step.
    /// A state that leads to itself takes events that only add to what is known.
    pub fn leads_to(self) -> &'static [State] {
        use State as S;
        match self {
            S::Submitted => &[S::PreReview, S::Cancelled],
            S::PreReview => &[S::PreApproved, S::PreRejected, S::Cancelled],
            S::PreRejected => &[],
            S::PreApproved => &[S::ShareDue, S::Ready, S::Cancelled, S::Expired],
            S::ShareDue => &[S::SharePaid, S::Cancelled, S::Expired],
            S::SharePaid => &[S::Ready, S::Cancelled, S::Expired],
            S::Ready => &[S::Dispensed, S::Cancelled, S::Expired],
            S::Dispensed => &[S::InsurerSubmitted],
            S::InsurerSubmitted => &[S::Approved, S::Partial, S::Rejected],
            S::Approved => &[S::PartRecovered, S::Recovered, S::Partial, S::ShortfallOpen],
            S::Partial => &[S::Partial, S::Approved, S::PartRecovered, S::ShortfallOpen, S::Recovered],
            S::Rejected => {
                &[S::Rejected, S::Approved, S::Partial, S::PartRecovered, S::ShortfallOpen, S::Recovered, S::Closed]
            }
            S::PartRecovered => &[S::PartRecovered, S::Approved, S::Partial, S::ShortfallOpen, S::Recovered],
            S::Recovered => &[S::TakenBack, S::ShortfallOpen, S::Closed],
            S::ShortfallOpen => &[S::ShortfallOpen, S::Approved, S::Partial, S::PartRecovered, S::Recovered, S::Closed],
            S::TakenBack => &[S::ShortfallOpen, S::Recovered],
            S::Cancelled | S::Expired => &[S::Closed],
            S::Closed => &[S::TakenBack, S::ShortfallOpen, S::Recovered],
        }
    }
}

/// Where an event on a day leads a claim, or why it cannot happen.
pub fn next(claim: &Claim, event: &Event, on: Date) -> Result<Transition, Refusal> {
    let refuse = |reason: Reason| reason.refuse(claim.claim_no(), Some(claim.state), event.kind());
    if !claim.state.accepts().contains(&event.kind()) {
        return Err(refuse(Reason::NotInThisState));
    }
    let transition = in_order(claim, on).and_then(|()| decide(claim, event, on)).map_err(refuse)?;
    let leads_there = transition.to == claim.state || claim.state.leads_to().contains(&transition.to);
    assert!(leads_there, "{:?} does not lead to {:?}", claim.state, transition.to);
    Ok(transition)
}

/// Nothing that follows on the pre-review, or on dispensing, counts before it.
fn in_order(claim: &Claim, on: Date) -> Result<(), Reason> {
    match claim.progress.dispensed_on.or(claim.progress.reviewed_on) {
        Some(earliest) if on < earliest => Err(Reason::TooEarly { earliest, on }),
        Some(_) | None => Ok(()),
    }
}

fn decide(claim: &Claim, event: &Event, on: Date) -> Result<Transition, Reason> {
    let plain = |to| Ok(Transition { to, journals: Vec::new() });
    match event {
        Event::TakenIn(_) => Err(Reason::NotInThisState),
        Event::ReviewStarted => plain(State::PreReview),
        Event::PreReviewed(verdict) => match &verdict.outcome {
            Outcome::Approved(quote) => pre_approved(claim, quote),
            Outcome::Rejected { .. } => plain(State::PreRejected),
        },
        Event::ShareRequested => match claim.share_to_collect_minor() {
            0 => Err(Reason::NoShareToCollect),
            _ => plain(State::ShareDue),
        },
        Event::SharePaid { amount_minor, .. } => share_paid(claim, *amount_minor),
        Event::DrugReady => drug_ready(claim, on),
        Event::Dispensed => dispensed(claim, on),
        Event::SentToInsurer { submitted_no } => {
            text("submitted_no", submitted_no)?;
            plain(State::InsurerSubmitted)
        }
        Event::InsurerDecided { approved_minor, cause, insurer_claim_no, position } => {
            text("insurer_claim_no", insurer_claim_no)?;
            range("position", i64::from(*position), 1, i64::from(i32::MAX))?;
            insurer_decided(claim, *approved_minor, cause.as_deref())
        }
        Event::ShortfallAssigned { number, bearer, amount_minor, .. } => {
            range("number", i64::from(*number), 1, i64::from(i32::MAX))?;
            shortfall_assigned(claim, *bearer, *amount_minor)
        }
        Event::Cancelled => Ok(called_off(claim, State::Cancelled)),
        Event::Expired => {
            let valid_until = valid_until(claim);
            if on <= valid_until {
                return Err(Reason::ApprovalStillValid { valid_until, on });
            }
            Ok(called_off(claim, State::Expired))
        }
        Event::LedgerRead(outstanding) => plain(standing(claim, outstanding).ok_or(Reason::NotInThisState)?),
    }
}

fn pre_approved(claim: &Claim, quote: &Quote) -> Result<Transition, Reason> {
    assert_eq!(
        quote.share_minor.checked_add(quote.advance_minor),
        Some(claim.intake.gross_minor),
        "share and advance are the price"
    );
    let payable_minor = match claim.intake.share_collector {
        ShareCollector::Platform => claim.intake.gross_minor,
        ShareCollector::Pharmacy => quote.advance_minor,
    };
    if quote.fee_minor > payable_minor {
        return Err(Reason::FeeAbovePayable { fee: claim.money(quote.fee_minor), payable: claim.money(payable_minor) });
    }
    Ok(Transition { to: State::PreApproved, journals: vec![Journal::J1] })
}

fn share_paid(claim: &Claim, amount_minor: i64) -> Result<Transition, Reason> {
    let expected_minor = claim.share_to_collect_minor();
    if amount_minor != expected_minor {
        let (expected, actual) = (claim.money(expected_minor), claim.money(amount_minor));
        return Err(Reason::ShareDiffers { expected, actual });
    }
    Ok(Transition { to: State::SharePaid, journals: vec![Journal::J2] })
}

fn drug_ready(claim: &Claim, on: Date) -> Result<Transition, Reason> {
    let share_minor = claim.share_to_collect_minor();
    if claim.state == State::PreApproved && share_minor > 0 {
        return Err(Reason::ShareNotPaid { share: claim.money(share_minor) });
    }
    still_valid(claim, on)?;
    Ok(Transition { to: State::Ready, journals: Vec::new() })
}

fn dispensed(claim: &Claim, on: Date) -> Result<Transition, Reason> {
    still_valid(claim, on)?;
    let owed = match claim.intake.share_collector {
        ShareCollector::Platform => Journal::J3,
        ShareCollector::Pharmacy => Journal::J3b,
    };
    // The hold goes first: within the run the credit line never counts the claim twice.
    Ok(Transition { to: State::Dispensed, journals: vec![Journal::J1r, owed, Journal::J4] })
}

fn insurer_decided(claim: &Claim, approved_minor: i64, cause: Option<&str>) -> Result<Transition, Reason> {
    let (gross_minor, advance_minor) = (claim.intake.gross_minor, claim.advance_minor());
    range("approved_minor", approved_minor, 0, i64::MAX)?;
    let approved = claim.money(approved_minor);
    if approved_minor > gross_minor {
        return Err(Reason::ApprovedAboveGross { approved, gross: claim.money(gross_minor) });
    }
    if cause.is_some() != (approved_minor < advance_minor) {
        return Err(Reason::CauseMismatch { advance: claim.money(advance_minor), approved });
    }
    cause.map_or(Ok(()), |cause| text("cause", cause))?;
    let (to, journal) = match approved_minor {
        v if v == advance_minor => (State::Approved, Journal::J9),
        v if v > advance_minor => (State::Approved, Journal::J10e),
        0 => (State::Rejected, Journal::J11),
        _ => (State::Partial, Journal::J10),
    };
    Ok(Transition { to, journals: vec![journal] })
}

fn shortfall_assigned(claim: &Claim, bearer: Bearer, amount_minor: i64) -> Result<Transition, Reason> {
    if !(1..=claim.progress.shortfall_minor).contains(&amount_minor) {
        let (assigned, open) = (claim.money(amount_minor), claim.money(claim.progress.shortfall_minor));
        return Err(Reason::ShortfallExceeded { assigned, open });
    }
    let journal = match bearer {
        Bearer::Patient => Journal::J10a,
        Bearer::PharmacyByNetting | Bearer::PharmacyUnpaidOrder => Journal::J10b,
        Bearer::Platform => Journal::J10c,
        Bearer::InsurerAfterDispute => Journal::J10d,
    };
    Ok(Transition { to: claim.state, journals: vec![journal] })
}

fn called_off(claim: &Claim, to: State) -> Transition {
    let journals = match claim.state {
        State::PreApproved | State::ShareDue => vec![Journal::J1r],
        State::SharePaid | State::Ready => vec![Journal::J1r, Journal::J20],
        State::Submitted
        | State::PreReview
        | State::PreRejected
        | State::Dispensed
        | State::InsurerSubmitted
        | State::Approved
        | State::Partial
        | State::Rejected
        | State::PartRecovered
        | State::Recovered
        | State::ShortfallOpen
        | State::TakenBack
        | State::Cancelled
        | State::Expired
        | State::Closed => Vec::new(),
    };
    Transition { to, journals }
}

fn valid_until(claim: &Claim) -> Date {
    claim.progress.quote.as_ref().expect("a claim past pre-approval has its quote").valid_until
}

fn still_valid(claim: &Claim, on: Date) -> Result<(), Reason> {
    let valid_until = valid_until(claim);
    if on > valid_until { Err(Reason::ApprovalOver { valid_until, on }) } else { Ok(()) }
}

impl Claim {
    /// The claim after an event that leads to `to`.
    #[must_use]
    pub fn after(&self, event: &Event, on: Date, to: State) -> Claim {
        let mut claim = Claim { state: to, event_no: self.event_no + 1, ..self.clone() };
        match event {
            Event::PreReviewed(verdict) => {
                claim.progress.reviewed_on = Some(on);
                claim.progress.quote = match &verdict.outcome {
                    Outcome::Approved(quote) => Some(quote.clone()),
                    Outcome::Rejected { .. } => None,
                };
            }
            Event::Dispensed => claim.progress.dispensed_on = Some(on),
            Event::SentToInsurer { submitted_no } => claim.progress.submitted_no = Some(submitted_no.clone()),
            Event::InsurerDecided { approved_minor, .. } => {
                claim.progress.approved_minor = *approved_minor;
                claim.progress.shortfall_minor = (claim.advance_minor() - approved_minor).max(0);
            }
            Event::ShortfallAssigned { bearer, amount_minor, .. } => {
                claim.progress.shortfall_minor -= amount_minor;
                if *bearer == Bearer::InsurerAfterDispute {
                    claim.progress.approved_minor += amount_minor;
                }
            }
            Event::TakenIn(_)
            | Event::ReviewStarted
            | Event::ShareRequested
            | Event::SharePaid { .. }
            | Event::DrugReady
            | Event::Cancelled
            | Event::Expired
            | Event::LedgerRead(_) => {}
        }
        claim
    }
}

#[cfg(test)]
mod tests;
