//! A whole list as one JSON document that a person can read, written page after page.
//!
//! The document is the answer as a page has it, with the rows of all pages: it is written without rows, cut where they
//! belong, and the rows are written between.

use super::{Paper, Render, RenderError, Shown};

/// Writes a paper's answer.
#[derive(Debug)]
pub struct Json {
    rows_field: &'static str,
    behind: Vec<u8>,
    has_rows: bool,
}

impl Json {
    /// Nothing is written yet.
    pub fn new(paper: &Paper) -> Json {
        Json { rows_field: paper.sheet.rows, behind: Vec::new(), has_rows: false }
    }

    /// How deep the rows are set in.
    fn indent(&self) -> &'static str {
        if self.rows_field.is_empty() { "  " } else { "    " }
    }
}

impl Render for Json {
    fn begin(&mut self, head: &dyn Shown, out: &mut Vec<u8>) -> Result<(), RenderError> {
        let mut text = Vec::new();
        head.pretty_json(&mut text)?;
        let mark = match self.rows_field {
            "" => "[]".to_owned(),
            // No text in JSON has a line's end: what follows one in this depth is a field of the answer itself.
            field => format!("\n  \"{field}\": []"),
        };
        let found = text.windows(mark.len()).position(|window| window == mark.as_bytes());
        let at = found.expect("an answer without its rows says so") + mark.len() - 1;
        self.behind = text.split_off(at);
        out.append(&mut text);
        Ok(())
    }

    fn row(&mut self, row: &dyn Shown, out: &mut Vec<u8>) -> Result<(), RenderError> {
        out.extend_from_slice(if self.has_rows { b",\n" } else { b"\n" });
        self.has_rows = true;
        let mut text = Vec::new();
        row.pretty_json(&mut text)?;
        for line in text.split_inclusive(|byte| *byte == b'\n') {
            out.extend_from_slice(self.indent().as_bytes());
            out.extend_from_slice(line);
        }
        Ok(())
    }

    fn end(&mut self, _head: &dyn Shown, _rows: u64, out: &mut Vec<u8>) -> Result<(), RenderError> {
        if self.has_rows {
            out.push(b'\n');
            out.extend_from_slice(&self.indent().as_bytes()[2..]);
        }
        out.append(&mut self.behind);
        out.push(b'\n');
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::sheet::Sheet;

    #[test]
    fn page_after_page_gives_what_the_whole_would() {
        let sheet = Sheet { rows: "rows", ..Sheet::default() };
        let paper = Paper { title: "", name: "", lead: None, sheet };
        for rows in [json!([]), json!([{"a": "\n  \"rows\": []"}]), json!([{"a": [1, {"b": 2}]}, {"a": {}}, 7])] {
            let whole = json!({"name": "x \"rows\": [] \n  \"rows\": []", "rows": rows, "z": {"rows": []}});
            let mut head = whole.clone();
            head["rows"] = json!([]);
            let (mut out, mut render) = (Vec::new(), Json::new(&paper));
            render.begin(&head, &mut out).unwrap();
            for row in rows.as_array().unwrap() {
                render.row(row, &mut out).unwrap();
            }
            render.end(&head, 0, &mut out).unwrap();
            assert_eq!(String::from_utf8(out).unwrap(), format!("{}\n", serde_json::to_string_pretty(&whole).unwrap()));
        }
    }

    #[test]
    fn an_answer_may_be_nothing_but_rows() {
        let paper = Paper { title: "", name: "", lead: None, sheet: Sheet::default() };
        let (mut out, mut render, rows) = (Vec::new(), Json::new(&paper), [json!({"a": 1}), json!(2)]);
        render.begin(&json!([]), &mut out).unwrap();
        for row in &rows {
            render.row(row, &mut out).unwrap();
        }
        render.end(&json!([]), 2, &mut out).unwrap();
        assert_eq!(serde_json::from_slice::<Value>(&out).unwrap(), json!(rows));
        assert_eq!(out, format!("{}\n", serde_json::to_string_pretty(&rows).unwrap()).into_bytes());
    }
}
