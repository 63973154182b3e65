//! Packs given for nothing.

use deadpool_postgres::Transaction;
use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use crate::charity::{Gift, GiftNo};
use crate::claim::DrugCode;
use crate::error::Error;

use super::{corrupt, number};

/// Adds a gift. Answers whether it is new.
pub async fn insert(tx: &Transaction<'_>, gift: &Gift, actor: &str, now: Timestamp) -> Result<bool, Error> {
    const SQL: &str = "
        INSERT INTO charity_gift
            (gift_no, patient_no, drug_code, given_on, quantity, evidence_sha256, actor, recorded_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
        ON CONFLICT ON CONSTRAINT charity_gift_pkey DO NOTHING";
    let values: [&(dyn ToSql + Sync); 8] = [
        &gift.gift_no.as_str(),
        &gift.patient.as_str(),
        &gift.drug_code.as_str(),
        &gift.given_on,
        &gift.quantity,
        &gift.evidence_sha256.as_slice(),
        &actor,
        &now,
    ];
    Ok(tx.execute(&tx.prepare_cached(SQL).await?, &values).await? == 1)
}

/// A gift as it is on record.
pub async fn gift(tx: &Transaction<'_>, gift_no: &GiftNo) -> Result<Option<Gift>, Error> {
    const SQL: &str = "
        SELECT gift_no, patient_no, drug_code, given_on, quantity, evidence_sha256
        FROM charity_gift
        WHERE gift_no = $1";
    let row = tx.query_opt(&tx.prepare_cached(SQL).await?, &[&gift_no.as_str()]).await?;
    let known = |row: Row| {
        let evidence: &[u8] = row.get("evidence_sha256");
        Ok(Gift {
            gift_no: number(GiftNo::parse(row.get("gift_no")))?,
            patient: number(PartyNo::parse(row.get("patient_no")))?,
            drug_code: number(DrugCode::parse(row.get("drug_code")))?,
            given_on: row.get("given_on"),
            quantity: row.get("quantity"),
            evidence_sha256: evidence.try_into().map_err(|_| corrupt("charity_gift.evidence_sha256"))?,
        })
    };
    row.map(known).transpose()
}
