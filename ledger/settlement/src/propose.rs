//! A maker proposes a batch, and anybody looks at what it would pay now.

use deadpool_postgres::Client;

use crate::batch::{Batch, Plan, plan};
use crate::error::Error;
use crate::number::BatchNo;
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

/// What a batch would pay if it were instructed now. Nothing is reserved: what counts is decided when it is posted.
pub async fn preview(client: &mut Client, batch_no: &BatchNo) -> Result<Result<Plan, Refusal>, Error> {
    let tx = client.transaction().await?;
    let Some(batch) = sql::batch(&tx, batch_no).await? else {
        return Ok(Err(Refusal::BatchUnknown { batch_no: batch_no.clone() }));
    };
    let due = sql::due(&tx, &batch).await?;
    Ok(Ok(plan(batch_no, due)))
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
