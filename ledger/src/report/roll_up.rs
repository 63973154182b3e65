//! The roll-up of a chart: accounts under what they are rolled up to, with a subtotal on every level. Pure.
//!
//! Lines come in the order of a printed chart: each followed by what is below it, siblings by code. A code that stands
//! below itself on a detour is cut loose at the smallest code of the ring, so that every amount is counted once, under
//! one line without anything above it. Costs the accounts times the depth of the chart.

use std::collections::{BTreeMap, BTreeSet};

use super::{ReportError, add};

/// A line of a roll-up, with `N` amounts side by side.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line<const N: usize> {
    /// The account or heading.
    pub code: String,
    /// How many lines stand above it: 0 at the top.
    pub level: u16,
    /// Whether it has an amount of its own: an account, not a heading.
    pub is_account: bool,
    /// Whether other lines stand below it: its total is a subtotal.
    pub has_below: bool,
    /// Its own amounts.
    pub own: [i128; N],
    /// Its own and those of all lines below it.
    pub total: [i128; N],
}

/// Rolls amounts up. `parent_of` names what a code is rolled up to.
pub fn roll_up<'a, const N: usize>(
    amounts: &BTreeMap<&'a str, [i128; N]>,
    parent_of: impl Fn(&'a str) -> Option<&'a str>,
) -> Result<Vec<Line<N>>, ReportError> {
    let (tops, below) = places(amounts.keys().copied(), parent_of);
    let mut lines: Vec<Line<N>> = Vec::new();
    let mut above: Vec<Option<usize>> = Vec::new();
    let mut waiting: Vec<(&str, u16, Option<usize>)> = tops.iter().rev().map(|code| (*code, 0, None)).collect();
    while let Some((code, level, parent)) = waiting.pop() {
        let children = below.get(code);
        let own = amounts.get(code).copied();
        let at = lines.len();
        lines.push(Line {
            code: code.to_owned(),
            level,
            is_account: own.is_some(),
            has_below: children.is_some(),
            own: own.unwrap_or([0; N]),
            total: own.unwrap_or([0; N]),
        });
        above.push(parent);
        let children = children.into_iter().flatten().rev();
        waiting.extend(children.map(|child| (*child, level.saturating_add(1), Some(at))));
    }
    for at in (0..lines.len()).rev() {
        let Some(parent) = above[at] else { continue };
        let total = lines[at].total;
        for (sum, more) in lines[parent].total.iter_mut().zip(total) {
            add(sum, more)?;
        }
    }
    Ok(lines)
}

/// The codes at the top, and what stands below each code.
fn places<'a>(
    codes: impl Iterator<Item = &'a str>,
    parent_of: impl Fn(&'a str) -> Option<&'a str>,
) -> (BTreeSet<&'a str>, BTreeMap<&'a str, BTreeSet<&'a str>>) {
    let (mut tops, mut below) = (BTreeSet::new(), BTreeMap::<&str, BTreeSet<&str>>::new());
    let mut placed = BTreeSet::new();
    for first in codes {
        let (mut code, mut path) = (first, Vec::new());
        while placed.insert(code) {
            path.push(code);
            let Some(parent) = parent_of(code) else {
                tops.insert(code);
                break;
            };
            let ring = path.iter().position(|passed| *passed == parent).map(|from| &path[from..]);
            let Some(ring) = ring else {
                below.entry(parent).or_default().insert(code);
                code = parent;
                continue;
            };
            below.entry(parent).or_default().insert(code);
            let smallest = ring.iter().copied().min().unwrap_or(code);
            if let Some(siblings) = parent_of(smallest).and_then(|parent| below.get_mut(parent)) {
                siblings.remove(smallest);
            }
            tops.insert(smallest);
            break;
        }
    }
    below.retain(|_, children| !children.is_empty());
    (tops, below)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(amounts: &[(&str, i128)], parents: &[(&str, &str)]) -> Vec<String> {
        let parent_of = |code: &str| parents.iter().find(|(child, _)| *child == code).map(|(_, parent)| *parent);
        let amounts = amounts.iter().map(|(code, amount)| (*code, [*amount])).collect();
        let line = |line: Line<1>| {
            let indent = "  ".repeat(line.level.into());
            let mark = if line.is_account { "" } else { "*" };
            format!("{indent}{}{mark} {} {}", line.code, line.own[0], line.total[0])
        };
        roll_up(&amounts, parent_of).unwrap().into_iter().map(line).collect()
    }

    #[test]
    fn subtotals_stand_on_every_level() {
        let amounts = [("1101.a", 5), ("1101.b", 7), ("1102", 11), ("1102.a", 1), ("2", -24)];
        let parents = [("1101.a", "1101"), ("1101.b", "1101"), ("1101", "11"), ("1102", "11"), ("1102.a", "1102")];
        let expected = [
            "11* 0 24",
            "  1101* 0 12",
            "    1101.a 5 5",
            "    1101.b 7 7",
            "  1102 11 12",
            "    1102.a 1 1",
            "2 -24 -24",
        ];
        assert_eq!(shown(&amounts, &parents), expected);
    }

    #[test]
    fn a_ring_is_cut_at_its_smallest_code() {
        let ring = [("a", "c"), ("b", "a"), ("c", "b"), ("d", "c")];
        let expected = ["a 1 15", "  b 2 14", "    c 4 12", "      d 8 8"];
        assert_eq!(shown(&[("a", 1), ("b", 2), ("c", 4), ("d", 8)], &ring), expected);
        assert_eq!(shown(&[("x", 3)], &[("x", "x")]), ["x 3 3"]);
        assert_eq!(shown(&[], &[]), [""; 0]);
    }

    #[test]
    fn a_sum_beyond_128_bits_is_refused() {
        let amounts = BTreeMap::from([("a", [i128::MAX]), ("b", [1])]);
        let refused = roll_up(&amounts, |code| (code != "top").then_some("top")).unwrap_err();
        assert_eq!(refused.code(), Some("amount_overflow"));
    }

    proptest! {
        /// Whatever the parents are, rings included: every amount is under exactly one top line, and every account and
        /// every heading has one line.
        #[test]
        fn every_amount_counts_once(amounts in prop::collection::vec(-1000..1000_i128, 1..12),
                                    parents in prop::collection::vec(0..16_usize, 12)) {
            let names: Vec<String> = (0..16).map(|at| format!("n{at:02}")).collect();
            let given: BTreeMap<&str, [i128; 1]> =
                names.iter().zip(&amounts).map(|(name, amount)| (name.as_str(), [*amount])).collect();
            let parent_of = |code: &str| {
                let at = names.iter().position(|name| name == code)?;
                parents.get(at).map(|parent| names[*parent].as_str())
            };
            let lines = roll_up(&given, parent_of).unwrap();
            let tops: i128 = lines.iter().filter(|line| line.level == 0).map(|line| line.total[0]).sum();
            prop_assert_eq!(tops, amounts.iter().sum::<i128>());
            let codes: BTreeSet<&str> = lines.iter().map(|line| line.code.as_str()).collect();
            prop_assert_eq!(codes.len(), lines.len());
            prop_assert!(given.keys().all(|code| codes.contains(code)));
            for (at, line) in lines.iter().enumerate() {
                let below = lines[at + 1..].iter().take_while(|below| below.level > line.level);
                let own: i128 = below.map(|below| below.own[0]).sum();
                prop_assert_eq!(line.total[0], line.own[0] + own);
            }
        }
    }
}
