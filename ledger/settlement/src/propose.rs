//! A maker proposes a batch, and anybody looks at what it would pay now.

use std::collections::BTreeSet;

use deadpool_postgres::{Client, Transaction};

use crate::batch::{Batch, Pays};
use crate::error::Error;
use crate::number::{BatchNo, PartyNo};
use crate::plan::{Plan, plan};
use crate::refusal::Refusal;
use crate::sql;

/// Puts a batch on record. The same again is fine; the same number for another batch is a conflict.
pub async fn propose(client: &mut Client, batch: &Batch) -> Result<Result<(), Refusal>, Error> {
    let tx = client.transaction().await?;
    if !sql::insert_batch(&tx, batch).await? {
        let Some(first) = sql::batch(&tx, &batch.batch_no).await? else {
            return Err(Error::Corrupt(format!("batch {} is there and is not", batch.batch_no)));
        };
        return Ok(same(&first, batch));
    }
    tx.commit().await?;
    Ok(Ok(()))
}

/// What a batch would set off and pay if it were instructed now. Nothing is reserved: what counts is decided when it is
/// posted.
pub async fn preview(client: &mut Client, batch_no: &BatchNo) -> Result<Result<Plan, Refusal>, Error> {
    let tx = client.transaction().await?;
    let Some(batch) = sql::batch(&tx, batch_no).await? else {
        return Ok(Err(Refusal::BatchUnknown { batch_no: batch_no.clone() }));
    };
    Ok(Ok(plan_now(&tx, &batch).await?))
}

/// What a batch sets off and pays as the caller's transaction sees the books; exact for who has locked the head.
pub(crate) async fn plan_now(tx: &Transaction<'_>, batch: &Batch) -> Result<Plan, Error> {
    let due = sql::due(tx, batch).await?;
    let payees: BTreeSet<&PartyNo> = due.iter().map(|due| &due.payee).collect();
    let receivables = match batch.pays {
        Pays::Pharmacies => sql::receivables(tx, &payees, batch.currency).await?,
        Pays::PatientRefunds | Pays::Reimbursements | Pays::InsurerRefunds => Vec::new(),
    };
    Ok(plan(&batch.batch_no, due, receivables))
}

fn same(first: &Batch, given: &Batch) -> Result<(), Refusal> {
    let fields: [(&str, String, String); 5] = [
        ("pays", first.pays.line().code.to_owned(), given.pays.line().code.to_owned()),
        ("currency", first.currency.to_string(), given.currency.to_string()),
        ("bank", first.bank.to_string(), given.bank.to_string()),
        ("cut_off", first.cut_off.to_string(), given.cut_off.to_string()),
        ("made_by", first.made_by.clone(), given.made_by.clone()),
    ];
    let number = given.batch_no.to_string();
    match fields.into_iter().find(|(_, first, given)| first != given) {
        Some((field, first, given)) => {
            Err(Refusal::Conflict { what: "batch", number, field: field.to_owned(), first, given })
        }
        None => Ok(()),
    }
}
