//! Answers on standard output: as a table for a person, as CSV, or as JSON.
//!
//! JSON is the answer as the HTTP interface gives it. Tables and CSV pick fields of the same answer by their names, so
//! that the three cannot say different things; `settled.debits` is the field `debits` of the field `settled`.

use std::error::Error as StdError;
use std::io::{self, BufWriter, Write};

use clap::{Args, ValueEnum};
use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};
pub use dianfu_api::sheet::csv::cell;
use dianfu_api::sheet::csv::cell_of;
pub use dianfu_api::sheet::{Column, Sheet, text};
use dianfu_api::sheet::{heading, level, rows};
use serde::Serialize;
use serde_json::Value;

use super::ending::printable;

/// How an answer is printed.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug, ValueEnum)]
pub enum Format {
    /// For a person
    #[default]
    Table,
    /// With a line of field names
    Csv,
    /// As the HTTP interface answers: amounts are decimal strings
    Json,
}

/// The option that every command has that prints data.
#[derive(Args)]
pub struct Output {
    /// How to print the answer
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

impl Output {
    /// Prints an answer.
    pub fn print(&self, answer: &impl Serialize, sheet: &Sheet) -> anyhow::Result<()> {
        let mut out = stdout();
        match self.format {
            Format::Table => write_table(&mut out, &serde_json::to_value(answer)?, sheet)?,
            Format::Csv => write_csv(&mut out, &serde_json::to_value(answer)?, sheet)?,
            Format::Json => write_json(&mut out, answer)?,
        }
        Ok(out.flush()?)
    }

    /// Prints an answer of which several fields hold rows: as tables one below the other; CSV has those of the last.
    pub fn print_parts(&self, answer: &impl Serialize, sheets: &[Sheet]) -> anyhow::Result<()> {
        match (self.format, sheets.split_last()) {
            (Format::Table, Some((last, others))) => {
                others.iter().try_for_each(|sheet| self.print(answer, sheet))?;
                self.print(answer, last)
            }
            (_, Some((last, _))) => self.print(answer, last),
            (_, None) => Ok(()),
        }
    }

    /// Prints an answer that is one thing: as a table, one field a line.
    pub fn print_one(&self, answer: &impl Serialize, fields: &'static [&'static str]) -> anyhow::Result<()> {
        let mut out = stdout();
        match self.format {
            Format::Table => write_fields(&mut out, &serde_json::to_value(answer)?, fields)?,
            Format::Csv => {
                let columns: Vec<Column> = fields.iter().copied().map(Column::Text).collect();
                write_rows(&mut out, std::slice::from_ref(&serde_json::to_value(answer)?), &columns)?;
            }
            Format::Json => write_json(&mut out, answer)?,
        }
        Ok(out.flush()?)
    }
}

/// Standard output.
pub struct Out(io::Stdout);

/// Standard output, with a buffer.
pub fn stdout() -> BufWriter<Out> {
    BufWriter::new(Out(io::stdout()))
}

/// Whoever read our output has closed it, as `head` does.
#[derive(Debug, thiserror::Error)]
#[error("nobody reads the output any more")]
struct NobodyReads;

impl Write for Out {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.write(bytes).map_err(marked)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.flush().map_err(marked)
    }
}

/// Marks the pipe that broke as ours: the one to the database can break, too.
fn marked(error: io::Error) -> io::Error {
    match error.kind() {
        io::ErrorKind::BrokenPipe => io::Error::new(io::ErrorKind::BrokenPipe, NobodyReads),
        _ => error,
    }
}

/// Whether an error means no more than that nobody reads our output any more.
pub fn nobody_reads(error: &anyhow::Error) -> bool {
    let of_output = error.chain().filter_map(|cause| cause.downcast_ref::<io::Error>()?.get_ref());
    of_output.into_iter().any(<dyn StdError + Send + Sync>::is::<NobodyReads>)
}

/// Nobody reading is no error where the answer counts beyond what is printed.
pub fn unless_nobody_reads(error: anyhow::Error) -> anyhow::Result<()> {
    if nobody_reads(&error) { Ok(()) } else { Err(error) }
}

/// Writes an answer as JSON that a person can read, too.
pub fn write_json(out: &mut impl Write, answer: &impl Serialize) -> anyhow::Result<()> {
    serde_json::to_writer_pretty(&mut *out, answer).map_err(io::Error::from)?;
    Ok(writeln!(out)?)
}

/// Writes the fields above, the rows and their totals, the fields below.
pub fn write_table(out: &mut impl Write, answer: &Value, sheet: &Sheet) -> anyhow::Result<()> {
    write_fields(out, answer, sheet.above)?;
    let rows = rows(answer, sheet.rows);
    if rows.is_empty() && !sheet.columns.is_empty() {
        writeln!(out, "{}", sheet.empty)?;
    } else if !sheet.columns.is_empty() {
        let totals = sheet.totals.map_or(&[][..], |field| dianfu_api::sheet::rows(answer, field));
        let table = table(sheet.columns, rows.iter().chain(totals));
        table.lines().try_for_each(|line| writeln!(out, "{}", line.trim_end()))?;
    }
    write_fields(out, answer, sheet.below)
}

/// Writes fields, one a line.
pub fn write_fields(out: &mut impl Write, answer: &Value, fields: &[&str]) -> anyhow::Result<()> {
    for field in fields {
        let value = text(answer, field);
        if !value.is_empty() {
            writeln!(out, "{}: {}", heading(field), printable(&value))?;
        }
    }
    Ok(())
}

/// A line under the headings, and nothing else: easy to read, easy to cut.
const STYLE: TableStyle = TableStyle::new().header_separator(LineStyle::none().fill('─').junction(' '));

/// Rows under the names of their columns.
pub fn table<'a>(columns: &[Column], rows: impl Iterator<Item = &'a Value>) -> Table {
    let mut table = Table::new();
    table.load_style(STYLE).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(columns.iter().map(|column| heading(column.field())));
    for row in rows {
        table.add_row(columns.iter().map(|column| shown(row, *column)));
    }
    for (column, shown) in columns.iter().zip(table.column_iter_mut()) {
        if column.is_numeric() {
            shown.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// What a cell says; in a tree it is set in.
fn shown(row: &Value, column: Column) -> String {
    let text = printable(&text(row, column.field()));
    match column {
        Column::Tree(_) => format!("{}{text}", "  ".repeat(level(row).into())),
        Column::Text(_) | Column::Number(_) | Column::Amount(_) | Column::Day(_) => text,
    }
}

/// Writes the field names, and the rows.
pub fn write_csv(out: &mut impl Write, answer: &Value, sheet: &Sheet) -> anyhow::Result<()> {
    write_rows(out, rows(answer, sheet.rows), sheet.columns)
}

fn write_rows(out: &mut impl Write, rows: &[Value], columns: &[Column]) -> anyhow::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(columns.iter().map(|column| column.field())).map_err(written_badly)?;
    for row in rows {
        csv.write_record(columns.iter().map(|column| cell_of(row, *column))).map_err(written_badly)?;
    }
    Ok(csv.flush()?)
}

/// The cause inside an error of the CSV writer, which does not show it as its source.
fn written_badly(error: csv::Error) -> anyhow::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error.into(),
        _ => anyhow::anyhow!("CSV cannot be written"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn csv_tells_words_from_numbers_by_their_column() {
        let answer = json!([{"name": "=HYPERLINK(1)", "balance": "-5.00"}]);
        let columns = &[Column::Text("name"), Column::Number("balance")];
        let mut out = Vec::new();
        write_csv(&mut out, &answer, &Sheet { columns, ..Sheet::default() }).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "name,balance\n'=HYPERLINK(1),-5.00\n");
    }
}
