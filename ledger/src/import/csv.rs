//! Entries from CSV: one row a posting, the rows of an entry together.
//!
//! The first row names the columns ([`Column`]), in any order. Required are `entry`, `date`, `account`, `currency`, and
//! either `amount` (debit positive) or `debit` and `credit`. What says something about the whole entry stands in its
//! first row, and may be repeated or left empty in the others. A column that is not known is refused.
//!
//! `entry` is the entry's id if it is a UUID; anything else is its number in the books that the file comes from: the
//! same number of the same source is the same entry for ever, so that a longer file of the same books may be taken in
//! later, and a number that comes with other content is a conflict, not a second entry.
//!
//! A spreadsheet takes what begins with `=`, `+`, `-`, `@` for a formula; the export puts an apostrophe in front of
//! such words ([`shielded`]), and here it is taken off again. Entries are history, as in [`super::ndjson`].

mod columns;
mod posting;

use std::borrow::Cow;
use std::collections::VecDeque;
use std::io::{self, Read};

use jiff::Timestamp;
use uuid::Uuid;

use crate::entry::{EntryKind, NewEntry};
use crate::id;

use super::rows::{Row, Rows};
use super::{Fault, Numbered, Record, day};
pub use columns::Column;
use columns::Columns;

/// Longest number of an entry, in bytes.
const NUMBER_BYTES_MAX: usize = 200;

/// Words as a cell: what a spreadsheet would take for a formula gets an apostrophe in front.
pub fn shielded(words: &str) -> Cow<'_, str> {
    if begins_formula(words.trim_start_matches('\'')) { format!("'{words}").into() } else { words.into() }
}

/// The inverse of [`shielded`].
fn unshielded(cell: &str) -> &str {
    let words = cell.strip_prefix('\'').filter(|words| begins_formula(words.trim_start_matches('\'')));
    words.unwrap_or(cell)
}

fn begins_formula(words: &str) -> bool {
    words.starts_with(['=', '+', '-', '@', '\t', '\r'])
}

/// The id of an entry by its number in the books of a source.
pub(super) fn id_of(source: &str, number: &str) -> Uuid {
    let is_uuid = |number: &str| number.len() == 36; // only with hyphens: 32 digits may be a number
    match Uuid::parse_str(number).ok().filter(|_| is_uuid(number)) {
        Some(id) => id,
        None => id::entry_id(Timestamp::UNIX_EPOCH, &format!("import from {source}"), number),
    }
}

/// A file of postings that is being read.
pub struct Reader<R> {
    rows: Rows<R>,
    source: String,
    columns: Option<Columns>,
    current: Option<Draft>,
    ready: VecDeque<Numbered>,
    is_over: bool,
}

/// An entry of which more rows may follow.
struct Draft {
    line: u64,
    number: String,
    /// The cells of its first row that are about the entry.
    heading: Vec<(usize, String)>,
    entry: NewEntry,
    ends_group: bool,
    /// Whether something is wrong with it; then it is not handed over.
    is_faulty: bool,
}

impl<R: Read> Reader<R> {
    /// Begins at the first row. `source` is whose numbers the entries have.
    pub fn new(input: R, source: &str) -> Reader<R> {
        let (rows, ready) = (Rows::new(input), VecDeque::new());
        Reader { rows, source: source.to_owned(), columns: None, current: None, ready, is_over: false }
    }

    /// Reads the next row.
    fn advance(&mut self) -> io::Result<()> {
        let row = match self.rows.next_row()? {
            None => {
                self.is_over = true;
                if self.columns.is_none() {
                    let fault = Fault::new(1, "file_empty", "the file has no row of column names");
                    self.ready.push_back(Numbered { line: 1, record: Err(fault.expected("a header", "nothing")) });
                }
                flush(&mut self.current, &mut self.ready);
                return Ok(());
            }
            Some(Err(fault)) => {
                // The rows before and behind it may be of one entry: it is not known.
                self.current = None;
                self.ready.push_back(Numbered { line: fault.line, record: Err(fault) });
                return Ok(());
            }
            Some(Ok(row)) => row,
        };
        let Some(columns) = &self.columns else {
            match Columns::read(row) {
                Ok(columns) => self.columns = Some(columns),
                Err(faults) => {
                    self.is_over = true;
                    self.ready
                        .extend(faults.into_iter().map(|fault| Numbered { line: fault.line, record: Err(fault) }));
                    self.columns = Some(Columns::default());
                }
            }
            return Ok(());
        };
        let mut faults = Vec::new();
        take_row(columns, &self.source, row, &mut self.current, &mut self.ready, &mut faults);
        if !faults.is_empty() {
            if let Some(draft) = &mut self.current {
                draft.is_faulty = true;
            }
            self.ready.extend(faults.into_iter().map(|fault| Numbered { line: fault.line, record: Err(fault) }));
        }
        Ok(())
    }
}

impl<R: Read> Iterator for Reader<R> {
    type Item = io::Result<Numbered>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some(ready) = self.ready.pop_front() {
                return Some(Ok(ready));
            }
            if self.is_over {
                return None;
            }
            if let Err(error) = self.advance() {
                self.is_over = true;
                return Some(Err(error));
            }
        }
    }
}

fn flush(current: &mut Option<Draft>, ready: &mut VecDeque<Numbered>) {
    if let Some(draft) = current.take().filter(|draft| !draft.is_faulty) {
        ready.push_back(Numbered { line: draft.line, record: Ok(Record::Entry(Box::new(draft.entry))) });
    }
}

fn take_row(
    columns: &Columns,
    source: &str,
    row: &Row,
    current: &mut Option<Draft>,
    ready: &mut VecDeque<Numbered>,
    faults: &mut Vec<Fault>,
) {
    if row.len() != columns.len() {
        let fault = Fault::new(row.line(), "row_ragged", "this row has more or fewer cells than the header");
        faults.push(fault.expected(format!("{} cells", columns.len()), format!("{} cells", row.len())));
        return;
    }
    let number = columns.cell(row, Column::Entry);
    if current.as_ref().is_none_or(|draft| draft.number != number) {
        flush(current, ready);
        *current = Some(begin(columns, source, row, faults));
    } else if let Some(draft) = current {
        let differs = |(place, first): &&(usize, String)| {
            let again = row.cell(*place);
            !again.is_empty() && again != first
        };
        if let Some((place, first)) = draft.heading.iter().find(differs) {
            let message = format!("{} is another than in the first row of this entry", columns.name(*place));
            let fault = Fault::new(row.line_of(*place), "entry_differs", message);
            faults.push(fault.expected(format!("'{first}', or nothing"), row.cell(*place)));
        }
    }
    let Some(draft) = current else { return };
    match posting::read(columns, row, draft.entry.kind) {
        Ok(Some(posting)) if !draft.ends_group => draft.entry.postings.push(posting),
        Ok(_) => {}
        Err(fault) => faults.push(fault),
    }
}

/// An entry as its first row describes it; every cell that cannot be read is a fault.
fn begin(columns: &Columns, source: &str, row: &Row, faults: &mut Vec<Fault>) -> Draft {
    let number = columns.cell(row, Column::Entry);
    let mut kept = |read: Result<(), Fault>| faults.extend(read.err());
    let mut entry = NewEntry { id: id_of(source, number), ..NewEntry::default() };
    let line = |column: Column| columns.line(row, column);
    if number.is_empty() || number.len() > NUMBER_BYTES_MAX {
        let fault = Fault::new(line(Column::Entry), "entry_missing", "entry tells which rows belong together");
        kept(Err(fault.expected(format!("an id or a number of 1 to {NUMBER_BYTES_MAX} bytes"), number)));
    }
    kept(day(line(Column::Date), columns.cell(row, Column::Date)).map(|day| entry.effective_date = Some(day)));
    kept(kind(columns, row).map(|kind| entry.kind = kind));
    let optional = |column: Column| Some(columns.cell(row, column)).filter(|cell| !cell.is_empty());
    let related = |column: Column| optional(column).map(|number| id_of(source, number));
    (entry.relates_to, entry.hold_group) = (related(Column::RelatesTo), related(Column::HoldGroup));
    kept(flag(columns, row, Column::Adjusting).map(|adjusting| entry.adjusting = adjusting));
    if let Some(text) = optional(Column::ExpiresAt) {
        let fault = || {
            let fault = Fault::new(line(Column::ExpiresAt), "time_malformed", "this is not a time");
            fault.expected("a time such as 2026-05-01T12:00:00Z", text)
        };
        kept(text.parse().map_err(|_| fault()).map(|time| entry.expires_at = Some(time)));
    }
    let words = |column: Column| unshielded(columns.cell(row, column)).to_owned();
    entry.reference = words(Column::Reference);
    entry.description = words(Column::Description);
    entry.actor = words(Column::Actor);
    entry.metadata = optional(Column::Metadata).map(str::to_owned);
    let heading = columns.heading().map(|place| (place, row.cell(place).to_owned())).collect();
    let ends_group = entry.kind.relates() && entry.hold_group.is_some();
    Draft { line: row.line(), number: number.to_owned(), heading, entry, ends_group, is_faulty: false }
}

fn kind(columns: &Columns, row: &Row) -> Result<EntryKind, Fault> {
    match columns.cell(row, Column::Kind) {
        "" => Ok(EntryKind::Post),
        word => match EntryKind::from_word(word) {
            // The ledger's own expiry is carried over as the release that it is.
            Some(EntryKind::Expiry) => Ok(EntryKind::Release),
            Some(kind) => Ok(kind),
            None => {
                let expected = EntryKind::ALL.map(EntryKind::word).join(", ");
                let fault = Fault::new(columns.line(row, Column::Kind), "kind_unknown", "this is no kind of entry");
                Err(fault.expected(expected, word))
            }
        },
    }
}

fn flag(columns: &Columns, row: &Row, column: Column) -> Result<bool, Fault> {
    match columns.cell(row, column) {
        "" | "false" => Ok(false),
        "true" => Ok(true),
        other => {
            let message = format!("{} is true or false", column.word());
            Err(Fault::new(columns.line(row, column), "flag_malformed", message).expected("true or false", other))
        }
    }
}

#[cfg(test)]
mod tests;
