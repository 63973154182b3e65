//! The journals of a claim, as pure functions from the claim, the event and the book's templates to entries.
//!
//! G gross, U patient share, A advance, f fee, V approved, s shortfall, e excess. What a pharmacy's payout posts (J5 to
//! J8b) stands with settlement.

use dianfu_ledger::entry::{EntryKind, NewEntry};
use dianfu_ledger::id;
use dianfu_settlement::chart::{PHARMACY_PAYABLE, REFUND};
use dianfu_settlement::journals::{Facts, JournalFault, Journals};
use dianfu_settlement::payable::NewPayable;
use dianfu_settlement::voucher::{self, Heading};
use jiff::ToSpan;
use jiff::civil::Date;
use uuid::Uuid;

use crate::claim::Claim;
use crate::event::{Bearer, Event};

/// The templates of a claim's journals.
pub const TEMPLATES: [&str; 16] = [
    "J1",
    "J1r",
    "J2",
    "J3",
    "J3b",
    "J4",
    "J9",
    "J10",
    "J10a",
    "J10b",
    "J10b-unpaid",
    "J10c",
    "J10d",
    "J10e",
    "J11",
    "J20-held",
];

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

    /// The template that it is posted by.
    fn template(self, event: &Event) -> &'static str {
        let from_unpaid_order = matches!(event, Event::ShortfallAssigned { bearer: Bearer::PharmacyUnpaidOrder, .. });
        match self {
            Journal::J10b if from_unpaid_order => "J10b-unpaid",
            Journal::J20 => "J20-held",
            other => other.number(),
        }
    }

    fn kind(self) -> EntryKind {
        match self {
            Journal::J1 => EntryKind::Hold,
            Journal::J1r => EntryKind::Release,
            _ => EntryKind::Post,
        }
    }
}

/// The entries of an event, tied together, by the templates of the book; `claim` is as it stands after the event. A
/// journal that moves nothing, such as J4 without a fee, has no entry.
pub fn entries(
    journals: &Journals,
    claim: &Claim,
    event: &Event,
    (on, actor): (Date, &str),
    posted: &[Journal],
) -> Result<Vec<NewEntry>, JournalFault> {
    let entry = |journal: &Journal| entry(journals, *journal, claim, event, (on, actor)).transpose();
    let mut entries = posted.iter().filter_map(entry).collect::<Result<Vec<NewEntry>, JournalFault>>()?;
    voucher::link(&mut entries);
    Ok(entries)
}

/// The payables that an event raises: the pharmacy's at dispensing, and what a patient gets back.
pub fn payables(claim: &Claim, journals: &[Journal], on: Date) -> Vec<NewPayable> {
    journals.iter().filter_map(|journal| payable(*journal, claim, on)).collect()
}

fn entry(
    journals: &Journals,
    journal: Journal,
    claim: &Claim,
    event: &Event,
    (on, actor): (Date, &str),
) -> Result<Option<NewEntry>, JournalFault> {
    let template = journal.template(event);
    let heading = Heading {
        id: entry_id(claim, journal, event),
        journal: template,
        kind: journal.kind(),
        relates_to: (journal == Journal::J1r).then(|| entry_id(claim, Journal::J1, event)),
        on,
        reference: claim.claim_no().as_str(),
        description: description(journals.title(template), event),
        actor,
    };
    journals.entry(heading, &facts(journal, claim, event, on))
}

/// All that is known of a claim when a journal is posted.
fn facts(journal: Journal, claim: &Claim, event: &Event, on: Date) -> Facts {
    let (advance_minor, share_minor) = (claim.advance_minor(), claim.share_to_collect_minor());
    let owed_minor = advance_minor.checked_add(share_minor).expect("advance and share are parts of the price");
    let facts = Facts::new(claim.intake.currency)
        .text("claim", claim.claim_no().as_str())
        .party("insurer", &claim.intake.insurer)
        .party("pharmacy", &claim.intake.pharmacy)
        .party("patient", &claim.intake.patient)
        .amount("advance", advance_minor)
        .amount("share", share_minor)
        .amount("gross", owed_minor)
        .amount("fee", claim.progress.quote.as_ref().map_or(0, |quote| quote.fee_minor))
        .amount("vat", claim.progress.quote.as_ref().map_or(0, |quote| quote.vat_minor))
        .amount("approved", claim.progress.approved_minor);
    let facts = match event {
        Event::SharePaid { channel, amount_minor } => {
            facts.party("channel", channel).day("day", on).amount("share", *amount_minor)
        }
        Event::ShortfallAssigned { amount_minor, .. } => facts.amount("shortfall", *amount_minor),
        _ => facts,
    };
    match journal {
        Journal::J3 | Journal::J3b => facts.day("due_on", pharmacy_due_on(claim, on)),
        _ => facts,
    }
}

/// When the pharmacy has to be paid for what it dispensed.
fn pharmacy_due_on(claim: &Claim, on: Date) -> Date {
    let payment_days = claim.progress.quote.as_ref().map_or(0, |quote| quote.payment_days);
    on.saturating_add(payment_days.days())
}

/// What the template says it is, and the cause that the insurer has given.
fn description(title: Option<&str>, event: &Event) -> Option<String> {
    let Event::InsurerDecided { cause: Some(cause), .. } = event else { return None };
    title.map(|title| format!("{title}: {cause}"))
}

/// One journal of one claim has one id; the assignments of a shortfall are counted.
fn entry_id(claim: &Claim, journal: Journal, event: &Event) -> Uuid {
    let number = journal.number();
    let counted = if let Event::ShortfallAssigned { number: count, .. } = event { Some(count) } else { None };
    let fact = counted.map_or_else(|| number.to_owned(), |count| format!("{number}/{count}"));
    id::entry_id(claim.taken_in_at, claim.claim_no().as_str(), &fact)
}

fn payable(journal: Journal, claim: &Claim, on: Date) -> Option<NewPayable> {
    let (account, payee, advance_minor, due_on) = match journal {
        Journal::J3 | Journal::J3b => {
            let pharmacy = &claim.intake.pharmacy;
            (PHARMACY_PAYABLE.of(pharmacy), pharmacy, claim.advance_minor(), pharmacy_due_on(claim, on))
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
