//! Zipf's law with exponent 1: the account of rank k is drawn in proportion to 1/k.
//!
//! By the alias method, a look-up a draw however many ranks there are; in whole numbers, so that a seed means the same
//! everywhere.

use rand::rngs::StdRng;
use rand_distr::Distribution;
use rand_distr::weighted::WeightedAliasIndex;

/// The weight of rank 1; that of rank k is this over k.
const FIRST_WEIGHT: u64 = 1 << 40;

/// Ranks from 0, ready to be drawn.
#[derive(Debug)]
pub struct Zipf(WeightedAliasIndex<u64>);

impl Zipf {
    /// Of so many ranks, at least one.
    pub fn new(ranks: usize) -> Zipf {
        let count = u64::try_from(ranks).expect("ranks are counted in 64 bits");
        let weights = (1..=count).map(|rank| FIRST_WEIGHT / rank).collect();
        Zipf(WeightedAliasIndex::new(weights).expect("the weights of a few million ranks fit in 64 bits"))
    }

    /// Draws a rank.
    pub fn draw(&self, random: &mut StdRng) -> usize {
        self.0.sample(random)
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    const DRAWS: usize = 200_000;

    /// How often each rank is drawn.
    fn drawn(ranks: usize) -> Vec<usize> {
        let (zipf, mut random) = (Zipf::new(ranks), StdRng::seed_from_u64(1));
        let mut drawn = vec![0; ranks];
        (0..DRAWS).for_each(|_| drawn[zipf.draw(&mut random)] += 1);
        drawn
    }

    #[test]
    fn rank_k_is_drawn_as_often_as_the_first_over_k() {
        let ranks = 1_000;
        let drawn = drawn(ranks);
        // The sum of 1/k up to 1,000 is 7.485.
        for rank in [1, 2, 3, 10, 50] {
            let expected = DRAWS * 1_000 / 7_485 / rank;
            let seen = drawn[rank - 1];
            // Four times the square root is what chance may do.
            assert!(seen.abs_diff(expected) < 4 * expected.isqrt() + 1, "rank {rank}: {seen} for {expected}");
        }
        let rare: usize = drawn[500..].iter().sum();
        assert!(rare.abs_diff(DRAWS * 693 / 7_485) < 4 * 136, "the last 500 together: {rare}");
    }

    #[test]
    fn every_rank_can_come() {
        assert!(drawn(20).iter().all(|seen| *seen > 0));
        assert_eq!(drawn(1), [DRAWS]);
    }
}
