//! What every format does with an answer: its beginning, row after row, its end.

use std::io;

use serde::Serialize;
use serde_json::Value;

/// Something of an answer: a row, or what it says once.
pub trait Shown: Send + Sync {
    /// Adds it as JSON in one line, its fields in their order.
    fn json(&self, out: &mut Vec<u8>) -> Result<(), RenderError>;

    /// Adds it as JSON that a person can read.
    fn pretty_json(&self, out: &mut Vec<u8>) -> Result<(), RenderError>;

    /// Its fields by name.
    fn value(&self) -> Result<Value, RenderError>;
}

impl<T: Serialize + Send + Sync> Shown for T {
    fn json(&self, out: &mut Vec<u8>) -> Result<(), RenderError> {
        Ok(serde_json::to_writer(out, self)?)
    }

    fn pretty_json(&self, out: &mut Vec<u8>) -> Result<(), RenderError> {
        Ok(serde_json::to_writer_pretty(out, self)?)
    }

    fn value(&self) -> Result<Value, RenderError> {
        Ok(serde_json::to_value(self)?)
    }
}

/// Writes an answer in one format. The calls come in the order of their declaration; what is written so far is in
/// `out`, which the caller empties when it likes.
pub trait Render: Send {
    /// Before the rows; `head` is the answer without them.
    fn begin(&mut self, head: &dyn Shown, out: &mut Vec<u8>) -> Result<(), RenderError>;

    /// One row.
    fn row(&mut self, row: &dyn Shown, out: &mut Vec<u8>) -> Result<(), RenderError>;

    /// Behind a page of rows.
    fn page_ends(&mut self, _out: &mut Vec<u8>) -> Result<(), RenderError> {
        Ok(())
    }

    /// Behind the rows, which were so many.
    fn end(&mut self, head: &dyn Shown, rows: u64, out: &mut Vec<u8>) -> Result<(), RenderError>;

    /// More of what was written at the end, where that does not fit in memory; `false` if there is no more.
    fn rest(&mut self, _out: &mut Vec<u8>) -> Result<bool, RenderError> {
        Ok(false)
    }

    /// In place of the rows that cannot be had any more, because of `code`; `false` where the format has no way to
    /// say that it is not whole, so that the transfer itself must break off.
    fn breaks_off(&mut self, _head: &dyn Shown, _rows: u64, _code: &str, _out: &mut Vec<u8>) -> bool {
        false
    }
}

/// Why an answer cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// A value that JSON cannot say.
    #[error("an answer cannot be written as JSON")]
    Json(#[from] serde_json::Error),
    /// The workbook.
    #[error("a workbook cannot be written")]
    Xlsx(#[from] rust_xlsxwriter::XlsxError),
    /// A template.
    #[error("a page cannot be written")]
    Html(#[from] askama::Error),
    /// A temporary file, or where the answer goes.
    #[error("the answer cannot be written")]
    Io(#[from] io::Error),
}
