//! The rules for sharing out what stands on open items, said a second time.

use dianfu_ledger::account::AccountCode;
use dianfu_ledger::allocation::{AllocationFault, NewAllocation, Share};
use dianfu_ledger::entry::{EntryKind, Layer, NewEntry, NewPosting};
use dianfu_ledger::money::{Currency, Money};
use dianfu_ledger::verify::hex;
use jiff::civil::Date;
use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use super::books::{Books, Expected, clamped};
use super::chart;

/// Draws an allocation: a new one, one of what was posted lately, or one of the earlier ones again.
pub fn allocation(earlier: &[NewAllocation], posted: &[NewEntry]) -> BoxedStrategy<NewAllocation> {
    let legs = posted.iter().filter(|entry| entry.kind == EntryKind::Post).flat_map(|entry| &entry.postings);
    let open: Vec<NewPosting> = legs.filter(|leg| leg.item.is_some()).cloned().collect();
    let of_leg = |leg: Option<NewPosting>, whole: bool, other: NewAllocation| match leg {
        Some(leg) => NewAllocation {
            account: leg.account,
            currency: leg.amount.currency,
            from: vec![Share { item: leg.item.unwrap(), minor: if whole { None } else { Some(7) } }],
            to: if whole { Vec::new() } else { other.to.clone() },
            ..other
        },
        None => other,
    };
    let leg = if open.is_empty() { Just(None).boxed() } else { select(open).prop_map(Some).boxed() };
    let of_posted = (leg, prop::bool::weighted(0.7), new_allocation())
        .prop_map(move |(leg, whole, other)| of_leg(leg, whole, other));
    let again = if earlier.is_empty() { new_allocation().boxed() } else { select(earlier.to_vec()).boxed() };
    prop_oneof![4 => of_posted, 3 => new_allocation(), 2 => again].boxed()
}

/// Mostly on an account that keeps items, mostly of all that there is.
fn new_allocation() -> impl Strategy<Value = NewAllocation> {
    let keeps_items = chart::all().into_iter().filter(|account| account.open_item).collect::<Vec<_>>();
    let account = prop_oneof![12 => select(keeps_items), 1 => select(chart::all())];
    let account = (account, 0..16_u8).prop_map(|(account, other)| match other {
        0 => (chart::nobodys(), account.currency),
        1 => (account.code, "KWD".parse().unwrap()),
        _ => (account.code, account.currency),
    });
    let minor = prop_oneof![6 => Just(None), 3 => (1..300_i64).prop_map(Some), 1 => select(vec![Some(0), Some(-5)])];
    let item = select(vec!["CLM-1", "CLM-2", "CLM-3", "CLM-9"]);
    let items = prop_oneof![
        12 => subsequence(vec!["CLM-1", "CLM-2", "CLM-3"], 1..=3).prop_shuffle(),
        2 => prop::collection::vec(item, 0..4),
    ];
    let shares = items.prop_flat_map(move |items| {
        let share = |item: &str, minor| Share { item: item.to_owned(), minor };
        let minors = prop::collection::vec(minor.clone(), items.len());
        minors.prop_map(move |minors| items.iter().zip(minors).map(|(item, minor)| share(item, minor)).collect())
    });
    let sides = (shares, any::<Index>()).prop_map(|(mut from, at): (Vec<Share>, Index)| {
        let to = from.split_off(1.min(from.len()).max(at.index(from.len() + 1)));
        (from, to)
    });
    let id = prop_oneof![9 => any::<u128>(), 2 => 1_000..1_004_u128];
    (account, sides, id, 0..60_i8).prop_map(|((account, currency), (from, to), id, day)| NewAllocation {
        id: Uuid::from_u128(id),
        account,
        currency,
        effective_date: (1..32).contains(&day).then(|| Date::constant(2024, 1, day)),
        reference: "R-2".to_owned(),
        description: "shared out".to_owned(),
        actor: "model".to_owned(),
        from,
        to,
    })
}

/// What became of an allocation, and what it moves on each item.
pub type Shared = Result<(Expected, Vec<(String, Money)>), AllocationFault>;

impl Books {
    /// What becomes of an allocation; if it is posted, it is in the books.
    pub fn allocate(&mut self, wanted: &NewAllocation) -> Shared {
        let metadata = metadata(wanted);
        let earlier = self.find(wanted.id).map(|(_, earlier)| earlier);
        let shares: Vec<(String, Money)> = match earlier {
            Some(earlier) if earlier.given.metadata.as_ref() == Some(&metadata) => {
                earlier.legs.iter().filter_map(|leg| Some((leg.posting.item.clone()?, leg.posting.amount))).collect()
            }
            _ => self.share_out(wanted)?,
        };
        let posting = |(item, amount): &(String, Money)| NewPosting {
            account: wanted.account.clone(),
            amount: *amount,
            item: Some(item.clone()),
            due_date: None,
        };
        let entry = NewEntry {
            id: wanted.id,
            kind: EntryKind::Post,
            effective_date: wanted.effective_date,
            reference: wanted.reference.clone(),
            description: wanted.description.clone(),
            metadata: Some(metadata),
            actor: wanted.actor.clone(),
            postings: shares.iter().map(posting).collect(),
            ..NewEntry::default()
        };
        let answer = self.post_entry(&entry).map_err(AllocationFault::Entry)?;
        Ok((answer, shares))
    }

    fn share_out(&self, wanted: &NewAllocation) -> Result<Vec<(String, Money)>, AllocationFault> {
        self.account_of(wanted)?;
        let NewAllocation { account, currency, from, .. } = wanted;
        let Some(first) = from.first() else { return Err(AllocationFault::NothingGives) };
        names_and_amounts(wanted)?;
        let stands = |share: &Share| self.stands_on(account, &share.item).0;
        let to = if wanted.to.is_empty() { self.due_first(account, from) } else { wanted.to.clone() };
        // What gives is brought nearer to zero, and so is what takes, from the other side.
        let direction = -stands(first).signum();
        let give = room(from, &stands, if direction == 0 { -1 } else { direction }, *currency)?;
        let take = room(&to, &stands, if direction == 0 { 1 } else { -direction }, *currency)?;
        let all = give.iter().sum::<i128>().min(take.iter().sum());
        if all == 0 {
            return Err(AllocationFault::NothingTakes);
        }
        let mut moved = part_of(from, &give, all, direction, *currency)?;
        moved.extend(part_of(&to, &take, all, -direction, *currency)?);
        Ok(moved)
    }

    fn account_of(&self, wanted: &NewAllocation) -> Result<(), AllocationFault> {
        let account = wanted.account.clone();
        let Some(known) = self.accounts.get(&account) else { return Err(AllocationFault::AccountUnknown { account }) };
        let (expected, actual) = (known.opened.currency, wanted.currency);
        if expected != actual {
            return Err(AllocationFault::CurrencyMismatch { account, expected, actual });
        }
        if known.opened.open_item { Ok(()) } else { Err(AllocationFault::NoOpenItems { account }) }
    }

    /// What stands on an item, and when it is due: the latest day that was given, else its first.
    fn stands_on(&self, account: &AccountCode, item: &str) -> (i128, Option<Date>) {
        let (mut stands, mut first, mut due) = (0, None::<Date>, None);
        for entry in &self.entries {
            for leg in entry.legs.iter().filter(|leg| leg.layer == Layer::Settled) {
                if leg.posting.account == *account && leg.posting.item.as_deref() == Some(item) {
                    stands += i128::from(leg.posting.amount.minor);
                    first = Some(first.map_or(entry.date, |first| first.min(entry.date)));
                    due = due.max(leg.posting.due_date);
                }
            }
        }
        (stands, due.or(first))
    }

    /// The items on the other side than the first that gives, those that are due first before the others.
    fn due_first(&self, account: &AccountCode, from: &[Share]) -> Vec<Share> {
        let legs = self.entries.iter().flat_map(|entry| &entry.legs).filter(|leg| leg.posting.account == *account);
        let mut items: Vec<&str> = legs.filter_map(|leg| leg.posting.item.as_deref()).collect();
        items.sort_unstable();
        items.dedup();
        let side = self.stands_on(account, &from[0].item).0.signum();
        items.retain(|item| side != 0 && self.stands_on(account, item).0.signum() == -side);
        items.sort_by_key(|item| self.stands_on(account, item).1);
        items.retain(|item| from.iter().all(|share| share.item != *item));
        items.into_iter().map(|item| Share { item: item.to_owned(), minor: None }).collect()
    }
}

fn names_and_amounts(wanted: &NewAllocation) -> Result<(), AllocationFault> {
    let shares: Vec<&Share> = wanted.from.iter().chain(&wanted.to).collect();
    for (at, share) in shares.iter().enumerate() {
        if shares[..at].iter().any(|earlier| earlier.item == share.item) {
            return Err(AllocationFault::ItemTwice { item: share.item.clone() });
        }
    }
    for share in shares {
        if let Some(minor) = share.minor.filter(|minor| *minor <= 0) {
            let given = Money::new(minor, wanted.currency);
            return Err(AllocationFault::AmountNotPositive { item: share.item.clone(), given });
        }
    }
    Ok(())
}

/// How much each share can be moved in a direction, without sign.
fn room(
    shares: &[Share],
    stands: &impl Fn(&Share) -> i128,
    direction: i128,
    currency: Currency,
) -> Result<Vec<i128>, AllocationFault> {
    let mut room = Vec::new();
    for share in shares {
        let (stands, item) = (stands(share), share.item.clone());
        if stands == 0 {
            return Err(AllocationFault::NothingOutstanding { item });
        }
        if stands.signum() == direction {
            return Err(AllocationFault::WrongSide { item, outstanding: clamped(stands, currency) });
        }
        room.push(match share.minor {
            Some(asked) if i128::from(asked) > stands.abs() => {
                let (outstanding, asked) = (clamped(stands.abs(), currency), Money::new(asked, currency));
                return Err(AllocationFault::MoreThanOutstanding { item, outstanding, asked });
            }
            Some(asked) => i128::from(asked),
            None => stands.abs().min(i64::MAX.into()),
        });
    }
    Ok(room)
}

/// Takes from one share after the other until all is moved. An amount that was asked for is moved whole.
fn part_of(
    shares: &[Share],
    room: &[i128],
    all: i128,
    direction: i128,
    currency: Currency,
) -> Result<Vec<(String, Money)>, AllocationFault> {
    let (mut left, mut moved) = (all, Vec::new());
    for (share, room) in shares.iter().zip(room) {
        let part = left.min(*room);
        left -= part;
        let money = |minor: i128| Money::new(i64::try_from(minor).unwrap(), currency);
        if let Some(asked) = share.minor.filter(|asked| i128::from(*asked) != part) {
            let (item, asked) = (share.item.clone(), Money::new(asked, currency));
            return Err(AllocationFault::NotWhole { item, asked, moved: money(part) });
        }
        if part != 0 {
            moved.push((share.item.clone(), money(part * direction)));
        }
    }
    Ok(moved)
}

/// What the entry says of its request.
fn metadata(wanted: &NewAllocation) -> String {
    let mut request = Vec::new();
    for (side, shares) in [('f', &wanted.from), ('t', &wanted.to)] {
        for Share { item, minor } in shares {
            request.push(u8::try_from(side).unwrap());
            request.extend(u64::try_from(item.len()).unwrap().to_be_bytes());
            request.extend(item.bytes());
            request.extend(minor.unwrap_or_default().to_be_bytes());
        }
    }
    let digest = hex(&Sha256::digest(request).into());
    format!(r#"{{"journal":"allocation","request":"{digest}"}}"#)
}
