//! Patients' records, consents and readings.

use std::collections::HashMap;

use deadpool_postgres::Transaction;
use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::error::Error;
use crate::patient_record::{Consent, ConsentKind, Reading};
use crate::vault::BlindIndex;

use super::{corrupt, number};

/// A version of a record, without what is sealed.
#[derive(Debug)]
pub struct NewRecordRow<'a> {
    /// The patient.
    pub patient_no: &'a PartyNo,
    /// The version.
    pub version: i32,
    /// Index of the phone.
    pub phone_index: BlindIndex,
    /// Index of the identity document.
    pub identity_index: BlindIndex,
    /// Why it changes.
    pub reason: &'a str,
    /// Who changes it.
    pub actor: &'a str,
    /// When.
    pub now: Timestamp,
}

/// Adds a version of a record.
pub async fn insert_record(tx: &Transaction<'_>, row: &NewRecordRow<'_>) -> Result<(), Error> {
    const SQL: &str = "
        INSERT INTO patient_record (patient_no, version, phone_index, identity_index, reason, actor, recorded_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    let NewRecordRow { patient_no, version, phone_index, identity_index, reason, actor, now } = row;
    let values: [&(dyn ToSql + Sync); 7] =
        [&patient_no.as_str(), version, &phone_index.as_slice(), &identity_index.as_slice(), reason, actor, now];
    tx.execute(&tx.prepare_cached(SQL).await?, &values).await?;
    Ok(())
}

/// The last version of these patients' records.
pub async fn last_versions(tx: &Transaction<'_>, patients: &[&str]) -> Result<HashMap<PartyNo, i32>, Error> {
    const SQL: &str = "
        SELECT patient_no, max(version) AS version
        FROM patient_record
        WHERE patient_no = ANY ($1)
        GROUP BY patient_no";
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[&patients]).await?;
    rows.iter().map(|row| Ok((number(PartyNo::parse(row.get("patient_no")))?, row.get("version")))).collect()
}

/// The patients whose last record has a phone of this index.
pub async fn by_phone_index(tx: &Transaction<'_>, index: &BlindIndex) -> Result<Vec<PartyNo>, Error> {
    const SQL: &str = "
        SELECT r.patient_no
        FROM patient_record r
        WHERE r.phone_index = $1
          AND NOT EXISTS (SELECT FROM patient_record l WHERE l.patient_no = r.patient_no AND l.version > r.version)
        ORDER BY r.patient_no";
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[&index.as_slice()]).await?;
    rows.iter().map(|row| number(PartyNo::parse(row.get("patient_no")))).collect()
}

/// The patients whose last record has an identity document of this index.
pub async fn by_identity_index(tx: &Transaction<'_>, index: &BlindIndex) -> Result<Vec<PartyNo>, Error> {
    const SQL: &str = "
        SELECT r.patient_no
        FROM patient_record r
        WHERE r.identity_index = $1
          AND NOT EXISTS (SELECT FROM patient_record l WHERE l.patient_no = r.patient_no AND l.version > r.version)
        ORDER BY r.patient_no";
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[&index.as_slice()]).await?;
    rows.iter().map(|row| number(PartyNo::parse(row.get("patient_no")))).collect()
}

/// Puts a full reading on record.
pub async fn insert_reading(tx: &Transaction<'_>, patient_no: &PartyNo, reading: &Reading) -> Result<(), Error> {
    const SQL: &str = "
        INSERT INTO patient_reading (reading_id, patient_no, version, reader, reason, read_at)
        VALUES ($1, $2, $3, $4, $5, $6)";
    let Reading { reading_id, version, reader, reason, read_at } = reading;
    let values: [&(dyn ToSql + Sync); 6] = [reading_id, &patient_no.as_str(), version, reader, reason, read_at];
    tx.execute(&tx.prepare_cached(SQL).await?, &values).await?;
    Ok(())
}

/// Every full reading of a patient's record, the earliest first.
pub async fn readings(tx: &Transaction<'_>, patient_no: &PartyNo) -> Result<Vec<Reading>, Error> {
    const SQL: &str = "
        SELECT reading_id, version, reader, reason, read_at
        FROM patient_reading
        WHERE patient_no = $1
        ORDER BY read_at, reading_id";
    let known = |row: &Row| Reading {
        reading_id: row.get("reading_id"),
        version: row.get("version"),
        reader: row.get("reader"),
        reason: row.get("reason"),
        read_at: row.get("read_at"),
    };
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[&patient_no.as_str()]).await?;
    Ok(rows.iter().map(known).collect())
}

/// Adds a consent under its number.
pub async fn insert_consent(
    tx: &Transaction<'_>,
    patient_no: &PartyNo,
    (consent_no, consent): (i32, &Consent),
    actor: &str,
    now: Timestamp,
) -> Result<(), Error> {
    const SQL: &str = "
        INSERT INTO patient_consent
            (patient_no, kind, consent_no, given, text_version, happened_at, actor, recorded_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    let Consent { kind, given, text_version, happened_at } = consent;
    let values: [&(dyn ToSql + Sync); 8] =
        [&patient_no.as_str(), &kind.word(), &consent_no, given, text_version, happened_at, &actor, &now];
    tx.execute(&tx.prepare_cached(SQL).await?, &values).await?;
    Ok(())
}

/// Every consent of a patient, by kind, in the order told.
pub async fn consents(tx: &Transaction<'_>, patient_no: &PartyNo) -> Result<Vec<Consent>, Error> {
    const SQL: &str = "
        SELECT kind, given, text_version, happened_at
        FROM patient_consent
        WHERE patient_no = $1
        ORDER BY kind, consent_no";
    let known = |row: &Row| {
        Ok(Consent {
            kind: ConsentKind::from_word(row.get("kind")).ok_or_else(|| corrupt("patient_consent.kind"))?,
            given: row.get("given"),
            text_version: row.get("text_version"),
            happened_at: row.get("happened_at"),
        })
    };
    tx.query(&tx.prepare_cached(SQL).await?, &[&patient_no.as_str()]).await?.iter().map(known).collect()
}
