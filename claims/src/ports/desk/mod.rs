//! The desk that deals with insurers: hands in what was dispensed, asks where claims stand, and tells the claims.
//!
//! One round ([`work`]) takes errands that are due and that nobody holds, makes their calls, writes down what was
//! heard, tells the claims in one transaction ([`crate::apply()`]), and says when to come again. It can be killed
//! anywhere: a call that was made and not recorded is made again with the same bytes and has the same answer, and a
//! claim that was told something knows it again. Any number of processes may work at it; an errand is held for
//! [`HELD_FOR`], so that they seldom do the same.
//!
//! What an insurer says twice under one decision number is compared; if it differs, nothing moves, and the discrepancy
//! is on record ([`discrepancies`]). Decisions are told in the order of their numbers: one that comes too early waits.
//!
//! Pure: [`errand`], [`news`], [`submission`]. The rest is the doing.

pub mod errand;
pub mod news;
pub mod submission;
pub mod discrepancy;
mod round;
mod sql;

pub use discrepancy::{Discrepancy, Kind, discrepancies};
pub use round::{Done, ERRANDS_MAX, HELD_FOR, Reply, work};
