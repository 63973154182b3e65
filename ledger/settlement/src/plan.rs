//! What a batch does: debts of pharmacies are set off first, and the rest is cut into payments. Pure.
//!
//! The same due items and debts give the same plan, whatever their order: whoever looks sees what the transaction that
//! posts it decides, if nothing is posted in between.

use std::collections::BTreeMap;

use dianfu_ledger::account::AccountCode;
use dianfu_ledger::money::share_of;
use jiff::civil::Date;

use crate::netting::{Netting, Receivable, net};
use crate::number::{BatchNo, PartyNo, PayoutId};
use crate::payout::PayoutItem;
use crate::refusal::ControlTotal;

/// The most items one payout carries: an entry has at most 1,000 postings, two of which are the payout's own.
pub const ITEMS_PER_PAYOUT_MAX: usize = 998;
/// The most payouts and nettings of a batch: they are posted in one linked run with J5a, and one turn takes 10,000
/// entries.
pub const ENTRIES_PER_BATCH_MAX: usize = 9_999;

/// An open item that is due.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Due {
    /// The account that owes it.
    pub account: AccountCode,
    /// The open item.
    pub item: String,
    /// Whom it is owed to.
    pub payee: PartyNo,
    /// Tax withheld from this payee, in ten-thousandths.
    pub withheld_per_10000: i32,
    /// The newest version of the payee's bank details; `None` if there are none.
    pub payee_account_version: Option<i32>,
    /// Since when it is due.
    pub due_on: Date,
    /// What is owed, in minor units; positive.
    pub open_minor: i64,
    /// The part of it that is an advance which our own money has not covered yet, in minor units.
    pub advance_left_minor: i64,
}

impl Due {
    /// Oldest first.
    pub(crate) fn turn(&self) -> (Date, &AccountCode, &str) {
        (self.due_on, &self.account, &self.item)
    }
}

/// A payment to be made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Planned {
    /// Its number: the batch's with a counter.
    pub payout_id: PayoutId,
    /// Who gets it.
    pub payee: PartyNo,
    /// The bank details it goes to.
    pub payee_account_version: i32,
    /// The sum of the items, in minor units.
    pub gross_minor: i64,
    /// The part withheld as tax, in minor units. It is taken from what is paid, not from what is set off: what was
    /// withheld from an order that came back is so made up for.
    pub withheld_minor: i64,
    /// What it pays.
    pub items: Vec<PayoutItem>,
}

/// What a batch would do now.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Plan {
    /// What is set off, by pharmacy and in the order in which it is.
    pub nettings: Vec<Netting>,
    /// The payments, in order of their numbers.
    pub payouts: Vec<Planned>,
    /// What is due to payees whose bank details are not on record: it stays due, whole.
    pub held_back: Vec<Due>,
}

impl Plan {
    /// What maker and checker compare.
    pub fn control_total(&self) -> ControlTotal {
        let paid = self.payouts.iter().map(|planned| (planned.gross_minor, planned.withheld_minor));
        Figures::of(&self.nettings, paid).control_total(self.payouts.len())
    }

    /// What is owed, set off, withheld and paid.
    pub fn figures(&self) -> Figures {
        Figures::of(&self.nettings, self.payouts.iter().map(|planned| (planned.gross_minor, planned.withheld_minor)))
    }

    /// The advances that our own money must cover, in minor units. What is set off is covered like what is paid: it is
    /// as if the pharmacy was paid and paid back, and part of what it pays back is its patients' money.
    pub fn advances_minor(&self) -> i64 {
        let paid = self.payouts.iter().flat_map(|planned| &planned.items).map(|item| item.advance_minor);
        paid.chain(self.nettings.iter().map(|netting| netting.advance_minor)).sum()
    }
}

/// The sums of a batch, in minor units: what is owed is what is set off, withheld and paid.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Figures {
    /// What the batch takes off what we owe.
    pub gross_minor: i64,
    /// What of it is set off against debts of pharmacies.
    pub netted_minor: i64,
    /// What of it is withheld as tax.
    pub withheld_minor: i64,
    /// What the bank is told to pay.
    pub net_minor: i64,
}

impl Figures {
    /// Adds nettings and payouts up; of each payout what it takes off what we owe, and what of that is withheld.
    pub fn of(nettings: &[Netting], payouts: impl IntoIterator<Item = (i64, i64)>) -> Figures {
        let netted_minor = nettings.iter().map(|netting| netting.amount_minor).sum();
        let nothing_paid = Figures { gross_minor: netted_minor, netted_minor, ..Figures::default() };
        payouts.into_iter().fold(nothing_paid, |sums, (gross_minor, withheld_minor)| Figures {
            gross_minor: sums.gross_minor + gross_minor,
            withheld_minor: sums.withheld_minor + withheld_minor,
            net_minor: sums.net_minor + gross_minor - withheld_minor,
            ..sums
        })
    }

    /// What two people compare.
    pub fn control_total(&self, payouts: usize) -> ControlTotal {
        ControlTotal { payouts, netted_minor: self.netted_minor, net_minor: self.net_minor }
    }
}

/// Sets debts off and cuts what is left into payments: one a payee, more where a payee has more items than one payout
/// carries.
pub fn plan(batch_no: &BatchNo, due: Vec<Due>, receivables: Vec<Receivable>) -> Plan {
    let mut plan = Plan::default();
    let mut by_payee: BTreeMap<(PartyNo, i32), Vec<Due>> = BTreeMap::new();
    for due in due {
        match due.payee_account_version {
            Some(version) => by_payee.entry((due.payee.clone(), version)).or_default().push(due),
            None => plan.held_back.push(due),
        }
    }
    let mut debts: BTreeMap<PartyNo, Vec<Receivable>> = BTreeMap::new();
    for receivable in receivables {
        debts.entry(receivable.pharmacy.clone()).or_default().push(receivable);
    }
    for ((payee, payee_account_version), due) in by_payee {
        let (nettings, mut left) = net(due, debts.remove(&payee).unwrap_or_default());
        plan.nettings.extend(nettings);
        left.sort_by(|a, b| a.turn().cmp(&b.turn()));
        for due in left.chunks(ITEMS_PER_PAYOUT_MAX) {
            let payout_id = payout_id(batch_no, plan.payouts.len() + 1);
            plan.payouts.push(planned(payout_id, payee.clone(), payee_account_version, due));
        }
    }
    plan
}

fn planned(payout_id: PayoutId, payee: PartyNo, payee_account_version: i32, due: &[Due]) -> Planned {
    let gross_minor = due.iter().map(|due| due.open_minor).sum();
    let rate = due.first().map_or(0, |due| due.withheld_per_10000);
    let share = share_of(gross_minor, i64::from(rate), 10_000).expect("a part fits where the whole does");
    // Rounding must not leave a payment of nothing.
    let withheld_minor = share.min(gross_minor - 1);
    let items = due.iter().map(|due| PayoutItem {
        account: due.account.clone(),
        item: due.item.clone(),
        amount_minor: due.open_minor,
        advance_minor: due.advance_left_minor,
    });
    Planned { payout_id, payee, payee_account_version, gross_minor, withheld_minor, items: items.collect() }
}

fn payout_id(batch_no: &BatchNo, counter: usize) -> PayoutId {
    PayoutId::parse(&format!("{batch_no}-{counter:04}")).expect("24 characters and a counter fit in 35")
}

#[cfg(test)]
mod tests;
