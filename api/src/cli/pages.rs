//! Long lists: whole, or one page of them.

use clap::Args;
use dianfu_ledger::query::{LIST_ROWS_MAX, PAGE_ROWS_MAX};

use super::ending::note;
use super::print::{Format, Output};

/// Which part of a list is printed: all of it, unless a limit is given.
#[derive(Args, Default)]
pub struct Pages {
    /// Print one page of at most this many rows, 1 to 1000
    #[arg(long, value_name = "ROWS", value_parser = clap::value_parser!(u16).range(1..=i64::from(PAGE_ROWS_MAX)))]
    limit: Option<u16>,
    /// Go on behind the page that gave this as its `next`
    #[arg(long)]
    cursor: Option<String>,
}

impl Pages {
    /// Where to begin.
    pub fn cursor(&self) -> Option<&str> {
        self.cursor.as_deref()
    }

    /// Rows to ask for at a time.
    pub fn rows(&self) -> u16 {
        self.limit.unwrap_or(PAGE_ROWS_MAX)
    }

    /// The same where a whole list is read in large pages.
    pub fn list_rows(&self) -> u16 {
        self.limit.unwrap_or(LIST_ROWS_MAX)
    }

    /// Whether one page is all that is wanted.
    pub fn is_one(&self) -> bool {
        self.limit.is_some()
    }

    /// Says how to go on, where the answer itself has no place for it.
    pub fn note_next(&self, output: &Output, next: Option<&str>) {
        if let Some(next) = next.filter(|_| output.format != Format::Json) {
            self.note_more(next);
        }
    }

    /// Says how to go on.
    pub fn note_more(&self, next: &str) {
        note(&format!("there is more: --limit {} --cursor {next}", self.rows()));
    }
}
