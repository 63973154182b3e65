//! Reconciles insurers' remittances with the open items of the books.
//!
//! bytes → strict parse → canonical lines → arithmetic check → store once → match, reference first → post → breaks.
//!
//! Modules in reading order. Pure: the canonical model ([`remittance`]), what can be wrong with it ([`violation`]),
//! reading it ([`parse`]), judging it ([`check`], [`verdict`]), finding the claims ([`matching`]), moving the money
//! ([`allocate`], [`breaks`]), small differences ([`tolerance`]), where it stands ([`state`]), what is refused
//! ([`refusal`]). With the database: taking a file in ([`mod@import`]), cash ([`cash`]), applying ([`mod@apply`]),
//! reports ([`report`]).

pub mod parse;
pub mod remittance;
pub mod violation;

pub mod check;
pub mod verdict;

pub mod allocate;
pub mod breaks;
pub mod matching;
pub mod refusal;
pub mod state;
pub mod tolerance;

pub mod apply;
pub mod cash;
pub mod import;
pub mod report;

pub mod error;
mod sql;

pub use apply::{Application, apply, apply_waiting};
pub use cash::{CashReceipt, receive};
pub use check::examine;
pub use error::Error;
pub use import::{Delivery, Imported, import, read, take_in};
pub use refusal::Refusal;
pub use tolerance::Tolerance;
