//! Reconciles insurers' remittances with the open items of the books.
//!
//! bytes → strict parse → canonical lines → arithmetic check → store once → match, reference first → post → breaks.
//!
//! Modules in reading order: the canonical model ([`remittance`]), what can be wrong with it ([`violation`]), reading
//! it ([`parse`]), and judging it ([`check`], [`verdict`]).

pub mod check;
pub mod parse;
pub mod remittance;
pub mod verdict;
pub mod violation;
