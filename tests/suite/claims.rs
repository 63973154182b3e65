//! Claims and settlement on a real book: every transition with its journals, every refusal, and what becomes of
//! repetitions, failures and races.

mod bank;
mod fixture;
mod forks;
mod refusals;
mod straight_path;
