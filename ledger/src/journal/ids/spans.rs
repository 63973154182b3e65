//! The ids of a segment as a few spans that hold all of them.
//!
//! Ids that are ordered by time (versions 6 and 7, and 8 as [`crate::id::entry_id`] makes it) lie close together in the
//! order of their bytes, so that another segment's ids are told from them by comparing. Random ids lie everywhere: one
//! span then says nothing, and the filter is asked.

use uuid::Uuid;

/// Spans of a segment at most: a few strays among ordered ids do not make its span wide.
const SPANS_MAX: usize = 8;

/// Spans in order, each from its first to its last id.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Spans(Vec<(Uuid, Uuid)>);

impl Spans {
    /// The spans of ids that are in order: cut where the gaps between them are widest.
    pub fn of(sorted: &[Uuid]) -> Spans {
        let (Some(&first), Some(&last)) = (sorted.first(), sorted.last()) else { return Spans::default() };
        let gap = |pair: &[Uuid]| pair[1].as_u128() - pair[0].as_u128();
        let mut gaps: Vec<(u128, usize)> = sorted.windows(2).map(gap).zip(1..).collect();
        let widest = gaps.len().min(SPANS_MAX - 1);
        if widest < gaps.len() {
            gaps.select_nth_unstable_by(widest, |one, other| other.cmp(one));
            gaps.truncate(widest);
        }
        let mut cuts: Vec<usize> = gaps.into_iter().map(|(_, cut)| cut).collect();
        cuts.sort_unstable();
        let firsts = std::iter::once(first).chain(cuts.iter().map(|&cut| sorted[cut]));
        let lasts = cuts.iter().map(|&cut| sorted[cut - 1]).chain([last]);
        Spans(firsts.zip(lasts).collect())
    }

    /// As the database keeps them; `None` of what cannot be spans.
    pub fn from_bounds(bounds: &[Uuid]) -> Option<Spans> {
        let (pairs, rest) = bounds.as_chunks::<2>();
        let spans: Vec<(Uuid, Uuid)> = pairs.iter().map(|[first, last]| (*first, *last)).collect();
        let is_whole = rest.is_empty() && !spans.is_empty() && bounds.is_sorted();
        is_whole.then_some(Spans(spans))
    }

    /// As the database keeps them: the first and the last id of each. All of them are ids of the segment.
    pub fn bounds(&self) -> Vec<Uuid> {
        self.0.iter().flat_map(|(first, last)| [*first, *last]).collect()
    }

    /// Those of some ids, which are in order, that lie within a span.
    pub fn within<'a>(&self, sorted: &'a [Uuid]) -> impl Iterator<Item = Uuid> + use<'a, '_> {
        self.0.iter().flat_map(move |(first, last)| {
            let behind = &sorted[sorted.partition_point(|id| id < first)..];
            behind[..behind.partition_point(|id| id <= last)].iter().copied()
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn ids(numbers: &[u128]) -> Vec<Uuid> {
        let mut ids: Vec<Uuid> = numbers.iter().copied().map(Uuid::from_u128).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    #[test]
    fn a_few_strays_do_not_make_a_span_wide() {
        let mut numbers: Vec<u128> = (1_000_000..1_001_000).collect();
        numbers.extend([7, 1 << 90, 1 << 120]);
        let spans = Spans::of(&ids(&numbers));
        assert_eq!(spans.within(&ids(&[500, 1_000_500, 1_002_000, 1 << 90, (1 << 90) + 1])).count(), 2);
    }

    proptest! {
        #[test]
        fn every_id_is_within_the_spans(numbers in prop::collection::vec(any::<u128>(), 0..200)) {
            let ids = ids(&numbers);
            let spans = Spans::of(&ids);
            prop_assert_eq!(spans.within(&ids).collect::<Vec<_>>(), ids);
        }

        #[test]
        fn spans_are_read_as_they_are_kept(numbers in prop::collection::vec(any::<u128>(), 1..200)) {
            let spans = Spans::of(&ids(&numbers));
            prop_assert!(spans.bounds().is_sorted() && spans.bounds().len() <= 2 * SPANS_MAX);
            prop_assert_eq!(Spans::from_bounds(&spans.bounds()), Some(spans));
        }
    }

    #[test]
    fn what_cannot_be_spans_is_none() {
        for bounds in [vec![], vec![Uuid::from_u128(1)], vec![Uuid::from_u128(2), Uuid::from_u128(1)]] {
            assert_eq!(Spans::from_bounds(&bounds), None);
        }
    }
}
