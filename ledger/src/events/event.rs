//! What has happened: an entry, under the name that its kind gives it.

use crate::entry::EntryKind;
use crate::query::EntryView;

/// An entry that was posted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Event {
    /// The commit that brought it.
    pub commit_no: i64,
    /// The entry. What takes from it later is an event of its own, so that `related` is empty.
    pub entry: EntryView,
}

impl Event {
    /// Its number: the entry's sequence.
    pub fn sequence(&self) -> i64 {
        self.entry.sequence
    }

    /// What has happened.
    pub fn event_type(&self) -> EventType {
        EventType::of(self.entry.kind)
    }

    /// About how many bytes it takes in memory.
    pub fn size(&self) -> usize {
        let entry = &self.entry;
        let metadata = entry.metadata.as_ref().map_or(0, String::len);
        let texts = entry.reference.len() + entry.description.len() + entry.actor.len() + metadata;
        let postings = entry.postings.iter().map(|leg| size_of_val(leg) + leg.item.as_ref().map_or(0, String::len));
        size_of::<Event>() + texts + postings.sum::<usize>()
    }
}

/// What has happened.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum EventType {
    /// Money was moved.
    EntryPosted,
    /// What an entry has moved was moved back, whole or in part.
    EntryReversed,
    /// Money is held.
    HoldPlaced,
    /// What was held was given back, whole or in part.
    HoldReleased,
    /// What was held was moved, whole or in part.
    HoldCaptured,
    /// A hold's time is over.
    HoldExpired,
}

impl EventType {
    /// Every type.
    pub const ALL: [EventType; 6] = [
        EventType::EntryPosted,
        EventType::EntryReversed,
        EventType::HoldPlaced,
        EventType::HoldReleased,
        EventType::HoldCaptured,
        EventType::HoldExpired,
    ];

    /// The type of an entry's event.
    pub fn of(kind: EntryKind) -> EventType {
        match kind {
            EntryKind::Post => EventType::EntryPosted,
            EntryKind::Hold => EventType::HoldPlaced,
            EntryKind::Release => EventType::HoldReleased,
            EntryKind::Capture => EventType::HoldCaptured,
            EntryKind::Expiry => EventType::HoldExpired,
            EntryKind::Reversal => EventType::EntryReversed,
        }
    }

    /// The word at every edge.
    pub fn word(self) -> &'static str {
        match self {
            EventType::EntryPosted => "entry.posted",
            EventType::EntryReversed => "entry.reversed",
            EventType::HoldPlaced => "hold.placed",
            EventType::HoldReleased => "hold.released",
            EventType::HoldCaptured => "hold.captured",
            EventType::HoldExpired => "hold.expired",
        }
    }

    /// The inverse of [`EventType::word`].
    pub fn from_word(word: &str) -> Option<EventType> {
        EventType::ALL.into_iter().find(|event_type| event_type.word() == word)
    }
}
