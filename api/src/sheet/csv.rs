//! Rows as CSV (RFC 4180, with line feeds): a line of field names, then a line a row. Totals are left to the reader.

use serde_json::Value;

use super::{Column, Paper, Render, RenderError, Shown, text};

/// Writes the rows of a paper.
#[derive(Debug)]
pub struct Csv {
    columns: &'static [Column],
}

impl Csv {
    /// Nothing is written yet.
    pub fn new(paper: &Paper) -> Csv {
        Csv { columns: paper.sheet.columns }
    }
}

impl Render for Csv {
    fn begin(&mut self, _head: &dyn Shown, out: &mut Vec<u8>) -> Result<(), RenderError> {
        record(out, self.columns.iter().map(|column| column.field()))
    }

    fn row(&mut self, row: &dyn Shown, out: &mut Vec<u8>) -> Result<(), RenderError> {
        let row = row.value()?;
        record(out, self.columns.iter().map(|column| cell_of(&row, *column)))
    }

    fn end(&mut self, _head: &dyn Shown, _rows: u64, _out: &mut Vec<u8>) -> Result<(), RenderError> {
        Ok(())
    }
}

/// Adds a line.
fn record(out: &mut Vec<u8>, cells: impl Iterator<Item = impl AsRef<[u8]>>) -> Result<(), RenderError> {
    let mut writer = ::csv::Writer::from_writer(out);
    writer.write_record(cells).map_err(std::io::Error::from)?;
    Ok(writer.flush()?)
}

/// A cell: words made harmless, everything else as it is.
pub fn cell_of(row: &Value, column: Column) -> String {
    let text = text(row, column.field());
    match column {
        Column::Text(_) | Column::Tree(_) => cell(&text),
        Column::Number(_) | Column::Amount(_) | Column::Day(_) => text,
    }
}

/// Words as a cell of CSV. What a spreadsheet would take for a formula gets an apostrophe in front, by which it knows
/// that it is none; a negative number stays one. What turns the direction of writing is replaced.
pub fn cell(words: &str) -> String {
    let begins_formula = words.starts_with(['=', '+', '-', '@', '\t', '\r']) && !is_negative_number(words);
    let shown = words.replace(dianfu_ledger::export::is_bidi_control, "\u{fffd}");
    if begins_formula { format!("'{shown}") } else { shown }
}

/// Whether it is a minus, digits, and at most one point between digits.
fn is_negative_number(text: &str) -> bool {
    let are_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    text.strip_prefix('-').is_some_and(|number| number.splitn(2, '.').all(are_digits))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_no_formula_and_amounts_keep_their_minus() {
        for (words, shown) in [
            ("=1+1", "'=1+1"),
            ("+86 138", "'+86 138"),
            ("-1+cmd|' /C calc'!A0", "'-1+cmd|' /C calc'!A0"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "'\r=1"),
            ("-", "'-"),
            ("-1.", "'-1."),
            ("-1.2.3", "'-1.2.3"),
            ("-1", "-1"),
            ("-152.25", "-152.25"),
            ("CLM-1", "CLM-1"),
            ("a=b", "a=b"),
            ("", ""),
            ("paid \u{202e}00.1", "paid \u{fffd}00.1"),
        ] {
            assert_eq!(cell(words), shown);
        }
    }
}
