//! Patients as people: name, phone, address, identity number, and what they have agreed to.
//!
//! A record lies sealed ([`crate::vault`]) and is found by phone or identity number through blind indexes, never by
//! opening. A change is a new version. Whoever may not see a record gets a masked view; a full reading is put on record
//! with its reader and reason before anything is shown.
//!
//! Reading order: [`phone`], [`identity`] (the normalised values), [`record`](mod@record) (the record and its masked
//! view), [`keep`](mod@keep) (recording it), [`reading`] (looking up and reading), [`consent`].

pub mod refusal;
pub mod phone;
pub mod identity;
pub mod record;
pub mod keep;
pub mod reading;
pub mod consent;

pub use consent::{Consent, ConsentKind, consents, in_force, tell_consent};
pub use identity::{Identity, IdentityKind};
pub use keep::{Kept, NewVersion, keep};
pub use phone::Phone;
pub use reading::{Reading, by_identity, by_phone, masked, read, readings};
pub use record::{MaskedRecord, PatientRecord};
pub use refusal::PatientRefusal;
