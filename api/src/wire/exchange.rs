//! What went between us and insurers, and what of it cannot be followed, as operators see it: bodies masked as kept.

use dianfu_claims::ports::desk::Discrepancy;
use dianfu_claims::ports::exchange::{Exchange, ExchangeOutcome};
use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;
use serde_json::value::RawValue;
use utoipa::ToSchema;

/// A call on record.
#[derive(Serialize, ToSchema)]
#[schema(as = Exchange)]
pub struct ExchangeBody {
    /// Its number; later calls have higher ones.
    exchange_no: i64,
    /// `out` for calls of ours.
    #[schema(example = "out")]
    direction: String,
    /// Who was called.
    #[schema(example = "picc")]
    partner: String,
    #[schema(example = "claims")]
    route: String,
    /// What makes it the same question.
    business_key: String,
    /// From 1, within one call.
    attempt: i32,
    request_sha256: String,
    /// Its body, masked; `null` if it is no JSON or too long to be kept.
    request: Option<Value>,
    #[schema(value_type = String, format = DateTime)]
    started_at: Timestamp,
    /// What came of it; `null` if it was cut off or is under way.
    outcome: Option<OutcomeBody>,
}

/// What came of a call.
#[derive(Serialize, ToSchema)]
#[schema(as = ExchangeOutcome)]
pub struct OutcomeBody {
    #[schema(value_type = String, format = DateTime)]
    ended_at: Timestamp,
    /// `answered`, or the code of the fault.
    #[schema(example = "answered")]
    outcome: String,
    /// For a person.
    detail: Option<String>,
    http_status: Option<i32>,
    response_sha256: Option<String>,
    /// What came, masked; `null` if it is no JSON or too long to be kept.
    response: Option<Value>,
}

/// Calls about a claim, the youngest first.
#[derive(Serialize, ToSchema)]
#[schema(as = ExchangePage)]
pub struct ExchangePageBody {
    exchanges: Vec<ExchangeBody>,
    /// What to send as `before` for the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<i64>,
}

/// Something that an insurer said and that cannot be followed.
#[derive(Serialize, ToSchema)]
#[schema(as = Discrepancy)]
pub struct DiscrepancyBody {
    /// Its number; later ones have higher ones.
    discrepancy_no: i64,
    #[schema(example = "CLM-1")]
    claim_no: String,
    /// `contradicts`, `out_of_order`, `claim_unknown` or `not_applicable`.
    #[schema(value_type = String, example = "contradicts")]
    kind: &'static str,
    /// What was to be expected.
    expected: Value,
    /// What was said.
    actual: Value,
    /// The call that brought it.
    exchange_no: i64,
    #[schema(value_type = String, format = DateTime)]
    found_at: Timestamp,
}

/// Discrepancies, the youngest first.
#[derive(Serialize, ToSchema)]
#[schema(as = DiscrepancyPage)]
pub struct DiscrepancyPageBody {
    discrepancies: Vec<DiscrepancyBody>,
    /// What to send as `before` for the next page; absent at the end.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<i64>,
}

fn value(kept: Option<Box<RawValue>>) -> Option<Value> {
    kept.map(|text| serde_json::from_str(text.get()).expect("what is kept as JSON is JSON"))
}

impl ExchangePageBody {
    /// A page of calls, full if it has so many.
    pub fn of(exchanges: Vec<Exchange>, limit: usize) -> ExchangePageBody {
        let next = exchanges.get(limit - 1).map(|last| last.exchange_no);
        ExchangePageBody { exchanges: exchanges.into_iter().map(ExchangeBody::from).collect(), next }
    }
}

impl From<Exchange> for ExchangeBody {
    fn from(exchange: Exchange) -> ExchangeBody {
        ExchangeBody {
            exchange_no: exchange.exchange_no,
            direction: exchange.direction,
            partner: exchange.partner.into(),
            route: exchange.route,
            business_key: exchange.business_key,
            attempt: exchange.attempt_no,
            request_sha256: exchange.request_sha256,
            request: value(exchange.request),
            started_at: exchange.started_at,
            outcome: exchange.outcome.map(OutcomeBody::from),
        }
    }
}

impl From<ExchangeOutcome> for OutcomeBody {
    fn from(outcome: ExchangeOutcome) -> OutcomeBody {
        let ExchangeOutcome { ended_at, outcome, detail, http_status, response_sha256, response } = outcome;
        OutcomeBody { ended_at, outcome, detail, http_status, response_sha256, response: value(response) }
    }
}

impl DiscrepancyPageBody {
    /// A page of discrepancies, full if it has so many.
    pub fn of(discrepancies: Vec<Discrepancy>, limit: usize) -> DiscrepancyPageBody {
        let next = discrepancies.get(limit - 1).map(|last| last.discrepancy_no);
        DiscrepancyPageBody { discrepancies: discrepancies.into_iter().map(DiscrepancyBody::from).collect(), next }
    }
}

impl From<Discrepancy> for DiscrepancyBody {
    fn from(found: Discrepancy) -> DiscrepancyBody {
        let Discrepancy { discrepancy_no, claim_no, kind, expected, actual, exchange_no, found_at } = found;
        let (claim_no, kind) = (claim_no.into(), kind.word());
        DiscrepancyBody { discrepancy_no, claim_no, kind, expected, actual, exchange_no, found_at }
    }
}
