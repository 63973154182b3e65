//! One attempt on the wire: signed, sent, and read no further than an answer may be long.

use std::time::Duration;

use dianfu_signing::{SignedRequest, body_sha256, headers};
use jiff::Timestamp;
use reqwest::header::HeaderMap;
use reqwest::{Method, Response, Url, redirect};

use super::endpoint::Endpoint;
use super::fault::Fault;
use super::judge::{AnswerHeaders, RawAnswer};
use super::question::Question;
use super::wire::PREFIX;

/// Connections to insurers.
pub(super) struct Sender {
    http: reqwest::Client,
    timeout: Duration,
    answer_bytes_max: usize,
}

impl Sender {
    /// An attempt takes no longer than `timeout`, answer included.
    pub(super) fn new(timeout: Duration, answer_bytes_max: usize) -> Sender {
        // Whoever installed one before has the same.
        drop(rustls::crypto::ring::default_provider().install_default());
        let http = reqwest::Client::builder()
            .redirect(redirect::Policy::none())
            .no_proxy()
            .build()
            .expect("nothing of this depends on the machine but the certificates it trusts");
        Sender { http, timeout, answer_bytes_max }
    }

    /// Sends a question with these bytes and this nonce; answers what came, which is not believed yet.
    pub(super) async fn send<Q: Question>(
        &self,
        endpoint: &Endpoint,
        question: &Q,
        (body, nonce): (&[u8], &str),
        now: Timestamp,
    ) -> Result<RawAnswer, Fault> {
        let url = format!("{}{PREFIX}{}", endpoint.base_url, question.path());
        let url = Url::parse(&url).map_err(|error| Fault::Unreachable(error.to_string()))?;
        let signed = signed(endpoint, (question.method(), &url), (body, nonce), now);
        let method = Method::from_bytes(question.method().as_bytes()).expect("methods are GET and POST");
        let mut request = self.http.request(method, url).timeout(self.timeout);
        for (name, value) in signed {
            request = request.header(name, value);
        }
        if !body.is_empty() {
            request = request.header("Content-Type", "application/json").body(body.to_vec());
        }
        let response = request.send().await.map_err(|error| self.fault(&error))?;
        self.read(response).await
    }

    async fn read(&self, mut response: Response) -> Result<RawAnswer, Fault> {
        let (status, signature) = (response.status().as_u16(), signature(response.headers()));
        let mut body = Vec::new();
        while let Some(chunk) = response.chunk().await.map_err(|error| self.fault(&error))? {
            if body.len() + chunk.len() > self.answer_bytes_max {
                return Err(Fault::AnswerInvalid(format!("it is longer than {} bytes", self.answer_bytes_max)));
            }
            body.extend_from_slice(&chunk);
        }
        Ok(RawAnswer { status, signature, body })
    }

    fn fault(&self, error: &reqwest::Error) -> Fault {
        if error.is_timeout() {
            let timeout_ms = u64::try_from(self.timeout.as_millis()).unwrap_or(u64::MAX);
            return Fault::Timeout { timeout_ms };
        }
        let what = if error.is_connect() { "no connection" } else { "the connection broke" };
        Fault::Unreachable(what.to_owned())
    }
}

/// The headers that sign a request.
fn signed(
    endpoint: &Endpoint,
    (method, url): (&str, &Url),
    (body, nonce): (&[u8], &str),
    now: Timestamp,
) -> [(&'static str, String); 6] {
    let (timestamp, digest) = (now.as_second().to_string(), body_sha256(body));
    let signed = SignedRequest {
        method,
        path: url.path(),
        query: url.query().unwrap_or_default(),
        timestamp: &timestamp,
        nonce,
        app_id: &endpoint.app_id,
        key_id: &endpoint.key_id,
        body_sha256: &digest,
    };
    let signature = signed.sign(&endpoint.key);
    [
        (headers::APP_ID, endpoint.app_id.clone()),
        (headers::KEY_ID, endpoint.key_id.clone()),
        (headers::NONCE, nonce.to_owned()),
        (headers::TIMESTAMP, timestamp),
        (headers::CONTENT_SHA256, digest),
        (headers::SIGNATURE, signature),
    ]
}

/// The headers that sign an answer, as far as they came.
fn signature(came: &HeaderMap) -> AnswerHeaders {
    let text = |name: &str| came.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned();
    AnswerHeaders {
        key_id: text(headers::KEY_ID),
        timestamp: text(headers::TIMESTAMP),
        body_sha256: text(headers::CONTENT_SHA256),
        signature: text(headers::SIGNATURE),
    }
}
