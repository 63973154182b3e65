//! Our streaming tree beside the tree of `ct-merkle`, which keeps everything.

use ct_merkle::mem_backed_tree::MemoryBackedTree;
use proptest::prelude::*;

use crate::journal::codec::MerkleRoot;

use super::*;

/// A leaf of its own for each index.
fn leaf(index: i64) -> [u8; 8] {
    index.to_be_bytes()
}

fn kept(size: i64) -> MemoryBackedTree<Sha256, [u8; 8]> {
    let mut tree = MemoryBackedTree::new();
    (0..size).for_each(|index| tree.push(leaf(index)));
    tree
}

fn picked(size: i64, wanted: Vec<u64>) -> (Tip, Vec<Hash>) {
    let mut picker = Picker::new(wanted);
    (0..size).for_each(|index| picker.push(leaf_hash(&leaf(index))));
    let (root, path) = picker.finish(size).unwrap();
    (Tip { commit_no: size, root }, path)
}

/// Any other byte of a proof proves nothing.
fn bent(path: &[Hash], at: usize) -> Vec<Hash> {
    let mut path = path.to_vec();
    if let Some(hash) = path.get_mut(at / 32) {
        hash[at % 32] ^= 1;
    }
    path
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn roots_and_audit_paths_are_those_of_ct_merkle(size in 1..1_000_i64, index in any::<prop::sample::Index>()) {
        let index = index.index(usize::try_from(size).unwrap());
        let number = i64::try_from(index).unwrap();
        let tree = kept(size);
        let (tip, path) = picked(size, inclusion_nodes(number, size));
        let mut hot = MerkleRoot::default();
        (0..size).for_each(|index| hot.push(leaf_hash(&leaf(index))));
        let root = tree.root();
        prop_assert_eq!(&tip.root[..], &root.as_bytes()[..]);
        prop_assert_eq!(tip.root, hot.finish());
        let proof = tree.prove_inclusion(index);
        prop_assert_eq!(path.concat(), proof.as_bytes());
        prop_assert!(tip.includes(&leaf(number), number, &path));
        prop_assert!(!tip.includes(&leaf(number + 1), number, &path));
        prop_assert!(!tip.includes(&leaf(number), number + size, &path));
        for at in 0..path.len() * 32 {
            prop_assert!(!tip.includes(&leaf(number), number, &bent(&path, at)));
        }
    }

    #[test]
    fn consistency_proofs_are_those_of_ct_merkle(size in 1..1_000_i64, added in 0..1_000_i64, at in any::<usize>()) {
        let to = size + added;
        let (earlier, _) = picked(size, Vec::new());
        let (later, path) = picked(to, consistency_nodes(size, to));
        let proof = kept(to).prove_consistency(usize::try_from(added).unwrap());
        prop_assert_eq!(path.concat(), proof.as_bytes());
        let proof = Consistency { from: earlier, to: later, path };
        prop_assert!(proof.holds());
        let other = Consistency { from: Tip { root: [7; 32], ..earlier }, ..proof.clone() };
        prop_assert!(!other.holds());
        let backwards = Consistency { from: later, to: earlier, ..proof.clone() };
        prop_assert!(added == 0 || !backwards.holds());
        if !proof.path.is_empty() {
            let path = bent(&proof.path, at % (proof.path.len() * 32));
            let crooked = Consistency { path, ..proof };
            prop_assert!(!crooked.holds());
        }
    }

    #[test]
    fn absurd_sizes_and_paths_prove_nothing(
        from in any::<i64>(), to in any::<i64>(), index in any::<i64>(), length in 0..70_usize,
    ) {
        let path = vec![[3; 32]; length];
        let (from, to) = (Tip { commit_no: from, root: [1; 32] }, Tip { commit_no: to, root: [2; 32] });
        prop_assert!(!to.includes(b"leaf", index, &path));
        let proof = Consistency { from, to, path };
        prop_assert!(!proof.holds());
    }
}

#[test]
fn a_gap_is_no_tree() {
    let mut picker = Picker::new(Vec::new());
    picker.push([0; 32]);
    assert!(picker.finish(2).is_err());
    assert!(Picker::new(Vec::new()).finish(0).is_err());
}
