//! Insurers: who covers claims, within which credit line.

use deadpool_postgres::Client;
use dianfu_ledger::money::Currency;
use dianfu_settlement::chart;
use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::registration::{RegistrationRefusal, in_range, open, same};
use crate::sql;

/// An insurer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Insurer {
    /// Its number: the party of its accounts.
    pub insurer_no: PartyNo,
    /// Its name.
    pub name: String,
    /// The currency of its claims.
    pub currency: Currency,
}

/// Registers an insurer and opens its accounts. `credit_line_minor` is the most that may be committed and advanced and
/// not yet decided at any moment, from the start; later it is changed as the limit of `1101.<insurer>`. What the
/// insurer has decided stands on 1102 and 1109 and uses it no more. Registered again, the line is not compared: it is a
/// limit, which may have been changed since.
pub async fn register(
    client: &mut Client,
    insurer: &Insurer,
    credit_line_minor: i64,
    actor: &str,
    now: Timestamp,
) -> Result<Result<(), RegistrationRefusal>, Error> {
    if let Err(refusal) = in_range("credit_line", credit_line_minor, 0, i64::MAX) {
        return Ok(Err(refusal));
    }
    let tx = client.transaction().await?;
    if !sql::parties::insert_insurer(&tx, insurer, actor, now).await? {
        let first = sql::parties::insurer(&tx, &insurer.insurer_no).await?;
        let first = first.ok_or_else(|| Error::Corrupt("insurer".to_owned()))?;
        return Ok(same("insurer", insurer.insurer_no.as_str(), &first, insurer));
    }
    let accounts = chart::insurer_accounts(&insurer.insurer_no, insurer.currency, credit_line_minor);
    if let Err(refusal) = open(&tx, &accounts, actor).await? {
        return Ok(Err(refusal));
    }
    tx.commit().await?;
    Ok(Ok(()))
}
