//! Entries and postings as a caller gives them.
//!
//! An entry is one business fact: two or more postings that sum to zero in each currency. Its id is the caller's
//! and means one thing for ever: derive it from the fact ([`crate::id::entry_id`]), so that a retry finds it.

use jiff::Timestamp;
use jiff::civil::Date;
use uuid::Uuid;

use crate::account::AccountCode;
use crate::money::Money;

/// The fewest postings an entry may have.
pub const POSTINGS_MIN: usize = 2;
/// The most postings an entry may have: leg numbers are 16-bit, and one entry must not fill a turn.
pub const POSTINGS_MAX: usize = 1_000;
/// Longest reference, item and actor, in bytes.
pub const REFERENCE_BYTES_MAX: usize = 200;
/// Longest description, in bytes.
pub const DESCRIPTION_BYTES_MAX: usize = 2_000;
/// Longest metadata, in bytes of JSON text.
pub const METADATA_BYTES_MAX: usize = 8_000;

/// The layer a posting counts in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
pub enum Layer {
    /// Money that has moved.
    Settled,
    /// Money that is held: counted in limits, not in balances.
    Pending,
}

impl Layer {
    /// Both layers, in order of their numbers.
    pub const ALL: [Layer; 2] = [Layer::Settled, Layer::Pending];

    /// The number the database stores.
    pub fn number(self) -> i16 {
        match self {
            Layer::Settled => 0,
            Layer::Pending => 1,
        }
    }

    /// The inverse of [`Layer::number`].
    pub fn from_number(number: i16) -> Option<Layer> {
        Layer::ALL.into_iter().find(|layer| layer.number() == number)
    }

    /// The word at every edge.
    pub fn word(self) -> &'static str {
        match self {
            Layer::Settled => "settled",
            Layer::Pending => "pending",
        }
    }
}

/// What an entry does.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum EntryKind {
    /// Moves money: postings in the settled layer.
    Post,
    /// Holds money: postings in the pending layer.
    Hold,
    /// Undoes a hold as a whole; it has no postings of its own, the ledger writes the hold's with opposite signs.
    Release,
}

impl EntryKind {
    /// Every kind, in order of their numbers.
    pub const ALL: [EntryKind; 3] = [EntryKind::Post, EntryKind::Hold, EntryKind::Release];

    /// The number the database stores.
    pub fn number(self) -> i16 {
        match self {
            EntryKind::Post => 0,
            EntryKind::Hold => 1,
            EntryKind::Release => 2,
        }
    }

    /// The inverse of [`EntryKind::number`].
    pub fn from_number(number: i16) -> Option<EntryKind> {
        EntryKind::ALL.into_iter().find(|kind| kind.number() == number)
    }

    /// The word at every edge.
    pub fn word(self) -> &'static str {
        match self {
            EntryKind::Post => "post",
            EntryKind::Hold => "hold",
            EntryKind::Release => "release",
        }
    }

    /// The inverse of [`EntryKind::word`].
    pub fn from_word(word: &str) -> Option<EntryKind> {
        EntryKind::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// The layer in which the postings of this kind count.
    pub fn layer(self) -> Layer {
        match self {
            EntryKind::Post => Layer::Settled,
            EntryKind::Hold | EntryKind::Release => Layer::Pending,
        }
    }
}

/// One leg of an entry.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewPosting {
    /// The account it moves.
    pub account: AccountCode,
    /// Debit positive, credit negative; never zero.
    pub amount: Money,
    /// The open item it belongs to; required on open-item accounts, refused on others.
    pub item: Option<String>,
}

/// An entry to be posted.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct NewEntry {
    /// The caller's id; never nil.
    pub id: Uuid,
    /// What it does.
    pub kind: EntryKind,
    /// When it counts; `None` for the day it is booked.
    pub effective_date: Option<Date>,
    /// The business document it stems from.
    pub reference: String,
    /// A sentence for a person.
    pub description: String,
    /// JSON text that the ledger keeps and never reads.
    pub metadata: Option<String>,
    /// Who asked for it.
    pub actor: String,
    /// For a release: the hold. Otherwise `None`.
    pub relates_to: Option<Uuid>,
    /// Ties this entry to the next of the same request: a run of linked entries is posted whole or not at all.
    pub linked: bool,
    /// The legs, in the order they are shown.
    pub postings: Vec<NewPosting>,
}

impl NewEntry {
    /// About how many bytes it takes in memory and in the journal.
    pub fn size(&self) -> usize {
        let metadata = self.metadata.as_ref().map_or(0, String::len);
        let texts = self.reference.len() + self.description.len() + metadata + self.actor.len();
        let postings = self.postings.iter().map(|posting| 128 + posting.item.as_ref().map_or(0, String::len));
        256 + texts + postings.sum::<usize>()
    }
}

/// Where an entry stands in the journal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Receipt {
    /// Its number: dense, from 1, in the order of posting.
    pub sequence: i64,
    /// When the ledger knew it.
    pub booked_at: Timestamp,
}
