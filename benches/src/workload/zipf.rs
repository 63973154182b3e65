//! Zipf's law with exponent 1: the account of rank k is drawn in proportion to 1/k.
//!
//! By the alias method: the ranks are shared out over columns of equal height, at most two to a column, so that a draw
//! costs one look-up however many there are. In whole numbers, so that a seed means the same everywhere.

use rand::RngExt;
use rand::rngs::StdRng;

/// The weight of rank 1; that of rank k is this over k.
const FIRST_WEIGHT: u64 = 1 << 40;

/// Ranks from 0, ready to be drawn.
#[derive(Debug)]
pub struct Zipf {
    /// Height of every column.
    height: u64,
    columns: Vec<Column>,
}

/// Below `own` it is the column's own rank, above it the other.
#[derive(Clone, Copy, Debug)]
struct Column {
    own: u64,
    other: usize,
}

impl Zipf {
    /// Of so many ranks, at least one.
    pub fn new(ranks: usize) -> Zipf {
        let count = u64::try_from(ranks).expect("ranks are counted in 64 bits");
        // Scaled by their number, so that the columns come out even.
        let mut left: Vec<u64> = (1..=count).map(|rank| FIRST_WEIGHT / rank * count).collect();
        let height = left.iter().sum::<u64>() / count;
        let mut columns: Vec<Column> = (0..ranks).map(|rank| Column { own: height, other: rank }).collect();
        let (mut low, mut high): (Vec<usize>, Vec<usize>) = (0..ranks).partition(|rank| left[*rank] < height);
        while let (Some(small), Some(large)) = (low.pop(), high.pop()) {
            columns[small] = Column { own: left[small], other: large };
            left[large] -= height - left[small];
            if left[large] < height { low.push(large) } else { high.push(large) }
        }
        Zipf { height, columns }
    }

    /// Draws a rank.
    pub fn draw(&self, random: &mut StdRng) -> usize {
        let rank = random.random_range(0..self.columns.len());
        let column = self.columns[rank];
        if random.random_range(0..self.height) < column.own { rank } else { column.other }
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
