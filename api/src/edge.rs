//! The outermost layer: what holds for every request, whatever its path.
//!
//! Each gets an id (its own, if it brings a usable one), a span in the log, a limit in time, and, if anything goes
//! wrong, one problem as its answer and one line in the log. A panic in a handler is a problem like any other.

pub mod connections;
pub mod room;
mod socket;

use std::any::Any;
use std::panic::AssertUnwindSafe;
use std::time::Instant;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use dianfu_ledger::id;
use futures_util::FutureExt;
use tracing::Instrument;

use crate::app::App;
use crate::auth::gate;
use crate::problem::{Kind, Problem};

/// The header with a request's id, in both directions.
pub const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The longest id taken from a caller.
const REQUEST_ID_BYTES_MAX: usize = 128;

/// A panic's message, for the log.
#[derive(Debug, thiserror::Error)]
#[error("a handler panicked: {0}")]
struct Panicked(String);

/// Runs a request.
pub async fn edge(State(app): State<App>, mut request: Request, next: Next) -> Response {
    let request_id = request_id(request.headers());
    // For what goes on record with it.
    request.headers_mut().insert(REQUEST_ID, request_id.clone());
    let path = request.uri().path().to_owned();
    let span = tracing::info_span!("request", id = ?request_id, method = %request.method(), path);
    answer(app, request, next, &path, request_id).instrument(span).await
}

async fn answer(app: App, request: Request, next: Next, path: &str, request_id: HeaderValue) -> Response {
    let started = Instant::now();
    let is_signed = gate::is_signed(request.headers());
    let handled = tokio::time::timeout(app.limits().request_time, next.run(request));
    let response = match AssertUnwindSafe(handled).catch_unwind().await {
        Ok(Ok(response)) => response,
        Ok(Err(_elapsed)) => took_too_long().into_response(),
        Err(panic) => Problem::internal(Panicked(message_of(&*panic))).into_response(),
    };
    let mut response = as_problem_if_failed(response, is_signed, path, &request_id);
    let took_ms = started.elapsed().as_millis();
    if path.starts_with("/health/") {
        tracing::debug!(status = response.status().as_u16(), took_ms, "answered");
    } else {
        tracing::info!(status = response.status().as_u16(), took_ms, "answered");
    }
    response.headers_mut().insert(REQUEST_ID, request_id);
    response
}

fn as_problem_if_failed(mut response: Response, is_signed: bool, path: &str, request_id: &HeaderValue) -> Response {
    let Some(mut problem) = Problem::of_response(&mut response) else { return response };
    if is_signed && problem.is_retryable() {
        problem = problem.and("sign it anew, with a new nonce: this one may be spent");
    }
    match problem.cause() {
        Some(cause) if problem.status().is_server_error() => tracing::error!(code = problem.code(), cause, "failed"),
        None if problem.status().is_server_error() => tracing::warn!(code = problem.code(), "failed"),
        cause => tracing::info!(code = problem.code(), cause, "refused"),
    }
    problem.write(response, path, request_id.to_str().unwrap_or_default())
}

fn took_too_long() -> Problem {
    let detail = "it may have been carried out all the same: send the same request again, with the same ids";
    Problem::new(Kind::Timeout, detail)
}

/// The caller's id if it is short visible ASCII, otherwise a new one.
fn request_id(headers: &HeaderMap) -> HeaderValue {
    let usable = |value: &&HeaderValue| {
        (1..=REQUEST_ID_BYTES_MAX).contains(&value.len()) && value.as_bytes().iter().all(u8::is_ascii_graphic)
    };
    let fresh = || HeaderValue::try_from(id::fresh().to_string()).expect("a UUID is visible ASCII");
    headers.get(REQUEST_ID).filter(usable).cloned().unwrap_or_else(fresh)
}

fn message_of(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| panic.downcast_ref::<String>().cloned()).unwrap_or_else(|| "without a message".to_owned())
}

#[cfg(test)]
mod tests;
