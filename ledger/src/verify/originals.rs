//! Entries from which later ones take, and whether each takes no more than is left.
//!
//! Kept are the holds that still hold something, and the entries that are moved back at some time; nothing else, so
//! that memory grows with those and not with the journal.

use std::collections::{BTreeSet, HashMap, HashSet};

use foldhash::fast::RandomState;
use uuid::Uuid;

use crate::entry::{EntryKind, Layer};

use super::row::{self, Entry, Posting};
use super::{Finding, Place, Rule};

/// What stands on one account and item: of an entry's leg, or of what is left of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ItemLeg {
    leg: i16,
    layer: i16,
    account_no: i32,
    amount_minor: i128,
    item: Option<Box<str>>,
}

impl ItemLeg {
    /// What of a posting counts here.
    pub fn new(posting: &Posting<'_>) -> ItemLeg {
        let Posting { leg, layer, account_no, amount_minor, item, .. } = *posting;
        ItemLeg { leg, layer, account_no, amount_minor: amount_minor.into(), item: item.map(Into::into) }
    }

    fn is_beside(&self, other: &ItemLeg) -> bool {
        self.account_no == other.account_no && self.item == other.item
    }

    fn describe(&self, amount: i128) -> String {
        let item = self.item.as_deref().map(|item| format!(" for item {item}")).unwrap_or_default();
        format!("{amount} on account {}{item}", self.account_no)
    }
}

/// What is left of an entry.
struct Original {
    kind: EntryKind,
    relates_to: Option<Uuid>,
    expires_at: Option<i64>,
    left: Vec<ItemLeg>,
}

impl Original {
    fn layer(&self) -> Layer {
        if self.kind == EntryKind::Hold { Layer::Pending } else { Layer::Settled }
    }

    fn is_empty(&self) -> bool {
        self.left.iter().all(|leg| leg.amount_minor == 0)
    }

    /// Folds a leg in; answers what was there, if the leg takes more than that or on the other side.
    fn take(&mut self, leg: &ItemLeg) -> Result<(), i128> {
        let place = self.left.iter_mut().find(|left| left.is_beside(leg));
        let Some(place) = place else { return Err(0) };
        let there = place.amount_minor;
        let takes = leg.amount_minor.signum() == -there.signum() && leg.amount_minor.abs() <= there.abs();
        if !takes {
            return Err(there);
        }
        place.amount_minor += leg.amount_minor;
        Ok(())
    }

    /// Folds in what was moved back of what was taken.
    fn give_back(&mut self, leg: &ItemLeg) {
        if let Some(place) = self.left.iter_mut().find(|left| left.is_beside(leg)) {
            place.amount_minor += leg.amount_minor;
        }
    }
}

/// The entries from which something is still to be taken.
pub struct Originals {
    reversed: HashSet<Uuid, RandomState>,
    known: HashMap<Uuid, Original>,
    groups: HashMap<Uuid, Vec<Uuid>>,
    expiries: BTreeSet<(i64, Uuid)>,
}

impl Originals {
    /// With the ids of all entries that some reversal names.
    pub fn new(reversed: HashSet<Uuid, RandomState>) -> Originals {
        Originals { reversed, known: HashMap::new(), groups: HashMap::new(), expiries: BTreeSet::new() }
    }

    /// Whether the legs of an entry matter here.
    pub fn wants(&self, entry: &Entry, kind: EntryKind) -> bool {
        kind != EntryKind::Post || (!self.reversed.is_empty() && self.reversed.contains(&entry.id))
    }

    /// Takes an entry in: what can be taken from it later, and what it takes itself.
    pub fn entry(&mut self, entry: &Entry, kind: EntryKind, legs: &[ItemLeg]) -> Result<(), Finding> {
        match kind {
            EntryKind::Post => {}
            EntryKind::Hold => self.hold(entry, legs),
            EntryKind::Release | EntryKind::Capture | EntryKind::Expiry => self.take_from_holds(entry, kind, legs)?,
            EntryKind::Reversal => self.take_back(entry, legs)?,
        }
        let is_moved_back = kind != EntryKind::Hold && self.reversed.contains(&entry.id);
        if kind == EntryKind::Reversal || is_moved_back {
            self.keep(entry, kind, legs);
        }
        Ok(())
    }

    /// Before an entry other than an expiry: no hold may outlast its time.
    pub fn check_expiries(&self, entry: &Entry, kind: EntryKind) -> Result<(), Finding> {
        match self.expiries.first() {
            Some((expires_at, hold)) if kind != EntryKind::Expiry && *expires_at <= entry.booked_at => Err(Finding {
                place: entry.place(),
                rule: Rule::HoldsEndInTime,
                expected: format!("the end of hold {hold}, which expired at {}", row::time(*expires_at)),
                actual: kind.word().to_owned(),
            }),
            Some(_) | None => Ok(()),
        }
    }

    /// When the first of the holds that still hold something expires.
    pub fn next_expiry(&self) -> Option<i64> {
        self.expiries.first().map(|(expires_at, _)| *expires_at)
    }

    fn keep(&mut self, entry: &Entry, kind: EntryKind, legs: &[ItemLeg]) {
        let Entry { relates_to, expires_at, .. } = *entry;
        let mut original = Original { kind, relates_to, expires_at, left: Vec::new() };
        let layer = original.layer().number();
        for leg in legs.iter().filter(|leg| leg.layer == layer) {
            match original.left.iter_mut().find(|known| known.is_beside(leg)) {
                Some(known) => known.amount_minor += leg.amount_minor,
                None => original.left.push(leg.clone()),
            }
        }
        self.known.insert(entry.id, original);
    }

    fn hold(&mut self, entry: &Entry, legs: &[ItemLeg]) {
        self.keep(entry, EntryKind::Hold, legs);
        if let Some(group) = entry.hold_group {
            self.groups.entry(group).or_default().push(entry.id);
        }
        if let Some(expires_at) = entry.expires_at {
            self.expiries.insert((expires_at, entry.id));
        }
    }

    fn take_from_holds(&mut self, entry: &Entry, kind: EntryKind, legs: &[ItemLeg]) -> Result<(), Finding> {
        let holds = match (entry.relates_to, entry.hold_group) {
            (Some(hold), _) => vec![hold],
            (None, Some(group)) => self.groups.remove(&group).unwrap_or_default(),
            (None, None) => Vec::new(),
        };
        let held = |hold: &Uuid| self.known.get(hold).is_some_and(|known| known.kind == EntryKind::Hold);
        let holds: Vec<Uuid> = holds.into_iter().filter(held).collect();
        if holds.is_empty() {
            return Err(takes_from_nothing(entry, "a hold that still holds something"));
        }
        for leg in legs.iter().filter(|leg| leg.layer == Layer::Pending.number()) {
            let mut there = 0;
            let taken = holds.iter().any(|hold| {
                let Some(known) = self.known.get_mut(hold) else { return false };
                known.take(leg).map_err(|left| there = left).is_ok()
            });
            if !taken {
                return Err(takes_too_much(entry, leg, there));
            }
        }
        check_capture(entry, kind, legs)?;
        let takes_all = entry.relates_to.is_none() || kind == EntryKind::Expiry;
        for hold in holds {
            let known = &self.known[&hold];
            if known.is_empty() {
                self.expiries.remove(&(known.expires_at.unwrap_or_default(), hold));
                self.known.remove(&hold);
            } else if takes_all {
                let expected = "all that is left".to_owned();
                let actual = format!("not all of hold {hold}");
                return Err(Finding { place: entry.place(), rule: Rule::TakesWhatIsLeft, expected, actual });
            }
        }
        Ok(())
    }

    fn take_back(&mut self, entry: &Entry, legs: &[ItemLeg]) -> Result<(), Finding> {
        let original = entry.relates_to.filter(|id| self.known.get(id).is_some_and(|it| it.kind != EntryKind::Hold));
        let Some(original) = original else { return Err(takes_from_nothing(entry, "an entry that moved something")) };
        let mut next = Some(original);
        while let Some(id) = next {
            let Some(known) = self.known.get_mut(&id).filter(|known| known.kind != EntryKind::Hold) else { break };
            for leg in legs {
                if id == original {
                    known.take(leg).map_err(|left| takes_too_much(entry, leg, left))?;
                } else {
                    known.give_back(leg);
                }
            }
            next = known.relates_to;
        }
        Ok(())
    }
}

/// A capture moves exactly what it no longer holds.
fn check_capture(entry: &Entry, kind: EntryKind, legs: &[ItemLeg]) -> Result<(), Finding> {
    if kind != EntryKind::Capture {
        return Ok(());
    }
    for leg in legs {
        let on = |layer: Layer| {
            let beside = legs.iter().filter(|other| other.is_beside(leg) && other.layer == layer.number());
            beside.map(|other| other.amount_minor).sum::<i128>()
        };
        let (moved, unheld) = (on(Layer::Settled), on(Layer::Pending));
        if moved != -unheld {
            let place = Place::Posting { sequence: entry.sequence, leg: leg.leg };
            let (expected, actual) = (leg.describe(-unheld), leg.describe(moved));
            return Err(Finding { place, rule: Rule::TakesWhatIsLeft, expected, actual });
        }
    }
    Ok(())
}

fn takes_from_nothing(entry: &Entry, expected: &str) -> Finding {
    let named = entry.relates_to.or(entry.hold_group);
    let actual = named.map_or_else(|| "no entry".to_owned(), |id| id.to_string());
    Finding { place: entry.place(), rule: Rule::TakesFromEarlier, expected: expected.to_owned(), actual }
}

fn takes_too_much(entry: &Entry, leg: &ItemLeg, left: i128) -> Finding {
    Finding {
        place: Place::Posting { sequence: entry.sequence, leg: leg.leg },
        rule: Rule::TakesWhatIsLeft,
        expected: format!("at most {}", leg.describe(-left)),
        actual: leg.describe(leg.amount_minor),
    }
}
