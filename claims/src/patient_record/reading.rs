//! Finding records without opening them, and reading them, masked or in full.

use std::collections::HashMap;

use deadpool_postgres::{Client, Transaction};
use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;
use uuid::Uuid;

use super::identity::Identity;
use super::phone::Phone;
use super::record::{MaskedRecord, PatientRecord};
use super::refusal::{PatientRefusal, text};
use crate::error::Error;
use crate::sql;
use crate::vault::{BlindIndex, Keyring, Place, blind_index, open};

/// The table under which records lie in the vault.
pub(super) const RECORDS: &str = "patient_record";

/// A full reading of a record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Reading {
    /// Its own id.
    pub reading_id: Uuid,
    /// Which version was read.
    pub version: i32,
    /// By whom.
    pub reader: String,
    /// Why.
    pub reason: String,
    /// When.
    pub read_at: Timestamp,
}

/// The patients whose record has this phone number now.
pub async fn by_phone(client: &mut Client, keyring: &Keyring, phone: &Phone) -> Result<Vec<PartyNo>, Error> {
    let tx = client.transaction().await?;
    sql::patients::by_phone_index(&tx, &phone_index(keyring, phone)).await
}

/// The patients whose record has this identity document now.
pub async fn by_identity(client: &mut Client, keyring: &Keyring, identity: &Identity) -> Result<Vec<PartyNo>, Error> {
    let tx = client.transaction().await?;
    sql::patients::by_identity_index(&tx, &identity_index(keyring, identity)).await
}

/// Masked views of these patients' records; patients without one are left out.
pub async fn masked(
    client: &mut Client,
    keyring: &Keyring,
    patients: &[PartyNo],
) -> Result<HashMap<PartyNo, MaskedRecord>, Error> {
    let tx = client.transaction().await?;
    let numbers: Vec<&str> = patients.iter().map(PartyNo::as_str).collect();
    let versions: Vec<(PartyNo, i32)> = sql::patients::last_versions(&tx, &numbers).await?.into_iter().collect();
    let opened = open_records(&tx, keyring, &versions).await?;
    let masked = versions.into_iter().zip(opened).map(|((number, version), opened)| (number, opened.masked(version)));
    Ok(masked.collect())
}

/// A patient's record in full. Who reads it and why is on record before it is answered. `reading_id` is fresh
/// (`id::fresh`).
pub async fn read(
    client: &mut Client,
    keyring: &Keyring,
    patient_no: &PartyNo,
    (reading_id, reader, reason): (Uuid, &str, &str),
    now: Timestamp,
) -> Result<Result<(i32, PatientRecord), PatientRefusal>, Error> {
    if let Err(refusal) = text("reason", reason, 1, 500) {
        return Ok(Err(refusal));
    }
    let tx = client.transaction().await?;
    let last = sql::patients::last_versions(&tx, &[patient_no.as_str()]).await?;
    let Some(version) = last.get(patient_no).copied() else {
        return Ok(Err(PatientRefusal::RecordMissing { patient_no: patient_no.clone() }));
    };
    let record = open_record(&tx, keyring, patient_no, version).await?;
    let (reader, reason) = (reader.to_owned(), reason.to_owned());
    let reading = Reading { reading_id, version, reader, reason, read_at: now };
    sql::patients::insert_reading(&tx, patient_no, &reading).await?;
    tx.commit().await?;
    Ok(Ok((version, record)))
}

/// Every full reading of a patient's record, the earliest first.
pub async fn readings(client: &mut Client, patient_no: &PartyNo) -> Result<Vec<Reading>, Error> {
    let tx = client.transaction().await?;
    sql::patients::readings(&tx, patient_no).await
}

pub(super) async fn open_record(
    tx: &Transaction<'_>,
    keyring: &Keyring,
    patient_no: &PartyNo,
    version: i32,
) -> Result<PatientRecord, Error> {
    let opened = open_records(tx, keyring, &[(patient_no.clone(), version)]).await?.pop();
    opened.ok_or_else(|| Error::Corrupt(RECORDS.to_owned()))
}

/// Opens versions of records, in the order given.
async fn open_records(
    tx: &Transaction<'_>,
    keyring: &Keyring,
    versions: &[(PartyNo, i32)],
) -> Result<Vec<PatientRecord>, Error> {
    let rows: Vec<String> = versions.iter().map(|(patient_no, version)| row_of(patient_no, *version)).collect();
    let places: Vec<Place<'_>> = rows.iter().map(|row| Place { table: RECORDS, row }).collect();
    let sealed = sql::vault::sealed(tx, &places).await?;
    let opened = places.iter().map(|place| {
        let corrupt = || Error::Corrupt(format!("{}/{}", place.table, place.row));
        let sealed = sealed.get(place.row).ok_or_else(corrupt)?;
        PatientRecord::from_bytes(&open(keyring, *place, sealed)?).ok_or_else(corrupt)
    });
    opened.collect()
}

/// The row of a version in the vault.
pub(super) fn row_of(patient_no: &PartyNo, version: i32) -> String {
    format!("{patient_no}/{version}")
}

pub(super) fn phone_index(keyring: &Keyring, phone: &Phone) -> BlindIndex {
    blind_index(keyring, "patient_record.phone", phone.as_str())
}

pub(super) fn identity_index(keyring: &Keyring, identity: &Identity) -> BlindIndex {
    blind_index(keyring, "patient_record.identity", &identity.indexed())
}
