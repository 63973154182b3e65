//! Who bears what the insurer does not cover, how it is paid back, provided for, and written off.

use super::decision::service_fee;
use super::{Posted, Transition};
use crate::claim::{Claim, ClaimKind, Progress};
use crate::event::{Bearer, Debt};
use crate::insurer::terms::Funding;
use crate::intake::range;
use crate::journal_map::Journal;
use crate::refusal::Reason;
use crate::standing::Outstanding;

pub(super) fn assigned(
    claim: &Claim,
    number: i32,
    bearer: Bearer,
    amount_minor: i64,
    seen: &Outstanding,
) -> Result<Transition, Reason> {
    range("number", number.into(), 1, i32::MAX.into())?;
    if claim.intake.kind == ClaimKind::Reimbursement {
        return Err(Reason::NotForThisKind);
    }
    if !(1..=claim.progress.shortfall_minor).contains(&amount_minor) {
        let (assigned, open) = (claim.money(amount_minor), claim.money(claim.progress.shortfall_minor));
        return Err(Reason::ShortfallExceeded { assigned, open });
    }
    let journal = match bearer {
        Bearer::Patient => Journal::J10a,
        Bearer::PharmacyByNetting => Journal::J10b,
        Bearer::PharmacyUnpaidOrder => {
            order_is_open(claim, amount_minor, seen)?;
            Journal::J10bUnpaid
        }
        Bearer::Platform => Journal::J10c,
        Bearer::InsurerAfterDispute => {
            return Ok(service_fee(relieve(claim, amount_minor, seen), claim, seen));
        }
    };
    let learn = |progress: &mut Progress| {
        progress.shortfall_minor -= amount_minor;
        let borne = &mut progress.borne;
        let share = match bearer {
            Bearer::Patient => &mut borne.patient_minor,
            Bearer::PharmacyByNetting | Bearer::PharmacyUnpaidOrder => &mut borne.pharmacy_minor,
            Bearer::Platform | Bearer::InsurerAfterDispute => &mut borne.platform_minor,
        };
        *share += amount_minor;
    };
    let posted = vec![Posted::of(journal, [("shortfall", amount_minor)])];
    Ok(Transition::to(claim, claim.state).posting(posted).knowing(learn))
}

/// An order is paid less only as far as it is open and no payout carries it.
fn order_is_open(claim: &Claim, amount_minor: i64, seen: &Outstanding) -> Result<(), Reason> {
    let (open_minor, in_flight) = (seen.payable_minor, seen.in_flight);
    if !in_flight && amount_minor <= open_minor {
        return Ok(());
    }
    Err(Reason::OrderNotOpen { open: claim.money(open_minor), in_flight, wanted: claim.money(amount_minor) })
}

/// The insurer bears more by an amount: what nobody bears yet comes first, then what the patient, the pharmacy and the
/// platform bear, then what was written off, and what is left makes the patient's share smaller.
pub(super) fn relieve(claim: &Claim, amount_minor: i64, seen: &Outstanding) -> Transition {
    let mut left_minor = amount_minor;
    let mut take = |from_minor: &mut i64| {
        let taken_minor = left_minor.min(*from_minor);
        *from_minor -= taken_minor;
        left_minor -= taken_minor;
        taken_minor
    };
    let mut progress = claim.progress.clone();
    let shortfall_minor = take(&mut progress.shortfall_minor);
    let patient_minor = take(&mut progress.borne.patient_minor);
    let pharmacy_minor = take(&mut progress.borne.pharmacy_minor);
    let loss_minor = take(&mut progress.borne.platform_minor);
    let written_off_minor = take(&mut progress.borne.nobody_minor);
    let excess_minor = left_minor;
    let clawback_minor = patient_minor.min(seen.clawback_minor.max(0));
    let given_up_minor = (patient_minor - clawback_minor).min(progress.patient_given_up_minor());
    progress.patient_written_off_minor -= given_up_minor;
    let chargeback_minor = pharmacy_minor.min(seen.pharmacy_owes_minor.max(0));
    progress.approved_minor += amount_minor;
    progress.excess_minor += excess_minor;
    let journal = match claim.cover().funding {
        Funding::CreditLine => Journal::J10d,
        Funding::Prefund => Journal::J24DecidedAgain,
    };
    let amounts = [
        ("shortfall", shortfall_minor),
        ("clawback", clawback_minor),
        ("refund", patient_minor - clawback_minor - given_up_minor + excess_minor),
        ("chargeback", chargeback_minor),
        ("order", pharmacy_minor - chargeback_minor),
        ("loss", loss_minor),
        ("written_off", written_off_minor + given_up_minor),
    ];
    let posted = if amount_minor == 0 { Vec::new() } else { vec![Posted::of(journal, amounts)] };
    Transition { to: claim.state, progress, posted }
}

pub(super) fn clawback_paid(
    claim: &Claim,
    number: i32,
    amount_minor: i64,
    seen: &Outstanding,
) -> Result<Transition, Reason> {
    range("number", number.into(), 1, i32::MAX.into())?;
    range("amount_minor", amount_minor, 1, seen.clawback_minor)?;
    Ok(Transition::to(claim, claim.state).posting(vec![Posted::of(Journal::J12, [("amount", amount_minor)])]))
}

/// A provision is never negative, and never more than what is owed and open.
pub(super) fn provisioned(
    claim: &Claim,
    number: i32,
    change_minor: i64,
    seen: &Outstanding,
) -> Result<Transition, Reason> {
    range("number", number.into(), 1, i32::MAX.into())?;
    let (before_minor, open_minor) =
        (claim.progress.provision_minor, seen.shortfall_minor.max(0) + seen.clawback_minor.max(0));
    range("change_minor", change_minor, -before_minor, (open_minor - before_minor).max(-before_minor))?;
    let posted = match change_minor {
        0 => Vec::new(),
        1.. => vec![Posted::of(Journal::J13, [("provision", change_minor)])],
        _ => vec![Posted::of(Journal::J13Released, [("provision", -change_minor)])],
    };
    let transition = Transition::to(claim, claim.state).posting(posted);
    Ok(transition.knowing(|progress| progress.provision_minor += change_minor))
}

/// What is written off was provided for: what is missing of the provision is made up first.
pub(super) fn written_off(
    claim: &Claim,
    number: i32,
    debt: Debt,
    amount_minor: i64,
    seen: &Outstanding,
) -> Result<Transition, Reason> {
    range("number", number.into(), 1, i32::MAX.into())?;
    let (open_minor, journal) = match debt {
        Debt::Clawback => (seen.clawback_minor, Journal::J13WriteOffPatient),
        Debt::Shortfall => (seen.shortfall_minor.min(claim.progress.shortfall_minor), Journal::J13WriteOffInsurer),
    };
    range("amount_minor", amount_minor, 1, open_minor)?;
    let missing_minor = (amount_minor - claim.progress.provision_minor).max(0);
    let mut posted = vec![Posted::of(journal, [("amount", amount_minor)])];
    if missing_minor > 0 {
        posted.insert(0, Posted::of(Journal::J13, [("provision", missing_minor)]));
    }
    let learn = |progress: &mut Progress| {
        progress.provision_minor += missing_minor - amount_minor;
        match debt {
            Debt::Clawback => progress.patient_written_off_minor += amount_minor,
            Debt::Shortfall => {
                progress.shortfall_minor -= amount_minor;
                progress.borne.nobody_minor += amount_minor;
            }
        }
    };
    Ok(Transition::to(claim, claim.state).posting(posted).knowing(learn))
}

pub(super) fn written_off_recovered(claim: &Claim, number: i32, amount_minor: i64) -> Result<Transition, Reason> {
    range("number", number.into(), 1, i32::MAX.into())?;
    let progress = &claim.progress;
    let written_off_minor = progress.patient_written_off_minor + progress.borne.nobody_minor;
    range("amount_minor", amount_minor, 1, written_off_minor - progress.written_off_recovered_minor)?;
    let posted = vec![Posted::of(Journal::J13Recovered, [("amount", amount_minor)])];
    let transition = Transition::to(claim, claim.state).posting(posted);
    Ok(transition.knowing(|progress| progress.written_off_recovered_minor += amount_minor))
}
