//! How the two accounts of a transfer are drawn.

use std::sync::Arc;

use rand::RngExt;
use rand::rngs::StdRng;

use super::Workload;
use super::zipf::Zipf;

/// A way to draw two different accounts; cheap to clone.
#[derive(Clone, Debug)]
pub enum Draw {
    /// Both from all of so many.
    Uniform(usize),
    /// The first account is debited by every transfer.
    Hot(usize),
    /// Both by rank.
    Zipf(Arc<Zipf>),
}

/// A draw by name: what is measured once for all workloads that share it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Kind {
    /// [`Draw::Uniform`].
    Uniform,
    /// [`Draw::Hot`].
    Hot,
    /// [`Draw::Zipf`].
    Zipf,
}

impl Kind {
    /// That of a workload.
    pub fn of(workload: Workload) -> Kind {
        match workload {
            Workload::Hot => Kind::Hot,
            Workload::Zipf => Kind::Zipf,
            _ => Kind::Uniform,
        }
    }

    /// From so many accounts, at least two.
    pub fn from(self, accounts: usize) -> Draw {
        match self {
            Kind::Uniform => Draw::Uniform(accounts),
            Kind::Hot => Draw::Hot(accounts),
            Kind::Zipf => Draw::Zipf(Arc::new(Zipf::new(accounts))),
        }
    }
}

impl Draw {
    /// Draws the account that is debited and the one that is credited.
    pub fn pair(&self, random: &mut StdRng) -> (usize, usize) {
        match self {
            Draw::Uniform(accounts) => {
                let debit = random.random_range(0..*accounts);
                (debit, (debit + random.random_range(1..*accounts)) % accounts)
            }
            Draw::Hot(accounts) => (0, random.random_range(1..*accounts)),
            Draw::Zipf(zipf) => {
                let debit = zipf.draw(random);
                loop {
                    let credit = zipf.draw(random);
                    if credit != debit {
                        return (debit, credit);
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use rand::SeedableRng;

    use super::*;

    #[test]
    fn two_different_accounts_are_drawn() {
        let mut random = StdRng::seed_from_u64(1);
        for kind in [Kind::Uniform, Kind::Hot, Kind::Zipf] {
            let draw = kind.from(7);
            let pairs: Vec<(usize, usize)> = (0..1_000).map(|_| draw.pair(&mut random)).collect();
            assert!(pairs.iter().all(|(debit, credit)| debit != credit && *debit < 7 && *credit < 7), "{kind:?}");
            assert_eq!(pairs.iter().all(|(debit, _)| *debit == 0), kind == Kind::Hot);
        }
    }
}
