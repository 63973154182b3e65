//! What is wrong with a ring of keys, or with a blob. None of it says anything of a secret.

/// Why a text is no ring of keys. Entries are counted from 1.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum KeyringFault {
    /// An entry is not an id, a colon and a key.
    #[error("entry {entry} of the keyring is not ID:BASE64")]
    EntryShape {
        /// Which entry.
        entry: usize,
    },
    /// The id of an entry has another shape.
    #[error("the id of entry {entry} of the keyring is 1 to 32 letters, digits, '-' or '_'; it is not")]
    KeyId {
        /// Which entry.
        entry: usize,
    },
    /// A key is no Base64 of 32 bytes.
    #[error("key '{key_id}' of the keyring is Base64 of 32 bytes; it is not")]
    KeyLength {
        /// Which key.
        key_id: String,
    },
    /// Two keys have one id.
    #[error("key '{key_id}' stands twice in the keyring")]
    Twice {
        /// Which key.
        key_id: String,
    },
    /// There is no key to seal with.
    #[error("the keyring has no key but that of the index")]
    NoKey,
    /// There is no key for blind indexes.
    #[error("the keyring has no key 'index'")]
    NoIndexKey,
}

impl KeyringFault {
    /// Stable code, the same at every edge.
    pub fn code(&self) -> &'static str {
        match self {
            KeyringFault::EntryShape { .. } => "keyring_entry_shape",
            KeyringFault::KeyId { .. } => "keyring_key_id",
            KeyringFault::KeyLength { .. } => "keyring_key_length",
            KeyringFault::Twice { .. } => "keyring_key_twice",
            KeyringFault::NoKey => "keyring_no_key",
            KeyringFault::NoIndexKey => "keyring_no_index_key",
        }
    }
}

/// Why a blob does not open.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum VaultFault {
    /// It is cut, or was never one.
    #[error("this is no sealed record: expected {expected}, found {found} bytes")]
    Malformed {
        /// What was expected.
        expected: &'static str,
        /// How long it is.
        found: usize,
    },
    /// It was sealed under a key that the ring does not hold.
    #[error("the record is sealed under key '{key_id}', which the keyring does not hold")]
    KeyUnknown {
        /// The key.
        key_id: String,
    },
    /// It was sealed under another key of this id, or for another place, or has been changed.
    #[error("the record does not open at {place}: it was sealed for another place or with another key, or was changed")]
    NotAuthentic {
        /// Where it stands, `table/row`.
        place: String,
    },
}

impl VaultFault {
    /// Stable code, the same at every edge.
    pub fn code(&self) -> &'static str {
        match self {
            VaultFault::Malformed { .. } => "sealed_malformed",
            VaultFault::KeyUnknown { .. } => "sealed_key_unknown",
            VaultFault::NotAuthentic { .. } => "sealed_not_authentic",
        }
    }
}
