//! Claims and settlement on a real book: every transition with its journals, every refusal, and what becomes of
//! repetitions, failures and races.

mod bank;
mod failures;
pub mod fixture;
mod forks;
mod guards;
mod payouts;
mod races;
mod refusals;
mod registration;
mod repetitions;
mod statements;
mod steps;
mod straight_path;
