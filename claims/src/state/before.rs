//! What events come to until the drug is dispensed, and with the patient's share behind it.

use jiff::civil::Date;

use super::{Posted, Transition};
use crate::claim::{Awaited, Claim, ClaimKind, Order, Progress, Quote, ShareCollector, State};
use crate::event::When;
use crate::insurer::terms::Funding;
use crate::intake::{count, range, text};
use crate::journal_map::Journal;
use crate::prereview::{Outcome, Verdict};
use crate::refusal::Reason;
use crate::standing::Outstanding;

/// The most kinds of material in one request.
const MATERIALS_MAX: usize = 30;

pub(super) fn material_requested(
    claim: &Claim,
    number: i32,
    materials: &[String],
    due_on: Date,
) -> Result<Transition, Reason> {
    let awaited = awaited(claim, number, materials, due_on)?;
    let learn = |progress: &mut Progress| {
        progress.awaited = Some(awaited);
        progress.left_to_reviewer.clear();
    };
    Ok(Transition::to(claim, State::Pended).knowing(learn))
}

/// The next request for material; requests are counted by both who asks before and after dispensing.
pub(super) fn awaited(claim: &Claim, number: i32, materials: &[String], due_on: Date) -> Result<Awaited, Reason> {
    let expected = claim.progress.awaited.as_ref().map_or(1, |last| last.number + 1);
    range("number", number.into(), expected.into(), expected.into())?;
    count("materials", materials.len(), 1, MATERIALS_MAX)?;
    materials.iter().try_for_each(|kind| text("material", kind))?;
    Ok(Awaited { number, materials: materials.to_vec(), due_on, in_review: claim.state == State::PreReview })
}

pub(super) fn material_supplied(claim: &Claim, number: i32) -> Result<Transition, Reason> {
    answers(claim, number)?;
    let in_review = claim.progress.awaited.as_ref().is_some_and(|awaited| awaited.in_review);
    Ok(Transition::to(claim, if in_review { State::PreReview } else { State::Submitted }))
}

/// An answer names the last request.
pub(super) fn answers(claim: &Claim, number: i32) -> Result<(), Reason> {
    let last = claim.progress.awaited.as_ref().map_or(0, |last| last.number);
    range("number", number.into(), last.into(), last.into())
}

pub(super) fn pre_reviewed(claim: &Claim, verdict: &Verdict, When { on, .. }: When) -> Result<Transition, Reason> {
    let (to, quote) = match verdict.outcome() {
        Outcome::Approved(quote) => (State::PreApproved, Some(quote.clone())),
        Outcome::Rejected { .. } => (State::PreRejected, None),
        Outcome::Referred { .. } => return Err(Reason::NotInThisState),
    };
    let posted = quote.as_ref().map_or(Vec::new(), |quote| held(claim, quote));
    let transition = Transition::to(claim, to).posting(posted);
    Ok(transition.knowing(|progress| (progress.quote, progress.reviewed_on) = (quote, Some(on))))
}

pub(super) fn left_to_reviewer(claim: &Claim, rules: &[String]) -> Transition {
    Transition::to(claim, State::PreReview).knowing(|progress| progress.left_to_reviewer = rules.to_vec())
}

/// A reimbursement is no advance: nothing is held for it.
fn held(claim: &Claim, quote: &Quote) -> Vec<Posted> {
    assert_eq!(
        quote.share_minor.checked_add(quote.advance_minor),
        Some(claim.intake.gross_minor),
        "share and advance are the price"
    );
    match (claim.intake.kind, quote.cover.funding) {
        (ClaimKind::Reimbursement, _) => Vec::new(),
        (ClaimKind::DirectPay, Funding::CreditLine) => vec![Posted::plain(Journal::J1)],
        (ClaimKind::DirectPay, Funding::Prefund) => vec![Posted::plain(Journal::J24Hold)],
    }
}

/// The hold goes, whichever it was.
fn release(claim: &Claim) -> Posted {
    match claim.cover().funding {
        Funding::CreditLine => Posted::plain(Journal::J1r),
        Funding::Prefund => Posted::plain(Journal::J24Release),
    }
}

pub(super) fn order_offered(claim: &Claim, order: &Order, When { on, at }: When) -> Result<Transition, Reason> {
    if claim.intake.kind == ClaimKind::Reimbursement {
        return Err(Reason::NotForThisKind);
    }
    let expected = claim.progress.order.as_ref().map_or(1, |last| last.offer_no + 1);
    range("offer_no", order.offer_no.into(), expected.into(), expected.into())?;
    if order.respond_by <= at {
        return Err(Reason::MomentPassed { field: "respond_by", moment: order.respond_by, at });
    }
    still_valid(claim, on)?;
    let payable_minor = claim.payable_minor();
    if order.fee_minor > payable_minor {
        return Err(Reason::FeeAbovePayable { fee: claim.money(order.fee_minor), payable: claim.money(payable_minor) });
    }
    Ok(Transition::to(claim, State::OrderOffered).knowing(|progress| progress.order = Some(order.clone())))
}

fn offered(claim: &Claim, offer_no: i32) -> Result<&Order, Reason> {
    let order = claim.progress.order.as_ref().expect("a claim with an offer has its order");
    range("offer_no", offer_no.into(), order.offer_no.into(), order.offer_no.into())?;
    Ok(order)
}

pub(super) fn order_accepted(claim: &Claim, offer_no: i32, When { on, at }: When) -> Result<Transition, Reason> {
    let order = offered(claim, offer_no)?;
    if order.respond_by < at {
        return Err(Reason::MomentPassed { field: "respond_by", moment: order.respond_by, at });
    }
    still_valid(claim, on)?;
    Ok(Transition::to(claim, State::OrderAccepted))
}

pub(super) fn order_given_up(claim: &Claim, offer_no: i32, to: State) -> Result<Transition, Reason> {
    offered(claim, offer_no)?;
    Ok(Transition::to(claim, to))
}

pub(super) fn offer_timed_out(claim: &Claim, offer_no: i32, When { at, .. }: When) -> Result<Transition, Reason> {
    let order = offered(claim, offer_no)?;
    if at <= order.respond_by {
        return Err(Reason::MomentNotReached { field: "respond_by", moment: order.respond_by, at });
    }
    Ok(Transition::to(claim, State::OrderTimedOut))
}

pub(super) fn share_requested(claim: &Claim) -> Result<Transition, Reason> {
    match claim.share_to_collect_minor() {
        0 => Err(Reason::NoShareToCollect),
        _ => Ok(Transition::to(claim, State::ShareDue)),
    }
}

pub(super) fn share_paid(claim: &Claim, amount_minor: i64) -> Result<Transition, Reason> {
    let expected_minor = claim.share_to_collect_minor();
    if amount_minor != expected_minor {
        let (expected, actual) = (claim.money(expected_minor), claim.money(amount_minor));
        return Err(Reason::ShareDiffers { expected, actual });
    }
    Ok(Transition::to(claim, State::SharePaid).posting(vec![Posted::of(Journal::J2, [("share", amount_minor)])]))
}

pub(super) fn drug_ready(claim: &Claim, When { on, .. }: When) -> Result<Transition, Reason> {
    let share_minor = claim.share_to_collect_minor();
    if claim.state == State::OrderAccepted && share_minor > 0 {
        return Err(Reason::ShareNotPaid { share: claim.money(share_minor) });
    }
    still_valid(claim, on)?;
    Ok(Transition::to(claim, State::Ready))
}

/// The hold goes first: within the run the credit line never counts the claim twice.
pub(super) fn dispensed(claim: &Claim, When { on, .. }: When) -> Result<Transition, Reason> {
    still_valid(claim, on)?;
    let posted = vec![release(claim), owed_to_pharmacy(claim), Posted::plain(Journal::J4)];
    let transition = Transition::to(claim, State::Dispensed).posting(posted);
    Ok(transition.knowing(|progress| progress.dispensed_on = Some(on)))
}

fn owed_to_pharmacy(claim: &Claim) -> Posted {
    let share_minor = claim.share_minor();
    let (journal, held_minor, owed_minor) = match claim.intake.share_collector {
        ShareCollector::Platform => (Journal::J3, share_minor, 0),
        ShareCollector::Pharmacy => (Journal::J3b, 0, 0),
        ShareCollector::PlatformLater => (Journal::J3c, 0, share_minor),
    };
    match claim.cover().funding {
        Funding::CreditLine => Posted::plain(journal),
        Funding::Prefund => Posted::of(Journal::J24Drawn, [("share_held", held_minor), ("share_owed", owed_minor)]),
    }
}

pub(super) fn called_off(claim: &Claim, to: State) -> Transition {
    let is_advance = claim.intake.kind == ClaimKind::DirectPay;
    let mut posted = Vec::new();
    if claim.state.is_held() && is_advance {
        posted.push(release(claim));
    }
    if claim.state.holds_share() && claim.share_to_collect_minor() > 0 {
        posted.push(Posted::plain(Journal::J20));
    }
    Transition::to(claim, to).posting(posted)
}

pub(super) fn expired(claim: &Claim, When { on, .. }: When) -> Result<Transition, Reason> {
    let last_day = match claim.state {
        State::Pended => claim.progress.awaited.as_ref().expect("what is pended waits for material").due_on,
        _ => valid_until(claim),
    };
    if on <= last_day {
        return Err(Reason::ApprovalStillValid { valid_until: last_day, on });
    }
    Ok(called_off(claim, State::Expired))
}

pub(super) fn owed_share_paid(
    claim: &Claim,
    number: i32,
    amount_minor: i64,
    seen: &Outstanding,
) -> Result<Transition, Reason> {
    range("number", number.into(), 1, i32::MAX.into())?;
    range("amount_minor", amount_minor, 1, seen.share_owed_minor)?;
    let posted = vec![Posted::of(Journal::J2Owed, [("amount", amount_minor)])];
    Ok(Transition::to(claim, claim.state).posting(posted))
}

/// J22. What the patient owes more, the insurer bears less, and the other way round.
pub(super) fn share_recalculated(claim: &Claim, number: i32, share_minor: i64) -> Result<Transition, Reason> {
    range("number", number.into(), 1, i32::MAX.into())?;
    if claim.intake.kind == ClaimKind::Reimbursement {
        return Err(Reason::NotForThisKind);
    }
    range("share_minor", share_minor, 0, claim.intake.gross_minor)?;
    let change_minor = share_minor - claim.share_minor();
    let journal = if change_minor > 0 { Journal::J22 } else { Journal::J22Overcharged };
    let amounts = match claim.cover().funding {
        Funding::CreditLine => [("advanced", change_minor.abs()), ("prefund", 0)],
        Funding::Prefund => [("advanced", 0), ("prefund", change_minor.abs())],
    };
    let posted = if change_minor == 0 { Vec::new() } else { vec![Posted::of(journal, amounts)] };
    let transition = Transition::to(claim, claim.state).posting(posted);
    Ok(transition.knowing(|progress| progress.share_change_minor += change_minor))
}

fn valid_until(claim: &Claim) -> Date {
    claim.progress.quote.as_ref().expect("a claim past pre-approval has its quote").valid_until
}

fn still_valid(claim: &Claim, on: Date) -> Result<(), Reason> {
    let valid_until = valid_until(claim);
    if on > valid_until { Err(Reason::ApprovalOver { valid_until, on }) } else { Ok(()) }
}
