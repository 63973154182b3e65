//! The legs of an entry: rules leg by leg, the sum, then totals and limits account by account.

use crate::account::Limits;
use crate::balance::{Balance, Breach, GroupTotals, breach};
use crate::entry::{Effect, NewEntry, NewPosting};
use crate::journal::state::{GroupSlot, Slot};
use crate::money::{Currency, Money};
use crate::rejection::Rejection;

use jiff::civil::Date;
use smallvec::SmallVec;

use super::dates::Dates;
use super::{Batch, Leg, clamped};

/// A leg whose account is known.
#[derive(Clone, Copy)]
pub(super) struct Resolved<'a> {
    pub slot: Slot,
    pub amount: Money,
    pub item: Option<&'a str>,
    pub due_date: Option<Date>,
    pub effect: Effect,
}

/// The legs of an entry: few, nearly always.
pub(super) type Legs<'a> = SmallVec<[Resolved<'a>; 4]>;

/// The balance of an account before and after an entry.
type Touched = (Slot, Balance, Balance);

/// What an entry leaves behind: the balances of its accounts, and the totals of their limit groups.
type Folded = (SmallVec<[Touched; 4]>, Vec<(GroupSlot, GroupTotals)>);

impl<'a> Batch<'a> {
    /// Posts or holds the legs as they were given; answers how much, if it was to be as much as possible.
    pub(super) fn post(&mut self, entry: &'a NewEntry, dates: Dates) -> Result<Option<Money>, Rejection> {
        let mut legs = self.resolve_all(entry)?;
        no_account_on_both_sides(&entry.postings)?;
        balanced(&entry.postings)?;
        if let Some(group) = entry.hold_group {
            self.may_join(group, legs.len())?;
        }
        let asked = entry.at_most.then(|| legs[0].amount.without_sign());
        if let Some(asked) = asked {
            let most = self.most(dates, &legs, asked.minor);
            for leg in &mut legs {
                leg.amount.minor = leg.amount.minor.signum() * most;
            }
        }
        self.apply(entry, dates, asked.map(|asked| asked.minor), &legs)?;
        if let Some(group) = entry.hold_group {
            self.join(group, entry.id);
        }
        Ok(asked.map(|_| legs[0].amount.without_sign()))
    }

    /// The legs of an entry as they were given.
    pub(super) fn resolve_all(&self, entry: &'a NewEntry) -> Result<Legs<'a>, Rejection> {
        let effect = entry.kind.effect(entry.kind.layer()).expect("a kind has legs in the layer of its postings");
        let legs = entry.postings.iter().enumerate();
        legs.map(|(leg, posting)| self.resolve(leg, posting, effect)).collect()
    }

    fn resolve(&self, leg: usize, posting: &'a NewPosting, effect: Effect) -> Result<Resolved<'a>, Rejection> {
        let code = || posting.account.clone();
        if posting.amount.minor == 0 {
            return Err(Rejection::AmountZero { leg, account: code() });
        }
        let Some(slot) = self.state.slot(&posting.account) else {
            return Err(Rejection::AccountUnknown { leg, account: code() });
        };
        let (amount, due_date) = (posting.amount, posting.due_date);
        let resolved = Resolved { slot, amount, item: posting.item.as_deref(), due_date, effect };
        self.open_to(leg, &resolved)?;
        let account = self.state.brief(slot);
        let (expected, actual) = (account.currency, amount.currency);
        if expected != actual {
            return Err(Rejection::CurrencyMismatch { leg, account: code(), expected, actual });
        }
        match (resolved.item, account.open_item) {
            (None | Some(""), true) => Err(Rejection::ItemRequired { leg, account: code() }),
            (Some(item), false) => Err(Rejection::ItemNotAllowed { leg, account: code(), item: item.to_owned() }),
            (None, false) if due_date.is_some() => Err(Rejection::DueDateNotAllowed { leg, account: code() }),
            _ => Ok(resolved),
        }
    }

    /// Refuses a leg on an account that is closed, or frozen on its side. What is held can always be given back.
    pub(super) fn open_to(&self, leg: usize, resolved: &Resolved<'a>) -> Result<(), Rejection> {
        if resolved.effect == Effect::Unhold || !self.state.brief(resolved.slot).is_restricted {
            return Ok(());
        }
        let account = self.state.account(resolved.slot);
        if account.setting.closed {
            return Err(Rejection::AccountClosed { leg, account: account.code.clone() });
        }
        let raises = account.normal_side.seen_from(resolved.amount.minor.into()) > 0;
        if account.setting.frozen.refuses(raises) {
            return Err(Rejection::AccountFrozen { leg, account: account.code.clone(), raises });
        }
        Ok(())
    }

    /// The most of `asked` that two legs can move; `asked` itself if nothing can, so that the limit speaks.
    fn most(&mut self, dates: Dates, legs: &[Resolved<'a>], asked: i64) -> i64 {
        let mut fits = |minor: i64| {
            let scaled = |leg: &Resolved<'a>| {
                let amount = Money { minor: leg.amount.minor.signum() * minor, ..leg.amount };
                Resolved { amount, ..*leg }
            };
            let first_leg = self.decided.legs.len();
            let fits = self.fold(dates, &legs.iter().map(scaled).collect::<Legs<'a>>()).is_ok();
            self.decided.legs.truncate(first_leg);
            fits
        };
        if fits(asked) || !fits(1) {
            return asked;
        }
        let (mut most, mut too_much) = (1, asked);
        while too_much - most > 1 {
            let middle = most + (too_much - most) / 2;
            if fits(middle) { most = middle } else { too_much = middle }
        }
        most
    }

    /// Folds all legs, checks each touched account and limit group once, and only then keeps anything.
    pub(super) fn apply(
        &mut self,
        entry: &'a NewEntry,
        dates: Dates,
        at_most_minor: Option<i64>,
        legs: &[Resolved<'a>],
    ) -> Result<(), Rejection> {
        let first_leg = self.decided.legs.len();
        match self.fold(dates, legs) {
            Ok((touched, groups)) => {
                for (slot, _, after) in touched {
                    self.balances.set(slot, after);
                }
                for (group, after) in groups {
                    self.groups.set(group, after);
                }
                self.accept(entry, dates, at_most_minor, first_leg);
                Ok(())
            }
            Err(rejection) => {
                self.decided.legs.truncate(first_leg);
                Err(rejection)
            }
        }
    }

    /// Adds the legs to those decided, whatever becomes of them; answers what they leave behind.
    fn fold(&mut self, dates: Dates, legs: &[Resolved<'a>]) -> Result<Folded, Rejection> {
        let sequence = self.next_sequence();
        let mut touched: SmallVec<[Touched; 4]> = SmallVec::new();
        for (position, leg) in legs.iter().enumerate() {
            let at = touched.iter().position(|(slot, _, _)| *slot == leg.slot).unwrap_or_else(|| {
                let before = self.balance(leg.slot);
                touched.push((leg.slot, before, before));
                touched.len() - 1
            });
            let Some(totals) = touched[at].2.fold(leg.effect, leg.amount.minor) else {
                let account = self.state.account(leg.slot).code.clone();
                return Err(Rejection::TotalOverflow { account, layer: leg.effect.layer() });
            };
            self.decided.legs.push(Leg {
                sequence,
                leg: i16::try_from(position).expect("twice POSTINGS_MAX fits in 16 bits"),
                account_no: self.state.brief(leg.slot).no,
                layer: leg.effect.layer(),
                amount: leg.amount,
                effective_date: dates.effective_date,
                item: leg.item,
                due_date: leg.due_date,
                debits_after: totals.debits,
                credits_after: totals.credits,
            });
        }
        if let Some(rejection) = touched.iter().find_map(|(slot, before, after)| self.breach(*slot, before, after)) {
            return Err(rejection);
        }
        let groups = self.within_groups(&touched)?;
        Ok((touched, groups))
    }

    fn balance(&self, slot: Slot) -> Balance {
        self.balances.get(slot).unwrap_or_else(|| self.state.brief(slot).balance)
    }

    fn breach(&self, slot: Slot, before: &Balance, after: &Balance) -> Option<Rejection> {
        if !self.state.brief(slot).is_restricted {
            return None;
        }
        let account = self.state.account(slot);
        let limits = account.setting.limits;
        if limits == Limits::default() {
            return None;
        }
        let (side, currency) = (account.normal_side, account.currency);
        let (account, clamped) = (account.code.clone(), |minor| clamped(minor, currency));
        Some(match breach(limits, before.span(side), after.span(side))? {
            Breach::BelowMin { limit, would_be } => {
                Rejection::BelowMinimum { account, limit: Money::new(limit, currency), would_be: clamped(would_be) }
            }
            Breach::AboveMax { limit, would_be } => {
                Rejection::AboveMaximum { account, limit: Money::new(limit, currency), would_be: clamped(would_be) }
            }
        })
    }

    /// The totals of the limit groups that the touched accounts are in, each within its limits.
    fn within_groups(&self, touched: &[Touched]) -> Result<Vec<(GroupSlot, GroupTotals)>, Rejection> {
        let mut groups: Vec<(GroupSlot, GroupTotals, GroupTotals)> = Vec::new();
        for (slot, before, after) in touched.iter().filter(|(slot, ..)| self.state.brief(*slot).is_restricted) {
            for &group in self.state.groups_of(*slot) {
                let at = groups.iter().position(|(known, ..)| *known == group).unwrap_or_else(|| {
                    let known = self.groups.get(group).copied().unwrap_or_else(|| self.state.group(group).totals);
                    groups.push((group, known, known));
                    groups.len() - 1
                });
                groups[at].2.replace(before, after);
            }
        }
        // In order of their names: the order in which a process has come to know them must not show.
        groups.sort_by_key(|(group, ..)| &self.state.group(*group).name);
        match groups.iter().find_map(|(group, before, after)| self.group_breach(*group, before, after)) {
            Some(rejection) => Err(rejection),
            None => Ok(groups.into_iter().map(|(group, _, after)| (group, after)).collect()),
        }
    }

    fn group_breach(&self, group: GroupSlot, before: &GroupTotals, after: &GroupTotals) -> Option<Rejection> {
        let known = self.state.group(group);
        let (side, currency) = (known.normal_side, known.currency);
        let (group, clamped) = (known.name.clone(), |minor| clamped(minor, currency));
        Some(match breach(known.limits, before.span(side), after.span(side))? {
            Breach::BelowMin { limit, would_be } => {
                Rejection::GroupBelowMinimum { group, limit: Money::new(limit, currency), would_be: clamped(would_be) }
            }
            Breach::AboveMax { limit, would_be } => {
                Rejection::GroupAboveMaximum { group, limit: Money::new(limit, currency), would_be: clamped(would_be) }
            }
        })
    }
}

/// Debiting and crediting one account for the same item in one entry moves nothing and hides an error. Answers the
/// first leg that opposes an earlier one.
pub(super) fn no_account_on_both_sides(postings: &[NewPosting]) -> Result<(), Rejection> {
    if let [one, other] = postings
        && one.account != other.account
    {
        return Ok(());
    }
    let place = |leg: usize| (&postings[leg].account, postings[leg].item.as_deref());
    let mut order: Vec<usize> = (0..postings.len()).collect();
    order.sort_by_key(|leg| place(*leg)); // stable: legs of one account and item stay in order
    let opposes = |pair: &&[usize]| {
        let is_debit = |leg: usize| postings[leg].amount.minor > 0;
        place(pair[0]) == place(pair[1]) && is_debit(pair[0]) != is_debit(pair[1])
    };
    match order.windows(2).filter(opposes).map(|pair| pair[1]).min() {
        Some(leg) => Err(Rejection::AccountOnBothSides { leg, account: postings[leg].account.clone() }),
        None => Ok(()),
    }
}

pub(super) fn balanced(postings: &[NewPosting]) -> Result<(), Rejection> {
    let mut sums: SmallVec<[(Currency, i128); 2]> = SmallVec::new();
    for Money { minor, currency } in postings.iter().map(|posting| posting.amount) {
        match sums.iter_mut().find(|(known, _)| *known == currency) {
            Some((_, sum)) => *sum += i128::from(minor),
            None => sums.push((currency, i128::from(minor))),
        }
    }
    match sums.into_iter().find(|(_, sum)| *sum != 0) {
        Some((currency, sum)) => Err(Rejection::Unbalanced { difference: clamped(sum, currency) }),
        None => Ok(()),
    }
}
