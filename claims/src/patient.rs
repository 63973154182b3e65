//! Patients and their policies, as far as money needs to know them: numbers, no names.

use deadpool_postgres::Client;
use dianfu_ledger::money::Currency;
use dianfu_settlement::chart;
use dianfu_settlement::number::PartyNo;
use dianfu_settlement::payee::{NewPayee, register_in};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::claim::PolicyNo;
use crate::error::Error;
use crate::registration::{RegistrationRefusal, in_range, open, same};
use crate::sql;

/// A patient.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Patient {
    /// Our number: the party of the patient's accounts, and the payee of refunds. Never a name or an identity number.
    pub patient_no: PartyNo,
    /// The currency of the patient's claims.
    pub currency: Currency,
}

/// What an insurer covers for a patient in one term. Amounts in minor units.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Policy {
    /// The insurer.
    pub insurer: PartyNo,
    /// The insurer's number for it.
    pub policy_no: PolicyNo,
    /// Who is covered.
    pub patient: PartyNo,
    /// The currency of its amounts.
    pub currency: Currency,
    /// Its first day.
    pub in_force_from: Date,
    /// Its last day.
    pub in_force_until: Date,
    /// What the patient pays before the insurer covers anything.
    pub deductible_minor: i64,
    /// The patient's part of the rest, in ten-thousandths: 20 % is 2,000.
    pub coinsurance_per_10000: i32,
    /// The most that the patient pays; `None` for no cap.
    pub share_cap_minor: Option<i64>,
    /// The most that the insurer covers; `None` for no limit.
    pub benefit_limit_minor: Option<i64>,
}

impl Policy {
    fn check(&self) -> Result<(), RegistrationRefusal> {
        let (from, until) = (self.in_force_from, self.in_force_until);
        if from > until {
            return Err(RegistrationRefusal::TermReversed { from, until });
        }
        in_range("deductible", self.deductible_minor, 0, i64::MAX)?;
        in_range("coinsurance_per_10000", self.coinsurance_per_10000.into(), 0, 10_000)?;
        in_range("share_cap", self.share_cap_minor.unwrap_or(0), 0, i64::MAX)?;
        in_range("benefit_limit", self.benefit_limit_minor.unwrap_or(0), 0, i64::MAX)
    }
}

/// Registers a patient, opens the patient's accounts, and makes the patient a payee, for refunds.
pub async fn register(
    client: &mut Client,
    patient: &Patient,
    actor: &str,
    now: Timestamp,
) -> Result<Result<(), RegistrationRefusal>, Error> {
    let tx = client.transaction().await?;
    if !sql::parties::insert_patient(&tx, patient, actor, now).await? {
        let first = sql::parties::patient(&tx, &patient.patient_no).await?;
        let first = first.ok_or_else(|| Error::Corrupt("patient".to_owned()))?;
        return Ok(same("patient", patient.patient_no.as_str(), &first, patient));
    }
    let payee = patient.patient_no.clone();
    let name = payee.to_string();
    if let Err(refusal) = register_in(&tx, &NewPayee { payee, name, withheld_per_10000: 0 }, actor, now).await? {
        return Ok(Err(RegistrationRefusal::Settlement(refusal)));
    }
    let accounts = chart::patient_accounts(&patient.patient_no, patient.currency);
    if let Err(refusal) = open(&tx, &accounts, actor).await? {
        return Ok(Err(refusal));
    }
    tx.commit().await?;
    Ok(Ok(()))
}

/// Registers a policy of a registered insurer for a registered patient.
pub async fn register_policy(
    client: &mut Client,
    policy: &Policy,
    actor: &str,
    now: Timestamp,
) -> Result<Result<(), RegistrationRefusal>, Error> {
    if let Err(refusal) = policy.check() {
        return Ok(Err(refusal));
    }
    let tx = client.transaction().await?;
    let insurer = sql::insurers::insurer(&tx, &policy.insurer).await?.map(|insurer| insurer.currency);
    let patient = sql::parties::patient(&tx, &policy.patient).await?.map(|patient| patient.currency);
    for (what, number, currency) in [("insurer", &policy.insurer, insurer), ("patient", &policy.patient, patient)] {
        let number = number.to_string();
        let Some(expected) = currency else { return Ok(Err(RegistrationRefusal::Unknown { what, number })) };
        if expected != policy.currency {
            return Ok(Err(RegistrationRefusal::CurrencyDiffers { what, number, expected, actual: policy.currency }));
        }
    }
    if !sql::parties::insert_policy(&tx, policy, actor, now).await? {
        let key = (policy.insurer.clone(), policy.policy_no.clone());
        let first = sql::parties::policies(&tx, std::slice::from_ref(&key)).await?;
        let first = first.get(&key).ok_or_else(|| Error::Corrupt("policy".to_owned()))?;
        return Ok(same("policy", policy.policy_no.as_str(), first, policy));
    }
    tx.commit().await?;
    Ok(Ok(()))
}
