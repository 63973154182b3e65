//! Claims and their events.

use std::collections::HashMap;

use deadpool_postgres::Transaction;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;
use tokio_postgres::types::ToSql;
use tokio_postgres::{GenericClient, Row};
use uuid::Uuid;

use crate::claim::{Claim, ClaimNo, State};
use crate::decide::{RecordedEvent, Step};
use crate::error::Error;
use crate::event::Event;
use crate::timer;

use super::{corrupt, json, number};

/// These claims, locked until the end of the transaction. In the order of their numbers, so that two transactions that
/// want some of the same never wait for each other.
pub async fn lock_claims(tx: &Transaction<'_>, numbers: &[&str]) -> Result<HashMap<ClaimNo, Claim>, Error> {
    const SQL: &str = "
        SELECT *
        FROM claim
        WHERE claim_no = ANY ($1)
        ORDER BY claim_no
        FOR NO KEY UPDATE";
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[&numbers]).await?;
    rows.iter().map(|row| claim(row).map(|claim| (claim.intake.claim_no.clone(), claim))).collect()
}

/// These claims, as they are committed.
pub async fn claims(tx: &Transaction<'_>, numbers: &[&str]) -> Result<Vec<Claim>, Error> {
    const SQL: &str = "
        SELECT *
        FROM claim
        WHERE claim_no = ANY ($1)
        ORDER BY claim_no";
    tx.query(&tx.prepare_cached(SQL).await?, &[&numbers]).await?.iter().map(claim).collect()
}

/// Claims that the ledger may move on by itself, by number, after `after`. The states are those of the index.
pub async fn unsettled(tx: &Transaction<'_>, after: &str, limit: i64) -> Result<Vec<Claim>, Error> {
    const SQL: &str = "
        SELECT *
        FROM claim
        WHERE claim_no > $1
          AND state IN (
              'APPROVED', 'PARTIAL', 'REJECTED', 'PART_RECOVERED', 'RECOVERED', 'SHORTFALL_OPEN', 'TAKEN_BACK',
              'RETURNED', 'FUNDED', 'PAID', 'CANCELLED', 'EXPIRED')
        ORDER BY claim_no
        LIMIT $2";
    tx.query(&tx.prepare_cached(SQL).await?, &[&after, &limit]).await?.iter().map(claim).collect()
}

/// Whether there is a claim that time, the ledger, or its insurer's answer may move on.
pub async fn is_any_under_way(client: &impl GenericClient) -> Result<bool, Error> {
    const SQL: &str = "
        SELECT EXISTS (SELECT FROM claim WHERE wakes_at IS NOT NULL)
            OR EXISTS (
                SELECT FROM claim
                WHERE state IN (
                    'APPROVED', 'PARTIAL', 'REJECTED', 'PART_RECOVERED', 'RECOVERED', 'SHORTFALL_OPEN', 'TAKEN_BACK',
                    'RETURNED', 'FUNDED', 'PAID', 'CANCELLED', 'EXPIRED'))
            OR EXISTS (
                SELECT FROM claim
                WHERE state IN (
                    'DISPENSED', 'INSURER_SUBMITTED', 'INSURER_PENDED', 'APPROVED', 'PARTIAL', 'REJECTED',
                    'PART_RECOVERED', 'SHORTFALL_OPEN'))";
    Ok(client.query_one(SQL, &[]).await?.get(0))
}

/// Claims whose time has come, by number, after `after`.
pub async fn waking(tx: &Transaction<'_>, at: Timestamp, after: &str, limit: i64) -> Result<Vec<Claim>, Error> {
    const SQL: &str = "
        SELECT *
        FROM claim
        WHERE wakes_at < $1
          AND claim_no > $2
        ORDER BY claim_no
        LIMIT $3";
    tx.query(&tx.prepare_cached(SQL).await?, &[&at, &after, &limit]).await?.iter().map(claim).collect()
}

/// What is recorded of these claims under these names.
pub async fn facts(
    tx: &Transaction<'_>,
    wanted: &[(&str, String)],
) -> Result<HashMap<(ClaimNo, String), RecordedEvent>, Error> {
    const SQL: &str = "
        SELECT e.*
        FROM (
            SELECT DISTINCT claim_no, fact
            FROM unnest($1::text[], $2::text[]) AS named (claim_no, fact)
        ) wanted
        JOIN claim_event e USING (claim_no, fact)";
    let claims: Vec<&str> = wanted.iter().map(|(claim_no, _)| *claim_no).collect();
    let names: Vec<&str> = wanted.iter().map(|(_, fact)| fact.as_str()).collect();
    let rows = tx.query(&tx.prepare_cached(SQL).await?, &[&claims, &names]).await?;
    rows.iter().map(|row| Ok(((number(ClaimNo::parse(row.get("claim_no")))?, row.get("fact")), event(row)?))).collect()
}

/// Everything that happened to a claim, in order.
pub async fn events(tx: &Transaction<'_>, claim_no: &ClaimNo) -> Result<Vec<RecordedEvent>, Error> {
    const SQL: &str = "
        SELECT *
        FROM claim_event
        WHERE claim_no = $1
        ORDER BY event_no";
    tx.query(&tx.prepare_cached(SQL).await?, &[&claim_no.as_str()]).await?.iter().map(event).collect()
}

/// Adds claims; answers how many are new. In the order of their numbers, for the same reason as [`lock_claims`].
pub async fn insert_claims(tx: &Transaction<'_>, claims: &[&Claim]) -> Result<usize, Error> {
    const SQL: &str = "
        INSERT INTO claim (claim_no, intake, taken_in_at, state, event_no, progress)
        SELECT intake ->> 'claim_no', intake, taken_in_at, 'DRAFT', 1, progress
        FROM unnest($1::jsonb[], $2::timestamptz[], $3::jsonb[]) AS taken_in (intake, taken_in_at, progress)
        ORDER BY intake ->> 'claim_no' COLLATE \"C\"
        ON CONFLICT ON CONSTRAINT claim_pkey DO NOTHING";
    if claims.is_empty() {
        return Ok(0);
    }
    let intakes = claims.iter().map(|claim| json(&claim.intake)).collect::<Result<Vec<Value>, Error>>()?;
    let times: Vec<Timestamp> = claims.iter().map(|claim| claim.taken_in_at).collect();
    let progress = claims.iter().map(|claim| json(&claim.progress)).collect::<Result<Vec<Value>, Error>>()?;
    let inserted = tx.execute(&tx.prepare_cached(SQL).await?, &[&intakes, &times, &progress]).await?;
    Ok(usize::try_from(inserted).unwrap_or(usize::MAX))
}

/// Adds the lines of claims that were just added.
pub async fn insert_lines(tx: &Transaction<'_>, claims: &[&Claim]) -> Result<(), Error> {
    const SQL: &str = "
        INSERT INTO claim_line (claim_no, line_no, drug_code, quantity, gross_minor)
        SELECT claim_no, line_no, drug_code, quantity, gross_minor
        FROM unnest($1::text[], $2::integer[], $3::text[], $4::integer[], $5::bigint[])
            AS lines (claim_no, line_no, drug_code, quantity, gross_minor)";
    let lines = || claims.iter().flat_map(|claim| claim.intake.lines.iter().map(move |line| (claim, line)));
    let numbers: Vec<&str> = lines().map(|(claim, _)| claim.claim_no().as_str()).collect();
    let line_numbers: Vec<i32> = lines().map(|(_, line)| line.line_no).collect();
    let drugs: Vec<&str> = lines().map(|(_, line)| line.drug_code.as_str()).collect();
    let quantities: Vec<i32> = lines().map(|(_, line)| line.quantity).collect();
    let gross: Vec<i64> = lines().map(|(_, line)| line.gross_minor).collect();
    let statement = tx.prepare_cached(SQL).await?;
    tx.execute(&statement, &[&numbers, &line_numbers, &drugs, &quantities, &gross]).await?;
    Ok(())
}

/// Adds the events of these steps, which come in the order of events for each claim.
pub async fn insert_events(tx: &Transaction<'_>, steps: &[Step], actor: &str, now: Timestamp) -> Result<(), Error> {
    const SQL: &str = "
        INSERT INTO claim_event
            (claim_no, event_no, fact, event, from_state, to_state, happened_on, content, reason, evidence_sha256,
             entry_ids, actor, checked_by, recorded_at)
        SELECT claim_no, event_no, fact, content ->> 'event', from_state, to_state, happened_on, content, reason,
               evidence_sha256, string_to_array(entry_ids, ' ')::uuid[], $12, checked_by, $13
        FROM unnest(
            $1::text[], $2::integer[], $3::text[], $4::text[], $5::text[], $6::date[], $7::jsonb[], $8::text[],
            $9::bytea[], $10::text[], $11::text[]
        ) WITH ORDINALITY AS told (claim_no, event_no, fact, from_state, to_state, happened_on, content, reason,
                                   evidence_sha256, entry_ids, checked_by, ordinal)
        ORDER BY ordinal";
    let claims: Vec<&str> = steps.iter().map(|step| step.claim.claim_no().as_str()).collect();
    let numbers: Vec<i32> = steps.iter().map(|step| step.claim.event_no).collect();
    let facts: Vec<&str> = steps.iter().map(|step| step.fact.as_str()).collect();
    let from: Vec<Option<&str>> = steps.iter().map(|step| step.from.map(State::word)).collect();
    let to: Vec<&str> = steps.iter().map(|step| step.claim.state.word()).collect();
    let dates: Vec<Date> = steps.iter().map(|step| step.on).collect();
    let contents = steps.iter().map(|step| json(&step.event)).collect::<Result<Vec<Value>, Error>>()?;
    let reasons: Vec<&str> = steps.iter().map(|step| step.reason.as_str()).collect();
    let evidence: Vec<Option<&[u8]>> =
        steps.iter().map(|step| step.evidence_sha256.as_ref().map(<[u8; 32]>::as_slice)).collect();
    let entries: Vec<String> = steps.iter().map(|step| joined(&step.entry_ids())).collect();
    let checkers: Vec<Option<&str>> = steps.iter().map(|step| step.checked_by.as_deref()).collect();
    let values: [&(dyn ToSql + Sync); 13] = [
        &claims, &numbers, &facts, &from, &to, &dates, &contents, &reasons, &evidence, &entries, &checkers, &actor,
        &now,
    ];
    tx.execute(&tx.prepare_cached(SQL).await?, &values).await?;
    Ok(())
}

/// Moves claims to where these steps led them; each claim at most once a call, because each move is checked by itself.
pub async fn update_claims(tx: &Transaction<'_>, claims: &[&Claim]) -> Result<(), Error> {
    const SQL: &str = "
        UPDATE claim
        SET state = moved.state,
            event_no = moved.event_no,
            progress = moved.progress,
            reviewed_on = moved.reviewed_on,
            dispensed_on = moved.dispensed_on,
            wakes_at = moved.wakes_at
        FROM unnest($1::text[], $2::text[], $3::integer[], $4::jsonb[], $5::date[], $6::date[], $7::timestamptz[])
            AS moved (claim_no, state, event_no, progress, reviewed_on, dispensed_on, wakes_at)
        WHERE claim.claim_no = moved.claim_no";
    let numbers: Vec<&str> = claims.iter().map(|claim| claim.claim_no().as_str()).collect();
    let states: Vec<&str> = claims.iter().map(|claim| claim.state.word()).collect();
    let events: Vec<i32> = claims.iter().map(|claim| claim.event_no).collect();
    let progress = claims.iter().map(|claim| json(&claim.progress)).collect::<Result<Vec<Value>, Error>>()?;
    let reviewed: Vec<Option<Date>> = claims.iter().map(|claim| claim.progress.reviewed_on).collect();
    let dispensed: Vec<Option<Date>> = claims.iter().map(|claim| claim.progress.dispensed_on).collect();
    let wakes: Vec<Option<Timestamp>> = claims.iter().map(|claim| timer::wakes_at(claim)).collect();
    let statement = tx.prepare_cached(SQL).await?;
    tx.execute(&statement, &[&numbers, &states, &events, &progress, &reviewed, &dispensed, &wakes]).await?;
    Ok(())
}

/// Under which numbers an insurer will speak of a claim's receivable.
#[derive(Debug)]
pub struct Reference<'a> {
    /// The account of the receivable.
    pub account: String,
    /// The claim.
    pub claim_no: &'a ClaimNo,
    /// The number that the insurer echoes.
    pub submitted_no: &'a str,
    /// The insurer's number.
    pub insurer_claim_no: &'a str,
    /// Its order among the claims that share both.
    pub position: i32,
}

/// Tells whoever matches remittances under which numbers the insurer knows these receivables.
pub async fn insert_references(
    tx: &Transaction<'_>,
    references: &[Reference<'_>],
    now: Timestamp,
) -> Result<(), Error> {
    const SQL: &str = "
        INSERT INTO open_item_reference (account, item, submitted_no, insurer_claim_no, position, recorded_at)
        SELECT account, item, submitted_no, insurer_claim_no, position, $6
        FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::integer[])
            AS known (account, item, submitted_no, insurer_claim_no, position)";
    if references.is_empty() {
        return Ok(());
    }
    let accounts: Vec<&str> = references.iter().map(|known| known.account.as_str()).collect();
    let items: Vec<&str> = references.iter().map(|known| known.claim_no.as_str()).collect();
    let submitted: Vec<&str> = references.iter().map(|known| known.submitted_no).collect();
    let insurers: Vec<&str> = references.iter().map(|known| known.insurer_claim_no).collect();
    let positions: Vec<i32> = references.iter().map(|known| known.position).collect();
    let statement = tx.prepare_cached(SQL).await?;
    tx.execute(&statement, &[&accounts, &items, &submitted, &insurers, &positions, &now]).await?;
    Ok(())
}

fn claim(row: &Row) -> Result<Claim, Error> {
    Ok(Claim {
        intake: serde_json::from_value(row.get("intake")).map_err(|_| corrupt("claim.intake"))?,
        taken_in_at: row.get("taken_in_at"),
        state: state(row.get("state"))?,
        event_no: row.get("event_no"),
        progress: serde_json::from_value(row.get("progress")).map_err(|_| corrupt("claim.progress"))?,
    })
}

fn event(row: &Row) -> Result<RecordedEvent, Error> {
    let event: Event = serde_json::from_value(row.get("content")).map_err(|_| corrupt("claim_event.content"))?;
    let from: Option<&str> = row.get("from_state");
    let evidence: Option<&[u8]> = row.get("evidence_sha256");
    Ok(RecordedEvent {
        event_no: row.get("event_no"),
        event,
        from: from.map(state).transpose()?,
        to: state(row.get("to_state"))?,
        on: row.get("happened_on"),
        reason: row.get("reason"),
        evidence_sha256: evidence.map(|hash| hash.try_into().map_err(|_| corrupt("evidence_sha256"))).transpose()?,
        entry_ids: row.get("entry_ids"),
        actor: row.get("actor"),
        recorded_at: row.get("recorded_at"),
    })
}

fn state(word: &str) -> Result<State, Error> {
    State::from_word(word).ok_or_else(|| corrupt("state"))
}

fn joined(ids: &[Uuid]) -> String {
    ids.iter().map(Uuid::to_string).collect::<Vec<String>>().join(" ")
}
