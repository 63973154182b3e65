//! The statement of a patient: one row a claim, what was due and what was paid in each direction.

use std::collections::BTreeMap;

use deadpool_postgres::Client;
use dianfu_ledger::account::AccountCode;

use super::{Movement, Period, bounds, snapshot, tie};
use crate::chart::{CLAWBACK, REFUND, REIMBURSEMENT, SHARE_HELD, SHARE_OWED};
use crate::error::Error;
use crate::number::PartyNo;
use crate::sql;

/// What a patient owes us and what we owe it, in a period. Amounts are minor units of the book's currency.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PatientStatement {
    /// The patient, under our number.
    pub patient: PartyNo,
    /// The days that it covers.
    pub period: Period,
    /// What the patient owed before, less what we owed.
    pub opening_minor: i128,
    /// Its claims, by number.
    pub rows: Vec<ClaimRow>,
    /// What the patient owes at the end, less what we owe: the opening and the balances of all rows.
    pub closing_minor: i128,
}

/// What happened to one claim in the period, in minor units. What is due and what was written off is what is paid and
/// what stays.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct ClaimRow {
    /// The claim.
    pub claim: String,
    /// The share that the patient has to pay, as far as the platform collects it.
    pub share_due_minor: i128,
    /// What was paid of it.
    pub share_paid_minor: i128,
    /// What of that is held until the drug is dispensed.
    pub share_held_minor: i128,
    /// What the insurer reimburses through us.
    pub reimbursement_minor: i128,
    /// What was paid of it, or is on its way.
    pub reimbursement_paid_minor: i128,
    /// What the patient gets back.
    pub refund_minor: i128,
    /// What was paid of it, or is on its way.
    pub refund_paid_minor: i128,
    /// What the patient has to pay back.
    pub clawback_minor: i128,
    /// What was paid of it.
    pub clawback_paid_minor: i128,
    /// What of share and clawback was written off.
    pub written_off_minor: i128,
    /// What the patient owes, less what we owe and hold: `share due - share paid - share held + clawback - clawback
    /// paid - written off - (reimbursement - reimbursement paid) - (refund - refund paid)`.
    pub balance_minor: i128,
}

/// The statement of a patient as the book is now; one that has no accounts has nothing on it.
pub async fn statement(client: &mut Client, patient: &PartyNo, period: Period) -> Result<PatientStatement, Error> {
    let tx = snapshot(client).await?;
    let lines = [&SHARE_OWED, &CLAWBACK, &REIMBURSEMENT, &REFUND, &SHARE_HELD];
    let accounts: Vec<AccountCode> = lines.iter().map(|line| line.of(patient)).collect();
    let rows = shape(&sql::movements(&tx, &accounts, period).await?);
    let (opening_minor, closing_minor) = bounds(&tx, &accounts, period).await?;
    tie(patient.as_str(), opening_minor, rows.iter().map(|row| row.balance_minor).sum(), closing_minor)?;
    Ok(PatientStatement { patient: patient.clone(), period, opening_minor, rows, closing_minor })
}

/// The rows of these movements, by claim.
pub fn shape(movements: &[Movement]) -> Vec<ClaimRow> {
    let mut rows: BTreeMap<&str, ClaimRow> = BTreeMap::new();
    for movement in movements {
        let row = rows.entry(&movement.item).or_default();
        row.claim.clone_from(&movement.item);
        add(row, movement);
    }
    rows.into_values().collect()
}

/// Puts a movement under its heading, by account and side. What a rejected payout brings back was not paid.
fn add(row: &mut ClaimRow, movement: &Movement) {
    let debit = i128::from(movement.amount_minor);
    row.balance_minor += debit;
    let is_rejection = movement.journal.starts_with("J7");
    let is_write_off = movement.journal.contains("write-off");
    match movement.control.as_str() {
        control if control == SHARE_HELD.code => {
            row.share_held_minor -= debit;
            if debit < 0 {
                row.share_due_minor -= debit;
                row.share_paid_minor -= debit;
            }
        }
        control if control == SHARE_OWED.code || control == CLAWBACK.code => {
            let (due, paid) = if control == SHARE_OWED.code {
                (&mut row.share_due_minor, &mut row.share_paid_minor)
            } else {
                (&mut row.clawback_minor, &mut row.clawback_paid_minor)
            };
            match () {
                () if is_write_off => row.written_off_minor -= debit,
                () if debit > 0 => *due += debit,
                () => *paid -= debit,
            }
        }
        control => {
            let (owed, paid) = if control == REFUND.code {
                (&mut row.refund_minor, &mut row.refund_paid_minor)
            } else {
                (&mut row.reimbursement_minor, &mut row.reimbursement_paid_minor)
            };
            if debit > 0 || is_rejection {
                *paid += debit;
            } else {
                *owed -= debit;
            }
        }
    }
}

#[cfg(test)]
mod tests;
