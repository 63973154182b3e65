//! Refused requests on record, apart from the journal: an auditor wants to see what was tried, not only what was done.
//!
//! What is on record: entries that the rules refuse at either door of [`crate::Ledger`], also those inside a
//! transaction that is then rolled back; what the interface cannot read as an entry; and who was turned away at the
//! gate. Not on record: replays, which are answered, and rehearsals, which ask for nothing.
//!
//! Promises: an accepted entry pays nothing for this, and a refused one no more than a place in a queue: the rows are
//! written behind it by a task of its own ([`Recorder`]), in transactions of their own. Memory is bounded; what does
//! not fit is counted, and the count is put on record as a row itself (`refusals_not_recorded`). A crash may lose the
//! refusals of its last moment; it never loses an entry. Each refusal is on record once.

mod list;
mod quota;
mod recorder;
mod request;
pub mod sql;

use jiff::Timestamp;
use uuid::Uuid;

use crate::entry::{EntryKind, NewEntry};
use crate::rejection::Rejection;
use crate::{clock, id};

pub use list::{RefusalFilter, RefusalPage, RefusalView, refusals};
pub use recorder::Recorder;

/// The code of the row that says how many refusals there was no room for.
pub const NOT_RECORDED: &str = "refusals_not_recorded";

/// Where a request was refused.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Door {
    /// [`crate::Ledger::post`], by the rules.
    Post,
    /// [`crate::Ledger::post_in`], by the rules.
    PostIn,
    /// The interface: it could not be read as an entry.
    Api,
    /// The gate before the interface: who asked may not.
    Gate,
    /// The recorder itself, about what it could not record.
    Recorder,
}

impl Door {
    /// Every door.
    pub const ALL: [Door; 5] = [Door::Post, Door::PostIn, Door::Api, Door::Gate, Door::Recorder];

    /// The word at every edge and in the database.
    pub fn word(self) -> &'static str {
        match self {
            Door::Post => "post",
            Door::PostIn => "post_in",
            Door::Api => "api",
            Door::Gate => "gate",
            Door::Recorder => "recorder",
        }
    }

    /// The inverse of [`Door::word`].
    pub fn from_word(word: &str) -> Option<Door> {
        Door::ALL.into_iter().find(|door| door.word() == word)
    }

    /// How many of its refusals a process puts on record a minute. Who comes in at a gate may be anybody, and what
    /// cannot be read may be a file of millions of lines: neither may fill the disk.
    fn a_minute(self) -> u32 {
        match self {
            Door::Post | Door::PostIn | Door::Recorder => u32::MAX,
            Door::Api => 10_000,
            Door::Gate => 600,
        }
    }
}

/// A request that was refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Refusal {
    /// Drawn for it.
    pub id: Uuid,
    /// When, by this process's clock.
    pub refused_at: Timestamp,
    /// Where.
    pub door: Door,
    /// Who asked.
    pub actor: String,
    /// The entry's id, if that much could be read.
    pub entry_id: Option<Uuid>,
    /// The entry's kind.
    pub kind: Option<EntryKind>,
    /// The stable code.
    pub code: &'static str,
    /// JSON pointer into the request.
    pub pointer: Option<String>,
    /// A sentence.
    pub message: String,
    /// What was asked for.
    pub request: Request,
}

/// What was asked for, as much of it as is kept.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Request {
    /// An entry.
    Entry(Box<NewEntry>),
    /// A text that is no entry.
    Text(String),
    /// A method and a path.
    Call {
        /// The method.
        method: String,
        /// The path.
        path: String,
    },
    /// Nothing.
    None,
}

impl Refusal {
    /// An entry that the rules refuse.
    pub fn of_entry(door: Door, entry: NewEntry, rejection: &Rejection) -> Refusal {
        Refusal {
            entry_id: Some(entry.id),
            kind: Some(entry.kind),
            pointer: Some(rejection.pointer()),
            actor: entry.actor.clone(),
            request: Request::Entry(Box::new(entry)),
            ..Refusal::new(door, String::new(), rejection.code(), rejection.to_string())
        }
    }

    /// A refusal with nothing but who, where and why.
    pub fn new(door: Door, actor: String, code: &'static str, message: String) -> Refusal {
        let (id, refused_at) = (id::fresh(), clock::now());
        let (entry_id, kind, pointer, request) = (None, None, None, Request::None);
        Refusal { id, refused_at, door, actor, entry_id, kind, code, pointer, message, request }
    }

    /// About how many bytes it takes.
    fn size(&self) -> usize {
        let request = match &self.request {
            Request::Entry(entry) => entry.size(),
            Request::Text(text) => text.len(),
            Request::Call { method, path } => method.len() + path.len(),
            Request::None => 0,
        };
        size_of::<Refusal>() + self.actor.len() + self.message.len() + request
    }
}
