//! Claims: from intake through pre-review, dispensing and the insurer's decision to the day when every balance is zero.
//!
//! What may happen to a claim is decided purely; a transition writes its event, the new state and its entries in one
//! transaction. A claim raises open items; others clear them; a claim reads what is outstanding, and knows nothing of
//! how it was cleared.
//!
//! Modules in reading order: what a claim is ([`claim`], [`event`], [`refusal`]); the pure decisions ([`state`],
//! [`journal_map`], [`standing`], [`benefit`], [`prereview`], [`review`], [`decide`]); who takes part
//! ([`registration`], [`calendar`], [`insurer`], [`coverage`], [`pharmacy`], [`patient`], [`rule_book`]); the doing
//! ([`command`], [`apply`](mod@apply), [`settle`](mod@settle), [`read`]).

pub mod claim;
pub mod event;
pub mod refusal;

pub mod state;
pub mod journal_map;
pub mod standing;
pub mod benefit;
pub mod prereview;
pub mod review;
pub mod command;
pub mod decide;

pub mod registration;
pub mod calendar;
pub mod insurer;
pub mod coverage;
pub mod pharmacy;
pub mod patient;
pub mod rule_book;

pub mod apply;
mod known;
mod look;
pub mod settle;
pub mod read;

pub mod error;
pub mod sql;

pub use apply::apply;
pub use command::Command;
pub use dianfu_settlement::chart;
pub use error::Error;
pub use refusal::Refusal;
pub use settle::{settle, settle_open};
