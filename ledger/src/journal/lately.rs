//! What this process wrote last, as long as it is asked about: an entry that is repeated or taken from soon after it
//! was written costs no look at the journal.
//!
//! Promises: what is found here is what the journal has or, of turns in flight, will have; and of what is found as a
//! family, nothing is missing, because the turns that are kept follow each other up to the last entry of the state.
//! What is not found may be in the journal all the same.
//!
//! Costs: nothing while nobody asks. Otherwise a copy of the rows, [`BYTES_MAX`] at most, which are a hundred thousand
//! entries of two legs or so, and a hundred bytes an entry to find them.

use std::collections::{HashMap, HashSet, VecDeque};

use foldhash::fast::RandomState;
use uuid::Uuid;

use crate::decide::{StoredEntry, StoredLeg};
use crate::entry::{EntryKind, Layer};
use crate::money::Money;

use super::draft::Draft;
use super::state::State;
use super::tuples::{Fields, Tuple, TupleError};

/// Bytes of rows that are kept.
const BYTES_MAX: usize = 48 << 20;
/// Turns after which nothing is kept any more, if nobody has asked.
const IDLE_TURNS: u32 = 32;

/// The last turns, as long as they are asked about.
#[derive(Default, Debug)]
pub struct Lately {
    /// Oldest first; each follows the one before it.
    turns: VecDeque<Turn>,
    bytes: usize,
    sequence_by_id: HashMap<Uuid, i64, RandomState>,
    takers_by_original: HashMap<Uuid, Vec<i64>, RandomState>,
    /// Turns for which it is still worth keeping them.
    worth: u32,
}

/// The rows of a turn: of each entry its own and those of its postings.
#[derive(Debug)]
struct Turn {
    first_sequence: i64,
    rows: Vec<u8>,
    /// Where each entry's rows end.
    ends: Vec<usize>,
}

/// An entry as it is kept: its row, and behind it those of its postings.
#[derive(Clone, Copy)]
struct Kept<'a>(&'a [u8]);

impl Lately {
    /// Takes in what a turn writes behind all before it.
    pub(super) fn push(&mut self, draft: &Draft) {
        self.worth = self.worth.saturating_sub(1);
        if self.worth == 0 || self.turns.back().is_some_and(|turn| turn.last_sequence() + 1 != draft.first_sequence) {
            self.forget();
        }
        if self.worth == 0 {
            return;
        }
        if draft.bytes() > BYTES_MAX {
            self.forget();
            return;
        }
        let turn = Turn::of(draft);
        for (kept, sequence) in turn.entries().zip(turn.first_sequence..) {
            self.sequence_by_id.insert(kept.id(), sequence);
            if let Some(original) = kept.original() {
                self.takers_by_original.entry(original).or_default().push(sequence);
            }
        }
        self.bytes += turn.rows.len();
        self.turns.push_back(turn);
        while self.bytes > BYTES_MAX {
            self.forget_first();
        }
    }

    /// Notes that there are questions, and forgets what is not up to the last entry that the state knows.
    pub(super) fn ask(&mut self, sequence: i64) {
        self.worth = IDLE_TURNS;
        if self.turns.back().is_some_and(|turn| turn.last_sequence() != sequence) {
            self.forget();
        }
    }

    fn forget(&mut self) {
        *self = Lately { worth: self.worth, ..Lately::default() };
    }

    fn forget_first(&mut self) {
        let Some(turn) = self.turns.pop_front() else { return };
        self.bytes -= turn.rows.len();
        for kept in turn.entries() {
            self.sequence_by_id.remove(&kept.id());
            // Of those who took from it, the first that are kept are no longer a whole family.
            if let Some(original) = kept.original() {
                self.takers_by_original.remove(&original);
            }
        }
    }

    /// The entry with an id.
    pub(super) fn entry(&self, id: Uuid, state: &State) -> Option<StoredEntry> {
        Some(self.find(id)?.stored(state))
    }

    /// The family of an entry, itself included: all that it takes from, and all that takes from any of those. `None`
    /// if some of it may be elsewhere.
    pub(super) fn family(&self, id: Uuid, state: &State) -> Option<Vec<(Uuid, StoredEntry)>> {
        let mut root = self.find(id)?;
        while let Some(original) = root.original() {
            root = self.find(original)?;
        }
        // What takes from one of them was written later, so that it is kept as well.
        let (mut seen, mut next, mut family) = (HashSet::new(), vec![root], Vec::new());
        while let Some(kept) = next.pop() {
            let id = kept.id();
            if seen.insert(id) {
                family.push((id, kept.stored(state)));
                let takers = self.takers_by_original.get(&id).into_iter().flatten();
                next.extend(takers.map(|&sequence| self.at(sequence)));
            }
        }
        Some(family)
    }

    fn find(&self, id: Uuid) -> Option<Kept<'_>> {
        self.sequence_by_id.get(&id).map(|&sequence| self.at(sequence))
    }

    fn at(&self, sequence: i64) -> Kept<'_> {
        let behind = self.turns.partition_point(|turn| turn.first_sequence <= sequence);
        let turn = &self.turns[behind - 1];
        turn.entry(usize::try_from(sequence - turn.first_sequence).expect("it is one of the turn's"))
    }
}

impl Turn {
    fn of(draft: &Draft) -> Turn {
        let (mut rows, mut ends) = (Vec::with_capacity(draft.bytes()), Vec::new());
        for (entry, postings) in draft.rows() {
            rows.extend_from_slice(entry);
            rows.extend_from_slice(postings);
            ends.push(rows.len());
        }
        Turn { first_sequence: draft.first_sequence, rows, ends }
    }

    fn last_sequence(&self) -> i64 {
        self.first_sequence + i64::try_from(self.ends.len()).expect("a turn fits in memory") - 1
    }

    fn entries(&self) -> impl Iterator<Item = Kept<'_>> {
        (0..self.ends.len()).map(|place| self.entry(place))
    }

    fn entry(&self, place: usize) -> Kept<'_> {
        let start = place.checked_sub(1).map_or(0, |before| self.ends[before]);
        Kept(&self.rows[start..self.ends[place]])
    }
}

/// Said where bytes of our own are read.
const OURS: &str = "the row is one that this process has encoded";

impl<'a> Kept<'a> {
    /// The entry's fields behind some of them.
    fn fields(self, passed: usize) -> Fields<'a> {
        let mut fields = Tuple::already_split(self.0).fields();
        fields.skip(passed).expect(OURS);
        fields
    }

    fn id(self) -> Uuid {
        self.fields(1).get().expect(OURS)
    }

    /// The entry from which it takes.
    fn original(self) -> Option<Uuid> {
        self.fields(6).get().expect(OURS)
    }

    fn stored(self, state: &State) -> StoredEntry {
        self.read(state).expect(OURS)
    }

    fn read(self, state: &State) -> Result<StoredEntry, TupleError> {
        let (entry, mut rows) = Tuple::split(self.0)?;
        let mut legs = Vec::new();
        while !rows.is_empty() {
            let (row, behind) = Tuple::split(rows)?;
            legs.push(leg(row, state)?);
            rows = behind;
        }
        let mut fields = entry.fields();
        let sequence = fields.get()?;
        fields.skip(1)?;
        let kind = EntryKind::from_number(fields.get()?).expect(OURS);
        let (effective_date, booked_at, value_date) = (fields.get()?, fields.get()?, fields.get()?);
        let (relates_to, hold_group, expires_at) = (fields.get()?, fields.get()?, fields.get()?);
        let (at_most_minor, adjusting) = (fields.get()?, fields.get()?);
        fields.skip(1)?;
        let [reference, description] = [fields.get::<&str>()?, fields.get()?].map(str::to_owned);
        let metadata = fields.get::<Option<&str>>()?.map(str::to_owned);
        Ok(StoredEntry {
            kind,
            effective_date,
            value_date,
            adjusting,
            reference,
            description,
            metadata,
            relates_to,
            hold_group,
            expires_at,
            at_most_minor,
            legs,
            sequence,
            booked_at,
        })
    }
}

fn leg(row: Tuple<'_>, state: &State) -> Result<StoredLeg, TupleError> {
    let mut fields = row.fields();
    fields.skip(1)?;
    let minor = fields.get()?;
    fields.skip(2)?;
    let account_no = fields.get()?;
    fields.skip(2)?;
    let layer = Layer::from_number(fields.get()?).expect(OURS);
    let currency = fields.get::<&str>()?.parse().expect(OURS);
    let item = fields.get::<Option<&str>>()?.map(str::to_owned);
    let slot = state.slot_by_no(account_no).expect("the state knows the accounts of all that was decided on it");
    let account = state.account(slot).code.clone();
    Ok(StoredLeg { account_no, account, amount: Money::new(minor, currency), item, due_date: fields.get()?, layer })
}
