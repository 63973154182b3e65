//! A look at what the ledger says is outstanding on claims.

use std::collections::{HashMap, HashSet};

use deadpool_postgres::Transaction;
use dianfu_ledger::account::AccountCode;
use dianfu_ledger::query;
use dianfu_settlement::chart::{PHARMACY_PAYABLE, REFUND, REIMBURSEMENT};
use dianfu_settlement::payable;

use crate::claim::{Claim, ClaimNo};
use crate::error::Error;
use crate::standing::{Outstanding, accounts_of};

/// What is outstanding on each of these claims. Exact for who has locked the head; for others as it was committed.
pub async fn look(tx: &Transaction<'_>, claims: &[&Claim]) -> Result<HashMap<ClaimNo, Outstanding>, Error> {
    let accounts: Vec<(AccountCode, &str)> = claims
        .iter()
        .flat_map(|claim| accounts_of(claim).into_iter().map(|account| (account, claim.claim_no().as_str())))
        .collect();
    let items: Vec<(&AccountCode, &str)> = accounts.iter().map(|(account, item)| (account, *item)).collect();
    let open = query::outstanding(&**tx, &items).await?;
    let mut items_of: HashMap<&str, Vec<query::Outstanding>> = HashMap::new();
    for item in &open {
        items_of.entry(item.item.as_str()).or_default().push(item.clone());
    }
    let in_flight = in_flight(tx, claims).await?;
    let sums = claims.iter().map(|claim| {
        let claim_no = claim.claim_no();
        let items = items_of.get(claim_no.as_str()).map_or(&[][..], Vec::as_slice);
        let sums = Outstanding::of(items.iter(), in_flight.contains(claim_no.as_str()));
        let sums = sums.ok_or_else(|| Error::Corrupt(format!("what is open on claim {claim_no} is absurd")))?;
        Ok((claim_no.clone(), sums))
    });
    sums.collect()
}

/// The claims of which an item is in a payout that may yet fail.
async fn in_flight(tx: &Transaction<'_>, claims: &[&Claim]) -> Result<HashSet<String>, Error> {
    let payable = |claim: &&Claim| {
        let patient = &claim.intake.patient;
        let accounts = [PHARMACY_PAYABLE.of(claim.pharmacy()), REFUND.of(patient), REIMBURSEMENT.of(patient)];
        accounts.map(|account| (account, claim.claim_no().to_string()))
    };
    let items: Vec<(AccountCode, String)> = claims.iter().flat_map(payable).collect();
    let live = payable::in_flight(tx, &items).await?;
    Ok(live.into_iter().map(|(_, item)| item).collect())
}
