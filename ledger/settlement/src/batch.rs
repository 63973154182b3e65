//! A payout batch: everything due under a cut-off, cut into payments.
//!
//! A maker proposes a cut-off; what is due under it is planned the same way for whoever looks and for the transaction
//! that posts it ([`mod@crate::instruct`]). The checker approves a control total: if by then anything else is due,
//! nothing is paid.

use std::collections::BTreeMap;

use dianfu_ledger::account::AccountCode;
use dianfu_ledger::money::{Currency, share_of};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::chart::{self, Line};
use crate::number::{BatchNo, PartyNo, PayoutId};
use crate::payout::PayoutItem;
use crate::refusal::ControlTotal;

/// The most items one payout carries: an entry has at most 1,000 postings, two of which are the payout's own.
pub const ITEMS_PER_PAYOUT_MAX: usize = 998;
/// The most payouts of a batch: they are posted in one linked run with J5a, and one turn takes 10,000 entries.
pub const PAYOUTS_PER_BATCH_MAX: usize = 9_999;

/// Which payables a batch pays.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Pays {
    /// What pharmacies are owed for orders.
    Pharmacies,
    /// What patients get back.
    PatientRefunds,
}

impl Pays {
    /// Every kind.
    pub const ALL: [Pays; 2] = [Pays::Pharmacies, Pays::PatientRefunds];

    /// The line of the chart whose items it pays.
    pub fn line(self) -> &'static Line {
        match self {
            Pays::Pharmacies => &chart::PHARMACY_PAYABLE,
            Pays::PatientRefunds => &chart::REFUND,
        }
    }

    /// The inverse of [`Pays::line`], by its code.
    pub fn from_control(code: &str) -> Option<Pays> {
        Pays::ALL.into_iter().find(|pays| pays.line().code == code)
    }
}

/// A batch as its maker proposed it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Batch {
    /// Its number.
    pub batch_no: BatchNo,
    /// Which payables it pays.
    pub pays: Pays,
    /// The currency of its payouts.
    pub currency: Currency,
    /// Our bank account that the money leaves from.
    pub bank: PartyNo,
    /// It pays what is due on this day or before.
    pub cut_off: Date,
    /// Who proposed it.
    pub made_by: String,
    /// When.
    pub made_at: Timestamp,
}

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
    /// The part withheld as tax, in minor units.
    pub withheld_minor: i64,
    /// What it pays.
    pub items: Vec<PayoutItem>,
}

/// What a batch would do now.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Plan {
    /// The payments, in order of their numbers.
    pub payouts: Vec<Planned>,
    /// What is due to payees whose bank details are not on record: it stays due.
    pub held_back: Vec<Due>,
}

impl Plan {
    /// What maker and checker compare.
    pub fn control_total(&self) -> ControlTotal {
        let net_minor = self.payouts.iter().map(|planned| planned.gross_minor - planned.withheld_minor).sum();
        ControlTotal { payouts: self.payouts.len(), net_minor }
    }

    /// The advances that our own money must cover, in minor units.
    pub fn advances_minor(&self) -> i64 {
        self.payouts.iter().flat_map(|planned| &planned.items).map(|item| item.advance_minor).sum()
    }
}

/// Cuts what is due into payments: one a payee, more where a payee has more items than one payout carries. The same due
/// items give the same plan, whatever their order.
pub fn plan(batch_no: &BatchNo, due: Vec<Due>) -> Plan {
    let mut plan = Plan::default();
    let mut by_payee: BTreeMap<(PartyNo, i32), Vec<Due>> = BTreeMap::new();
    for due in due {
        match due.payee_account_version {
            Some(version) => by_payee.entry((due.payee.clone(), version)).or_default().push(due),
            None => plan.held_back.push(due),
        }
    }
    for ((payee, payee_account_version), mut due) in by_payee {
        due.sort_by(|a, b| (a.due_on, &a.account, &a.item).cmp(&(b.due_on, &b.account, &b.item)));
        for due in due.chunks(ITEMS_PER_PAYOUT_MAX) {
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
mod tests {
    use super::*;

    fn due(payee: &str, item: &str, open_minor: i64) -> Due {
        Due {
            account: chart::PHARMACY_PAYABLE.of(&PartyNo::parse(payee).unwrap()),
            item: item.to_owned(),
            payee: PartyNo::parse(payee).unwrap(),
            withheld_per_10000: 0,
            payee_account_version: Some(1),
            due_on: jiff::civil::date(2026, 3, 2),
            open_minor,
            advance_left_minor: 0,
        }
    }

    fn batch_no() -> BatchNo {
        BatchNo::parse("B-20260302").unwrap()
    }

    #[test]
    fn one_payment_a_payee_whatever_the_order() {
        let items = [due("b", "C-3", 300), due("a", "C-2", 200), due("a", "C-1", 100)];
        let forth = plan(&batch_no(), items.to_vec());
        let back = plan(&batch_no(), items.into_iter().rev().collect());
        assert_eq!(forth, back);
        assert_eq!(forth.control_total(), ControlTotal { payouts: 2, net_minor: 600 });
        assert_eq!(forth.payouts[0].payout_id.as_str(), "B-20260302-0001");
        let items: Vec<_> = forth.payouts[0].items.iter().map(|item| item.item.as_str()).collect();
        assert_eq!((forth.payouts[0].payee.as_str(), items), ("a", vec!["C-1", "C-2"]));
    }

    #[test]
    fn a_payout_never_has_more_items_than_an_entry_takes() {
        let items = (0..=ITEMS_PER_PAYOUT_MAX).map(|n| due("a", &format!("C-{n:05}"), 1)).collect();
        let plan = plan(&batch_no(), items);
        let counts: Vec<_> = plan.payouts.iter().map(|planned| planned.items.len()).collect();
        assert_eq!(counts, [ITEMS_PER_PAYOUT_MAX, 1]);
        assert_eq!(plan.control_total().net_minor, 999);
    }

    #[test]
    fn tax_is_withheld_once_a_payment() {
        let items = ["C-1", "C-2", "C-3"].map(|item| Due { withheld_per_10000: 333, ..due("a", item, 33) });
        let planned = &plan(&batch_no(), items.to_vec()).payouts[0];
        assert_eq!((planned.gross_minor, planned.withheld_minor), (99, 3));
    }

    #[test]
    fn rounding_never_withholds_a_whole_payment() {
        let items = vec![Due { withheld_per_10000: 9_999, ..due("a", "C-1", 1) }];
        assert_eq!(plan(&batch_no(), items).control_total().net_minor, 1);
    }

    #[test]
    fn a_payee_without_bank_details_waits_and_the_others_do_not() {
        let items = vec![Due { payee_account_version: None, ..due("a", "C-1", 100) }, due("b", "C-2", 200)];
        let plan = plan(&batch_no(), items);
        assert_eq!(plan.control_total(), ControlTotal { payouts: 1, net_minor: 200 });
        assert_eq!(plan.held_back.len(), 1);
    }
}
