//! Turns one after the other, on up to [`TURNS_AT_ONCE`] sessions, each begun before the one before it has ended.
//!
//! When a turn has decided, it hands what it knows to the next ([`Baton`]): that one decides on top of it and sends its
//! rows while the first still sends, records and commits. A turn that runs ahead like this does not hold the head. It
//! takes a lane instead, before it reads the clock, so that whoever asks what was known at a time can wait for it. When
//! the turn before it has committed, it locks the head and compares all of it with what that turn has left: only if
//! nobody else has written since, its rows, its hash and its answers are what they would have been one after the other,
//! and it commits.
//!
//! So nothing is ever built on what is not durable, and at most one COMMIT is under way, and in doubt if it fails. If
//! the turn before comes to nothing, or somebody else was faster, everything ahead is rolled back and asked for anew.
//! What would need the head to be decided waits for it as any turn does: a batch that has to do with entries in flight
//! (by id, by what it takes from, by group of holds), that may need another segment or one that is not committed yet,
//! or before which holds are to end, or have been ended by the turn in flight.
//!
//! No wait is for ever: a turn that runs ahead waits for locks [`sql::take_lane`] long at most, because the database
//! cannot see that it also waits for the turn before it.

use std::collections::HashSet;
use std::sync::Arc;

use deadpool_postgres::{Client, Transaction};
use foldhash::fast::RandomState;
use tokio::sync::oneshot;
use uuid::Uuid;

use crate::decide::{Journaled, Outcome};
use crate::error::Error;

use super::draft::Draft;
use super::ids::Ids;
use super::ids::record::Offers;
use super::reading::known;
use super::sql::{self, Head};
use super::state::State;
use super::turn::{Asking, Drafted, booked_at, draft, lock};

/// Turns under way, each on a session of its own.
pub const TURNS_AT_ONCE: usize = 3;

/// What the next turn begins with: what will be true when this one commits.
#[derive(Default)]
struct Baton {
    state: State,
    /// The head as it will be but for the hash; `None` before the first turn.
    head: Option<Head>,
    /// Whether what the next turn needs is there only when the turn that hands this on has committed: the last segment,
    /// or the ends of holds, which nobody has asked for.
    must_wait: bool,
    in_flight: InFlight,
}

impl Baton {
    /// Whether a batch can be decided on top of what is in flight: it has nothing to do with that, and the last segment
    /// is there and has room for all of it.
    fn takes(&self, asking: Asking<'_>) -> bool {
        let entries = i64::try_from(asking.entries().count()).expect("a batch fits in memory");
        let has_room = |head: &Head| head.segment_end - head.sequence >= entries;
        !self.must_wait && self.head.as_ref().is_some_and(has_room) && !self.in_flight.meets(asking)
    }
}

/// What the entries of the turns in flight have to do with: their ids, what they take from, and groups of holds. One
/// set a turn, the last at the end.
#[derive(Clone, Default)]
pub(super) struct InFlight(Vec<Arc<HashSet<Uuid, RandomState>>>);

impl InFlight {
    fn of(asking: Asking<'_>) -> InFlight {
        InFlight(vec![Arc::new(named(asking).collect())])
    }

    /// With a turn that has run ahead of these. How many of them have committed meanwhile is not known: as many are
    /// kept as may be under way when the next begins.
    fn and(&self, asking: Asking<'_>) -> InFlight {
        let behind = (self.0.len() + 2).saturating_sub(TURNS_AT_ONCE);
        InFlight(self.0[behind..].iter().cloned().chain(InFlight::of(asking).0).collect())
    }

    fn meets(&self, asking: Asking<'_>) -> bool {
        named(asking).any(|id| self.has(&id))
    }

    /// Whether they have to do with what was looked up.
    pub(super) fn meet(&self, journaled: &Journaled) -> bool {
        journaled.entries.keys().chain(journaled.groups.keys()).any(|id| self.has(id))
    }

    fn has(&self, id: &Uuid) -> bool {
        self.0.iter().any(|turn| turn.contains(id))
    }
}

/// What entries have to do with.
fn named(asking: Asking<'_>) -> impl Iterator<Item = Uuid> {
    asking.entries().flat_map(|entry| [Some(entry.id), entry.relates_to, entry.hold_group]).flatten()
}

/// Where a turn begins: at the end of the one before it.
pub struct Before {
    baton: oneshot::Receiver<Baton>,
    committed: oneshot::Receiver<Head>,
}

/// The end of a turn, for the one after it. Dropped, it says that this one has come to nothing.
pub struct After {
    baton: oneshot::Sender<Baton>,
    committed: oneshot::Sender<Head>,
}

/// The seam between two turns.
pub fn seam() -> (After, Before) {
    let (give_baton, baton) = oneshot::channel();
    let (give_committed, committed) = oneshot::channel();
    (After { baton: give_baton, committed: give_committed }, Before { baton, committed })
}

/// Why a turn is not committed.
#[derive(Debug)]
pub enum Stopped {
    /// The turn before it came to nothing; this one has not been tried, and nothing of it is in the books.
    Undone,
    /// It ran ahead, and somebody else was faster; nothing of it is in the books.
    Overtaken,
    /// It failed.
    Failed {
        /// Of what.
        error: Error,
        /// Whether it may be in the books all the same: COMMIT was on its way.
        in_doubt: bool,
    },
}

impl From<Error> for Stopped {
    fn from(error: Error) -> Stopped {
        Stopped::Failed { error, in_doubt: false }
    }
}

impl From<tokio_postgres::Error> for Stopped {
    fn from(error: tokio_postgres::Error) -> Stopped {
        Error::from(error).into()
    }
}

/// What a turn has brought.
pub struct Ran {
    /// One an entry, in the order of the requests.
    pub outcomes: Vec<Outcome>,
    /// Whether somebody else had written since the turn before.
    pub others_wrote: bool,
}

/// Runs a turn and commits it.
/// `before`: the turn before it, if this process knows what that left behind.
pub async fn run(
    session: &mut Client,
    asking: Asking<'_>,
    before: Option<Before>,
    after: After,
    may_run_ahead: bool,
    node: &str,
    offers: &Offers,
) -> Result<Ran, Stopped> {
    let mut baton = Baton { state: State::with_ids(Ids::new(offers.clone())), ..Baton::default() };
    if let Some(Before { baton: coming, committed }) = before {
        baton = coming.await.map_err(|_| Stopped::Undone)?;
        if may_run_ahead && committed.is_empty() && baton.takes(asking) {
            let tx = session.transaction().await?;
            if let Some(drafted) = draft_ahead(&tx, &mut baton, asking).await.map_err(if_locked)? {
                let outcomes = Leg { tx, drafted, after, node }.run_ahead(baton, asking, committed).await?;
                return Ok(Ran { outcomes, others_wrote: false });
            }
            tx.rollback().await?;
        }
        baton.state.known = known(&committed.await.map_err(|_| Stopped::Undone)?);
    }
    let tx = session.transaction().await?;
    let Baton { mut state, head: last, .. } = baton;
    let knew = (!state.is_new()).then_some(state.known.commit_no);
    let (mut head, booked_at) = lock(&tx, &mut state, node).await?;
    let others_wrote = knew.is_some_and(|commit_no| commit_no != state.known.commit_no);
    let has_ended_holds = head.commit_no > state.known.commit_no;
    let drafted = draft(&tx, &mut state, &mut head, asking, booked_at, &InFlight::default()).await?;
    let drafted = drafted.expect("nothing is in flight that it could meet");
    let has_opened_segment = last.is_none_or(|last| last.segment_no < head.segment_no);
    let must_wait = has_ended_holds || has_opened_segment;
    let outcomes = Leg { tx, drafted, after, node }.run(state, head, asking, must_wait).await?;
    Ok(Ran { outcomes, others_wrote })
}

/// Decides on top of a turn that is not committed yet; `None` if this has to be done under the head's lock.
async fn draft_ahead(tx: &Transaction<'_>, baton: &mut Baton, asking: Asking<'_>) -> Result<Option<Drafted>, Error> {
    let Baton { state, head: Some(head), in_flight, .. } = baton else { return Ok(None) };
    let Some(clock) = sql::take_lane(tx).await? else { return Ok(None) };
    let booked_at = booked_at(clock, head.booked_at)?;
    if head.next_expiry.is_some_and(|next| next <= booked_at) {
        return Ok(None);
    }
    draft(tx, state, head, asking, booked_at, in_flight).await
}

/// A turn that has decided and not written.
struct Leg<'a> {
    tx: Transaction<'a>,
    drafted: Drafted,
    after: After,
    node: &'a str,
}

impl Leg<'_> {
    /// Writes and commits under the head's lock, which it holds.
    async fn run(
        self,
        state: State,
        mut head: Head,
        asking: Asking<'_>,
        must_wait: bool,
    ) -> Result<Vec<Outcome>, Stopped> {
        let Leg { tx, drafted: Drafted { outcomes, draft }, after, node } = self;
        hand_on(
            after.baton,
            Baton { state, head: Some(moved(&head, draft.as_ref())), must_wait, in_flight: InFlight::of(asking) },
        );
        if let Some(draft) = draft {
            draft.write(&tx, &mut head, node).await?;
        }
        commit(tx, after.committed, head).await?;
        Ok(outcomes)
    }

    /// Writes beside the turn before, waits for its COMMIT, makes sure that nobody else was faster, and commits.
    async fn run_ahead(
        self,
        baton: Baton,
        asking: Asking<'_>,
        committed: oneshot::Receiver<Head>,
    ) -> Result<Vec<Outcome>, Stopped> {
        let Leg { tx, drafted: Drafted { outcomes, draft }, after, node } = self;
        let Baton { state, head: Some(head), in_flight, .. } = baton else {
            unreachable!("it was decided on top of a head")
        };
        hand_on(
            after.baton,
            Baton {
                state,
                head: Some(moved(&head, draft.as_ref())),
                must_wait: false,
                in_flight: in_flight.and(asking),
            },
        );
        let root = match &draft {
            Some(draft) => Some(draft.copy_ahead(&tx).await.map_err(if_locked)?),
            None => None,
        };
        let left = committed.await.map_err(|_| Stopped::Undone)?;
        let mut head = sql::lock_head(&tx).await.map_err(if_locked)?;
        if head != left {
            return Err(Stopped::Overtaken);
        }
        if let (Some(draft), Some(root)) = (draft, root) {
            draft.record(&tx, &mut head, &root, node).await?;
        }
        commit(tx, after.committed, head).await?;
        Ok(outcomes)
    }
}

/// The head as it will be, but for the hash.
fn moved(head: &Head, draft: Option<&Draft>) -> Head {
    let mut head = head.clone();
    if let Some(draft) = draft {
        draft.move_head(&mut head);
    }
    head
}

fn hand_on(next: oneshot::Sender<Baton>, baton: Baton) {
    // The turn after this one may have been given up.
    let _nobody_waits = next.send(baton).is_err();
}

async fn commit(tx: Transaction<'_>, next: oneshot::Sender<Head>, head: Head) -> Result<(), Stopped> {
    tx.commit().await.map_err(|error| Stopped::Failed { error: error.into(), in_doubt: true })?;
    let _nobody_waits = next.send(head).is_err();
    Ok(())
}

/// A lock that is not to be had while running ahead: whoever has it was faster.
fn if_locked(error: Error) -> Stopped {
    if error.is_lock_timeout() { Stopped::Overtaken } else { error.into() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::entry::NewEntry;

    #[test]
    fn every_turn_that_may_be_under_way_is_in_flight() {
        let entry = |n: u128, of: Option<u128>| NewEntry {
            id: Uuid::from_u128(n),
            relates_to: of.map(Uuid::from_u128),
            ..NewEntry::default()
        };
        let ask = |entries: &[NewEntry], what: &dyn Fn(Asking<'_>) -> bool| what(Asking { requests: &[entries] });
        let turns: Vec<[NewEntry; 1]> = (1..=6).map(|n| [entry(n, Some(100 + n))]).collect();
        let mut in_flight = InFlight::of(Asking { requests: &[&turns[0]] });
        for (n, turn) in (2..=6).zip(&turns[1..]) {
            in_flight = in_flight.and(Asking { requests: &[turn] });
            // The next turn begins when at most so many before it are under way.
            let oldest = (n + 2_u128).saturating_sub(u128::try_from(TURNS_AT_ONCE).unwrap()).max(1);
            for other in 1..=n {
                let takes_the_same = [entry(1_000, Some(100 + other))];
                let met = ask(&takes_the_same, &|asking| in_flight.meets(asking));
                assert_eq!(met, other >= oldest, "turn {other} when {n} have begun");
            }
        }
    }
}
