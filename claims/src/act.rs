//! What people have done besides events of claims and entries: on record with what was before and after.
//!
//! Whoever changes something records the act in the same transaction, so that there is no change without its act and no
//! act without its change. Acts are never changed; they are read newest first, and a page goes on from a number.

use deadpool_postgres::Client;
use jiff::Timestamp;
use serde_json::Value;
use tokio_postgres::Transaction;

use crate::error::Error;
use crate::sql;

/// Something that was done.
#[derive(Clone, PartialEq, Debug)]
pub struct Act {
    /// When.
    pub acted_at: Timestamp,
    /// Who: `person:NAME`, `insurer:NO`, `pharmacy:NO`, `patient:NO` or `system:NAME`.
    pub actor: String,
    /// What, as lower-case words joined by `_`, such as `role_granted`.
    pub what: &'static str,
    /// To what kind of thing, such as `operator`.
    pub subject_kind: &'static str,
    /// Its number, 1 to 200 bytes.
    pub subject_no: String,
    /// What it was; `None` if there was nothing. At most 64 KiB as text.
    pub before: Option<Value>,
    /// What it is; `None` if there is nothing any more. At most 64 KiB as text.
    pub after: Option<Value>,
    /// Why, at most 1,000 bytes.
    pub reason: String,
    /// Of the request it came with, 1 to 200 bytes.
    pub request_id: Option<String>,
}

/// An act as it is on record.
#[derive(Clone, PartialEq, Debug)]
pub struct RecordedAct {
    /// Its number.
    pub act_no: i64,
    /// When.
    pub acted_at: Timestamp,
    /// Who.
    pub actor: String,
    /// What.
    pub what: String,
    /// To what kind of thing.
    pub subject_kind: String,
    /// Its number.
    pub subject_no: String,
    /// What it was.
    pub before: Option<Value>,
    /// What it is.
    pub after: Option<Value>,
    /// Why.
    pub reason: String,
    /// Of the request it came with.
    pub request_id: Option<String>,
}

/// Which acts; what is `None` is not asked about.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct ActFilter {
    /// Of this actor.
    pub actor: Option<String>,
    /// That did this.
    pub what: Option<String>,
    /// To this kind of thing.
    pub subject_kind: Option<String>,
    /// To the thing of this number.
    pub subject_no: Option<String>,
    /// From this time on.
    pub from: Option<Timestamp>,
    /// Before this time.
    pub to: Option<Timestamp>,
}

/// A page of acts, newest first.
#[derive(Clone, PartialEq, Debug)]
pub struct ActPage {
    /// The acts.
    pub acts: Vec<RecordedAct>,
    /// What to give as `before` for the next page.
    pub next: Option<i64>,
}

/// Puts acts on record in the caller's transaction, in their order. One statement, whatever their number.
pub async fn record_in(tx: &Transaction<'_>, acts: &[Act]) -> Result<(), Error> {
    sql::acts::insert(tx, acts).await
}

/// The acts before a number, newest first; from the newest if there is none. At most `limit`.
pub async fn acts(client: &Client, filter: &ActFilter, before: Option<i64>, limit: u16) -> Result<ActPage, Error> {
    let mut acts = sql::acts::list(client, filter, before, i64::from(limit) + 1).await?;
    let has_more = acts.len() > usize::from(limit);
    acts.truncate(limit.into());
    let next = acts.last().filter(|_| has_more).map(|act| act.act_no);
    Ok(ActPage { acts, next })
}
