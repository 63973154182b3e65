//! Where a claim stands once the insurer has decided: told by what the ledger says is outstanding, and by nothing else.
//!
//! Remittances, payouts and repayments are booked by others. A claim only looks at its open items, so it needs to know
//! nothing of how they were cleared.

use dianfu_ledger::account::AccountCode;
use dianfu_ledger::entry::{EntryKind, NewEntry, NewPosting};
use dianfu_ledger::query;
use dianfu_settlement::chart::{self, CHART, Item, Line, Per};
use dianfu_settlement::number::PartyNo;
use serde::{Deserialize, Serialize};

use crate::claim::{Claim, ClaimKind, State};
use crate::event::EventKind;

/// What stands on a claim's open items, in minor units: what others owe and what we owe, both as positive numbers. Made
/// by looking at the ledger only.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Outstanding {
    /// 1101: advanced and not adjudicated.
    pub(crate) advanced_minor: i64,
    /// 1102: approved and due.
    pub(crate) due_minor: i64,
    /// 1103: a reimbursement that the insurer owes.
    pub(crate) pass_through_minor: i64,
    /// 1109: shortfall that nobody bears yet.
    pub(crate) shortfall_minor: i64,
    /// 1201: share that the patient owes.
    pub(crate) share_owed_minor: i64,
    /// 1202: what the patient owes back.
    pub(crate) clawback_minor: i64,
    /// 1301: what the pharmacy owes.
    pub(crate) pharmacy_owes_minor: i64,
    /// 2101: what the pharmacy is owed.
    pub(crate) payable_minor: i64,
    /// 2201: a reimbursement that the patient is owed.
    pub(crate) reimbursement_minor: i64,
    /// How many other items of the claim are open, or still held.
    pub(crate) others: u32,
    /// Whether a payout carries one of its items and the bank's last word is not spoken: the item may be open again.
    pub(crate) in_flight: bool,
}

impl Outstanding {
    /// Every balance of the claim is zero, and nothing can come back.
    pub(crate) const NOTHING: Outstanding = Outstanding {
        advanced_minor: 0,
        due_minor: 0,
        pass_through_minor: 0,
        shortfall_minor: 0,
        share_owed_minor: 0,
        clawback_minor: 0,
        pharmacy_owes_minor: 0,
        payable_minor: 0,
        reimbursement_minor: 0,
        others: 0,
        in_flight: false,
    };

    /// Whether nothing is open, nothing is held, and nothing can come back.
    pub fn is_nothing(&self) -> bool {
        *self == Outstanding::NOTHING
    }

    /// Sums up what the ledger answered for the items of one claim. An order may have been offered to several
    /// pharmacies; what is open with each of them counts. `None` if an amount does not fit, which no claim's amounts
    /// can bring about.
    pub(crate) fn of<'a>(items: impl Iterator<Item = &'a query::Outstanding>, in_flight: bool) -> Option<Outstanding> {
        let mut sums = Outstanding { in_flight, ..Outstanding::NOTHING };
        for item in items {
            let settled = i64::try_from(item.settled_minor).ok()?;
            sums.others += u32::from(item.pending_minor != 0);
            match sums.own(item.account.control()) {
                Some((own, Side::Debit)) => *own = own.checked_add(settled)?,
                Some((own, Side::Credit)) => *own = own.checked_sub(settled)?,
                None => sums.others += u32::from(settled != 0),
            }
        }
        Some(sums)
    }

    /// The same once these entries are posted, as far as they settle items of a claim.
    pub(crate) fn add(&mut self, entries: &[NewEntry], claim_no: &str) {
        let settled = entries.iter().filter(|entry| entry.kind == EntryKind::Post);
        let of_claim = |leg: &&NewPosting| leg.item.as_deref() == Some(claim_no);
        for leg in settled.flat_map(|entry| &entry.postings).filter(of_claim) {
            match self.own(leg.account.control()) {
                Some((own, Side::Debit)) => *own = own.saturating_add(leg.amount.minor),
                Some((own, Side::Credit)) => *own = own.saturating_sub(leg.amount.minor),
                None => {}
            }
        }
    }

    /// The sum that an account's items belong to.
    fn own(&mut self, control: &str) -> Option<(&mut i64, Side)> {
        let debit = |own| Some((own, Side::Debit));
        let credit = |own| Some((own, Side::Credit));
        match control {
            code if code == chart::ADVANCED.code => debit(&mut self.advanced_minor),
            code if code == chart::DUE.code => debit(&mut self.due_minor),
            code if code == chart::PASS_THROUGH.code => debit(&mut self.pass_through_minor),
            code if code == chart::SHORTFALL.code => debit(&mut self.shortfall_minor),
            code if code == chart::SHARE_OWED.code => debit(&mut self.share_owed_minor),
            code if code == chart::CLAWBACK.code => debit(&mut self.clawback_minor),
            code if code == chart::PHARMACY_OWES.code => debit(&mut self.pharmacy_owes_minor),
            code if code == chart::PHARMACY_PAYABLE.code => credit(&mut self.payable_minor),
            code if code == chart::REIMBURSEMENT.code => credit(&mut self.reimbursement_minor),
            _ => None,
        }
    }
}

/// On which side an open amount is a positive number here.
enum Side {
    Debit,
    Credit,
}

/// Every account on which a claim may have an open item: those that keep items by claim, and what the insurer has paid
/// too much for it.
pub fn accounts_of(claim: &Claim) -> Vec<AccountCode> {
    let party = |line: &Line| -> Option<&PartyNo> {
        match line.per {
            Per::Insurer => Some(&claim.intake.insurer),
            Per::Pharmacy => Some(claim.pharmacy()),
            Per::Patient => Some(&claim.intake.patient),
            Per::Book | Per::OwnBank | Per::ClientBank | Per::Channel => None,
        }
    };
    let lines = CHART.iter().filter(|line| line.item == Item::Claim || line.code == chart::INSURER_PAYABLE.code);
    lines.filter_map(|line| Some(line.of(party(line)?))).collect()
}

/// Where a claim stands after a look at the ledger; the same state if the look changes nothing. `None` for states in
/// which nobody looks: the money side is still in our own hands.
pub fn standing(claim: &Claim, outstanding: &Outstanding) -> Option<State> {
    let nothing = outstanding.is_nothing();
    let (due, shortfall) = (outstanding.due_minor > 0, outstanding.shortfall_minor > 0);
    if !claim.state.accepts().contains(&EventKind::LedgerRead) {
        return None;
    }
    if claim.intake.kind == ClaimKind::Reimbursement {
        return Some(reimbursed(claim, outstanding));
    }
    if claim.progress.returned_on.is_some() {
        return Some(if nothing { State::Closed } else { State::Returned });
    }
    Some(match claim.state {
        State::Cancelled | State::Expired => {
            if nothing {
                State::Closed
            } else {
                claim.state
            }
        }
        State::Recovered | State::Closed if nothing => State::Closed,
        State::Recovered | State::Closed | State::TakenBack => match (due, shortfall) {
            (true, _) => State::TakenBack,
            (false, true) => State::ShortfallOpen,
            (false, false) => State::Recovered,
        },
        State::Rejected | State::ShortfallOpen if nothing && claim.progress.approved_minor == 0 => State::Closed,
        _ => recovery(claim, outstanding),
    })
}

/// A reimbursement waits for the insurer, then for its payout.
fn reimbursed(claim: &Claim, outstanding: &Outstanding) -> State {
    let Outstanding { pass_through_minor, reimbursement_minor, .. } = *outstanding;
    match claim.state {
        _ if outstanding.is_nothing() => State::Closed,
        State::Cancelled | State::Expired | State::Rejected => claim.state,
        state if pass_through_minor > 0 => match state {
            State::Funded | State::Paid | State::Closed => State::TakenBack,
            other => other,
        },
        _ if reimbursement_minor > 0 => State::Funded,
        _ => State::Paid,
    }
}

fn recovery(claim: &Claim, outstanding: &Outstanding) -> State {
    let (due, shortfall) = (outstanding.due_minor > 0, outstanding.shortfall_minor > 0);
    let owed_minor = claim.progress.approved_minor + claim.progress.service_fee_minor;
    let paid_some = outstanding.due_minor < owed_minor;
    match (due, shortfall) {
        (true, _) if paid_some => State::PartRecovered,
        (true, true) => State::Partial,
        (true, false) => State::Approved,
        (false, true) => State::ShortfallOpen,
        // Nothing was ever owed and somebody else bears it: not recovered, and closed once that is settled too.
        (false, false) if claim.progress.approved_minor == 0 && claim.state != State::Approved => claim.state,
        (false, false) => State::Recovered,
    }
}
