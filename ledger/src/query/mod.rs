//! Questions about the books: balances, statements, trial balance, open items, entries.
//!
//! # What an answer promises
//! The same question about the same past instant always has the same answer. An instant has two sides, both in
//! [`Moment`]: *as of* which effective date, and *known at* which time. Every answer says at which time it was known,
//! so that it can be asked for again.
//!
//! # Why the promise holds
//! Turns are serial under the head's lock, sequences are dense, and nothing in the journal ever changes. So once a
//! moment is resolved to a sequence ([`moment::horizon`]), everything up to that sequence is committed and final, and
//! reading `sequence <= n` gives the same rows in every later snapshot. The sequence *is* the snapshot: the statements
//! of one answer need no transaction around them, and none is opened.
//!
//! What remains is to resolve a time to a sequence in a way that stays true:
//! - Nothing asked for: the head as it is committed now. Its `booked_at` is what the answer reports as known.
//! - A time up to the head's `booked_at`: turns book strictly later than the head they lock, so a turn in flight is
//!   later than this time, and the commits that count are all there.
//! - A later time: a turn in flight may still book before it. `SELECT … FOR SHARE` of the lanes and then of the head
//!   waits for turns that run ahead of the head and for the one that holds it; any turn that takes a lane or locks the
//!   head after us reads the database's clock after us. So a time that this clock has passed is settled, and a time it
//!   has not passed is refused (`known_at_in_future`). This leans on the database's clock not being set back by more
//!   than the age of the question, and needs UPDATE on `head` and `lane`, as every writer has it.
//!   Under REPEATABLE READ that wait may end in a serialization failure: ask at READ COMMITTED.
//!
//! Accounts stand outside of time: they are never removed or changed, an account without postings has balance zero at
//! every instant, and lists show only accounts that have postings at the moment asked for.
//!
//! # Cost
//! A balance of today is one index probe an account and layer, because every posting carries the totals after it. A
//! balance as of an effective date, and everything by open item, sums the account's postings. Amounts of one posting
//! are `i64`, sums are `i128` minor units; a debit is positive everywhere.
//!
//! Reading order: [`mod@moment`], [`mod@balance`], [`mod@statement`], [`mod@trial_balance`], [`mod@open_items`],
//! [`mod@outstanding`], [`mod@entries`], [`mod@accounts`]; every statement stands in [`sql`].

pub mod accounts;
pub mod balance;
mod cursor;
pub mod entries;
mod error;
pub mod holds;
pub mod item;
mod item_cursor;
pub mod moment;
pub mod open_items;
pub mod outstanding;
pub(crate) mod row;
pub mod sql;
pub mod statement;
pub mod trial_balance;

pub use accounts::{AccountFilter, AccountPage, AccountView, account_history, accounts};
pub use balance::{BalanceView, Sums, balance, balances};
pub use entries::{EntryPage, EntryView, MadeBy, PostingView, Related, entries, entry, entry_page};
pub use error::QueryError;
pub use holds::{HeldLeg, HoldPage, HoldView, holds};
pub use item::{ItemHistory, ItemPlace, ItemRow, item_history};
pub use moment::{Horizon, Moment, horizon};
pub use open_items::{Items, OpenItem, OpenItemPage, open_item_page, open_items};
pub use outstanding::{Outstanding, outstanding};
pub use statement::{DateRange, Statement, StatementRow, statement};
pub use trial_balance::{TrialBalance, TrialBalanceRow, TrialBalanceTotal, trial_balance};

/// The most rows that one page of a list carries at the edges.
pub const PAGE_ROWS_MAX: u16 = 1_000;
/// The most rows that are read at a time by who writes a whole list: each page of some lists costs a pass over what is
/// not given out yet, so few large pages; and a page is held in memory, some 5 MB.
pub const LIST_ROWS_MAX: u16 = 10_000;

/// A page's row limit as the statements take it: at least one row, at most [`LIST_ROWS_MAX`].
pub(crate) fn page_rows(limit: u16) -> usize {
    usize::from(limit.clamp(1, LIST_ROWS_MAX))
}
