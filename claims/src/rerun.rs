//! Re-running a policy's deductible and caps (J22): what each patient would be charged now, and what is different.
//!
//! Claims of a policy were shared as they came; after one is cancelled or returned, or terms change, others would be
//! shared otherwise. Somebody asks for a re-run ([`run`]): all that count are shared again, in their own order, and
//! each claim whose share has changed is recalculated by the event that posts J22, in one transaction with its new run
//! of shares: all of them or none. Run again, nothing is different.
//!
//! A share changes between dispensing and the insurer's decision, and rises only if the patient has agreed to that
//! ([`ConsentKind::ShareRerun`]). All others stay as they were charged and use up what they did.

use std::collections::{BTreeMap, HashMap};

use deadpool_postgres::{Client, Transaction};
use dianfu_ledger::Ledger;
use jiff::Timestamp;
use jiff::civil::Date;

use crate::apply::{Attempt, attempt, complete_journals};
use crate::benefit::{Charged, MayChange, PolicyTerms, Rerun, UsedByYear, rerun};
use crate::claim::{Claim, ClaimKind, ClaimNo};
use crate::command::Command;
use crate::decide::Applied;
use crate::error::Error;
use crate::event::{Event, EventKind};
use crate::patient_record::{ConsentKind, in_force};
use crate::refusal::{Reason, Refusal};
use crate::review::terms_of;
use crate::sql;
use crate::sql::parties::PolicyKey;

/// A claim whose share has changed.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recalculated {
    /// How it is shared now.
    pub rerun: Rerun,
    /// The event, with its entries.
    pub applied: Applied,
}

/// Re-runs a policy on a day, and answers the claims whose shares have changed, in their own order; none for a policy
/// that is not on record. A refusal, such as by the insurer's credit line, is of all of them.
pub async fn run(
    ledger: &Ledger,
    client: &mut Client,
    policy: &PolicyKey,
    (on, actor, reason): (Date, &str, &str),
    now: Timestamp,
) -> Result<Result<Vec<Recalculated>, Refusal>, Error> {
    complete_journals(client).await?;
    loop {
        let tx = client.transaction().await?;
        let Some(reruns) = look(&tx, policy).await? else {
            tx.rollback().await?;
            continue;
        };
        let changed: Vec<Rerun> = reruns.into_iter().filter(|again| again.difference_minor != 0).collect();
        if changed.is_empty() {
            return Ok(Ok(Vec::new()));
        }
        let commands = commands(&tx, &changed, on, reason).await?;
        match attempt(ledger, &tx, &commands, &BTreeMap::new(), actor, now).await? {
            Attempt::Applied(answers) => match answers.into_iter().collect::<Result<Vec<Applied>, Refusal>>() {
                Ok(applied) => {
                    sql::shares::insert_runs(&tx, &changed.iter().collect::<Vec<&Rerun>>()).await?;
                    tx.commit().await?;
                    let pairs = changed.into_iter().zip(applied);
                    return Ok(Ok(pairs.map(|(rerun, applied)| Recalculated { rerun, applied }).collect()));
                }
                Err(refusal) => return Ok(Err(refusal)),
            },
            Attempt::Again(refused) => match refused.into_iter().next() {
                Some((at, rejection)) => {
                    let claim_no = &commands[at].claim_no;
                    return Ok(Err(Reason::Ledger(rejection).refuse(claim_no, None, EventKind::ShareRecalculated)));
                }
                None => tx.rollback().await?,
            },
        }
    }
}

/// What a re-run of a policy says, claim by claim in their own order; most differences are zero. Locks the claims and
/// then the patient, as reviews do, so that no review comes between. `None` if one was granted between the two: to be
/// done again in another transaction.
pub async fn look(tx: &Transaction<'_>, policy: &PolicyKey) -> Result<Option<Vec<Rerun>>, Error> {
    let keys = std::slice::from_ref(policy);
    let Some(row) = sql::parties::policies(tx, keys).await?.remove(policy) else { return Ok(Some(Vec::new())) };
    let before = sql::shares::charged(tx, policy).await?;
    let numbers: Vec<&str> = before.iter().map(|charged| charged.claim.claim_no.as_str()).collect();
    let claims = sql::claims::lock_claims(tx, &numbers).await?;
    sql::parties::lock_patients(tx, &[row.patient.as_str()]).await?;
    let told = sql::patients::consents(tx, &row.patient).await?;
    let has_agreed = in_force(&told).contains_key(&ConsentKind::ShareRerun);
    let charged = sql::shares::charged(tx, policy).await?;
    if charged.iter().any(|charged| !claims.contains_key(&charged.claim.claim_no)) {
        return Ok(None);
    }
    let charged: Vec<Charged> = charged.into_iter().map(|charged| as_it_stands(charged, &claims, has_agreed)).collect();
    let versions = sql::terms::of_policies(tx, keys).await?.remove(policy).unwrap_or_default();
    let terms: PolicyTerms = terms_of(&row, versions);
    Ok(Some(rerun(&charged, &terms, UsedByYear::new())))
}

/// What the claim says of its share, and how that may change.
fn as_it_stands(charged: Charged, claims: &HashMap<ClaimNo, Claim>, has_agreed: bool) -> Charged {
    let Some(claim) = claims.get(&charged.claim.claim_no) else { return charged };
    let takes_it = claim.state.accepts().contains(&EventKind::ShareRecalculated);
    let may_change = match (takes_it && claim.intake.kind == ClaimKind::DirectPay, has_agreed) {
        (false, _) => MayChange::No,
        (true, false) => MayChange::ToLess,
        (true, true) => MayChange::Freely,
    };
    Charged { share_minor: claim.share_minor(), may_change, ..charged }
}

async fn commands(tx: &Transaction<'_>, changed: &[Rerun], on: Date, reason: &str) -> Result<Vec<Command>, Error> {
    let numbers: Vec<&str> = changed.iter().map(|again| again.claim_no.as_str()).collect();
    let counts = sql::shares::last_counts(tx, &numbers).await?;
    let command = |again: &Rerun| {
        let number = counts.get(&again.claim_no).copied().unwrap_or(0) + 1;
        let event = Event::ShareRecalculated { number, share_minor: again.split.share_minor };
        Command::tell(again.claim_no.clone(), event, on).because(reason)
    };
    Ok(changed.iter().map(command).collect())
}
