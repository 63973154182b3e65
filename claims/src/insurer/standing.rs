//! What an insurer may be asked for at a moment: one value, and a pure answer to each need.
//!
//! [`standings_in`] locks the insurers' rows FOR SHARE until the caller's transaction ends, in the order of their
//! numbers, and reads everything behind the lock, so that a suspension counts for every transaction that comes after
//! it. Costs at most five statements, whatever the number of insurers.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use deadpool_postgres::Transaction;
use dianfu_ledger::clock;
use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::calendar::Calendar;
use crate::claim::{ClaimKind, Cover};
use crate::error::Error;
use crate::event::EventKind;
use crate::sql;

use super::Insurer;
use super::bearer::{self, BearerRule};
use super::modules::{Module, Switch, module_on};
use super::stage::{Stage, StageView, stage};
use super::terms::{TermsVersion, due_on, in_force};

/// What is wanted of an insurer.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Need {
    /// A new claim that is paid for by an advance.
    TakeInDirectPay,
    /// A new claim of a patient who has paid everything.
    TakeInReimbursement,
    /// To ask it what it guarantees.
    CoverageCheck,
    /// To review a claim before money moves.
    PreReview,
    /// To commit an advance: a new hold.
    Advance,
    /// To send it a claim.
    SendToInsurer,
    /// To take its decision.
    Decision,
    /// To pay a patient what it approves.
    Reimburse,
    /// To take in its remittance.
    Remittance,
}

impl Need {
    /// Every need.
    pub const ALL: [Need; 9] = [
        Need::TakeInDirectPay,
        Need::TakeInReimbursement,
        Need::CoverageCheck,
        Need::PreReview,
        Need::Advance,
        Need::SendToInsurer,
        Need::Decision,
        Need::Reimburse,
        Need::Remittance,
    ];

    /// The module that it needs.
    pub fn module(self) -> Module {
        match self {
            Need::TakeInDirectPay | Need::Advance => Module::DirectPay,
            Need::TakeInReimbursement | Need::Reimburse => Module::Reimbursement,
            Need::CoverageCheck => Module::CoverageCheck,
            Need::PreReview => Module::PreReview,
            Need::SendToInsurer | Need::Decision => Module::ConfirmReview,
            Need::Remittance => Module::Remittance,
        }
    }

    /// Whether a suspension stops it: what leads to a new advance. All else finishes what was begun.
    pub fn is_stopped_by_suspension(self) -> bool {
        match self {
            Need::TakeInDirectPay | Need::Advance => true,
            Need::TakeInReimbursement
            | Need::CoverageCheck
            | Need::PreReview
            | Need::SendToInsurer
            | Need::Decision
            | Need::Reimburse
            | Need::Remittance => false,
        }
    }
}

/// What an event on a claim wants of its insurer.
pub fn need_of(kind: EventKind, claim: ClaimKind) -> Option<Need> {
    match (kind, claim) {
        (EventKind::TakenIn, ClaimKind::DirectPay) => Some(Need::TakeInDirectPay),
        (EventKind::TakenIn, ClaimKind::Reimbursement) => Some(Need::TakeInReimbursement),
        (EventKind::PreReviewed, _) => Some(Need::PreReview),
        (EventKind::SentToInsurer, _) => Some(Need::SendToInsurer),
        (EventKind::InsurerDecided | EventKind::InsurerAskedForMore, _) => Some(Need::Decision),
        _ => None,
    }
}

/// Why an insurer cannot be asked for something; in order of precedence.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum NotPermitted {
    /// It does not take part.
    #[error("insurer '{insurer}' is {}, not LIVE, at {at}", stage.word())]
    NotLive {
        /// The insurer.
        insurer: PartyNo,
        /// Where it stands.
        stage: Stage,
        /// When it was asked for.
        at: Timestamp,
    },
    /// It is suspended.
    #[error("insurer '{insurer}' is suspended since {since}: {reason}")]
    Suspended {
        /// The insurer.
        insurer: PartyNo,
        /// Since when.
        since: Timestamp,
        /// Why.
        reason: String,
    },
    /// The module is off.
    #[error("module {} of insurer '{insurer}' is off at {at}", module.word())]
    ModuleOff {
        /// The insurer.
        insurer: PartyNo,
        /// The module.
        module: Module,
        /// When it was asked for.
        at: Timestamp,
    },
}

impl NotPermitted {
    /// Stable code, the same at every edge.
    pub fn code(&self) -> &'static str {
        match self {
            NotPermitted::NotLive { .. } => "insurer_not_live",
            NotPermitted::Suspended { .. } => "insurer_suspended",
            NotPermitted::ModuleOff { .. } => "module_off",
        }
    }
}

/// An insurer at a moment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Standing {
    /// Who it is.
    pub insurer: Insurer,
    /// The moment: switches count as of it, terms as of its day. The stage is always the last one.
    pub at: Timestamp,
    /// Where it stands, and since when.
    pub stage: StageView,
    /// All switches of its modules, also those that begin later.
    pub switches: Vec<Switch>,
    /// The contract terms in force; `None` before there are any.
    pub terms: Option<TermsVersion>,
    /// The bank days of its contract.
    pub calendar: Arc<Calendar>,
}

impl Standing {
    /// Whether a module is on.
    pub fn module_on(&self, module: Module) -> bool {
        module_on(&self.switches, module, self.at)
    }

    /// Who bears what it does not cover: as its terms say, and as usual before there are any.
    pub fn bearers(&self) -> Cow<'_, [BearerRule]> {
        match &self.terms {
            Some(version) => Cow::Borrowed(&version.terms.bearers),
            None => Cow::Owned(bearer::usual()),
        }
    }

    /// On what terms it bears advances; within the credit line and without a fee before there are terms.
    pub fn cover(&self) -> Cover {
        let of = |version: &TermsVersion| Cover {
            funding: version.terms.funding,
            service_fee_per_10000: version.terms.fee_per_10000,
            service_vat_per_10000: version.terms.vat_per_10000,
        };
        self.terms.as_ref().map_or(Cover::CREDIT_LINE, of)
    }

    /// The day by which it has paid what it approves on a day; the same day before there are terms.
    pub fn due_on(&self, approved_on: Date) -> Date {
        self.terms.as_ref().map_or(approved_on, |version| due_on(&version.terms, &self.calendar, approved_on))
    }

    /// Whether the insurer may be asked for something.
    pub fn permits(&self, need: Need) -> Result<(), NotPermitted> {
        let insurer = || self.insurer.insurer_no.clone();
        match (self.stage.stage, &self.stage.because) {
            (Stage::Suspended, Some(step)) if need.is_stopped_by_suspension() => {
                let (since, reason) = (step.recorded_at, step.reason.clone());
                return Err(NotPermitted::Suspended { insurer: insurer(), since, reason });
            }
            (Stage::Live | Stage::Suspended, _) => {}
            (stage @ (Stage::Onboarding | Stage::Closed), _) => {
                return Err(NotPermitted::NotLive { insurer: insurer(), stage, at: self.at });
            }
        }
        let module = need.module();
        if self.module_on(module) {
            return Ok(());
        }
        Err(NotPermitted::ModuleOff { insurer: insurer(), module, at: self.at })
    }
}

/// How these insurers stand at a moment, their rows locked FOR SHARE; one that is not on record is left out.
pub async fn standings_in(
    tx: &Transaction<'_>,
    insurers: &[PartyNo],
    at: Timestamp,
) -> Result<HashMap<PartyNo, Standing>, Error> {
    let numbers: Vec<&str> = insurers.iter().map(PartyNo::as_str).collect();
    let known = sql::insurers::lock_for_share(tx, &numbers).await?;
    let mut steps = sql::insurers::standing::steps(tx, &numbers).await?;
    let mut switches = sql::insurers::standing::switches(tx, &numbers).await?;
    let versions = sql::insurers::standing::terms(tx, &numbers).await?;
    let (at, on) = (clock::as_kept(at), clock::date_of(at));
    let terms: HashMap<&PartyNo, &TermsVersion> =
        versions.iter().filter_map(|(insurer, versions)| Some((insurer, in_force(versions, on)?))).collect();
    let names: Vec<&str> = terms.values().map(|version| version.terms.calendar.as_str()).collect();
    let calendars = if names.is_empty() { HashMap::new() } else { sql::calendar::calendars(tx, &names).await? };
    let calendars: HashMap<_, _> = calendars.into_iter().map(|(name, days)| (name, Arc::new(days))).collect();
    let plain = Arc::new(Calendar::default());
    let standing = |insurer: Insurer| {
        let number = insurer.insurer_no.clone();
        let terms = terms.get(&number).map(|version| (*version).clone());
        let calendar = terms.as_ref().and_then(|version| calendars.get(&version.terms.calendar));
        let calendar = Arc::clone(calendar.unwrap_or(&plain));
        let stage = stage(&steps.remove(&number).unwrap_or_default());
        let switches = switches.remove(&number).unwrap_or_default();
        (number, Standing { insurer, at, stage, switches, terms, calendar })
    };
    Ok(known.into_iter().map(standing).collect())
}

#[cfg(test)]
mod tests {
    use dianfu_ledger::money::Currency;

    use super::*;
    use crate::insurer::stage::{StageAct, StageStep};

    fn standing(stage: Stage, on: &[Module]) -> Standing {
        let step = StageStep {
            step_no: 2,
            act: StageAct::Suspend,
            to: stage,
            proposal_no: None,
            reason: "fraud inquiry".to_owned(),
            actor: "li".to_owned(),
            recorded_at: Timestamp::UNIX_EPOCH,
        };
        let switch = |(switch_no, module): (i32, &Module)| Switch {
            switch_no,
            module: *module,
            is_on: true,
            from_at: Timestamp::UNIX_EPOCH,
            reason: "contract".to_owned(),
            actor: "li".to_owned(),
        };
        let insurer_no = PartyNo::parse("picc").unwrap();
        Standing {
            insurer: Insurer { insurer_no, name: "Example".to_owned(), currency: Currency::CNY },
            at: Timestamp::UNIX_EPOCH,
            stage: StageView { stage, because: Some(step) },
            switches: (1..).zip(on).map(switch).collect(),
            terms: None,
            calendar: Arc::default(),
        }
    }

    fn codes(standing: &Standing) -> Vec<&'static str> {
        let code = |need| standing.permits(need).map_or_else(|refusal| refusal.code(), |()| "ok");
        Need::ALL.into_iter().map(code).collect()
    }

    #[test]
    fn who_is_live_does_what_is_switched_on() {
        assert_eq!(codes(&standing(Stage::Live, &Module::ALL)), ["ok"; 9]);
        assert_eq!(codes(&standing(Stage::Live, &[])), ["module_off"; 9]);
        for module in Module::ALL {
            let standing = standing(Stage::Live, &[module]);
            for need in Need::ALL {
                assert_eq!(standing.permits(need).is_ok(), need.module() == module, "{need:?} {module:?}");
            }
        }
        let refusal = standing(Stage::Live, &[]).permits(Need::Advance).unwrap_err();
        assert_eq!(refusal.to_string(), "module direct_pay of insurer 'picc' is off at 1970-01-01T00:00:00Z");
    }

    #[test]
    fn who_is_suspended_finishes_what_was_begun() {
        let codes = codes(&standing(Stage::Suspended, &Module::ALL));
        let stopped = "insurer_suspended";
        assert_eq!(codes, [stopped, "ok", "ok", "ok", stopped, "ok", "ok", "ok", "ok"]);
        let refusal = standing(Stage::Suspended, &[]).permits(Need::Advance).unwrap_err();
        assert_eq!(refusal.to_string(), "insurer 'picc' is suspended since 1970-01-01T00:00:00Z: fraud inquiry");
    }

    #[test]
    fn who_is_not_live_does_nothing() {
        for stage in [Stage::Onboarding, Stage::Closed] {
            assert_eq!(codes(&standing(stage, &Module::ALL)), ["insurer_not_live"; 9]);
        }
    }
}
