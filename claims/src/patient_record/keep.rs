//! Putting a version of a patient's record on record.

use deadpool_postgres::{Client, Transaction};
use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;

use super::reading::{RECORDS, identity_index, open_record, phone_index, row_of};
use super::record::PatientRecord;
use super::refusal::{PatientRefusal, text};
use crate::error::Error;
use crate::sql;
use crate::sql::patients::NewRecordRow;
use crate::vault::{Keyring, Place, SealDraw, seal};

/// A version of a patient's record.
#[derive(Clone, Copy, Debug)]
pub struct NewVersion<'a> {
    /// The patient, who is registered.
    pub patient_no: &'a PartyNo,
    /// The version: one more than the last, from 1. Who has seen an older record cannot overwrite a newer one.
    pub version: i32,
    /// The record, whole.
    pub record: &'a PatientRecord,
    /// Why it changes.
    pub reason: &'a str,
    /// Who changes it.
    pub actor: &'a str,
    /// When.
    pub now: Timestamp,
}

/// What came of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Kept {
    /// The version that is on record now.
    pub version: i32,
    /// Whether it was there already.
    pub repeated: bool,
    /// Other patients with the same identity document: one person may be registered twice.
    pub same_identity: Vec<PartyNo>,
}

/// Keeps a version of a patient's record. The same again is fine.
pub async fn keep(
    client: &mut Client,
    keyring: &Keyring,
    new: NewVersion<'_>,
    draw: &SealDraw,
) -> Result<Result<Kept, PatientRefusal>, Error> {
    if let Err(refusal) = new.record.check().and_then(|()| text("reason", new.reason, 1, 500)) {
        return Ok(Err(refusal));
    }
    let tx = client.transaction().await?;
    // The row is the lock: versions of one patient come one after the other.
    sql::parties::lock_patients(&tx, &[new.patient_no.as_str()]).await?;
    if sql::parties::patient(&tx, new.patient_no).await?.is_none() {
        return Ok(Err(PatientRefusal::PatientUnknown { patient_no: new.patient_no.clone() }));
    }
    let last = sql::patients::last_versions(&tx, &[new.patient_no.as_str()]).await?;
    let last = last.get(new.patient_no).copied().unwrap_or(0);
    let repeated = match place_of(&tx, keyring, &new, last).await? {
        Ok(repeated) => repeated,
        Err(refusal) => return Ok(Err(refusal)),
    };
    if !repeated {
        insert(&tx, keyring, &new, draw).await?;
    }
    let index = identity_index(keyring, &new.record.identity);
    let mut same_identity = sql::patients::by_identity_index(&tx, &index).await?;
    same_identity.retain(|patient_no| patient_no != new.patient_no);
    tx.commit().await?;
    Ok(Ok(Kept { version: new.version, repeated, same_identity }))
}

/// Whether the version is the next one (`false`) or there already with the same content (`true`).
async fn place_of(
    tx: &Transaction<'_>,
    keyring: &Keyring,
    new: &NewVersion<'_>,
    last: i32,
) -> Result<Result<bool, PatientRefusal>, Error> {
    let expected = last + 1;
    if new.version == expected {
        return Ok(Ok(false));
    }
    if new.version < 1 || new.version > last {
        return Ok(Err(PatientRefusal::StaleVersion { expected, actual: new.version }));
    }
    if open_record(tx, keyring, new.patient_no, new.version).await? == *new.record {
        return Ok(Ok(true));
    }
    let (patient_no, version) = (new.patient_no.clone(), new.version);
    let stale = PatientRefusal::StaleVersion { expected, actual: version };
    Ok(Err(if version == last { PatientRefusal::Conflict { patient_no, version } } else { stale }))
}

async fn insert(tx: &Transaction<'_>, keyring: &Keyring, new: &NewVersion<'_>, draw: &SealDraw) -> Result<(), Error> {
    let row = row_of(new.patient_no, new.version);
    let place = Place { table: RECORDS, row: &row };
    let sealed = seal(keyring, place, &new.record.to_bytes(), draw);
    sql::vault::insert_sealed(tx, &[(place, sealed)]).await?;
    let row = NewRecordRow {
        patient_no: new.patient_no,
        version: new.version,
        phone_index: phone_index(keyring, &new.record.phone),
        identity_index: identity_index(keyring, &new.record.identity),
        reason: new.reason,
        actor: new.actor,
        now: new.now,
    };
    sql::patients::insert_record(tx, &row).await
}
