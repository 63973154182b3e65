//! One turn: everything between locking the head and moving it.
//!
//! In order: lock the head; catch up with what other processes wrote; end the holds whose time is over, in a commit of
//! their own; read the accounts touched for the first time; decide in memory; COPY entries and postings; record the
//! commit and move the head. The caller commits. The state is folded forward as soon as a batch is decided, so that the
//! next can be decided on top of it ([`super::relay`]); after a turn that fails, or whose COMMIT fails, it is worth
//! nothing.
//!
//! Ids are looked up only in doubt: when an entry would be refused (it may be a replay), when an entry takes from
//! another, or when the caller says so because an earlier turn over the same entries failed. A batch of entries never
//! seen before pays nothing for idempotency but the unique index that guards it.
//!
//! Round trips: head and clock together, accounts if any is new, two COPYs, the commit row.

use deadpool_postgres::Transaction;
use jiff::{Timestamp, Unit};
use uuid::Uuid;

use crate::account::AccountCode;
use crate::decide::{self, Decided, Outcome, decide};
use crate::entry::{EntryKind, NewEntry};
use crate::error::Error;
use crate::id;

use super::draft::{Draft, Segment};
use super::reading::{Asked, catch_up, load_accounts, load_accounts_of, look_up};
use super::relay::InFlight;
use super::sql::{self, Head};
use super::state::State;

/// When ids are looked up in the journal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Lookup {
    /// Before deciding: some entries are likely to be in the books.
    First,
    /// Only when an entry would be refused.
    InDoubt,
}

/// What a turn is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Asking<'a> {
    /// Each a caller's entries, in order.
    pub requests: &'a [&'a [NewEntry]],
    /// When their ids are looked up.
    pub lookup: Lookup,
}

impl<'a> Asking<'a> {
    pub(super) fn entries(&self) -> impl Iterator<Item = &'a NewEntry> {
        self.requests.iter().flat_map(|request| request.iter())
    }

    fn ids(&self) -> Vec<Uuid> {
        self.entries().map(|entry| entry.id).collect()
    }

    fn codes(&self) -> impl Iterator<Item = &'a AccountCode> {
        self.entries().flat_map(|entry| entry.postings.iter().map(|posting| &posting.account))
    }
}

/// Runs one turn inside the caller's transaction, on a state of its own; answers one outcome an entry, in order.
pub async fn turn(tx: &Transaction<'_>, asking: Asking<'_>, node: &str) -> Result<Vec<Outcome>, Error> {
    let mut state = State::default();
    let (mut head, booked_at) = lock(tx, &mut state, node).await?;
    let drafted = draft(tx, &mut state, &mut head, asking, booked_at, &InFlight::default()).await?;
    let Drafted { outcomes, draft } = drafted.expect("nothing is in flight that it could meet");
    if let Some(draft) = draft {
        let root = draft.copy(tx).await?;
        draft.record(tx, &mut head, &root, node).await?;
    }
    Ok(outcomes)
}

/// Locks the head and brings the state to it; answers it, and when to book what is written under this lock.
pub(super) async fn lock(tx: &Transaction<'_>, state: &mut State, node: &str) -> Result<(Head, Timestamp), Error> {
    let (mut head, clock) = sql::lock_head_then_clock(tx).await?;
    catch_up(tx, state, &head).await?;
    end_holds(tx, state, &mut head, clock, node).await?;
    let booked_at = booked_at(clock, head.booked_at)?;
    Ok((head, booked_at))
}

/// A batch that is decided, and folded into the state.
pub(super) struct Drafted {
    /// One an entry, in the order of the requests.
    pub(super) outcomes: Vec<Outcome>,
    /// What is to be written, if anything is.
    pub(super) draft: Option<Draft>,
}

/// Decides a batch on top of the state, and folds it in. Opens the segments that it needs, for which `head` must be
/// locked. `None`, and nothing is folded in, if it has to do with entries in flight that are not in the journal yet.
pub(super) async fn draft(
    tx: &Transaction<'_>,
    state: &mut State,
    head: &mut Head,
    asking: Asking<'_>,
    booked_at: Timestamp,
    in_flight: &InFlight,
) -> Result<Option<Drafted>, Error> {
    let Asking { requests, lookup } = asking;
    load_accounts(tx, state, asking.codes()).await?;
    let asked = Asked::of(requests);
    let mut journaled = match lookup {
        Lookup::First => look_up(tx, &asking.ids(), &asked).await?,
        Lookup::InDoubt => look_up(tx, &[], &asked).await?,
    };
    load_accounts_of(tx, state, &journaled).await?;
    if in_flight.meet(&journaled) {
        return Ok(None);
    }
    let mut decided = decide(state, &journaled, requests, booked_at);
    if lookup == Lookup::InDoubt && decided.any_rejected() {
        journaled = look_up(tx, &asking.ids(), &asked).await?;
        load_accounts_of(tx, state, &journaled).await?;
        if in_flight.meet(&journaled) {
            return Ok(None);
        }
        decided = decide(state, &journaled, requests, booked_at);
    }
    let draft = encode(tx, head, &decided, booked_at).await?;
    let Decided { outcomes, after, .. } = decided;
    state.fold(after, draft.as_ref().map(|draft| draft.last_sequence));
    Ok(Some(Drafted { outcomes, draft }))
}

async fn encode(
    tx: &Transaction<'_>,
    head: &mut Head,
    decided: &Decided<'_>,
    booked_at: Timestamp,
) -> Result<Option<Draft>, Error> {
    let Some(last) = decided.entries.last() else { return Ok(None) };
    let segments = segments(tx, head, last.sequence).await?;
    Ok(Draft::of(decided, &segments, booked_at))
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
        if let Some(draft) = encode(tx, head, &decided, booked_at).await? {
            state.fold(decided.after, Some(draft.last_sequence));
            let root = draft.copy(tx).await?;
            draft.record(tx, head, &root, node).await?;
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

/// Later than every commit before, whatever the clock says, and in whole microseconds as the database keeps it.
pub(super) fn booked_at(clock: Timestamp, last: Timestamp) -> Result<Timestamp, Error> {
    let at_least = Timestamp::from_microsecond(last.as_microsecond() + 1);
    let clock = clock.round(Unit::Microsecond);
    match (clock, at_least) {
        (Ok(clock), Ok(at_least)) => Ok(clock.max(at_least)),
        _ => Err(Error::Corrupt(format!("the database's clock or head.booked_at is absurd: {last}"))),
    }
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
