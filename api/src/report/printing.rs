//! An answer as bytes, a piece at a time.
//!
//! Holds one page and what the answer says once. A connection to the database is taken for each page and given back, so
//! that a slow reader keeps none. If a later page cannot be had, the format says so if it can, and otherwise the error
//! is the caller's to show: what was written so far must not look like a whole.

use std::mem;

use dianfu_ledger::Ledger;
use dianfu_ledger::query::LIST_ROWS_MAX;
use dianfu_ledger::report::ReportError;

use super::Question;
use crate::sheet::{Listed, Render, RenderError};

/// Why an answer cannot be printed.
#[derive(Debug, thiserror::Error)]
pub enum PrintError {
    /// It cannot be had.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// It cannot be written.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// The thread that put it together is gone.
    #[error("an answer was not put together")]
    Lost(#[from] tokio::task::JoinError),
}

impl From<dianfu_ledger::Error> for PrintError {
    fn from(error: dianfu_ledger::Error) -> PrintError {
        PrintError::Report(error.into())
    }
}

/// An answer that is being printed.
pub struct Printing<Q: Question> {
    question: Q,
    render: Option<Box<dyn Render>>,
    head: Option<Q::Body>,
    page: Vec<<Q::Body as Listed>::Row>,
    next: Option<String>,
    rows: u64,
    stage: Stage,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Beginning,
    Rows,
    Rest,
    Ended,
}

impl<Q: Question> Printing<Q> {
    /// An answer whose first page is there. What is wrong with the question showed when that was asked for.
    pub fn new(question: Q, mut first: Q::Body, render: Box<dyn Render>) -> Printing<Q> {
        let (page, next) = (first.take_rows(), first.take_next());
        let (render, head) = (Some(render), Some(first));
        Printing { question, render, head, page, next, rows: 0, stage: Stage::Beginning }
    }

    /// Ends the list behind the page that is there; answers where it would go on.
    pub fn end_here(&mut self) -> Option<String> {
        self.next.take()
    }

    /// Whether there is a page that was not asked for yet.
    pub fn has_more(&self) -> bool {
        self.next.is_some()
    }

    /// The next piece; `None` at the end. A piece may be empty.
    pub async fn step(&mut self, ledger: &Ledger) -> Result<Option<Vec<u8>>, PrintError> {
        match self.stage {
            Stage::Beginning => {
                let mut out = Vec::new();
                let (render, head) = self.parts();
                render.begin(head, &mut out)?;
                self.write_page(&mut out)?;
                self.stage = Stage::Rows;
                Ok(Some(out))
            }
            Stage::Rows => match self.next.take() {
                Some(cursor) => {
                    let client = ledger.client().await?;
                    let mut body = self.question.page(&client, Some(&cursor), LIST_ROWS_MAX).await?;
                    drop(client);
                    (self.page, self.next) = (body.take_rows(), body.take_next());
                    let mut out = Vec::new();
                    self.write_page(&mut out)?;
                    Ok(Some(out))
                }
                None => self.end().await.map(Some),
            },
            Stage::Rest => {
                let mut out = Vec::new();
                if self.parts().0.rest(&mut out)? {
                    return Ok(Some(out));
                }
                self.stage = Stage::Ended;
                Ok(None)
            }
            Stage::Ended => Ok(None),
        }
    }

    /// The last piece of an answer that is not whole, because of `code`; `None` if the format cannot say so.
    pub fn break_off(&mut self, code: &str) -> Option<Vec<u8>> {
        self.stage = Stage::Ended;
        let (mut out, rows) = (Vec::new(), self.rows);
        let (render, head) = (self.render.as_mut()?, self.head.as_ref()?);
        render.breaks_off(head, rows, code, &mut out).then_some(out)
    }

    /// Putting a workbook together takes time: that is for a thread that may.
    async fn end(&mut self) -> Result<Vec<u8>, PrintError> {
        let (mut render, head) = (self.render.take().expect(HELD), self.head.take().expect(HELD));
        let rows = self.rows;
        let ended = tokio::task::spawn_blocking(move || {
            let mut out = Vec::new();
            render.end(&head, rows, &mut out).map(|()| (render, head, out))
        });
        let (render, head, out) = ended.await??;
        (self.render, self.head) = (Some(render), Some(head));
        self.stage = Stage::Rest;
        Ok(out)
    }

    fn write_page(&mut self, out: &mut Vec<u8>) -> Result<(), RenderError> {
        let page = mem::take(&mut self.page);
        let render = self.render.as_mut().expect(HELD);
        for row in &page {
            render.row(row, out)?;
            self.rows += 1;
        }
        render.page_ends(out)
    }

    fn parts(&mut self) -> (&mut dyn Render, &Q::Body) {
        (self.render.as_mut().expect(HELD).as_mut(), self.head.as_ref().expect(HELD))
    }
}

/// Why the parts are there: only [`Printing::end`] takes them, and puts them back unless it fails.
const HELD: &str = "an answer that failed is not printed on";
