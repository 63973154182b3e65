//! Every state and event, whole lives with their journals, refusals, and random lives.

mod again;
mod legal;
mod lives;
mod random;
mod refusals;
mod returns;
pub(crate) mod sample;
pub(crate) mod story;
mod table;
pub(crate) mod told;
