//! Text to rows of cells, each with the line on which it begins.
//!
//! Lines end with a line feed, a carriage return, or both; the last may end without. Empty lines are no rows. Quoted
//! cells may hold commas, doubled quotes and line ends. One pass.

use std::io::Read;

use csv::{ReaderBuilder, StringRecord};

use super::encoding::line_ends;
use super::fault::{ChartFault, FaultKind, quoted};

/// Is read behind the text. It is the last row if all quotes are closed, and else the end of a cell.
const BEHIND: &str = "\nend";

/// A row of the file.
#[derive(Debug)]
pub(crate) struct Row {
    /// The line on which it begins.
    pub(crate) line: usize,
    cells: StringRecord,
    is_unclosed: bool,
}

/// All rows; only the last may be unclosed.
pub(crate) fn rows(text: &str) -> Vec<Row> {
    let bytes = text.as_bytes().chain(BEHIND.as_bytes());
    let mut reader = ReaderBuilder::new().has_headers(false).flexible(true).from_reader(bytes);
    let mut rows = Vec::new();
    let (mut line, mut counted) = (1, 0);
    let mut cells = StringRecord::new();
    while reader.read_record(&mut cells).expect("text in memory is read and is UTF-8") {
        let from = cells.position().map_or(0, |position| usize::try_from(position.byte()).unwrap_or(usize::MAX));
        let empty_lines = |rest: &[u8]| rest.iter().take_while(|byte| matches!(byte, b'\n' | b'\r')).count();
        let begin = from + text.as_bytes().get(from..).map_or(0, empty_lines);
        line += text.as_bytes().get(counted..begin).map_or(0, line_ends);
        counted = begin.max(counted);
        rows.push(Row { line, cells: std::mem::take(&mut cells), is_unclosed: false });
    }
    if let Some(last) = rows.pop().filter(|last| last.cells.len() != 1 || last.cells[0] != BEHIND[1..]) {
        rows.push(Row { is_unclosed: true, ..last });
    }
    rows
}

impl Row {
    /// How many cells it has.
    pub(crate) fn len(&self) -> usize {
        self.cells.len()
    }

    /// Its cells.
    pub(crate) fn cells(&self) -> impl Iterator<Item = &str> {
        self.cells.iter()
    }

    /// A cell, from 0.
    pub(crate) fn cell(&self, index: usize) -> Option<&str> {
        self.cells.get(index)
    }

    /// The line on which a cell begins.
    pub(crate) fn line_of(&self, index: usize) -> usize {
        self.line + self.cells.iter().take(index).map(|cell| line_ends(cell.as_bytes())).sum::<usize>()
    }

    /// What is wrong if its last cell never ends. `column` is what that cell is called.
    pub(crate) fn unclosed(&self, column: &str) -> Option<ChartFault> {
        let last = self.cells.len().checked_sub(1).filter(|_| self.is_unclosed)?;
        let begins = self.cells[last].lines().next().unwrap_or_default();
        let actual = format!("the end of the file, in the cell that begins with {}", quoted(begins));
        let line = self.line_of(last);
        Some(ChartFault::new(FaultKind::QuoteUnclosed, line, Some(column), "a closing quote", actual))
    }
}
