//! Whom we pay and where: payees and the versions of their bank details.

use deadpool_postgres::{Client, Transaction};
use jiff::Timestamp;

use crate::error::Error;
use crate::number::PartyNo;
use crate::refusal::Refusal;
use crate::sql;

/// Somebody we pay: a pharmacy, or a patient for refunds. Pharmacies and patients share one set of numbers.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewPayee {
    /// Its number.
    pub payee: PartyNo,
    /// A person's name for it.
    pub name: String,
    /// Tax withheld from what we pay, in ten-thousandths.
    pub withheld_per_10000: i32,
}

/// Where money goes.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PayeeAccount {
    /// In whose name the account stands.
    pub holder: String,
    /// The bank, by the code its country uses.
    pub bank_code: String,
    /// The account at that bank.
    pub account_no: String,
}

/// A new version of a payee's bank details.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewPayeeAccount {
    /// The payee.
    pub payee: PartyNo,
    /// One more than the newest version; from 1.
    pub version: i32,
    /// The details.
    pub details: PayeeAccount,
    /// Who checked them; somebody else than who records them.
    pub checked_by: String,
}

/// Puts a payee on record inside the caller's transaction. The same again is fine.
pub async fn register_in(
    tx: &Transaction<'_>,
    payee: &NewPayee,
    actor: &str,
    now: Timestamp,
) -> Result<Result<(), Refusal>, Error> {
    if sql::insert_payee(tx, payee, actor, now).await? {
        return Ok(Ok(()));
    }
    let Some(first) = sql::payee(tx, &payee.payee).await? else {
        return Err(Error::Corrupt(format!("payee {} is there and is not", payee.payee)));
    };
    let conflict = |field: &str, first: String, given: String| Refusal::Conflict {
        what: "payee",
        number: payee.payee.to_string(),
        field: field.to_owned(),
        first,
        given,
    };
    if first.name != payee.name {
        return Ok(Err(conflict("name", first.name, payee.name.clone())));
    }
    if first.withheld_per_10000 != payee.withheld_per_10000 {
        let (first, given) = (first.withheld_per_10000, payee.withheld_per_10000);
        return Ok(Err(conflict("withheld_per_10000", first.to_string(), given.to_string())));
    }
    Ok(Ok(()))
}

/// Puts a version of bank details on record; payouts planned from now on go there. The same again is fine.
pub async fn record_account(
    client: &mut Client,
    account: &NewPayeeAccount,
    made_by: &str,
    now: Timestamp,
) -> Result<Result<(), Refusal>, Error> {
    if account.checked_by == made_by {
        return Ok(Err(Refusal::SamePerson { person: made_by.to_owned() }));
    }
    let tx = client.transaction().await?;
    if sql::payee(&tx, &account.payee).await?.is_none() {
        return Ok(Err(Refusal::PayeeUnknown { payee: account.payee.clone() }));
    }
    let newest = sql::newest_account_version(&tx, &account.payee).await?;
    if account.version > newest + 1 || account.version < 1 {
        return Ok(Err(version_conflict(account, &(newest + 1).to_string(), &account.version.to_string())));
    }
    if !sql::insert_payee_account(&tx, account, made_by, now).await? {
        let first = sql::payee_account(&tx, &account.payee, account.version).await?;
        if first.as_ref() != Some(&account.details) {
            return Ok(Err(version_conflict(account, "other details", "these")));
        }
    }
    tx.commit().await?;
    Ok(Ok(()))
}

fn version_conflict(account: &NewPayeeAccount, first: &str, given: &str) -> Refusal {
    Refusal::Conflict {
        what: "payee",
        number: account.payee.to_string(),
        field: "version".to_owned(),
        first: first.to_owned(),
        given: given.to_owned(),
    }
}
