//! Entries that take from what an earlier one holds or has moved: release, capture, reversal, expiry.

use uuid::Uuid;

use crate::entry::{EntryKind, Layer, NewEntry, NewPosting, POSTINGS_MAX};
use crate::money::Money;
use crate::rejection::Rejection;

use super::dates::{self, Dates};
use super::legs::{Legs, Resolved, balanced, no_account_on_both_sides};
use super::remainder::{Left, Remainder};
use super::{ALL_THAT_IS_LEFT, Batch};

impl<'a> Batch<'a> {
    /// Takes what the entry asks for, or all that is left.
    pub(super) fn take(&mut self, entry: &'a NewEntry, dates: Dates) -> Result<(), Rejection> {
        let given = self.resolve_all(entry)?;
        no_account_on_both_sides(&entry.postings)?;
        balanced(&entry.postings)?;
        let originals = self.originals(entry)?;
        let taken = if given.is_empty() { all_of(&originals) } else { part_of(&originals, entry, &given)? };
        let dates = not_before(&originals, entry, dates)?;
        self.write_taken(entry, dates, &originals, &taken)
    }

    /// Gives back what a hold still holds; nobody can refuse it.
    pub(super) fn expire(&mut self, expiry: &'a NewEntry) -> Result<(), Rejection> {
        let originals = self.originals(expiry)?;
        let earliest = originals.iter().map(|(_, hold)| hold.effective_date).chain([self.booked_on]).max();
        let dates = dates::of_own(earliest.unwrap_or(self.booked_on), self.state.closed);
        self.write_taken(expiry, dates, &originals, &all_of(&originals))
    }

    fn write_taken(
        &mut self,
        entry: &'a NewEntry,
        dates: Dates,
        originals: &[(Uuid, Remainder<'a>)],
        taken: &[Left<'a>],
    ) -> Result<(), Rejection> {
        let legs = self.legs_that_take(entry.kind, taken)?;
        let at_most_minor = entry.postings.is_empty().then_some(ALL_THAT_IS_LEFT);
        self.apply(entry, dates, at_most_minor, &legs)?;
        match entry.hold_group {
            Some(group) => self.end_group(group, entry, originals),
            None => self.take_from(originals[0].0, entry),
        }
        Ok(())
    }

    /// Accounts for what an entry, the last that was accepted, has taken: from the original, from what that one was
    /// taken from, and so on.
    fn take_from(&mut self, original: Uuid, entry: &NewEntry) {
        let accepted = self.decided.entries.last().expect("it has just been accepted");
        let (first_leg, end_leg) = (accepted.first_leg, accepted.end_leg);
        let mut next = Some(original);
        while let Some(id) = next {
            let mut remainder = self.remainder(id).expect("originals are looked up with all they relate to");
            let layer = remainder.layer();
            for leg in self.decided.legs[first_leg..end_leg].iter().filter(|leg| leg.layer == layer) {
                let slot = self.state.slot_by_no(leg.account_no).expect("an accepted leg is on a known account");
                remainder.fold(Left { slot, item: leg.item, due_date: leg.due_date, amount: leg.amount });
            }
            if id == original {
                remainder.last = Some((entry.id, entry.kind));
            }
            next = remainder.relates_to;
            self.remainders.set(id, remainder);
        }
    }

    fn end_group(&mut self, group: Uuid, entry: &NewEntry, holds: &[(Uuid, Remainder<'a>)]) {
        let ended_by = Some((entry.id, entry.kind));
        for (id, hold) in holds {
            let nothing = Remainder { legs: Vec::new(), last: ended_by, ..hold.clone() };
            self.remainders.set(*id, nothing);
        }
        let now = self.remainders.group(group);
        self.remainders.set_group(group, super::HoldGroup { ended_by, ..now });
    }

    /// Refuses a hold that cannot join its group.
    pub(super) fn may_join(&mut self, group: Uuid, n_legs: usize) -> Result<(), Rejection> {
        let there = self.remainders.group(group);
        if let Some((by, _)) = there.ended_by {
            return Err(Rejection::HoldGroupEnded { group, by });
        }
        let held: usize = there.holds.iter().filter_map(|hold| self.remainder(*hold)).map(|hold| hold.legs.len()).sum();
        let (actual, max) = (held + n_legs, POSTINGS_MAX);
        if actual > max { Err(Rejection::HoldGroupTooLarge { max, actual }) } else { Ok(()) }
    }

    /// Puts an accepted hold into its group.
    pub(super) fn join(&mut self, group: Uuid, hold: Uuid) {
        let mut there = self.remainders.group(group);
        there.holds.push(hold);
        self.remainders.set_group(group, there);
    }

    /// What the entry takes from, of which something is left.
    fn originals(&mut self, entry: &NewEntry) -> Result<Vec<(Uuid, Remainder<'a>)>, Rejection> {
        match (entry.relates_to, entry.hold_group) {
            (Some(original), _) => Ok(vec![(original, self.original(entry.kind, original)?)]),
            (None, Some(group)) => self.holds_of(group),
            (None, None) => Err(Rejection::RelatesToMissing { kind: entry.kind.word() }),
        }
    }

    fn original(&mut self, kind: EntryKind, original: Uuid) -> Result<Remainder<'a>, Rejection> {
        let is_reversal = kind == EntryKind::Reversal;
        let remainder = self.remainder(original).ok_or(if is_reversal {
            Rejection::OriginalUnknown { entry: original }
        } else {
            Rejection::HoldUnknown { hold: original }
        })?;
        let there = remainder.kind;
        match there {
            EntryKind::Post | EntryKind::Capture | EntryKind::Reversal if is_reversal => {}
            EntryKind::Hold if !is_reversal => {}
            _ if is_reversal => return Err(Rejection::NotReversible { entry: original, kind: there.word() }),
            _ => return Err(Rejection::NotAHold { hold: original, kind: there.word() }),
        }
        match remainder.last.filter(|_| remainder.is_empty()) {
            Some((by, how)) => Err(Rejection::NothingLeft { of: original, by, how }),
            None => Ok(remainder),
        }
    }

    fn holds_of(&mut self, group: Uuid) -> Result<Vec<(Uuid, Remainder<'a>)>, Rejection> {
        let there = self.remainders.group(group);
        if let Some((by, _)) = there.ended_by {
            return Err(Rejection::HoldGroupEnded { group, by });
        }
        let known = |hold: &Uuid| (*hold, self.remainder(*hold).expect("the holds of a group are looked up with it"));
        let (spent, holds): (Vec<_>, Vec<_>) = there.holds.iter().map(known).partition(|(_, hold)| hold.is_empty());
        match (holds.is_empty(), spent.last()) {
            (false, _) => Ok(holds),
            (true, Some((hold, Remainder { last: Some((by, how)), .. }))) => {
                Err(Rejection::NothingLeft { of: *hold, by: *by, how: *how })
            }
            (true, _) => Err(Rejection::HoldGroupUnknown { group }),
        }
    }

    fn remainder(&mut self, id: Uuid) -> Option<Remainder<'a>> {
        let accepted = self.accepted_by_id.get(&id).copied();
        self.remainders.of(id, accepted, &self.decided)
    }

    /// The legs to write: what moves first, then what is no longer held.
    fn legs_that_take(&self, kind: EntryKind, taken: &[Left<'a>]) -> Result<Legs<'a>, Rejection> {
        let mut legs = Legs::new();
        for layer in Layer::ALL {
            let Some(effect) = kind.effect(layer) else { continue };
            let keeps_sign = kind == EntryKind::Capture && layer == Layer::Settled;
            for left in taken {
                let minor = if keeps_sign { left.amount.minor } else { -left.amount.minor };
                let Left { slot, item, due_date, .. } = *left;
                let leg = Resolved { slot, amount: Money { minor, ..left.amount }, item, due_date, effect };
                self.open_to(legs.len(), &leg)?;
                legs.push(leg);
            }
        }
        Ok(legs)
    }
}

/// Nothing counts before what it takes from; what may come late counts with it.
fn not_before(originals: &[(Uuid, Remainder<'_>)], entry: &NewEntry, dates: Dates) -> Result<Dates, Rejection> {
    let Some((of, original)) = originals.iter().max_by_key(|(_, original)| original.effective_date) else {
        return Ok(dates);
    };
    let (date, given) = (original.effective_date, dates.effective_date);
    if given >= date {
        return Ok(dates);
    }
    if entry.late {
        return Ok(Dates { effective_date: date, value_date: dates.value_date.or(Some(given)) });
    }
    Err(Rejection::DatedBeforeOriginal { of: *of, date, given })
}

fn all_of<'a>(originals: &[(Uuid, Remainder<'a>)]) -> Vec<Left<'a>> {
    let legs = originals.iter().flat_map(|(_, original)| &original.legs);
    legs.filter(|leg| leg.amount.minor != 0).copied().collect()
}

/// What the given legs ask for, which must be left of the one original.
fn part_of<'a>(
    originals: &[(Uuid, Remainder<'a>)],
    entry: &NewEntry,
    given: &[Resolved<'a>],
) -> Result<Vec<Left<'a>>, Rejection> {
    let mut left: Vec<Left<'a>> = originals.iter().flat_map(|(_, original)| original.legs.clone()).collect();
    let keeps_sign = entry.kind == EntryKind::Capture;
    let mut taken = Vec::with_capacity(given.len());
    for (position, (leg, posting)) in given.iter().zip(&entry.postings).enumerate() {
        let minor = if keeps_sign { Some(leg.amount.minor) } else { leg.amount.minor.checked_neg() };
        let place = left.iter_mut().find(|left| {
            let same_side = minor.is_some_and(|minor| minor.signum() == left.amount.minor.signum());
            left.slot == leg.slot && left.item == leg.item && same_side
        });
        let (Some(place), Some(minor)) = (place, minor) else { return Err(not_there(position, posting)) };
        if minor.unsigned_abs() > place.amount.minor.unsigned_abs() {
            let (left, asked) = (place.amount.without_sign(), posting.amount.without_sign());
            return Err(Rejection::MoreThanLeft { leg: position, account: posting.account.clone(), left, asked });
        }
        place.amount.minor -= minor;
        let due_date = leg.due_date.or(place.due_date);
        taken.push(Left { amount: Money { minor, ..leg.amount }, due_date, ..*place });
    }
    Ok(taken)
}

fn not_there(leg: usize, posting: &NewPosting) -> Rejection {
    Rejection::NotInOriginal { leg, account: posting.account.clone() }
}

#[cfg(test)]
mod tests;
