//! The journal: the turn that writes it, what a process remembers of it, its bytes, and its statements.
//!
//! Reading order: [`state`] (what is in memory), [`turn`] (what happens), [`relay`] (turns one after the other),
//! [`ids`] and [`lately`] (what is in the books), [`codec`] and [`tuples`] (the bytes),
//! [`sealing`] (what happens behind it), [`rehearsal`] (what would happen),
//! [`sql`] (the statements).

mod buffers;
pub mod codec;
mod draft;
pub mod ids;
mod lately;
mod reading;
pub mod rehearsal;
pub mod relay;
pub mod sealing;
pub mod sql;
pub mod state;
pub mod tuples;
pub mod turn;
