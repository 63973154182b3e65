//! Claims: from intake through pre-review, dispensing and the insurer's decision to the day when every balance is zero.
//!
//! What may happen to a claim is decided purely; a transition writes its event, the new state and its entries in one
//! transaction. A claim raises open items; others clear them; a claim reads what is outstanding, and knows nothing of
//! how it was cleared.
//!
//! Modules in reading order: what a claim is ([`claim`], [`event`], [`refusal`], [`intake`], [`actor`]); the pure
//! decisions ([`state`], [`journal_map`], [`standing`], [`benefit`], [`prereview`], [`review`], [`command`],
//! [`decide`]); who takes part ([`registration`], [`calendar`], [`insurer`], [`coverage`], [`pharmacy`], [`patient`],
//! [`policy_terms`], [`charity`], [`rule_book`]); patients as people and what they hand in ([`vault`],
//! [`patient_record`], [`materials`], [`documents`]); the doing ([`apply`](mod@apply), [`settle`](mod@settle),
//! [`timer`], [`proposal`], [`review_queue`], [`read`]); who sees what and what waits ([`party`], [`search`],
//! [`queue`]); what people have done besides ([`act`]); the outside world ([`ports`]).

pub mod diagnosis;
pub mod claim;
pub mod event;
pub mod refusal;
pub mod intake;
pub mod actor;

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
pub mod policy_terms;
pub mod charity;
pub mod rule_book;

pub mod vault;
pub mod patient_record;
pub mod materials;
pub mod documents;

pub mod apply;
mod known;
mod look;
pub mod settle;
pub mod timer;
pub mod proposal;
pub mod read;
pub mod working_clock;
pub mod review_queue;
pub mod rerun;
pub mod rule_quality;

pub mod party;
pub mod search;
pub mod queue;
pub mod act;

pub mod ports;

pub mod error;
pub mod sql;

pub use apply::apply;
pub use command::Command;
pub use dianfu_settlement::chart;
pub use error::Error;
pub use refusal::Refusal;
pub use settle::{settle, settle_open};
