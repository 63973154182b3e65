//! Claims: from intake through pre-review, dispensing and the insurer's decision to the day when every balance is zero.
//!
//! What may happen to a claim is decided purely; a transition writes its event, the new state and its entries in one
//! transaction. A claim raises open items; others clear them; a claim reads what is outstanding, and knows nothing of
//! how it was cleared.
//!
//! Modules in reading order: what a claim is ([`claim`], [`event`],
//! [`refusal`], [`intake`]); the pure decisions ([`state`],
//! [`journal_map`], [`standing`], [`benefit`], [`prereview`], [`review`], [`decide`]); who takes part
//! ([`registration`], [`insurer`], [`pharmacy`], [`patient`], [`rule_book`]); the doing ([`command`],
//! [`apply`](mod@apply), [`settle`](mod@settle), [`read`]).

pub mod diagnosis;
pub mod claim;
pub mod event;
pub mod refusal;
pub mod intake;

pub mod state;
pub mod journal_map;
pub mod standing;
pub mod benefit;
pub mod prereview;
pub mod review;
pub mod command;
pub mod decide;

pub mod registration;
pub mod insurer;
pub mod pharmacy;
pub mod patient;
pub mod policy_terms;
pub mod charity;
pub mod rule_book;

pub mod apply;
mod known;
mod look;
pub mod settle;
pub mod read;
pub mod working_clock;
pub mod review_queue;
pub mod rerun;
pub mod rule_quality;

pub mod error;
pub mod sql;

pub use apply::apply;
pub use command::Command;
pub use dianfu_settlement::chart;
pub use error::Error;
pub use refusal::Refusal;
pub use settle::{settle, settle_open};
