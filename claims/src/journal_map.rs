//! The journals of a claim, as pure functions from the claim and the event to entries.
//!
//! G gross, U patient share, A advance, f fee, V approved, s shortfall, e excess. What a pharmacy's payout posts (J5 to
//! J8b) stands with settlement.

use dianfu_ledger::entry::NewEntry;
use dianfu_ledger::id;
use dianfu_settlement::chart::{
    ADVANCE_LOSS, ADVANCED, CHANNEL, CLAWBACK, DUE, EXPOSURE_CONTRA, FEE_PHARMACIES, OUTPUT_VAT, PHARMACY_OWES,
    PHARMACY_PAYABLE, REFUND, SHARE_HELD, SHORTFALL,
};
use dianfu_settlement::payable::NewPayable;
use dianfu_settlement::voucher::{self, Heading, Voucher};
use jiff::ToSpan;
use jiff::civil::Date;
use uuid::Uuid;

use crate::claim::Claim;
use crate::event::{Bearer, Event};

/// A journal that a claim posts.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Journal {
    /// The advance is held within the insurer's credit line: `1101 A / 9002 A`, pending.
    J1,
    /// The hold is released.
    J1r,
    /// The patient pays the share before pickup: `1005 U / 2203 U`.
    J2,
    /// Dispensed, the share held by the platform: `1101 A, 2203 U / 2101 G`.
    J3,
    /// Dispensed, the share collected by the pharmacy: `1101 A / 2101 A`.
    J3b,
    /// The pharmacy's fee is earned: `2101 f / 4102 f-VAT, 2401 VAT`.
    J4,
    /// The insurer owes the advance: `1102 A / 1101 A`.
    J9,
    /// The insurer owes less: `1102 V, 1109 s / 1101 A`.
    J10,
    /// The patient bears a shortfall: `1202 s / 1109 s`.
    J10a,
    /// The pharmacy bears it: `1301 s / 1109 s`, or `2101 s / 1109 s` while the order is unpaid.
    J10b,
    /// The platform bears it: `5201 s / 1109 s`.
    J10c,
    /// The dispute is won: `1102 s / 1109 s`.
    J10d,
    /// The insurer owes more, and the patient's share falls: `1102 A+e / 1101 A, 2202 e`.
    J10e,
    /// The insurer rejects after the advance: `1109 A / 1101 A`.
    J11,
    /// The share goes back to the patient: `2203 U / 2202 U`; the payout of it is settlement's.
    J20,
}

impl Journal {
    /// Its number in the table of journals.
    pub fn number(self) -> &'static str {
        match self {
            Journal::J1 => "J1",
            Journal::J1r => "J1r",
            Journal::J2 => "J2",
            Journal::J3 => "J3",
            Journal::J3b => "J3b",
            Journal::J4 => "J4",
            Journal::J9 => "J9",
            Journal::J10 => "J10",
            Journal::J10a => "J10a",
            Journal::J10b => "J10b",
            Journal::J10c => "J10c",
            Journal::J10d => "J10d",
            Journal::J10e => "J10e",
            Journal::J11 => "J11",
            Journal::J20 => "J20",
        }
    }

    fn sentence(self) -> &'static str {
        match self {
            Journal::J1 => "Advance committed after pre-approval",
            Journal::J1r => "Commitment released",
            Journal::J2 => "Patient paid the share",
            Journal::J3 => "Drug dispensed: advance made, share used, pharmacy owed the price",
            Journal::J3b => "Drug dispensed: advance made, pharmacy owed the price less the share it took",
            Journal::J4 => "Fee earned from the pharmacy",
            Journal::J9 => "Insurer approved the advance in full",
            Journal::J10 => "Insurer approved a part of the advance",
            Journal::J10a => "Shortfall borne by the patient",
            Journal::J10b => "Shortfall borne by the pharmacy",
            Journal::J10c => "Shortfall borne by the platform",
            Journal::J10d => "Dispute won: insurer owes the shortfall",
            Journal::J10e => "Insurer approved more than the advance: the patient's share fell",
            Journal::J11 => "Insurer rejected the claim after the advance",
            Journal::J20 => "Share to be refunded to the patient",
        }
    }
}

/// The entries of an event, tied together; `claim` is as it stands after the event. A journal that moves nothing, such
/// as J4 without a fee, has no entry.
pub fn entries(claim: &Claim, event: &Event, on: Date, actor: &str, journals: &[Journal]) -> Vec<NewEntry> {
    let mut entries: Vec<NewEntry> =
        journals.iter().filter_map(|journal| entry(*journal, claim, event, on, actor)).collect();
    voucher::link(&mut entries);
    entries
}

/// The payables that an event raises: the pharmacy's at dispensing, and what a patient gets back.
pub fn payables(claim: &Claim, journals: &[Journal], on: Date) -> Vec<NewPayable> {
    journals.iter().filter_map(|journal| payable(*journal, claim, on)).collect()
}

fn entry(journal: Journal, claim: &Claim, event: &Event, on: Date, actor: &str) -> Option<NewEntry> {
    let heading = Heading {
        id: entry_id(claim, journal, event),
        journal: journal.number(),
        on,
        reference: claim.claim_no().as_str(),
        description: description(journal, event),
        actor,
    };
    match journal {
        Journal::J1 => committed(claim, heading),
        Journal::J1r => {
            let held = claim.advance_minor() > 0;
            held.then(|| voucher::release(heading, entry_id(claim, Journal::J1, event)))
        }
        Journal::J2 => share_taken_in(claim, event, heading),
        Journal::J3 | Journal::J3b => dispensed(journal, claim, heading),
        Journal::J4 => fee(claim, heading),
        Journal::J9 | Journal::J10 | Journal::J10e | Journal::J11 => decided(claim, heading),
        Journal::J10a | Journal::J10b | Journal::J10c | Journal::J10d => borne(claim, event, heading),
        Journal::J20 => share_given_back(claim, heading),
    }
}

fn description(journal: Journal, event: &Event) -> String {
    let sentence = journal.sentence();
    if let Event::InsurerDecided { cause: Some(cause), .. } = event {
        return format!("{sentence}: {cause}");
    }
    sentence.to_owned()
}

/// One journal of one claim has one id; the assignments of a shortfall are counted.
fn entry_id(claim: &Claim, journal: Journal, event: &Event) -> Uuid {
    let number = journal.number();
    let counted = if let Event::ShortfallAssigned { number: count, .. } = event { Some(count) } else { None };
    let fact = counted.map_or_else(|| number.to_owned(), |count| format!("{number}/{count}"));
    id::entry_id(claim.taken_in_at, claim.claim_no().as_str(), &fact)
}

fn committed(claim: &Claim, heading: Heading<'_>) -> Option<NewEntry> {
    Voucher::hold(heading, claim.intake.currency)
        .debit(ADVANCED.of(&claim.intake.insurer), claim.advance_minor(), Some(item(claim)))
        .credit(EXPOSURE_CONTRA.of(&claim.intake.insurer), claim.advance_minor(), None)
        .close()
}

fn share_taken_in(claim: &Claim, event: &Event, heading: Heading<'_>) -> Option<NewEntry> {
    let Event::SharePaid { channel, amount_minor } = event else { return None };
    let day = heading.on.to_string();
    Voucher::post(heading, claim.intake.currency)
        .debit(CHANNEL.of(channel), *amount_minor, Some(&day))
        .credit(SHARE_HELD.of(&claim.intake.patient), *amount_minor, Some(item(claim)))
        .close()
}

fn share_given_back(claim: &Claim, heading: Heading<'_>) -> Option<NewEntry> {
    let share_minor = claim.share_to_collect_minor();
    Voucher::post(heading, claim.intake.currency)
        .debit(SHARE_HELD.of(&claim.intake.patient), share_minor, Some(item(claim)))
        .credit(REFUND.of(&claim.intake.patient), share_minor, Some(item(claim)))
        .close()
}

fn dispensed(journal: Journal, claim: &Claim, heading: Heading<'_>) -> Option<NewEntry> {
    let share_minor = if journal == Journal::J3 { claim.share_to_collect_minor() } else { 0 };
    let owed_minor = claim.advance_minor().checked_add(share_minor).expect("advance and share are parts of the price");
    Voucher::post(heading, claim.intake.currency)
        .debit(ADVANCED.of(&claim.intake.insurer), claim.advance_minor(), Some(item(claim)))
        .debit(SHARE_HELD.of(&claim.intake.patient), share_minor, Some(item(claim)))
        .credit(PHARMACY_PAYABLE.of(&claim.intake.pharmacy), owed_minor, Some(item(claim)))
        .close()
}

fn fee(claim: &Claim, heading: Heading<'_>) -> Option<NewEntry> {
    let quote = claim.quote.as_ref()?;
    Voucher::post(heading, claim.intake.currency)
        .debit(PHARMACY_PAYABLE.of(&claim.intake.pharmacy), quote.fee_minor, Some(item(claim)))
        .credit(FEE_PHARMACIES.of_book(), quote.fee_minor - quote.vat_minor, None)
        .credit(OUTPUT_VAT.of_book(), quote.vat_minor, None)
        .close()
}

/// One formula for every decision: the approved part is due, the rest of the advance is a shortfall, what exceeds it is
/// the patient's.
fn decided(claim: &Claim, heading: Heading<'_>) -> Option<NewEntry> {
    let excess_minor = (claim.approved_minor - claim.advance_minor()).max(0);
    Voucher::post(heading, claim.intake.currency)
        .debit(DUE.of(&claim.intake.insurer), claim.approved_minor, Some(item(claim)))
        .debit(SHORTFALL.of(&claim.intake.insurer), claim.shortfall_minor, Some(item(claim)))
        .credit(ADVANCED.of(&claim.intake.insurer), claim.advance_minor(), Some(item(claim)))
        .credit(REFUND.of(&claim.intake.patient), excess_minor, Some(item(claim)))
        .close()
}

fn borne(claim: &Claim, event: &Event, heading: Heading<'_>) -> Option<NewEntry> {
    let Event::ShortfallAssigned { bearer, amount_minor, .. } = event else { return None };
    let (account, item_of_account) = match bearer {
        Bearer::Patient => (CLAWBACK.of(&claim.intake.patient), Some(item(claim))),
        Bearer::PharmacyByNetting => (PHARMACY_OWES.of(&claim.intake.pharmacy), Some(item(claim))),
        Bearer::PharmacyUnpaidOrder => (PHARMACY_PAYABLE.of(&claim.intake.pharmacy), Some(item(claim))),
        Bearer::Platform => (ADVANCE_LOSS.of_book(), None),
        Bearer::InsurerAfterDispute => (DUE.of(&claim.intake.insurer), Some(item(claim))),
    };
    Voucher::post(heading, claim.intake.currency)
        .debit(account, *amount_minor, item_of_account)
        .credit(SHORTFALL.of(&claim.intake.insurer), *amount_minor, Some(item(claim)))
        .close()
}

fn payable(journal: Journal, claim: &Claim, on: Date) -> Option<NewPayable> {
    let (account, payee, advance_minor, due_on) = match journal {
        Journal::J3 | Journal::J3b => {
            let payment_days = claim.quote.as_ref().map_or(0, |quote| quote.payment_days);
            let due_on = on.saturating_add(payment_days.days());
            let pharmacy = &claim.intake.pharmacy;
            (PHARMACY_PAYABLE.of(pharmacy), pharmacy, claim.advance_minor(), due_on)
        }
        Journal::J20 if claim.share_to_collect_minor() == 0 => return None,
        Journal::J20 | Journal::J10e => (REFUND.of(&claim.intake.patient), &claim.intake.patient, 0, on),
        Journal::J1
        | Journal::J1r
        | Journal::J2
        | Journal::J4
        | Journal::J9
        | Journal::J10
        | Journal::J10a
        | Journal::J10b
        | Journal::J10c
        | Journal::J10d
        | Journal::J11 => return None,
    };
    let (item, currency) = (item(claim).to_owned(), claim.intake.currency);
    Some(NewPayable { account, item, payee: payee.clone(), currency, advance_minor, due_on })
}

fn item(claim: &Claim) -> &str {
    claim.claim_no().as_str()
}

#[cfg(test)]
mod tests;
