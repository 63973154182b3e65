//! Outside systems that take part in a claim, behind ports that speak our signed interface.
//!
//! Reading order: [`insurer`] (what is said to an insurer, and how), [`exchange`] (the record of every call), [`desk`]
//! (what is next to be done with insurers, and the doing).

pub mod insurer;
pub mod exchange;
pub mod desk;
