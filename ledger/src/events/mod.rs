//! Entries as events, in the order of posting, for whoever must hear of each.
//!
//! The journal is the outbox: an event *is* an entry, and its number is the entry's sequence. Posting writes nothing a
//! second time, and there is nothing that could be forgotten, sent before COMMIT, or sent in another order.
//!
//! # Promises
//! - **In order, without gaps.** Sequences are dense and turns are serial, so whoever reads after the last sequence
//!   that it has seen, reads all. A row that is missing is an error ([`crate::Error::Corrupt`]), never passed over.
//! - **Only what is committed.** A sequence is seen when its turn is committed, and never before an earlier one.
//! - **The same for ever.** An event read twice is the same, to the byte: `related` stays empty, because what takes
//!   from an entry later is an event of its own.
//! - **At least once.** Who crashes between dealing with an event and moving its [`cursor`] reads it again; the
//!   sequence tells it apart.
//!
//! # Cost
//! A page is three index scans ([`mod@page`]). In a process all listeners to a book share one [`Tail`], which looks at
//! the head at once when this process has posted and several times a second for others; it keeps the last events, so
//! that a thousand listeners cost no more statements than one. Nothing runs while nobody listens. LISTEN is not used.
//!
//! Reading order: [`event`], [`filter`], [`mod@page`], [`tail`], [`cursor`], [`sql`].

pub mod cursor;
pub mod event;
pub mod filter;
pub mod page;
pub mod sql;
pub mod tail;

pub use cursor::{Claim, Cursor, CursorAct, CursorFault};
pub use event::{Event, EventType};
pub use filter::Filter;
pub use page::{Page, page};
pub use tail::{Listener, Tail};
