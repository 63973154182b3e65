//! Applies a remittance whose cash is there, once.
//!
//! One transaction: lock the head; read what is open; match; allocate; put matches and breaks on record; post. The head
//! is locked first, because what is open changes by posting alone: nothing can be applied twice, and no two remittances
//! can apply to the same claim what only one of them may. A remittance that is applied already, or whose cash has not
//! come, answers where it stands.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use deadpool_postgres::{Client, Transaction};
use dianfu_ledger::account::AccountCode;
use dianfu_ledger::entry::NewEntry;
use dianfu_ledger::journal::sql::lock_head;
use dianfu_ledger::query::outstanding;
use dianfu_ledger::{Ledger, Outcome, Rejection, id};
use dianfu_settlement::chart::{INSURER_PAYABLE, UNAPPLIED};
use dianfu_settlement::journals::{JournalFault, Journals};
use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use crate::allocate::{Allocation, Funded, OwedItem, TEMPLATES, allocate, subject};
use crate::breaks::Break;
use crate::error::Error;
use crate::matching::{Match, OpenClaimItem, match_lines};
use crate::refusal::Refusal;
use crate::remittance::{ClaimLine, PayeeAdjustment};
use crate::sql::{self, KnownAs, StoredRemittance};
use crate::state::{Facts, RemittanceState};
use crate::tolerance::tolerate;

/// Which remittance is to be applied, when, and by whom.
#[derive(Clone, Copy, Debug)]
pub struct Applying<'a> {
    /// Who sent it.
    pub insurer: &'a PartyNo,
    /// Its trace.
    pub trace: &'a str,
    /// When applying it counts, or on the day of its cash if that is later: money is not spent before it is there.
    pub on: Date,
    /// Who asks for it.
    pub actor: &'a str,
    /// Now.
    pub now: Timestamp,
}

/// Where a remittance stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Application {
    /// Its id.
    pub remittance_id: Uuid,
    /// Its trace.
    pub trace: String,
    /// Where it stands now.
    pub state: RemittanceState,
    /// The entries that applied it, in their order.
    pub entry_ids: Vec<Uuid>,
}

/// Applies a remittance if its cash is there and it has not been applied.
pub async fn apply(
    ledger: &Ledger,
    client: &mut Client,
    applying: &Applying<'_>,
) -> Result<Result<Application, Refusal>, Error> {
    let tx = client.transaction().await?;
    lock_head(&tx).await?;
    let Some(remittance) = sql::stored_remittance(&tx, applying.insurer, applying.trace).await? else {
        let (insurer, trace) = (applying.insurer.clone(), applying.trace.to_owned());
        return Ok(Err(Refusal::RemittanceUnknown { insurer, trace }));
    };
    let facts = facts(&tx, applying, &remittance).await?;
    if facts.state() != RemittanceState::Funded {
        let entry_ids = remittance.entry_ids.unwrap_or_default();
        return Ok(Ok(answer(applying, remittance.remittance_id, facts.state(), entry_ids)));
    }
    let decided = match decide(&tx, applying, &remittance).await? {
        Ok(decided) => decided,
        Err(fault) => return Ok(Err(fault.into())),
    };
    record(&tx, applying, &remittance, &decided).await?;
    let allocation = decided.allocation;
    if let Some(rejection) = post(ledger, &tx, &allocation.entries).await? {
        return Ok(Err(Refusal::Ledger(rejection)));
    }
    tx.commit().await?;
    let waiting = allocation.breaks.iter().filter(|raised| raised.item.is_some()).count();
    let applied = Facts { is_applied: true, waiting, ..facts };
    Ok(Ok(answer(applying, remittance.remittance_id, applied.state(), entry_ids(&allocation))))
}

/// Applies every remittance that can be applied: what a crash, or a refusal whose cause is gone, has left. Idempotent.
pub async fn apply_waiting(
    ledger: &Ledger,
    client: &mut Client,
    on: Date,
    actor: &str,
    now: Timestamp,
) -> Result<Vec<Result<Application, Refusal>>, Error> {
    let tx = client.transaction().await?;
    let unapplied = sql::unapplied(&tx).await?;
    tx.commit().await?;
    let mut answers = Vec::with_capacity(unapplied.len());
    for (insurer, trace) in &unapplied {
        answers.push(apply(ledger, client, &Applying { insurer, trace, on, actor, now }).await?);
    }
    Ok(answers)
}

fn answer(applying: &Applying<'_>, remittance_id: Uuid, state: RemittanceState, entry_ids: Vec<Uuid>) -> Application {
    Application { remittance_id, trace: applying.trace.to_owned(), state, entry_ids }
}

fn entry_ids(allocation: &Allocation) -> Vec<Uuid> {
    allocation.entries.iter().map(|entry| entry.id).collect()
}

async fn facts(tx: &Transaction<'_>, applying: &Applying<'_>, remittance: &StoredRemittance) -> Result<Facts, Error> {
    let account = UNAPPLIED.of(applying.insurer);
    let waiting = sql::waiting_items(tx, remittance.remittance_id).await?;
    let items = waiting.iter().map(String::as_str).chain([applying.trace]);
    let open = open(tx, &account, items).await?;
    let is_open = |item: &&String| open.get(item.as_str()).is_some_and(|minor| *minor != 0);
    Ok(Facts {
        paid_minor: remittance.paid_minor,
        unapplied_minor: -open.get(applying.trace).copied().unwrap_or(0),
        is_applied: remittance.entry_ids.is_some(),
        waiting: waiting.iter().filter(is_open).count(),
    })
}

/// What stands on items of an account, debit positive.
async fn open<'a>(
    tx: &Transaction<'_>,
    account: &AccountCode,
    items: impl Iterator<Item = &'a str>,
) -> Result<HashMap<String, i128>, Error> {
    let items: Vec<(&AccountCode, &str)> = items.map(|item| (account, item)).collect();
    Ok(standing(tx, &items).await?.into_iter().map(|((_, item), minor)| (item, minor)).collect())
}

/// What stands on these items, debit positive.
async fn standing(
    tx: &Transaction<'_>,
    items: &[(&AccountCode, &str)],
) -> Result<HashMap<(AccountCode, String), i128>, Error> {
    let outstanding = outstanding(&**tx, items).await?;
    Ok(outstanding.into_iter().map(|found| ((found.account, found.item), found.settled_minor)).collect())
}

/// How a remittance is going to be applied.
struct Decided {
    matches: Vec<Match>,
    allocation: Allocation,
    on: Date,
}

async fn decide(
    tx: &Transaction<'_>,
    applying: &Applying<'_>,
    remittance: &StoredRemittance,
) -> Result<Result<Decided, JournalFault>, Error> {
    let lines = sql::lines(tx, remittance.remittance_id).await?;
    let adjustments = sql::adjustments(tx, remittance.remittance_id).await?;
    let items = claims(tx, applying.insurer, &lines).await?;
    let owed = owed(tx, applying.insurer, &items, &adjustments).await?;
    let cash_on = sql::latest_value_date(tx, applying.insurer, applying.trace).await?;
    let on = cash_on.map_or(applying.on, |cash_on| cash_on.max(applying.on));
    let (tolerance, used_minor) = sql::tolerance(tx, applying.insurer, on).await?;
    let matches = tolerate(match_lines(&lines, &items), tolerance, used_minor);
    let funded = Funded {
        insurer: applying.insurer,
        trace: applying.trace,
        currency: remittance.currency,
        paid_minor: remittance.paid_minor,
        adjustments: &adjustments,
        received_at: remittance.received_at,
        on,
        actor: applying.actor,
    };
    let journals = Journals::in_force(tx, &TEMPLATES).await?;
    Ok(allocate(&journals, &funded, &matches, &owed).map(|allocation| Decided { matches, allocation, on }))
}

/// The claims that were sent under the numbers that the lines echo.
async fn claims(tx: &Transaction<'_>, insurer: &PartyNo, lines: &[ClaimLine]) -> Result<Vec<OpenClaimItem>, Error> {
    let echoed: BTreeSet<&str> = lines.iter().map(|line| line.claim_no.as_str()).collect();
    let echoed: Vec<&str> = echoed.into_iter().collect();
    let known = sql::known_as(tx, insurer, &echoed, &[]).await?;
    let items: BTreeSet<&str> = known.iter().map(|known| known.item.as_str()).collect();
    let items: Vec<&str> = items.into_iter().collect();
    let accounts: Vec<AccountCode> = known.iter().map(|known| known.receivable.line().of(insurer)).collect();
    let due: Vec<(&AccountCode, &str)> =
        accounts.iter().zip(&known).map(|(account, known)| (account, known.item.as_str())).collect();
    let due: HashMap<(AccountCode, String), i128> = standing(tx, &due).await?;
    let owed = open(tx, &INSURER_PAYABLE.of(insurer), items.iter().copied()).await?;
    let received = sql::received(tx, insurer, &items).await?;
    let claim = |known: KnownAs| {
        let account = known.receivable.line().of(insurer);
        Ok(OpenClaimItem {
            receivable: known.receivable,
            open_minor: minor(due.get(&(account, known.item.clone())).copied())?,
            owed_minor: minor(owed.get(&known.item).map(|minor| -minor))?,
            received_minor: received.get(&known.item).copied().unwrap_or(0),
            submitted_no: known.submitted_no,
            position: known.position,
            claim_no: known.item,
            insurer_claim_nos: known.insurer_claim_nos,
        })
    };
    known.into_iter().map(claim).collect()
}

/// What we owe the insurer for the claims of the lines, and under the references of the adjustments.
async fn owed(
    tx: &Transaction<'_>,
    insurer: &PartyNo,
    claims: &[OpenClaimItem],
    adjustments: &[PayeeAdjustment],
) -> Result<Vec<OwedItem>, Error> {
    let references: Vec<&str> =
        adjustments.iter().map(|own| own.reference.as_str()).filter(|own| !own.is_empty()).collect();
    let known = sql::known_as(tx, insurer, &references, &references).await?;
    let mut names: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for item in claims.iter().map(|claim| claim.claim_no.as_str()).chain(references.iter().copied()) {
        names.entry(item).or_default();
    }
    for known in &known {
        let by = known.insurer_claim_nos.iter().chain([&known.submitted_no]).map(String::as_str);
        names.entry(&known.item).or_default().extend(by);
    }
    let open = open(tx, &INSURER_PAYABLE.of(insurer), names.keys().copied()).await?;
    let owed = names.into_iter().filter_map(|(item, references)| Some((item, references, open.get(item)?)));
    let owed = owed.map(|(item, references, open)| {
        let references = references.into_iter().map(str::to_owned).collect();
        Ok(OwedItem { item: item.to_owned(), references, open_minor: minor(Some(-open))? })
    });
    owed.collect()
}

fn minor(sum: Option<i128>) -> Result<i64, Error> {
    i64::try_from(sum.unwrap_or(0)).map_err(|_| Error::Corrupt("an item stands at more than 64 bits".to_owned()))
}

async fn record(
    tx: &Transaction<'_>,
    applying: &Applying<'_>,
    remittance: &StoredRemittance,
    Decided { matches, allocation, on }: &Decided,
) -> Result<(), Error> {
    let id = remittance.remittance_id;
    sql::insert_application(tx, id, &entry_ids(allocation), *on, (applying.actor, applying.now)).await?;
    sql::insert_matches(tx, id, matches).await?;
    sql::insert_adjustment_matches(tx, id, &allocation.adjustments).await?;
    let breaks = allocation.breaks.iter().map(|raised| (break_id(applying, remittance, raised), raised));
    let breaks: Vec<(Uuid, &Break)> = breaks.collect();
    sql::insert_breaks(tx, applying.insurer, remittance, &breaks, applying.now).await
}

fn break_id(applying: &Applying<'_>, remittance: &StoredRemittance, raised: &Break) -> Uuid {
    let number = |number: Option<usize>| number.map_or("-".to_owned(), |number| number.to_string());
    let about = format!("{} {} {}", raised.category.word(), number(raised.line), number(raised.adjustment));
    id::entry_id(remittance.received_at, &subject(applying.insurer, applying.trace), &about)
}

/// Posts the entries; a rejection means that nothing of them is posted.
async fn post(ledger: &Ledger, tx: &Transaction<'_>, entries: &[NewEntry]) -> Result<Option<Rejection>, Error> {
    if entries.is_empty() {
        return Ok(None);
    }
    let outcomes = ledger.post_in(tx, entries).await?;
    let rejections = outcomes.into_iter().filter_map(|outcome| match outcome {
        Outcome::Rejected(rejection) => Some(rejection),
        Outcome::Posted(_) | Outcome::Replayed(_) => None,
    });
    // Of a linked run, the culprit says why; the others only that it was the culprit.
    let is_consequence = |rejection: &Rejection| matches!(rejection, Rejection::LinkedEntryRejected { .. });
    Ok(rejections.min_by_key(is_consequence))
}
