//! One turn: everything between locking the head and moving it.
//!
//! In order: lock the head; catch up with what other processes wrote; end the holds whose time is over, in a commit of
//! their own; read the accounts touched for the first time; decide in memory; COPY entries and postings; record the
//! commit and move the head. The caller commits, and only then folds [`Turn::fold`] into the state. After a turn that
//! fails, or whose COMMIT fails, the state is worth nothing.
//!
//! Ids are looked up only in doubt: when an entry would be refused (it may be a replay), when an entry takes from
//! another, or when the caller says so because an earlier turn over the same entries failed. A batch of entries never
//! seen before pays nothing for idempotency but the unique index that guards it.
//!
//! Round trips: head and clock together, accounts if any is new, two COPYs, the commit row.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use bytes::{BufMut, Bytes, BytesMut};
use deadpool_postgres::Transaction;
use futures_util::future::try_join;
use jiff::{Timestamp, Unit};
use uuid::Uuid;

use crate::account::AccountCode;
use crate::balance::Balance;
use crate::clock;
use crate::decide::{self, Decided, HoldGroup, Journaled, Leg, Outcome, StoredEntry, decide};
use crate::entry::{EntryKind, NewEntry};
use crate::error::Error;
use crate::id;

use super::codec::{COPY_HEADER, COPY_TRAILER, CommitHeader, EntryRow, MerkleRoot, PostingRow, leaf_hash};
use super::sql::{self, CommitRow, Head};
use super::state::{Closed, Known, KnownGroup, Slot, State};

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
    let (mut head, clock) = try_join(sql::lock_head(tx), sql::clock(tx)).await?;
    let segment_end = head.segment_end;
    catch_up(tx, state, &head).await?;
    end_holds(tx, state, &mut head, clock, node).await?;
    load_accounts(tx, state, codes(requests)).await?;
    load_templates(tx, state, all(requests)).await?;
    let booked_at = booked_at(clock, head.booked_at)?;

    let asked = Asked::of(requests);
    let mut journaled = match lookup {
        Lookup::First => look_up(tx, &ids(requests), &asked).await?,
        Lookup::InDoubt => look_up(tx, &[], &asked).await?,
    };
    load_accounts_of(tx, state, &journaled).await?;
    let mut decided = decide(state, &journaled, requests, booked_at);
    if lookup == Lookup::InDoubt && decided.any_rejected() {
        journaled = look_up(tx, &ids(requests), &asked).await?;
        load_accounts_of(tx, state, &journaled).await?;
        decided = decide(state, &journaled, requests, booked_at);
    }
    let written = write(tx, &mut head, &decided, booked_at, node).await?;
    let fold = written.map(|written| Fold { after: decided.after, written });
    Ok(Turn { outcomes: decided.outcomes, fold, opened_segment: head.segment_end > segment_end })
}

/// Holds that are ended by one commit at most.
const EXPIRIES_MAX: i64 = 4_096;

/// Ends the holds whose time is over when the head was locked, however many they are.
async fn end_holds(
    tx: &Transaction<'_>,
    state: &mut State,
    head: &mut Head,
    clock: Timestamp,
    node: &str,
) -> Result<(), Error> {
    let until = booked_at(clock, head.booked_at)?;
    let Some(next_expiry) = head.next_expiry.filter(|next| *next <= until) else { return Ok(()) };
    let mut after = (next_expiry, Uuid::nil());
    loop {
        let due = sql::holds_due(tx, after, until, EXPIRIES_MAX).await?;
        let Some(last) = due.last() else { break };
        after = *last;
        let holds: Vec<Uuid> = due.iter().map(|(_, hold)| *hold).collect();
        let journaled = look_up(tx, &[], &Asked { originals: holds, groups: Vec::new() }).await?;
        load_accounts_of(tx, state, &journaled).await?;
        let expiries: Vec<NewEntry> = due.iter().map(|(_, hold)| expiry(*hold)).collect();
        let booked_at = booked_at(clock, head.booked_at)?;
        let decided = decide::expire(state, &journaled, &expiries, booked_at);
        if let Some(written) = write(tx, head, &decided, booked_at, node).await? {
            Fold { after: decided.after, written }.into_state(state);
        }
    }
    head.next_expiry = sql::move_next_expiry(tx, until).await?;
    Ok(())
}

/// The ledger's own entry that ends a hold. Nobody repeats it, so that its id means nothing.
fn expiry(hold: Uuid) -> NewEntry {
    NewEntry {
        id: id::fresh(),
        kind: EntryKind::Expiry,
        description: "The hold's time is over".to_owned(),
        actor: "ledger".to_owned(),
        relates_to: Some(hold),
        ..NewEntry::default()
    }
}

/// More entries behind than this, and reading accounts anew is cheaper than folding what was missed.
const CATCH_UP_ENTRIES_MAX: i64 = 100_000;

/// Brings the state to the head: folds in what other processes, or turns inside callers' transactions, have written.
/// A state that the book does not bear out is forgotten: the database was put back to an earlier time.
async fn catch_up(tx: &Transaction<'_>, state: &mut State, head: &Head) -> Result<(), Error> {
    let there = known(head);
    let is_far_behind = head.sequence - state.sequence > CATCH_UP_ENTRIES_MAX;
    let may_have_new_groups = state.known.register_no != there.register_no;
    // Looks only if somebody else has written.
    if is_far_behind
        || may_have_new_groups
        || (state.known != there && !state.is_empty() && !sql::has_rows(tx, &state.known).await?)
    {
        *state = State::default();
    }
    state.closed = Closed { soft_through: head.soft_closed_through, hard_through: head.hard_closed_through };
    if state.is_empty() {
        state.forget_templates();
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
    let Head {
        commit_no, hash, account_no, account_hash, setting_no, setting_hash, register_no, register_hash, ..
    } = *head;
    Known { commit_no, hash, account_no, account_hash, setting_no, setting_hash, register_no, register_hash }
}

/// Reads the accounts that are not known yet, the limit groups that they are in, and the other accounts of those.
pub(super) async fn load_accounts<'a>(
    tx: &Transaction<'_>,
    state: &mut State,
    codes: impl Iterator<Item = &'a AccountCode>,
) -> Result<(), Error> {
    let missing: HashSet<&str> = codes.filter(|code| state.slot(code).is_none()).map(AccountCode::as_str).collect();
    let mut missing: Vec<String> = missing.into_iter().map(str::to_owned).collect();
    let mut groups = Vec::new();
    while !missing.is_empty() {
        let (accounts, found) = try_join(sql::accounts(tx, &missing), sql::limit_groups_of(tx, &missing)).await?;
        for known in accounts {
            state.insert(known);
        }
        let found: Vec<_> = found
            .into_iter()
            .filter(|(group, _)| !state.knows_group(&group.name))
            .filter(|(group, _)| groups.iter().all(|(known, _): &(KnownGroup, _)| known.name != group.name))
            .collect();
        let members = found.iter().flat_map(|(_, members): &(_, Vec<AccountCode>)| members);
        let unknown: HashSet<&AccountCode> = members.filter(|code| state.slot(code).is_none()).collect();
        missing = unknown.into_iter().map(|code| code.as_str().to_owned()).collect();
        groups.extend(found);
    }
    for (group, members) in groups {
        let slots: Vec<Slot> = members.iter().filter_map(|member| state.slot(member)).collect();
        state.insert_group(group, &slots);
    }
    Ok(())
}

/// Reads which templates are in force, if an entry names one and it is not known. What the register says later makes a
/// state forget ([`catch_up`]).
pub(super) async fn load_templates<'a>(
    tx: &Transaction<'_>,
    state: &mut State,
    mut entries: impl Iterator<Item = &'a NewEntry>,
) -> Result<(), Error> {
    if !state.knows_templates() && entries.any(|entry| entry.template_no.is_some()) {
        state.set_templates(sql::templates_in_force(tx).await?);
    }
    Ok(())
}

pub(super) async fn load_accounts_of(
    tx: &Transaction<'_>,
    state: &mut State,
    journaled: &Journaled,
) -> Result<(), Error> {
    let legs = journaled.entries.values().flat_map(|entry| &entry.legs);
    load_accounts(tx, state, legs.map(|leg| &leg.account)).await
}

/// What the entries of a batch take from, and the groups of holds that they name.
pub(super) struct Asked {
    pub(super) originals: Vec<Uuid>,
    groups: Vec<Uuid>,
}

impl Asked {
    pub(super) fn of(requests: &[&[NewEntry]]) -> Asked {
        let originals = all(requests).filter(|entry| entry.kind.relates()).filter_map(|entry| entry.relates_to);
        Asked { originals: originals.collect(), groups: all(requests).filter_map(|entry| entry.hold_group).collect() }
    }
}

pub(super) async fn look_up(tx: &Transaction<'_>, ids: &[Uuid], asked: &Asked) -> Result<Journaled, Error> {
    let mut groups = hold_groups(tx, &asked.groups).await?;
    let holds = groups.values().flat_map(|group| &group.holds);
    let originals: Vec<Uuid> = asked.originals.iter().chain(holds).copied().collect();
    let mut wanted = ids.to_vec();
    if !originals.is_empty() {
        wanted.extend(sql::families(tx, &originals).await?);
    }
    if wanted.is_empty() {
        return Ok(Journaled { groups, ..Journaled::default() });
    }
    let entries: HashMap<Uuid, StoredEntry> = sql::entries(tx, &wanted).await?.into_iter().collect();
    let more: HashSet<Uuid> = entries.values().filter_map(|entry| entry.hold_group).collect();
    let more: Vec<Uuid> = more.into_iter().filter(|group| !groups.contains_key(group)).collect();
    groups.extend(hold_groups(tx, &more).await?);
    Ok(Journaled { entries, groups })
}

async fn hold_groups(tx: &Transaction<'_>, groups: &[Uuid]) -> Result<HashMap<Uuid, HoldGroup>, Error> {
    let mut known: HashMap<Uuid, HoldGroup> = HashMap::new();
    if groups.is_empty() {
        return Ok(known);
    }
    for (group, entry_id, kind) in sql::group_entries(tx, groups).await? {
        let group = known.entry(group).or_default();
        match kind {
            EntryKind::Hold => group.holds.push(entry_id),
            _ => group.ended_by = Some((entry_id, kind)),
        }
    }
    Ok(known)
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

/// Writes what was decided, and moves the head to it, in the database and in memory.
async fn write(
    tx: &Transaction<'_>,
    head: &mut Head,
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
    let expiries = decided.entries.iter().filter_map(|accepted| accepted.entry.expires_at.map(clock::as_kept));
    head.next_expiry = expiries.chain(head.next_expiry).min();
    let segments = segments(tx, head, last.sequence).await?;
    // The server works on the entries while we encode the postings, and on those while we make up the hash.
    let entries = encode_entries(decided, booked_at);
    let mut copying = sql::copy_entries(tx, entries.bytes.clone()).await?;
    let mut root = MerkleRoot::default();
    let (mut rest, mut legs) = (decided.entries.as_slice(), decided.legs.as_slice());
    for Segment { no, last_sequence } in segments {
        let (here, later) = legs.split_at(legs.partition_point(|leg| leg.sequence <= last_sequence));
        legs = later;
        let postings = encode_postings(here);
        copying.finish().await?;
        copying = sql::copy_postings(tx, no, postings.bytes.clone()).await?;
        let first_leg = rest.first().map_or(0, |first| first.first_leg);
        let (own, later) = rest.split_at(rest.partition_point(|accepted| accepted.sequence <= last_sequence));
        for (accepted, at) in own.iter().zip(decided.entries.len() - rest.len()..) {
            let rows = postings.rows(accepted.first_leg - first_leg..accepted.end_leg - first_leg);
            root.push(leaf_hash(entries.rows(at..at + 1), rows));
        }
        rest = later;
    }
    copying.finish().await?;
    let entries_root = root.finish();
    let hash = header.hash(&entries_root);
    let row = CommitRow {
        commit_no: header.commit_no,
        first_sequence: header.first_sequence,
        last_sequence: header.last_sequence,
        booked_at,
        entries_root: &entries_root,
        previous_hash: &header.previous_hash,
        hash: &hash,
        node,
    };
    sql::commit(tx, &row, head.next_expiry).await?;
    let written = Written { sequence: last.sequence, commit_no: header.commit_no, hash };
    (head.sequence, head.commit_no, head.hash, head.booked_at) = (written.sequence, written.commit_no, hash, booked_at);
    Ok(Some(written))
}

/// Rows of one table as a COPY stream, and where each begins.
struct Encoded {
    bytes: Bytes,
    starts: Vec<usize>,
}

impl Encoded {
    /// The bytes of some rows, by their numbers.
    fn rows(&self, numbers: Range<usize>) -> &[u8] {
        &self.bytes[self.starts[numbers.start]..self.starts[numbers.end]]
    }

    fn of<T>(rows: &[T], bytes_a_row: usize, mut encode: impl FnMut(&T, &mut BytesMut)) -> Encoded {
        let mut out = BytesMut::with_capacity(rows.len() * bytes_a_row + 64);
        let mut starts = Vec::with_capacity(rows.len() + 1);
        out.put_slice(COPY_HEADER);
        for row in rows {
            starts.push(out.len());
            encode(row, &mut out);
        }
        starts.push(out.len());
        out.put_slice(&COPY_TRAILER);
        Encoded { bytes: out.freeze(), starts }
    }
}

fn encode_entries(decided: &Decided<'_>, booked_at: Timestamp) -> Encoded {
    Encoded::of(&decided.entries, 210, |accepted, out| {
        let entry = accepted.entry;
        let row = EntryRow {
            sequence: accepted.sequence,
            entry_id: entry.id,
            kind: entry.kind.number(),
            effective_date: accepted.effective_date,
            booked_at,
            value_date: accepted.value_date,
            relates_to: entry.relates_to,
            hold_group: entry.hold_group,
            expires_at: entry.expires_at.map(clock::as_kept),
            at_most_minor: accepted.at_most_minor,
            adjusting: entry.adjusting,
            template_no: entry.template_no,
            reference: &entry.reference,
            description: &entry.description,
            metadata: entry.metadata.as_deref(),
            actor: &entry.actor,
        };
        row.encode(out);
    })
}

fn encode_postings(legs: &[Leg<'_>]) -> Encoded {
    Encoded::of(legs, 116, |leg, out| {
        let row = PostingRow {
            sequence: leg.sequence,
            amount_minor: leg.amount.minor,
            debits_after: leg.debits_after,
            credits_after: leg.credits_after,
            account_no: leg.account_no,
            effective_date: leg.effective_date,
            leg: leg.leg,
            layer: leg.layer.number(),
            currency: leg.amount.currency.code(),
            item: leg.item,
            due_date: leg.due_date,
        };
        row.encode(out);
    })
}

/// Where postings go: a part of the journal, up to a sequence.
struct Segment {
    no: i32,
    last_sequence: i64,
}

/// The segments that take the sequences after the head's up to `last_sequence`, in order; opens those that are missing.
async fn segments(tx: &Transaction<'_>, head: &mut Head, last_sequence: i64) -> Result<Vec<Segment>, Error> {
    let mut last = Segment { no: head.segment_no, last_sequence: head.segment_end };
    let mut segments = Vec::new();
    while last.last_sequence < last_sequence {
        let next = Segment { no: last.no + 1, last_sequence: sql::open_segment(tx).await? };
        if head.sequence < last.last_sequence {
            segments.push(last);
        }
        last = next;
    }
    (head.segment_no, head.segment_end) = (last.no, last.last_sequence);
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
