//! Claims and settlement on a real book: every transition with its journals, every refusal, and what becomes of
//! repetitions, failures and races.

mod bank;
mod crowd;
mod decided_again;
mod failures;
pub mod fixture;
mod forks;
mod guards;
mod lives;
pub mod material;
mod orders;
mod payouts;
mod people;
mod permissions;
mod prefund;
pub mod proposals;
mod races;
mod refusals;
mod registration;
mod reimbursement;
mod repetitions;
mod returns;
pub mod rulings;
mod search;
mod share;
mod shortfalls;
mod statements;
mod states;
mod steps;
mod straight_path;
mod timers;
