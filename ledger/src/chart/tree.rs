//! The chart as a tree, with what stands on each account and everything below it, per currency.
//!
//! Roots and the children of every account stand in the order of their codes. Sums are checked; nothing is ever added
//! across currencies. A chart that is no tree is a fault, however deep or wide it is: nothing here recurses.
//!
//! Costs O(n log n), and one addition for each account and each currency that stands below it.

use std::collections::BTreeMap;

use super::cycle;
use crate::account::AccountCode;
use crate::money::Currency;

/// Debits and credits over any number of accounts, in minor units of one currency.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Sums {
    /// Sum of debits.
    pub debits: i128,
    /// Sum of credits, as a positive number.
    pub credits: i128,
}

impl Sums {
    /// Both together; `None` beyond 128 bits.
    #[must_use]
    pub fn plus(self, other: Sums) -> Option<Sums> {
        let debits = self.debits.checked_add(other.debits)?;
        Some(Sums { debits, credits: self.credits.checked_add(other.credits)? })
    }

    /// Debits less credits; `None` beyond 128 bits.
    pub fn net(self) -> Option<i128> {
        self.debits.checked_sub(self.credits)
    }
}

/// An account to be put into the tree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Leaf {
    /// The account.
    pub code: AccountCode,
    /// The one currency it holds.
    pub currency: Currency,
    /// What it is rolled up to.
    pub parent: Option<String>,
    /// What stands on the account itself.
    pub own: Sums,
}

/// An account in the tree.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Node {
    /// The account.
    pub code: AccountCode,
    /// The one currency it holds.
    pub currency: Currency,
    /// What stands on the account itself.
    pub own: Sums,
    /// What stands on it and on all below it: its own currency and every one below, each once, in order of their codes.
    pub rolled_up: Vec<(Currency, Sums)>,
    /// How many accounts stand above it.
    pub depth: usize,
    /// Where the account right above it is among [`Tree::nodes`].
    pub parent: Option<usize>,
}

impl Node {
    /// What stands on it and on all below it in one currency.
    pub fn rolled_up_in(&self, currency: Currency) -> Sums {
        self.rolled_up.iter().find(|(held, _)| *held == currency).map_or(Sums::default(), |(_, sums)| *sums)
    }
}

/// Why accounts make no tree; in order of precedence.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TreeFault {
    /// An account is given twice.
    #[error("account {account} is given twice")]
    AccountTwice {
        /// The account.
        account: AccountCode,
    },
    /// A parent is not among the accounts.
    #[error("account {account} is rolled up to {parent}, which is not among the accounts")]
    ParentUnknown {
        /// The account.
        account: AccountCode,
        /// Its parent.
        parent: String,
    },
    /// Accounts are rolled up to each other.
    #[error("accounts are rolled up to each other: {}", cycle::in_full(.cycle.iter().map(AccountCode::as_str)))]
    ParentCycle {
        /// Each account followed by the one it is rolled up to; the last is rolled up to the first.
        cycle: Vec<AccountCode>,
    },
    /// A sum leaves 128 bits.
    #[error("what is rolled up to account {account} in {currency} is more than 128 bits hold")]
    Overflow {
        /// The account at which it does.
        account: AccountCode,
        /// The currency.
        currency: Currency,
    },
}

impl TreeFault {
    /// Stable code, the same at every edge.
    pub fn code(&self) -> &'static str {
        match self {
            TreeFault::AccountTwice { .. } => "account_twice",
            TreeFault::ParentUnknown { .. } => "parent_unknown",
            TreeFault::ParentCycle { .. } => "parent_cycle",
            TreeFault::Overflow { .. } => "sum_overflow",
        }
    }
}

/// Accounts with everything below them.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Tree {
    nodes: Vec<Node>,
}

impl Tree {
    /// Builds the tree of accounts given in any order.
    pub fn build(mut leaves: Vec<Leaf>) -> Result<Tree, TreeFault> {
        leaves.sort_by(|a, b| a.code.cmp(&b.code));
        let above = parents(&leaves)?;
        if let Some(cycle) = cycle::cycles(&above).into_iter().next() {
            let cycle = cycle.into_iter().map(|place| leaves[place].code.clone()).collect();
            return Err(TreeFault::ParentCycle { cycle });
        }
        let order = depth_first(&above);
        let mut moved = vec![0; leaves.len()];
        for (to, (from, _)) in order.iter().enumerate() {
            moved[*from] = to;
        }
        let node = |(from, depth): (usize, usize)| {
            let Leaf { code, currency, own, .. } = leaves[from].clone();
            let parent = above[from].map(|parent| moved[parent]);
            Node { code, currency, own, rolled_up: vec![(currency, own)], depth, parent }
        };
        let mut nodes: Vec<Node> = order.into_iter().map(node).collect();
        roll_up(&mut nodes)?;
        Ok(Tree { nodes })
    }

    /// All accounts, each before those below it.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// All accounts with how many stand above each, as the lines of a table: each before those below it.
    pub fn lines(&self) -> impl Iterator<Item = (usize, &Node)> {
        self.nodes.iter().map(|node| (node.depth, node))
    }

    /// The accounts above which none stands.
    pub fn roots(&self) -> impl Iterator<Item = &Node> {
        self.nodes.iter().filter(|node| node.parent.is_none())
    }

    /// The sum over all accounts of each currency; `None` beyond 128 bits.
    pub fn total(&self) -> Option<BTreeMap<Currency, Sums>> {
        let mut total: BTreeMap<Currency, Sums> = BTreeMap::new();
        for (currency, sums) in self.roots().flat_map(|root| &root.rolled_up) {
            let so_far = total.entry(*currency).or_default();
            *so_far = so_far.plus(*sums)?;
        }
        Some(total)
    }
}

/// Where the parent of each leaf is; leaves are in the order of their codes.
fn parents(leaves: &[Leaf]) -> Result<Vec<Option<usize>>, TreeFault> {
    if let Some(pair) = leaves.windows(2).find(|pair| pair[0].code == pair[1].code) {
        return Err(TreeFault::AccountTwice { account: pair[0].code.clone() });
    }
    let place = |leaf: &Leaf| {
        let Some(parent) = &leaf.parent else { return Ok(None) };
        let found = leaves.binary_search_by(|other| other.code.as_str().cmp(parent));
        found.map(Some).map_err(|_| TreeFault::ParentUnknown { account: leaf.code.clone(), parent: parent.clone() })
    };
    leaves.iter().map(place).collect()
}

/// Every place with its depth, each before those below it; places below one in their order. There is no cycle.
fn depth_first(above: &[Option<usize>]) -> Vec<(usize, usize)> {
    let mut below: Vec<Vec<usize>> = vec![Vec::new(); above.len()];
    let mut open: Vec<(usize, usize)> = Vec::new();
    for (place, parent) in above.iter().enumerate().rev() {
        match parent {
            Some(parent) => below[*parent].push(place),
            None => open.push((place, 0)),
        }
    }
    let mut order = Vec::with_capacity(above.len());
    while let Some((place, depth)) = open.pop() {
        order.push((place, depth));
        open.extend(below[place].iter().map(|child| (*child, depth + 1)));
    }
    order
}

/// Adds each node to its parent, from the last: all below a node come behind it.
fn roll_up(nodes: &mut [Node]) -> Result<(), TreeFault> {
    for place in (0..nodes.len()).rev() {
        let (before, from) = nodes.split_at_mut(place);
        let Some(parent) = from[0].parent.map(|parent| &mut before[parent]) else { continue };
        for (currency, sums) in &from[0].rolled_up {
            match parent.rolled_up.binary_search_by_key(currency, |(held, _)| *held) {
                Err(at) => parent.rolled_up.insert(at, (*currency, *sums)),
                Ok(at) => {
                    let so_far = &mut parent.rolled_up[at].1;
                    *so_far = so_far
                        .plus(*sums)
                        .ok_or_else(|| TreeFault::Overflow { account: parent.code.clone(), currency: *currency })?;
                }
            }
        }
    }
    Ok(())
}
