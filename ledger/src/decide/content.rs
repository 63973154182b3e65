//! Rules about an entry's own content, and whether two contents are the same.
//!
//! A retry is compared by what it asks for, not by who asks and how: actor, template, `late` and `linked` do not count,
//! and an effective date that is left out matches whatever date the entry got, as does a due date of what is taken.

use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use crate::account::AccountCode;
use crate::clock;
use crate::entry::{
    DESCRIPTION_BYTES_MAX, EntryKind, METADATA_BYTES_MAX, NewEntry, NewPosting, POSTINGS_MAX, POSTINGS_MIN,
    REFERENCE_BYTES_MAX,
};
use crate::money::Money;
use crate::rejection::Rejection;

use super::{Accepted, Leg, StoredEntry, dates};

/// Checks texts, date (up to `latest`) and shape, in the order of [`Rejection`].
pub fn check(entry: &NewEntry, booked_at: Timestamp, latest: Date) -> Result<(), Rejection> {
    check_texts(entry)?;
    dates::check(entry.effective_date, latest)?;
    check_shape(entry)?;
    check_expiry(entry, booked_at)?;
    if entry.at_most && (entry.kind.relates() || entry.postings.len() != 2) {
        return Err(Rejection::AtMostNotAllowed);
    }
    Ok(())
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
    if texts().any(|(_, text, max)| text.len() > max || has_nul(text)) {
        if let Some((field, text, max)) = texts().find(|(_, text, max)| text.len() > *max) {
            return Err(Rejection::TextTooLong { field, actual: text.len(), max });
        }
        if let Some((field, _, _)) = texts().find(|(_, text, _)| has_nul(text)) {
            return Err(Rejection::TextHasNul { field });
        }
    }
    match entry.metadata.as_deref().map(serde_json::from_str::<serde::de::IgnoredAny>) {
        Some(Err(error)) => Err(Rejection::MetadataMalformed { reason: error.to_string() }),
        Some(Ok(_)) | None => Ok(()),
    }
}

fn has_nul(text: &str) -> bool {
    text.as_bytes().contains(&0)
}

fn check_shape(entry: &NewEntry) -> Result<(), Rejection> {
    let kind = entry.kind.word();
    if entry.kind == EntryKind::Expiry {
        return Err(Rejection::KindReserved { kind });
    }
    let actual = entry.postings.len();
    let takes_all = entry.kind.relates() && actual == 0;
    if !takes_all && !(POSTINGS_MIN..=POSTINGS_MAX).contains(&actual) {
        return Err(Rejection::PostingCount { actual, min: POSTINGS_MIN, max: POSTINGS_MAX });
    }
    match (entry.kind, entry.relates_to, entry.hold_group) {
        (EntryKind::Post | EntryKind::Hold, Some(_), _) => Err(Rejection::RelatesToNotAllowed { kind }),
        (EntryKind::Reversal, None, _) | (EntryKind::Release | EntryKind::Capture, None, None) => {
            Err(Rejection::RelatesToMissing { kind })
        }
        (EntryKind::Post | EntryKind::Reversal, _, Some(_))
        | (EntryKind::Release | EntryKind::Capture, Some(_), Some(_)) => Err(Rejection::HoldGroupNotAllowed),
        (EntryKind::Release | EntryKind::Capture, None, Some(_)) if !takes_all => Err(Rejection::HoldGroupNotAllowed),
        _ => Ok(()),
    }
}

fn check_expiry(entry: &NewEntry, booked_at: Timestamp) -> Result<(), Rejection> {
    match entry.expires_at {
        Some(_) if entry.kind != EntryKind::Hold => Err(Rejection::ExpiryNotAllowed { kind: entry.kind.word() }),
        Some(given) if given <= booked_at => Err(Rejection::ExpiryPassed { given, booked_at }),
        Some(_) | None => Ok(()),
    }
}

/// The content of the entry that had an id first.
pub struct First<'a> {
    kind: EntryKind,
    /// The day that was asked for.
    date: Date,
    adjusting: bool,
    reference: &'a str,
    description: &'a str,
    metadata: Option<&'a str>,
    relates_to: Option<Uuid>,
    hold_group: Option<Uuid>,
    expires_at: Option<Timestamp>,
    at_most: bool,
    legs: Vec<FirstLeg<'a>>,
}

struct FirstLeg<'a> {
    account: &'a AccountCode,
    amount: Money,
    item: Option<&'a str>,
    due_date: Option<Date>,
}

impl<'a> First<'a> {
    /// Of an entry in the books.
    pub fn stored(stored: &'a StoredEntry) -> First<'a> {
        let StoredEntry { kind, relates_to, hold_group, expires_at, adjusting, at_most_minor, .. } = *stored;
        let asked = |amount: Money| match at_most_minor.filter(|_| !kind.relates()) {
            Some(minor) => Money::new(minor * amount.minor.signum(), amount.currency),
            None => amount,
        };
        // What a capture no longer holds is the ledger's own; of what takes all that is left, so is everything.
        let takes_all = kind.relates() && at_most_minor.is_some();
        let own = stored.legs.iter().filter(|leg| leg.layer == kind.layer() && !takes_all);
        let legs = own.map(|leg| FirstLeg {
            account: &leg.account,
            amount: asked(leg.amount),
            item: leg.item.as_deref(),
            due_date: leg.due_date,
        });
        First {
            kind,
            date: stored.value_date.unwrap_or(stored.effective_date),
            adjusting,
            reference: &stored.reference,
            description: &stored.description,
            metadata: stored.metadata.as_deref(),
            relates_to,
            hold_group,
            expires_at,
            at_most: at_most_minor.is_some() && !kind.relates(),
            legs: legs.collect(),
        }
    }

    /// Of an entry that came earlier in the same batch, with its legs as they were decided.
    pub fn accepted(earlier: &Accepted<'a>, legs: &[Leg<'_>]) -> First<'a> {
        let entry = earlier.entry;
        let own = legs.iter().filter(|leg| leg.layer == entry.kind.layer());
        let leg = |(given, decided): (&'a NewPosting, &Leg<'_>)| {
            let NewPosting { account, amount, item, .. } = given;
            FirstLeg { account, amount: *amount, item: item.as_deref(), due_date: decided.due_date }
        };
        First {
            kind: entry.kind,
            date: earlier.value_date.unwrap_or(earlier.effective_date),
            adjusting: entry.adjusting,
            reference: &entry.reference,
            description: &entry.description,
            metadata: entry.metadata.as_deref(),
            relates_to: entry.relates_to,
            hold_group: entry.hold_group,
            expires_at: entry.expires_at.map(clock::as_kept),
            at_most: entry.at_most,
            legs: entry.postings.iter().zip(own).map(leg).collect(),
        }
    }
}

/// Refuses an entry whose id has been given to another content, naming the first field that differs.
pub fn is_same(entry: &NewEntry, first: &First<'_>) -> Result<(), Rejection> {
    let compare = Comparison { id: entry.id };
    compare.field("kind", first.kind.word(), entry.kind.word())?;
    compare.field("effective_date", &first.date, &entry.effective_date.unwrap_or(first.date))?;
    compare.field("adjusting", &first.adjusting, &entry.adjusting)?;
    compare.field("reference", first.reference, &entry.reference)?;
    compare.field("description", first.description, &entry.description)?;
    compare.field("metadata", first.metadata.unwrap_or(""), entry.metadata.as_deref().unwrap_or(""))?;
    compare.field("relates_to", &text(first.relates_to), &text(entry.relates_to))?;
    compare.field("hold_group", &text(first.hold_group), &text(entry.hold_group))?;
    compare.field("expires_at", &text(first.expires_at), &text(entry.expires_at.map(clock::as_kept)))?;
    compare.field("at_most", &first.at_most, &entry.at_most)?;
    compare.field("postings", &count(first.legs.len()), &count(entry.postings.len()))?;
    for (leg, (first, given)) in first.legs.iter().zip(&entry.postings).enumerate() {
        compare.leg(leg, "account", first.account, &given.account)?;
        compare.leg(leg, "amount", &first.amount, &given.amount)?;
        compare.leg(leg, "item", first.item.unwrap_or(""), given.item.as_deref().unwrap_or(""))?;
        let as_the_original = first.due_date.filter(|_| entry.kind.relates());
        compare.leg(leg, "due_date", &text(first.due_date), &text(given.due_date.or(as_the_original)))?;
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

fn text(value: Option<impl ToString>) -> String {
    value.map(|value| value.to_string()).unwrap_or_default()
}
