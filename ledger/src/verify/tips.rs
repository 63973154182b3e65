//! What somebody has kept of the book, looked for on the way, and the tip of the tree over all commits.

use crate::journal::codec::MerkleRoot;
use crate::proof::tree::{Tip, leaf_hash};

use super::row::{Commit, hex};
use super::{Asked, Finding, Place, Rule};

/// The commits that have been passed, and what is to be found among them.
#[derive(Default)]
pub struct Tips {
    asked: Asked,
    found: bool,
    /// Of each tip that is asked for, the root there.
    roots: [Option<[u8; 32]>; 2],
    commits: i64,
    root: MerkleRoot,
}

impl Tips {
    /// To find what is asked for.
    pub fn new(asked: Asked) -> Tips {
        Tips { asked, ..Tips::default() }
    }

    /// Takes in a commit that was found right.
    pub fn pass(&mut self, commit: &Commit) {
        self.root.push(leaf_hash(&commit.hash));
        self.commits += 1;
        if let Some(remembered) = self.asked.remembered.filter(|_| !self.found) {
            self.found = commit.hash == remembered || self.root.clone().finish() == remembered;
        }
        for (tip, root) in self.asked.tips.iter().zip(&mut self.roots) {
            if tip.is_some_and(|tip| tip.commit_no == self.commits) {
                *root = Some(self.root.clone().finish());
            }
        }
    }

    /// The tip of all commits that were passed.
    pub fn tip(&self) -> Option<Tip> {
        (self.commits > 0).then(|| Tip { commit_no: self.commits, root: self.root.clone().finish() })
    }

    /// What was remembered must have been found.
    pub fn check(&self) -> Result<(), Finding> {
        let missing = |expected: String, actual: String| {
            Err(Finding { place: Place::Head, rule: Rule::Remembered, expected, actual })
        };
        if let Some(remembered) = self.asked.remembered.filter(|_| !self.found) {
            let expected = format!("a commit or a tip of hash {}", hex(&remembered));
            return missing(expected, format!("none among {} commits", self.commits));
        }
        let tips = self.asked.tips.iter().zip(&self.roots);
        let lost =
            tips.filter_map(|(tip, root)| tip.map(|tip| (tip, root))).find(|(tip, root)| **root != Some(tip.root));
        let Some((Tip { commit_no, root: kept }, root)) = lost else { return Ok(()) };
        let there = root.map_or_else(|| format!("{} commits", self.commits), |root| format!("root {}", hex(&root)));
        missing(format!("root {} over commits 1 to {commit_no}", hex(&kept)), there)
    }
}
