//! The lines of a chart against each other: no account twice, and parents that make a tree.
//!
//! The type of a parent is checked where the parent is in the file. A cycle is told once, on the line of its first
//! account; one among accounts of the book alone is none of the file's. O(n log n) in lines and accounts known.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use super::columns::Column;
use super::cycle;
use super::draft::Draft;
use super::fault::{ChartFault, FaultKind};
use crate::account::AccountCode;

/// Checks all lines.
pub(super) fn check(drafts: &[Draft], known: &BTreeMap<AccountCode, Option<String>>, faults: &mut Vec<ChartFault>) {
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for (place, draft) in drafts.iter().enumerate() {
        let Some(code) = &draft.code else { continue };
        match places.entry(code.as_str()) {
            Entry::Vacant(free) => {
                free.insert(place);
            }
            Entry::Occupied(taken) => {
                let actual = format!("{code} again, first on line {}", drafts[*taken.get()].code_line);
                let (line, column) = (draft.code_line, Some(Column::Account.word()));
                faults.push(ChartFault::new(FaultKind::AccountTwice, line, column, "each account once", actual));
            }
        }
    }
    let in_book: Vec<(&AccountCode, Option<&str>)> = known
        .iter()
        .filter(|(code, _)| !places.contains_key(code.as_str()))
        .map(|(code, parent)| (code, parent.as_deref()))
        .collect();
    places.extend(in_book.iter().zip(drafts.len()..).map(|((code, _), place)| (code.as_str(), place)));

    for draft in drafts {
        faults.extend(unfit(draft, drafts, &places));
    }
    let parents_in_file = drafts.iter().map(|draft| draft.parent.as_ref().map(AccountCode::as_str));
    let parents_in_book = in_book.iter().map(|(_, parent)| *parent);
    let above = |parent: Option<&str>| places.get(parent?).copied();
    let parents: Vec<Option<usize>> = parents_in_file.chain(parents_in_book).map(above).collect();
    for cycle in cycle::cycles(&parents) {
        let Some(first) = drafts.get(cycle[0]) else { continue };
        let code = |place: usize| match drafts.get(place) {
            Some(draft) => draft.code.as_ref().map_or("", AccountCode::as_str),
            None => in_book[place - drafts.len()].0.as_str(),
        };
        let (line, column) = (first.parent_line, Some(Column::Parent.word()));
        let actual = cycle::in_full(cycle.iter().map(|place| code(*place)));
        faults.push(ChartFault::new(FaultKind::ParentCycle, line, column, "a parent outside the account", actual));
    }
}

/// What is wrong with a line's parent, cycles apart.
fn unfit(draft: &Draft, drafts: &[Draft], places: &BTreeMap<&str, usize>) -> Option<ChartFault> {
    let parent = draft.parent.as_ref()?;
    let (line, column) = (draft.parent_line, Some(Column::Parent.word()));
    let Some(place) = places.get(parent.as_str()) else {
        let expected = "an account of this file or of the book";
        return Some(ChartFault::new(FaultKind::ParentUnknown, line, column, expected, format!("'{parent}'")));
    };
    let above = drafts.get(*place)?;
    let (expected, actual) = (draft.account_type?, above.account_type?);
    (expected != actual).then(|| {
        let expected = format!("a parent of type {}", expected.word());
        let actual = format!("{parent} of type {}, on line {}", actual.word(), above.line);
        ChartFault::new(FaultKind::ParentTypeMismatch, line, column, expected, actual)
    })
}
