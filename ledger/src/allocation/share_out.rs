//! The arithmetic of an allocation, purely: what stands on the items in, what is posted on each out.

use std::collections::HashSet;

use crate::entry::POSTINGS_MAX;
use crate::money::{Currency, Money};

use super::{Allocated, AllocationFault, NewAllocation, Share};

/// What stands on an item, debits less credits in minor units.
pub type Standing<'a> = &'a dyn Fn(&str) -> i128;

/// Works out what an allocation moves on each item: those that give first, then those that take, both in their order,
/// without those on which nothing moves. The sum is zero, and no item passes zero.
pub fn share_out(allocation: &NewAllocation, standing: Standing<'_>) -> Result<Vec<Allocated>, AllocationFault> {
    check_shape(allocation)?;
    let gives_debits = allocation.from.first().map(|share| standing(&share.item) < 0);
    let gives_debits = gives_debits.ok_or(AllocationFault::NothingGives)?;
    let given = available(allocation, &allocation.from, standing, gives_debits)?;
    let taken = available(allocation, &allocation.to, standing, !gives_debits)?;
    let total = given.iter().sum::<i128>().min(taken.iter().sum());
    if total == 0 {
        return Err(AllocationFault::NothingTakes);
    }
    let mut allocated = Vec::new();
    for (shares, available, is_debit) in
        [(&allocation.from, given, gives_debits), (&allocation.to, taken, !gives_debits)]
    {
        let mut left = total;
        for (share, available) in shares.iter().zip(available) {
            let moved = i64::try_from(available.min(left)).expect("no share is above what an amount can be");
            left -= i128::from(moved);
            check_whole(allocation, share, moved)?;
            if moved != 0 {
                let minor = if is_debit { moved } else { -moved };
                allocated.push(Allocated { item: share.item.clone(), amount: Money::new(minor, allocation.currency) });
            }
        }
    }
    Ok(allocated)
}

/// What no look at the books is needed for.
fn check_shape(allocation: &NewAllocation) -> Result<(), AllocationFault> {
    if allocation.from.is_empty() {
        return Err(AllocationFault::NothingGives);
    }
    let actual = allocation.from.len() + allocation.to.len();
    if actual > POSTINGS_MAX {
        return Err(AllocationFault::TooManyItems { actual, max: POSTINGS_MAX });
    }
    let mut seen = HashSet::new();
    let shares = || allocation.from.iter().chain(&allocation.to);
    if let Some(Share { item, .. }) = shares().find(|share| !seen.insert(share.item.as_str())) {
        return Err(AllocationFault::ItemTwice { item: item.clone() });
    }
    match shares().find_map(|share| share.minor.filter(|minor| *minor <= 0).map(|minor| (share, minor))) {
        Some((share, minor)) => {
            let (item, given) = (share.item.clone(), Money::new(minor, allocation.currency));
            Err(AllocationFault::AmountNotPositive { item, given })
        }
        None => Ok(()),
    }
}

/// How much each share can move, without sign, if its side is to be debited or credited.
fn available(
    allocation: &NewAllocation,
    shares: &[Share],
    standing: Standing<'_>,
    is_debited: bool,
) -> Result<Vec<i128>, AllocationFault> {
    let one = |share: &Share| {
        let (item, outstanding) = (share.item.clone(), standing(&share.item));
        let there = if is_debited { -outstanding } else { outstanding };
        if outstanding == 0 {
            return Err(AllocationFault::NothingOutstanding { item });
        }
        if there < 0 {
            return Err(AllocationFault::WrongSide { item, outstanding: clamped(outstanding, allocation.currency) });
        }
        match share.minor {
            Some(asked) if i128::from(asked) > there => {
                let (outstanding, asked) =
                    (clamped(there, allocation.currency), Money::new(asked, allocation.currency));
                Err(AllocationFault::MoreThanOutstanding { item, outstanding, asked })
            }
            Some(asked) => Ok(asked.into()),
            None => Ok(there.min(i64::MAX.into())),
        }
    };
    shares.iter().map(one).collect()
}

fn check_whole(allocation: &NewAllocation, share: &Share, moved: i64) -> Result<(), AllocationFault> {
    match share.minor.filter(|asked| *asked != moved) {
        Some(asked) => Err(AllocationFault::NotWhole {
            item: share.item.clone(),
            asked: Money::new(asked, allocation.currency),
            moved: Money::new(moved, allocation.currency),
        }),
        None => Ok(()),
    }
}

fn clamped(minor: i128, currency: Currency) -> Money {
    let limit = if minor < 0 { i64::MIN } else { i64::MAX };
    Money::new(i64::try_from(minor).unwrap_or(limit), currency)
}
