//! Claims in lists and in queues, and the story of one.

use dianfu_claims::claim::{Claim, State};
use dianfu_claims::decide::RecordedEvent;
use dianfu_claims::party::Party;
use dianfu_claims::queue::{QueueCount, QueuePage, Waiting};
use dianfu_claims::search::{ClaimPage, ListedClaim};
use dianfu_ledger::money::{Currency, decimal_text};
use jiff::Timestamp;
use jiff::civil::Date;
use serde::Serialize;
use utoipa::ToSchema;
use uuid::Uuid;

use super::proof::hexadecimal;

/// A claim in a list.
#[derive(Serialize, ToSchema)]
#[schema(as = ListedClaim)]
pub struct ListedClaimBody {
    #[schema(example = "CLM-1")]
    claim_no: String,
    #[schema(example = "picc")]
    insurer: String,
    pharmacy: String,
    patient: String,
    policy: String,
    #[schema(value_type = String, example = "PRE_REVIEW")]
    state: &'static str,
    #[schema(value_type = String, format = DateTime)]
    taken_in_at: Timestamp,
    #[schema(value_type = String, example = "CNY")]
    currency: Currency,
    /// The price.
    #[schema(example = "20000.00")]
    gross: String,
    /// What the platform advances; `null` before the quote.
    #[schema(example = "15200.00")]
    advance: Option<String>,
}

/// Claims, newest first.
#[derive(Serialize, ToSchema)]
#[schema(as = ClaimPage)]
pub struct ClaimPageBody {
    claims: Vec<ListedClaimBody>,
    /// What to send as `cursor` for the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

/// A claim and everything that happened to it, in order.
#[derive(Serialize, ToSchema)]
#[schema(as = ClaimStory)]
pub struct ClaimStoryBody {
    claim: ListedClaimBody,
    events: Vec<ClaimEventBody>,
}

/// Something that happened to a claim.
#[derive(Serialize, ToSchema)]
#[schema(as = ClaimEvent)]
pub struct ClaimEventBody {
    /// Its number, from 1.
    event_no: i32,
    #[schema(value_type = String, example = "pre_reviewed")]
    event: &'static str,
    /// The state before; `null` for the first event.
    #[schema(value_type = Option<String>)]
    from: Option<&'static str>,
    /// The state after.
    #[schema(value_type = String)]
    to: &'static str,
    /// The day on which it counts.
    #[schema(value_type = String, format = Date)]
    on: Date,
    reason: String,
    /// SHA-256 of the document that proves it, in hexadecimal.
    evidence_sha256: Option<String>,
    /// The entries posted with it.
    entries: Vec<Uuid>,
    /// Who told it. Whom of the platform is not shown to those outside.
    #[schema(example = "person:lin")]
    actor: String,
    #[schema(value_type = String, format = DateTime)]
    recorded_at: Timestamp,
}

/// How much waits in a queue.
#[derive(Serialize, ToSchema)]
#[schema(as = QueueCount)]
pub struct QueueCountBody {
    #[schema(value_type = String, example = "to_review")]
    queue: &'static str,
    waiting: i64,
    /// Those of them that are past due.
    overdue: i64,
    /// Since when the first of them waits.
    #[schema(value_type = Option<String>, format = DateTime)]
    oldest: Option<Timestamp>,
}

/// How much waits, queue by queue.
#[derive(Serialize, ToSchema)]
#[schema(as = QueueCounts)]
pub struct QueueCountsBody {
    /// At this time.
    #[schema(value_type = String, format = DateTime)]
    pub at: Timestamp,
    /// The queues, in the order of a claim's life.
    pub queues: Vec<QueueCountBody>,
}

/// A claim that waits.
#[derive(Serialize, ToSchema)]
#[schema(as = WaitingClaim)]
pub struct WaitingBody {
    #[serde(flatten)]
    claim: ListedClaimBody,
    /// Since when: its last event.
    #[schema(value_type = String, format = DateTime)]
    since: Timestamp,
    /// Until when it should be dealt with.
    #[schema(value_type = String, format = DateTime)]
    due_at: Timestamp,
}

/// What waits in a queue, the longest waiting first.
#[derive(Serialize, ToSchema)]
#[schema(as = QueuePage)]
pub struct QueuePageBody {
    waiting: Vec<WaitingBody>,
    /// What to send as `cursor` for the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<String>,
}

impl From<ListedClaim> for ListedClaimBody {
    fn from(claim: ListedClaim) -> ListedClaimBody {
        let amount = |minor: i64| decimal_text(minor.into(), claim.currency);
        ListedClaimBody {
            gross: amount(claim.gross_minor),
            advance: claim.advance_minor.map(amount),
            claim_no: claim.claim_no.into(),
            insurer: claim.insurer.into(),
            pharmacy: claim.pharmacy.into(),
            patient: claim.patient.into(),
            policy: claim.policy_no.into(),
            state: claim.state.word(),
            taken_in_at: claim.taken_in_at,
            currency: claim.currency,
        }
    }
}

impl From<ClaimPage> for ClaimPageBody {
    fn from(page: ClaimPage) -> ClaimPageBody {
        let claims = page.claims.into_iter().map(ListedClaimBody::from).collect();
        ClaimPageBody { claims, next: page.next.map(|place| place.to_text()) }
    }
}

impl ClaimStoryBody {
    /// The story as a viewer may see it.
    pub fn shown_to(viewer: Option<&Party>, claim: &Claim, events: Vec<RecordedEvent>) -> ClaimStoryBody {
        let events = events.into_iter().map(|event| ClaimEventBody::shown_to(viewer, event)).collect();
        ClaimStoryBody { claim: ListedClaim::of(claim).into(), events }
    }
}

impl ClaimEventBody {
    fn shown_to(viewer: Option<&Party>, event: RecordedEvent) -> ClaimEventBody {
        let is_own = viewer.is_none_or(|party| party.actor() == event.actor);
        ClaimEventBody {
            event_no: event.event_no,
            event: event.event.kind().word(),
            from: event.from.map(State::word),
            to: event.to.word(),
            on: event.on,
            reason: event.reason,
            evidence_sha256: event.evidence_sha256.map(|digest| hexadecimal(&digest)),
            entries: event.entry_ids,
            actor: if is_own { event.actor } else { outside(&event.actor) },
            recorded_at: event.recorded_at,
        }
    }
}

/// Who acted, as told to somebody outside: what kind of party it was, or the platform.
fn outside(actor: &str) -> String {
    let kind = actor.split_once(':').map(|(kind, _)| kind);
    kind.filter(|kind| ["insurer", "pharmacy", "patient"].contains(kind)).unwrap_or("platform").to_owned()
}

impl From<QueueCount> for QueueCountBody {
    fn from(QueueCount { queue, waiting, overdue, oldest }: QueueCount) -> QueueCountBody {
        QueueCountBody { queue: queue.word(), waiting, overdue, oldest }
    }
}

impl From<Waiting> for WaitingBody {
    fn from(Waiting { claim, since, due_at }: Waiting) -> WaitingBody {
        WaitingBody { claim: claim.into(), since, due_at }
    }
}

impl From<QueuePage> for QueuePageBody {
    fn from(page: QueuePage) -> QueuePageBody {
        let waiting = page.waiting.into_iter().map(WaitingBody::from).collect();
        QueuePageBody { waiting, next: page.next.map(|place| place.to_text()) }
    }
}
