//! The legs of an entry: rules leg by leg, the sum, then totals and limits account by account.

use uuid::Uuid;

use crate::account::AccountCode;
use crate::balance::{Balance, Breach, breach};
use crate::entry::{EntryKind, NewEntry, NewPosting};
use crate::journal::state::Slot;
use crate::money::{Currency, Money};
use crate::rejection::Rejection;

use super::{Accepted, Batch, Leg, StoredLeg, clamped};

/// A leg whose account is known.
struct Resolved<'a> {
    slot: Slot,
    amount: Money,
    item: Option<&'a str>,
}

impl<'a> Batch<'a> {
    /// Posts or holds the legs as they were given.
    pub(super) fn post(&mut self, accepted: &Accepted<'a>) -> Result<(), Rejection> {
        let postings = &accepted.entry.postings;
        let legs: Vec<Resolved<'a>> =
            postings.iter().enumerate().map(|(leg, posting)| self.resolve(leg, posting)).collect::<Result<_, _>>()?;
        no_account_on_both_sides(postings)?;
        balanced(postings)?;
        self.apply(accepted, &legs)
    }

    /// Writes the legs of the hold with opposite signs.
    pub(super) fn release(&mut self, accepted: &Accepted<'a>) -> Result<(), Rejection> {
        let entry = accepted.entry;
        let hold = entry.relates_to.ok_or(Rejection::HoldMissing)?;
        let released_by = self.released_by.get(&hold).or_else(|| self.journaled.released_by.get(&hold)).copied();
        let legs = self.legs_of_hold(hold)?;
        if let Some(released_by) = released_by {
            return Err(Rejection::HoldReleased { hold, released_by });
        }
        self.apply(accepted, &legs)?;
        self.released_by.insert(hold, entry.id);
        Ok(())
    }

    fn resolve(&self, leg: usize, posting: &'a NewPosting) -> Result<Resolved<'a>, Rejection> {
        let code = || posting.account.clone();
        if posting.amount.minor == 0 {
            return Err(Rejection::AmountZero { leg, account: code() });
        }
        let Some(slot) = self.state.slot(&posting.account) else {
            return Err(Rejection::AccountUnknown { leg, account: code() });
        };
        let account = &self.state.account(slot).account;
        if account.setting.closed {
            return Err(Rejection::AccountClosed { leg, account: code() });
        }
        let (expected, actual) = (account.currency, posting.amount.currency);
        if expected != actual {
            return Err(Rejection::CurrencyMismatch { leg, account: code(), expected, actual });
        }
        match (posting.item.as_deref(), account.open_item) {
            (None | Some(""), true) => Err(Rejection::ItemRequired { leg, account: code() }),
            (Some(item), false) => Err(Rejection::ItemNotAllowed { leg, account: code(), item: item.to_owned() }),
            (item, _) => Ok(Resolved { slot, amount: posting.amount, item }),
        }
    }

    fn legs_of_hold(&self, hold: Uuid) -> Result<Vec<Resolved<'a>>, Rejection> {
        if let Some(&earlier) = self.accepted_by_id.get(&hold) {
            let held: &'a NewEntry = self.decided.entries[earlier].entry;
            is_a_hold(hold, held.kind)?;
            let legs = held
                .postings
                .iter()
                .map(|posting| self.opposite(&posting.account, posting.amount, posting.item.as_deref()));
            return Ok(legs.collect());
        }
        let stored = self.journaled.entries.get(&hold).ok_or(Rejection::HoldUnknown { hold })?;
        is_a_hold(hold, stored.kind)?;
        let opposite = |leg: &'a StoredLeg| self.opposite(&leg.account, leg.amount, leg.item.as_deref());
        Ok(stored.legs.iter().map(opposite).collect())
    }

    fn opposite(&self, account: &AccountCode, amount: Money, item: Option<&'a str>) -> Resolved<'a> {
        let slot = self.state.slot(account).expect("the turn loads the accounts of the holds it releases");
        let minor = amount.minor.checked_neg().expect("an amount whose opposite does not fit is refused as a total");
        Resolved { slot, amount: Money::new(minor, amount.currency), item }
    }

    /// Folds all legs, checks each touched account once against its limits, and only then keeps anything.
    fn apply(&mut self, accepted: &Accepted<'a>, legs: &[Resolved<'a>]) -> Result<(), Rejection> {
        let kind = accepted.entry.kind;
        let first_leg = self.decided.legs.len();
        let mut touched: Vec<(Slot, Balance, Balance)> = Vec::with_capacity(legs.len());
        for (position, leg) in legs.iter().enumerate() {
            let at = touched.iter().position(|(slot, _, _)| *slot == leg.slot).unwrap_or_else(|| {
                let before = self.overlay.balance(self.state, leg.slot);
                touched.push((leg.slot, before, before));
                touched.len() - 1
            });
            let Some(totals) = touched[at].2.fold(kind, leg.amount.minor) else {
                self.decided.legs.truncate(first_leg);
                let account = self.state.account(leg.slot).account.code.clone();
                return Err(Rejection::TotalOverflow { account, layer: kind.layer() });
            };
            self.decided.legs.push(Leg {
                sequence: accepted.sequence,
                leg: i16::try_from(position).expect("POSTINGS_MAX fits in 16 bits"),
                account_no: self.state.account(leg.slot).account.no,
                kind,
                amount: leg.amount,
                effective_date: accepted.effective_date,
                item: leg.item,
                debits_after: totals.debits,
                credits_after: totals.credits,
            });
        }
        if let Some(rejection) = touched.iter().find_map(|(slot, before, after)| self.breach(*slot, before, after)) {
            self.decided.legs.truncate(first_leg);
            return Err(rejection);
        }
        for (slot, _, after) in touched {
            self.overlay.set(slot, after);
        }
        Ok(())
    }

    fn breach(&self, slot: Slot, before: &Balance, after: &Balance) -> Option<Rejection> {
        let account = &self.state.account(slot).account;
        let breach = breach(account.setting.limits, account.normal_side, before, after)?;
        let (code, currency) = (account.code.clone(), account.currency);
        Some(match breach {
            Breach::BelowMin { limit, would_be } => Rejection::BelowMinimum {
                account: code,
                limit: Money::new(limit, currency),
                would_be: clamped(would_be, currency),
            },
            Breach::AboveMax { limit, would_be } => Rejection::AboveMaximum {
                account: code,
                limit: Money::new(limit, currency),
                would_be: clamped(would_be, currency),
            },
        })
    }
}

fn is_a_hold(hold: Uuid, kind: EntryKind) -> Result<(), Rejection> {
    match kind {
        EntryKind::Hold => Ok(()),
        EntryKind::Post | EntryKind::Release => Err(Rejection::NotAHold { hold, kind: kind.word() }),
    }
}

/// Debiting and crediting one account for the same item in one entry moves nothing and hides an error. Answers the
/// first leg that opposes an earlier one.
fn no_account_on_both_sides(postings: &[NewPosting]) -> Result<(), Rejection> {
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

fn balanced(postings: &[NewPosting]) -> Result<(), Rejection> {
    let mut sums: Vec<(Currency, i128)> = Vec::with_capacity(1);
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
