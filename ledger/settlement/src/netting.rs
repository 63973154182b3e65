//! What a pharmacy owes us is set off against what we owe it: J19e. Pure.
//!
//! Oldest first on both sides, so that the same orders and debts give the same nettings in whichever order they come.
//! A netting moves no more than either side has, and stops where one side has nothing left. Only what a pharmacy is
//! owed on its own account is set off against what the same pharmacy owes.
//!
//! Costs a sort of both sides; at most as many nettings as there are orders and debts.

use std::collections::VecDeque;

use dianfu_ledger::account::AccountCode;
use jiff::civil::Date;

use crate::chart::{PHARMACY_OWES, PHARMACY_PAYABLE};
use crate::number::PartyNo;
use crate::plan::Due;

/// An open item that a pharmacy owes us.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Receivable {
    /// The pharmacy.
    pub pharmacy: PartyNo,
    /// The open item on its account 1301.
    pub item: String,
    /// Since when it stands there.
    pub since: Date,
    /// What it owes, in minor units; positive.
    pub open_minor: i64,
}

impl Receivable {
    /// The account that it stands on.
    pub fn account(&self) -> AccountCode {
        PHARMACY_OWES.of(&self.pharmacy)
    }
}

/// A part of an order that is set off against a debt of the same pharmacy.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Netting {
    /// The pharmacy.
    pub pharmacy: PartyNo,
    /// The order: the item on its account 2101.
    pub order: String,
    /// The debt: the item on its account 1301.
    pub debt: String,
    /// How much, in minor units; positive.
    pub amount_minor: i64,
    /// The part of the order's advance that our own money covers with this netting, in minor units: where an order is
    /// set off whole there is no payout that could.
    pub advance_minor: i64,
}

/// Sets what one payee is due off against what it owes: the nettings, and what is left to be paid. Both sides come in
/// any order; what is left keeps the order of `due`.
pub fn net(due: Vec<Due>, receivables: Vec<Receivable>) -> (Vec<Netting>, Vec<Due>) {
    let mut debts: VecDeque<Receivable> = in_turn(receivables).into();
    let mut nettings = Vec::new();
    let mut left: Vec<Due> = due;
    let mut turn: Vec<usize> = (0..left.len()).collect();
    turn.sort_by(|a, b| left[*a].turn().cmp(&left[*b].turn()));
    for at in turn {
        set_off(&mut left[at], &mut debts, &mut nettings);
    }
    left.retain(|due| due.open_minor > 0);
    (nettings, left)
}

fn in_turn(mut receivables: Vec<Receivable>) -> Vec<Receivable> {
    receivables.retain(|receivable| receivable.open_minor > 0);
    receivables.sort_by(|a, b| (a.since, &a.item).cmp(&(b.since, &b.item)));
    receivables
}

/// Sets one order off against the oldest debts.
fn set_off(due: &mut Due, debts: &mut VecDeque<Receivable>, nettings: &mut Vec<Netting>) {
    if due.account != PHARMACY_PAYABLE.of(&due.payee) {
        return;
    }
    while let Some(debt) = debts.front_mut().filter(|_| due.open_minor > 0) {
        assert_eq!(debt.pharmacy, due.payee, "the debts are those of the payee");
        let amount_minor = due.open_minor.min(debt.open_minor);
        due.open_minor -= amount_minor;
        debt.open_minor -= amount_minor;
        let advance_minor = if due.open_minor == 0 { std::mem::take(&mut due.advance_left_minor) } else { 0 };
        nettings.push(Netting {
            pharmacy: due.payee.clone(),
            order: due.item.clone(),
            debt: debt.item.clone(),
            amount_minor,
            advance_minor,
        });
        if debt.open_minor == 0 {
            debts.pop_front();
        }
    }
}

#[cfg(test)]
mod tests;
