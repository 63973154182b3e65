//! What the bank says of payouts is put on record, with its entries, in one transaction: J6, J7, J8.
//!
//! The same report again gets the first answer again; another content under the same kind is a conflict. One refused
//! report never fails its neighbours. The head is locked first, so that two reports on one payout come one after the
//! other.

use std::collections::{BTreeMap, HashMap};

use deadpool_postgres::{Client, Transaction};
use dianfu_ledger::entry::NewEntry;
use dianfu_ledger::journal::sql::lock_head;
use dianfu_ledger::{Ledger, Outcome};
use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use crate::difference::{Difference, difference};
use crate::error::Error;
use crate::journals::Journals;
use crate::number::PayoutId;
use crate::payout::{DatedFact, Fact, Payout, PayoutState, permit, state};
use crate::refusal::Refusal;
use crate::{journal_map, sql};

/// Something the bank says of a payout.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Report {
    /// The payout.
    pub payout_id: PayoutId,
    /// What happened to it.
    pub fact: Fact,
    /// When.
    pub on: Date,
    /// SHA-256 of the message or statement that says so.
    pub evidence_sha256: Option<[u8; 32]>,
}

/// What a report has come to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Recorded {
    /// The payout.
    pub payout_id: PayoutId,
    /// Where it stands with this report.
    pub state: PayoutState,
    /// The entries posted with it.
    pub entry_ids: Vec<Uuid>,
    /// Whether it was on record already.
    pub replayed: bool,
}

/// A fact on record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StoredFact {
    /// What happened, and when.
    pub dated: DatedFact,
    /// The entries posted with it.
    pub entry_ids: Vec<Uuid>,
}

/// A fact to be put on record.
#[derive(Debug)]
pub struct RecordedFact<'a> {
    /// The payout.
    pub payout_id: &'a PayoutId,
    /// What happened.
    pub fact: &'a Fact,
    /// When.
    pub on: Date,
    /// SHA-256 of what says so.
    pub evidence_sha256: Option<&'a [u8; 32]>,
    /// The entry posted with it.
    pub entry_id: Option<Uuid>,
}

impl<'a> RecordedFact<'a> {
    /// The first fact of a payout.
    pub fn instructed(payout: &'a Payout, on: Date, entry: Option<&NewEntry>) -> RecordedFact<'a> {
        let entry_id = entry.map(|entry| entry.id);
        RecordedFact { payout_id: &payout.payout_id, fact: &Fact::Instructed, on, evidence_sha256: None, entry_id }
    }
}

/// Records reports in order: one answer a report.
pub async fn record(
    ledger: &Ledger,
    client: &mut Client,
    reports: &[Report],
    actor: &str,
    now: Timestamp,
) -> Result<Vec<Result<Recorded, Refusal>>, Error> {
    let mut refused_by_ledger = BTreeMap::new();
    loop {
        let tx = client.transaction().await?;
        let round = record_once(ledger, &tx, reports, &refused_by_ledger, actor, now).await?;
        if round.newly_refused.is_empty() {
            tx.commit().await?;
            return Ok(round.answers);
        }
        tx.rollback().await?;
        refused_by_ledger.extend(round.newly_refused);
    }
}

/// What payouts have come to, with the fact that proves it.
pub async fn states(client: &mut Client, payouts: &[PayoutId]) -> Result<HashMap<PayoutId, PayoutState>, Error> {
    let tx = client.transaction().await?;
    let facts = sql::facts(&tx, payouts).await?;
    Ok(facts.into_iter().map(|(payout_id, stored)| (payout_id, state(&dated(&stored)))).collect())
}

struct Round {
    answers: Vec<Result<Recorded, Refusal>>,
    newly_refused: BTreeMap<usize, Refusal>,
}

async fn record_once(
    ledger: &Ledger,
    tx: &Transaction<'_>,
    reports: &[Report],
    refused_by_ledger: &BTreeMap<usize, Refusal>,
    actor: &str,
    now: Timestamp,
) -> Result<Round, Error> {
    lock_head(tx).await?;
    let ids: Vec<PayoutId> = reports.iter().map(|report| report.payout_id.clone()).collect();
    let payouts = sql::payouts(tx, &ids).await?;
    let mut known = sql::facts(tx, &ids).await?;
    let journals = Journals::in_force(tx, &journal_map::TEMPLATES).await?;
    let mut answers = Vec::with_capacity(reports.len());
    let mut written: Vec<(usize, Option<NewEntry>)> = Vec::new();
    for (at, report) in reports.iter().enumerate() {
        let decided = match refused_by_ledger.get(&at) {
            Some(refusal) => Err(refusal.clone()),
            None => decide(&journals, report, payouts.get(&report.payout_id), &mut known, actor),
        };
        answers.push(decided.map(|(recorded, entry)| {
            if !recorded.replayed {
                written.push((at, entry));
            }
            recorded
        }));
    }
    write(tx, reports, &written, actor, now).await?;
    let posted: Vec<usize> = written.iter().filter(|(_, entry)| entry.is_some()).map(|(at, _)| *at).collect();
    let entries: Vec<NewEntry> = written.into_iter().filter_map(|(_, entry)| entry).collect();
    let outcomes = if entries.is_empty() { Vec::new() } else { ledger.post_in(tx, &entries).await? };
    let rejected = posted.into_iter().zip(outcomes).filter_map(|(at, outcome)| match outcome {
        Outcome::Rejected(rejection) => Some((at, Refusal::Ledger(rejection))),
        Outcome::Posted(_) | Outcome::Replayed(_) => None,
    });
    Ok(Round { answers, newly_refused: rejected.collect() })
}

/// Decides one report on what is known and adds it to what is known.
fn decide(
    journals: &Journals,
    report: &Report,
    payout: Option<&Payout>,
    known: &mut HashMap<PayoutId, Vec<StoredFact>>,
    actor: &str,
) -> Result<(Recorded, Option<NewEntry>), Refusal> {
    let payout_id = report.payout_id.clone();
    let (Some(payout), Some(facts)) = (payout, known.get_mut(&report.payout_id)) else {
        return Err(Refusal::PayoutUnknown { payout_id });
    };
    let dated_report = DatedFact { fact: report.fact.clone(), on: report.on };
    if let Some(first) = facts.iter().find(|stored| stored.dated.fact.kind() == report.fact.kind()) {
        same(&payout_id, &first.dated, &dated_report)?;
        let entry_ids = first.entry_ids.clone();
        return Ok((Recorded { payout_id, state: state(&dated(facts)), entry_ids, replayed: true }, None));
    }
    let before = state(&dated(facts));
    if matches!(report.fact, Fact::Instructed | Fact::Reissued { .. }) {
        return Err(Refusal::FactNotPossible { payout_id, state: before.word(), fact: report.fact.kind() });
    }
    permit(payout, &before, &report.fact)?;
    in_order(report, facts)?;
    let entry = journal_map::fact(journals, payout, &report.fact, report.on, actor)?;
    let entry_ids: Vec<Uuid> = entry.iter().map(|entry| entry.id).collect();
    facts.push(StoredFact { dated: dated_report, entry_ids: entry_ids.clone() });
    Ok((Recorded { payout_id, state: state(&dated(facts)), entry_ids, replayed: false }, entry))
}

/// Nothing happens to a payout before the bank was told to pay.
fn in_order(report: &Report, facts: &[StoredFact]) -> Result<(), Refusal> {
    let instructed = facts.iter().find(|stored| stored.dated.fact == Fact::Instructed).map(|stored| stored.dated.on);
    match instructed {
        Some(instructed_on) if report.on < instructed_on => {
            Err(Refusal::TooEarly { payout_id: report.payout_id.clone(), instructed_on, on: report.on })
        }
        Some(_) | None => Ok(()),
    }
}

fn same(payout_id: &PayoutId, first: &DatedFact, given: &DatedFact) -> Result<(), Refusal> {
    let differs = difference(&first.fact, &given.fact).or_else(|| difference(&first.on, &given.on));
    match differs {
        Some(Difference { field, first, given }) => {
            Err(Refusal::Conflict { what: "payout", number: payout_id.to_string(), field, first, given })
        }
        None => Ok(()),
    }
}

async fn write(
    tx: &Transaction<'_>,
    reports: &[Report],
    written: &[(usize, Option<NewEntry>)],
    actor: &str,
    now: Timestamp,
) -> Result<(), Error> {
    let facts = written.iter().map(|(at, entry)| RecordedFact {
        payout_id: &reports[*at].payout_id,
        fact: &reports[*at].fact,
        on: reports[*at].on,
        evidence_sha256: reports[*at].evidence_sha256.as_ref(),
        entry_id: entry.as_ref().map(|entry| entry.id),
    });
    let facts: Vec<RecordedFact<'_>> = facts.collect();
    let of = |wanted: fn(&Fact) -> bool| -> Vec<&str> {
        let wanted = facts.iter().filter(|recorded| wanted(recorded.fact));
        wanted.map(|recorded| recorded.payout_id.as_str()).collect()
    };
    sql::insert_facts(tx, &facts, actor, now).await?;
    sql::free_items(tx, &of(Fact::frees_items)).await?;
    sql::settle_payables(tx, &of(|fact| matches!(fact, Fact::Paid { .. }))).await
}

fn dated(stored: &[StoredFact]) -> Vec<DatedFact> {
    stored.iter().map(|stored| stored.dated.clone()).collect()
}
