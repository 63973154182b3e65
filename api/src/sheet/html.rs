//! Rows as a page to read and to print: what it is and of when on top, table heads and the moment on every printed
//! page, page numbers, totals at the end. Every text is escaped; the page loads nothing and runs nothing.

use askama::Template;
use serde_json::Value;

use super::{Column, Imprint, Paper, Render, RenderError, Sheet, Shown, heading, level, plain, rows, text};

const STYLE: &str = include_str!("../../templates/paper.css");
/// With more columns than this the page lies on its side.
const UPRIGHT_COLUMNS_MAX: usize = 7;
/// Fields that every printed page repeats.
const MOMENT: [&str; 3] = ["from", "as_of", "known_at"];

#[derive(Template)]
#[template(path = "paper_begin.html")]
struct Begin<'a> {
    title: &'a str,
    imprint: &'a Imprint,
    style: &'static str,
    is_wide: bool,
    facts: Vec<Fact>,
    moment: Vec<Fact>,
    lead: Option<Table>,
    heads: Vec<Cell>,
}

#[derive(Template)]
#[template(path = "paper_rows.html")]
struct Rows {
    rows: [Row; 1],
}

#[derive(Template)]
#[template(path = "paper_end.html")]
struct End<'a> {
    empty: Option<&'a str>,
    columns: usize,
    totals: Vec<Row>,
    rows: u64,
    produced_by: String,
}

struct Fact {
    name: String,
    value: String,
}

struct Table {
    heads: Vec<Cell>,
    rows: Vec<Row>,
}

struct Row {
    cells: Vec<Cell>,
    is_sum: bool,
}

struct Cell {
    class: &'static str,
    text: String,
    indent: u8,
}

/// Writes a paper as a page.
#[derive(Debug)]
pub struct Html {
    paper: Paper,
    imprint: Imprint,
}

impl Html {
    /// Nothing is written yet.
    pub fn new(paper: Paper, imprint: Imprint) -> Html {
        Html { paper, imprint }
    }
}

impl Render for Html {
    fn begin(&mut self, head: &dyn Shown, out: &mut Vec<u8>) -> Result<(), RenderError> {
        let (head, sheet) = (head.value()?, &self.paper.sheet);
        let lead = self.paper.lead.map(|sheet| table(&head, &sheet));
        let begin = Begin {
            title: self.paper.title,
            imprint: &self.imprint,
            style: STYLE,
            is_wide: sheet.columns.len() > UPRIGHT_COLUMNS_MAX,
            facts: facts(&head, sheet.above.iter().chain(sheet.below)),
            moment: facts(&head, MOMENT.iter()),
            lead: lead.filter(|lead| !lead.rows.is_empty()),
            heads: heads(sheet.columns),
        };
        Ok(begin.write_into(out)?)
    }

    fn row(&mut self, row: &dyn Shown, out: &mut Vec<u8>) -> Result<(), RenderError> {
        let rows = [cells(&row.value()?, self.paper.sheet.columns)];
        Ok(Rows { rows }.write_into(out)?)
    }

    fn end(&mut self, head: &dyn Shown, rows: u64, out: &mut Vec<u8>) -> Result<(), RenderError> {
        let (head, sheet) = (head.value()?, &self.paper.sheet);
        let totals = sheet.totals.map_or(&[][..], |field| super::rows(&head, field));
        let end = End {
            empty: (rows == 0).then_some(sheet.empty),
            columns: sheet.columns.len(),
            totals: totals.iter().map(|row| cells(row, sheet.columns)).collect(),
            rows,
            produced_by: plain(&self.imprint.produced_by()),
        };
        Ok(end.write_into(out)?)
    }
}

fn table(head: &Value, sheet: &Sheet) -> Table {
    let rows = rows(head, sheet.rows).iter().map(|row| cells(row, sheet.columns)).collect();
    Table { heads: heads(sheet.columns), rows }
}

fn heads(columns: &[Column]) -> Vec<Cell> {
    columns.iter().map(|column| Cell { class: class(*column), text: heading(column.field()), indent: 0 }).collect()
}

fn cells(row: &Value, columns: &[Column]) -> Row {
    let cell = |column: &Column| Cell {
        class: class(*column),
        text: shown(row, *column),
        indent: if matches!(column, Column::Tree(_)) { level(row).saturating_mul(2) } else { 0 },
    };
    let is_sum = row["subtotal"] == true || row["line"] == "closing";
    Row { cells: columns.iter().map(cell).collect(), is_sum }
}

fn class(column: Column) -> &'static str {
    match column {
        Column::Text(_) | Column::Tree(_) => "text",
        Column::Number(_) => "number",
        Column::Amount(_) => "amount",
        Column::Day(_) => "day",
    }
}

fn shown(row: &Value, column: Column) -> String {
    let text = plain(&text(row, column.field()));
    match column {
        Column::Amount(_) => grouped(&text),
        Column::Text(_) | Column::Tree(_) | Column::Number(_) | Column::Day(_) => said(text),
    }
}

/// Yes and no, for a person.
fn said(text: String) -> String {
    match text.as_str() {
        "true" => "yes".to_owned(),
        "false" => "no".to_owned(),
        _ => text,
    }
}

/// What an answer says once. That nothing is left out by its date is said, too.
fn facts<'a>(head: &Value, fields: impl Iterator<Item = &'a &'static str>) -> Vec<Fact> {
    let fact = |field: &&'static str| {
        let value = said(plain(&text(head, field)));
        let value = if *field == "as_of" && value.is_empty() { "every date".to_owned() } else { value };
        (!value.is_empty()).then(|| Fact { name: heading(field), value })
    };
    fields.filter_map(fact).collect()
}

/// An amount with its thousands apart: `1,234,567.89`.
fn grouped(amount: &str) -> String {
    let (sign, number) = amount.strip_prefix('-').map_or(("", amount), |number| ("-", number));
    let (whole, fraction) = number.split_once('.').map_or((number, None), |(whole, rest)| (whole, Some(rest)));
    if !whole.bytes().all(|byte| byte.is_ascii_digit()) {
        return amount.to_owned();
    }
    let mut text = sign.to_owned();
    for (at, digit) in whole.chars().enumerate() {
        if at > 0 && (whole.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    if let Some(fraction) = fraction {
        text.push('.');
        text.push_str(fraction);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_stand_apart() {
        for (amount, shown) in [
            ("", ""),
            ("0.00", "0.00"),
            ("100", "100"),
            ("1000", "1,000"),
            ("-15200.00", "-15,200.00"),
            ("-123456.789", "-123,456.789"),
            ("1234567890.00", "1,234,567,890.00"),
            ("n/a", "n/a"),
        ] {
            assert_eq!(grouped(amount), shown);
        }
    }
}
