//! What people have done, as an auditor sees it.

use dianfu_claims::act::{ActPage, RecordedAct};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// Something that was done.
#[derive(Serialize, ToSchema)]
#[schema(as = Act)]
pub struct ActBody {
    /// Its number; higher ones were done later.
    act_no: i64,
    #[schema(value_type = String, format = DateTime)]
    acted_at: Timestamp,
    /// Who.
    #[schema(example = "person:lin")]
    actor: String,
    /// What.
    #[schema(example = "role_granted")]
    what: String,
    /// To what kind of thing.
    #[schema(example = "operator")]
    subject_kind: String,
    /// Its number.
    #[schema(example = "mei")]
    subject_no: String,
    /// What it was; `null` if there was nothing.
    #[schema(value_type = Option<Object>)]
    before: Option<Value>,
    /// What it is; `null` if there is nothing any more.
    #[schema(value_type = Option<Object>)]
    after: Option<Value>,
    /// Why.
    reason: String,
    /// Of the request it came with, as in `x-request-id`.
    request_id: Option<String>,
}

/// Acts, newest first.
#[derive(Serialize, ToSchema)]
#[schema(as = ActPage)]
pub struct ActPageBody {
    acts: Vec<ActBody>,
    /// What to send as `before` for the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<i64>,
}

impl From<RecordedAct> for ActBody {
    fn from(act: RecordedAct) -> ActBody {
        ActBody {
            act_no: act.act_no,
            acted_at: act.acted_at,
            actor: act.actor,
            what: act.what,
            subject_kind: act.subject_kind,
            subject_no: act.subject_no,
            before: act.before,
            after: act.after,
            reason: act.reason,
            request_id: act.request_id,
        }
    }
}

impl From<ActPage> for ActPageBody {
    fn from(page: ActPage) -> ActPageBody {
        ActPageBody { acts: page.acts.into_iter().map(ActBody::from).collect(), next: page.next }
    }
}
