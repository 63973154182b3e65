//! Packs that a charity scheme gives for nothing: no money moves (J26), but they count in cycles and phases.

use deadpool_postgres::Client;
use dianfu_settlement::number::PartyNo;
use dianfu_settlement::number_type;
use jiff::Timestamp;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::claim::DrugCode;
use crate::error::Error;
use crate::registration::{RegistrationRefusal, in_range, same};
use crate::sql;

number_type!(
    /// A gift, as the scheme numbers it.
    GiftNo,
    "a gift number",
    64
);

/// Packs given for nothing.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Gift {
    /// The scheme's number for it: told twice, it is given once.
    pub gift_no: GiftNo,
    /// Who got them.
    pub patient: PartyNo,
    /// The drug.
    pub drug_code: DrugCode,
    /// When.
    pub given_on: Date,
    /// How many.
    pub quantity: i32,
    /// SHA-256 of the proof that they were given.
    pub evidence_sha256: [u8; 32],
}

/// Puts a gift on record. The same again is fine.
pub async fn record(
    client: &mut Client,
    gift: &Gift,
    actor: &str,
    now: Timestamp,
) -> Result<Result<(), RegistrationRefusal>, Error> {
    if let Err(refusal) = in_range("quantity", gift.quantity.into(), 1, i32::MAX.into()) {
        return Ok(Err(refusal));
    }
    let tx = client.transaction().await?;
    if sql::parties::patient(&tx, &gift.patient).await?.is_none() {
        return Ok(Err(RegistrationRefusal::Unknown { what: "patient", number: gift.patient.to_string() }));
    }
    if !sql::charity::insert(&tx, gift, actor, now).await? {
        let first = sql::charity::gift(&tx, &gift.gift_no).await?;
        let first = first.ok_or_else(|| Error::Corrupt("charity_gift".to_owned()))?;
        return Ok(same("gift", gift.gift_no.as_str(), &first, gift));
    }
    tx.commit().await?;
    Ok(Ok(()))
}
