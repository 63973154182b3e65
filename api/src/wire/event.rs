//! Events and the cursors of those who read them.

use std::sync::Arc;

use dianfu_ledger::events::{Cursor, CursorAct, Event, EventType, Filter, Page};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::entry::EntryBody;

/// An entry as something that has happened.
#[derive(Serialize, ToSchema)]
#[schema(as = Event)]
pub struct EventBody {
    /// Its number: the entry's sequence. Dense, from 1, in the order of posting.
    pub sequence: i64,
    /// `entry.posted`, `entry.reversed`, `hold.placed`, `hold.released`, `hold.captured` or `hold.expired`.
    #[schema(value_type = String, example = "hold.captured")]
    r#type: &'static str,
    /// The commit that brought it.
    commit_no: i64,
    /// When the ledger knew it.
    #[schema(value_type = String, format = DateTime)]
    booked_at: Timestamp,
    /// As `GET /v1/entries` shows it, but that `related` is empty: what takes from it later is an event of its own, and
    /// an event read twice is the same.
    entry: EntryBody,
}

impl TryFrom<&Event> for EventBody {
    type Error = serde_json::Error;

    fn try_from(event: &Event) -> Result<EventBody, serde_json::Error> {
        Ok(EventBody {
            sequence: event.sequence(),
            r#type: event.event_type().word(),
            commit_no: event.commit_no,
            booked_at: event.entry.booked_at,
            entry: event.entry.clone().try_into()?,
        })
    }
}

/// Events in order.
#[derive(Serialize, ToSchema)]
#[schema(as = EventPage)]
pub struct EventPageBody {
    /// Those that the filter lets through.
    pub events: Vec<EventBody>,
    /// What to send as `after` next: all events up to it are here, or are not wanted. It moves also when none is here.
    pub next: i64,
    /// The last sequence in the book, when this was read.
    pub head: i64,
}

impl TryFrom<Page> for EventPageBody {
    type Error = serde_json::Error;

    fn try_from(page: Page) -> Result<EventPageBody, serde_json::Error> {
        let body = |event: &Arc<Event>| EventBody::try_from(event.as_ref());
        let events = page.events.iter().map(body).collect::<Result<_, _>>()?;
        Ok(EventPageBody { events, next: page.next, head: page.head })
    }
}

/// Reads types of events, separated by commas.
pub fn types(text: &str) -> Result<Vec<EventType>, String> {
    let all = || EventType::ALL.map(EventType::word).join(", ");
    let read = |word: &str| {
        EventType::from_word(word.trim()).ok_or_else(|| format!("'{word}' is no type of events; there are {}", all()))
    };
    text.split(',').map(read).collect()
}

/// A filter out of its parts.
pub fn filter(
    prefix: Option<String>,
    types: Option<Vec<EventType>>,
    journal: Option<String>,
    template_no: Option<i32>,
) -> Filter {
    Filter { prefix, types, journal, template_no }
}

/// How far a reader of events is.
#[derive(Serialize, ToSchema)]
#[schema(as = EventCursor)]
pub struct CursorBody {
    #[schema(example = "warehouse")]
    name: String,
    /// Everything up to this sequence was dealt with.
    position: i64,
    /// Raised by everybody who takes it or puts it elsewhere.
    fence: i64,
    /// Events between it and the end of the book.
    behind: i64,
    /// Who holds it now.
    holder: Option<String>,
    /// Until when, unless he holds it longer.
    #[schema(value_type = Option<String>, format = DateTime)]
    held_until: Option<Timestamp>,
    /// The event that stops it.
    failure: Option<CursorFailureBody>,
    /// When it was made.
    #[schema(value_type = String, format = DateTime)]
    created_at: Timestamp,
    /// When it last moved.
    #[schema(value_type = String, format = DateTime)]
    moved_at: Timestamp,
}

/// An event that could not be dealt with. Its cursor does not go past it.
#[derive(Serialize, ToSchema)]
#[schema(as = EventCursorFailure)]
struct CursorFailureBody {
    sequence: i64,
    /// What the worker said.
    error: String,
    /// How often in a row.
    count: i32,
    /// The last time.
    #[schema(value_type = String, format = DateTime)]
    failed_at: Timestamp,
}

impl From<Cursor> for CursorBody {
    fn from(cursor: Cursor) -> CursorBody {
        CursorBody {
            behind: (cursor.head - cursor.position).max(0),
            name: cursor.name,
            position: cursor.position,
            fence: cursor.fence,
            holder: cursor.holder,
            held_until: cursor.held_until,
            failure: cursor.failure.map(|failure| CursorFailureBody {
                sequence: failure.sequence,
                error: failure.error,
                count: failure.count,
                failed_at: failure.failed_at,
            }),
            created_at: cursor.created_at,
            moved_at: cursor.moved_at,
        }
    }
}

/// All cursors, by name.
#[derive(Serialize, ToSchema)]
#[schema(as = EventCursors)]
pub struct CursorsBody {
    /// The cursors.
    pub cursors: Vec<CursorBody>,
}

/// One cursor, and what people have done to it.
#[derive(Serialize, ToSchema)]
#[schema(as = EventCursorWithActs)]
pub struct CursorWithActsBody {
    /// The cursor.
    #[serde(flatten)]
    pub cursor: CursorBody,
    /// Newest first; at most a thousand.
    pub acts: Vec<CursorActBody>,
}

/// What somebody has done to a cursor.
#[derive(Serialize, ToSchema)]
#[schema(as = EventCursorAct)]
pub struct CursorActBody {
    /// `created`, `set`, `skipped` or `dropped`.
    act: String,
    /// Where it was.
    from: Option<i64>,
    /// Where it was put.
    to: Option<i64>,
    actor: String,
    reason: String,
    #[schema(value_type = String, format = DateTime)]
    recorded_at: Timestamp,
}

impl From<CursorAct> for CursorActBody {
    fn from(CursorAct { act, from, to, actor, reason, recorded_at }: CursorAct) -> CursorActBody {
        CursorActBody { act, from, to, actor, reason, recorded_at }
    }
}

/// What to do with a cursor: one of three.
///
/// `position` with `from` and `fence` moves it on, if it still is at `from` and its fence is this; `failure` with
/// `from` and `fence` stops it at an event; `position` with `reason` puts it somewhere, makes it where there is none,
/// and is on record.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = EventCursorMove)]
pub struct CursorMoveBody {
    /// Where it shall be.
    pub position: Option<i64>,
    /// Where the caller has found it.
    pub from: Option<i64>,
    /// The fence that the caller has found.
    pub fence: Option<i64>,
    /// The event that could not be dealt with.
    pub failure: Option<NewFailureBody>,
    /// Why it is put there.
    pub reason: Option<String>,
}

/// An event that could not be dealt with.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(as = NewEventCursorFailure)]
pub struct NewFailureBody {
    /// Its sequence, behind the cursor.
    pub sequence: i64,
    /// What went wrong; 2,000 bytes are kept.
    pub error: String,
}
