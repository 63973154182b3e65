//! The journal: the turn that writes it, what a process remembers of it, its bytes, and its statements.
//!
//! Reading order: [`state`] (what is in memory), [`turn`] (what happens), [`codec`] and [`tuples`] (the bytes),
//! [`sealing`] (what happens behind it), [`rehearsal`] (what would happen), [`sql`] (the statements).

pub mod codec;
pub mod rehearsal;
pub mod sealing;
pub mod sql;
pub mod state;
pub mod tuples;
pub mod turn;
