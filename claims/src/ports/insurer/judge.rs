//! Whether an answer is believed, and then taken. Pure.
//!
//! In this order: a server that cannot serve now (429, 5xx) says nothing else, signed or not; the signature's headers,
//! key, body, genuineness and age; the version; the shape; whether it answers what was asked. The body is not parsed
//! before it is known to be the insurer's.

use dianfu_signing::{CheckingKey, Refusal, SignedAnswer, WINDOW_S, body_sha256, headers};
use jiff::Timestamp;
use serde::Deserialize;

use super::fault::Fault;
use super::question::Question;
use super::wire::{Refused, VERSION};

/// An answer as it came.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RawAnswer {
    /// The HTTP status.
    pub status: u16,
    /// The headers that carry the signature, as far as they came.
    pub signature: AnswerHeaders,
    /// The body.
    pub body: Vec<u8>,
}

/// The headers that carry the signature of an answer; empty where one did not come.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct AnswerHeaders {
    /// `X-Key-Id`.
    pub key_id: String,
    /// `X-Timestamp`.
    pub timestamp: String,
    /// `X-Content-SHA256`.
    pub body_sha256: String,
    /// `X-Signature`.
    pub signature: String,
}

/// The answer to `question` that this is. `keys` are the insurer's live keys with their ids, `nonce` is the request's.
pub fn judge<Q: Question>(
    question: &Q,
    keys: &[(String, CheckingKey)],
    nonce: &str,
    answer: &RawAnswer,
    now: Timestamp,
) -> Result<Q::Answer, Fault> {
    let RawAnswer { status, body, .. } = answer;
    if *status == 429 || *status >= 500 {
        return Err(Fault::Unreachable(format!("it answers with status {status}")));
    }
    genuine(keys, nonce, answer, now)?;
    version(body)?;
    match status {
        200..=299 => {
            let taken: Q::Answer = serde_json::from_slice(body).map_err(invalid)?;
            question.is_answered_by(&taken).map_err(Fault::AnswerInvalid)?;
            Ok(taken)
        }
        400..=499 => {
            let Refused { code, title, detail, .. } = serde_json::from_slice(body).map_err(invalid)?;
            Err(Fault::Refused { status: *status, code, detail: detail.unwrap_or(title) })
        }
        _ => Err(Fault::AnswerInvalid(format!("it has status {status}"))),
    }
}

fn genuine(keys: &[(String, CheckingKey)], nonce: &str, answer: &RawAnswer, now: Timestamp) -> Result<(), Fault> {
    let AnswerHeaders { key_id, timestamp, body_sha256: said, signature } = &answer.signature;
    for (name, text) in [
        (headers::KEY_ID, key_id),
        (headers::TIMESTAMP, timestamp),
        (headers::CONTENT_SHA256, said),
        (headers::SIGNATURE, signature),
    ] {
        if text.is_empty() {
            return Err(Fault::SignatureInvalid(format!("{name} is missing")));
        }
    }
    let Some((_, key)) = keys.iter().find(|(id, _)| id == key_id) else {
        return Err(Fault::SignatureInvalid("X-Key-Id names no live key of the insurer".to_owned()));
    };
    if body_sha256(&answer.body) != *said {
        return Err(Fault::SignatureInvalid("the body is another than was signed".to_owned()));
    }
    let signed = SignedAnswer { status: answer.status, request_nonce: nonce, timestamp, key_id, body_sha256: said };
    signed.verify(key, signature, now).map_err(|refusal| match refusal {
        Refusal::Wrong => Fault::SignatureInvalid("it is not the insurer's for this request".to_owned()),
        Refusal::OutsideWindow { late_by_s } => {
            Fault::SignatureInvalid(format!("it is {late_by_s} s behind our clock; at most {WINDOW_S} s are taken"))
        }
    })
}

/// Answers of another version have other members: say that, and not which member is unknown.
fn version(body: &[u8]) -> Result<(), Fault> {
    #[derive(Deserialize)]
    struct Versioned {
        version: String,
    }
    let Versioned { version } = serde_json::from_slice(body).map_err(invalid)?;
    if version == VERSION {
        return Ok(());
    }
    let given: String = version.chars().take(20).collect();
    Err(Fault::AnswerInvalid(format!("it is of version '{given}', not '{VERSION}'")))
}

/// What a parser complains about may repeat what was sent: only the place is told.
#[expect(clippy::needless_pass_by_value, reason = "it is what map_err hands over")]
fn invalid(error: serde_json::Error) -> Fault {
    let what = match error.classify() {
        serde_json::error::Category::Data => "has another shape than the document says",
        _ => "is no JSON",
    };
    Fault::AnswerInvalid(format!("it {what}, at line {} column {}", error.line(), error.column()))
}
