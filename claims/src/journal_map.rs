//! The journals of a claim, as pure functions from the claim, the event and the book's templates to entries.
//!
//! G gross, U patient share, A advance, f fee, fi service fee, V approved, s shortfall, e excess, c clawback, d
//! difference. What a pharmacy's payout posts (J5 to J8b) stands with settlement, what a remittance posts with
//! reconcile.

use dianfu_ledger::entry::{EntryKind, NewEntry};
use dianfu_ledger::id;
use dianfu_settlement::chart::{PHARMACY_PAYABLE, REFUND, REIMBURSEMENT};
use dianfu_settlement::journals::{Facts, JournalFault, Journals};
use dianfu_settlement::payable::NewPayable;
use dianfu_settlement::voucher::{self, Heading};
use jiff::ToSpan;
use jiff::civil::Date;
use uuid::Uuid;

use crate::claim::{Claim, State};
use crate::event::Event;
use crate::state::Posted;

macro_rules! journals {
    ($($journal:ident = $template:literal $kind:ident $doc:literal;)*) => {
        /// A journal that a claim posts.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
        pub enum Journal {
            $(#[doc = $doc] $journal,)*
        }

        /// The templates of a claim's journals.
        pub const TEMPLATES: &[&str] = &[$($template),*];

        impl Journal {
            /// The template that it is posted by.
            pub fn template(self) -> &'static str {
                match self {
                    $(Journal::$journal => $template,)*
                }
            }

            fn kind(self) -> EntryKind {
                match self {
                    $(Journal::$journal => EntryKind::$kind,)*
                }
            }
        }
    };
}

journals! {
    J1 = "J1" Hold
        "The advance is held within the insurer's credit line: `1101 A / 9002 A`, pending.";
    J24Hold = "J24-hold" Hold
        "The same on the insurer's prefund: `2302 A / 9002 A`, pending.";
    J1r = "J1r" Release
        "The hold is released.";
    J24Release = "J24-release" Release
        "The hold on the prefund is released.";
    J2 = "J2" Post
        "The patient pays the share before pickup: `1005 U / 2203 U`.";
    J2Owed = "J2-owed" Post
        "The patient pays a share that was owed: `1005 / 1201`.";
    J3 = "J3" Post
        "Dispensed, the share held by the platform: `1101 A, 2203 U / 2101 G`.";
    J3b = "J3b" Post
        "Dispensed, the share collected by the pharmacy: `1101 A / 2101 A`.";
    J3c = "J3c" Post
        "Dispensed, the share still owed: `1101 A, 1201 U / 2101 G`.";
    J24Drawn = "J24-drawn" Post
        "Dispensed, the advance drawn on the prefund: `2302 A, 2203 U, 1201 U / 2101 G`.";
    J4 = "J4" Post
        "The pharmacy's fee is earned: `2101 f / 4102 f-VAT, 2401 VAT`.";
    J9 = "J9" Post
        "The insurer owes the advance: `1102 A / 1101 A`.";
    J9b = "J9b" Post
        "Our service fee is due from the insurer: `1102 fi / 4101 fi-VAT, 2401 VAT`.";
    J9bBack = "J9b-back" Post
        "Some of it is given back: `4101, 2401 / 1102, 2301`.";
    J10 = "J10" Post
        "The insurer owes less: `1102 V, 1109 s / 1101 A`.";
    J10a = "J10a" Post
        "The patient bears a shortfall: `1202 s / 1109 s`.";
    J10b = "J10b" Post
        "The pharmacy bears it: `1301 s / 1109 s`.";
    J10bUnpaid = "J10b-unpaid" Post
        "The pharmacy bears it, while its order is unpaid: `2101 s / 1109 s`.";
    J10c = "J10c" Post
        "The platform bears it: `5201 s / 1109 s`.";
    J10d = "J10d" Post
        "The insurer owes more after all: `1102 / 1109`, or whoever had borne it.";
    J10e = "J10e" Post
        "The insurer owes more, and the patient's share falls: `1102 A+e / 1101 A, 2202 e`.";
    J11 = "J11" Post
        "The insurer rejects after the advance: `1109 A / 1101 A`.";
    J24Cut = "J24-cut" Post
        "The insurer approves less than was drawn on the prefund: `1109 s / 2302 s`.";
    J24More = "J24-more" Post
        "It approves more: `2302 e / 2202 e`.";
    J24DecidedAgain = "J24-decided-again" Post
        "J10d on the prefund.";
    J12 = "J12" Post
        "The patient pays back what the patient bears: `1002 c / 1202 c`.";
    J13 = "J13" Post
        "What may be lost is provided for: `5202 p / 1390 p`.";
    J13Released = "J13-released" Post
        "Less may be lost than was provided for: `1390 p / 5202 p`.";
    J13WriteOffPatient = "J13-write-off-patient" Post
        "What the patient owes back is written off: `1390 w / 1202 w`.";
    J13WriteOffInsurer = "J13-write-off-insurer" Post
        "What nobody bears is written off: `1390 w / 1109 w`.";
    J13Recovered = "J13-recovered" Post
        "What was written off is paid after all: `1002 x / 4905 x`.";
    J18b = "J18b" Post
        "The insurer decides for less: `1109 / 1102`.";
    J19a = "J19a" Post
        "The drug comes back before its order is paid: `2101 / 1101, ..., 2202`.";
    J19b = "J19b" Post
        "It comes back behind the payout: `1301 / 1101, 1102, ..., 2202`.";
    J19c = "J19c" Post
        "It comes back when the insurer has paid, too: `1301 / 2301, ..., 2202`.";
    J19d = "J19d" Post
        "The fee goes back with it: `4102 f-VAT, 2401 VAT / 2101 f`.";
    J19dPaidOut = "J19d-paid-out" Post
        "The same behind the payout: `4102 f-VAT, 2401 VAT / 1301 f`.";
    J20 = "J20-held" Post
        "The share goes back to the patient: `2203 U / 2202 U`; the payout of it is settlement's.";
    J22 = "J22" Post
        "Another claim came first, and the patient owes more: `1201 d / 1101 d`.";
    J22Overcharged = "J22-overcharged" Post
        "The patient was charged too much: `1101 d / 2202 d`.";
    J23 = "J23" Post
        "The insurer approves a reimbursement: `1103 V / 2201 V`.";
    J23Cut = "J23-cut" Post
        "It approves less than before: `2201 / 1103`.";
}

/// When something is posted, and by whom.
#[derive(Clone, Copy, Debug)]
pub struct Posting<'a> {
    /// The day on which it counts.
    pub on: Date,
    /// The day by which the insurer has paid what it approves on that day; the same day if left out.
    pub insurer_due_on: Option<Date>,
    /// Who asked for it.
    pub actor: &'a str,
}

/// The entries of an event, tied together, by the templates of the book; `claim` is as it stands after the event. A
/// journal that moves nothing, such as J4 without a fee, has no entry.
pub fn entries(
    journals: &Journals,
    claim: &Claim,
    event: &Event,
    posting: Posting<'_>,
    posted: &[Posted],
) -> Result<Vec<NewEntry>, JournalFault> {
    let entry = |posted: &Posted| entry(journals, posted, claim, event, posting).transpose();
    let mut entries = posted.iter().filter_map(entry).collect::<Result<Vec<NewEntry>, JournalFault>>()?;
    voucher::link(&mut entries);
    Ok(entries)
}

fn entry(
    journals: &Journals,
    posted: &Posted,
    claim: &Claim,
    event: &Event,
    Posting { on, insurer_due_on, actor }: Posting<'_>,
) -> Result<Option<NewEntry>, JournalFault> {
    let journal = posted.journal;
    let template = journal.template();
    let heading = Heading {
        id: entry_id(claim, template, event),
        journal: template,
        kind: journal.kind(),
        relates_to: hold(journal).map(|hold| entry_id(claim, hold.template(), event)),
        on,
        reference: claim.claim_no().as_str(),
        description: description(journals.title(template), event),
        actor,
    };
    let amounts =
        posted.amounts.iter().fold(facts(claim, event, on), |facts, (name, minor)| facts.amount(name, *minor));
    journals.entry(heading, &amounts.day("due_on", due_on(journal, claim, on, insurer_due_on)))
}

/// The hold that a release gives back.
fn hold(release: Journal) -> Option<Journal> {
    match release {
        Journal::J1r => Some(Journal::J1),
        Journal::J24Release => Some(Journal::J24Hold),
        _ => None,
    }
}

/// All that is known of a claim when a journal is posted.
fn facts(claim: &Claim, event: &Event, on: Date) -> Facts {
    let (advance_minor, share_minor) = (claim.advance_minor(), claim.share_minor());
    let (fee_minor, vat_minor) = claim.fee();
    let facts = Facts::new(claim.intake.currency)
        .text("claim", claim.claim_no().as_str())
        .party("insurer", &claim.intake.insurer)
        .party("pharmacy", claim.pharmacy())
        .party("patient", &claim.intake.patient)
        .amount("advance", advance_minor)
        .amount("share", share_minor)
        .amount("gross", claim.payable_minor())
        .amount("fee", fee_minor)
        .amount("vat", vat_minor);
    match event {
        Event::SharePaid { channel, .. } | Event::OwedSharePaid { channel, .. } => {
            facts.party("channel", channel).day("day", on)
        }
        Event::ClawbackPaid { bank, .. } | Event::WrittenOffRecovered { bank, .. } => facts.party("bank", bank),
        _ => facts,
    }
}

/// When what a journal makes due is due: to the pharmacy by its terms, from the insurer by its own.
fn due_on(journal: Journal, claim: &Claim, on: Date, insurer_due_on: Option<Date>) -> Date {
    match journal {
        Journal::J3 | Journal::J3b | Journal::J3c | Journal::J24Drawn => pharmacy_due_on(claim, on),
        _ => insurer_due_on.unwrap_or(on),
    }
}

/// When the pharmacy has to be paid for what it dispensed.
fn pharmacy_due_on(claim: &Claim, on: Date) -> Date {
    let quoted = || claim.progress.quote.as_ref().map_or(0, |quote| quote.payment_days);
    let days = claim.progress.order.as_ref().map_or_else(quoted, |order| order.payment_days);
    on.saturating_add(days.days())
}

/// What the template says it is, and the reasons that the insurer has given.
fn description(title: Option<&str>, event: &Event) -> Option<String> {
    let Event::InsurerDecided { lines, .. } = event else { return None };
    let mut reasons: Vec<&str> = lines.iter().flat_map(|line| line.reasons.iter().map(String::as_str)).collect();
    reasons.dedup();
    if reasons.is_empty() { None } else { title.map(|title| format!("{title}: {}", reasons.join(", "))) }
}

/// One journal of one claim has one id; of an event that may come more than once, one for each. A release finds its
/// hold, because there is one in the life of a claim.
fn entry_id(claim: &Claim, template: &str, event: &Event) -> Uuid {
    let fact = match event.number() {
        Some(number) => format!("{template}/{}/{number}", event.kind().word()),
        None => template.to_owned(),
    };
    id::entry_id(claim.taken_in_at, claim.claim_no().as_str(), &fact)
}

/// The payables that an event raises: the pharmacy's at dispensing, what a patient gets back, and a reimbursement once
/// the insurer has paid it.
pub fn payables(claim: &Claim, posted: &[Posted], on: Date) -> Vec<NewPayable> {
    let (item, currency) = (claim.claim_no().to_string(), claim.intake.currency);
    let (pharmacy, patient) = (claim.pharmacy(), &claim.intake.patient);
    let mut payables = Vec::new();
    let mut raise = |account, payee: &dianfu_settlement::number::PartyNo, advance_minor, due_on| {
        payables.push(NewPayable {
            account,
            item: item.clone(),
            payee: payee.clone(),
            currency,
            advance_minor,
            due_on,
        });
    };
    for journal in posted {
        let amount = |name| journal.amounts.iter().find(|(given, _)| *given == name).map_or(0, |(_, minor)| *minor);
        match journal.journal {
            Journal::J3 | Journal::J3b | Journal::J3c => {
                raise(PHARMACY_PAYABLE.of(pharmacy), pharmacy, claim.advance_minor(), pharmacy_due_on(claim, on));
            }
            // The insurer's own deposit pays it: no money of ours covers it.
            Journal::J24Drawn => raise(PHARMACY_PAYABLE.of(pharmacy), pharmacy, 0, pharmacy_due_on(claim, on)),
            Journal::J20 | Journal::J10e | Journal::J24More | Journal::J22Overcharged => {
                raise(REFUND.of(patient), patient, 0, on);
            }
            Journal::J19a | Journal::J19b | Journal::J19c | Journal::J10d | Journal::J24DecidedAgain => {
                if amount("refund") > 0 {
                    raise(REFUND.of(patient), patient, 0, on);
                }
                if amount("order") > 0 {
                    raise(PHARMACY_PAYABLE.of(pharmacy), pharmacy, 0, on);
                }
            }
            _ => {}
        }
    }
    if claim.state == State::Funded {
        raise(REIMBURSEMENT.of(patient), patient, 0, on);
    }
    payables
}

#[cfg(test)]
mod tests;
