//! Rules about an entry's own content, and whether two contents are the same.
//!
//! A retry is compared by what it asks for, not by who asks: actor and `linked` do not count, and an effective date
//! that is left out matches whatever date the entry got.

use jiff::civil::{Date, date};
use uuid::Uuid;

use crate::entry::{
    DESCRIPTION_BYTES_MAX, EntryKind, METADATA_BYTES_MAX, NewEntry, POSTINGS_MAX, POSTINGS_MIN, REFERENCE_BYTES_MAX,
};
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

/// Refuses an entry whose id is in the books with other content, naming the first field that differs.
pub fn same_as_stored(entry: &NewEntry, stored: &StoredEntry) -> Result<(), Rejection> {
    let compare = Comparison { id: entry.id };
    let effective_date = entry.effective_date.unwrap_or(stored.effective_date);
    compare.field("kind", stored.kind.word(), entry.kind.word())?;
    compare.field("effective_date", &stored.effective_date, &effective_date)?;
    compare.texts(
        [&stored.reference, &stored.description, text_or_empty(stored.metadata.as_ref())],
        [&entry.reference, &entry.description, text_or_empty(entry.metadata.as_ref())],
    )?;
    compare.field("relates_to", &id_text(stored.relates_to), &id_text(entry.relates_to))?;
    // The legs of a release are the ledger's own: its caller gave none.
    let first_legs = if stored.kind == EntryKind::Release { &[] } else { stored.legs.as_slice() };
    compare.field("postings", &count(first_legs.len()), &count(entry.postings.len()))?;
    for (leg, (first, given)) in first_legs.iter().zip(&entry.postings).enumerate() {
        compare.leg(leg, "account", &first.account, &given.account)?;
        compare.leg(leg, "amount", &first.amount, &given.amount)?;
        compare.leg(leg, "item", text_or_empty(first.item.as_ref()), text_or_empty(given.item.as_ref()))?;
    }
    Ok(())
}

/// The same for an entry that came earlier in the same batch.
pub fn same_as_new(entry: &NewEntry, earlier: &Accepted<'_>) -> Result<(), Rejection> {
    let first = earlier.entry;
    let compare = Comparison { id: entry.id };
    let effective_date = entry.effective_date.unwrap_or(earlier.effective_date);
    compare.field("kind", first.kind.word(), entry.kind.word())?;
    compare.field("effective_date", &earlier.effective_date, &effective_date)?;
    compare.texts(
        [&first.reference, &first.description, text_or_empty(first.metadata.as_ref())],
        [&entry.reference, &entry.description, text_or_empty(entry.metadata.as_ref())],
    )?;
    compare.field("relates_to", &id_text(first.relates_to), &id_text(entry.relates_to))?;
    compare.field("postings", &count(first.postings.len()), &count(entry.postings.len()))?;
    for (leg, (first, given)) in first.postings.iter().zip(&entry.postings).enumerate() {
        compare.leg(leg, "account", &first.account, &given.account)?;
        compare.leg(leg, "amount", &first.amount, &given.amount)?;
        compare.leg(leg, "item", text_or_empty(first.item.as_ref()), text_or_empty(given.item.as_ref()))?;
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

    fn texts(&self, first: [&String; 3], given: [&String; 3]) -> Result<(), Rejection> {
        let fields = ["reference", "description", "metadata"];
        fields.iter().zip(first).zip(given).try_for_each(|((field, first), given)| self.field(field, first, given))
    }

    fn leg<T: PartialEq + ToString>(&self, leg: usize, field: &str, first: &T, given: &T) -> Result<(), Rejection> {
        if first == given { Ok(()) } else { self.field(&format!("postings/{leg}/{field}"), first, given) }
    }
}

fn count(postings: usize) -> String {
    format!("{postings} postings")
}

fn id_text(id: Option<Uuid>) -> String {
    id.map(|id| id.to_string()).unwrap_or_default()
}

fn text_or_empty(text: Option<&String>) -> &String {
    static EMPTY: String = String::new();
    text.unwrap_or(&EMPTY)
}
