//! Every state and event, whole lives with their journals, refusals, and random lives.

pub(crate) mod sample;
pub(crate) mod story;
pub(crate) mod told;

mod legal;
mod table;

mod lives;
mod shortfall;
mod again;
mod returns;
mod prefund;
mod reimbursement;
mod refusals;
mod random;
