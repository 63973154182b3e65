//! Lines to rows of cells (RFC 4180), one row at a time, each cell with its line.
//!
//! Of the two ways to read a stream of CSV, this is the one that stays within bounds and knows its place: a quote that
//! is never closed ends the reading after [`LINE_BYTES_MAX`] bytes instead of swallowing the file, and is told where
//! it began. Cells are exact: nothing is trimmed, line ends within quotes stay as they are. Empty lines are no rows.
//! What RFC 4180 does not allow (a quote inside an unquoted cell, text behind a closing quote) is a fault, not a guess.

use std::io::{self, Read};

use super::line::Lines;
use super::{Fault, LINE_BYTES_MAX};

/// Cells of one row.
#[derive(Default, Debug)]
pub struct Row {
    line: u64,
    text: String,
    /// Where each cell ends in `text`.
    ends: Vec<usize>,
}

impl Row {
    /// The line on which it begins, from 1.
    pub fn line(&self) -> u64 {
        self.line
    }

    /// How many cells it has.
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// A cell, from 0; empty beyond the last.
    pub fn cell(&self, index: usize) -> &str {
        let end = self.ends.get(index).copied().unwrap_or(self.text.len());
        let begin = index.checked_sub(1).map_or(0, |before| self.ends.get(before).copied().unwrap_or(end));
        &self.text[begin..end]
    }

    /// The line on which a cell begins.
    pub fn line_of(&self, index: usize) -> u64 {
        let end = index.checked_sub(1).and_then(|before| self.ends.get(before)).copied().unwrap_or(0);
        self.line + self.text[..end].bytes().filter(|byte| *byte == b'\n').map(|_| 1).sum::<u64>()
    }

    fn end_cell(&mut self) {
        self.ends.push(self.text.len());
    }

    /// Takes in a line; answers whether a quoted cell goes on behind it. `quoted`: whether one goes on into it.
    fn take(&mut self, line: &str, quoted: bool) -> Result<bool, &'static str> {
        let (mut rest, mut quoted) = (line, quoted);
        loop {
            if quoted {
                let Some((inside, behind)) = rest.split_once('"') else {
                    self.text.push_str(rest);
                    return Ok(true);
                };
                self.text.push_str(inside);
                if let Some(behind) = behind.strip_prefix('"') {
                    self.text.push('"');
                    rest = behind;
                    continue;
                }
                self.end_cell();
                match behind.strip_prefix(',') {
                    Some(next) => rest = next,
                    None if behind.is_empty() => return Ok(false),
                    None => return Err("text behind a closing quote"),
                }
            } else if !rest.starts_with('"') {
                let (cell, next) = rest.split_once(',').map_or((rest, None), |(cell, next)| (cell, Some(next)));
                if cell.contains('"') {
                    return Err("a quote inside a cell without quotes");
                }
                self.text.push_str(cell);
                self.end_cell();
                let Some(next) = next else { return Ok(false) };
                rest = next;
            }
            quoted = rest.starts_with('"');
            rest = rest.strip_prefix('"').unwrap_or(rest);
        }
    }
}

/// The separators of programs that do not write commas.
const FOREIGN_SEPARATORS: [char; 3] = [';', '\t', '|'];

/// Refuses a row of names that is one cell, and several if its cells were separated by something else.
pub(super) fn check_separator(header: &Row) -> Result<(), Fault> {
    let mut found = FOREIGN_SEPARATORS.into_iter().filter(|separator| header.cell(0).contains(*separator));
    match found.next().filter(|_| header.len() == 1) {
        None => Ok(()),
        Some(separator) => {
            let fault = Fault::new(header.line(), "separator_unknown", "the cells are not separated by commas");
            Err(fault.expected("a comma", format!("{separator:?}")))
        }
    }
}

/// Rows of an input, one at a time.
pub struct Rows<R> {
    lines: Lines<R>,
    row: Row,
    is_over: bool,
}

impl<R: Read> Rows<R> {
    /// Begins at the first row.
    pub fn new(input: R) -> Rows<R> {
        Rows { lines: Lines::new(input), row: Row::default(), is_over: false }
    }

    /// The next row; `None` at the end, and after a fault behind which nothing can be read.
    pub fn next_row(&mut self) -> io::Result<Option<Result<&Row, Fault>>> {
        self.row.line = 0;
        self.row.text.clear();
        self.row.ends.clear();
        let mut quoted = false;
        while !self.is_over {
            let number = self.lines.number() + 1;
            let line = match self.lines.next_line()? {
                None => break,
                Some(Err(fault)) => return Ok(Some(Err(fault))),
                Some(Ok(line)) => line,
            };
            if self.row.line == 0 {
                if line.is_empty() {
                    continue;
                }
                self.row.line = number;
            }
            match self.row.take(line, quoted) {
                Ok(false) => return Ok(Some(Ok(&self.row))),
                Ok(true) => quoted = true,
                Err(what) => {
                    let fault = Fault::new(number, "row_malformed", "this row is not CSV");
                    return Ok(Some(Err(fault.expected("cells with commas between, in quotes if need be", what))));
                }
            }
            self.row.text.push_str(self.lines.ending());
            self.is_over = self.row.text.len() > LINE_BYTES_MAX;
        }
        self.is_over = true;
        if !quoted {
            return Ok(None);
        }
        let begin = self.row.ends.last().copied().unwrap_or(0);
        let begins = self.row.text[begin..].lines().next().unwrap_or_default();
        let fault = Fault::new(self.row.line_of(self.row.len()), "quote_unclosed", "a quoted cell has no end");
        Ok(Some(Err(fault.expected("a closing quote", format!("a cell that begins with '{begins}'")))))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    type Read = Result<(u64, Vec<String>), (u64, &'static str)>;

    fn read(text: &str) -> Vec<Read> {
        let mut rows = Rows::new(text.as_bytes());
        let mut all = Vec::new();
        while let Some(row) = rows.next_row().unwrap() {
            all.push(match row {
                Ok(row) => Ok((row.line(), (0..row.len()).map(|index| row.cell(index).to_owned()).collect())),
                Err(fault) => Err((fault.line, fault.code)),
            });
        }
        all
    }

    fn row(line: u64, cells: &[&str]) -> (u64, Vec<String>) {
        (line, cells.iter().map(|cell| (*cell).to_owned()).collect())
    }

    #[test]
    fn cells_are_exact_and_know_their_line() {
        let text = "a,b\r\n\n\"x, \"\"y\"\"\r\nz\", w \n,\"\"\nlast,";
        let expected = [
            Ok(row(1, &["a", "b"])),
            Ok(row(3, &["x, \"y\"\r\nz", " w "])),
            Ok(row(5, &["", ""])),
            Ok(row(6, &["last", ""])),
        ];
        assert_eq!(read(text), expected);
        let mut rows = Rows::new(text.as_bytes());
        rows.next_row().unwrap();
        assert_eq!(rows.next_row().unwrap().unwrap().unwrap().line_of(1), 4);
    }

    #[test]
    fn what_is_not_csv_is_a_fault_with_its_line() {
        assert_eq!(read("a\"b\nc"), [Err((1, "row_malformed")), Ok(row(2, &["c"]))]);
        assert_eq!(read("\"a\"b\nc"), [Err((1, "row_malformed")), Ok(row(2, &["c"]))]);
        assert_eq!(read("a\nb,\"c\nd"), [Ok(row(1, &["a"])), Err((2, "quote_unclosed"))]);
        let endless = format!("\"{}", "x\n".repeat(LINE_BYTES_MAX));
        assert_eq!(read(&endless), [Err((1, "quote_unclosed"))]);
    }

    proptest! {
        #[test]
        fn what_a_csv_writer_writes_is_read(
            table in prop::collection::vec(prop::collection::vec("[a,\"\r\n é垫]{0,6}", 2..5), 0..6),
        ) {
            let mut writer = csv::WriterBuilder::new().flexible(true).from_writer(Vec::new());
            for cells in &table {
                writer.write_record(cells).unwrap();
            }
            let text = String::from_utf8(writer.into_inner().unwrap()).unwrap();
            let cells: Vec<Vec<String>> = read(&text).into_iter().map(|row| row.unwrap().1).collect();
            prop_assert_eq!(cells, table);
        }
    }
}
