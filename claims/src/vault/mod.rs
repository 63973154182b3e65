//! Encryption at rest, one data key a record.
//!
//! A record is sealed with AES-256-GCM under a data key of its own, and the data key under a key of the [`Keyring`].
//! Both are bound to the table and the row they stand in, so that a blob that is moved does not open. The blob names
//! the key that wraps it, so that a ring may hold several, and [`rotate`] wraps again what is under older ones; what
//! is inside does not change. What must be found without being read has a [`blind_index()`], which stays when keys are
//! rotated.
//!
//! Whatever is sealed lies in one table, so that one job rotates all of it. A key wraps at most 2^32 blobs (its nonces
//! are drawn); rotate long before.
//!
//! Reading order: [`keyring`] (the keys), [`blob`] (one record), [`blind_index`](mod@blind_index), [`rotation`].

pub mod fault;
pub mod keyring;
pub mod blob;
pub mod blind_index;
pub mod rotation;

pub use blind_index::{BlindIndex, blind_index};
pub use blob::{Place, SealDraw, Sealed, open, rewrap, seal};
pub use fault::{KeyringFault, VaultFault};
pub use keyring::{Keyring, SecretKey};
pub use rotation::{Rotation, rotate};
