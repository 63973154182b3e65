//! The drug came back: the pharmacy gives back the price, and whoever bears a part of it is relieved (J19).

use super::decision::charge;
use super::{Posted, Transition};
use crate::claim::{Claim, ClaimKind, State};
use crate::event::When;
use crate::insurer::terms::Funding;
use crate::journal_map::Journal;
use crate::refusal::Reason;
use crate::standing::Outstanding;

/// What each has borne of the price, and gets back. Minor units.
struct Back {
    advanced: i64,
    due: i64,
    recovered: i64,
    prefund: i64,
    shortfall: i64,
    clawback: i64,
    loss: i64,
    written_off: i64,
    share_owed: i64,
    refund: i64,
}

impl Back {
    fn sum(&self) -> i64 {
        let Back { advanced, due, recovered, prefund, shortfall, clawback, loss, written_off, share_owed, refund } =
            self;
        advanced + due + recovered + prefund + shortfall + clawback + loss + written_off + share_owed + refund
    }
}

pub(super) fn returned(claim: &Claim, When { on, .. }: When, seen: &Outstanding) -> Result<Transition, Reason> {
    if claim.intake.kind == ClaimKind::Reimbursement {
        return Err(Reason::NotForThisKind);
    }
    let back = back(claim, seen);
    let price_minor = back.sum();
    let (fee_minor, vat_minor) = claim.fee();
    // An order that is open is simply not paid; behind its payout the pharmacy owes the price.
    let is_open = seen.payable_minor > 0;
    let unpaid_minor = if is_open { price_minor.min(seen.payable_minor + fee_minor) } else { 0 };
    let journal = match (is_open, back.recovered > 0) {
        (true, _) => Journal::J19a,
        (false, false) => Journal::J19b,
        (false, true) => Journal::J19c,
    };
    let amounts = [
        ("advanced", back.advanced),
        ("due", back.due),
        ("recovered", back.recovered),
        ("prefund", back.prefund),
        ("shortfall", back.shortfall),
        ("clawback", back.clawback),
        ("loss", back.loss),
        ("written_off", back.written_off),
        ("share_owed", back.share_owed),
        ("refund", back.refund),
        ("unpaid", unpaid_minor),
    ];
    let fee_back = if is_open { Journal::J19d } else { Journal::J19dPaidOut };
    let fee = Posted::of(fee_back, [("fee", fee_minor), ("vat", vat_minor)]);
    // The fee first: an order that is the pharmacy's only one is not taken below zero by the price.
    let transition = Transition::to(claim, State::Returned).posting(vec![fee, Posted::of(journal, amounts)]);
    let left = Outstanding { due_minor: seen.due_minor - back.due, ..*seen };
    Ok(charge(transition, claim, (0, 0), &left).knowing(|progress| progress.returned_on = Some(on)))
}

fn back(claim: &Claim, seen: &Outstanding) -> Back {
    let progress = &claim.progress;
    let covered_minor = if progress.decision_no == 0 { claim.advance_minor() } else { progress.approved_minor };
    let credit_minor = if claim.cover().funding == Funding::CreditLine { covered_minor } else { 0 };
    let is_decided = progress.decision_no > 0;
    // The service fee goes back by itself.
    let due_minor = (seen.due_minor - progress.service_fee_minor.min(seen.due_minor)).clamp(0, credit_minor);
    let clawback = progress.borne.patient_minor.min(seen.clawback_minor.max(0));
    let given_up = (progress.borne.patient_minor - clawback).min(progress.patient_given_up_minor());
    let share_minor = claim.share_minor() - progress.excess_minor;
    let share_owed = share_minor.min(seen.share_owed_minor.max(0));
    Back {
        advanced: if is_decided { 0 } else { credit_minor },
        due: if is_decided { due_minor } else { 0 },
        recovered: if is_decided { credit_minor - due_minor } else { 0 },
        prefund: covered_minor - credit_minor,
        shortfall: progress.shortfall_minor,
        clawback,
        loss: progress.borne.platform_minor,
        written_off: progress.borne.nobody_minor + given_up,
        share_owed,
        refund: share_minor - share_owed + progress.borne.patient_minor - clawback - given_up,
    }
}
