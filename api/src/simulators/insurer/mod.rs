//! An insurer that speaks the service interface (`claims/spi/insurer.v1.json`) and does what a script says.
//!
//! It checks our signatures and signs its answers, keeps what it was told in memory, and gives the first answer again
//! to what it was told before. The script ([`script`]) says for each claim how it answers, in steps that are counted by
//! questions, not by a clock: a decision that comes after three questions comes after three questions. `GET
//! /admin/received` lists what came, in order; it is not signed, so listen on this machine only.
//!
//! Reading order: [`script`] (what is told to do), [`ledger`] (what it knows, pure), [`server`] (the socket), [`seal`]
//! (signatures).

pub mod script;
pub mod ledger;
mod seal;
mod server;

pub use server::serve;
