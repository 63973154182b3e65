//! What the insurer's words come to: asked for more, decided, decided again.

use dianfu_ledger::money::Money;
use jiff::civil::Date;

use super::split::{over_lines, part_of};
use super::{Posted, Transition, before, shortfall};
use crate::benefit::vat_in;
use crate::claim::{Claim, ClaimKind, Progress, State};
use crate::event::{Event, LineDecision};
use crate::insurer::terms::Funding;
use crate::intake::{count, range, text};
use crate::journal_map::Journal;
use crate::refusal::Reason;
use crate::standing::Outstanding;

/// The most reasons for one line.
const REASONS_MAX: usize = 20;

pub(super) fn sent(claim: &Claim, submitted_no: &str) -> Result<Transition, Reason> {
    if claim.state == State::PreApproved && claim.intake.kind == ClaimKind::DirectPay {
        return Err(Reason::NotForThisKind);
    }
    text("submitted_no", submitted_no)?;
    let transition = Transition::to(claim, State::InsurerSubmitted);
    Ok(transition.knowing(|progress| progress.submitted_no = Some(submitted_no.to_owned())))
}

pub(super) fn asked_for_more(
    claim: &Claim,
    number: i32,
    materials: &[String],
    respond_by: Date,
) -> Result<Transition, Reason> {
    let awaited = before::awaited(claim, number, materials, respond_by)?;
    Ok(Transition::to(claim, State::InsurerPended).knowing(|progress| progress.awaited = Some(awaited)))
}

pub(super) fn more_sent(claim: &Claim, number: i32) -> Result<Transition, Reason> {
    before::answers(claim, number)?;
    Ok(Transition::to(claim, State::InsurerSubmitted))
}

/// A decision on every line. The first one posts J9 to J11, or J23 for a reimbursement; a later one what it changes.
pub(super) fn decided(claim: &Claim, event: &Event, seen: &Outstanding) -> Result<Transition, Reason> {
    let Event::InsurerDecided { decision_no, insurer_claim_no, position, lines } = event else {
        unreachable!("only a decision is decided")
    };
    let expected = claim.progress.decision_no + 1;
    range("decision_no", (*decision_no).into(), expected.into(), expected.into())?;
    text("insurer_claim_no", insurer_claim_no)?;
    range("position", (*position).into(), 1, i32::MAX.into())?;
    let approved_minor = check_lines(claim, lines)?;
    let moved = match (claim.intake.kind, claim.progress.decision_no) {
        (ClaimKind::DirectPay, 0) => first(claim, approved_minor),
        (ClaimKind::DirectPay, _) => again(claim, approved_minor, seen)?,
        (ClaimKind::Reimbursement, _) => reimbursement(claim, approved_minor, seen)?,
    };
    let less_minor = match claim.cover().funding {
        Funding::CreditLine => (claim.progress.approved_minor - moved.progress.approved_minor).max(0),
        Funding::Prefund => 0,
    };
    let left = Outstanding { due_minor: seen.due_minor - less_minor, ..*seen };
    let with_fee = service_fee(moved, claim, &left);
    Ok(with_fee.knowing(|progress| progress.decision_no = *decision_no))
}

/// Every line once and in order; no more than its price; reasons exactly where it is less than its part of the advance.
/// Answers V, the sum.
fn check_lines(claim: &Claim, decided: &[LineDecision]) -> Result<i64, Reason> {
    let lines = &claim.intake.lines;
    count("lines", decided.len(), lines.len(), lines.len())?;
    let expected = over_lines(claim.advance_minor(), lines);
    for ((line, decision), expected_minor) in lines.iter().zip(decided).zip(expected) {
        range("line_no", decision.line_no.into(), line.line_no.into(), line.line_no.into())?;
        range("approved_minor", decision.approved_minor, 0, i64::MAX)?;
        let approved = claim.money(decision.approved_minor);
        if decision.approved_minor > line.gross_minor {
            let (line_no, gross) = (line.line_no, claim.money(line.gross_minor));
            return Err(Reason::ApprovedAboveGross { line_no, approved, gross });
        }
        check_reasons(decision, approved, claim.money(expected_minor))?;
    }
    Ok(decided.iter().map(|decision| decision.approved_minor).sum())
}

fn check_reasons(decision: &LineDecision, approved: Money, expected: Money) -> Result<(), Reason> {
    count("reasons", decision.reasons.len(), 0, REASONS_MAX)?;
    decision.reasons.iter().try_for_each(|reason| text("reason", reason))?;
    if decision.reasons.is_empty() == (approved.minor < expected.minor) {
        return Err(Reason::ReasonsMismatch { line_no: decision.line_no, expected, approved });
    }
    Ok(())
}

/// Where a decision leads.
fn state_of(claim: &Claim, approved_minor: i64) -> State {
    match approved_minor {
        v if v >= claim.advance_minor() => State::Approved,
        0 => State::Rejected,
        _ => State::Partial,
    }
}

fn first(claim: &Claim, approved_minor: i64) -> Transition {
    let advance_minor = claim.advance_minor();
    let (shortfall_minor, excess_minor) =
        ((advance_minor - approved_minor).max(0), (approved_minor - advance_minor).max(0));
    let credit = |journal| Posted::of(journal, [("advance", advance_minor), ("approved", approved_minor)]);
    let posted = match (claim.cover().funding, shortfall_minor, excess_minor) {
        (Funding::CreditLine, 0, 0) => vec![credit(Journal::J9)],
        (Funding::CreditLine, 0, _) => vec![credit(Journal::J10e)],
        (Funding::CreditLine, s, _) if s == advance_minor => vec![credit(Journal::J11)],
        (Funding::CreditLine, ..) => vec![credit(Journal::J10)],
        (Funding::Prefund, 0, 0) => Vec::new(),
        (Funding::Prefund, 0, e) => vec![Posted::of(Journal::J24More, [("excess", e)])],
        (Funding::Prefund, s, _) => vec![Posted::of(Journal::J24Cut, [("shortfall", s)])],
    };
    let learn = |progress: &mut Progress| {
        (progress.approved_minor, progress.shortfall_minor) = (approved_minor, shortfall_minor);
        progress.excess_minor = excess_minor;
    };
    Transition::to(claim, state_of(claim, approved_minor)).posting(posted).knowing(learn)
}

/// More than before relieves whoever had borne it; less becomes a shortfall again, as far as it is not paid yet: what
/// was paid, the insurer has to take back first.
fn again(claim: &Claim, approved_minor: i64, seen: &Outstanding) -> Result<Transition, Reason> {
    let before_minor = claim.progress.approved_minor;
    let to = state_of(claim, approved_minor);
    if approved_minor >= before_minor {
        return Ok(Transition { to, ..shortfall::relieve(claim, approved_minor - before_minor, seen) });
    }
    let less_minor = before_minor - approved_minor;
    let posted = match claim.cover().funding {
        Funding::Prefund => Posted::of(Journal::J24Cut, [("shortfall", less_minor)]),
        Funding::CreditLine => {
            // What is due may be the claim or the fee: what is paid in all counts.
            if less_minor > seen.due_minor {
                let paid = claim.money(before_minor + claim.progress.service_fee_minor - seen.due_minor);
                return Err(Reason::DecidedBelowPaid { paid, approved: claim.money(approved_minor) });
            }
            Posted::of(Journal::J18b, [("paid", before_minor), ("decided", approved_minor)])
        }
    };
    let learn = |progress: &mut Progress| {
        progress.approved_minor = approved_minor;
        progress.shortfall_minor += less_minor;
    };
    Ok(Transition::to(claim, to).posting(vec![posted]).knowing(learn))
}

fn reimbursement(claim: &Claim, approved_minor: i64, seen: &Outstanding) -> Result<Transition, Reason> {
    let before_minor = claim.progress.approved_minor;
    let change_minor = approved_minor - before_minor;
    let open_minor = seen.pass_through_minor.min(seen.reimbursement_minor);
    if -change_minor > open_minor {
        let paid = claim.money(before_minor - open_minor);
        return Err(Reason::DecidedBelowPaid { paid, approved: claim.money(approved_minor) });
    }
    let posted = match change_minor {
        0 => Vec::new(),
        1.. => vec![Posted::of(Journal::J23, [("approved", change_minor)])],
        _ => vec![Posted::of(Journal::J23Cut, [("shortfall", -change_minor)])],
    };
    let transition = Transition::to(claim, state_of(claim, approved_minor)).posting(posted);
    Ok(transition.knowing(|progress| progress.approved_minor = approved_minor))
}

/// Our service fee follows what is approved: what it is more is due, what it is less is given back.
pub(super) fn service_fee(transition: Transition, claim: &Claim, seen: &Outstanding) -> Transition {
    let cover = claim.cover();
    let fee_minor = part_of(transition.progress.approved_minor, cover.service_fee_per_10000);
    let vat_minor = vat_in(fee_minor, cover.service_vat_per_10000);
    charge(transition, claim, (fee_minor, vat_minor), seen)
}

/// Moves the service fee to an amount and the VAT in it.
pub(super) fn charge(
    mut transition: Transition,
    claim: &Claim,
    (fee_minor, vat_minor): (i64, i64),
    seen: &Outstanding,
) -> Transition {
    let (more_minor, more_vat_minor) =
        (fee_minor - claim.progress.service_fee_minor, vat_minor - claim.progress.service_vat_minor);
    if more_minor > 0 {
        let amounts = [("service_fee", more_minor), ("service_vat", more_vat_minor)];
        transition.posted.push(Posted::of(Journal::J9b, amounts));
    }
    if more_minor < 0 {
        let due_minor = (-more_minor).min(seen.due_minor.max(0));
        let amounts = [("fee_due", due_minor), ("fee_owed", -more_minor - due_minor), ("service_vat", -more_vat_minor)];
        transition.posted.push(Posted::of(Journal::J9bBack, amounts));
    }
    transition.knowing(|progress| {
        (progress.service_fee_minor, progress.service_vat_minor) = (fee_minor, vat_minor);
    })
}
