//! The statement of a pharmacy: one row an order, from what it came to down to the payout that carried it.

use std::collections::BTreeMap;

use deadpool_postgres::Client;
use dianfu_ledger::money::split;
use jiff::civil::Date;

use super::{Movement, Period, bounds, snapshot, tie};
use crate::chart::{PHARMACY_OWES, PHARMACY_PAYABLE};
use crate::error::Error;
use crate::number::{PartyNo, PayoutId};
use crate::payout::{DatedFact, Fact, Payout, state};
use crate::sql;

/// What we owe a pharmacy and what it owes us, in a period. Amounts are minor units of the book's currency.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PharmacyStatement {
    /// The pharmacy.
    pub pharmacy: PartyNo,
    /// The days that it covers.
    pub period: Period,
    /// What we owed before, less what it owed us.
    pub opening_minor: i128,
    /// Its orders, by number.
    pub rows: Vec<OrderRow>,
    /// What we owe at the end, less what it owes us: the opening and the balances of all rows.
    pub closing_minor: i128,
}

/// What happened to one order in the period, in minor units.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct OrderRow {
    /// The order; it has the number of its claim.
    pub order: String,
    /// What we owed for it when it was dispensed. Where the pharmacy collected the share itself, without that.
    pub gross_minor: i128,
    /// What of that the platform had collected from the patient.
    pub share_collected_minor: i128,
    /// Our fee, VAT included, less what was given back of it.
    pub fee_minor: i128,
    /// The VAT inside the fee.
    pub vat_minor: i128,
    /// What it owes back for a drug that was returned.
    pub returned_minor: i128,
    /// What it bears of a shortfall.
    pub charged_back_minor: i128,
    /// What was set off against its debts instead of being paid.
    pub netted_minor: i128,
    /// What of its debt for this order was set off against others.
    pub debt_netted_minor: i128,
    /// Tax withheld: its part of what was withheld from the payouts that carry it.
    pub withheld_minor: i128,
    /// What was paid of it, or is on its way.
    pub net_minor: i128,
    /// What other journals brought it.
    pub other_minor: i128,
    /// What all of this comes to: `gross - fee - returned - charged back - netted + debt netted - withheld - net +
    /// other`.
    pub balance_minor: i128,
    /// The payouts that carry it or came back, in order of time.
    pub payouts: Vec<OrderPayout>,
}

/// A payout that carries an order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OrderPayout {
    /// Its number; the bank echoes it.
    pub payout_id: PayoutId,
    /// Where it stands: a word of [`crate::payout::PayoutState`].
    pub state: &'static str,
    /// When the bank paid it.
    pub paid_on: Option<Date>,
}

/// A payout and what is known of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct KnownPayout {
    /// The payout.
    pub payout: Payout,
    /// Its facts, from its instruction on.
    pub facts: Vec<DatedFact>,
}

/// The statement of a pharmacy as the book is now; one that has no accounts has nothing on it.
pub async fn statement(client: &mut Client, pharmacy: &PartyNo, period: Period) -> Result<PharmacyStatement, Error> {
    let tx = snapshot(client).await?;
    let accounts = [PHARMACY_PAYABLE.of(pharmacy), PHARMACY_OWES.of(pharmacy)];
    let movements = sql::movements(&tx, &accounts, period).await?;
    let carrying = movements.iter().filter(|movement| is_payout(&movement.journal));
    let ids: Vec<PayoutId> = carrying.filter_map(|movement| PayoutId::parse(&movement.reference).ok()).collect();
    let payouts = sql::payouts(&tx, &ids).await?;
    let mut facts = sql::facts(&tx, &ids).await?;
    let known = payouts.into_iter().map(|(id, payout)| {
        let facts = facts.remove(&id).unwrap_or_default().into_iter().map(|stored| stored.dated).collect();
        (id, KnownPayout { payout, facts })
    });
    let rows = shape(&movements, &known.collect());
    let (opening, closing) = bounds(&tx, &accounts, period).await?;
    let (opening_minor, closing_minor) = (-opening, -closing);
    tie(pharmacy.as_str(), opening_minor, rows.iter().map(|row| row.balance_minor).sum(), closing_minor)?;
    Ok(PharmacyStatement { pharmacy: pharmacy.clone(), period, opening_minor, rows, closing_minor })
}

/// The rows of these movements, by order; `payouts` are those that J5 and J7 name.
pub fn shape(movements: &[Movement], payouts: &BTreeMap<PayoutId, KnownPayout>) -> Vec<OrderRow> {
    let mut rows: BTreeMap<&str, OrderRow> = BTreeMap::new();
    for movement in movements {
        let row = rows.entry(&movement.item).or_default();
        row.order.clone_from(&movement.item);
        add(row, movement, payouts);
    }
    rows.into_values().collect()
}

/// Puts a movement under its heading. What we owe is credit, so a credit raises the balance.
fn add(row: &mut OrderRow, movement: &Movement, payouts: &BTreeMap<PayoutId, KnownPayout>) {
    let owed = -i128::from(movement.amount_minor);
    row.balance_minor += owed;
    let is_debt = movement.control == PHARMACY_OWES.code;
    match movement.journal.as_str() {
        "J3" | "J3b" | "J3c" | "J24-drawn" => {
            row.gross_minor += owed;
            row.share_collected_minor += i128::from(movement.held_minor);
        }
        "J4" | "J19d" | "J19d-paid-out" => {
            row.fee_minor -= owed;
            row.vat_minor -= i128::from(movement.vat_minor);
        }
        "J19a" | "J19b" | "J19c" => row.returned_minor -= owed,
        "J10b" | "J10b-unpaid" => row.charged_back_minor -= owed,
        "J19e" if is_debt => row.debt_netted_minor += owed,
        "J19e" => row.netted_minor -= owed,
        journal if is_payout(journal) => paid(row, movement, -owed, payouts),
        _ => row.other_minor += owed,
    }
}

fn is_payout(journal: &str) -> bool {
    matches!(journal, "J5" | "J7")
}

/// J5 pays `taken` of the order, J7 takes it back; of either a part is tax.
fn paid(row: &mut OrderRow, movement: &Movement, taken: i128, payouts: &BTreeMap<PayoutId, KnownPayout>) {
    let known = PayoutId::parse(&movement.reference).ok().and_then(|id| payouts.get(&id));
    let withheld = known.map_or(0, |known| withheld_of(&known.payout, &movement.item)) * taken.signum();
    row.withheld_minor += withheld;
    row.net_minor += taken - withheld;
    if let Some(known) = known.filter(|_| movement.journal == "J5") {
        let paid = known.facts.iter().find(|dated| matches!(dated.fact, Fact::Paid { .. }));
        row.payouts.push(OrderPayout {
            payout_id: known.payout.payout_id.clone(),
            state: state(&known.facts).word(),
            paid_on: paid.map(|dated| dated.on),
        });
    }
}

/// The part of a payout's tax that falls on one of its orders: all parts add up to the whole.
fn withheld_of(payout: &Payout, order: &str) -> i128 {
    let weights: Vec<i64> = payout.items.iter().map(|item| item.amount_minor).collect();
    let parts = split(payout.withheld_minor, &weights).expect("a payout is over more than nothing");
    let of_order = payout.items.iter().zip(parts).filter(|(item, _)| item.item == order);
    of_order.map(|(_, part)| i128::from(part)).sum()
}

#[cfg(test)]
mod tests;
