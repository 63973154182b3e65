//! What has come of something that was told or asked of a claim.

use dianfu_claims::claim::State;
use dianfu_claims::decide::Applied;
use dianfu_claims::event::EventKind;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

/// What has come of it.
#[derive(Serialize, ToSchema)]
#[schema(as = AppliedEvent)]
pub struct AppliedBody {
    #[schema(example = "CLM-1")]
    claim_no: String,
    /// What was told or asked for.
    #[schema(value_type = String, example = "order_accepted")]
    event: &'static str,
    /// Its number on the claim; of the last event if nothing happened.
    event_no: i32,
    /// The state before; `null` for a claim that was taken in.
    #[schema(value_type = Option<String>, example = "ORDER_OFFERED")]
    from: Option<&'static str>,
    /// The state after.
    #[schema(value_type = String, example = "ORDER_ACCEPTED")]
    to: &'static str,
    /// The entries posted with it, in order.
    entries: Vec<Uuid>,
    /// Whether it was on record, so that nothing is changed.
    replayed: bool,
}

impl AppliedBody {
    /// Of a command that was granted.
    pub fn of(kind: EventKind, applied: Applied) -> AppliedBody {
        let is_left = kind == EventKind::PreReviewed && applied.to == State::PreReview;
        let kind = if is_left { EventKind::LeftToReviewer } else { kind };
        AppliedBody {
            claim_no: applied.claim_no.into(),
            event: kind.word(),
            event_no: applied.event_no,
            from: applied.from.map(State::word),
            to: applied.to.word(),
            entries: applied.entry_ids,
            replayed: applied.replayed,
        }
    }

    /// Whether nothing is changed.
    pub fn is_replayed(&self) -> bool {
        self.replayed
    }
}
