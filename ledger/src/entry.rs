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

/// How the reference of an adjusting entry begins that moves the result of a year to retained earnings.
pub const YEAR_END_REFERENCE: &str = "YEAR-END ";

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

/// What a leg does to its account.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Effect {
    /// Moves money.
    Move,
    /// Holds it.
    Hold,
    /// Takes away, with the opposite sign, what a hold has added.
    Unhold,
}

impl Effect {
    /// The layer in which it counts.
    pub fn layer(self) -> Layer {
        match self {
            Effect::Move => Layer::Settled,
            Effect::Hold | Effect::Unhold => Layer::Pending,
        }
    }
}

/// What an entry does.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default, Debug)]
pub enum EntryKind {
    /// Moves money.
    #[default]
    Post,
    /// Holds money until it is captured or released, or the hold expires.
    Hold,
    /// Gives back what is held, whole or in part.
    Release,
    /// Moves what is held, whole or in part.
    Capture,
    /// Gives back what is still held when the hold's time is over. The ledger writes it; nobody asks for it.
    Expiry,
    /// Moves back what an entry has moved, whole or in part.
    Reversal,
}

impl EntryKind {
    /// Every kind, in order of their numbers.
    pub const ALL: [EntryKind; 6] = [
        EntryKind::Post,
        EntryKind::Hold,
        EntryKind::Release,
        EntryKind::Capture,
        EntryKind::Expiry,
        EntryKind::Reversal,
    ];

    /// The number the database stores.
    pub fn number(self) -> i16 {
        match self {
            EntryKind::Post => 0,
            EntryKind::Hold => 1,
            EntryKind::Release => 2,
            EntryKind::Capture => 3,
            EntryKind::Expiry => 4,
            EntryKind::Reversal => 5,
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
            EntryKind::Capture => "capture",
            EntryKind::Expiry => "expiry",
            EntryKind::Reversal => "reversal",
        }
    }

    /// The inverse of [`EntryKind::word`].
    pub fn from_word(word: &str) -> Option<EntryKind> {
        EntryKind::ALL.into_iter().find(|kind| kind.word() == word)
    }

    /// What a leg of this kind does in a layer; `None` where it has none.
    pub fn effect(self, layer: Layer) -> Option<Effect> {
        match (self, layer) {
            (EntryKind::Post | EntryKind::Capture | EntryKind::Reversal, Layer::Settled) => Some(Effect::Move),
            (EntryKind::Hold, Layer::Pending) => Some(Effect::Hold),
            (EntryKind::Release | EntryKind::Capture | EntryKind::Expiry, Layer::Pending) => Some(Effect::Unhold),
            (EntryKind::Hold | EntryKind::Release | EntryKind::Expiry, Layer::Settled)
            | (EntryKind::Post | EntryKind::Reversal, Layer::Pending) => None,
        }
    }

    /// The layer of the postings that a caller gives: a capture's are what it moves, and the ledger adds what is no
    /// longer held.
    pub fn layer(self) -> Layer {
        match self {
            EntryKind::Post | EntryKind::Capture | EntryKind::Reversal => Layer::Settled,
            EntryKind::Hold | EntryKind::Release | EntryKind::Expiry => Layer::Pending,
        }
    }

    /// Whether it takes from what an earlier entry holds or has moved.
    pub fn relates(self) -> bool {
        match self {
            EntryKind::Post | EntryKind::Hold => false,
            EntryKind::Release | EntryKind::Capture | EntryKind::Expiry | EntryKind::Reversal => true,
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
    /// When the item is due; the latest date given for an item counts. Only with an item. What is taken from an earlier
    /// entry is due when that is, unless another date is given.
    pub due_date: Option<Date>,
}

impl NewPosting {
    /// A leg without a due date.
    pub fn new(account: AccountCode, amount: Money, item: Option<String>) -> NewPosting {
        NewPosting { account, amount, item, due_date: None }
    }
}

/// An entry to be posted. `..NewEntry::default()` gives a posting of today without anything special about it.
#[expect(clippy::struct_excessive_bools, reason = "each answers a question of its own")]
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct NewEntry {
    /// The caller's id; never nil.
    pub id: Uuid,
    /// What it does.
    pub kind: EntryKind,
    /// When it counts; `None` for the day it is booked.
    pub effective_date: Option<Date>,
    /// What becomes of it if that day is closed: refused, or, if this is set, counted on the first open day, with the
    /// day asked for as its value date.
    pub late: bool,
    /// Whether it adjusts a period that is closed to all but adjusters.
    pub adjusting: bool,
    /// The business document it stems from.
    pub reference: String,
    /// A sentence for a person.
    pub description: String,
    /// JSON text that the ledger keeps and never reads.
    pub metadata: Option<String>,
    /// Who asked for it.
    pub actor: String,
    /// The version of the template that its postings come from.
    pub template_no: Option<i32>,
    /// For a release or a capture: the hold. For a reversal: what is to be moved back. Otherwise `None`.
    pub relates_to: Option<Uuid>,
    /// For a hold: the group it joins. For a release or a capture: the group that is to be ended, whole.
    pub hold_group: Option<Uuid>,
    /// For a hold: when it ends by itself.
    pub expires_at: Option<Timestamp>,
    /// Moves at most the amount given: as much as the limits of both accounts let through. Exactly two postings.
    pub at_most: bool,
    /// Ties this entry to the next of the same request: a run of linked entries is posted whole or not at all.
    pub linked: bool,
    /// The legs, in the order they are shown. A release, a capture or a reversal without any takes all that is left.
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
    /// How much it moved, if it was to move at most what there is.
    pub moved: Option<Money>,
}
