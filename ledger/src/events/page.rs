//! A page of events after a sequence.

use std::sync::Arc;

use tokio_postgres::{GenericClient, Row};

use super::event::Event;
use super::filter::Filter;
use super::sql;
use crate::error::Error;
use crate::query::{PAGE_ROWS_MAX, QueryError, entries::with_postings};

/// Entries that one page looks at, at most: a filter that lets little through gets an empty page, and goes on.
const LOOKED_AT_MAX: i64 = 4_000;
/// Entries read by one statement where a filter stands before them.
const READ_FILTERED: i64 = 500;

/// Events in order.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Page {
    /// What was let through.
    pub events: Vec<Arc<Event>>,
    /// The last sequence that was looked at: all up to it is in this page, or not wanted.
    pub next: i64,
    /// The last sequence in the book, when this was read.
    pub head: i64,
}

impl Page {
    /// Whether nothing is known to follow.
    pub fn is_last(&self) -> bool {
        self.next >= self.head
    }
}

/// The last sequence in the book.
pub async fn head(client: &impl GenericClient) -> Result<i64, Error> {
    Ok(client.query_one(sql::HEAD, &[]).await?.try_get("sequence")?)
}

/// The events after a sequence that a filter lets through, at most `limit`. 0 starts at the beginning.
pub async fn page(client: &impl GenericClient, after: i64, limit: u16, filter: &Filter) -> Result<Page, QueryError> {
    let limit = usize::from(limit.clamp(1, PAGE_ROWS_MAX));
    let after = after.max(0);
    let head = head(client).await?;
    let end = head.min(after.saturating_add(LOOKED_AT_MAX));
    let mut page = Page { events: Vec::new(), next: after, head };
    while page.next < end && page.events.len() < limit {
        let missing = i64::try_from(limit - page.events.len()).expect("a page has at most PAGE_ROWS_MAX rows");
        let count = if filter.is_open() { missing } else { READ_FILTERED };
        let read = read(client, page.next, end.min(page.next + count)).await?;
        for event in read {
            page.next = event.sequence();
            if filter.matches(&event) {
                page.events.push(Arc::new(event));
                if page.events.len() == limit {
                    break;
                }
            }
        }
    }
    Ok(page)
}

/// All events after a sequence and up to one that is in the book.
pub(super) async fn read(client: &impl GenericClient, after: i64, until: i64) -> Result<Vec<Event>, QueryError> {
    let rows = client.query(sql::EVENTS, &[&after, &until]).await?;
    let commits: Vec<i64> = rows.iter().map(commit_no).collect::<Result<_, _>>()?;
    let entries = with_postings(client, &rows).await?;
    let events = entries.into_iter().zip(commits).map(|(entry, commit_no)| Event { commit_no, entry });
    let events: Vec<Event> = events.collect();
    let sequences = events.iter().map(Event::sequence);
    if !sequences.eq(after + 1..=until) {
        return Err(Error::Corrupt(format!("entries are missing between sequences {} and {until}", after + 1)).into());
    }
    Ok(events)
}

fn commit_no(row: &Row) -> Result<i64, Error> {
    Ok(row.try_get("commit_no")?)
}
