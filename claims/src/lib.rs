//! Claims.
pub mod claim;
pub mod event;
pub mod state;
pub mod standing;
pub mod refusal;
pub mod benefit;
pub mod prereview;
pub mod journal_map;
