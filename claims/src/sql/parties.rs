//! Pharmacies, patients and policies.

use std::collections::HashMap;

use deadpool_postgres::Transaction;
use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::claim::PolicyNo;
use crate::error::Error;
use crate::patient::{Patient, Policy};
use crate::pharmacy::Pharmacy;

use super::{currency, number};

/// Adds a pharmacy. Answers whether it is new.
pub async fn insert_pharmacy(
    tx: &Transaction<'_>,
    pharmacy: &Pharmacy,
    actor: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    const SQL: &str = "
        INSERT INTO pharmacy
            (pharmacy_no, name, currency, fee_per_10000, vat_per_10000, payment_days, registered_at, actor)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT ON CONSTRAINT pharmacy_pkey DO NOTHING";
    let Pharmacy { pharmacy_no, name, currency, fee_per_10000, vat_per_10000, payment_days } = pharmacy;
    let (pharmacy_no, currency) = (pharmacy_no.as_str(), currency.code());
    let values: [&(dyn ToSql + Sync); 8] =
        [&pharmacy_no, name, &currency, fee_per_10000, vat_per_10000, payment_days, &now, &actor];
    Ok(tx.execute(&tx.prepare_cached(SQL).await?, &values).await? == 1)
}

/// The pharmacies with these numbers that are on record.
pub async fn pharmacies(tx: &Transaction<'_>, numbers: &[&str]) -> Result<HashMap<PartyNo, Pharmacy>, Error> {
    const SQL: &str = "
        SELECT pharmacy_no, name, currency, fee_per_10000, vat_per_10000, payment_days
        FROM pharmacy
        WHERE pharmacy_no = ANY ($1)";
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[&numbers]).await?;
    let known = |row: &Row| {
        let pharmacy_no = number(PartyNo::parse(row.get("pharmacy_no")))?;
        let pharmacy = Pharmacy {
            pharmacy_no: pharmacy_no.clone(),
            name: row.get("name"),
            currency: currency(row)?,
            fee_per_10000: row.get("fee_per_10000"),
            vat_per_10000: row.get("vat_per_10000"),
            payment_days: row.get("payment_days"),
        };
        Ok((pharmacy_no, pharmacy))
    };
    rows.iter().map(known).collect()
}

/// Adds a patient. Answers whether it is new.
pub async fn insert_patient(
    tx: &Transaction<'_>,
    patient: &Patient,
    actor: &str,
    now: Timestamp,
) -> Result<bool, Error> {
    const SQL: &str = "
        INSERT INTO patient (patient_no, currency, registered_at, actor)
        VALUES ($1, $2, $3, $4)
        ON CONFLICT ON CONSTRAINT patient_pkey DO NOTHING";
    let Patient { patient_no, currency } = patient;
    let statement = tx.prepare_cached(SQL).await?;
    Ok(tx.execute(&statement, &[&patient_no.as_str(), &currency.code(), &now, &actor]).await? == 1)
}

/// A patient as it is on record.
pub async fn patient(tx: &Transaction<'_>, patient_no: &PartyNo) -> Result<Option<Patient>, Error> {
    const SQL: &str = "
        SELECT patient_no, currency
        FROM patient
        WHERE patient_no = $1";
    let row = tx.query_opt(&tx.prepare_cached(SQL).await?, &[&patient_no.as_str()]).await?;
    let known = |row: Row| {
        Ok(Patient { patient_no: number(PartyNo::parse(row.get("patient_no")))?, currency: currency(&row)? })
    };
    row.map(known).transpose()
}

/// Locks these patients until the end of the transaction, so that their reviews come one after the other. In the order
/// of their numbers, so that two transactions never wait for each other.
pub async fn lock_patients(tx: &Transaction<'_>, numbers: &[&str]) -> Result<(), Error> {
    const SQL: &str = "
        SELECT patient_no
        FROM patient
        WHERE patient_no = ANY ($1)
        ORDER BY patient_no
        FOR NO KEY UPDATE";
    tx.query(&tx.prepare_cached(SQL).await?, &[&numbers]).await?;
    Ok(())
}

/// Adds a policy. Answers whether it is new.
pub async fn insert_policy(tx: &Transaction<'_>, policy: &Policy, actor: &str, now: Timestamp) -> Result<bool, Error> {
    const SQL: &str = "
        INSERT INTO policy
            (insurer_no, policy_no, patient_no, currency, in_force_from, in_force_until, deductible_minor,
             coinsurance_per_10000, share_cap_minor, benefit_limit_minor, registered_at, actor)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
        ON CONFLICT ON CONSTRAINT policy_pkey DO NOTHING";
    let values: [&(dyn ToSql + Sync); 12] = [
        &policy.insurer.as_str(),
        &policy.policy_no.as_str(),
        &policy.patient.as_str(),
        &policy.currency.code(),
        &policy.in_force_from,
        &policy.in_force_until,
        &policy.deductible_minor,
        &policy.coinsurance_per_10000,
        &policy.share_cap_minor,
        &policy.benefit_limit_minor,
        &now,
        &actor,
    ];
    Ok(tx.execute(&tx.prepare_cached(SQL).await?, &values).await? == 1)
}

/// A policy's key: its insurer and the insurer's number for it.
pub type PolicyKey = (PartyNo, PolicyNo);

/// The policies with these keys that are on record.
pub async fn policies(tx: &Transaction<'_>, keys: &[PolicyKey]) -> Result<HashMap<PolicyKey, Policy>, Error> {
    const SQL: &str = "
        SELECT p.insurer_no, p.policy_no, p.patient_no, p.currency, p.in_force_from, p.in_force_until,
               p.deductible_minor, p.coinsurance_per_10000, p.share_cap_minor, p.benefit_limit_minor
        FROM (
            SELECT DISTINCT insurer_no, policy_no
            FROM unnest($1::text[], $2::text[]) AS named (insurer_no, policy_no)
        ) wanted
        JOIN policy p USING (insurer_no, policy_no)";
    let insurers: Vec<&str> = keys.iter().map(|(insurer, _)| insurer.as_str()).collect();
    let numbers: Vec<&str> = keys.iter().map(|(_, policy_no)| policy_no.as_str()).collect();
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[&insurers, &numbers]).await?;
    rows.iter()
        .map(policy)
        .map(|known| known.map(|known| ((known.insurer.clone(), known.policy_no.clone()), known)))
        .collect()
}

fn policy(row: &Row) -> Result<Policy, Error> {
    Ok(Policy {
        insurer: number(PartyNo::parse(row.get("insurer_no")))?,
        policy_no: number(PolicyNo::parse(row.get("policy_no")))?,
        patient: number(PartyNo::parse(row.get("patient_no")))?,
        currency: currency(row)?,
        in_force_from: row.get("in_force_from"),
        in_force_until: row.get("in_force_until"),
        deductible_minor: row.get("deductible_minor"),
        coinsurance_per_10000: row.get("coinsurance_per_10000"),
        share_cap_minor: row.get("share_cap_minor"),
        benefit_limit_minor: row.get("benefit_limit_minor"),
    })
}
