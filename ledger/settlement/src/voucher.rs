//! A voucher: one journal being written down, leg by leg, until it is an entry.
//!
//! Amounts are given as positive minor units on their side. A leg of zero is left out, and a voucher on which nothing
//! moves is no entry. Debits equal credits, or the program that wrote the voucher is wrong and stops.

use dianfu_ledger::account::AccountCode;
use dianfu_ledger::entry::{EntryKind, NewEntry, NewPosting};
use dianfu_ledger::money::{Currency, Money};
use jiff::civil::Date;
use uuid::Uuid;

/// What stands above the legs.
#[derive(Clone, Debug)]
pub struct Heading<'a> {
    /// The entry's id, derived from the fact.
    pub id: Uuid,
    /// The journal's number in the chart of journals, such as `J3`; kept in the metadata.
    pub journal: &'a str,
    /// When it counts.
    pub on: Date,
    /// The business document: a claim or payout number.
    pub reference: &'a str,
    /// A sentence for a person.
    pub description: String,
    /// Who asked for it.
    pub actor: &'a str,
}

/// An entry being written.
#[derive(Debug)]
pub struct Voucher {
    entry: NewEntry,
    currency: Currency,
}

impl Voucher {
    /// A voucher that moves money.
    pub fn post(heading: Heading<'_>, currency: Currency) -> Voucher {
        Voucher { entry: headed(heading, EntryKind::Post), currency }
    }

    /// A voucher that holds money.
    pub fn hold(heading: Heading<'_>, currency: Currency) -> Voucher {
        Voucher { entry: headed(heading, EntryKind::Hold), currency }
    }

    /// Adds a debit.
    #[must_use]
    pub fn debit(self, account: AccountCode, minor: i64, item: Option<&str>) -> Voucher {
        self.leg(account, minor, 1, item)
    }

    /// Adds a credit.
    #[must_use]
    pub fn credit(self, account: AccountCode, minor: i64, item: Option<&str>) -> Voucher {
        self.leg(account, minor, -1, item)
    }

    /// The entry; `None` if nothing moves.
    pub fn close(self) -> Option<NewEntry> {
        let total: i128 = self.entry.postings.iter().map(|posting| i128::from(posting.amount.minor)).sum();
        assert_eq!(total, 0, "the journal {:?} does not balance", self.entry.metadata);
        (!self.entry.postings.is_empty()).then_some(self.entry)
    }

    fn leg(mut self, account: AccountCode, minor: i64, sign: i64, item: Option<&str>) -> Voucher {
        assert!(minor >= 0, "{account}: a side takes no negative amount");
        if minor > 0 {
            let amount = Money::new(minor * sign, self.currency);
            self.entry.postings.push(NewPosting::new(account, amount, item.map(str::to_owned)));
        }
        self
    }
}

/// The entry that undoes a hold as a whole.
pub fn release(heading: Heading<'_>, hold: Uuid) -> NewEntry {
    NewEntry { relates_to: Some(hold), ..headed(heading, EntryKind::Release) }
}

/// Ties entries together: they are posted whole or not at all.
pub fn link(entries: &mut [NewEntry]) {
    let Some((last, others)) = entries.split_last_mut() else { return };
    last.linked = false;
    for entry in others {
        entry.linked = true;
    }
}

fn headed(heading: Heading<'_>, kind: EntryKind) -> NewEntry {
    NewEntry {
        id: heading.id,
        kind,
        effective_date: Some(heading.on),
        reference: heading.reference.to_owned(),
        description: heading.description,
        metadata: Some(serde_json::json!({ "journal": heading.journal }).to_string()),
        actor: heading.actor.to_owned(),
        late: true, // it has happened, whatever is closed meanwhile
        ..NewEntry::default()
    }
}
