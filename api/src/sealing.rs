//! What seals records of patients and documents, and where documents lie: both by configuration. Without them the
//! routes that need them answer so, and everything else works.

use dianfu_claims::documents::DocumentStore;
use dianfu_claims::vault::Keyring;

use crate::problem::{Kind, Problem};

/// What a serving process was given.
#[derive(Debug, Default)]
pub struct Sealing {
    /// The keys.
    pub keyring: Option<Keyring>,
    /// Where documents lie.
    pub documents: Option<DocumentStore>,
}

impl Sealing {
    /// The keys, or the answer to who needs them.
    pub fn keyring(&self) -> Result<&Keyring, Problem> {
        let missing = || Problem::new(Kind::KeyringMissing, "this server has no keys that seal: serve with --keyring");
        self.keyring.as_ref().ok_or_else(missing)
    }

    /// The keys and the store, or the answer to who needs them.
    pub fn documents(&self) -> Result<(&Keyring, &DocumentStore), Problem> {
        let missing = || {
            Problem::new(Kind::DocumentStoreMissing, "this server has no place for documents: serve with --documents")
        };
        Ok((self.keyring()?, self.documents.as_ref().ok_or_else(missing)?))
    }
}
