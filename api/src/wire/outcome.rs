//! What became of entries.

use dianfu_ledger::entry::Receipt;
use dianfu_ledger::money::Money;
use jiff::Timestamp;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use crate::problem::Violation;

/// How an entry fared.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = OutcomeStatus)]
pub enum Status {
    /// It is in the books now.
    Posted,
    /// It was in the books already, with the same content: the first answer again.
    Replayed,
    /// It is refused; nothing of it is in the books.
    Rejected,
    /// It is not known whether it is in the books: send it again with the same id.
    Failed,
}

/// What became of one entry.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, ToSchema)]
#[schema(as = Outcome)]
pub struct OutcomeBody {
    /// Its place in the array, from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub index: Option<u64>,
    /// Its line in the stream, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    /// Its id, if that could be read.
    pub id: Option<Uuid>,
    /// How it fared.
    pub status: Status,
    /// Its number in the book.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sequence: Option<i64>,
    /// When the ledger knew it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, format = DateTime)]
    pub booked_at: Option<Timestamp>,
    /// How much it moved, if it was to move at most what there is.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(example = "15200.00")]
    pub moved: Option<String>,
    /// Why not.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Box<Violation>>,
}

impl OutcomeBody {
    /// An entry that is in the books.
    pub fn in_the_books(id: Uuid, status: Status, receipt: Receipt) -> OutcomeBody {
        let (sequence, booked_at) = (Some(receipt.sequence), Some(receipt.booked_at));
        let moved = receipt.moved.map(Money::to_decimal_string);
        OutcomeBody { index: None, line: None, id: Some(id), status, sequence, booked_at, moved, error: None }
    }

    /// An entry that is not, or not known to be.
    pub fn not_in_the_books(id: Option<Uuid>, status: Status, error: Violation) -> OutcomeBody {
        let (sequence, booked_at, moved) = (None, None, None);
        OutcomeBody { index: None, line: None, id, status, sequence, booked_at, moved, error: Some(Box::new(error)) }
    }
}

/// The answer to one entry, or to many.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = OutcomeOrOutcomes)]
pub enum OneOrMany {
    /// To one.
    One(OutcomeBody),
    /// To many, in their order.
    Many(Vec<OutcomeBody>),
}

/// A line of the answer to a stream.
#[derive(Serialize, ToSchema)]
#[serde(untagged)]
#[schema(as = OutcomeLine)]
pub enum Line {
    /// What became of one line.
    Outcome(OutcomeBody),
    /// The last line: without it the answer is not whole.
    Last {
        /// All lines together.
        summary: Summary,
    },
}

/// A whole stream, counted.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, Serialize, ToSchema)]
pub struct Summary {
    /// Lines read, empty ones included.
    pub lines: u64,
    /// Entries posted.
    pub posted: u64,
    /// Entries that were in the books already.
    pub replayed: u64,
    /// Entries refused.
    pub rejected: u64,
    /// Entries of which it is not known.
    pub failed: u64,
    /// Whether the stream was read to its end; if not, send what has no outcome again.
    pub complete: bool,
}

impl Summary {
    /// Counts an outcome.
    pub fn count(&mut self, status: Status) {
        *match status {
            Status::Posted => &mut self.posted,
            Status::Replayed => &mut self.replayed,
            Status::Rejected => &mut self.rejected,
            Status::Failed => &mut self.failed,
        } += 1;
    }
}
