//! Reconciles insurers' remittances with the open items of the books.
//!
//! bytes → strict parse → canonical lines → arithmetic check → store once → match, reference first → post → breaks.
//!
//! Modules in reading order, all pure: the canonical model ([`remittance`]), what can be wrong with it ([`violation`]),
//! reading it ([`parse`]), judging it ([`check`], [`verdict`]), finding the claims ([`matching`]), and moving the money
//! ([`breaks`], [`allocate`]).

pub mod remittance;
pub mod violation;

pub mod parse;

pub mod check;
pub mod verdict;

pub mod matching;

pub mod breaks;

pub mod allocate;
