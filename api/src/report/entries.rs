//! The journal itself, entry by entry.

use dianfu_ledger::error::Error;
use dianfu_ledger::query::{self, QueryError};
use dianfu_ledger::report::ReportError;
use jiff::Timestamp;
use tokio_postgres::Client;

use super::Question;
use crate::sheet::{Column, Paper, Sheet};
use crate::wire::entry::{EntryBody, EntryPageBody};

/// Entries in the order of posting.
#[derive(Clone, Copy, Debug)]
pub struct Entries {
    /// Those after this sequence.
    pub after: i64,
    /// Those that were known at this time; all there are if `None`.
    pub known_at: Option<Timestamp>,
}

impl Question for Entries {
    type Body = EntryPageBody;

    const PAPER: Paper = Paper {
        title: "Journal",
        name: "entries",
        lead: None,
        sheet: Sheet {
            above: &[],
            rows: "entries",
            columns: &[
                Column::Number("sequence"),
                Column::Text("id"),
                Column::Text("kind"),
                Column::Day("effective_date"),
                Column::Text("reference"),
                Column::Text("description"),
                Column::Text("actor"),
            ],
            totals: None,
            below: &["known_at"],
            empty: "Nothing is posted yet.",
        },
    };

    async fn page(&self, client: &Client, cursor: Option<&str>, limit: u16) -> Result<EntryPageBody, ReportError> {
        let (after, known_at) = match cursor {
            Some(cursor) => place(cursor).map(|(after, known_at)| (after, Some(known_at)))?,
            None => (self.after, self.known_at),
        };
        let page = query::entry_page(client, after, known_at, limit).await?;
        let entries = page.entries.into_iter().map(EntryBody::try_from).collect::<Result<_, _>>();
        let entries = entries.map_err(|error| Error::Corrupt(format!("the metadata of an entry: {error}")))?;
        Ok(EntryPageBody { entries, known_at: page.known_at, next: page.next })
    }
}

/// Reads a cursor: the sequence after which the list goes on, and when its first page was known, in microseconds.
fn place(cursor: &str) -> Result<(i64, Timestamp), QueryError> {
    let read = || {
        let (after, micros) = cursor.split_once('.')?;
        Some((after.parse().ok()?, Timestamp::from_microsecond(micros.parse().ok()?).ok()?))
    };
    read().ok_or(QueryError::CursorMalformed)
}
