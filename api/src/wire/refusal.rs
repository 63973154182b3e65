//! Refused requests, as an auditor sees them.

use dianfu_ledger::refusal::{RefusalPage, RefusalView};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::value::RawValue;
use utoipa::ToSchema;
use uuid::Uuid;

/// A request that was refused.
#[derive(Serialize, ToSchema)]
#[schema(as = Refusal)]
pub struct RefusalBody {
    /// Its number: dense, from 1, in the order of recording.
    refusal_no: i64,
    /// When, by the clock of the node.
    #[schema(value_type = String, format = DateTime)]
    refused_at: Timestamp,
    /// When it was put on record, by the database's clock.
    #[schema(value_type = String, format = DateTime)]
    recorded_at: Timestamp,
    /// `post` and `post_in`: by the rules of the ledger; `api`: it could not be read as an entry; `gate`: who asked may
    /// not; `recorder`: how many refusals there was no room for.
    #[schema(value_type = String, example = "post")]
    door: &'static str,
    /// By which process.
    node: String,
    actor: String,
    /// The entry's id, if that much could be read.
    entry_id: Option<Uuid>,
    /// The entry's kind.
    kind: Option<String>,
    /// Stable code.
    #[schema(example = "below_minimum")]
    code: String,
    /// JSON pointer (RFC 6901) into the request.
    pointer: Option<String>,
    /// A sentence for a person.
    message: String,
    /// What was asked for, as much of it as is kept.
    #[schema(value_type = Option<Object>)]
    request: Option<Box<RawValue>>,
}

/// Refused requests, newest first.
#[derive(Serialize, ToSchema)]
#[schema(as = RefusalPage)]
pub struct RefusalPageBody {
    refusals: Vec<RefusalBody>,
    /// What to send as `before` for the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<i64>,
}

impl TryFrom<RefusalView> for RefusalBody {
    type Error = serde_json::Error;

    fn try_from(view: RefusalView) -> Result<RefusalBody, serde_json::Error> {
        Ok(RefusalBody {
            refusal_no: view.refusal_no,
            refused_at: view.refused_at,
            recorded_at: view.recorded_at,
            door: view.door.word(),
            node: view.node,
            actor: view.actor,
            entry_id: view.entry_id,
            kind: view.kind,
            code: view.code,
            pointer: view.pointer,
            message: view.message,
            request: view.request.map(RawValue::from_string).transpose()?,
        })
    }
}

impl TryFrom<RefusalPage> for RefusalPageBody {
    type Error = serde_json::Error;

    fn try_from(page: RefusalPage) -> Result<RefusalPageBody, serde_json::Error> {
        let refusals = page.refusals.into_iter().map(RefusalBody::try_from).collect::<Result<_, _>>()?;
        Ok(RefusalPageBody { refusals, next: page.next })
    }
}
