//! The double-entry ledger.

pub mod money;
pub mod id;
pub mod clock;
pub mod account;
pub mod entry;
