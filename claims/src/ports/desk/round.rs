//! One round of the desk.

use std::collections::HashMap;

use deadpool_postgres::Client;
use dianfu_ledger::{Ledger, clock};
use futures_util::{StreamExt, TryStreamExt, stream};
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::discrepancy::{Found, Kind};
use super::errand::{Errand, errand, next_at};
use super::news::{Decision, InsurerNews, in_turn, news};
use super::sql::{self, Heard};
use super::submission::submission;
use crate::claim::{Claim, ClaimNo, State};
use crate::command::Command;
use crate::error::Error;
use crate::event::Event;
use crate::ports::insurer::question::StatusQuestion;
use crate::ports::insurer::{Failed, Fault, Port};
use crate::refusal::Refusal;

/// How long a process holds an errand: longer than a call takes with all its retries.
pub const HELD_FOR: SignedDuration = SignedDuration::from_mins(5);
/// The most errands of a round: what their claims are told fits into one batch.
pub const ERRANDS_MAX: i64 = 1_000;
/// Calls that are under way at the same time.
const CALLS_AT_ONCE: usize = 16;
/// Who tells the claims, for the record.
const ACTOR: &str = "system:insurer-desk";
/// The insurer's code for a claim that it does not know.
const CLAIM_UNKNOWN: &str = "claim_unknown";

/// What came of one errand.
#[derive(Clone, PartialEq, Debug)]
pub struct Done {
    /// The claim.
    pub claim_no: ClaimNo,
    /// What was to be done.
    pub errand: Errand,
    /// What came of it; an error says why there is no answer, and the errand is due again later.
    pub heard: Result<Reply, Fault>,
    /// The last attempt's number on record, if something was sent.
    pub exchange_no: Option<i64>,
}

/// What the insurer answered.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Reply {
    /// It has taken the claim.
    Received,
    /// Where the claim stands.
    News(InsurerNews),
}

/// An errand with what is needed for it.
struct Task {
    claim: Claim,
    errand: Errand,
    proof: Option<[u8; 32]>,
    failures: i32,
}

/// Does up to `limit` errands (1 to [`ERRANDS_MAX`]) that are due now. Answers what came of each, by claim.
pub async fn work(ledger: &Ledger, port: &Port, now: Timestamp, limit: i64) -> Result<Vec<Done>, Error> {
    let tasks = taken(ledger, now, limit).await?;
    let calls: Vec<_> = tasks.iter().map(|task| call(ledger, port, task)).collect();
    let mut done: Vec<Done> = stream::iter(calls).buffer_unordered(CALLS_AT_ONCE).try_collect().await?;
    done.sort_by(|one, other| one.claim_no.cmp(&other.claim_no));
    let tasks: HashMap<ClaimNo, Task> = tasks.into_iter().map(|task| (task.claim.claim_no().clone(), task)).collect();
    let mut client = ledger.client().await?;
    let mut found = hear(&client, &done, now).await?;
    found.extend(tell(ledger, &mut client, &tasks, &done, now).await?);
    sql::insert_discrepancies(&client, &found, now).await?;
    let errands: Vec<_> = done.iter().map(|done| due_again(&tasks[&done.claim_no], done, now)).collect();
    sql::give_back(&client, &errands, now).await?;
    Ok(done)
}

/// Takes errands, and reads what they need.
async fn taken(ledger: &Ledger, now: Timestamp, limit: i64) -> Result<Vec<Task>, Error> {
    let mut client = ledger.client().await?;
    let held_until = now.checked_add(HELD_FOR).unwrap_or(Timestamp::MAX);
    let taken = sql::take(&client, (now, held_until), limit.clamp(1, ERRANDS_MAX)).await?;
    let numbers: Vec<&str> = taken.keys().map(ClaimNo::as_str).collect();
    let proofs = sql::proofs(&client, &numbers).await?;
    let tx = client.transaction().await?;
    let claims = crate::sql::claims::claims(&tx, &numbers).await?;
    tx.commit().await?;
    let task = |claim: Claim| {
        let (failures, proof) = (taken[claim.claim_no()], proofs.get(claim.claim_no()).copied());
        // A claim may have moved on since its errand was taken.
        errand(claim.state).map(|errand| Task { claim, errand, proof, failures })
    };
    Ok(claims.into_iter().filter_map(task).collect())
}

async fn call(ledger: &Ledger, port: &Port, task: &Task) -> Result<Done, Error> {
    let Task { claim, errand, proof, .. } = task;
    let (claim_no, insurer) = (claim.claim_no().clone(), &claim.intake.insurer);
    let (heard, exchange_no) = match errand {
        Errand::Submit => {
            let proof = proof.ok_or_else(|| Error::Corrupt(format!("claim {claim_no} has no proof of dispensing")))?;
            let submission = submission(claim, &proof, 1).expect("a claim with a proof of dispensing is dispensed");
            match port.ask(ledger, insurer, &submission).await? {
                Ok(answered) => (Ok(Reply::Received), Some(answered.exchange_no)),
                Err(Failed { fault, exchange_no }) => (Err(fault), exchange_no),
            }
        }
        Errand::Look | Errand::Watch => {
            let question = StatusQuestion { claim_no: claim_no.clone() };
            match port.ask(ledger, insurer, &question).await? {
                Ok(answered) => {
                    let news = news(&answered.answer, claim.intake.currency).map_err(Fault::AnswerInvalid);
                    (news.map(Reply::News), Some(answered.exchange_no))
                }
                Err(Failed { fault, exchange_no }) => (Err(fault), exchange_no),
            }
        }
    };
    Ok(Done { claim_no, errand: *errand, heard, exchange_no })
}

/// Puts on record what was heard; answers what contradicts what was heard before, or knows a claim no more.
async fn hear(client: &Client, done: &[Done], now: Timestamp) -> Result<Vec<Found>, Error> {
    let decided: Vec<(&ClaimNo, &Decision, i64)> = done.iter().filter_map(decision).collect();
    sql::hear(client, &decided, now).await?;
    let numbers: Vec<&str> = decided.iter().map(|(claim_no, ..)| claim_no.as_str()).collect();
    let heard = sql::heard(client, &numbers).await?;
    let contradicts = |(claim_no, decision, exchange_no): &(&ClaimNo, &Decision, i64)| {
        let first = heard[*claim_no].iter().find(|first| first.decision.decision_no == decision.decision_no)?;
        let found = Found {
            claim_no: (*claim_no).clone(),
            kind: Kind::Contradicts,
            expected: json!(first.decision),
            actual: json!(decision),
            exchange_no: *exchange_no,
        };
        (first.decision != **decision).then_some(found)
    };
    Ok(decided.iter().filter_map(contradicts).chain(done.iter().filter_map(unknown)).collect())
}

/// A claim that was handed in, and that its insurer does not know.
fn unknown(done: &Done) -> Option<Found> {
    match (&done.heard, done.exchange_no) {
        (Err(Fault::Refused { code, .. }), Some(exchange_no)) if code == CLAIM_UNKNOWN => Some(Found {
            claim_no: done.claim_no.clone(),
            kind: Kind::ClaimUnknown,
            expected: json!({"submission_no": 1}),
            actual: json!({"code": code}),
            exchange_no,
        }),
        _ => None,
    }
}

/// Tells the claims what was heard of them, and also what was heard before and not told. Answers what they refuse, and
/// what has to wait.
async fn tell(
    ledger: &Ledger,
    client: &mut Client,
    tasks: &HashMap<ClaimNo, Task>,
    done: &[Done],
    now: Timestamp,
) -> Result<Vec<Found>, Error> {
    let numbers: Vec<&str> = done.iter().map(|done| done.claim_no.as_str()).collect();
    let mut heard = sql::heard(client, &numbers).await?;
    let (mut commands, mut sources, mut found) = (Vec::new(), Vec::new(), Vec::new());
    for done in done {
        let claim = &tasks[&done.claim_no].claim;
        if done.heard == Ok(Reply::Received) {
            let submitted_no = done.claim_no.to_string();
            commands.push(command(claim, Event::SentToInsurer { submitted_no }, now));
            sources.push(done.exchange_no);
        }
        if let Some(event) = asked_for_more(claim, done) {
            commands.push(command(claim, event, now));
            sources.push(done.exchange_no);
        }
        let heard = heard.remove(&done.claim_no).unwrap_or_default();
        let (untold, waiting) = untold(&heard);
        found.extend(waiting.map(|waiting| out_of_order(claim, waiting)));
        for heard in untold {
            commands.push(command(claim, heard.decision.event(), now));
            sources.push(Some(heard.exchange_no));
        }
    }
    if commands.is_empty() {
        return Ok(found);
    }
    let answers = crate::apply(ledger, client, &commands, ACTOR, now).await?;
    for ((answer, command), exchange_no) in answers.iter().zip(&commands).zip(sources) {
        if let (Err(refusal), Some(exchange_no)) = (answer, exchange_no) {
            found.push(not_applicable(&command.claim_no, &refused(refusal), exchange_no));
        }
    }
    Ok(found)
}

/// What the insurer asks for, if the claim does not wait for it already.
fn asked_for_more(claim: &Claim, done: &Done) -> Option<Event> {
    let Ok(Reply::News(InsurerNews::AskedForMore { materials, respond_by })) = &done.heard else { return None };
    let number = claim.progress.awaited.as_ref().map_or(1, |last| last.number + 1);
    let (materials, respond_by) = (materials.clone(), *respond_by);
    let event = Event::InsurerAskedForMore { number, materials, respond_by };
    (claim.state == State::InsurerSubmitted).then_some(event)
}

/// The decisions to be told now, and the first that has to wait for one before it.
fn untold(heard: &[Heard]) -> (&[Heard], Option<&Heard>) {
    let told = heard.iter().take_while(|heard| heard.is_told).count();
    let rest = &heard[told..];
    let told_no = i32::try_from(told).expect("decisions are counted in i32");
    let decisions: Vec<Decision> = rest.iter().map(|heard| heard.decision.clone()).collect();
    let count = in_turn(told_no, &decisions).len();
    (&rest[..count], rest.get(count))
}

fn command(claim: &Claim, event: Event, now: Timestamp) -> Command {
    Command::tell(claim.claim_no().clone(), event, clock::date_of(now))
}

fn decision(done: &Done) -> Option<(&ClaimNo, &Decision, i64)> {
    match (&done.heard, done.exchange_no) {
        (Ok(Reply::News(InsurerNews::Decided(decision))), Some(exchange_no)) => {
            Some((&done.claim_no, decision, exchange_no))
        }
        _ => None,
    }
}

fn out_of_order(claim: &Claim, waiting: &Heard) -> Found {
    let decision_no = waiting.decision.decision_no;
    Found {
        claim_no: claim.claim_no().clone(),
        kind: Kind::OutOfOrder,
        expected: json!({"decision_no": decision_no - 1}),
        actual: json!({"decision_no": decision_no}),
        exchange_no: waiting.exchange_no,
    }
}

fn not_applicable(claim_no: &ClaimNo, actual: &serde_json::Value, exchange_no: i64) -> Found {
    let (expected, actual) = (json!({"state": "open to it"}), actual.clone());
    Found { claim_no: claim_no.clone(), kind: Kind::NotApplicable, expected, actual, exchange_no }
}

fn refused(refusal: &Refusal) -> serde_json::Value {
    json!({"code": refusal.code(), "what": refusal.to_string()})
}

/// When an errand is due again. What was handed in is looked at next.
fn due_again<'a>(task: &'a Task, done: &Done, now: Timestamp) -> (&'a ClaimNo, Timestamp, i32) {
    let failures = if done.heard.is_ok() { 0 } else { task.failures.saturating_add(1) };
    (task.claim.claim_no(), next_at(task.errand, failures, now), failures)
}
