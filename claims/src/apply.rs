//! Applies commands to claims: reads, decides in memory, writes, posts, in one transaction.
//!
//! First what the book lacks of its journals is recorded, in a transaction of its own. Then, in order: lock the claims
//! (by number); read what is on record and what reviews need; decide all commands in order ([`crate::decide`]); write
//! claims, events, review tasks, decisions, payables and references with array statements; post the entries last, each
//! claim's in one linked run. So the head is held for the posting alone, and N claims cost as many round trips as one.
//!
//! When the ledger refuses a claim's entries, such as past the insurer's credit line, everything is rolled back and
//! done again without that claim: the refusal names the ledger's reason, and its neighbours are applied. A refused
//! entry changes nothing for the others, so the second round usually is the last.
//!
//! A batch is bounded by [`COMMANDS_MAX`].

use std::collections::{BTreeMap, HashMap, HashSet};

use deadpool_postgres::{Client, Transaction};
use dianfu_ledger::entry::NewEntry;
use dianfu_ledger::journal::sql::lock_head;
use dianfu_ledger::{Ledger, Outcome, Rejection, clock};
use dianfu_settlement::{chart, journals};
use jiff::Timestamp;

use crate::claim::{Claim, ClaimKind, ClaimNo};
use crate::command::{Command, Request};
use crate::decide::{Applied, Decided, Known, Step, decide};
use crate::error::Error;
use crate::event::Event;
use crate::look::look;
use crate::prereview::Outcome as Judged;
use crate::refusal::Refusal;
use crate::review_queue::moves::TaskMove;
use crate::sql::claims::Reference;
use crate::sql::rules::DecisionRow;
use crate::sql::shares::ShareRow;
use crate::{journal_map, known, review_queue, sql};

/// The most commands of one batch. A command posts at most three entries, and a turn takes 10,000.
pub const COMMANDS_MAX: usize = 3_000;

/// Applies commands in order: one answer a command.
pub async fn apply(
    ledger: &Ledger,
    client: &mut Client,
    commands: &[Command],
    actor: &str,
    now: Timestamp,
) -> Result<Vec<Result<Applied, Refusal>>, Error> {
    let mut refused_by_ledger = BTreeMap::new();
    complete_journals(client).await?;
    loop {
        let tx = client.transaction().await?;
        match attempt(ledger, &tx, commands, &refused_by_ledger, actor, now).await? {
            Attempt::Applied(answers) => {
                tx.commit().await?;
                return Ok(answers);
            }
            Attempt::Again(refused) => {
                tx.rollback().await?;
                refused_by_ledger.extend(refused);
            }
        }
    }
}

/// Records what the book lacks of a claim's journals, in a transaction of its own; to be called before [`attempt`].
pub async fn complete_journals(client: &mut Client) -> Result<(), Error> {
    Ok(journals::complete(client, journal_map::TEMPLATES).await?)
}

/// What has become of one attempt.
#[derive(Debug)]
pub enum Attempt {
    /// Everything is written and posted; it counts with COMMIT.
    Applied(Vec<Result<Applied, Refusal>>),
    /// It must be rolled back and done again, without these commands: the ledger has refused them. Without any,
    /// somebody else has taken in the same claim, or recorded another version of a journal, at the same moment.
    Again(BTreeMap<usize, Rejection>),
}

/// One attempt inside the caller's transaction, for callers whose own rows must commit with it. `refused_by_ledger` are
/// the commands, by place, that earlier attempts were told to leave out.
pub async fn attempt(
    ledger: &Ledger,
    tx: &Transaction<'_>,
    commands: &[Command],
    refused_by_ledger: &BTreeMap<usize, Rejection>,
    actor: &str,
    now: Timestamp,
) -> Result<Attempt, Error> {
    let actual = commands.len();
    if actual > COMMANDS_MAX {
        return Err(dianfu_ledger::Error::RequestTooLarge { unit: "commands", actual, max: COMMANDS_MAX }.into());
    }
    let now = clock::as_kept(now);
    let mut known = known::read(tx, commands, now).await?;
    look_at_ledger(tx, &mut known, commands).await?;
    let Decided { answers, steps } = decide(&mut known, commands, refused_by_ledger, actor, now);
    if !write(tx, &steps, actor, now).await? {
        return Ok(Attempt::Again(BTreeMap::new()));
    }
    let refused = post(ledger, tx, &steps).await?;
    if refused.values().any(|rejection| matches!(rejection, Rejection::TemplateNotInForce { .. })) {
        return Ok(Attempt::Again(BTreeMap::new()));
    }
    Ok(if refused.is_empty() { Attempt::Applied(answers) } else { Attempt::Again(refused) })
}

/// Some events ask what stands in the ledger. It is looked up under the head, so that nothing can change meanwhile.
async fn look_at_ledger(tx: &Transaction<'_>, known: &mut Known, commands: &[Command]) -> Result<(), Error> {
    let asks = commands.iter().filter(|command| asks_ledger(command));
    let claims: Vec<&Claim> = asks.filter_map(|command| known.claims.get(&command.claim_no)).collect();
    if claims.is_empty() {
        return Ok(());
    }
    lock_head(tx).await?;
    known.outstanding = look(tx, &claims).await?;
    Ok(())
}

/// The first decision of an insurer asks nothing of the ledger.
fn asks_ledger(command: &Command) -> bool {
    let is_first = matches!(&command.request, Request::Tell(Event::InsurerDecided { decision_no: 1, .. }));
    command.kind().reads_ledger() && !is_first
}

/// Writes the steps. Answers `false` if somebody else has taken in one of the claims at the same moment.
async fn write(tx: &Transaction<'_>, steps: &[Step], actor: &str, now: Timestamp) -> Result<bool, Error> {
    if steps.is_empty() {
        return Ok(true);
    }
    let taken_in: Vec<&Claim> = steps.iter().filter(|step| step.from.is_none()).map(|step| &step.claim).collect();
    if sql::claims::insert_claims(tx, &taken_in).await? < taken_in.len() {
        return Ok(false);
    }
    if !taken_in.is_empty() {
        sql::claims::insert_lines(tx, &taken_in).await?;
    }
    sql::claims::insert_events(tx, steps, actor, now).await?;
    for wave in waves(steps) {
        sql::claims::update_claims(tx, &wave).await?;
    }
    let tasks: Vec<&[TaskMove]> = steps.iter().map(|step| &*step.tasks).collect();
    review_queue::moves::write_in(tx, &tasks, actor, now).await?;
    let decisions = steps.iter().filter_map(|step| {
        let decision = step.decision.as_ref()?;
        Some(DecisionRow { intake: &step.claim.intake, event_no: step.claim.event_no, decision })
    });
    let decisions: Vec<DecisionRow<'_>> = decisions.collect();
    sql::rules::insert_decisions(tx, &decisions).await?;
    let granted = decisions.iter().filter(|row| matches!(row.decision.verdict.outcome(), Judged::Approved(_)));
    let shares: Vec<ShareRow<'_>> = granted.flat_map(shares_of).collect();
    sql::shares::insert_shares(tx, &shares).await?;
    let references: Vec<Reference<'_>> = steps.iter().filter_map(reference).collect();
    sql::claims::insert_references(tx, &references, now).await?;
    let payables: Vec<_> = steps.iter().flat_map(|step| step.payables.iter().cloned()).collect();
    dianfu_settlement::payable::raise_in(tx, &payables, now).await?;
    Ok(true)
}

/// How the lines of a granted claim are shared by its quote.
fn shares_of<'a>(row: &DecisionRow<'a>) -> impl Iterator<Item = ShareRow<'a>> + use<'a> {
    let (intake, decision) = (row.intake, row.decision);
    let lines = decision.facts.lines.iter().zip(&decision.shares);
    lines.map(move |(line, share)| ShareRow { intake, run_no: 1, quantity: line.quantity, share })
}

/// The moves of a batch, so that each claim is moved at most once in a wave: the database checks every single move. A
/// batch that tells one thing of each claim is one wave.
fn waves(steps: &[Step]) -> Vec<Vec<&Claim>> {
    let mut waves: Vec<Vec<&Claim>> = Vec::new();
    let mut moves: HashMap<&ClaimNo, usize> = HashMap::new();
    for step in steps.iter().filter(|step| step.from.is_some()) {
        let wave = moves.entry(step.claim.claim_no()).or_default();
        if waves.len() == *wave {
            waves.push(Vec::new());
        }
        waves[*wave].push(&step.claim);
        *wave += 1;
    }
    waves
}

/// What the insurer will call the receivable: told with its first decision. Also of a claim that it denies, so that a
/// line that pays nothing finds it.
fn reference(step: &Step) -> Option<Reference<'_>> {
    let Event::InsurerDecided { decision_no: 1, insurer_claim_no, position, .. } = &step.event else { return None };
    let receivable = match step.claim.intake.kind {
        ClaimKind::DirectPay => chart::DUE,
        ClaimKind::Reimbursement => chart::PASS_THROUGH,
    };
    Some(Reference {
        account: receivable.of(&step.claim.intake.insurer).to_string(),
        claim_no: step.claim.claim_no(),
        submitted_no: step.claim.progress.submitted_no.as_deref()?,
        insurer_claim_no,
        position: *position,
    })
}

/// Posts the entries of all steps and answers the commands that the ledger has refused: the first one of each claim,
/// because those behind it stand on it.
async fn post(ledger: &Ledger, tx: &Transaction<'_>, steps: &[Step]) -> Result<BTreeMap<usize, Rejection>, Error> {
    let entries: Vec<NewEntry> = steps.iter().flat_map(|step| step.entries.iter().cloned()).collect();
    if entries.is_empty() {
        return Ok(BTreeMap::new());
    }
    let owners: Vec<&Step> = steps.iter().flat_map(|step| step.entries.iter().map(move |_| step)).collect();
    let outcomes = ledger.post_in(tx, &entries).await?;
    let mut refused = BTreeMap::new();
    let mut claims: HashSet<&ClaimNo> = HashSet::new();
    for (step, outcome) in owners.into_iter().zip(outcomes) {
        match outcome {
            Outcome::Posted(_) | Outcome::Replayed(_) | Outcome::Rejected(Rejection::LinkedEntryRejected { .. }) => {}
            Outcome::Rejected(rejection) => {
                if claims.insert(step.claim.claim_no()) {
                    refused.insert(step.at, rejection);
                }
            }
        }
    }
    Ok(refused)
}
