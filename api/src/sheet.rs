//! Answers as rows and columns: one description of the columns for the table at the shell, CSV, XLSX and HTML.
//!
//! A [`Sheet`] picks fields of the answer by their names in JSON, so that no format can say what another does not;
//! `settled.debits` is the field `debits` of the field `settled`. A [`Paper`] is a sheet with what stands around it.
//! A [`Render`] writes it: what stands before the rows, row after row, what stands behind them; it holds one row, or
//! one page, never the list.
//!
//! Reading order: here, [`mod@listed`], [`render`], then a format a file: [`csv`], [`html`], [`xlsx`] (with [`exact`]),
//! [`ndjson`], [`json`].

pub mod csv;
pub mod exact;
pub mod html;
pub mod json;
pub mod listed;
pub mod ndjson;
pub mod render;
pub mod xlsx;

use dianfu_ledger::export::is_bidi_control;
use serde_json::Value;

pub use listed::Listed;
pub(crate) use listed::listed;
pub use render::{Render, RenderError, Shown};

/// A column: the field that it shows, and what that is.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Column {
    /// Words.
    Text(&'static str),
    /// A number that counts or names something.
    Number(&'static str),
    /// An amount of money.
    Amount(&'static str),
    /// A day.
    Day(&'static str),
    /// Words that are set in as deep as the field `level` says.
    Tree(&'static str),
}

impl Column {
    /// The field.
    pub fn field(self) -> &'static str {
        match self {
            Column::Text(field)
            | Column::Number(field)
            | Column::Amount(field)
            | Column::Day(field)
            | Column::Tree(field) => field,
        }
    }

    /// Whether its cells stand at the right.
    pub fn is_numeric(self) -> bool {
        match self {
            Column::Number(_) | Column::Amount(_) => true,
            Column::Text(_) | Column::Day(_) | Column::Tree(_) => false,
        }
    }
}

/// How an answer looks as a table. CSV has its rows only.
#[derive(Clone, Copy, Default, Debug)]
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

/// A report as it is printed.
#[derive(Clone, Copy, Debug)]
pub struct Paper {
    /// What stands on top.
    pub title: &'static str,
    /// The same for the name of a file, and the last word of its address.
    pub name: &'static str,
    /// A table before the rows, of what the answer says once: totals that have columns of their own, what differs.
    pub lead: Option<Sheet>,
    /// The rows.
    pub sheet: Sheet,
}

/// Whose paper it is.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Imprint {
    /// The book.
    pub book: String,
    /// For whom it was made, as entries name actors.
    pub actor: String,
}

impl Imprint {
    /// What made it, and for whom.
    pub fn produced_by(&self) -> String {
        format!("Dianfu {} for {}", env!("CARGO_PKG_VERSION"), self.actor)
    }
}

/// The rows in a field of an answer.
pub fn rows<'a>(answer: &'a Value, field: &str) -> &'a [Value] {
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
        Value::Array(values) if values.iter().any(Value::is_object) => {
            values.iter().map(pairs).collect::<Vec<_>>().join("; ")
        }
        Value::Array(values) => values.iter().map(words).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    }
}

/// What an object in a list says: its fields by name, without those that say nothing.
fn pairs(value: &Value) -> String {
    let Value::Object(fields) = value else { return words(value) };
    let said = fields.iter().filter(|(_, value)| !value.is_null());
    said.map(|(name, value)| format!("{name} {}", words(value))).collect::<Vec<_>>().join(" ")
}

/// How deep a row stands in a tree.
pub fn level(row: &Value) -> u8 {
    row["level"].as_u64().and_then(|level| u8::try_from(level).ok()).unwrap_or(0)
}

/// A field's name as a heading.
pub fn heading(field: &str) -> String {
    field.replace(['_', '.'], " ")
}

/// Words without what turns the direction of writing, and without control characters.
pub fn plain(words: &str) -> String {
    words.replace(|letter: char| is_bidi_control(letter) || letter.is_control(), "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_field_says_what_a_person_can_read() {
        let row = json!({
            "none": null, "text": "a", "many": ["a", "b"], "object": {"k": 1},
            "legs": [{"account": "2101", "credit": "5.00", "item": null}, {"account": "1002", "debit": "5.00"}],
            "deep": {"name": "x"},
        });
        for (field, expected) in [
            ("none", ""),
            ("absent", ""),
            ("text", "a"),
            ("many", "a b"),
            ("object", "{\"k\":1}"),
            ("legs", "account 2101 credit 5.00; account 1002 debit 5.00"),
            ("deep.name", "x"),
        ] {
            assert_eq!(text(&row, field), expected, "{field}");
        }
    }
}
