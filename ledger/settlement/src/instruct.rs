//! A checker releases a batch: debts are set off, the payouts are written, own money is moved to cover the advances,
//! and the entries are posted, in one transaction.
//!
//! The head is locked first. From then on nothing can be posted elsewhere in the book, so what is read as open is what
//! is paid and what is set off, and no item can slip into two batches or change its amount in between. Planning is a
//! few index probes an item, and one pass over the items that the pharmacies owe.

use std::collections::BTreeSet;

use deadpool_postgres::{Client, Transaction};
use dianfu_ledger::account::AccountCode;
use dianfu_ledger::entry::NewEntry;
use dianfu_ledger::journal::sql::lock_head;
use dianfu_ledger::{Ledger, Outcome, Rejection, clock};
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use crate::batch::Batch;
use crate::chart::PHARMACY_PAYABLE;
use crate::error::Error;
use crate::journal_map;
use crate::journals::{JournalFault, Journals};
use crate::netting::Netting;
use crate::number::BatchNo;
use crate::payout::{Fact, Payout};
use crate::plan::{ENTRIES_PER_BATCH_MAX, Figures, Plan, Planned};
use crate::propose::plan_now;
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

/// Posts a batch and answers its payouts: none where all of it is set off. Asked again with the same control total, it
/// answers the same payouts again.
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
    let (earlier, netted) = instructed(tx, &batch.batch_no).await?;
    if !earlier.is_empty() || !netted.is_empty() {
        let total = figures(&earlier, &netted).control_total(earlier.len());
        return Ok(approved(&batch, approval, total).map(|()| earlier));
    }
    let plan = plan_now(tx, &batch).await?;
    if let Err(refusal) = postable(&batch, &plan).and_then(|()| approved(&batch, approval, plan.control_total())) {
        return Ok(Err(refusal));
    }
    let now = clock::as_kept(now);
    let advances_minor = plan.advances_minor();
    let instruction = Instruction {
        batch: &batch,
        payouts: plan.payouts.into_iter().map(|planned| payout(&batch, planned, now)).collect(),
        nettings: plan.nettings,
        advances_minor,
        approval,
        now,
    };
    Ok(write(ledger, tx, &instruction).await?.map(|()| instruction.payouts))
}

/// What an instructed batch came to: what it took off what we owe, set off, withheld and paid. All zero while it is not
/// instructed.
pub async fn figures_of(client: &mut Client, batch_no: &BatchNo) -> Result<Figures, Error> {
    let tx = client.transaction().await?;
    let (payouts, nettings) = instructed(&tx, batch_no).await?;
    Ok(figures(&payouts, &nettings))
}

/// What an instructed batch set off, in order.
pub async fn nettings_of(client: &mut Client, batch_no: &BatchNo) -> Result<Vec<Netting>, Error> {
    sql::nettings_of_batch(&client.transaction().await?, batch_no).await
}

fn postable(batch: &Batch, plan: &Plan) -> Result<(), Refusal> {
    let batch_no = || batch.batch_no.clone();
    match plan.payouts.len() + plan.nettings.len() {
        0 => Err(Refusal::NothingDue { batch_no: batch_no() }),
        actual if actual > ENTRIES_PER_BATCH_MAX => {
            Err(Refusal::BatchTooLarge { batch_no: batch_no(), actual, max: ENTRIES_PER_BATCH_MAX })
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

fn figures(payouts: &[Payout], nettings: &[Netting]) -> Figures {
    Figures::of(nettings, payouts.iter().map(|payout| (payout.gross_minor, payout.withheld_minor)))
}

async fn instructed(tx: &Transaction<'_>, batch_no: &BatchNo) -> Result<(Vec<Payout>, Vec<Netting>), Error> {
    let ids = sql::payouts_of_batch(tx, batch_no).await?;
    let mut payouts = sql::payouts(tx, &ids).await?;
    let payouts = ids.iter().filter_map(|id| payouts.remove(id)).collect();
    Ok((payouts, sql::nettings_of_batch(tx, batch_no).await?))
}

fn payout(batch: &Batch, planned: Planned, now: Timestamp) -> Payout {
    Payout {
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
    }
}

/// A batch as it is going to be posted.
struct Instruction<'a> {
    batch: &'a Batch,
    payouts: Vec<Payout>,
    nettings: Vec<Netting>,
    advances_minor: i64,
    approval: &'a Approval,
    now: Timestamp,
}

async fn write(
    ledger: &Ledger,
    tx: &Transaction<'_>,
    instruction: &Instruction<'_>,
) -> Result<Result<(), Refusal>, Error> {
    let Instruction { batch, payouts, nettings, approval, now, .. } = instruction;
    let (on, actor) = (approval.on, approval.checked_by.as_str());
    let journals = Journals::in_force(tx, &journal_map::TEMPLATES).await?;
    let Run { entries, facts, netted } = match entries(&journals, instruction) {
        Ok(made) => made,
        Err(fault) => return Ok(Err(fault.into())),
    };
    sql::insert_payouts(tx, payouts, &batch.made_by, actor).await?;
    sql::insert_facts(tx, &facts, actor, *now).await?;
    sql::insert_nettings(tx, batch, &netted, (on, actor), *now).await?;
    sql::settle_items(tx, &set_off_whole(payouts, nettings)).await?;
    let outcomes = ledger.post_in(tx, &entries).await?;
    Ok(first_rejection(&outcomes).map_or(Ok(()), Err))
}

/// The orders of which nothing is left to be paid.
fn set_off_whole<'a>(payouts: &[Payout], nettings: &'a [Netting]) -> Vec<(AccountCode, &'a str)> {
    let items = payouts.iter().flat_map(|payout| &payout.items);
    let paid: BTreeSet<(&AccountCode, &str)> = items.map(|item| (&item.account, item.item.as_str())).collect();
    let orders = nettings.iter().map(|netting| (PHARMACY_PAYABLE.of(&netting.pharmacy), netting.order.as_str()));
    orders.filter(|(account, order)| !paid.contains(&(account, *order))).collect()
}

/// The entries of a batch in one linked run, the first fact of each payout, and each netting with its entry.
struct Run<'a> {
    entries: Vec<NewEntry>,
    facts: Vec<RecordedFact<'a>>,
    netted: Vec<(&'a Netting, Uuid)>,
}

fn entries<'a>(journals: &Journals, instruction: &'a Instruction<'_>) -> Result<Run<'a>, JournalFault> {
    let Instruction { batch, payouts, nettings, advances_minor, approval, .. } = instruction;
    let (on, actor) = (approval.on, approval.checked_by.as_str());
    let mut entries: Vec<NewEntry> = Vec::with_capacity(payouts.len() + nettings.len() + 1);
    entries.extend(journal_map::own_money_moved(journals, batch, *advances_minor, on, actor)?);
    let mut netted = Vec::with_capacity(nettings.len());
    for netting in nettings {
        let entry = journal_map::netted(journals, batch, netting, on, actor)?;
        netted.push((netting, entry.id));
        entries.push(entry);
    }
    let mut facts = Vec::with_capacity(payouts.len());
    for payout in payouts {
        let entry = journal_map::fact(journals, payout, &Fact::Instructed, on, actor)?;
        facts.push(RecordedFact::instructed(payout, on, entry.as_ref()));
        entries.extend(entry);
    }
    voucher::link(&mut entries);
    Ok(Run { entries, facts, netted })
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
