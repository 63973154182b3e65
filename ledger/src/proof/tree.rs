//! Nodes of a Merkle tree (RFC 6962), picked while its leaves pass by, and the checks of what they prove.
//!
//! Which nodes a proof needs, and whether it proves anything, is `ct-merkle`'s business; here the tree is built without
//! being kept: one hash for each power of two in its size. Pure; what comes from strangers never panics.

use std::collections::HashMap;

use ct_merkle::{ConsistencyProof, InclusionProof, RootHash};
use sha2::{Digest, Sha256};

use crate::error::Error;
use crate::journal::codec::{Hash, node_hash};

/// More leaves than any book will have: sizes beyond it come from nobody who means well.
const LEAVES_MAX: i64 = 1 << 48;

/// The tree over the first commits of a book, in 40 bytes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Tip {
    /// The last commit that it covers: the tree's size.
    pub commit_no: i64,
    /// The tree's root.
    pub root: Hash,
}

/// The proof that one tip is another with commits added behind it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Consistency {
    /// The earlier tip.
    pub from: Tip,
    /// The later tip.
    pub to: Tip,
    /// `PROOF(from, D[to])` of RFC 6962, section 2.1.2.
    pub path: Vec<Hash>,
}

impl Consistency {
    /// Whether the proof holds. Compare the tips with those that you know.
    pub fn holds(&self) -> bool {
        let (Some(from), Some(to)) = (root_hash(self.from), root_hash(self.to)) else { return false };
        let path = ConsistencyProof::try_from_bytes(self.path.concat());
        self.from.commit_no <= self.to.commit_no && path.is_ok_and(|path| to.verify_consistency(&from, &path).is_ok())
    }
}

impl Tip {
    /// Whether the tree has this leaf at this index, from 0.
    pub fn includes(self, leaf: &[u8], index: i64, path: &[Hash]) -> bool {
        let (Some(root), Ok(index)) = (root_hash(self), u64::try_from(index)) else { return false };
        let path = InclusionProof::try_from_bytes(path.concat());
        index < root.num_leaves() && path.is_ok_and(|path| root.verify_inclusion(&leaf, index, &path).is_ok())
    }
}

fn root_hash(Tip { commit_no, root }: Tip) -> Option<RootHash<Sha256>> {
    let size = u64::try_from(commit_no).ok().filter(|_| (1..=LEAVES_MAX).contains(&commit_no));
    size.map(|size| RootHash::new(root.into(), size))
}

/// The hash of a leaf.
pub fn leaf_hash(leaf: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(leaf).finalize().into()
}

/// The nodes of the audit path of the leaf at `index`, from 0, in a tree of `size` leaves. None outside of the tree.
pub fn inclusion_nodes(index: i64, size: i64) -> Vec<u64> {
    match (u64::try_from(index), u64::try_from(size)) {
        (Ok(index), Ok(size)) if index < size => ct_merkle::indices_for_inclusion_proof(size, index),
        _ => Vec::new(),
    }
}

/// The nodes of the proof that a tree of `to` leaves is one of `from` leaves with others added. None without any.
pub fn consistency_nodes(from: i64, to: i64) -> Vec<u64> {
    match (u64::try_from(from), u64::try_from(to)) {
        (Ok(from), Ok(to)) if (1..=to).contains(&from) => ct_merkle::indices_for_consistency_proof(from, to - from),
        _ => Vec::new(),
    }
}

/// A whole subtree.
#[derive(Clone, Copy)]
struct Subtree {
    first: u64,
    leaves: u64,
    hash: Hash,
}

impl Subtree {
    /// The number of its root among the tree's nodes, leaf `n` being node `2n` (RFC 9420, appendix C).
    fn node(&self) -> u64 {
        if self.leaves == 1 {
            2 * self.first
        } else {
            2 * (self.first + self.leaves.div_ceil(2).next_power_of_two()) - 1
        }
    }

    fn and(&self, right: &Subtree) -> Subtree {
        let hash = node_hash(&self.hash, &right.hash);
        Subtree { first: self.first, leaves: self.leaves + right.leaves, hash }
    }
}

/// A tree of which some nodes are kept.
pub struct Picker {
    wanted: Vec<u64>,
    picked: HashMap<u64, Option<Hash>>,
    /// Subtrees of a power of two of leaves, largest first.
    complete: Vec<Subtree>,
    leaves: u64,
}

impl Picker {
    /// An empty tree.
    pub fn new(wanted: Vec<u64>) -> Picker {
        let picked = wanted.iter().map(|node| (*node, None)).collect();
        Picker { wanted, picked, complete: Vec::new(), leaves: 0 }
    }

    /// Adds the hash of a leaf.
    pub fn push(&mut self, hash: Hash) {
        let mut subtree = Subtree { first: self.leaves, leaves: 1, hash };
        self.leaves += 1;
        self.pick(&subtree);
        while let Some(left) = self.complete.pop_if(|left| left.leaves == subtree.leaves) {
            subtree = left.and(&subtree);
            self.pick(&subtree);
        }
        self.complete.push(subtree);
    }

    /// The root, and the wanted nodes in the order in which they were asked for. The tree must have this many leaves.
    pub fn finish(mut self, leaves: i64) -> Result<(Hash, Vec<Hash>), Error> {
        let gaps = || Error::Corrupt(format!("{leaves} numbers in a row have {} rows", self.leaves));
        if u64::try_from(leaves) != Ok(self.leaves) {
            return Err(gaps());
        }
        let Some(mut whole) = self.complete.pop() else { return Err(gaps()) };
        while let Some(left) = self.complete.pop() {
            whole = left.and(&whole);
            self.pick(&whole);
        }
        let picked: Option<Vec<Hash>> = self.wanted.iter().map(|node| self.picked.get(node).copied()?).collect();
        Ok((whole.hash, picked.expect("every node of a proof is a node of the tree")))
    }

    fn pick(&mut self, subtree: &Subtree) {
        if let Some(place) = self.picked.get_mut(&subtree.node()) {
            *place = Some(subtree.hash);
        }
    }
}

#[cfg(test)]
mod tests;
