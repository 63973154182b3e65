//! Pharmacies: who dispenses, on what terms, and is paid.

use deadpool_postgres::Client;
use dianfu_ledger::money::Currency;
use dianfu_settlement::chart;
use dianfu_settlement::number::PartyNo;
use dianfu_settlement::payee::{NewPayee, register_in};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::benefit::FeeTerms;
use crate::error::Error;
use crate::registration::{RegistrationRefusal, in_range, open, same};
use crate::sql;

/// A pharmacy and its terms.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Pharmacy {
    /// Its number: the party of its accounts, and the payee of its payouts.
    pub pharmacy_no: PartyNo,
    /// Its name.
    pub name: String,
    /// The currency of its orders.
    pub currency: Currency,
    /// Our fee on the price, VAT included, in ten-thousandths: 1 % is 100.
    pub fee_per_10000: i32,
    /// The VAT rate, in ten-thousandths: 6 % is 600.
    pub vat_per_10000: i32,
    /// Days from dispensing until we pay.
    pub payment_days: i32,
}

impl Pharmacy {
    /// Its terms.
    pub fn fee_terms(&self) -> FeeTerms {
        let Pharmacy { fee_per_10000, vat_per_10000, payment_days, .. } = *self;
        FeeTerms { fee_per_10000, vat_per_10000, payment_days }
    }

    fn check(&self) -> Result<(), RegistrationRefusal> {
        in_range("fee_per_10000", self.fee_per_10000.into(), 0, 10_000)?;
        in_range("vat_per_10000", self.vat_per_10000.into(), 0, 10_000)?;
        in_range("payment_days", self.payment_days.into(), 0, 365)
    }
}

/// Registers a pharmacy, opens its accounts, and makes it a payee. Where it is paid is recorded apart, by two people
/// ([`dianfu_settlement::payee::record_account`]).
pub async fn register(
    client: &mut Client,
    pharmacy: &Pharmacy,
    actor: &str,
    now: Timestamp,
) -> Result<Result<(), RegistrationRefusal>, Error> {
    if let Err(refusal) = pharmacy.check() {
        return Ok(Err(refusal));
    }
    let tx = client.transaction().await?;
    if !sql::parties::insert_pharmacy(&tx, pharmacy, actor, now).await? {
        let first = sql::parties::pharmacies(&tx, &[pharmacy.pharmacy_no.as_str()]).await?;
        let first = first.get(&pharmacy.pharmacy_no).ok_or_else(|| Error::Corrupt("pharmacy".to_owned()))?;
        return Ok(same("pharmacy", pharmacy.pharmacy_no.as_str(), first, pharmacy));
    }
    let (payee, name) = (pharmacy.pharmacy_no.clone(), pharmacy.name.clone());
    if let Err(refusal) = register_in(&tx, &NewPayee { payee, name, withheld_per_10000: 0 }, actor, now).await? {
        return Ok(Err(RegistrationRefusal::Settlement(refusal)));
    }
    let accounts = chart::pharmacy_accounts(&pharmacy.pharmacy_no, pharmacy.currency);
    if let Err(refusal) = open(&tx, &accounts, actor).await? {
        return Ok(Err(refusal));
    }
    tx.commit().await?;
    Ok(Ok(()))
}
