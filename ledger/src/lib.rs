//! The double-entry ledger: books, accounts, entries, and the turn that writes them to PostgreSQL.
//!
//! The journal is the state; a balance is a fold over it. Nothing in the journal is ever updated or deleted. One row,
//! the head, is the lock, the fence, the sequence and the tip of the hash chain.
//!
//! Modules in reading order: the vocabulary ([`money`], [`id`], [`clock`], [`account`], [`entry`], [`balance`],
//! [`chart`]), the pure decisions ([`rejection`], [`decide`], [`template`]), the writing ([`journal`], [`segment`],
//! [`batch`], [`ledger`], [`opening`], [`register`], [`limit_group`], [`template_register`], [`period`],
//! [`allocation`], [`rate`], [`fx`], [`refusal`]), where the books are ([`book`], [`db`]), and the reading
//! ([`query`], [`report`], [`verify`], [`proof`], [`export`], [`events`]). [`import`] reads what comes from
//! elsewhere.

pub mod money;
pub mod id;
pub mod clock;
pub mod account;
pub mod entry;
pub mod balance;
pub mod chart;

pub mod rejection;
pub mod decide;
pub mod template;

pub mod journal;
pub mod segment;
pub mod batch;
pub mod ledger;
pub mod opening;
pub mod register;
pub mod limit_group;
pub mod template_register;
pub mod period;
pub mod allocation;
pub mod refusal;
pub mod rate;
pub mod fx;

pub mod book;
pub mod db;
pub mod error;

pub mod query;
pub mod report;
pub mod verify;
pub mod proof;
pub mod export;
pub mod events;
pub mod import;

pub use decide::Outcome;
pub use error::Error;
pub use ledger::Ledger;
pub use rejection::Rejection;
