//! What this process wrote last, as long as it is asked about: an entry that is repeated or taken from soon after it was
//! written costs no look at the journal.
//!
//! Promises: what is found here is what the journal has or, of turns in flight, will have; and of what is found as a
//! family, nothing is missing, because the turns that are kept follow each other up to the last entry of the state. What
//! is not found may be in the journal all the same.
//!
//! Costs: nothing while nobody asks. Otherwise the rows of the last [`TURNS`] turns, which are encoded anyway, stay in
//! memory, at most [`BYTES_MAX`] of them, and an index of a turn is made when it is first asked: some 60 bytes an entry.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::{Arc, OnceLock};

use foldhash::fast::RandomState;
use uuid::Uuid;

use crate::decide::{StoredEntry, StoredLeg};
use crate::entry::{EntryKind, Layer};
use crate::money::Money;

use super::draft::Written;
use super::state::State;
use super::tuples::{Fields, Tuple, TupleError};

/// Turns that are kept.
const TURNS: usize = 8;
/// Bytes of rows that are kept.
const BYTES_MAX: usize = 32 << 20;
/// Turns after which nothing is kept any more, if nobody has asked.
const IDLE_TURNS: u32 = 32;

/// The last turns, oldest first.
#[derive(Default, Debug)]
pub struct Lately {
    turns: VecDeque<Turn>,
    /// Turns for which it is still worth keeping them.
    worth: u32,
}

#[derive(Debug)]
struct Turn {
    written: Arc<Written>,
    index: OnceLock<Index>,
}

/// Where the entries of a turn are.
#[derive(Debug)]
struct Index {
    place_by_id: HashMap<Uuid, usize, RandomState>,
    places_by_original: HashMap<Uuid, Vec<usize>, RandomState>,
}

/// An entry of one of the turns.
#[derive(Clone, Copy)]
struct Found<'a> {
    written: &'a Written,
    place: usize,
}

impl Lately {
    /// Takes in what a turn writes behind all before it.
    pub(super) fn push(&mut self, written: &Arc<Written>) {
        if self.last_sequence().is_some_and(|last| last + 1 != written.first_sequence) {
            self.turns.clear();
        }
        self.worth = self.worth.saturating_sub(1);
        if self.worth == 0 {
            self.turns.clear();
            return;
        }
        self.turns.push_back(Turn { written: written.clone(), index: OnceLock::new() });
        while self.turns.len() > TURNS || self.turns.iter().map(|turn| turn.written.bytes()).sum::<usize>() > BYTES_MAX {
            self.turns.pop_front();
        }
    }

    /// Notes that there are questions, and forgets what is not up to the entry that the state knows.
    pub(super) fn ask(&mut self, sequence: i64) {
        self.worth = IDLE_TURNS;
        if self.last_sequence() != Some(sequence) {
            self.turns.clear();
        }
    }

    fn last_sequence(&self) -> Option<i64> {
        self.turns.back().map(|turn| turn.written.last_sequence)
    }

    /// The entry with an id.
    pub(super) fn entry(&self, id: Uuid, state: &State) -> Option<StoredEntry> {
        Some(self.find(id)?.stored(state))
    }

    /// The family of an entry, itself included: all that it takes from, and all that takes from any of those. `None`
    /// if some of it may be elsewhere.
    pub(super) fn family(&self, id: Uuid, state: &State) -> Option<Vec<(Uuid, StoredEntry)>> {
        let mut seen = HashSet::new();
        let mut root = (id, self.find(id)?);
        while let Some(original) = root.1.original() {
            root = (original, self.find(original)?);
        }
        let mut next = vec![root];
        let mut family = Vec::new();
        while let Some((id, found)) = next.pop() {
            if seen.insert(id) {
                family.push((id, found.stored(state)));
                next.extend(self.takers(id));
            }
        }
        Some(family)
    }

    fn find(&self, id: Uuid) -> Option<Found<'_>> {
        self.turns.iter().rev().find_map(|turn| {
            let place = *turn.index().place_by_id.get(&id)?;
            Some(Found { written: &turn.written, place })
        })
    }

    fn takers(&self, original: Uuid) -> impl Iterator<Item = (Uuid, Found<'_>)> {
        self.turns.iter().flat_map(move |turn| {
            let places = turn.index().places_by_original.get(&original).into_iter().flatten();
            places.map(|&place| Found { written: &turn.written, place }).map(|found| (found.id(), found))
        })
    }
}

impl Turn {
    fn index(&self) -> &Index {
        self.index.get_or_init(|| {
            let count = self.written.len();
            let mut place_by_id = HashMap::with_capacity_and_hasher(count, RandomState::default());
            let mut places_by_original: HashMap<Uuid, Vec<usize>, RandomState> = HashMap::default();
            for place in 0..count {
                let found = Found { written: &self.written, place };
                place_by_id.insert(found.id(), place);
                if let Some(original) = found.original() {
                    places_by_original.entry(original).or_default().push(place);
                }
            }
            Index { place_by_id, places_by_original }
        })
    }
}

/// Said where bytes of our own are read.
const OURS: &str = "the row is one that this process has encoded";

impl<'a> Found<'a> {
    fn fields(self, passed: usize) -> Fields<'a> {
        let mut fields = Tuple::already_split(self.written.entry_row(self.place)).fields();
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
        let mut legs = Vec::new();
        let mut rows = self.written.posting_rows(self.place);
        while !rows.is_empty() {
            let (row, behind) = Tuple::split(rows)?;
            legs.push(leg(row, state)?);
            rows = behind;
        }
        let mut fields = self.fields(0);
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
