//! Tests of the tree: its order, its sums, its faults, and chains deeper than any stack.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::code;
use crate::chart::tree::{Leaf, Sums, Tree, TreeFault};
use crate::money::Currency;

fn leaf(name: &str, parent: Option<&str>, currency: Currency, debits: i128, credits: i128) -> Leaf {
    Leaf { code: code(name), currency, parent: parent.map(str::to_owned), own: Sums { debits, credits } }
}

fn cny(name: &str, parent: Option<&str>, debits: i128) -> Leaf {
    leaf(name, parent, Currency::CNY, debits, 0)
}

#[test]
fn rolls_up_every_level_and_currency() {
    let usd = leaf("1101.b", Some("11"), Currency::USD, 5, 2);
    let leaves = vec![usd, cny("2", None, 9), cny("1101.a", Some("11"), 7), cny("11", Some("1"), 1), cny("1", None, 0)];
    let tree = Tree::build(leaves).unwrap();
    let lines: Vec<(usize, &str)> = tree.lines().map(|(depth, node)| (depth, node.code.as_str())).collect();
    assert_eq!(lines, [(0, "1"), (1, "11"), (2, "1101.a"), (2, "1101.b"), (0, "2")]);
    let parents: Vec<Option<usize>> = tree.nodes().iter().map(|node| node.parent).collect();
    assert_eq!(parents, [None, Some(0), Some(1), Some(1), None]);
    let heading = &tree.nodes()[0];
    let (in_cny, in_usd) = (Sums { debits: 8, credits: 0 }, Sums { debits: 5, credits: 2 });
    assert_eq!(heading.rolled_up, [(Currency::CNY, in_cny), (Currency::USD, in_usd)]);
    assert_eq!(heading.own, Sums::default());
    assert_eq!(
        (heading.rolled_up_in(Currency::USD).net(), heading.rolled_up_in(Currency::CNY).net()),
        (Some(3), Some(8))
    );
    assert_eq!(heading.rolled_up_in("JPY".parse().unwrap()), Sums::default());
    assert_eq!(tree.roots().map(|root| root.code.as_str()).collect::<Vec<_>>(), ["1", "2"]);
    let total = BTreeMap::from([(Currency::CNY, Sums { debits: 17, credits: 0 }), (Currency::USD, in_usd)]);
    assert_eq!(tree.total(), Some(total));
    assert_eq!(Tree::build(Vec::new()), Ok(Tree::default()));
}

#[test]
fn what_is_no_tree_is_a_fault() {
    let fault = |leaves: Vec<Leaf>| {
        let fault = Tree::build(leaves).unwrap_err();
        (fault.code(), fault.to_string())
    };
    let twice = fault(vec![cny("1", None, 0), cny("2", None, 0), cny("1", Some("2"), 0)]);
    assert_eq!(twice, ("account_twice", "account 1 is given twice".to_owned()));
    let unknown = fault(vec![cny("1", None, 0), cny("2", Some("3"), 0)]);
    let words = "account 2 is rolled up to 3, which is not among the accounts";
    assert_eq!(unknown, ("parent_unknown", words.to_owned()));
    let cycle =
        fault(vec![cny("0", Some("c"), 0), cny("c", Some("a"), 0), cny("a", Some("b"), 0), cny("b", Some("c"), 0)]);
    assert_eq!(cycle, ("parent_cycle", "accounts are rolled up to each other: a > b > c > a".to_owned()));
    let alone = fault(vec![cny("a", Some("a"), 0)]);
    assert_eq!(alone, ("parent_cycle", "accounts are rolled up to each other: a > a".to_owned()));
    let too_much = Tree::build(vec![cny("1", None, i128::MAX), cny("11", Some("1"), 1)]);
    assert_eq!(too_much, Err(TreeFault::Overflow { account: code("1"), currency: Currency::CNY }));
    let side_by_side = Tree::build(vec![cny("1", None, i128::MAX), cny("2", None, 1)]).unwrap();
    assert_eq!(side_by_side.total(), None);
    assert_eq!(too_much.unwrap_err().code(), "sum_overflow");
    assert_eq!(Sums { debits: i128::MAX, credits: -1 }.net(), None);
}

#[test]
fn a_chain_of_100_000_is_no_deeper_than_the_stack() {
    const LENGTH: usize = 100_000;
    let name = |place: usize| format!("{place:06}");
    let chain = |last: Option<String>| -> Vec<Leaf> {
        let parent = |place: usize| if place == 0 { last.clone() } else { Some(name(place - 1)) };
        (0..LENGTH).map(|place| cny(&name(place), parent(place).as_deref(), 1)).collect()
    };
    let tree = Tree::build(chain(None)).unwrap();
    assert_eq!(tree.nodes()[0].rolled_up_in(Currency::CNY).debits, 100_000);
    assert_eq!(tree.lines().last().map(|(depth, _)| depth), Some(LENGTH - 1));
    let Err(TreeFault::ParentCycle { cycle }) = Tree::build(chain(Some(name(LENGTH - 1)))) else {
        panic!("a closed chain is a cycle");
    };
    assert_eq!((cycle.len(), &cycle[0]), (LENGTH, &code("000000")));
}

/// Accounts of which each is rolled up to one with a smaller number or to none, in any order.
fn forest() -> impl Strategy<Value = Vec<Leaf>> {
    let currency = prop::sample::select(vec!["CNY", "USD", "JPY", "AED"]);
    let amount = -1_000_000_000_000_000_000_000_i128..1_000_000_000_000_000_000_000;
    let one = (currency, any::<Option<prop::sample::Index>>(), amount.clone(), amount, any::<u16>());
    let grown = prop::collection::vec(one, 1..40).prop_map(|parts| {
        let mut leaves: Vec<Leaf> = Vec::new();
        for (currency, parent, debits, credits, mixed) in parts {
            let parent = parent.filter(|_| !leaves.is_empty()).map(|parent| parent.get(&leaves).code.to_string());
            let name = format!("{mixed}-{}", leaves.len());
            leaves.push(leaf(&name, parent.as_deref(), currency.parse().unwrap(), debits, credits));
        }
        leaves
    });
    grown.prop_shuffle()
}

fn add(sums: &mut BTreeMap<Currency, Sums>, currency: Currency, more: Sums) {
    let so_far = sums.entry(currency).or_default();
    *so_far = so_far.plus(more).unwrap();
}

proptest! {
    #[test]
    fn sums_are_those_of_the_accounts(leaves in forest()) {
        let mut plain = BTreeMap::new();
        for leaf in &leaves {
            add(&mut plain, leaf.currency, leaf.own);
        }
        let tree = Tree::build(leaves.clone()).unwrap();
        prop_assert_eq!(tree.total(), Some(plain));
        prop_assert_eq!(tree.nodes().len(), leaves.len());
        for (place, node) in tree.nodes().iter().enumerate() {
            let mut sums = BTreeMap::from([(node.currency, node.own)]);
            let children: Vec<_> = tree.nodes().iter().filter(|child| child.parent == Some(place)).collect();
            for (currency, rolled_up) in children.iter().flat_map(|child| &child.rolled_up) {
                add(&mut sums, *currency, *rolled_up);
            }
            prop_assert_eq!(&node.rolled_up, &sums.into_iter().collect::<Vec<_>>());
            prop_assert!(node.rolled_up.is_sorted_by_key(|(currency, _)| currency.code()));
            prop_assert!(children.is_sorted_by_key(|child| &child.code));
            let above = node.parent.map(|parent| &tree.nodes()[parent]);
            prop_assert_eq!(node.depth, above.map_or(0, |above| above.depth + 1));
            let given = leaves.iter().find(|leaf| leaf.code == node.code).unwrap();
            prop_assert_eq!(given.parent.as_deref(), above.map(|above| above.code.as_str()));
            prop_assert!(node.parent.is_none_or(|parent| parent < place));
        }
    }

    #[test]
    fn the_order_given_does_not_matter(leaves in forest()) {
        let mut turned = leaves.clone();
        turned.reverse();
        prop_assert_eq!(Tree::build(leaves), Tree::build(turned));
    }
}
