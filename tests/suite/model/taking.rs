//! The rules for entries that take from earlier ones, and for moving as much as there is, said a second time.

use dianfu_ledger::account::{Limits, NormalSide};
use dianfu_ledger::entry::{EntryKind, Layer, NewEntry, NewPosting, POSTINGS_MAX};
use dianfu_ledger::rejection::Rejection;
use jiff::civil::Date;
use uuid::Uuid;

use super::books::{Books, ModelEntry, ModelLeg};

impl Books {
    /// The legs of a release, a capture or a reversal.
    pub fn legs_that_take(&self, entry: &NewEntry) -> Result<Vec<ModelLeg>, Rejection> {
        self.check_legs(entry)?;
        let originals = self.originals(entry)?;
        let keeps_sign = entry.kind == EntryKind::Capture;
        let taken = if entry.postings.is_empty() {
            originals.iter().flat_map(|id| self.left_of(*id)).collect()
        } else {
            let signed = |minor: i64| if keeps_sign { Some(minor) } else { minor.checked_neg() };
            part_of(self.left_of(originals[0]), &entry.postings, signed)?
        };
        let mut legs = Vec::new();
        if matches!(entry.kind, EntryKind::Capture | EntryKind::Reversal) {
            legs.extend(taken.iter().map(|posting| {
                let posting = if keeps_sign { posting.clone() } else { opposite(posting) };
                ModelLeg::new(Layer::Settled, &posting)
            }));
        }
        if entry.kind != EntryKind::Reversal {
            legs.extend(taken.iter().map(|posting| ModelLeg::new(Layer::Pending, &opposite(posting))));
        }
        Ok(legs)
    }

    /// Nothing counts before what it takes from; what may come late counts with it. Of several, the last of those that
    /// count last is named.
    pub fn not_before_its_originals(&self, entry: &NewEntry, given: Date) -> Result<Date, Rejection> {
        if !entry.kind.relates() {
            return Ok(given);
        }
        let originals = self.originals(entry)?;
        let date_of = |id: &Uuid| self.find(*id).unwrap().1.date;
        let of = *originals.iter().max_by_key(|id| date_of(id)).unwrap();
        let date = date_of(&of);
        match given < date {
            true if entry.late => Ok(date),
            true => Err(Rejection::DatedBeforeOriginal { of, date, given }),
            false => Ok(given),
        }
    }

    /// What is moved must be open to it; what is held can always be given back.
    pub fn open_to_legs(&self, legs: &[ModelLeg]) -> Result<(), Rejection> {
        let mut moved = legs.iter().enumerate().filter(|(_, leg)| leg.layer == Layer::Settled);
        moved.try_for_each(|(leg, moved)| self.takes_postings(leg, &moved.posting))
    }

    /// What it takes from; all of them have something left.
    fn originals(&self, entry: &NewEntry) -> Result<Vec<Uuid>, Rejection> {
        if let Some(id) = entry.relates_to {
            return self.original(entry.kind, id).map(|()| vec![id]);
        }
        let group = entry.hold_group.unwrap();
        if let Some(by) = self.ended_by(group) {
            return Err(Rejection::HoldGroupEnded { group, by });
        }
        let holds: Vec<Uuid> = self.holds_in(group).map(|hold| hold.given.id).collect();
        let Some(last) = holds.last().copied() else { return Err(Rejection::HoldGroupUnknown { group }) };
        let with_something: Vec<Uuid> = holds.iter().filter(|id| !self.left_of(**id).is_empty()).copied().collect();
        if with_something.is_empty() { Err(self.nothing_left(last)) } else { Ok(with_something) }
    }

    fn original(&self, kind: EntryKind, id: Uuid) -> Result<(), Rejection> {
        let reverses = kind == EntryKind::Reversal;
        let Some((_, original)) = self.find(id) else {
            return Err(if reverses {
                Rejection::OriginalUnknown { entry: id }
            } else {
                Rejection::HoldUnknown { hold: id }
            });
        };
        let there = original.given.kind;
        if reverses && !matches!(there, EntryKind::Post | EntryKind::Capture | EntryKind::Reversal) {
            return Err(Rejection::NotReversible { entry: id, kind: there.word() });
        }
        if !reverses && there != EntryKind::Hold {
            return Err(Rejection::NotAHold { hold: id, kind: there.word() });
        }
        if self.left_of(id).is_empty() { Err(self.nothing_left(id)) } else { Ok(()) }
    }

    fn nothing_left(&self, of: Uuid) -> Rejection {
        let (_, original) = self.find(of).unwrap();
        let group = original.given.hold_group.filter(|_| original.given.kind == EntryKind::Hold);
        // What ends a group takes nothing from a hold that was at its end before.
        let ended = group.and_then(|group| self.ended_by(group)).filter(|_| !self.left_by_itself(of).is_empty());
        let last = self.entries.iter().rev().find(|entry| match ended {
            Some(by) => entry.given.id == by,
            None => entry.given.relates_to == Some(of),
        });
        let last = &last.unwrap().given;
        Rejection::NothingLeft { of, by: last.id, how: last.kind }
    }

    fn holds_in(&self, group: Uuid) -> impl Iterator<Item = &ModelEntry> {
        let joins =
            move |entry: &&ModelEntry| entry.given.kind == EntryKind::Hold && entry.given.hold_group == Some(group);
        self.entries.iter().filter(joins)
    }

    /// The entry that captured or released a group.
    fn ended_by(&self, group: Uuid) -> Option<Uuid> {
        let ends = |entry: &&ModelEntry| entry.given.kind != EntryKind::Hold && entry.given.hold_group == Some(group);
        self.entries.iter().find(ends).map(|entry| entry.given.id)
    }

    /// A hold may join a group that nobody has ended and that one entry can still end.
    pub fn may_join(&self, group: Uuid, legs: usize) -> Result<(), Rejection> {
        if let Some(by) = self.ended_by(group) {
            return Err(Rejection::HoldGroupEnded { group, by });
        }
        let places = self.holds_in(group).map(|hold| places(hold, Layer::Pending).len());
        let actual = places.sum::<usize>() + legs;
        if actual > POSTINGS_MAX {
            return Err(Rejection::HoldGroupTooLarge { max: POSTINGS_MAX, actual });
        }
        Ok(())
    }

    /// What an entry still holds, or has moved and nobody has moved back; what is at zero is left out.
    fn left_of(&self, id: Uuid) -> Vec<NewPosting> {
        let (_, original) = self.find(id).unwrap();
        let is_hold = original.given.kind == EntryKind::Hold;
        if is_hold && original.given.hold_group.is_some_and(|group| self.ended_by(group).is_some()) {
            return Vec::new();
        }
        self.left_by_itself(id)
    }

    /// The same, whatever has become of its group.
    fn left_by_itself(&self, id: Uuid) -> Vec<NewPosting> {
        let (_, original) = self.find(id).unwrap();
        let layer = if original.given.kind == EntryKind::Hold { Layer::Pending } else { Layer::Settled };
        let mut left = places(original, layer);
        for later in self.descendants(id) {
            for leg in later.legs.iter().filter(|leg| leg.layer == layer) {
                let place = left.iter_mut().find(|place| is_beside(place, &leg.posting));
                place.unwrap().amount.minor += leg.posting.amount.minor;
            }
        }
        left.retain(|place| place.amount.minor != 0);
        left
    }

    /// Entries that take from an entry, from those, and so on.
    fn descendants(&self, id: Uuid) -> Vec<&ModelEntry> {
        let mut found: Vec<&ModelEntry> = Vec::new();
        for entry in &self.entries {
            let from = entry.given.relates_to;
            if from == Some(id) || found.iter().any(|known| from == Some(known.given.id)) {
                found.push(entry);
            }
        }
        found
    }

    /// The most that two legs can move: the room that is left under every total and limit; all that was asked for if
    /// there is no room, since then the limit must speak.
    pub fn most(&self, entry: &NewEntry) -> i64 {
        let asked = i128::from(entry.postings[0].amount.minor).abs();
        let layer = entry.kind.layer();
        let mut room = asked;
        for posting in &entry.postings {
            let sides = self.sides(&posting.account, layer);
            let total = if posting.amount.minor > 0 { sides.debits } else { sides.credits };
            room = room.min(i128::from(i64::MAX) - total);
            let known = &self.accounts[&posting.account];
            let effect = effect(entry, known.opened.normal_side, &|leg| leg.account == posting.account);
            room = room.min(room_within(effect, known.setting.limits, self.range(&posting.account)));
        }
        for group in self.groups.values() {
            let effect = effect(entry, group.normal_side, &|leg| group.accounts.contains(&leg.account));
            room = room.min(room_within(effect, group.limits, self.range_of(group)));
        }
        i64::try_from(if room < 1 { asked } else { room }).unwrap_or(i64::MAX)
    }
}

/// How often the amount is counted upwards in the highest balance, and downwards in the lowest.
fn effect(entry: &NewEntry, side: NormalSide, counts: &dyn Fn(&NewPosting) -> bool) -> (i128, i128) {
    let raises = |leg: &&NewPosting| (leg.amount.minor > 0) == (side == NormalSide::Debit);
    let legs = || entry.postings.iter().filter(|leg| counts(leg));
    let (up, down) = (legs().filter(raises).count(), legs().filter(|leg| !raises(leg)).count());
    let (up, down) = (i128::try_from(up).unwrap(), i128::try_from(down).unwrap());
    if entry.kind == EntryKind::Hold { (up, down) } else { ((up - down).max(0), (down - up).max(0)) }
}

fn room_within((up, down): (i128, i128), limits: Limits, (low, high): (i128, i128)) -> i128 {
    let above = limits.max_minor.filter(|_| up > 0).map_or(i128::MAX, |max| (i128::from(max) - high) / up.max(1));
    let below = limits.min_minor.filter(|_| down > 0).map_or(i128::MAX, |min| (low - i128::from(min)) / down.max(1));
    above.min(below)
}

/// The legs of an entry, those on one account and item put together.
fn places(entry: &ModelEntry, layer: Layer) -> Vec<NewPosting> {
    let mut places: Vec<NewPosting> = Vec::new();
    for leg in entry.legs.iter().filter(|leg| leg.layer == layer) {
        match places.iter_mut().find(|place| is_beside(place, &leg.posting)) {
            Some(place) => place.amount.minor += leg.posting.amount.minor,
            None => places.push(leg.posting.clone()),
        }
    }
    places
}

fn is_beside(one: &NewPosting, other: &NewPosting) -> bool {
    one.account == other.account && one.item == other.item
}

fn opposite(posting: &NewPosting) -> NewPosting {
    let mut opposite = posting.clone();
    opposite.amount.minor = -opposite.amount.minor;
    opposite
}

/// What the legs ask for, each in the direction of what is left.
fn part_of(
    mut left: Vec<NewPosting>,
    asked: &[NewPosting],
    signed: impl Fn(i64) -> Option<i64>,
) -> Result<Vec<NewPosting>, Rejection> {
    let mut taken = Vec::new();
    for (leg, posting) in asked.iter().enumerate() {
        let account = posting.account.clone();
        let place = left.iter_mut().find(|place| is_beside(place, posting));
        let (Some(place), Some(minor)) = (place, signed(posting.amount.minor)) else {
            return Err(Rejection::NotInOriginal { leg, account });
        };
        if minor.signum() != place.amount.minor.signum() {
            return Err(Rejection::NotInOriginal { leg, account });
        }
        if minor.unsigned_abs() > place.amount.minor.unsigned_abs() {
            let (left, asked) = (place.amount.without_sign(), posting.amount.without_sign());
            return Err(Rejection::MoreThanLeft { leg, account, left, asked });
        }
        place.amount.minor -= minor;
        let mut part = place.clone();
        part.amount.minor = minor;
        part.due_date = posting.due_date.or(place.due_date);
        taken.push(part);
    }
    Ok(taken)
}
