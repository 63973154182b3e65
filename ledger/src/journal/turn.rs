//! One turn: everything between locking the head and moving it.
//!
//! In order: lock the head; catch up with what other processes wrote; end the holds whose time is over, in a commit of
//! their own; decide in memory, once more if an account had to be read first; COPY entries, postings and links; record
//! the commit and move the head. The caller commits. The state is folded forward as soon as a batch is decided, so that
//! the next can be decided on top of it ([`super::relay`]); after a turn that fails, or whose COMMIT fails, it is worth
//! nothing.
//!
//! Ids are looked up only where they may be in the books ([`super::ids`]), and where an entry takes from another. A
//! batch of entries never seen before pays nothing for idempotency but the unique index that guards it.
//!
//! Round trips: head and clock together, accounts if any is new, then the COPYs and the commit row, which are on their
//! way at once.

use deadpool_postgres::Transaction;
use jiff::{Timestamp, Unit};
use uuid::Uuid;

use crate::account::AccountCode;
use crate::balance::Balance;
use crate::decide::{self, Accepted, Decided, Outcome, decide};
use crate::entry::{EntryKind, NewEntry};
use crate::error::Error;
use crate::id;

use super::draft::{Draft, Segment, by_segment};
use super::reading::{Asked, catch_up, load_accounts, load_accounts_of, load_templates, look_up};
use super::relay::InFlight;
use super::sql::{self, Head};
use super::state::{Slot, State};

/// What a turn is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Asking<'a> {
    /// Each a caller's entries, in order.
    pub requests: &'a [&'a [NewEntry]],
}

impl<'a> Asking<'a> {
    pub(super) fn entries(self) -> impl Iterator<Item = &'a NewEntry> {
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
        draft.write(tx, &mut head, node).await?;
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
    let Asking { requests } = asking;
    load_templates(tx, state, asking.entries()).await?;
    let asked = Asked::of(requests);
    let journaled = look_up(tx, state, &asking.ids(), &asked).await?;
    load_accounts_of(tx, state, &journaled).await?;
    if in_flight.meet(&journaled) {
        return Ok(None);
    }
    let decided = decide(state, &journaled, requests, booked_at);
    let decided = if decided.met_unknown() {
        drop(decided);
        load_accounts(tx, state, asking.codes()).await?;
        decide(state, &journaled, requests, booked_at)
    } else {
        decided
    };
    let encoded = encode(tx, head, &decided, booked_at).await?;
    let Decided { outcomes, after, .. } = decided;
    let draft = fold(state, after, encoded);
    Ok(Some(Drafted { outcomes, draft }))
}

/// What was decided, as it is written, and the ids of its entries by segment.
struct Encoded {
    draft: Draft,
    ids: Vec<(i32, Vec<Uuid>)>,
}

async fn encode(
    tx: &Transaction<'_>,
    head: &mut Head,
    decided: &Decided<'_>,
    booked_at: Timestamp,
) -> Result<Option<Encoded>, Error> {
    let Some(last) = decided.entries.last() else { return Ok(None) };
    let segments = segments(tx, head, last.sequence).await?;
    let of_segment = |(no, here): (i32, &[Accepted<'_>])| (no, here.iter().map(|accepted| accepted.entry.id).collect());
    let ids = by_segment(&decided.entries, &segments).map(of_segment).collect();
    Ok(Draft::of(decided, &segments, booked_at).map(|draft| Encoded { draft, ids }))
}

/// Folds in what was decided: the balances that it leaves behind, and the entries, if there are any.
fn fold(state: &mut State, after: Vec<(Slot, Balance)>, encoded: Option<Encoded>) -> Option<Draft> {
    let Some(Encoded { draft, ids }) = encoded else {
        state.fold(after, None);
        return None;
    };
    state.fold(after, Some(draft.last_sequence));
    state.lately.push(&draft);
    if let Some(known) = &mut state.ids {
        for (segment_no, ids) in ids {
            known.add(segment_no, ids);
        }
    }
    Some(draft)
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
        let journaled = look_up(tx, state, &[], &Asked { originals: holds, groups: Vec::new() }).await?;
        load_accounts_of(tx, state, &journaled).await?;
        let expiries: Vec<NewEntry> = due.iter().map(|(_, hold)| expiry(*hold)).collect();
        let booked_at = booked_at(clock, head.booked_at)?;
        let decided = decide::expire(state, &journaled, &expiries, booked_at);
        let encoded = encode(tx, head, &decided, booked_at).await?;
        let Decided { after, .. } = decided;
        if let Some(draft) = fold(state, after, encoded) {
            draft.write(tx, head, node).await?;
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
