//! Requests that are too large, too slow, or from nowhere, against a bare router.

use std::path::Path;
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::routing::get;
use dianfu_ledger::db::Database;
use serde_json::Value;
use tower::ServiceExt;

use super::*;
use crate::serve::Limits;

async fn hang() -> &'static str {
    std::future::pending().await
}

async fn stumble() -> &'static str {
    panic!("the secret is 42")
}

/// Asks a handler behind the edge of a server without a database.
async fn ask(path: &str) -> (StatusCode, Value) {
    ask_with(path, &[]).await
}

async fn ask_with(path: &str, headers: &[(&str, &str)]) -> (StatusCode, Value) {
    let nowhere = format!("host={}", Path::new("/nowhere").display());
    let limits = Limits { request_time: Duration::from_millis(20), ..Limits::default() };
    let app = App::new(Database::at_url(&nowhere).unwrap(), limits);
    let routes = Router::new()
        .route("/hang", get(hang))
        .route("/stumble", get(stumble))
        .route("/teapot", get(async || StatusCode::IM_A_TEAPOT))
        .layer(from_fn_with_state(app, edge));
    let request = headers.iter().fold(Request::get(path), |request, (name, value)| request.header(*name, *value));
    let response = routes.oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let status = response.status();
    let body = to_bytes(response.into_body(), 10_000).await.unwrap();
    (status, serde_json::from_slice(&body).unwrap())
}

#[tokio::test]
async fn a_panic_is_a_problem_that_tells_nothing() {
    let (status, body) = ask("/stumble").await;
    assert_eq!((status, body["code"].as_str()), (StatusCode::INTERNAL_SERVER_ERROR, Some("internal")));
    assert!(!body.to_string().contains("secret"), "{body}");
}

#[tokio::test]
async fn what_takes_too_long_is_retryable() {
    let (status, body) = ask("/hang").await;
    assert_eq!((status, body["code"].as_str()), (StatusCode::SERVICE_UNAVAILABLE, Some("timeout")));
    assert_eq!(body["retryable"], true);
}

#[tokio::test]
async fn who_signs_is_told_to_sign_anew() {
    let says_so = |body: &Value| body["detail"].as_str().unwrap().contains("sign it anew, with a new nonce");
    assert!(says_so(&ask_with("/hang", &[("x-signature", "0a")]).await.1));
    assert!(!says_so(&ask_with("/hang", &[("x-signature", "0a"), ("authorization", "Bearer x")]).await.1));
    assert!(!says_so(&ask("/hang").await.1));
    assert!(!says_so(&ask_with("/nothing", &[("x-signature", "0a")]).await.1));
}

#[tokio::test]
async fn a_bare_status_becomes_a_problem() {
    let (status, body) = ask("/teapot").await;
    assert_eq!((status, body["status"].as_u64()), (StatusCode::BAD_REQUEST, Some(400)));
    assert_eq!(ask("/nothing").await.1["code"], "path_unknown");
}

#[test]
fn takes_only_short_visible_ids() {
    let kept = |text: &[u8]| {
        let mut headers = HeaderMap::new();
        headers.insert(REQUEST_ID, HeaderValue::from_bytes(text).unwrap());
        request_id(&headers).as_bytes() == text
    };
    assert!(kept(b"abc-123"));
    assert!(kept(&[b'x'; REQUEST_ID_BYTES_MAX]));
    for unusable in [&b""[..], b"a b", "\u{e9}".as_bytes(), &[b'x'; REQUEST_ID_BYTES_MAX + 1]] {
        assert!(!kept(unusable), "{unusable:?}");
    }
    assert_eq!(request_id(&HeaderMap::new()).len(), 36);
}
