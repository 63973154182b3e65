//! Claims and their events.

use std::collections::HashMap;

use deadpool_postgres::Transaction;
use dianfu_settlement::number::PartyNo;
use jiff::Timestamp;
use jiff::civil::Date;
use serde_json::Value;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;
use uuid::Uuid;

use crate::claim::{Claim, ClaimNo, DrugCode, NewClaim, PolicyNo, Quote, ShareCollector, State};
use crate::decide::{RecordedEvent, Step};
use crate::error::Error;
use crate::event::Event;

use super::{corrupt, currency, number};

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
              'CANCELLED', 'EXPIRED')
        ORDER BY claim_no
        LIMIT $2";
    tx.query(&tx.prepare_cached(SQL).await?, &[&after, &limit]).await?.iter().map(claim).collect()
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
        INSERT INTO claim
            (claim_no, insurer_no, pharmacy_no, patient_no, policy_no, drug_code, quantity, prescribed_on, currency,
             gross_minor, share_collector, taken_in_at, state, event_no, approved_minor, shortfall_minor)
        SELECT claim_no, insurer_no, pharmacy_no, patient_no, policy_no, drug_code, quantity, prescribed_on, currency,
               gross_minor, share_collector, taken_in_at, 'SUBMITTED', 1, 0, 0
        FROM unnest(
            $1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::integer[], $8::date[],
            $9::text[], $10::bigint[], $11::text[], $12::timestamptz[]
        ) AS taken_in (claim_no, insurer_no, pharmacy_no, patient_no, policy_no, drug_code, quantity, prescribed_on,
                       currency, gross_minor, share_collector, taken_in_at)
        ORDER BY claim_no
        ON CONFLICT ON CONSTRAINT claim_pkey DO NOTHING";
    if claims.is_empty() {
        return Ok(0);
    }
    let texts = |of: fn(&NewClaim) -> &str| claims.iter().map(|claim| of(&claim.intake)).collect::<Vec<&str>>();
    let numbers = texts(|intake| intake.claim_no.as_str());
    let insurers = texts(|intake| intake.insurer.as_str());
    let pharmacies = texts(|intake| intake.pharmacy.as_str());
    let patients = texts(|intake| intake.patient.as_str());
    let policies = texts(|intake| intake.policy_no.as_str());
    let drugs = texts(|intake| intake.drug_code.as_str());
    let currencies = texts(|intake| intake.currency.code());
    let collectors = texts(|intake| intake.share_collector.word());
    let quantities: Vec<i32> = claims.iter().map(|claim| claim.intake.quantity).collect();
    let prescribed: Vec<Date> = claims.iter().map(|claim| claim.intake.prescribed_on).collect();
    let gross: Vec<i64> = claims.iter().map(|claim| claim.intake.gross_minor).collect();
    let times: Vec<Timestamp> = claims.iter().map(|claim| claim.taken_in_at).collect();
    let values: [&(dyn ToSql + Sync); 12] = [
        &numbers,
        &insurers,
        &pharmacies,
        &patients,
        &policies,
        &drugs,
        &quantities,
        &prescribed,
        &currencies,
        &gross,
        &collectors,
        &times,
    ];
    let inserted = tx.execute(&tx.prepare_cached(SQL).await?, &values).await?;
    Ok(usize::try_from(inserted).unwrap_or(usize::MAX))
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
    let contents = steps.iter().map(|step| serde_json::to_value(&step.event)).collect::<Result<Vec<Value>, _>>();
    let contents = contents.map_err(|error| Error::Corrupt(error.to_string()))?;
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
    const SQL: &str = include_str!("update_claims.sql");
    let quotes = || claims.iter().map(|claim| claim.quote.as_ref());
    let amounts = |of: fn(&Quote) -> i64| quotes().map(|quote| quote.map(of)).collect::<Vec<Option<i64>>>();
    let numbers: Vec<&str> = claims.iter().map(|claim| claim.claim_no().as_str()).collect();
    let states: Vec<&str> = claims.iter().map(|claim| claim.state.word()).collect();
    let events: Vec<i32> = claims.iter().map(|claim| claim.event_no).collect();
    let deductibles = amounts(|quote| quote.deductible_minor);
    let shares = amounts(|quote| quote.share_minor);
    let advances = amounts(|quote| quote.advance_minor);
    let fees = amounts(|quote| quote.fee_minor);
    let vats = amounts(|quote| quote.vat_minor);
    let valid: Vec<Option<Date>> = quotes().map(|quote| quote.map(|quote| quote.valid_until)).collect();
    let days: Vec<Option<i32>> = quotes().map(|quote| quote.map(|quote| quote.payment_days)).collect();
    let reviewed: Vec<Option<Date>> = claims.iter().map(|claim| claim.reviewed_on).collect();
    let dispensed: Vec<Option<Date>> = claims.iter().map(|claim| claim.dispensed_on).collect();
    let submitted: Vec<Option<&str>> = claims.iter().map(|claim| claim.submitted_no.as_deref()).collect();
    let approved: Vec<i64> = claims.iter().map(|claim| claim.approved_minor).collect();
    let shortfalls: Vec<i64> = claims.iter().map(|claim| claim.shortfall_minor).collect();
    let values: [&(dyn ToSql + Sync); 15] = [
        &numbers,
        &states,
        &events,
        &deductibles,
        &shares,
        &advances,
        &fees,
        &vats,
        &valid,
        &days,
        &reviewed,
        &dispensed,
        &submitted,
        &approved,
        &shortfalls,
    ];
    tx.execute(&tx.prepare_cached(SQL).await?, &values).await?;
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
    let intake = NewClaim {
        claim_no: number(ClaimNo::parse(row.get("claim_no")))?,
        insurer: number(PartyNo::parse(row.get("insurer_no")))?,
        pharmacy: number(PartyNo::parse(row.get("pharmacy_no")))?,
        patient: number(PartyNo::parse(row.get("patient_no")))?,
        policy_no: number(PolicyNo::parse(row.get("policy_no")))?,
        drug_code: number(DrugCode::parse(row.get("drug_code")))?,
        quantity: row.get("quantity"),
        prescribed_on: row.get("prescribed_on"),
        gross_minor: row.get("gross_minor"),
        currency: currency(row)?,
        share_collector: ShareCollector::from_word(row.get("share_collector"))
            .ok_or_else(|| corrupt("claim.share_collector"))?,
    };
    Ok(Claim {
        intake,
        taken_in_at: row.get("taken_in_at"),
        state: state(row.get("state"))?,
        event_no: row.get("event_no"),
        quote: quote(row),
        reviewed_on: row.get("reviewed_on"),
        dispensed_on: row.get("dispensed_on"),
        submitted_no: row.get("submitted_no"),
        approved_minor: row.get("approved_minor"),
        shortfall_minor: row.get("shortfall_minor"),
    })
}

fn quote(row: &Row) -> Option<Quote> {
    Some(Quote {
        deductible_minor: row.get::<_, Option<i64>>("deductible_minor")?,
        share_minor: row.get::<_, Option<i64>>("share_minor")?,
        advance_minor: row.get::<_, Option<i64>>("advance_minor")?,
        fee_minor: row.get::<_, Option<i64>>("fee_minor")?,
        vat_minor: row.get::<_, Option<i64>>("vat_minor")?,
        valid_until: row.get::<_, Option<Date>>("valid_until")?,
        payment_days: row.get::<_, Option<i32>>("payment_days")?,
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
