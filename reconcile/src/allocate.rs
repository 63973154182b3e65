//! Where the money of a remittance goes: matches and payee-level adjustments in, entries and breaks out. Pure.
//!
//! Cash B stands on 2190 under the trace (J14a). Applying the remittance moves it away, whole:
//! - J14b, J16: each line, to 1102 of its claim as far as it is due, or to 1103 if the claim is a reimbursement that we
//!   pass on (J23-applied); J15: what is beyond, to 2301 of the claim.
//! - J18: a reversal makes due again on 1102 or 1103 what the claim had received, against 2301; J14b then sets off the
//!   same on 2301 against the cash that did not come.
//! - J25: a difference inside the insurer's tolerance, to 5901 (`tolerated`).
//! - Payee-level adjustments, to the account that their code names (`adjustment`).
//! - What no claim and no account is known for, to 2190 again, under an item of its own (`*TRACE/CLP-n`,
//!   `*TRACE/PLB-n`) with a break: never to an account that is merely likely. No trace begins with `*`, so that no
//!   remittance is ever funded by it.
//!
//! By R3 of the check the cash is what the lines come to less the adjustments, so the legs on 2190 under the trace sum
//! to B and every entry balances. Large remittances become several entries, posted whole or not at all.

mod adjustment;
mod differences;
mod legs;
mod tolerated;

use dianfu_ledger::account::AccountCode;
use dianfu_ledger::entry::NewEntry;
use dianfu_ledger::money::Currency;
use dianfu_settlement::chart::{INSURER_PAYABLE, UNAPPLIED};
use dianfu_settlement::journals::{JournalFault, Journals};
use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::breaks::Break;
use crate::matching::Match;
use crate::remittance::{OWN_ITEM, PayeeAdjustment};

pub use self::adjustment::AdjustmentMatch;
use self::legs::Legs;

/// A remittance whose sums hold and whose cash is there.
#[derive(Clone, Copy, Debug)]
pub struct Funded<'a> {
    /// Who pays.
    pub insurer: &'a PartyNo,
    /// The number that cash and advice share.
    pub trace: &'a str,
    /// The currency of every amount.
    pub currency: Currency,
    /// The cash.
    pub paid_minor: i64,
    /// What is set off against us as a whole.
    pub adjustments: &'a [PayeeAdjustment],
    /// When the remittance was received; ids of entries are derived from it.
    pub received_at: Timestamp,
    /// When applying it counts.
    pub on: Date,
    /// Who asks for it.
    pub actor: &'a str,
}

/// What we owe the insurer under one item of 2301.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct OwedItem {
    /// The item.
    pub item: String,
    /// Other numbers that the insurer may call it by.
    pub references: Vec<String>,
    /// How much, in minor units.
    pub open_minor: i64,
}

/// The entries that apply a remittance, and what is left to explain.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Allocation {
    /// To be posted in this order, whole or not at all; empty if no money moves.
    pub entries: Vec<NewEntry>,
    /// Where each adjustment went.
    pub adjustments: Vec<AdjustmentMatch>,
    /// What somebody must explain.
    pub breaks: Vec<Break>,
}

/// The templates that a remittance is applied by.
pub const TEMPLATES: [&str; 4] = ["J14b", "J18", "J25", "J25-gained"];

/// Allocates a remittance that has passed the check, R3 and R9 in particular.
pub fn allocate(
    journals: &Journals,
    funded: &Funded<'_>,
    matches: &[Match],
    owed: &[OwedItem],
) -> Result<Allocation, JournalFault> {
    let accounts = Accounts::of(funded.insurer);
    let mut due_again = Legs::new("J18");
    let mut applied = Legs::new("J14b");
    for found in matches {
        line_legs(funded, &accounts, found, &mut due_again, &mut applied);
    }
    let adjustments = adjustment::book(funded, matches, owed);
    for booked in &adjustments {
        let suspense = adjustment_suspense(funded.trace, booked.order);
        applied.add(&accounts.unapplied, Some(&suspense), booked.suspense_minor);
        if let Some(account) = &booked.account {
            applied.add(account, booked.item.as_deref(), booked.booked_minor);
        }
    }
    let mut entries = due_again.entries(journals, funded)?;
    entries.extend(tolerated::gained(journals, funded, matches)?);
    entries.extend(applied.entries(journals, funded)?);
    entries.extend(tolerated::borne(journals, funded, matches)?);
    dianfu_settlement::voucher::link(&mut entries);
    let breaks = differences::of(funded, matches, &adjustments);
    Ok(Allocation { entries, adjustments, breaks })
}

/// What a remittance is called where ids are derived.
pub fn subject(insurer: &PartyNo, trace: &str) -> String {
    format!("remittance {insurer}/{trace}")
}

/// The insurer's accounts that lines are booked on.
struct Accounts {
    insurer: PartyNo,
    owed: AccountCode,
    unapplied: AccountCode,
}

impl Accounts {
    fn of(insurer: &PartyNo) -> Accounts {
        Accounts { insurer: insurer.clone(), owed: INSURER_PAYABLE.of(insurer), unapplied: UNAPPLIED.of(insurer) }
    }
}

/// The item on 2190 under which a line's money waits.
fn line_suspense(trace: &str, order: usize) -> String {
    format!("{OWN_ITEM}{trace}/CLP-{order}")
}

/// The item on 2190 under which an adjustment's money waits.
fn adjustment_suspense(trace: &str, order: usize) -> String {
    format!("{OWN_ITEM}{trace}/PLB-{order}")
}

fn line_legs(funded: &Funded<'_>, accounts: &Accounts, found: &Match, due_again: &mut Legs, applied: &mut Legs) {
    let suspense = line_suspense(funded.trace, found.order);
    applied.add(&accounts.unapplied, Some(&suspense), -found.parts.suspense_minor);
    let Some(claim_no) = found.claim_no.as_deref() else { return };
    applied.add(&accounts.owed, Some(claim_no), -found.parts.excess_minor);
    let due = found.receivable.line().of(&accounts.insurer);
    if found.parts.applied_minor < 0 {
        due_again.add(&due, Some(claim_no), -found.parts.applied_minor);
        due_again.add(&accounts.owed, Some(claim_no), found.parts.applied_minor);
        applied.add(&accounts.owed, Some(claim_no), -found.parts.applied_minor);
    } else {
        applied.add(&due, Some(claim_no), -found.parts.applied_minor);
    }
}

#[cfg(test)]
mod tests;
