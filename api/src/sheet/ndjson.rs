//! Rows as JSON, one a line, and a last line `{"summary": …}`, without which the answer is not whole.
//!
//! The summary is what the answer says once, with how many rows there were (`rows`) and whether they are all
//! (`complete`). If they are not, `code` says why.

use serde_json::{Value, json};

use super::{Paper, Render, RenderError, Shown};

/// Writes the rows of a paper.
#[derive(Debug)]
pub struct Ndjson {
    rows_field: &'static str,
}

impl Ndjson {
    /// Nothing is written yet.
    pub fn new(paper: &Paper) -> Ndjson {
        Ndjson { rows_field: paper.sheet.rows }
    }

    fn summary(&self, head: &dyn Shown, rows: u64, code: Option<&str>) -> Result<Value, RenderError> {
        let mut summary = head.value()?;
        if let Value::Object(fields) = &mut summary {
            fields.remove(self.rows_field);
        } else {
            summary = json!({});
        }
        summary["rows"] = rows.into();
        summary["complete"] = code.is_none().into();
        if let Some(code) = code {
            summary["code"] = code.into();
        }
        Ok(json!({"summary": summary}))
    }
}

impl Render for Ndjson {
    fn begin(&mut self, _head: &dyn Shown, _out: &mut Vec<u8>) -> Result<(), RenderError> {
        Ok(())
    }

    fn row(&mut self, row: &dyn Shown, out: &mut Vec<u8>) -> Result<(), RenderError> {
        row.json(out)?;
        out.push(b'\n');
        Ok(())
    }

    fn end(&mut self, head: &dyn Shown, rows: u64, out: &mut Vec<u8>) -> Result<(), RenderError> {
        let summary = self.summary(head, rows, None)?;
        self.row(&summary, out)
    }

    fn breaks_off(&mut self, head: &dyn Shown, rows: u64, code: &str, out: &mut Vec<u8>) -> bool {
        self.summary(head, rows, Some(code)).and_then(|summary| self.row(&summary, out)).is_ok()
    }
}
