//! Questions about the books that are answered as reports: the same at the shell and over HTTP.
//!
//! Each is a struct with what is asked; it says how its answer is printed ([`Question::PAPER`]) and answers a page at a
//! time ([`Question::page`]). The pages of one list are one answer: each cursor pins the time at which the first page
//! was known, so that a list is the same whatever is posted while it is read.
//!
//! [`printing`] writes an answer in a [`format`](format::Format), page after page.

pub mod books;
pub mod entries;
pub mod format;
pub mod items;
pub mod printing;
pub mod registers;
pub mod statements;
pub mod translated;

use dianfu_ledger::report::ReportError;
use tokio_postgres::Client;

use crate::sheet::{Listed, Paper};

pub use format::Format;
pub use printing::{PrintError, Printing};

/// Something that can be asked about the books.
pub trait Question: Send + Sync + 'static {
    /// The answer, or a page of it.
    type Body: Listed;

    /// How the answer is printed.
    const PAPER: Paper;

    /// Answers: at most `limit` rows behind `cursor`, where the list has pages, and everything where it has none.
    fn page(
        &self,
        client: &Client,
        cursor: Option<&str>,
        limit: u16,
    ) -> impl Future<Output = Result<Self::Body, ReportError>> + Send;
}
