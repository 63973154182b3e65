//! One turn: everything between locking the head and moving it.
//!
//! In order: lock the head; catch up with what other processes wrote; read the accounts touched for the first time;
//! decide in memory; COPY entries and postings; record the commit and move the head. The caller commits, and only
//! then folds [`Turn::fold`] into the state. A turn that fails leaves the state as it was, caught up at most.
//!
//! Ids are looked up only in doubt: when an entry would be refused (it may be a replay), when a hold is released, or
//! when the caller says so because an earlier turn over the same entries failed. A batch of entries never seen before
//! pays nothing for idempotency but the unique index that guards it.
//!
//! Round trips: head and clock together, accounts if any is new, two COPYs, the commit row.

use std::collections::HashSet;

use bytes::{BufMut, Bytes, BytesMut};
use deadpool_postgres::Transaction;
use futures_util::future::try_join;
use jiff::{Timestamp, Unit};
use uuid::Uuid;

use crate::account::AccountCode;
use crate::balance::Balance;
use crate::decide::{Decided, Journaled, Leg, Outcome, decide};
use crate::entry::{EntryKind, NewEntry};
use crate::error::Error;

use super::codec::{COPY_HEADER, COPY_TRAILER, CommitHasher, CommitHeader, EntryRow, PostingRow};
use super::sql::{self, CommitRow, Head};
use super::state::{Known, Slot, State};

/// When ids are looked up in the journal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lookup {
    /// Before deciding: some entries are likely to be in the books.
    First,
    /// Only when an entry would be refused.
    InDoubt,
}

/// What a turn leaves to its caller.
#[derive(Debug)]
pub struct Turn {
    /// One an entry, in the order of the requests.
    pub outcomes: Vec<Outcome>,
    /// What to fold into the state after COMMIT; `None` if nothing was written.
    pub fold: Option<Fold>,
    /// Whether it opened a segment, so that the one before can be sealed.
    pub opened_segment: bool,
}

/// The change that a committed turn makes to the state.
#[derive(Debug)]
pub struct Fold {
    after: Vec<(Slot, Balance)>,
    written: Written,
}

/// The commit that a turn has written.
#[derive(Clone, Copy, Debug)]
struct Written {
    sequence: i64,
    commit_no: i64,
    hash: [u8; 32],
}

impl Fold {
    /// Makes the change.
    pub fn into_state(self, state: &mut State) {
        for (slot, balance) in self.after {
            state.set_balance(slot, balance);
        }
        let Written { sequence, commit_no, hash } = self.written;
        (state.sequence, state.known.commit_no, state.known.hash) = (sequence, commit_no, hash);
    }
}

/// Runs one turn over `requests` inside the caller's transaction.
pub async fn turn(
    tx: &Transaction<'_>,
    state: &mut State,
    requests: &[&[NewEntry]],
    lookup: Lookup,
    node: &str,
) -> Result<Turn, Error> {
    let (head, clock) = try_join(sql::lock_head(tx), sql::clock(tx)).await?;
    catch_up(tx, state, &head).await?;
    load_accounts(tx, state, codes(requests)).await?;
    let booked_at = booked_at(clock, head.booked_at)?;

    let holds = holds(requests);
    let mut journaled = match lookup {
        Lookup::First => look_up(tx, &ids(requests), &holds).await?,
        Lookup::InDoubt if holds.is_empty() => Journaled::default(),
        Lookup::InDoubt => look_up(tx, &[], &holds).await?,
    };
    load_accounts_of(tx, state, &journaled).await?;
    let mut decided = decide(state, &journaled, requests, booked_at);
    if lookup == Lookup::InDoubt && decided.any_rejected() {
        journaled = look_up(tx, &ids(requests), &holds).await?;
        load_accounts_of(tx, state, &journaled).await?;
        decided = decide(state, &journaled, requests, booked_at);
    }
    let written = write(tx, &head, &decided, booked_at, node).await?;
    let opened_segment = written.is_some_and(|written| written.sequence > head.segment_end);
    let fold = written.map(|written| Fold { after: decided.after, written });
    Ok(Turn { outcomes: decided.outcomes, fold, opened_segment })
}

/// More entries behind than this, and reading accounts anew is cheaper than folding what was missed.
const CATCH_UP_ENTRIES_MAX: i64 = 100_000;

/// Brings the state to the head: folds in what other processes, or turns inside callers' transactions, have written.
/// A state that the book does not bear out is forgotten: the database was put back to an earlier time.
async fn catch_up(tx: &Transaction<'_>, state: &mut State, head: &Head) -> Result<(), Error> {
    let there = known(head);
    let is_far_behind = head.sequence - state.sequence > CATCH_UP_ENTRIES_MAX;
    // Looks only if somebody else has written.
    if is_far_behind || (state.known != there && !state.is_empty() && !sql::has_rows(tx, &state.known).await?) {
        *state = State::default();
    }
    if state.is_empty() {
        (state.sequence, state.known) = (head.sequence, there);
        return Ok(());
    }
    if state.sequence < head.sequence {
        for (account_no, layer, totals) in sql::totals_after(tx, state.sequence).await? {
            if let Some(slot) = state.slot_by_no(account_no) {
                let mut balance = state.account(slot).balance;
                balance.set_layer(layer, totals);
                state.set_balance(slot, balance);
            }
        }
    }
    if state.known.setting_no < head.setting_no {
        for (account_no, setting) in sql::settings_after(tx, state.known.setting_no).await? {
            state.set_setting(account_no, setting);
        }
    }
    (state.sequence, state.known) = (head.sequence, there);
    Ok(())
}

/// What a state knows that is at the head.
fn known(head: &Head) -> Known {
    let Head { commit_no, hash, account_no, account_hash, setting_no, setting_hash, .. } = *head;
    Known { commit_no, hash, account_no, account_hash, setting_no, setting_hash }
}

async fn load_accounts<'a>(
    tx: &Transaction<'_>,
    state: &mut State,
    codes: impl Iterator<Item = &'a AccountCode>,
) -> Result<(), Error> {
    let missing: HashSet<&str> = codes.filter(|code| state.slot(code).is_none()).map(AccountCode::as_str).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let missing: Vec<&str> = missing.into_iter().collect();
    for known in sql::accounts(tx, &missing).await? {
        state.insert(known);
    }
    Ok(())
}

async fn load_accounts_of(tx: &Transaction<'_>, state: &mut State, journaled: &Journaled) -> Result<(), Error> {
    let legs = journaled.entries.values().flat_map(|entry| &entry.legs);
    load_accounts(tx, state, legs.map(|leg| &leg.account)).await
}

async fn look_up(tx: &Transaction<'_>, ids: &[Uuid], holds: &[Uuid]) -> Result<Journaled, Error> {
    let wanted: Vec<Uuid> = ids.iter().chain(holds).copied().collect();
    let entries = sql::entries(tx, &wanted).await?.into_iter().collect();
    let released_by = if holds.is_empty() { Vec::new() } else { sql::releases(tx, holds).await? }.into_iter().collect();
    Ok(Journaled { entries, released_by })
}

/// Later than every commit before, whatever the clock says, and in whole microseconds as the database keeps it.
fn booked_at(clock: Timestamp, last: Timestamp) -> Result<Timestamp, Error> {
    let at_least = Timestamp::from_microsecond(last.as_microsecond() + 1);
    let clock = clock.round(Unit::Microsecond);
    match (clock, at_least) {
        (Ok(clock), Ok(at_least)) => Ok(clock.max(at_least)),
        _ => Err(Error::Corrupt(format!("the database's clock or head.booked_at is absurd: {last}"))),
    }
}

async fn write(
    tx: &Transaction<'_>,
    head: &Head,
    decided: &Decided<'_>,
    booked_at: Timestamp,
    node: &str,
) -> Result<Option<Written>, Error> {
    let (Some(first), Some(last)) = (decided.entries.first(), decided.entries.last()) else { return Ok(None) };
    let header = CommitHeader {
        previous_hash: head.hash,
        commit_no: head.commit_no + 1,
        first_sequence: first.sequence,
        last_sequence: last.sequence,
        booked_at,
    };
    let segments = segments(tx, head, last.sequence).await?;
    // The server works on the entries while we encode the postings, and on those while we make up the hash.
    let mut hasher = CommitHasher::new(&header);
    let entries = encode_entries(decided, booked_at).freeze();
    let mut copying = sql::copy_entries(tx, entries.clone()).await?;
    hasher.rows(rows_of(&entries));
    let mut legs = decided.legs.as_slice();
    for Segment { no, last_sequence } in segments {
        let (here, later) = legs.split_at(legs.partition_point(|leg| leg.sequence <= last_sequence));
        legs = later;
        let postings = encode_postings(here).freeze();
        copying.finish().await?;
        copying = sql::copy_postings(tx, no, postings.clone()).await?;
        hasher.rows(rows_of(&postings));
    }
    copying.finish().await?;
    let hash = hasher.finish();
    let row = CommitRow {
        commit_no: header.commit_no,
        first_sequence: header.first_sequence,
        last_sequence: header.last_sequence,
        booked_at,
        previous_hash: &header.previous_hash,
        hash: &hash,
        node,
    };
    sql::commit(tx, &row).await?;
    Ok(Some(Written { sequence: last.sequence, commit_no: header.commit_no, hash }))
}

fn encode_entries(decided: &Decided<'_>, booked_at: Timestamp) -> BytesMut {
    let mut out = BytesMut::with_capacity(decided.entries.len() * 160 + 64);
    out.put_slice(COPY_HEADER);
    for accepted in &decided.entries {
        let entry = accepted.entry;
        let row = EntryRow {
            sequence: accepted.sequence,
            entry_id: entry.id,
            kind: entry.kind.number(),
            effective_date: accepted.effective_date,
            booked_at,
            relates_to: entry.relates_to,
            reference: &entry.reference,
            description: &entry.description,
            metadata: entry.metadata.as_deref(),
            actor: &entry.actor,
        };
        row.encode(&mut out);
    }
    out.put_slice(&COPY_TRAILER);
    out
}

fn encode_postings(legs: &[Leg<'_>]) -> BytesMut {
    let mut out = BytesMut::with_capacity(legs.len() * 110 + 64);
    out.put_slice(COPY_HEADER);
    for leg in legs {
        let row = PostingRow {
            sequence: leg.sequence,
            amount_minor: leg.amount.minor,
            debits_after: leg.debits_after,
            credits_after: leg.credits_after,
            account_no: leg.account_no,
            effective_date: leg.effective_date,
            leg: leg.leg,
            layer: leg.kind.layer().number(),
            currency: leg.amount.currency.code(),
            item: leg.item,
        };
        row.encode(&mut out);
    }
    out.put_slice(&COPY_TRAILER);
    out
}

/// The rows of a COPY stream, without what opens and ends it.
fn rows_of(stream: &Bytes) -> &[u8] {
    &stream[COPY_HEADER.len()..stream.len() - COPY_TRAILER.len()]
}

/// Where postings go: a part of the journal, up to a sequence.
struct Segment {
    no: i32,
    last_sequence: i64,
}

/// The segments that take the sequences after the head's up to `last_sequence`, in order; opens those that are missing.
async fn segments(tx: &Transaction<'_>, head: &Head, last_sequence: i64) -> Result<Vec<Segment>, Error> {
    let mut last = Segment { no: head.segment_no, last_sequence: head.segment_end };
    let mut segments = Vec::new();
    while last.last_sequence < last_sequence {
        let next = Segment { no: last.no + 1, last_sequence: sql::open_segment(tx).await? };
        if head.sequence < last.last_sequence {
            segments.push(last);
        }
        last = next;
    }
    segments.push(last);
    Ok(segments)
}

fn all<'a>(requests: &[&'a [NewEntry]]) -> impl Iterator<Item = &'a NewEntry> {
    requests.iter().flat_map(|request| request.iter())
}

fn codes<'a>(requests: &[&'a [NewEntry]]) -> impl Iterator<Item = &'a AccountCode> {
    all(requests).flat_map(|entry| entry.postings.iter().map(|posting| &posting.account))
}

fn ids(requests: &[&[NewEntry]]) -> Vec<Uuid> {
    all(requests).map(|entry| entry.id).collect()
}

fn holds(requests: &[&[NewEntry]]) -> Vec<Uuid> {
    all(requests).filter(|entry| entry.kind == EntryKind::Release).filter_map(|entry| entry.relates_to).collect()
}
