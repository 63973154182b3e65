//! Allocation: what stands on some open items of an account is set off against other items of the same account. A
//! payment is shared out over invoices, or several payments over one; in part, too little, or too much, in which case
//! the rest stays on the payment's item.
//!
//! An allocation is an ordinary entry, so that reversing it takes it back. Nothing is shared out that does not stand
//! there: what stands on the items is read under the head's lock, and the entry is posted before it is given back. The
//! same id with the same request gives the first answer again, whatever stands on the items since.
//!
//! Rules, in order of precedence, are the variants of [`AllocationFault`]. Costs one small statement on the items that
//! are named; where no item is named that takes the money, one pass over the items of the account, before the lock.

mod fault;
mod share_out;
pub mod sql;

pub use fault::AllocationFault;
pub use share_out::share_out;

use deadpool_postgres::Transaction;
use jiff::civil::Date;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::account::AccountCode;
use crate::decide::{Outcome, StoredLeg};
use crate::entry::{NewEntry, NewPosting, POSTINGS_MAX, Receipt};
use crate::error::Error;
use crate::journal::sql as journal;
use crate::ledger::Ledger;
use crate::money::{Currency, Money};
use crate::verify::hex;

/// An item, and how much of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Share {
    /// The item.
    pub item: String,
    /// How much, in minor units without sign; `None` for as much as there is and the other side takes.
    pub minor: Option<i64>,
}

/// What is to be shared out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewAllocation {
    /// The caller's id of the entry.
    pub id: Uuid,
    /// The account that all items are on.
    pub account: AccountCode,
    /// Its currency.
    pub currency: Currency,
    /// When it counts; `None` for the day it is booked.
    pub effective_date: Option<Date>,
    /// The business document.
    pub reference: String,
    /// A sentence.
    pub description: String,
    /// Who asks for it.
    pub actor: String,
    /// The items that give, in the order in which they do.
    pub from: Vec<Share>,
    /// The items that take, in the order in which they do; none for those of the other side that are due first.
    pub to: Vec<Share>,
}

/// What an allocation does to one item.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Allocated {
    /// The item.
    pub item: String,
    /// What is posted on it, debit positive.
    pub amount: Money,
}

/// What became of an allocation.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum AllocationOutcome {
    /// It is in the books, now or since an earlier request with the same id.
    Done {
        /// Where it stands.
        receipt: Receipt,
        /// Whether it was in the books already.
        replayed: bool,
        /// What it does.
        shares: Vec<Allocated>,
    },
    /// Nothing of it is in the books.
    Refused(AllocationFault),
}

/// Shares out inside the caller's transaction, which must not be used for anything long: it holds the head.
pub async fn allocate(
    ledger: &Ledger,
    tx: &Transaction<'_>,
    allocation: &NewAllocation,
) -> Result<AllocationOutcome, Error> {
    // Before the lock, because it goes over all items of the account. What is no longer there is left out under it.
    let candidates = if allocation.to.is_empty() { candidates(tx, allocation).await? } else { Vec::new() };
    journal::lock_head(tx).await?;
    let metadata = metadata(allocation);
    let place = journal::places(tx, &[allocation.id]).await?;
    let earlier = journal::entries(tx, &place).await?.pop();
    let shares = match earlier.filter(|(_, earlier)| earlier.metadata.as_deref() == Some(metadata.as_str())) {
        Some((_, earlier)) => earlier.legs.iter().filter_map(of_leg).collect(),
        None => match decide(tx, allocation, candidates).await? {
            Ok(shares) => shares,
            Err(fault) => return Ok(AllocationOutcome::Refused(fault)),
        },
    };
    let outcomes = ledger.post_in(tx, &[entry(allocation, &shares, metadata)]).await?;
    Ok(match outcomes.into_iter().next().expect("one outcome an entry") {
        Outcome::Posted(receipt) => AllocationOutcome::Done { receipt, replayed: false, shares },
        Outcome::Replayed(receipt) => AllocationOutcome::Done { receipt, replayed: true, shares },
        Outcome::Rejected(rejection) => AllocationOutcome::Refused(AllocationFault::Entry(rejection)),
    })
}

/// The items that are due first on the side that takes, as many as an entry has room for.
async fn candidates(tx: &Transaction<'_>, allocation: &NewAllocation) -> Result<Vec<String>, Error> {
    let Some(first) = allocation.from.first().filter(|share| can_be(&share.item)) else { return Ok(Vec::new()) };
    let room = POSTINGS_MAX.saturating_sub(allocation.from.len());
    let items = sql::items_due_first(tx, &allocation.account, &first.item, room).await?;
    Ok(items.into_iter().filter(|item| allocation.from.iter().all(|share| share.item != *item)).collect())
}

/// Whether anything can stand on an item of this name: the database has no NUL, and cannot be asked about one.
fn can_be(item: &str) -> bool {
    !item.contains('\0')
}

/// Reads what stands on the items, under the head's lock, and shares it out.
async fn decide(
    tx: &Transaction<'_>,
    allocation: &NewAllocation,
    candidates: Vec<String>,
) -> Result<Result<Vec<Allocated>, AllocationFault>, Error> {
    let account = allocation.account.clone();
    let known = journal::accounts(tx, &[account.as_str().to_owned()]).await?;
    let Some(known) = known.first().map(|known| &known.account) else {
        return Ok(Err(AllocationFault::AccountUnknown { account }));
    };
    if known.currency != allocation.currency {
        let (expected, actual) = (known.currency, allocation.currency);
        return Ok(Err(AllocationFault::CurrencyMismatch { account, expected, actual }));
    }
    if !known.open_item {
        return Ok(Err(AllocationFault::NoOpenItems { account }));
    }
    let named = allocation.from.iter().chain(&allocation.to).map(|share| share.item.as_str());
    let items: Vec<&str> = named.filter(|item| can_be(item)).chain(candidates.iter().map(String::as_str)).collect();
    let standing = sql::standing(tx, known.no, &items).await?;
    let stands = |item: &str| standing.get(item).copied().unwrap_or(0);
    let still_there = candidates.into_iter().filter(|item| stands(item) != 0);
    let found = still_there.map(|item| Share { item, minor: None });
    let to = allocation.to.iter().cloned().chain(found).collect();
    Ok(share_out(&NewAllocation { to, ..allocation.clone() }, &stands))
}

fn of_leg(leg: &StoredLeg) -> Option<Allocated> {
    Some(Allocated { item: leg.item.clone()?, amount: leg.amount })
}

fn entry(allocation: &NewAllocation, shares: &[Allocated], metadata: String) -> NewEntry {
    let posting =
        |share: &Allocated| NewPosting::new(allocation.account.clone(), share.amount, Some(share.item.clone()));
    NewEntry {
        id: allocation.id,
        effective_date: allocation.effective_date,
        reference: allocation.reference.clone(),
        description: allocation.description.clone(),
        metadata: Some(metadata),
        actor: allocation.actor.clone(),
        postings: shares.iter().map(posting).collect(),
        ..NewEntry::default()
    }
}

/// What the entry says of its request: the same for the same request, so that a retry is known by it.
fn metadata(allocation: &NewAllocation) -> String {
    let mut hasher = Sha256::new();
    for (side, shares) in [(b"f", &allocation.from), (b"t", &allocation.to)] {
        for Share { item, minor } in shares {
            hasher.update(side);
            hasher.update((item.len() as u64).to_be_bytes());
            hasher.update(item.as_bytes());
            hasher.update(minor.unwrap_or(0).to_be_bytes()); // zero is no amount
        }
    }
    format!(r#"{{"journal":"allocation","request":"{}"}}"#, hex(&hasher.finalize().into()))
}

#[cfg(test)]
mod tests;
