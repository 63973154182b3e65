//! Re-running a policy's deductible and caps (J22): what each patient would be charged now, and what is different.
//!
//! Claims of a policy were shared as they came; after one is cancelled or returned, or terms change, others would be
//! shared otherwise. [`look`] shares all that count again, in their own order, and says the differences; who posts them
//! keeps the new shares with [`record_in`] in the same transaction.

use deadpool_postgres::Transaction;

use crate::benefit::{Rerun, UsedByYear, rerun};
use crate::error::Error;
use crate::review::terms_of;
use crate::sql;
use crate::sql::parties::PolicyKey;

/// What a re-run of a policy says, claim by claim in their own order; most differences are zero. Locks the patient, so
/// that no review comes between. Nothing for a policy that is not on record.
pub async fn look(tx: &Transaction<'_>, policy: &PolicyKey) -> Result<Vec<Rerun>, Error> {
    let keys = std::slice::from_ref(policy);
    let Some(row) = sql::parties::policies(tx, keys).await?.remove(policy) else { return Ok(Vec::new()) };
    sql::parties::lock_patients(tx, &[row.patient.as_str()]).await?;
    let versions = sql::terms::of_policies(tx, keys).await?.remove(policy).unwrap_or_default();
    let charged = sql::shares::charged(tx, policy).await?;
    Ok(rerun(&charged, &terms_of(&row, versions), UsedByYear::new()))
}

/// Keeps how claims are shared now, as the next run of each.
pub async fn record_in(tx: &Transaction<'_>, reruns: &[&Rerun]) -> Result<(), Error> {
    sql::shares::insert_runs(tx, reruns).await
}
