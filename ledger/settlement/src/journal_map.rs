//! The journals of settlement, as pure functions from a payout to its entry.
//!
//! A advance, N gross, w tax withheld, R returned, U collected, b bank charge, c channel fee.

use dianfu_ledger::entry::{EntryKind, NewEntry};
use dianfu_ledger::id;
use jiff::civil::Date;

use crate::batch::{Batch, Pays};
use crate::chart::OWN_BANK;
use crate::journals::{Facts, JournalFault, Journals};
use crate::netting::Netting;
use crate::payout::{Fact, Payout, PayoutItem};
use crate::voucher::Heading;

mod channel;

pub use channel::*;

/// The templates of settlement.
pub const TEMPLATES: [&str; 16] = [
    "J2b",
    "J5",
    "J5a",
    "J6",
    "J7",
    "J7-excess",
    "J7-refund",
    "J7-reimbursement",
    "J7-reissued",
    "J8",
    "J8b",
    "J15b",
    "J19e",
    "J20",
    "J20-channel",
    "J23-paid",
];

/// J5a: own money moves to the clients' bank account to cover the advances in a batch, `1002 A / 1001 A`. Clients'
/// money never funds an advance. `None` if the batch has none.
pub fn own_money_moved(
    journals: &Journals,
    batch: &Batch,
    advances_minor: i64,
    on: Date,
    actor: &str,
) -> Result<Option<NewEntry>, JournalFault> {
    let heading = Heading {
        id: id::entry_id(batch.made_at, batch.batch_no.as_str(), "J5a"),
        journal: "J5a",
        kind: EntryKind::Post,
        relates_to: None,
        on,
        reference: batch.batch_no.as_str(),
        description: Some(format!("Own money covers the advances in payout batch {}", batch.batch_no)),
        actor,
    };
    let facts = Facts::new(batch.currency).party("bank", &batch.bank).segment("own_bank", OWN_BANK);
    journals.entry(heading, &facts.amount("advances", advances_minor))
}

/// J19e: a part of an order is set off against what the pharmacy owes us, `2101 m / 1301 m`.
pub fn netted(
    journals: &Journals,
    batch: &Batch,
    netting: &Netting,
    on: Date,
    actor: &str,
) -> Result<NewEntry, JournalFault> {
    let Netting { pharmacy, order, debt, amount_minor, .. } = netting;
    let heading = Heading {
        id: id::entry_id(batch.made_at, batch.batch_no.as_str(), &format!("J19e/{pharmacy}/{order}/{debt}")),
        journal: "J19e",
        kind: EntryKind::Post,
        relates_to: None,
        on,
        reference: batch.batch_no.as_str(),
        description: Some(format!("Payout batch {} sets order {order} off against {debt}", batch.batch_no)),
        actor,
    };
    let facts = Facts::new(batch.currency)
        .party("pharmacy", pharmacy)
        .text("claim", order)
        .text("returned_claim", debt)
        .amount("netted", *amount_minor);
    let nothing = || JournalFault::Unknown { journal: "J19e".to_owned() };
    journals.entry(heading, &facts)?.ok_or_else(nothing)
}

/// The entry that a fact about a payout posts; `None` where no money moves.
pub fn fact(
    journals: &Journals,
    payout: &Payout,
    fact: &Fact,
    on: Date,
    actor: &str,
) -> Result<Option<NewEntry>, JournalFault> {
    let (journal, description, charge_minor) = match fact {
        Fact::Instructed => (instruction(payout), instructed(payout), 0),
        Fact::Paid { charge_minor, .. } => {
            ("J6", format!("Payout {} debited by the bank", payout.payout_id), *charge_minor)
        }
        Fact::Rejected { reason } => {
            (rejection(payout), format!("Payout {} rejected by the bank: {reason}", payout.payout_id), 0)
        }
        Fact::Returned { reason, .. } => {
            ("J8", format!("Payout {} returned by the bank: {reason}", payout.payout_id), 0)
        }
        Fact::Unknown { .. } | Fact::Accepted { .. } | Fact::Reissued { .. } => return Ok(None),
    };
    let facts = facts(payout).amount("charge", charge_minor);
    journals.entry(heading(payout, journal, description, on, actor), &facts)
}

/// All that is known of a payout.
fn facts(payout: &Payout) -> Facts {
    let item = |party: &'static str, item_name: &'static str, amount: &'static str| {
        move |item: &PayoutItem| {
            let of_account = item.account.as_str().split_once('.').map_or("", |(_, party)| party);
            let facts = Facts::new(payout.currency).segment(party, of_account).text(item_name, &item.item);
            facts.amount(amount, item.amount_minor)
        }
    };
    let facts = Facts::new(payout.currency)
        .party("bank", &payout.bank)
        .text("payout", payout.payout_id.as_str())
        .amount("withheld", payout.withheld_minor)
        .amount("net", payout.net_minor())
        .amount("returned", payout.net_minor())
        .list("orders", payout.items.iter().map(item("pharmacy", "claim", "amount")))
        .list("refunds", payout.items.iter().map(item("patient", "claim", "share")))
        .list("reimbursements", payout.items.iter().map(item("patient", "claim", "amount")))
        .list("excesses", payout.items.iter().map(item("insurer", "reference", "excess")));
    // A payout in place of another has the one item that waits for it.
    match payout.items.as_slice() {
        [only] => facts.text("returned_payout", &only.item),
        _ => facts,
    }
}

fn instructed(payout: &Payout) -> String {
    match &payout.reissue_of {
        Some(returned) => format!("Payout {} instructed in place of {returned}", payout.payout_id),
        None => format!("Payout {} to {} instructed", payout.payout_id, payout.payee),
    }
}

fn heading<'a>(payout: &'a Payout, journal: &'a str, description: String, on: Date, actor: &'a str) -> Heading<'a> {
    // A payout is rejected once, by whichever of its journals.
    let fact = if journal.starts_with("J7") { "J7" } else { journal };
    Heading {
        id: id::entry_id(payout.created_at, payout.payout_id.as_str(), fact),
        journal,
        kind: EntryKind::Post,
        relates_to: None,
        on,
        reference: payout.payout_id.as_str(),
        description: Some(description),
        actor,
    }
}

/// J5, `2101 N / 1010 N-w, 2402 w`; the others are the same for what stands on 2110, 2202, 2201 and 2301.
fn instruction(payout: &Payout) -> &'static str {
    match pays(payout) {
        None => "J8b",
        Some(Pays::Pharmacies) => "J5",
        Some(Pays::PatientRefunds) => "J20",
        Some(Pays::Reimbursements) => "J23-paid",
        Some(Pays::InsurerRefunds) => "J15b",
    }
}

/// J7, `1010 N-w, 2402 w / 2101 N`: the items are open again; likewise what stood on 2110, 2202, 2201 and 2301.
fn rejection(payout: &Payout) -> &'static str {
    match pays(payout) {
        None => "J7-reissued",
        Some(Pays::Pharmacies) => "J7",
        Some(Pays::PatientRefunds) => "J7-refund",
        Some(Pays::Reimbursements) => "J7-reimbursement",
        Some(Pays::InsurerRefunds) => "J7-excess",
    }
}

/// Which payables it pays; `None` if it stands in place of one that came back. All its items are of one kind.
fn pays(payout: &Payout) -> Option<Pays> {
    let item = payout.items.first().filter(|_| payout.reissue_of.is_none())?;
    Some(Pays::from_control(item.account.control()).expect("a batch pays what a kind of payables has"))
}

#[cfg(test)]
mod tests;
