//! Whether an id may be among those of a segment: never denies one that is, and of 65,536 others lets one by.
//!
//! A binary fuse filter with 16 bits a fingerprint, about 2.3 bytes an id. As the database keeps it: a version, the
//! seed (8 bytes), the lengths of a part, its mask and all parts but the last two (4 bytes each), and the fingerprints,
//! all big-endian. Bytes that are not such a filter, or one that denies an id of the segment because a later release
//! hashes otherwise, are worth nothing: the filter is made again from the ids.

use bytes::{Buf, BufMut};
use uuid::Uuid;
use xorf::{BinaryFuse16, Filter as _};

const VERSION: u8 = 1;
const HEADER_BYTES: usize = 1 + 8 + 3 * 4;

/// A filter.
#[derive(Clone, Debug)]
pub struct Filter(BinaryFuse16);

impl Filter {
    /// The filter of some ids.
    pub fn of(ids: impl Iterator<Item = Uuid>) -> Filter {
        let mut keys: Vec<u64> = ids.map(key).collect();
        keys.sort_unstable();
        keys.dedup();
        Filter(BinaryFuse16::try_from(&keys).expect("distinct keys find a place within a thousand tries"))
    }

    /// Whether an id may be among those of the filter.
    pub fn may_have(&self, id: Uuid) -> bool {
        self.0.contains(&key(id))
    }

    /// As the database keeps it.
    pub fn to_bytes(&self) -> Vec<u8> {
        let BinaryFuse16 { descriptor, fingerprints } = &self.0;
        let mut out = Vec::with_capacity(HEADER_BYTES + 2 * fingerprints.len());
        out.put_u8(VERSION);
        out.put_u64(descriptor.seed);
        out.put_u32(descriptor.segment_length);
        out.put_u32(descriptor.segment_length_mask);
        out.put_u32(descriptor.segment_count_length);
        fingerprints.iter().for_each(|fingerprint| out.put_u16(*fingerprint));
        out
    }

    /// The filter that these bytes are, if they are one that has all of `members`.
    pub fn from_bytes(mut bytes: &[u8], members: &[Uuid]) -> Option<Filter> {
        if bytes.len() < HEADER_BYTES || bytes.get_u8() != VERSION {
            return None;
        }
        let mut filter = BinaryFuse16::try_from([0].as_slice()).ok()?;
        let descriptor = &mut filter.descriptor;
        descriptor.seed = bytes.get_u64();
        descriptor.segment_length = bytes.get_u32();
        descriptor.segment_length_mask = bytes.get_u32();
        descriptor.segment_count_length = bytes.get_u32();
        let (length, parts) = (descriptor.segment_length, descriptor.segment_count_length);
        let all = u64::from(parts) + 2 * u64::from(length);
        let is_whole = length.is_power_of_two()
            && descriptor.segment_length_mask == length - 1
            && 2 * all == u64::try_from(bytes.len()).ok()?;
        if !is_whole {
            return None;
        }
        filter.fingerprints = std::iter::from_fn(|| bytes.try_get_u16().ok()).collect();
        let filter = Filter(filter);
        members.iter().all(|id| filter.may_have(*id)).then_some(filter)
    }

    /// Bytes of memory that it takes.
    pub fn size(&self) -> usize {
        2 * self.0.fingerprints.len()
    }
}

/// Time and randomness of an id in one number; the filter mixes it.
fn key(id: Uuid) -> u64 {
    let (high, low) = id.as_u64_pair();
    high.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ low
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ids(n: u128) -> Vec<Uuid> {
        (0..n).map(|number| Uuid::from_u128(number << 70 | number)).collect()
    }

    #[test]
    fn it_has_every_id_and_few_others_and_is_read_as_it_is_kept() {
        for n in [1, 2, 3, 100, 131_072] {
            let ids = ids(n);
            let filter = Filter::of(ids.iter().copied());
            let again = Filter::from_bytes(&filter.to_bytes(), &ids).expect("it is a filter of these");
            assert!(ids.iter().all(|id| filter.may_have(*id) && again.may_have(*id)));
            let others = (0..100_000_u128).map(|number| Uuid::from_u128(u128::MAX - number));
            assert!(others.filter(|id| again.may_have(*id)).count() < 20);
        }
    }

    #[test]
    fn what_is_no_filter_of_the_segment_is_none() {
        let filter = Filter::of(ids(100).into_iter());
        let bytes = filter.to_bytes();
        assert!(Filter::from_bytes(&bytes, &[Uuid::from_u128(u128::MAX)]).is_none());
        assert!(Filter::from_bytes(&bytes[..bytes.len() - 1], &[]).is_none());
        assert!(Filter::from_bytes(&[], &[]).is_none());
        for place in 0..HEADER_BYTES {
            let mut wrong = bytes.clone();
            wrong[place] ^= 0x80;
            // Another seed is another filter: the ids of the segment tell.
            assert!(Filter::from_bytes(&wrong, &ids(100)).is_none(), "byte {place}");
        }
    }
}
