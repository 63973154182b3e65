//! The only place that makes ids, and draws what nobody may guess.
//!
//! An entry's id is derived from the business fact it records, so that a retry of the fact finds the entry. It is a
//! version 8 UUID whose first 48 bits are the subject's own time, so that ids of one time lie together in the index.

use jiff::Timestamp;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// A new random, time-ordered id (version 7) for a fact that has none of its own.
#[expect(clippy::disallowed_methods, reason = "the one place that draws random ids")]
pub fn fresh() -> Uuid {
    Uuid::now_v7()
}

/// Bytes that nobody can guess, for keys and nonces: from a generator for cryptography that the system seeds.
pub fn random_bytes<const N: usize>() -> [u8; N] {
    rand::random()
}

/// The id of the entry that records `fact` about `subject`: the same arguments give the same id for ever.
///
/// `since` is an instant that never changes for the subject, such as when the claim was taken in.
pub fn entry_id(since: Timestamp, subject: &str, fact: &str) -> Uuid {
    let mut hasher = Sha256::new();
    for part in [subject, fact] {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part.as_bytes());
    }
    let digest = hasher.finalize();
    let mut bytes = [0_u8; 16];
    bytes.copy_from_slice(&digest[..16]);
    let millis = u64::try_from(since.as_millisecond()).unwrap_or(0);
    bytes[..6].copy_from_slice(&millis.to_be_bytes()[2..]);
    Uuid::new_v8(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_fact_has_one_id_and_ids_sort_by_time() {
        let early = Timestamp::from_second(1_700_000_000).unwrap();
        let late = Timestamp::from_second(1_700_000_001).unwrap();
        assert_eq!(entry_id(early, "CLM-1", "J3"), entry_id(early, "CLM-1", "J3"));
        assert_ne!(entry_id(early, "CLM-1", "J3"), entry_id(early, "CLM-1", "J4"));
        assert_ne!(entry_id(early, "a", "bc"), entry_id(early, "ab", "c"));
        assert!(entry_id(early, "CLM-9", "J3") < entry_id(late, "CLM-1", "J1"));
    }
}
