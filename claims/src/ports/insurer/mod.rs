//! The service interface that insurers implement and we call, `v1`; its document is `claims/spi/insurer.v1.json`.
//!
//! | route | asks | same under |
//! |---|---|---|
//! | `POST policy/verify` | is the policy in force, and how much is guaranteed | our question's number |
//! | `POST claims` | take this claim, with the digest of the proof of dispensing | claim and submission |
//! | `GET claims/{no}` | where it stands: pending, pended, decided | the claim |
//! | `POST claims/{no}/documents` | take this document, sealed or by reference | claim and document |
//!
//! Every call may be made again: under the same business key go the same bytes, and the first answer comes back. A call
//! is written down before it is sent and after it has ended ([`super::exchange`]). An answer is believed when its
//! signature over our nonce is genuine, and taken when it answers what was asked ([`mod@judge`]). What cannot be had is
//! a [`Fault`], with a stable code.
//!
//! Cost of a call: three short transactions besides the exchange itself, one more for each attempt.

pub mod wire;
pub mod question;
pub mod endpoint;
pub mod fault;
pub mod breaker;
pub mod judge;
mod sender;
pub mod port;
mod sql;

pub use endpoint::Endpoint;
pub use fault::Fault;
pub use port::{Answered, Failed, Port, Settings};
pub use question::Question;

#[cfg(test)]
mod tests;
