//! The chart of accounts as a file: CSV in, accounts to be opened out, and the tree that they form.
//!
//! The first line names the columns, in any order: `account`, `type`, `currency`, `name`, and if wanted `normal_side`,
//! `open_item`, `parent`, `minimum`, `maximum`. Any further column is a key of the account's metadata. A heading is an
//! account like any other, under which others stand.
//!
//! A file is taken whole or not at all. What is wrong with it is told whole too: every fault with its line and column,
//! in the order of the lines, each line's by its columns and then its place in the tree. What hides the rest, such as
//! another encoding, is told alone. No file makes a panic or a loop; all takes O(n log n) time in the length of the
//! file and the number of accounts known, and memory in proportion to both.

mod columns;
mod cycle;
mod draft;
pub(crate) mod encoding;
pub(crate) mod fault;
mod parents;
pub(crate) mod sheet;
#[cfg(test)]
mod tests;
pub mod tree;
mod write;

use std::collections::BTreeMap;

pub use columns::Column;
pub use fault::{ChartFault, FaultKind};
pub use write::{Unwritable, write_chart};

use crate::account::{AccountCode, NewAccount};
use columns::Columns;
use draft::Draft;

/// An account of the file, to be opened.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ChartLine {
    /// The line on which it begins; the header is line 1.
    pub line: usize,
    /// The account.
    pub account: NewAccount,
}

/// Reads a chart. `known` are the accounts that the book has already and what each is rolled up to: a line may name
/// them as its parent. A line may also name one of them as its account; then the line's parent counts here, and it is
/// for the opening to say whether the two are the same account.
pub fn read_chart(
    bytes: &[u8],
    known: &BTreeMap<AccountCode, Option<String>>,
) -> Result<Vec<ChartLine>, Vec<ChartFault>> {
    let text = encoding::text(bytes).map_err(|fault| vec![fault])?;
    let rows = sheet::rows(text);
    let Some((header, rows)) = rows.split_first() else {
        return Err(vec![empty("nothing")]);
    };
    if let Some(fault) = header.unclosed("the header") {
        return Err(vec![fault]);
    }
    let mut faults = Vec::new();
    let columns = Columns::read(header, &mut faults);
    if rows.is_empty() {
        faults.push(empty("a header only"));
    }
    let drafts: Vec<Draft> = rows.iter().map(|row| draft::read(row, &columns, &mut faults)).collect();
    parents::check(&drafts, known, &mut faults);
    if faults.is_empty() {
        let lines = drafts.into_iter().map(|draft| Some(ChartLine { line: draft.line, account: draft.account? }));
        return Ok(lines.collect::<Option<_>>().expect("a line without a fault is an account"));
    }
    faults.sort_by_key(|fault| fault.line); // stable: a line's faults stay in their order
    Err(faults)
}

fn empty(actual: &str) -> ChartFault {
    ChartFault::new(FaultKind::FileEmpty, 1, None, "a header and at least one account", actual)
}
