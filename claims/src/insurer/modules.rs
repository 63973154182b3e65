//! The parts of the platform's service, switched on and off for an insurer with effect from a moment.
//!
//! Switches are append-only and never begin before they are recorded, so that what was in force at a past moment stays
//! so. Without a switch a module is off.

use deadpool_postgres::Client;
use dianfu_ledger::clock;
use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;

use crate::error::Error;
use crate::sql;

use super::refusal::{InsurerRefusal, check_text, unknown};

/// A part of the platform's service.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Module {
    /// Asking the insurer what it guarantees.
    CoverageCheck,
    /// Reviewing claims before money moves.
    PreReview,
    /// Sending claims to the insurer for its decision.
    ConfirmReview,
    /// Advancing what the insurer covers.
    DirectPay,
    /// Claims of patients who have paid everything themselves.
    Reimbursement,
    /// Taking in the insurer's remittances.
    Remittance,
}

impl Module {
    /// Every module.
    pub const ALL: [Module; 6] = [
        Module::CoverageCheck,
        Module::PreReview,
        Module::ConfirmReview,
        Module::DirectPay,
        Module::Reimbursement,
        Module::Remittance,
    ];

    /// The word for it, in the database and at every edge.
    pub fn word(self) -> &'static str {
        match self {
            Module::CoverageCheck => "coverage_check",
            Module::PreReview => "pre_review",
            Module::ConfirmReview => "confirm_review",
            Module::DirectPay => "direct_pay",
            Module::Reimbursement => "reimbursement",
            Module::Remittance => "remittance",
        }
    }

    /// The inverse of [`Module::word`].
    pub fn from_word(word: &str) -> Option<Module> {
        Module::ALL.into_iter().find(|module| module.word() == word)
    }
}

/// A switch on record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Switch {
    /// From 1 for each insurer.
    pub switch_no: i32,
    /// Which module.
    pub module: Module,
    /// Whether it is on from then.
    pub is_on: bool,
    /// From when.
    pub from_at: Timestamp,
    /// Why.
    pub reason: String,
    /// Who did it.
    pub actor: String,
}

/// The switch of a module in force at a moment: the last to begin; of two that begin together the later recorded.
pub fn switch_at(switches: &[Switch], module: Module, at: Timestamp) -> Option<&Switch> {
    let begun = switches.iter().filter(|switch| switch.module == module && switch.from_at <= at);
    begun.max_by_key(|switch| (switch.from_at, switch.switch_no))
}

/// Whether a module is on at a moment.
pub fn module_on(switches: &[Switch], module: Module, at: Timestamp) -> bool {
    switch_at(switches, module, at).is_some_and(|switch| switch.is_on)
}

/// A switch to be made.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewSwitch {
    /// Which module.
    pub module: Module,
    /// Whether it is on from then.
    pub is_on: bool,
    /// From when; not before now.
    pub from_at: Timestamp,
    /// Why.
    pub reason: String,
}

/// Switches modules, all or none. Counts for what begins after it; needs one person. One that changes nothing is put on
/// record too: somebody has said so.
pub async fn switch(
    client: &mut Client,
    insurer: &PartyNo,
    switches: &[NewSwitch],
    actor: &str,
    now: Timestamp,
) -> Result<Result<(), InsurerRefusal>, Error> {
    let now = clock::as_kept(now);
    let mut kept = Vec::with_capacity(switches.len());
    for switch in switches {
        if let Err(refusal) = check(switch, actor, now) {
            return Ok(Err(refusal));
        }
        kept.push(NewSwitch { from_at: clock::as_kept(switch.from_at), ..switch.clone() });
    }
    let tx = client.transaction().await?;
    if sql::insurers::lock(&tx, insurer).await?.is_none() {
        return Ok(Err(unknown("insurer", insurer.as_str())));
    }
    sql::insurers::standing::insert_switches(&tx, insurer, &kept, actor, now).await?;
    tx.commit().await?;
    Ok(Ok(()))
}

fn check(switch: &NewSwitch, actor: &str, now: Timestamp) -> Result<(), InsurerRefusal> {
    check_text("actor", actor)?;
    check_text("reason", &switch.reason)?;
    let from_at = clock::as_kept(switch.from_at);
    if from_at < now { Err(InsurerRefusal::SwitchBackdated { from_at, now }) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use jiff::ToSpan;

    use super::*;

    fn moment(hour: i64) -> Timestamp {
        Timestamp::UNIX_EPOCH.checked_add(hour.hours()).unwrap()
    }

    #[test]
    fn a_switch_counts_from_its_moment_until_the_next() {
        let switch = |switch_no, module, is_on, hour| Switch {
            switch_no,
            module,
            is_on,
            from_at: moment(hour),
            reason: "contract".to_owned(),
            actor: "wang".to_owned(),
        };
        let switches = [
            switch(1, Module::DirectPay, true, 10),
            switch(2, Module::DirectPay, false, 20),
            switch(3, Module::DirectPay, true, 15),
            switch(4, Module::DirectPay, false, 15),
            switch(5, Module::Remittance, true, 0),
        ];
        let on = |hour| module_on(&switches, Module::DirectPay, moment(hour));
        assert_eq!([9, 10, 14, 15, 20, 99].map(on), [false, true, true, false, false, false]);
        assert!(module_on(&switches, Module::Remittance, moment(0)));
        assert!(!module_on(&switches, Module::PreReview, moment(99)));
        assert_eq!(switch_at(&switches, Module::DirectPay, moment(16)).unwrap().switch_no, 4);
    }

    #[test]
    fn words_lead_back() {
        assert!(Module::ALL.into_iter().all(|module| Module::from_word(module.word()) == Some(module)));
    }
}
