//! Refusals as an auditor reads them: newest first, a page at a time.

use jiff::Timestamp;
use tokio_postgres::{GenericClient, Row};
use uuid::Uuid;

use super::{Door, sql};
use crate::error::Error;
use crate::query::{PAGE_ROWS_MAX, QueryError};

/// Which refusals.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct RefusalFilter {
    /// Those of this actor.
    pub actor: Option<String>,
    /// Those with this code.
    pub code: Option<String>,
    /// Those at this door.
    pub door: Option<Door>,
    /// Those of the entry with this id.
    pub entry_id: Option<Uuid>,
    /// Those from this time on.
    pub from: Option<Timestamp>,
    /// Those before this time.
    pub to: Option<Timestamp>,
}

/// A refusal on record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RefusalView {
    /// Its number: dense, from 1, in the order of recording.
    pub refusal_no: i64,
    /// When, by the clock of the node.
    pub refused_at: Timestamp,
    /// When it was put on record, by the database's clock.
    pub recorded_at: Timestamp,
    /// Where.
    pub door: Door,
    /// By which process.
    pub node: String,
    /// Who asked.
    pub actor: String,
    /// The entry's id, if that much could be read.
    pub entry_id: Option<Uuid>,
    /// The word of the entry's kind.
    pub kind: Option<String>,
    /// The stable code.
    pub code: String,
    /// JSON pointer into the request.
    pub pointer: Option<String>,
    /// A sentence.
    pub message: String,
    /// What was asked for, as JSON, as much of it as is kept.
    pub request: Option<String>,
}

/// A page of refusals.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RefusalPage {
    /// Newest first.
    pub refusals: Vec<RefusalView>,
    /// The number before which the next page begins; `None` at the end.
    pub next: Option<i64>,
}

/// Refusals before a number, or from the newest; at most `limit`. Stable under concurrent recording: numbers are given
/// in the order in which they become visible.
pub async fn refusals(
    client: &impl GenericClient,
    filter: &RefusalFilter,
    before: Option<i64>,
    limit: u16,
) -> Result<RefusalPage, QueryError> {
    let rows_max = limit.clamp(1, PAGE_ROWS_MAX);
    let RefusalFilter { actor, code, door, entry_id, from, to } = filter;
    let (door, with_one_more) = (door.map(Door::word), i64::from(rows_max) + 1);
    let found = client.query(sql::LIST, &[&before, actor, code, &door, entry_id, from, to, &with_one_more]).await?;
    let has_more = found.len() > usize::from(rows_max);
    let views = found.iter().take(usize::from(rows_max)).map(view).collect::<Result<Vec<_>, _>>()?;
    let next = views.last().filter(|_| has_more).map(|last| last.refusal_no);
    Ok(RefusalPage { refusals: views, next })
}

fn view(row: &Row) -> Result<RefusalView, Error> {
    let door: &str = row.try_get("door")?;
    let unknown = || Error::Corrupt(format!("a refusal's door is '{door}'"));
    Ok(RefusalView {
        refusal_no: row.try_get("refusal_no")?,
        refused_at: row.try_get("refused_at")?,
        recorded_at: row.try_get("recorded_at")?,
        door: Door::from_word(door).ok_or_else(unknown)?,
        node: row.try_get("node")?,
        actor: row.try_get("actor")?,
        entry_id: row.try_get("entry_id")?,
        kind: row.try_get("kind")?,
        code: row.try_get("code")?,
        pointer: row.try_get("pointer")?,
        message: row.try_get("message")?,
        request: row.try_get("request")?,
    })
}
