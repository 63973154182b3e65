//! Answers on standard output: as a table for a person, as CSV, or as JSON.
//!
//! JSON is the answer as the HTTP interface gives it. Tables and CSV pick fields of the same answer by their names, so
//! that the three cannot say different things; `settled.debits` is the field `debits` of the field `settled`.

use std::error::Error as StdError;
use std::io::{self, BufWriter, Write};

use clap::{Args, ValueEnum};
use comfy_table::{CellAlignment, ContentArrangement, LineStyle, Table, TableStyle};
use dianfu_ledger::export::is_bidi_control;
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

/// A column of a table: the field that it shows.
#[derive(Clone, Copy)]
pub enum Column {
    /// Words.
    Text(&'static str),
    /// A number or an amount.
    Number(&'static str),
}

impl Column {
    fn field(self) -> &'static str {
        match self {
            Column::Text(field) | Column::Number(field) => field,
        }
    }
}

/// How an answer looks as a table. CSV has its rows only.
#[derive(Clone, Copy, Default)]
pub struct Sheet {
    /// Fields shown above the rows, one a line.
    pub above: &'static [&'static str],
    /// The field that holds the rows; the answer itself if empty.
    pub rows: &'static str,
    /// The columns.
    pub columns: &'static [Column],
    /// The field that holds rows of totals.
    pub totals: Option<&'static str>,
    /// Fields shown below the rows, one a line.
    pub below: &'static [&'static str],
    /// What is said in place of a table without rows.
    pub empty: &'static str,
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
        let totals = sheet.totals.map_or(&[][..], |field| self::rows(answer, field));
        let table = table(sheet.columns, rows.iter().chain(totals));
        table.lines().try_for_each(|line| writeln!(out, "{}", line.trim_end()))?;
    }
    write_fields(out, answer, sheet.below)
}

fn write_fields(out: &mut impl Write, answer: &Value, fields: &[&str]) -> anyhow::Result<()> {
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

fn table<'a>(columns: &[Column], rows: impl Iterator<Item = &'a Value>) -> Table {
    let mut table = Table::new();
    table.load_style(STYLE).set_content_arrangement(ContentArrangement::Dynamic);
    table.set_header(columns.iter().map(|column| heading(column.field())));
    for row in rows {
        table.add_row(columns.iter().map(|column| printable(&text(row, column.field()))));
    }
    for (column, shown) in columns.iter().zip(table.column_iter_mut()) {
        if matches!(column, Column::Number(_)) {
            shown.set_cell_alignment(CellAlignment::Right);
        }
    }
    table
}

/// Writes the field names, and the rows.
pub fn write_csv(out: &mut impl Write, answer: &Value, sheet: &Sheet) -> anyhow::Result<()> {
    write_rows(out, rows(answer, sheet.rows), sheet.columns)
}

fn write_rows(out: &mut impl Write, rows: &[Value], columns: &[Column]) -> anyhow::Result<()> {
    let mut csv = csv::Writer::from_writer(out);
    csv.write_record(columns.iter().map(|column| column.field())).map_err(written_badly)?;
    for row in rows {
        let cells = columns.iter().map(|column| match column {
            Column::Text(field) => cell(&text(row, field)),
            Column::Number(field) => text(row, field),
        });
        csv.write_record(cells).map_err(written_badly)?;
    }
    Ok(csv.flush()?)
}

/// Words as a cell of CSV. What a spreadsheet would take for a formula gets an apostrophe in front, by which it knows
/// that it is none; a negative number stays one. What turns the direction of writing is replaced.
pub fn cell(words: &str) -> String {
    let shown = words.replace(is_bidi_control, "\u{fffd}");
    let begins_formula = shown.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if begins_formula && !is_negative_number(&shown) { format!("'{shown}") } else { shown }
}

/// Whether it is a minus, digits, and at most one point between digits.
fn is_negative_number(text: &str) -> bool {
    let are_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    text.strip_prefix('-').is_some_and(|number| number.splitn(2, '.').all(are_digits))
}

/// The cause inside an error of the CSV writer, which does not show it as its source.
fn written_badly(error: csv::Error) -> anyhow::Error {
    match error.into_kind() {
        csv::ErrorKind::Io(error) => error.into(),
        _ => anyhow::anyhow!("CSV cannot be written"),
    }
}

fn rows<'a>(answer: &'a Value, field: &str) -> &'a [Value] {
    let rows = if field.is_empty() { answer } else { &answer[field] };
    match rows {
        Value::Array(rows) => rows,
        Value::Null => &[],
        one => std::slice::from_ref(one),
    }
}

/// What a field says; nothing if it is absent or null.
pub fn text(row: &Value, field: &str) -> String {
    words(field.split('.').fold(row, |value, name| &value[name]))
}

fn words(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) => text.clone(),
        Value::Array(values) => values.iter().map(words).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

fn heading(field: &str) -> String {
    field.replace(['_', '.'], " ")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

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

    #[test]
    fn csv_tells_words_from_numbers_by_their_column() {
        let answer = json!([{"name": "=HYPERLINK(1)", "balance": "-5.00"}]);
        let columns = &[Column::Text("name"), Column::Number("balance")];
        let mut out = Vec::new();
        write_csv(&mut out, &answer, &Sheet { columns, ..Sheet::default() }).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "name,balance\n'=HYPERLINK(1),-5.00\n");
    }
}
