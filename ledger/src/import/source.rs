//! Ids for entries that come without one: from the books that they come from, and what they say.
//!
//! The same entry of the same source gets the same id for ever, so that a file that has grown, or is taken in again,
//! posts what is new in it. Entries that say the same are told apart by their number among those: two equal payments of
//! a day are two, also the next time. An entry that was changed is another one.
//!
//! Costs a SHA-256 and twenty-odd bytes of memory an entry without an id; nothing for the others.

use std::collections::HashMap;
use std::io;

use bytes::BytesMut;
use foldhash::fast::RandomState;
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use sha2::{Digest, Sha256};

use crate::entry::NewEntry;
use crate::id;
use crate::journal::codec::{EntryRow, PostingRow};

use super::{Numbered, Record};

/// The books that a file comes from, and what of it has been read.
pub struct Source {
    subject: String,
    /// How many entries there were that say the same, by a digest of that.
    seen: HashMap<[u8; 16], u32, RandomState>,
}

impl Source {
    /// Of that name.
    pub fn new(name: &str) -> Source {
        Source { subject: format!("import from {name}"), seen: HashMap::default() }
    }

    /// Gives an entry its id if it has none.
    fn identify(&mut self, entry: &mut NewEntry) {
        if !entry.id.is_nil() {
            return;
        }
        let digest = digest(entry);
        let number = self.seen.entry(digest).or_default();
        *number += 1;
        let midnight = entry.effective_date.and_then(|date| date.to_zoned(TimeZone::UTC).ok());
        let since = midnight.map_or(Timestamp::UNIX_EPOCH, |zoned| zoned.timestamp());
        let fact = format!("{:032x}, {number}", u128::from_be_bytes(digest));
        entry.id = id::entry_id(since, &self.subject, &fact);
    }
}

/// Of all that an entry says, as it would be written.
fn digest(entry: &NewEntry) -> [u8; 16] {
    let effective_date = entry.effective_date.unwrap_or(Date::MIN);
    let mut rows = BytesMut::new();
    EntryRow {
        sequence: 0,
        entry_id: entry.id,
        kind: entry.kind.number(),
        effective_date,
        booked_at: Timestamp::UNIX_EPOCH,
        value_date: None,
        relates_to: entry.relates_to,
        hold_group: entry.hold_group,
        expires_at: entry.expires_at,
        at_most_minor: None,
        adjusting: entry.adjusting,
        template_no: entry.template_no,
        reference: &entry.reference,
        description: &entry.description,
        metadata: entry.metadata.as_deref(),
        actor: &entry.actor,
    }
    .encode(&mut rows);
    for posting in &entry.postings {
        rows.extend_from_slice(posting.account.as_str().as_bytes());
        PostingRow {
            sequence: 0,
            amount_minor: posting.amount.minor,
            debits_after: 0,
            credits_after: 0,
            account_no: 0,
            effective_date,
            leg: 0,
            layer: 0,
            currency: posting.amount.currency.code(),
            item: posting.item.as_deref(),
            due_date: posting.due_date,
        }
        .encode(&mut rows);
    }
    let [digest, _] = *Sha256::digest(&rows).as_chunks::<16>().0 else { unreachable!("a SHA-256 is 32 bytes") };
    digest
}

/// Records of which every entry has an id.
pub struct Identified<I> {
    records: I,
    source: Source,
}

impl<I> Identified<I> {
    /// Of a file from its beginning.
    pub fn new(records: I, source: Source) -> Identified<I> {
        Identified { records, source }
    }
}

impl<I: Iterator<Item = io::Result<Numbered>>> Iterator for Identified<I> {
    type Item = io::Result<Numbered>;

    fn next(&mut self) -> Option<Self::Item> {
        let mut read = self.records.next()?;
        if let Ok(Numbered { record: Ok(Record::Entry(entry)), .. }) = &mut read {
            self.source.identify(entry);
        }
        Some(read)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::account::AccountCode;
    use crate::entry::NewPosting;
    use crate::money::{Currency, Money};

    fn entry(description: &str, account: &str, minor: i64) -> NewEntry {
        let leg = |account: &str, minor| {
            NewPosting::new(AccountCode::parse(account).unwrap(), Money::new(minor, Currency::CNY), None)
        };
        let postings = vec![leg(account, minor), leg("1002", -minor)];
        NewEntry { description: description.to_owned(), postings, ..NewEntry::default() }
    }

    fn ids(name: &str, entries: &[NewEntry]) -> Vec<Uuid> {
        let numbered = |entry: &NewEntry| Ok(Numbered { line: 1, record: Ok(Record::Entry(Box::new(entry.clone()))) });
        let read = Identified::new(entries.iter().map(numbered), Source::new(name));
        read.map(|read| match read.unwrap().record.unwrap() {
            Record::Entry(entry) => entry.id,
            other => panic!("{other:?}"),
        })
        .collect()
    }

    #[test]
    fn what_is_there_keeps_its_id_when_a_file_grows() {
        let [tea, more, other] = [entry("tea", "6602", 500), entry("tea", "6602", 501), entry("tea", "6603", 500)];
        let short = ids("shop", &[tea.clone(), tea.clone(), more.clone()]);
        let long = ids("shop", &[other.clone(), tea.clone(), more.clone(), tea.clone(), tea.clone()]);
        assert_eq!((long[1], long[3], long[2]), (short[0], short[1], short[2]));
        let mut all = [long.clone(), ids("stall", std::slice::from_ref(&tea))].concat();
        all.sort();
        all.dedup();
        assert_eq!(all.len(), 6, "each is one of its own");
        let own = NewEntry { id: Uuid::from_u128(7), ..tea };
        assert_eq!(ids("shop", &[own]), [Uuid::from_u128(7)]);
    }
}
