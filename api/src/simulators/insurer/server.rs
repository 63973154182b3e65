//! The socket of the simulated insurer.

use std::future::{Future, pending};
use std::io;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::{Body, Bytes};
use axum::extract::{Path, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use dianfu_claims::claim::ClaimNo;
use dianfu_ledger::clock;
use dianfu_signing::{KeyError, body_sha256};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::net::TcpListener;

use super::ledger::{Insurer, Reply};
use super::script::{Script, Trouble};
use super::seal::{Seal, Signature};

/// What came, as it is listed.
#[derive(Clone, Serialize)]
struct Received {
    method: String,
    path: String,
    nonce: String,
    body_sha256: String,
    body: serde_json::Value,
}

struct Desk {
    insurer: Insurer,
    seal: Seal,
    received: Vec<Received>,
}

type Shared = Arc<Mutex<Desk>>;

/// A request, with everything that was signed of it.
struct Request {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
}

/// Serves on this socket until `stop`. Requests under way are dropped then: some are held for ever.
pub async fn serve(listener: TcpListener, script: Script, stop: impl Future<Output = ()>) -> Result<(), ServeError> {
    let seal = Seal::of(&script)?;
    let desk: Shared = Arc::new(Mutex::new(Desk { insurer: Insurer::new(script), seal, received: Vec::new() }));
    let routes = Router::new()
        .route("/spi/v1/policy/verify", post(verify))
        .route("/spi/v1/claims", post(submit))
        .route("/spi/v1/claims/{claim_no}", get(status))
        .route("/spi/v1/claims/{claim_no}/documents", post(document))
        .route("/admin/received", get(received))
        .with_state(desk);
    tokio::select! {
        served = async { axum::serve(listener, routes).await } => Ok(served?),
        () = stop => Ok(()),
    }
}

/// Why it does not serve.
#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    /// A key of the script is none.
    #[error("a key of the script cannot be used")]
    Key(#[from] KeyError),
    /// The socket broke.
    #[error("the socket broke")]
    Socket(#[from] io::Error),
}

async fn verify(State(desk): State<Shared>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let request = Request { method, uri, headers, body };
    answer(&desk, &request, |insurer, body| read(body, |question| insurer.verify(question))).await
}

async fn submit(State(desk): State<Shared>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let request = Request { method, uri, headers, body };
    answer(&desk, &request, |insurer, body| read(body, |submission| insurer.submit(submission))).await
}

async fn status(
    State(desk): State<Shared>,
    Path(claim_no): Path<String>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    let request = Request { method, uri, headers, body };
    answer(&desk, &request, |insurer, _| match ClaimNo::parse(&claim_no) {
        Ok(claim_no) => insurer.status(&claim_no),
        Err(_) => Reply::refused(404, "claim_unknown", "There is no such claim"),
    })
    .await
}

async fn document(State(desk): State<Shared>, method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Response {
    let request = Request { method, uri, headers, body };
    answer(&desk, &request, |insurer, body| read(body, |document| insurer.document(document))).await
}

async fn received(State(desk): State<Shared>) -> Response {
    Json(desk.lock().unwrap_or_else(PoisonError::into_inner).received.clone()).into_response()
}

fn read<Q: DeserializeOwned>(body: &[u8], reply: impl FnOnce(Q) -> Reply) -> Reply {
    match serde_json::from_slice(body) {
        Ok(question) => reply(question),
        Err(_) => Reply::refused(400, "body_malformed", "The body has another shape than the document says"),
    }
}

/// Checks the signature, lets the insurer answer, and does what goes wrong.
async fn answer(desk: &Shared, request: &Request, reply: impl FnOnce(&mut Insurer, &[u8]) -> Reply) -> Response {
    let response = {
        let mut desk = desk.lock().unwrap_or_else(PoisonError::into_inner);
        let Request { method, uri, headers, body } = request;
        let now = clock::now();
        let (nonce, reply) = match desk.seal.check((method, uri), headers, body, now) {
            Ok(nonce) => {
                desk.received.push(Received {
                    method: method.to_string(),
                    path: uri.path().to_owned(),
                    nonce: nonce.clone(),
                    body_sha256: body_sha256(body),
                    body: serde_json::from_slice(body).unwrap_or_default(),
                });
                (nonce, reply(&mut desk.insurer, body))
            }
            Err(code) => (String::new(), Reply::refused(401, code, "The signature is not good")),
        };
        spoilt(&reply).map(|(status, body, signature)| {
            let signed = desk.seal.sign(signature, (status, &body), &nonce, now);
            let status = StatusCode::from_u16(status).expect("scripts and rules have statuses of HTTP");
            (status, signed, [("content-type", "application/json")], body).into_response()
        })
    };
    match response {
        Ok(response) => response,
        Err(Silence::Held) => pending().await,
        Err(Silence::Cut) => cut(),
    }
}

/// How there is no answer.
enum Silence {
    Held,
    Cut,
}

/// Status, body and kind of signature of what goes out in the end.
fn spoilt(reply: &Reply) -> Result<(u16, Vec<u8>, Signature), Silence> {
    let body = || reply.body.to_string().into_bytes();
    let other = |member: &str, value: serde_json::Value| {
        let mut body = reply.body.clone();
        body[member] = value;
        body.to_string().into_bytes()
    };
    let (status, good) = (reply.status, Signature::Good);
    Ok(match reply.trouble {
        None | Some(Trouble::Unknown) => (status, body(), good),
        Some(Trouble::Silent) => return Err(Silence::Held),
        Some(Trouble::Cut) => return Err(Silence::Cut),
        Some(Trouble::Fail) => (500, json!({"error": "down"}).to_string().into_bytes(), Signature::Missing),
        Some(Trouble::WrongSignature) => (status, body(), Signature::WrongKey),
        Some(Trouble::Unsigned) => (status, body(), Signature::Missing),
        Some(Trouble::Swapped) => (status, body(), Signature::OtherNonce),
        Some(Trouble::Malformed) => (status, b"<html>busy</html>".to_vec(), good),
        Some(Trouble::UnknownMember) => (status, other("surprise", json!(1)), good),
        Some(Trouble::OtherClaim) => (status, other("claim_no", json!("CLM-OTHER")), good),
        Some(Trouble::OtherVersion) => (status, other("version", json!("v2")), good),
        Some(Trouble::Huge) => (status, [body(), vec![b' '; 2 << 20]].concat(), good),
    })
}

/// A body that breaks off: the connection is cut before the answer is whole.
fn cut() -> Response {
    let broken = futures_util::stream::iter([Err::<Bytes, io::Error>(io::ErrorKind::BrokenPipe.into())]);
    Body::from_stream(broken).into_response()
}
