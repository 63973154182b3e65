//! A checker releases a batch: the payouts are written, own money is moved to cover the advances, and the entries are
//! posted, in one transaction.
//!
//! The head is locked first. From then on nothing can be posted elsewhere in the book, so what is read as open is what
//! is paid, and no item can slip into two batches or change its amount in between. Planning is a few index probes an
//! item.

use deadpool_postgres::{Client, Transaction};
use dianfu_ledger::entry::NewEntry;
use dianfu_ledger::journal::sql::lock_head;
use dianfu_ledger::{Ledger, Outcome, Rejection, clock};
use jiff::Timestamp;
use jiff::civil::Date;

use crate::batch::{Batch, PAYOUTS_PER_BATCH_MAX, Plan, plan};
use crate::error::Error;
use crate::journal_map;
use crate::journals::{JournalFault, Journals};
use crate::number::BatchNo;
use crate::payout::{Fact, Payout};
use crate::record::RecordedFact;
use crate::refusal::{ControlTotal, Refusal};
use crate::{sql, voucher};

/// A checker's word that a batch may leave.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Approval {
    /// The batch.
    pub batch_no: BatchNo,
    /// Who checked it; never its maker.
    pub checked_by: String,
    /// What the checker saw and approved.
    pub control_total: ControlTotal,
    /// When the payouts count.
    pub on: Date,
}

/// Posts a batch and answers its payouts. Asked again with the same control total, it answers the same payouts again.
pub async fn instruct(
    ledger: &Ledger,
    client: &mut Client,
    approval: &Approval,
    now: Timestamp,
) -> Result<Result<Vec<Payout>, Refusal>, Error> {
    let tx = client.transaction().await?;
    let payouts = match instruct_in(ledger, &tx, approval, now).await? {
        Ok(payouts) => payouts,
        Err(refusal) => return Ok(Err(refusal)),
    };
    tx.commit().await?;
    Ok(Ok(payouts))
}

/// The same inside the caller's transaction: nothing of it counts before COMMIT, and a refusal must be followed by
/// ROLLBACK.
pub async fn instruct_in(
    ledger: &Ledger,
    tx: &Transaction<'_>,
    approval: &Approval,
    now: Timestamp,
) -> Result<Result<Vec<Payout>, Refusal>, Error> {
    lock_head(tx).await?;
    let Some(batch) = sql::batch(tx, &approval.batch_no).await? else {
        return Ok(Err(Refusal::BatchUnknown { batch_no: approval.batch_no.clone() }));
    };
    if batch.made_by == approval.checked_by {
        return Ok(Err(Refusal::SamePerson { person: batch.made_by }));
    }
    let earlier = payouts_of(tx, &batch.batch_no).await?;
    if !earlier.is_empty() {
        return Ok(approved(&batch, approval, control_total(&earlier)).map(|()| earlier));
    }
    let plan = plan(&batch.batch_no, sql::due(tx, &batch).await?);
    if let Err(refusal) = postable(&batch, &plan).and_then(|()| approved(&batch, approval, plan.control_total())) {
        return Ok(Err(refusal));
    }
    let (advances_minor, now) = (plan.advances_minor(), clock::as_kept(now));
    let payouts = payouts(&batch, plan, now);
    Ok(write(ledger, tx, &batch, &payouts, advances_minor, approval, now).await?.map(|()| payouts))
}

fn postable(batch: &Batch, plan: &Plan) -> Result<(), Refusal> {
    let batch_no = || batch.batch_no.clone();
    match plan.payouts.len() {
        0 => Err(Refusal::NothingDue { batch_no: batch_no() }),
        actual if actual > PAYOUTS_PER_BATCH_MAX => {
            Err(Refusal::BatchTooLarge { batch_no: batch_no(), actual, max: PAYOUTS_PER_BATCH_MAX })
        }
        _ => Ok(()),
    }
}

fn approved(batch: &Batch, approval: &Approval, actual: ControlTotal) -> Result<(), Refusal> {
    let expected = approval.control_total;
    if expected == actual {
        return Ok(());
    }
    Err(Refusal::ControlTotalDiffers { batch_no: batch.batch_no.clone(), currency: batch.currency, expected, actual })
}

fn control_total(payouts: &[Payout]) -> ControlTotal {
    ControlTotal { payouts: payouts.len(), net_minor: payouts.iter().map(Payout::net_minor).sum() }
}

async fn payouts_of(tx: &Transaction<'_>, batch_no: &BatchNo) -> Result<Vec<Payout>, Error> {
    let ids = sql::payouts_of_batch(tx, batch_no).await?;
    let mut payouts = sql::payouts(tx, &ids).await?;
    Ok(ids.iter().filter_map(|id| payouts.remove(id)).collect())
}

fn payouts(batch: &Batch, plan: Plan, now: Timestamp) -> Vec<Payout> {
    let made = plan.payouts.into_iter().map(|planned| Payout {
        payout_id: planned.payout_id,
        batch_no: Some(batch.batch_no.clone()),
        reissue_of: None,
        payee: planned.payee,
        payee_account_version: planned.payee_account_version,
        bank: batch.bank.clone(),
        currency: batch.currency,
        gross_minor: planned.gross_minor,
        withheld_minor: planned.withheld_minor,
        created_at: now,
        items: planned.items,
    });
    made.collect()
}

async fn write(
    ledger: &Ledger,
    tx: &Transaction<'_>,
    batch: &Batch,
    payouts: &[Payout],
    advances_minor: i64,
    approval: &Approval,
    now: Timestamp,
) -> Result<Result<(), Refusal>, Error> {
    let (on, actor) = (approval.on, approval.checked_by.as_str());
    let journals = Journals::in_force(tx, &journal_map::TEMPLATES).await?;
    let (entries, facts) = match entries(&journals, batch, payouts, advances_minor, (on, actor)) {
        Ok(made) => made,
        Err(fault) => return Ok(Err(fault.into())),
    };
    sql::insert_payouts(tx, payouts, &batch.made_by, actor).await?;
    sql::insert_facts(tx, &facts, actor, now).await?;
    let outcomes = ledger.post_in(tx, &entries).await?;
    Ok(first_rejection(&outcomes).map_or(Ok(()), Err))
}

/// The entries of a batch in one linked run, and the first fact of each payout.
fn entries<'a>(
    journals: &Journals,
    batch: &Batch,
    payouts: &'a [Payout],
    advances_minor: i64,
    (on, actor): (Date, &str),
) -> Result<(Vec<NewEntry>, Vec<RecordedFact<'a>>), JournalFault> {
    let mut entries: Vec<NewEntry> = Vec::with_capacity(payouts.len() + 1);
    entries.extend(journal_map::own_money_moved(journals, batch, advances_minor, on, actor)?);
    let mut facts = Vec::with_capacity(payouts.len());
    for payout in payouts {
        let entry = journal_map::fact(journals, payout, &Fact::Instructed, on, actor)?;
        facts.push(RecordedFact::instructed(payout, on, entry.as_ref()));
        entries.extend(entry);
    }
    voucher::link(&mut entries);
    Ok((entries, facts))
}

/// The rejection that stopped a linked run, if one did: not that of an entry that was merely tied to the culprit.
pub(crate) fn first_rejection(outcomes: &[Outcome]) -> Option<Refusal> {
    let rejections = outcomes.iter().filter_map(|outcome| match outcome {
        Outcome::Rejected(rejection) => Some(rejection),
        Outcome::Posted(_) | Outcome::Replayed(_) => None,
    });
    let mut culprits = rejections.filter(|rejection| !matches!(rejection, Rejection::LinkedEntryRejected { .. }));
    culprits.next().cloned().map(Refusal::Ledger)
}
