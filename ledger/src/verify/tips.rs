//! What somebody has kept of the book, looked for on the way, and the tip of the tree over all commits.

use crate::journal::codec::MerkleRoot;
use crate::proof::tree::{Tip, leaf_hash};

use super::row::{Commit, hex};
use super::{Finding, Place, Rule};

/// The commits that have been passed, and what is to be found among them.
#[derive(Default)]
pub struct Tips {
    remembered: Option<[u8; 32]>,
    found: bool,
    commits: i64,
    root: MerkleRoot,
}

impl Tips {
    /// To find the hash of a commit, or the root of a tip.
    pub fn new(remembered: Option<[u8; 32]>) -> Tips {
        Tips { remembered, ..Tips::default() }
    }

    /// Takes in a commit that was found right.
    pub fn pass(&mut self, commit: &Commit) {
        self.root.push(leaf_hash(&commit.hash));
        self.commits += 1;
        if let Some(remembered) = self.remembered.filter(|_| !self.found) {
            self.found = commit.hash == remembered || self.root.clone().finish() == remembered;
        }
    }

    /// The tip of all commits that were passed.
    pub fn tip(&self) -> Option<Tip> {
        (self.commits > 0).then(|| Tip { commit_no: self.commits, root: self.root.clone().finish() })
    }

    /// What was remembered must have been found.
    pub fn check(&self) -> Result<(), Finding> {
        match self.remembered.filter(|_| !self.found) {
            None => Ok(()),
            Some(remembered) => Err(Finding {
                place: Place::Head,
                rule: Rule::Remembered,
                expected: format!("a commit or a tip of hash {}", hex(&remembered)),
                actual: format!("none among {} commits", self.commits),
            }),
        }
    }
}
