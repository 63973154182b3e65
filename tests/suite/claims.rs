//! Claims and settlement on a real book: every transition with its journals, every refusal, and what becomes of
//! repetitions, failures and races.

mod bank;
mod failures;
pub mod fixture;
mod forks;
mod guards;
mod material;
mod orders;
mod payouts;
mod prefund;
mod races;
mod refusals;
mod registration;
mod reimbursement;
mod repetitions;
mod search;
mod statements;
mod states;
mod steps;
mod straight_path;
