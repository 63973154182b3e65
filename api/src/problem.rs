//! The one error of requests, as RFC 9457 `application/problem+json`.
//!
//! Handlers and extractors answer a [`Problem`]; [`crate::edge`] adds the request's id and path, writes the cause to
//! the log, once, and the body to the caller. What the log says never reaches the caller.

mod kind;

use std::error::Error as StdError;
use std::sync::Arc;
use std::time::Duration;

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use dianfu_ledger::Rejection;
use dianfu_ledger::error::{in_full, is_segment_unreadable};
use dianfu_ledger::query::QueryError;
use dianfu_ledger::report::ReportError;
use serde::Serialize;
use utoipa::ToSchema;

use crate::wire::rate::of_missing;

pub use kind::Kind;

/// After what time a retryable request should be sent again, if there is no better estimate.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// One thing that is wrong, and where.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, ToSchema)]
pub struct Violation {
    /// Stable code.
    #[schema(example = "unbalanced")]
    pub code: &'static str,
    /// The rule of a remittance file that does not hold, such as `R3`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "R3")]
    pub rule: Option<Box<str>>,
    /// JSON pointer (RFC 6901) into the body, or into the entry; `/query/NAME` or `/path/NAME` for a parameter.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>, example = "/postings/1/debit")]
    pub pointer: Option<Box<str>>,
    /// The segment of a remittance file, from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub segment: Option<u64>,
    /// A sentence for a person.
    #[schema(value_type = String)]
    pub message: Box<str>,
    /// What was expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub expected: Option<Box<str>>,
    /// What was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<String>)]
    pub actual: Option<Box<str>>,
}

impl Violation {
    /// Something wrong at a JSON pointer.
    pub fn at(code: &'static str, pointer: impl Into<Box<str>>, message: impl Into<Box<str>>) -> Violation {
        Violation { code, pointer: Some(pointer.into()), message: message.into(), ..Violation::default() }
    }

    /// With what was expected and what was found.
    #[must_use]
    pub fn expected(mut self, expected: impl Into<Box<str>>, actual: impl Into<Box<str>>) -> Violation {
        self.expected = Some(expected.into());
        self.actual = Some(actual.into());
        self
    }
}

/// Why a request failed.
#[derive(Clone, Debug)]
pub struct Problem {
    status: StatusCode,
    code: &'static str,
    title: &'static str,
    detail: String,
    /// Of a retryable request: after what time it should be sent again.
    retry_after: Option<Duration>,
    errors: Vec<Violation>,
    cause: Option<Arc<dyn StdError + Send + Sync>>,
}

impl Problem {
    /// A problem of this interface, with a sentence about this case.
    pub fn new(kind: Kind, detail: impl Into<String>) -> Problem {
        let (status, code, title) = kind.facts();
        let (detail, retry_after) = (detail.into(), kind.is_retryable().then_some(RETRY_AFTER));
        Problem { status, code, title, detail, retry_after, errors: Vec::new(), cause: None }
    }

    /// A request that was understood and refused for one or more reasons; the first gives its code.
    ///
    /// Status 409 if an id or a number stands for something else already, 422 otherwise.
    pub fn refused(title: &'static str, is_conflict: bool, errors: Vec<Violation>) -> Problem {
        let status = if is_conflict { StatusCode::CONFLICT } else { StatusCode::UNPROCESSABLE_ENTITY };
        let first = errors.first().expect("a refusal has a reason");
        let (code, detail) = (first.code, first.message.to_string());
        Problem { status, code, title, detail, retry_after: None, errors, cause: None }
    }

    /// The database is away; the cause goes to the log.
    pub fn unavailable(cause: impl StdError + Send + Sync + 'static) -> Problem {
        let detail = "nothing is half done: send the same request again, with the same ids";
        Problem { cause: Some(Arc::new(cause)), ..Problem::new(Kind::Unavailable, detail) }
    }

    /// The caller should slow down, and come again after a while.
    pub fn busy(retry_after: Duration, detail: &str) -> Problem {
        Problem { retry_after: Some(retry_after), ..Problem::new(Kind::Busy, detail) }
    }

    /// What is asked for is in a detached segment whose file cannot be read; the cause goes to the log.
    pub fn segment_unreadable(cause: impl StdError + Send + Sync + 'static) -> Problem {
        let detail = "it needs a detached segment whose file is missing or damaged, and is answered when that is back; \
                      other requests are answered now";
        Problem { cause: Some(Arc::new(cause)), ..Problem::new(Kind::SegmentUnreadable, detail) }
    }

    /// A mistake of ours; the cause goes to the log.
    pub fn internal(cause: impl StdError + Send + Sync + 'static) -> Problem {
        let detail = "the log has the details under this request's id";
        Problem { cause: Some(Arc::new(cause)), ..Problem::new(Kind::Internal, detail) }
    }

    /// A parameter that cannot be read or answered, at `/query/NAME` or `/path/NAME`.
    pub fn parameter(place: &str, message: impl Into<String>) -> Problem {
        let message = message.into();
        let errors = vec![Violation::at(Kind::ParameterInvalid.code(), place, message.as_str())];
        Problem::new(Kind::ParameterInvalid, message).with_errors(errors)
    }

    /// With a code that says more than that of its kind.
    fn coded(self, code: &'static str) -> Problem {
        let errors = self.errors.into_iter().map(|error| Violation { code, ..error }).collect();
        Problem { code, errors, ..self }
    }

    /// With more to say about this case.
    #[must_use]
    pub fn and(self, more: &str) -> Problem {
        let detail = format!("{}; {more}", self.detail);
        Problem { detail, ..self }
    }

    /// With the places in the request that are wrong.
    #[must_use]
    pub fn with_errors(self, errors: Vec<Violation>) -> Problem {
        Problem { errors, ..self }
    }

    /// The problem behind an answer, if the answer is one: ours as it was made, a library's by its status.
    pub fn of_response(response: &mut Response) -> Option<Problem> {
        let own = response.extensions_mut().remove::<Problem>();
        let status = response.status();
        let is_error = status.is_client_error() || status.is_server_error();
        own.or_else(|| is_error.then(|| Problem::new(Kind::of_status(status), status.to_string())))
    }

    /// The status.
    pub fn status(&self) -> StatusCode {
        self.status
    }

    /// The stable code.
    pub fn code(&self) -> &'static str {
        self.code
    }

    /// Whether the same request may succeed later.
    pub fn is_retryable(&self) -> bool {
        self.retry_after.is_some()
    }

    /// The problem as that of one entry among many.
    pub fn to_violation(&self) -> Violation {
        Violation { code: self.code, message: self.detail.as_str().into(), ..Violation::default() }
    }

    /// What the log should say about it.
    pub fn cause(&self) -> Option<String> {
        self.cause.as_deref().map(|cause| in_full(cause))
    }

    /// Writes the problem over an answer, whose other headers stay.
    pub fn write(self, response: Response, instance: &str, request_id: &str) -> Response {
        let (mut head, _) = response.into_parts();
        head.status = self.status;
        head.headers.remove(header::CONTENT_LENGTH);
        head.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(retry_after) = self.retry_after {
            head.headers.insert(header::RETRY_AFTER, HeaderValue::from(whole_seconds(retry_after)));
        }
        if self.status == StatusCode::UNAUTHORIZED {
            head.headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer realm=\"dianfu\""));
        }
        let body = ProblemBody {
            r#type: format!("urn:problem-type:dianfu:{}", self.code),
            title: self.title,
            status: self.status.as_u16(),
            code: self.code,
            detail: self.detail,
            instance: instance.to_owned(),
            request_id: request_id.to_owned(),
            retryable: self.retry_after.is_some(),
            errors: self.errors,
        };
        let text = serde_json::to_vec(&body).expect("texts and numbers are always JSON");
        Response::from_parts(head, text.into())
    }
}

/// At least one, as `Retry-After` has it.
fn whole_seconds(time: Duration) -> u64 {
    (time.as_secs() + u64::from(time.subsec_nanos() > 0)).max(1)
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}

impl From<dianfu_ledger::Error> for Problem {
    fn from(error: dianfu_ledger::Error) -> Problem {
        match error {
            dianfu_ledger::Error::RequestTooLarge { .. } => Problem::new(Kind::TooManyEntries, error.to_string()),
            dianfu_ledger::Error::Busy { retry_after } => Problem::busy(retry_after, &error.to_string()),
            error if error.is_segment_unreadable() => Problem::segment_unreadable(error),
            error if error.is_retryable() => Problem::unavailable(error),
            error => Problem::internal(error),
        }
    }
}

impl From<tokio_postgres::Error> for Problem {
    fn from(error: tokio_postgres::Error) -> Problem {
        dianfu_ledger::Error::from(error).into()
    }
}

impl From<dianfu_claims::Error> for Problem {
    fn from(error: dianfu_claims::Error) -> Problem {
        match error {
            error if is_segment_unreadable(&error) => Problem::segment_unreadable(error),
            error if error.is_retryable() => Problem::unavailable(error),
            error => Problem::internal(error),
        }
    }
}

impl From<dianfu_reconcile::Error> for Problem {
    fn from(error: dianfu_reconcile::Error) -> Problem {
        match error {
            error if is_segment_unreadable(&error) => Problem::segment_unreadable(error),
            error if error.is_retryable() => Problem::unavailable(error),
            error => Problem::internal(error),
        }
    }
}

impl From<QueryError> for Problem {
    fn from(error: QueryError) -> Problem {
        let message = error.to_string();
        match error {
            QueryError::KnownAtInFuture { .. } => {
                Problem::parameter("/query/known_at", message).coded("known_at_in_future")
            }
            QueryError::CursorMalformed => Problem::parameter("/query/cursor", message).coded("cursor_malformed"),
            QueryError::World(error) => error.into(),
        }
    }
}

impl From<ReportError> for Problem {
    fn from(error: ReportError) -> Problem {
        let message = error.to_string();
        match error {
            ReportError::RangeReversed { from, to } => {
                let place = Violation::at("range_reversed", "/query/from", message.as_str());
                let errors = vec![place.expected(format!("a day up to {to}"), from.to_string())];
                Problem::new(Kind::ParameterInvalid, message).with_errors(errors).coded("range_reversed")
            }
            ReportError::AccountUnknown(_) => Problem::new(Kind::AccountUnknown, message),
            ReportError::RateMissing(missing) => {
                Problem::new(Kind::RateMissing, message).with_errors(vec![of_missing(&missing, "/query/as_of")])
            }
            ReportError::TooLarge => {
                let errors =
                    vec![Violation { code: "amount_overflow", message: message.into(), ..Violation::default() }];
                Problem::refused("The report cannot be made", false, errors)
            }
            ReportError::Query(error) => error.into(),
        }
    }
}

/// A refusal of the ledger as a violation. The ledger's `/postings/N/amount` becomes the field that the caller wrote.
pub fn of_rejection(rejection: &Rejection, amount_field: impl Fn(usize) -> &'static str) -> Violation {
    let pointer = rejection.pointer();
    let leg = pointer.strip_suffix("/amount").and_then(|start| start.rsplit('/').next()?.parse().ok());
    let pointer = match (leg, rejection) {
        (Some(leg), Rejection::CurrencyMismatch { .. }) => format!("/postings/{leg}/currency"),
        (Some(leg), _) => format!("/postings/{leg}/{}", amount_field(leg)),
        (None, _) => pointer,
    };
    let violation = Violation::at(rejection.code(), pointer, rejection.to_string());
    match rejection.expected_actual() {
        Some((expected, actual)) => violation.expected(expected, actual),
        None => violation,
    }
}

/// Every answer that is not a success, `application/problem+json` (RFC 9457).
#[derive(Serialize, ToSchema)]
#[schema(as = Problem)]
pub struct ProblemBody {
    /// `urn:problem-type:dianfu:` and the code.
    #[schema(example = "urn:problem-type:dianfu:unbalanced")]
    r#type: String,
    /// What kind of problem it is, always the same sentence for one code of this interface.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// Stable code; programs decide by it.
    #[schema(example = "unbalanced")]
    code: &'static str,
    /// What is wrong this time.
    detail: String,
    /// The path of the request.
    instance: String,
    /// The request's id, as in `x-request-id` and in the log.
    request_id: String,
    /// Whether the same request may succeed later.
    retryable: bool,
    /// What is wrong, place by place.
    errors: Vec<Violation>,
}
