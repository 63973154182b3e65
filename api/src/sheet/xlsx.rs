//! Rows as a workbook (Office Open XML): amounts as numbers wherever a cell keeps them exactly ([`super::exact`]), days
//! as days, words never as formulas.
//!
//! Rows go to a temporary file as they come, so that memory does not grow with them; at the end the workbook is put
//! together in another one and given out in pieces. More rows than a worksheet holds go on in the next. The same
//! answer gives the same bytes: the workbook's time is that at which the answer was known.

use std::collections::HashMap;
use std::fs::File;
use std::io::{BufReader, BufWriter, Read, Seek};

use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet};
use serde_json::Value;

use super::{Column, Imprint, Paper, Render, RenderError, Sheet, Shown, exact, heading, level, plain, rows, text};

/// Rows of a worksheet.
const ROWS_MAX: u32 = 1_048_576;
/// Bytes that are given out at a time.
const PIECE_BYTES: u64 = 1 << 16;
/// Letters of a worksheet's name.
const NAME_LETTERS_MAX: usize = 31;

/// Writes a paper as a workbook.
pub struct Xlsx {
    lead_name: &'static str,
    paper: Paper,
    imprint: Imprint,
    workbook: Workbook,
    styles: Styles,
    full: Vec<Worksheet>,
    open: Option<Open>,
    rows_max: u32,
    made: Option<BufReader<File>>,
}

/// A worksheet that is being filled.
struct Open {
    worksheet: Worksheet,
    next_row: u32,
}

impl Xlsx {
    /// Nothing is written yet.
    pub fn new(paper: Paper, imprint: Imprint) -> Xlsx {
        Xlsx::with_rows_max(paper, imprint, ROWS_MAX)
    }

    /// The same with another name for the worksheet before the rows.
    pub fn with_lead(lead_name: &'static str, paper: Paper, imprint: Imprint) -> Xlsx {
        Xlsx { lead_name, ..Xlsx::new(paper, imprint) }
    }

    /// The same with smaller worksheets.
    fn with_rows_max(paper: Paper, imprint: Imprint, rows_max: u32) -> Xlsx {
        let (workbook, styles) = (Workbook::new(), Styles::default());
        let lead_name = "Summary";
        Xlsx { lead_name, paper, imprint, workbook, styles, full: Vec::new(), open: None, rows_max, made: None }
    }

    /// A new worksheet: what it is, of when, and the names of the columns.
    fn start(&mut self, name: &str, sheet: &Sheet, head: &Value) -> Result<Open, RenderError> {
        let mut worksheet = self.workbook.new_worksheet_with_constant_memory()?;
        worksheet.set_name(name.chars().take(NAME_LETTERS_MAX).collect::<String>())?;
        worksheet.set_landscape().set_print_fit_to_pages(1, 0);
        worksheet.set_header(format!("&L{}&R{}", self.paper.title, self.imprint.book));
        worksheet.set_footer("&RPage &P of &N");
        for (at, column) in (0..).zip(sheet.columns) {
            worksheet.set_column_width(at, width(*column))?;
        }
        worksheet.write_string_with_format(0, 0, self.paper.title, &self.styles.title)?;
        let mut row = 1;
        let above = [("book", self.imprint.book.clone()), ("produced by", self.imprint.produced_by())];
        let fields = self.paper.sheet.above.iter().chain(self.paper.sheet.below);
        let facts = fields.map(|field| (*field, text(head, field))).filter(|(_, value)| !value.is_empty());
        for (name, value) in above.into_iter().chain(facts) {
            worksheet.write_string_with_format(row, 0, heading(name), &self.styles.plain)?;
            worksheet.write_string_with_format(row, 1, plain(&value), &self.styles.plain)?;
            row += 1;
        }
        row += 1;
        for (at, column) in (0..).zip(sheet.columns) {
            let style = if column.is_numeric() { &self.styles.number_head } else { &self.styles.head };
            worksheet.write_string_with_format(row, at, heading(column.field()), style)?;
        }
        worksheet.set_freeze_panes(row + 1, 0)?.set_repeat_rows(row, row)?;
        Ok(Open { worksheet, next_row: row + 1 })
    }

    /// Adds a row of the paper's own sheet, on a new worksheet if the last one is full.
    fn add(&mut self, row: &Value, is_sum: bool, head: &Value) -> Result<(), RenderError> {
        let sheet = self.paper.sheet;
        let mut open = match self.open.take() {
            Some(open) if open.next_row < self.rows_max => open,
            Some(full) => {
                self.full.push(full.worksheet);
                let name = format!("{} ({})", self.paper.title, self.full.len() + 1);
                self.start(&name, &sheet, head)?
            }
            None => self.start(self.paper.title, &sheet, head)?,
        };
        self.styles.write(&mut open, &sheet, row, is_sum)?;
        self.open = Some(open);
        Ok(())
    }
}

impl Render for Xlsx {
    fn begin(&mut self, head: &dyn Shown, _out: &mut Vec<u8>) -> Result<(), RenderError> {
        let head = head.value()?;
        let properties = DocProperties::new().set_title(self.paper.title).set_author(self.imprint.produced_by());
        self.workbook.set_properties(&properties.set_creation_datetime(&known_at(&head)?));
        if let Some(lead) = self.paper.lead {
            let mut open = self.start(self.lead_name, &lead, &head)?;
            for row in rows(&head, lead.rows) {
                self.styles.write(&mut open, &lead, row, false)?;
            }
            self.workbook.push_worksheet(open.worksheet);
        }
        let sheet = self.paper.sheet;
        self.open = Some(self.start(self.paper.title, &sheet, &head)?);
        Ok(())
    }

    fn row(&mut self, row: &dyn Shown, _out: &mut Vec<u8>) -> Result<(), RenderError> {
        let row = row.value()?;
        let is_sum = row["subtotal"] == true || row["line"] == "closing";
        self.add(&row, is_sum, &Value::Null)
    }

    fn end(&mut self, head: &dyn Shown, _rows: u64, _out: &mut Vec<u8>) -> Result<(), RenderError> {
        let head = head.value()?;
        let totals = self.paper.sheet.totals.map_or(&[][..], |field| rows(&head, field));
        for total in totals {
            self.add(total, true, &head)?;
        }
        let last = self.open.take().map(|open| open.worksheet);
        for worksheet in self.full.drain(..).chain(last) {
            self.workbook.push_worksheet(worksheet);
        }
        let mut file = tempfile::tempfile()?;
        self.workbook.save_to_writer(BufWriter::new(&mut file))?;
        file.rewind()?;
        self.made = Some(BufReader::new(file));
        Ok(())
    }

    fn rest(&mut self, out: &mut Vec<u8>) -> Result<bool, RenderError> {
        let Some(made) = &mut self.made else { return Ok(false) };
        Ok(made.by_ref().take(PIECE_BYTES).read_to_end(out)? > 0)
    }
}

/// How cells look.
struct Styles {
    title: Format,
    head: Format,
    number_head: Format,
    plain: Format,
    made: HashMap<Style, Format>,
}

/// A style that is made when it is first needed.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Style {
    Words { is_sum: bool, indent: u8 },
    Count { is_sum: bool },
    Amount { is_sum: bool, decimals: usize },
    Day { is_sum: bool },
}

impl Default for Styles {
    fn default() -> Styles {
        let head = || Format::new().set_bold().set_border_bottom(FormatBorder::Thin).set_text_wrap();
        Styles {
            title: Format::new().set_bold().set_font_size(14),
            head: head(),
            number_head: head().set_align(FormatAlign::Right),
            plain: Format::new(),
            made: HashMap::new(),
        }
    }
}

impl Styles {
    /// Writes a row at the end of a worksheet.
    fn write(&mut self, open: &mut Open, sheet: &Sheet, row: &Value, is_sum: bool) -> Result<(), RenderError> {
        for (at, column) in (0..).zip(sheet.columns) {
            let text = plain(&text(row, column.field()));
            if text.is_empty() {
                continue;
            }
            let (style, cell) = cell(*column, text, row, is_sum);
            let style = self.made.entry(style).or_insert_with(|| style.make());
            let Open { worksheet, next_row } = open;
            match cell {
                Cell::Words(words) => worksheet.write_string_with_format(*next_row, at, words, style)?,
                Cell::Number(number) => worksheet.write_number_with_format(*next_row, at, number, style)?,
                Cell::Day(day) => worksheet.write_datetime_with_format(*next_row, at, &day, style)?,
            };
        }
        open.next_row += 1;
        Ok(())
    }
}

impl Style {
    fn make(self) -> Format {
        let (Style::Words { is_sum, .. }
        | Style::Count { is_sum }
        | Style::Amount { is_sum, .. }
        | Style::Day { is_sum }) = self;
        let format = if is_sum { Format::new().set_bold() } else { Format::new() };
        match self {
            Style::Words { indent, .. } => format.set_indent(indent),
            Style::Count { .. } => format.set_align(FormatAlign::Right).set_num_format("0"),
            Style::Amount { decimals: 0, .. } => format.set_align(FormatAlign::Right).set_num_format("#,##0"),
            Style::Amount { decimals, .. } => {
                format.set_align(FormatAlign::Right).set_num_format(format!("#,##0.{}", "0".repeat(decimals)))
            }
            Style::Day { .. } => format.set_num_format("yyyy-mm-dd"),
        }
    }
}

/// What stands in a cell.
enum Cell {
    Words(String),
    Number(exact::CellNumber),
    Day(ExcelDateTime),
}

fn cell(column: Column, text: String, row: &Value, is_sum: bool) -> (Style, Cell) {
    let indent = if matches!(column, Column::Tree(_)) { level(row) } else { 0 };
    let words = Style::Words { is_sum, indent };
    let number = |style| match exact::number(&text) {
        Some(number) => (style, Cell::Number(number)),
        None => (style, Cell::Words(text.clone())),
    };
    match column {
        Column::Text(_) | Column::Tree(_) => (words, Cell::Words(text)),
        Column::Number(_) => number(Style::Count { is_sum }),
        Column::Amount(_) => number(Style::Amount { is_sum, decimals: exact::decimals(&text) }),
        Column::Day(_) => match day(&text) {
            Some(day) => (Style::Day { is_sum }, Cell::Day(day)),
            None => (words, Cell::Words(text)),
        },
    }
}

/// A day that a workbook can hold: they begin in 1900.
fn day(text: &str) -> Option<ExcelDateTime> {
    let date: jiff::civil::Date = text.get(..10)?.parse().ok()?;
    let (year, month, day) = (date.year().try_into().ok()?, date.month().try_into().ok()?, date.day().try_into().ok()?);
    ExcelDateTime::from_ymd(year, month, day).ok()
}

/// The day on which the answer was known, or the first of all: never the clock's.
fn known_at(head: &Value) -> Result<ExcelDateTime, RenderError> {
    match day(&text(head, "known_at")) {
        Some(day) => Ok(day),
        None => Ok(ExcelDateTime::from_ymd(1900, 1, 1)?),
    }
}

fn width(column: Column) -> u16 {
    match column {
        Column::Tree(_) => 30,
        Column::Text("description" | "name" | "entry_id") => 38,
        Column::Text(_) => 20,
        Column::Number(_) | Column::Day(_) => 12,
        Column::Amount(_) => 18,
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use calamine::{Data, DataType, Reader, Xlsx as Workbook};
    use serde_json::json;

    use super::*;

    const PAPER: Paper = Paper {
        title: "Things",
        name: "things",
        lead: None,
        sheet: Sheet {
            above: &["known_at"],
            rows: "rows",
            columns: &[Column::Number("n"), Column::Amount("amount"), Column::Day("day"), Column::Text("words")],
            totals: Some("totals"),
            below: &[],
            empty: "",
        },
    };

    /// The cells of each worksheet below the names of its columns.
    fn written(rows: &[Value], rows_max: u32) -> Vec<Vec<Vec<Data>>> {
        let imprint = Imprint { book: "main".to_owned(), actor: "test".to_owned() };
        let (mut out, mut render) = (Vec::new(), Xlsx::with_rows_max(PAPER, imprint, rows_max));
        let head = json!({"rows": [], "known_at": "2026-05-01T00:00:00Z", "totals": [{"amount": "9.99"}]});
        render.begin(&head, &mut out).unwrap();
        for row in rows {
            render.row(row, &mut out).unwrap();
        }
        render.end(&head, rows.len() as u64, &mut out).unwrap();
        while render.rest(&mut out).unwrap() {}
        let mut workbook: Workbook<_> = calamine::open_workbook_from_rs(Cursor::new(out)).unwrap();
        let below = |(_, range): (String, calamine::Range<Data>)| {
            let rows: Vec<Vec<Data>> = range.rows().map(<[Data]>::to_vec).collect();
            let names = rows.iter().position(|row| row[0].get_string() == Some("n")).unwrap();
            rows[names + 1..].to_vec()
        };
        workbook.worksheets().into_iter().map(below).collect()
    }

    #[test]
    fn a_cell_says_what_the_answer_says() {
        let row = json!({"n": 7, "amount": "-15200.10", "day": "2026-05-01", "words": "=1+1"});
        let long = json!({"n": 8, "amount": "12345678901234567.89", "day": "0001-01-01", "words": "a\u{202e}b\n"});
        let [sheet] = written(&[row, long], ROWS_MAX).try_into().unwrap();
        assert_eq!(sheet[0][0].get_float(), Some(7.0));
        assert_eq!(sheet[0][1].get_float(), Some(-15200.1));
        assert_eq!(sheet[0][2].get_datetime().unwrap().to_ymd_hms_milli().0, 2026);
        assert_eq!(sheet[0][3], Data::String("=1+1".to_owned()));
        assert_eq!(sheet[1][1], Data::String("12345678901234567.89".to_owned()));
        assert_eq!(sheet[1][2], Data::String("0001-01-01".to_owned()));
        assert_eq!(sheet[1][3], Data::String("a\u{fffd}b\u{fffd}".to_owned()));
        assert_eq!(sheet[2][1].get_float(), Some(9.99));
    }

    #[test]
    fn a_full_worksheet_is_followed_by_another() {
        let rows: Vec<Value> = (1..=7).map(|n| json!({"n": n, "amount": "1.00"})).collect();
        let sheets = written(&rows, 9);
        let numbers = |sheet: &Vec<Vec<Data>>| sheet.iter().filter_map(|row| row[0].get_float()).collect::<Vec<_>>();
        let all: Vec<_> = sheets.iter().flat_map(numbers).collect();
        assert_eq!(all, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0]);
        assert_eq!(sheets.len(), 3, "{sheets:?}");
        assert_eq!(sheets.last().unwrap().last().unwrap()[1].get_float(), Some(9.99));
    }

    #[test]
    fn the_same_answer_gives_the_same_bytes() {
        let bytes = || {
            let imprint = Imprint { book: "main".to_owned(), actor: "test".to_owned() };
            let (mut out, mut render) = (Vec::new(), Xlsx::new(PAPER, imprint));
            let head = json!({"rows": [], "known_at": "2026-05-01T00:00:00Z"});
            render.begin(&head, &mut out).unwrap();
            render.row(&json!({"n": 1}), &mut out).unwrap();
            render.end(&head, 1, &mut out).unwrap();
            while render.rest(&mut out).unwrap() {}
            out
        };
        assert_eq!(bytes(), bytes());
    }
}
