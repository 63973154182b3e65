//! Rules about an entry's own content, and whether two contents are the same.
//!
//! A retry is compared by what it asks for, not by who asks: actor and `linked` do not count, and an effective date
//! that is left out matches whatever date the entry got.

use jiff::civil::{Date, date};
use uuid::Uuid;

use crate::account::AccountCode;
use crate::entry::{
    DESCRIPTION_BYTES_MAX, EntryKind, METADATA_BYTES_MAX, NewEntry, POSTINGS_MAX, POSTINGS_MIN, REFERENCE_BYTES_MAX,
};
use crate::money::Money;
use crate::rejection::Rejection;

use super::{Accepted, StoredEntry};

/// The earliest effective date: before it no business of today was done.
const EARLIEST: Date = date(1970, 1, 1);
/// The latest effective date, in days past the booking date: a year, and a day for the time zones.
const FUTURE_DAYS_MAX: i64 = 366;

/// Checks texts, date and shape, in the order of [`Rejection`].
pub fn check(entry: &NewEntry, booked_on: Date) -> Result<(), Rejection> {
    check_texts(entry)?;
    check_date(entry.effective_date, booked_on)?;
    check_shape(entry)
}

fn check_texts(entry: &NewEntry) -> Result<(), Rejection> {
    let metadata = entry.metadata.as_deref().unwrap_or("");
    let own = [
        ("reference", entry.reference.as_str(), REFERENCE_BYTES_MAX),
        ("description", entry.description.as_str(), DESCRIPTION_BYTES_MAX),
        ("metadata", metadata, METADATA_BYTES_MAX),
        ("actor", entry.actor.as_str(), REFERENCE_BYTES_MAX),
    ];
    let items = entry.postings.iter().filter_map(|posting| posting.item.as_deref());
    let texts = || own.into_iter().chain(items.clone().map(|item| ("item", item, REFERENCE_BYTES_MAX)));
    if let Some((field, text, max)) = texts().find(|(_, text, max)| text.len() > *max) {
        return Err(Rejection::TextTooLong { field, actual: text.len(), max });
    }
    if let Some((field, _, _)) = texts().find(|(_, text, _)| text.contains('\0')) {
        return Err(Rejection::TextHasNul { field });
    }
    match entry.metadata.as_deref().map(serde_json::from_str::<serde::de::IgnoredAny>) {
        Some(Err(error)) => Err(Rejection::MetadataMalformed { reason: error.to_string() }),
        Some(Ok(_)) | None => Ok(()),
    }
}

fn check_date(given: Option<Date>, booked_on: Date) -> Result<(), Rejection> {
    let latest = booked_on.saturating_add(jiff::Span::new().days(FUTURE_DAYS_MAX));
    match given {
        Some(given) if !(EARLIEST..=latest).contains(&given) => {
            Err(Rejection::EffectiveDateOutOfRange { given, earliest: EARLIEST, latest })
        }
        Some(_) | None => Ok(()),
    }
}

fn check_shape(entry: &NewEntry) -> Result<(), Rejection> {
    let actual = entry.postings.len();
    match entry.kind {
        EntryKind::Post | EntryKind::Hold if !(POSTINGS_MIN..=POSTINGS_MAX).contains(&actual) => {
            Err(Rejection::PostingCount { actual, min: POSTINGS_MIN, max: POSTINGS_MAX })
        }
        EntryKind::Post | EntryKind::Hold if entry.relates_to.is_some() => {
            Err(Rejection::RelatesToNotAllowed { kind: entry.kind.word() })
        }
        EntryKind::Release if actual > 0 => Err(Rejection::ReleaseHasPostings { actual }),
        EntryKind::Release if entry.relates_to.is_none() => Err(Rejection::HoldMissing),
        EntryKind::Post | EntryKind::Hold | EntryKind::Release => Ok(()),
    }
}

/// The content of the entry that had an id first.
pub struct First<'a> {
    kind: EntryKind,
    effective_date: Date,
    reference: &'a str,
    description: &'a str,
    metadata: Option<&'a str>,
    relates_to: Option<Uuid>,
    legs: Vec<(&'a AccountCode, Money, Option<&'a str>)>,
}

impl<'a> First<'a> {
    /// Of an entry in the books.
    pub fn stored(stored: &'a StoredEntry) -> First<'a> {
        let StoredEntry { kind, effective_date, relates_to, .. } = *stored;
        let legs = stored.legs.iter().map(|leg| (&leg.account, leg.amount, leg.item.as_deref()));
        First {
            kind,
            effective_date,
            reference: &stored.reference,
            description: &stored.description,
            metadata: stored.metadata.as_deref(),
            relates_to,
            // The legs of a release are the ledger's own: its caller gave none.
            legs: if kind == EntryKind::Release { Vec::new() } else { legs.collect() },
        }
    }

    /// Of an entry that came earlier in the same batch.
    pub fn accepted(earlier: &Accepted<'a>) -> First<'a> {
        let entry = earlier.entry;
        let legs = entry.postings.iter().map(|leg| (&leg.account, leg.amount, leg.item.as_deref()));
        First {
            kind: entry.kind,
            effective_date: earlier.effective_date,
            reference: &entry.reference,
            description: &entry.description,
            metadata: entry.metadata.as_deref(),
            relates_to: entry.relates_to,
            legs: legs.collect(),
        }
    }
}

/// Refuses an entry whose id has been given to another content, naming the first field that differs.
pub fn is_same(entry: &NewEntry, first: &First<'_>) -> Result<(), Rejection> {
    let compare = Comparison { id: entry.id };
    compare.field("kind", first.kind.word(), entry.kind.word())?;
    compare.field("effective_date", &first.effective_date, &entry.effective_date.unwrap_or(first.effective_date))?;
    compare.field("reference", first.reference, &entry.reference)?;
    compare.field("description", first.description, &entry.description)?;
    compare.field("metadata", first.metadata.unwrap_or(""), entry.metadata.as_deref().unwrap_or(""))?;
    compare.field("relates_to", &id_text(first.relates_to), &id_text(entry.relates_to))?;
    compare.field("postings", &count(first.legs.len()), &count(entry.postings.len()))?;
    for (leg, ((account, amount, item), given)) in first.legs.iter().zip(&entry.postings).enumerate() {
        compare.leg(leg, "account", *account, &given.account)?;
        compare.leg(leg, "amount", amount, &given.amount)?;
        compare.leg(leg, "item", item.unwrap_or(""), given.item.as_deref().unwrap_or(""))?;
    }
    Ok(())
}

struct Comparison {
    id: Uuid,
}

impl Comparison {
    fn field<T: PartialEq + ToString + ?Sized>(&self, field: &str, first: &T, given: &T) -> Result<(), Rejection> {
        if first == given {
            return Ok(());
        }
        let (first, given) = (first.to_string(), given.to_string());
        Err(Rejection::IdConflict { id: self.id, field: field.to_owned(), first, given })
    }

    fn leg<T: PartialEq + ToString + ?Sized>(
        &self,
        leg: usize,
        field: &str,
        first: &T,
        given: &T,
    ) -> Result<(), Rejection> {
        if first == given { Ok(()) } else { self.field(&format!("postings/{leg}/{field}"), first, given) }
    }
}

fn count(postings: usize) -> String {
    format!("{postings} postings")
}

fn id_text(id: Option<Uuid>) -> String {
    id.map(|id| id.to_string()).unwrap_or_default()
}
