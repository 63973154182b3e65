//! Where a claim stands once the insurer has decided: told by what the ledger says is outstanding, and by nothing else.
//!
//! Remittances, payouts and repayments are booked by others. A claim only looks at its open items, so it needs to know
//! nothing of how they were cleared.

use dianfu_ledger::account::AccountCode;
use dianfu_ledger::query;
use dianfu_settlement::chart::{self, CHART, Item, Line, Per};
use dianfu_settlement::number::PartyNo;
use serde::{Deserialize, Serialize};

use crate::claim::{Claim, State};

/// What stands on a claim's open items, in minor units, debits less credits. Made by looking at the ledger only.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Outstanding {
    /// 1101: advanced and not adjudicated.
    pub(crate) advanced_minor: i64,
    /// 1102: approved and due.
    pub(crate) due_minor: i64,
    /// 1109: shortfall that nobody bears yet.
    pub(crate) shortfall_minor: i64,
    /// 2101: what the pharmacy is owed, as a positive number.
    pub(crate) payable_minor: i64,
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
        shortfall_minor: 0,
        payable_minor: 0,
        others: 0,
        in_flight: false,
    };

    /// Whether nothing is open, nothing is held, and nothing can come back.
    pub fn is_nothing(&self) -> bool {
        *self == Outstanding::NOTHING
    }

    /// Sums up what the ledger answered for the items of one claim. `None` if an amount does not fit, which no claim's
    /// amounts can bring about.
    pub(crate) fn of<'a>(items: impl Iterator<Item = &'a query::Outstanding>, in_flight: bool) -> Option<Outstanding> {
        let mut sums = Outstanding { in_flight, ..Outstanding::NOTHING };
        for item in items {
            let settled = i64::try_from(item.settled_minor).ok()?;
            let mut own = true;
            match item.account.control() {
                code if code == chart::ADVANCED.code => sums.advanced_minor = settled,
                code if code == chart::DUE.code => sums.due_minor = settled,
                code if code == chart::SHORTFALL.code => sums.shortfall_minor = settled,
                code if code == chart::PHARMACY_PAYABLE.code => sums.payable_minor = settled.checked_neg()?,
                _ => own = false,
            }
            let open = settled != 0 && !own;
            sums.others += u32::from(open) + u32::from(item.pending_minor != 0);
        }
        Some(sums)
    }
}

/// Every account on which a claim may have an open item: those that keep items by claim, and what the insurer has paid
/// too much for it.
pub fn accounts_of(claim: &Claim) -> Vec<AccountCode> {
    let party = |line: &Line| -> Option<&PartyNo> {
        match line.per {
            Per::Insurer => Some(&claim.intake.insurer),
            Per::Pharmacy => Some(&claim.intake.pharmacy),
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
    match claim.state {
        State::Submitted
        | State::PreReview
        | State::PreRejected
        | State::PreApproved
        | State::ShareDue
        | State::SharePaid
        | State::Ready
        | State::Dispensed
        | State::InsurerSubmitted => None,
        State::Cancelled | State::Expired => Some(if nothing { State::Closed } else { claim.state }),
        State::Recovered | State::Closed if nothing => Some(State::Closed),
        State::Recovered | State::Closed | State::TakenBack => Some(match (due, shortfall) {
            (true, _) => State::TakenBack,
            (false, true) => State::ShortfallOpen,
            (false, false) => State::Recovered,
        }),
        State::Rejected | State::ShortfallOpen if nothing && claim.progress.approved_minor == 0 => Some(State::Closed),
        State::Approved | State::Partial | State::Rejected | State::PartRecovered | State::ShortfallOpen => {
            Some(recovery(claim, outstanding))
        }
    }
}

fn recovery(claim: &Claim, outstanding: &Outstanding) -> State {
    let (due, shortfall) = (outstanding.due_minor > 0, outstanding.shortfall_minor > 0);
    let paid_some = outstanding.due_minor < claim.progress.approved_minor;
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
